import { randomUUID } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AppError } from '../lib/errors.ts'
import { sendError } from '../lib/http/answer.ts'
import { toResponse } from '../lib/http/response.ts'

type Handler = (request: Request) => Promise<Response>
type HandlerModule = Partial<Record<string, Handler>>

interface FileRoute {
  /** The path, with its parameters as `:name`. */
  path: string
  load: () => Promise<HandlerModule>
}

interface HeaderRule {
  pattern: URLPattern
  headers: { key: string; value: string }[]
}

/** `api/anchors/[domain].ts` serves /api/anchors/{any text without a slash}; `index.ts` serves its folder. */
function fileRoute(root: string, file: string): FileRoute {
  const steps = file
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '')
    .split('/')
  const { href } = pathToFileURL(resolve(root, file))
  let loaded: Promise<HandlerModule> | undefined
  return {
    path: `/${steps.map((step) => step.replace(/^\[(\w+)\]$/, ':$1')).join('/')}`,
    load: () => {
      loaded ??= import(href) as Promise<HandlerModule>
      return loaded
    },
  }
}

async function readRoutes(root: string): Promise<PathTable<FileRoute>> {
  const routes: FileRoute[] = []
  for await (const entry of glob('api/**/*.ts', { cwd: root })) {
    const file = entry.replaceAll('\\', '/')
    if (!/\/[_.]/.test(file) && !file.endsWith('.d.ts')) routes.push(fileRoute(root, file))
  }
  return pathTable(routes, ({ path }) => path)
}

interface Rules {
  headers: HeaderRule[]
  rewrites: PathTable<{ source: string; destination: string }>
}

async function readRules(root: string): Promise<Rules> {
  const { headers = [], rewrites = [] } = JSON.parse(
    await readFile(resolve(root, 'vercel.json'), 'utf8'),
  ) as {
    headers?: { source: string; headers: HeaderRule['headers'] }[]
    rewrites?: { source: string; destination: string }[]
  }
  return {
    headers: headers.map(({ source, headers }) => ({
      pattern: new URLPattern({ pathname: source }),
      headers,
    })),
    rewrites: pathTable(rewrites, ({ source }) => source),
  }
}

/** Finds what stands under a path, with the values of the path's parameters. */
type PathTable<T> = (
  pathname: string,
) => { found: T; groups: Record<string, string | undefined> } | null

/**
 * Paths without parameters come first, and are looked up: to try thirty patterns takes longer than to answer a page that is
 * known (0.25 ms and 0.1 ms).
 */
function pathTable<T>(entries: readonly T[], pathOf: (entry: T) => string): PathTable<T> {
  const literals = new Map<string, T>()
  const patterns: { pattern: URLPattern; entry: T }[] = []
  for (const entry of entries) {
    const path = pathOf(entry)
    if (path.includes(':')) {
      patterns.push({ pattern: new URLPattern({ pathname: `${path}{/}?` }), entry })
    } else {
      literals.set(path, entry).set(`${path}/`, entry)
    }
  }
  return (pathname) => {
    const literal = literals.get(pathname)
    if (literal !== undefined) return { found: literal, groups: {} }
    for (const { pattern, entry } of patterns) {
      const match = pattern.exec({ pathname })
      if (match !== null) return { found: entry, groups: match.pathname.groups }
    }
    return null
  }
}

/** The path of the file that answers, after the rewrites of vercel.json. */
function rewritten(pathname: string, rewrites: Rules['rewrites']): string {
  const rewrite = rewrites(pathname)
  if (rewrite === null) return pathname
  const { found, groups } = rewrite
  return found.destination.replace(/:(\w+)/g, (_, name: string) => groups[name] ?? '')
}

const UNKNOWN_ROUTE = { querySecret: false, isPublic: false, isHead: false }

function notFound(pathname: string): Response {
  const what = `The URL ${pathname.slice(0, 300)}`
  const error = new AppError('not_found', [
    {
      path: pathname.slice(0, 300),
      what,
      place: 'path',
      problem: 'is not served',
      allowed: 'the URLs in docs/api.md',
    },
  ])
  const requestId = randomUUID()
  return toResponse(sendError(error, requestId), { ...UNKNOWN_ROUTE, requestId })
}

/**
 * Serves `api/**` of a project folder as Vercel does: each file is a URL, with the rewrites and headers of vercel.json. A
 * rewritten request keeps its own URL.
 */
export async function createFileRouter({ root }: { root: string }): Promise<Handler> {
  const routes = await readRoutes(root)
  const rules = await readRules(root)

  async function serve(request: Request, pathname: string): Promise<Response> {
    const route = routes(rewritten(pathname, rules.rewrites))
    if (route === null) return notFound(pathname)
    const handlers = await route.found.load()
    // Every handler of a route refuses the methods that the route does not serve.
    const handler = handlers[request.method] ?? handlers['OPTIONS']
    return handler === undefined ? new Response(null, { status: 405 }) : handler(request)
  }

  return async (request) => {
    const { pathname } = new URL(request.url)
    const answer = await serve(request, pathname)
    for (const { pattern, headers } of rules.headers) {
      if (!pattern.test({ pathname })) continue
      for (const { key, value } of headers) answer.headers.set(key, value)
    }
    return answer
  }
}
