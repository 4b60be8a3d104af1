/** An address has at most 45 characters: hexadecimal digits, dots and colons. */
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/

/**
 * The address of a caller, for the log; null if it is not known. On Vercel the edge overwrites both headers. Behind another
 * proxy, or without one, a caller may write anything into them, so it is no identity.
 */
export function callerAddress({ headers }: Request): string | null {
  const [first = ''] = (headers.get('x-forwarded-for') ?? '').split(',')
  const given = [headers.get('x-real-ip') ?? '', first].map((text) => text.trim())
  return given.find((text) => ADDRESS.test(text)) ?? null
}
