/**
 * The query string with the parameters of the path in it. Vercel adds them itself; another server passes the URL on as it
 * came. A value that the caller wrote into the query string stays beside that of the path, and is refused later.
 *
 * @param template the path of the route as the API's description writes it, such as `/api/anchors/{domain}`
 */
export function queryWithPath(url: URL, template: string): URLSearchParams {
  const found = patternOf(template).exec({ pathname: url.pathname })
  if (found === null) return url.searchParams
  const query = [...url.searchParams]
  for (const name of pathNames(template)) {
    const value = decoded(found.pathname.groups[name] ?? '')
    const added = query.findIndex(([key, given]) => key === name && given === value)
    if (added >= 0) query.splice(added, 1)
    query.push([name, value])
  }
  return new URLSearchParams(query)
}

/** The names of the parameters of a path. */
export function pathNames(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

const patterns = new Map<string, URLPattern>()

function patternOf(template: string): URLPattern {
  const known = patterns.get(template)
  if (known !== undefined) return known
  const pattern = new URLPattern({ pathname: `${template.replace(/\{(\w+)\}/g, ':$1')}{/}?` })
  patterns.set(template, pattern)
  return pattern
}

/** Text with invalid percent encoding stays as it is, and no parameter takes it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
