const SENSITIVE_NAME = /secret|token|key|passw|signature|auth|credential/i

/**
 * The URL without what may be a credential: userinfo and fragment are dropped, values of sensitive-looking query
 * parameters are replaced. Text that is no URL comes back without its query. For answers, rows and logs.
 */
export function redactUrl(text: string): string {
  const prefix = text.startsWith('horizon:') ? 'horizon:' : ''
  const [bare = ''] = text.slice(prefix.length).split('#')
  if (!URL.canParse(bare)) return prefix + (bare.split('?')[0] ?? '')
  const url = new URL(bare)
  url.username = ''
  url.password = ''
  for (const name of new Set(url.searchParams.keys())) {
    if (SENSITIVE_NAME.test(name)) url.searchParams.set(name, 'redacted')
  }
  const fragment = /#(__NEXT_DATA__|flight)$/.exec(text)?.[0] ?? ''
  return prefix + url.href + fragment
}
