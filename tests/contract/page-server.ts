import { resolve } from 'node:path'
import { serve } from 'srvx'
import { createFileRouter } from '../../serve/file-router.ts'
import type { Service } from './service.ts'

export interface PageReply {
  status: number
  headers: Headers
  text: string
}

/**
 * Serves a deployment on a real socket of loopback, as a browser reaches it.
 *
 * @returns a fetch that follows no redirect
 */
export async function servePages(service: Service): Promise<{
  origin: string
  get: (path: string, headers?: Record<string, string>) => Promise<PageReply>
  post: (
    path: string,
    form: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<PageReply>
  close: () => Promise<void>
}> {
  const router = await createFileRouter({ root: resolve(import.meta.dirname, '../..') })
  const server = serve({
    fetch: (request) => service.within(() => router(request)),
    port: 0,
    hostname: '127.0.0.1',
    gracefulShutdown: false,
    silent: true,
  })
  await server.ready()
  const origin = `http://localhost:${new URL(server.url ?? '').port}`
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(origin + path, { ...init, redirect: 'manual' })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return {
    origin,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, form, headers = {}) =>
      ask(path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { origin, ...headers },
      }),
    close: () => server.close(true),
  }
}
