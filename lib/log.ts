import { AsyncLocalStorage } from 'node:async_hooks'
import type { LogEvent, LogLevel } from './log-events.ts'
import { textOf } from './text-of.ts'

export type Log = <E extends LogEvent>(
  level: LogLevel<E>,
  event: E,
  fields?: Record<string, unknown>,
) => void

const REDACTED = '[redacted]'

/** The names of fields whose text is a credential. `signingKey` and `publicKey` are public and stay readable. */
const SECRET_NAME =
  /secret|passw(or)?d|token|authorization|cookie|api[-_]?key|service[-_]?(?:role[-_]?)?key|private[-_]?key|seed|jwt/i

/**
 * Credentials that are recognized by their form anywhere in a text, and their replacements. Strangers write some of the
 * texts, so each pattern starts only at the beginning of a name or word: the time stays linear in the length of the text.
 */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  // `name=value` with a name of a credential, in a URL or alone. The documented placeholder `?secret=...` stays.
  [
    /((?<![^?&;\s"'(])(?=[^=?&;\s"'(]*(?:secret|token|key|password|signature))[^=?&;\s"'(]+=)(?!\.\.\.(?:[&#\s]|$))[^&#\s"'<>]*/gi,
    `$1${REDACTED}`,
  ],
  // The user information of a URL.
  [/((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/)[^/?#@\s"']+@/gi, `$1${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${REDACTED}`],
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/\bsb_secret_[\w-]+/g, REDACTED],
  // A Stellar secret seed (StrKey S…, SEP-23): 56 base32 characters.
  [/\bS[A-Z2-7]{55}\b/g, REDACTED],
]

const MAX_TEXT_LENGTH = 4_000
const MAX_DEPTH = 8
const MAX_CAUSES = 5

/** Replaces the credentials of known shapes in a text by `[redacted]`. */
export function redactText(text: string): string {
  return SECRET_SHAPES.reduce((kept, [shape, to]) => kept.replace(shape, to), text)
}

function renderError(error: Error, causes: number): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return {
    name: error.name,
    message: redactText(error.message),
    ...code,
    stack: redactText(error.stack ?? '').slice(0, MAX_TEXT_LENGTH),
    ...(error.cause === undefined || causes >= MAX_CAUSES
      ? {}
      : {
          cause:
            error.cause instanceof Error
              ? renderError(error.cause, causes + 1)
              : redact(error.cause),
        }),
  }
}

/** Whether a value is a boolean, a number or absent. Such a value shows nothing of a credential. */
function isFigure(value: unknown): boolean {
  return value == null || typeof value === 'boolean' || typeof value === 'number'
}

/** A copy of a value for the log: credentials are replaced, long texts cut, errors shown with stack and cause. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value.slice(0, MAX_TEXT_LENGTH))
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return renderError(value, 0)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (depth >= MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) && !isFigure(item) ? REDACTED : redact(item, depth + 1),
    ]),
  )
}

/** What every line of a call says: which call it was, and with which key. Fields are filled in while the call is served. */
export interface CallFields {
  requestId: string
  keyName?: string
}

const calling = new AsyncLocalStorage<CallFields>()

/** Runs a call, so that each line that is logged on the way says to which call it belongs. */
export function loggingCall<T>(call: CallFields, run: () => Promise<T>): Promise<T> {
  return calling.run(call, run)
}

function fieldsOfCall(): Partial<CallFields> {
  const call = calling.getStore()
  if (call === undefined) return {}
  const { requestId, keyName } = call
  return { requestId, ...(keyName === undefined ? {} : { keyName }) }
}

/**
 * A log that writes one JSON line per event, without credentials of known shapes and names, and without what `redactLine`
 * knows. It never throws.
 */
export function createLog(
  write: (line: string) => void = (line) => process.stdout.write(line),
  redactLine: (line: string) => string = (line) => line,
): Log {
  return (level, event, fields = {}) => {
    const head = { time: new Date().toISOString(), level, event }
    let line: string
    try {
      line = JSON.stringify({
        ...head,
        ...fieldsOfCall(),
        ...(redact(fields) as object),
        ...head,
      })
    } catch (error) {
      // A field whose getter throws must not make a finished request fail.
      line = JSON.stringify({ ...head, unreadable: textOf(error) })
    }
    write(`${redactLine(line)}\n`)
  }
}
