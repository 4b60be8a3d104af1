import { redactText } from '../log.ts'
import { spellingsOf } from '../redactor.ts'

/** The longest text of the platform that is stored, in bytes of UTF-8. */
const MAX_BYTES = 4_096
/** How many characters are searched for credentials. A search of megabytes would take seconds. */
const SEARCHED = 8_192
/** The longest credential, in characters. The searched part may end inside one, so its last 512 characters are cut. */
const LONGEST_CREDENTIAL = 512
/** The characters of a signed token (RFC 7515). Others of them may stand right before it, as in `%20eyJ…`. */
const TOKEN_TEXT = /[\w.-]+/g
const REDACTED = '[redacted]'

/**
 * Creates a function that makes a text of the platform fit to be stored, logged and answered. The result has at most
 * 4 KB, is valid in jsonb, and has no spelling of our secret. A server that echoes headers sends the secret back.
 */
export function createShown(secret: string | null): (text: string) => string {
  const spellings = secret === null ? [] : spellingsOf(secret)
  return (text) => {
    const searched = text.slice(0, SEARCHED).toWellFormed().replaceAll('\0', '\ufffd')
    const clean = redactText(
      spellings.reduce((kept, spelling) => kept.replaceAll(spelling, REDACTED), searched),
    ).replace(TOKEN_TEXT, withoutToken)
    const whole = text.length > SEARCHED ? clean.slice(0, -LONGEST_CREDENTIAL) : clean
    return cutToBytes(whole)
  }
}

/** Replaces the token in a text, from its `eyJ` on. It has three parts with points between them. */
function withoutToken(text: string): string {
  const at = text.indexOf('eyJ')
  const isToken = at !== -1 && text.slice(at).split('.', 3).length === 3
  return isToken ? text.slice(0, at) + REDACTED : text
}

/** Cuts a text to the limit, between two characters. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_BYTES) return text
  return new TextDecoder().decode(bytes.subarray(0, MAX_BYTES), { stream: true })
}
