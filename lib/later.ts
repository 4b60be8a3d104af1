import type { Log } from './log.ts'

/** Starts work that goes on after the answer. A failure is logged. */
export type Later = (name: string, work: () => Promise<void>) => void

/** Where Vercel keeps what belongs to the call that is served. Its package `@vercel/functions` reads the same symbol. */
const CONTEXT = Symbol.for('@vercel/request-context')

interface VercelContext {
  get?: () => { waitUntil?: (work: Promise<unknown>) => void } | undefined
}

/**
 * Creates `later`. On Vercel the function instance lives until the work ends. Elsewhere, and where Vercel offers nothing, the
 * work runs while the process does: whoever uses it must have stored what is to be done.
 */
export function createLater(log: Log): Later {
  return (name, work) => {
    const done = work().catch((error: unknown) => log('error', 'later_failed', { name, error }))
    const context = (globalThis as { [CONTEXT]?: VercelContext })[CONTEXT]?.get?.()
    context?.waitUntil?.(done)
  }
}
