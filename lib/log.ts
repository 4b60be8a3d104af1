export type Log = (
  level: 'info' | 'warn' | 'error',
  event: string,
  fields?: Record<string, unknown>,
) => void

const REDACTED = '[redacted]'

/** Names of fields whose text is a credential. `signingKey` and `publicKey` are public and stay readable. */
const SECRET_NAME =
  /secret|passw(or)?d|token|authorization|cookie|api[-_]?key|service.*key|private[-_]?key|seed|jwt/i

/** Credentials that are recognised by their own shape, wherever they stand in a text. */
// Strangers write the texts these run over: each name or word is looked at from its beginning only, so that the time
// grows with the text and no faster.
const SECRET_SHAPES: readonly [RegExp, string][] = [
  // name=value of a secret-looking name, in a URL or alone; the documented placeholder `?secret=...` stays.
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

/** Replaces the credentials recognisable in a text by `[redacted]`. */
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

/** A flag or a count says nothing of the credential it is about. */
function isFigure(value: unknown): boolean {
  return value == null || typeof value === 'boolean' || typeof value === 'number'
}

/** A copy of a value that may be written down: credentials replaced, long texts cut, errors with stack and cause. */
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

/** Writes one JSON line per event, with every credential it can recognise taken out. Never throws. */
export function createLog(
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  return (level, event, fields = {}) => {
    const head = { time: new Date().toISOString(), level, event }
    let line: string
    try {
      line = JSON.stringify({ ...head, ...(redact(fields) as object), ...head })
    } catch (error) {
      // A field with a throwing getter must not turn a finished request into a failed one.
      line = JSON.stringify({ ...head, unreadable: String(error) })
    }
    write(`${line}\n`)
  }
}
