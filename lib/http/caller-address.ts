/** IPv4, which some proxies write with a port, or IPv6, which has two colons or more. */
const ADDRESS =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f:.]{0,43})$/i
/** IPv6 that ends in IPv4 has as many. */
const MOST_CHARACTERS = 45

const noted = new WeakMap<Request, string | null>()

/** Says where a request came from. The server of `npm run serve` knows its socket, and says it of every request. */
export function noteCallerAddress(request: Request, address: string | null): void {
  noted.set(request, address)
}

/**
 * The address of a caller; null if it is not known. Where no server of ours has noted it, the routes run on Vercel, whose edge
 * overwrites both headers.
 */
export function callerAddress(request: Request): string | null {
  const known = noted.get(request)
  if (known !== undefined) return known
  const { headers } = request
  const [first = ''] = (headers.get('x-forwarded-for') ?? '').split(',')
  const given = [headers.get('x-real-ip') ?? '', first].map((text) => text.trim())
  return given.find((text) => text.length <= MOST_CHARACTERS && ADDRESS.test(text)) ?? null
}
