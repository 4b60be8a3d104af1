import type { FetchAnswer } from '../../../net/fetch-untrusted.ts'
import type { CheckIo } from '../request-evidence.ts'

/**
 * The same requests, whose answers show `…` where the server repeats one of these texts, in any case of its letters. So
 * no account of ours and no token reaches a finding or a stored capability, whatever a server sends back.
 */
export function hiding(texts: readonly string[], io: CheckIo): CheckIo {
  const hide = <T extends string | null>(text: T) =>
    (text === null ? null : texts.reduce(without, text)) as T
  return {
    ...io,
    fetch: async (url, request) => {
      const answer: FetchAnswer = await io.fetch(url, request)
      const { headers } = answer
      return {
        ...answer,
        url: hide(answer.url),
        contentType: hide(answer.contentType),
        text: hide(withoutEscapes(answer.text)),
        headers: {
          accessControlAllowOrigin: hide(headers.accessControlAllowOrigin),
          wwwAuthenticate: hide(headers.wwwAuthenticate),
          allow: hide(headers.allow),
          cfMitigated: hide(headers.cfMitigated),
        },
      }
    },
  }
}

/**
 * Writes what JSON spells as \\u0041 as the letter itself, which means the same there. Otherwise a server could spell a
 * token so that it is itself again once the answer is read.
 */
function withoutEscapes(text: string): string {
  if (!text.includes('\\u')) return text
  return text.replace(/\\(?:u00([0-9a-f]{2})|[^u])/gi, (written, hex?: string) => {
    const letter = hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16))
    return /^[\w.-]$/.test(letter) ? letter : written
  })
}

/** Replaces each occurrence of `hidden` by `…`, whatever the case of its letters. */
function without(text: string, hidden: string): string {
  const lower = inLowerCase(text)
  const wanted = inLowerCase(hidden)
  const parts: string[] = []
  let from = 0
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at))
    from = at + hidden.length
  }
  return parts.length === 0 ? text : [...parts, text.slice(from)].join('…')
}

/** Other letters keep their case: some of them change their length with it. */
function inLowerCase(text: string): string {
  // A replacement of each letter takes 50 ms of CPU for 300 home domains.
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase()
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
