import type { FetchAnswer } from '../../../net/fetch-untrusted.ts'
import type { CheckIo } from '../request-evidence.ts'

/**
 * The same requests, whose answers show `…` where the server repeats one of these texts, in any case of its letters. So
 * no account of ours and no token reaches a finding or a stored capability, whatever a server sends back.
 */
export function hiding(texts: readonly string[], io: CheckIo): CheckIo {
  const escaped = texts.map((text) => text.replace(/[^A-Za-z0-9_]/g, '\\$&'))
  const pattern = new RegExp(escaped.join('|'), 'gi')
  const hide = <T extends string | null>(text: T) => (text?.replace(pattern, '…') ?? null) as T
  return {
    ...io,
    fetch: async (url, request) => {
      const answer: FetchAnswer = await io.fetch(url, request)
      const { headers } = answer
      return {
        ...answer,
        url: hide(answer.url),
        contentType: hide(answer.contentType),
        text: hide(answer.text),
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
