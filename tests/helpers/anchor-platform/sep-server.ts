import { readCompact } from './compact.ts'

/** One HTTP exchange with the SEP server of 4.3.0 in one of its settings. */
export interface SepExchange {
  name: string
  setting: string
  request: { method: string; path: string; headers: Record<string, string>; body?: string }
  response: { status: number; headers: Record<string, string>; body: string }
  /** Where the answer took a second or more. */
  ms?: number
  /** The keys and the time with which a SEP-10 challenge or SEP-45 entry is judged; the time is in Unix seconds. */
  challenge?: { passphrase: string; signing_key: string; home_domain: string; captured_at: number }
}

interface CompactExchange {
  name: string
  method?: string
  path: string
  headers?: Record<string, string>
  sent?: string
  status: number
  /** Headers beside or instead of the usual ones; `true` is the length of the body. */
  own?: Record<string, string | true>
  /** Usual headers that are missing. */
  '-'?: string
  body?: string
  json?: unknown
  /** The name of a body that several answers have. */
  shared?: string
  ms?: number
  challenge?: [keys: string, capturedAt: number]
}

interface CompactSepServer {
  bodies: Record<string, unknown>
  challenges: Record<string, Omit<NonNullable<SepExchange['challenge']>, 'captured_at'>>
  settings: Record<string, CompactExchange[]>
}

const USUAL: Record<string, string> = {
  vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  'content-type': 'application/json;charset=UTF-8',
  connection: 'close',
}

export function readSepServer(): SepExchange[] {
  const { bodies, challenges, settings } = readCompact<CompactSepServer>('sep-server-4.3.0.json')

  function bodyOf({ body, json, shared }: CompactExchange): string {
    const content = shared === undefined ? json : bodies[shared]
    if (content === undefined) return body ?? ''
    return typeof content === 'string' ? content : JSON.stringify(content)
  }

  function exchange(setting: string, one: CompactExchange): SepExchange {
    const { name, method = 'GET', path, headers = {}, sent, status, ms } = one
    const body = bodyOf(one)
    const [keys, captured_at = 0] = one.challenge ?? []
    const known = keys === undefined ? undefined : challenges[keys]
    return {
      name,
      setting,
      request: { method, path, headers, ...(sent !== undefined && { body: sent }) },
      response: { status, headers: headersOf(one, body), body },
      ...(ms !== undefined && { ms }),
      ...(known && { challenge: { ...known, captured_at } }),
    }
  }
  return Object.entries(settings).flatMap(([setting, all]) =>
    all.map((one) => exchange(setting, one)),
  )
}

function headersOf({ own = {}, '-': missing = '' }: CompactExchange, body: string) {
  const length = String(Buffer.byteLength(body))
  const all = Object.entries({ ...USUAL, ...own }).map(
    ([name, value]) => [name, value === true ? length : value] as const,
  )
  return Object.fromEntries(all.filter(([name]) => !missing.split(' ').includes(name)))
}
