/** IPv4, which some proxies write with a port, or IPv6, which has two colons or more and at most 45 characters. */
const ADDRESS =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:.]{0,35})$/i

/**
 * The address of a caller, for the log; null if it is not known. On Vercel the edge overwrites both headers. Behind another
 * proxy, or without one, a caller may write anything into them, so it is no identity.
 */
export function callerAddress({ headers }: Request): string | null {
  const [first = ''] = (headers.get('x-forwarded-for') ?? '').split(',')
  const given = [headers.get('x-real-ip') ?? '', first].map((text) => text.trim())
  return given.find((text) => ADDRESS.test(text)) ?? null
}
