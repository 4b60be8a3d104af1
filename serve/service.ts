import { FastResponse } from 'srvx'
import type { Log } from '../lib/log.ts'
import type { IsTrustedProxy } from './caller.ts'
import { createFileRouter } from './file-router.ts'
import { readSchedules, startScheduler } from './schedules.ts'
import { startServer } from './server.ts'
import { createUnderWay } from './under-way.ts'

export interface ServedApi {
  /** The URL that answers, without a slash at the end. */
  url: string
  /**
   * Runs the schedules of vercel.json from now on. Each call presents the secret.
   * @param isNeeded whether a path has something to do; the others are not called
   */
  startSchedules(cronSecret: string, log: Log, isNeeded?: (path: string) => boolean): void
  /**
   * Starts nothing new, and waits for what is under way.
   * @returns whether all of it ended in that time
   */
  stop(withinMs: number): Promise<boolean>
}

/** Where `lib/later.ts` finds what keeps a function instance alive on Vercel. */
const VERCEL_CONTEXT = Symbol.for('@vercel/request-context')

/**
 * Serves the routes of `api/`. They take their dependencies from `lib/deps.ts`.
 *
 * @param settings.root the folder that holds `api/` and `vercel.json`
 * @param settings.isTrustedProxy whose X-Forwarded-For is believed; nobody's by default
 * @throws Error if the port is taken
 */
export async function serveApi(settings: {
  root: string
  hostname: string
  port: number
  isTrustedProxy?: IsTrustedProxy
}): Promise<ServedApi> {
  const { root, hostname, port, isTrustedProxy } = settings
  // Its body goes to the socket as it is. Node's own makes a stream of each, which takes a quarter of the time of a page.
  Object.assign(globalThis, { Response: FastResponse })
  const handle = await createFileRouter({ root })
  const schedules = await readSchedules(root)
  const underWay = createUnderWay()
  const waitUntil = (work: Promise<unknown>) => void underWay.add(work)
  Object.assign(globalThis, { [VERCEL_CONTEXT]: { get: () => ({ waitUntil }) } })
  const server = await startServer({ handle, hostname, port, isTrustedProxy, underWay })
  let stopSchedules = () => {}
  return {
    url: server.url,
    startSchedules: (cronSecret, log, isNeeded = () => true) => {
      const needed = schedules.filter(({ path }) => isNeeded(path))
      stopSchedules = startScheduler({ schedules: needed, handle, cronSecret, log, underWay })
    },
    stop: async (withinMs) => {
      stopSchedules()
      server.drain()
      const isOver = await endsWithin(withinMs, underWay.over())
      await server.close()
      return isOver
    },
  }
}

async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(late.resolve, ms, false)
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
