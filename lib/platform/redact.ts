import { redactText } from '../log.ts'

/** Longest text of the platform that is kept, in bytes of UTF-8. */
const MAX_BYTES = 4_096
/** Characters that are searched for credentials: patterns over megabytes would take seconds. */
const SEARCHED = 8_192
/** Longest credential, in characters: its beginning may stand at the end of what is searched. */
const LONGEST_CREDENTIAL = 512
/** A signed token (RFC 7515), wherever it begins: `%20eyJ…` too. */
const TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g
const REDACTED = '[redacted]'

/**
 * Makes the function that turns a text of the platform into one that may be stored, logged and answered: at most 4 KB,
 * without our secret in any spelling (a server that echoes headers sends it back), and fit for jsonb.
 */
export function createShown(secret: string | null): (text: string) => string {
  const spellings =
    secret === null ? [] : [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
  return (text) => {
    const searched = text.slice(0, SEARCHED).toWellFormed().replaceAll('\0', '\ufffd')
    const clean = redactText(
      spellings.reduce((kept, spelling) => kept.replaceAll(spelling, REDACTED), searched),
    ).replace(TOKEN, REDACTED)
    const whole = text.length > SEARCHED ? clean.slice(0, -LONGEST_CREDENTIAL) : clean
    return cutToBytes(whole)
  }
}

/** The longest beginning within the limit that ends between two characters. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_BYTES) return text
  return new TextDecoder().decode(bytes.subarray(0, MAX_BYTES), { stream: true })
}
