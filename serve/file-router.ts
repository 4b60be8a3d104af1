import { randomUUID } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AppError } from '../lib/errors.ts'
import { errorAnswer } from '../lib/http/answer.ts'

type Handler = (request: Request) => Promise<Response>
type HandlerModule = Partial<Record<string, Handler>>

interface FileRoute {
  pattern: URLPattern
  /** How many [parameters] the path has. */
  parameters: number
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
  const pathname = steps.map((step) => step.replace(/^\[(\w+)\]$/, ':$1')).join('/')
  const { href } = pathToFileURL(resolve(root, file))
  return {
    pattern: new URLPattern({ pathname: `/${pathname}{/}?` }),
    parameters: steps.filter((step) => step.startsWith('[')).length,
    load: () => import(href) as Promise<HandlerModule>,
  }
}

async function readRoutes(root: string): Promise<FileRoute[]> {
  const routes: FileRoute[] = []
  for await (const entry of glob('api/**/*.ts', { cwd: root })) {
    const file = entry.replaceAll('\\', '/')
    if (!/\/[_.]/.test(file) && !file.endsWith('.d.ts')) routes.push(fileRoute(root, file))
  }
  // A literal file name comes before a [parameter].
  return routes.sort((a, b) => a.parameters - b.parameters)
}

interface Rules {
  headers: HeaderRule[]
  rewrites: { pattern: URLPattern; destination: string }[]
}

async function readRules(root: string): Promise<Rules> {
  const { headers = [], rewrites = [] } = JSON.parse(
    await readFile(resolve(root, 'vercel.json'), 'utf8'),
  ) as {
    headers?: { source: string; headers: HeaderRule['headers'] }[]
    rewrites?: { source: string; destination: string }[]
  }
  const patternOf = (source: string) => new URLPattern({ pathname: source })
  return {
    headers: headers.map(({ source, headers }) => ({ pattern: patternOf(source), headers })),
    rewrites: rewrites.map(({ source, destination }) => ({
      pattern: patternOf(source),
      destination,
    })),
  }
}

/** The URL that answers, after the rewrites of vercel.json. */
function rewritten(url: URL, rewrites: Rules['rewrites']): URL {
  for (const { pattern, destination } of rewrites) {
    const found = pattern.exec(url)
    if (found === null) continue
    const target = new URL(url)
    target.pathname = destination.replace(
      /:(\w+)/g,
      (_, name: string) => found.pathname.groups[name] ?? '',
    )
    return target
  }
  return url
}

function moved(request: Request, url: URL): Request {
  const { method, headers, body, signal } = request
  return new Request(url, { method, headers, body, signal, ...(body && { duplex: 'half' }) })
}

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
  const { status, body } = errorAnswer(error, requestId)
  return Response.json(body, { status, headers: { 'x-request-id': requestId } })
}

/** Serves `api/**` of a project folder as Vercel does: each file is a URL, with the rewrites and headers of vercel.json. */
export async function createFileRouter({ root }: { root: string }): Promise<Handler> {
  const routes = await readRoutes(root)
  const rules = await readRules(root)

  async function serve(request: Request, url: URL): Promise<Response> {
    for (const route of routes) {
      if (!route.pattern.test(url)) continue
      const handler = (await route.load())[request.method]
      if (handler === undefined) return new Response('Method Not Allowed', { status: 405 })
      return handler(request)
    }
    return notFound(url.pathname)
  }

  return async (request) => {
    const url = new URL(request.url)
    const target = rewritten(url, rules.rewrites)
    const served = await serve(target === url ? request : moved(request, target), target)
    const answer = new Response(served.body, served)
    for (const { pattern, headers } of rules.headers) {
      if (!pattern.test(url)) continue
      for (const { key, value } of headers) answer.headers.set(key, value)
    }
    return answer
  }
}
