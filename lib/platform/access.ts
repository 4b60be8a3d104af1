import { randomUUID } from 'node:crypto'

/** Why the platform cannot be used safely, and what to set. */
export interface AccessProblem {
  code: 'credential_refused' | 'unprotected' | 'unreachable'
  reason: string
}

/** For so long the last check of the access is repeated: anybody may ask for the health. */
const CHECKED_FOR_MS = 10_000

/** The sentence about a platform that refuses our credential. */
export function credentialRefused(host: string, status: number): string {
  return `${host} answered ${status}: the platform refuses our credential. Set ANCHOR_PLATFORM_AUTH, ANCHOR_PLATFORM_SECRET and ANCHOR_PLATFORM_AUTH_HEADER to what the platform demands`
}

/** The sentence about a platform that lets everybody in. */
export function unprotected(status: number): string {
  return `the platform answered ${status} to a request without credential; allowed: 403. Set PLATFORM_API_AUTH_TYPE at the platform (PLATFORM_SERVER_AUTH_TYPE in 2.x)`
}

export const isRefusal = (status: number) => status === 401 || status === 403
/** An answer that the platform gives only to a caller whom it lets in. */
export const isAdmission = (status: number) => status === 200 || status === 404

/**
 * Creates the check whether the platform takes our credential, and refuses a caller without one. It reads a transaction
 * that does not exist, at most once in 10 seconds.
 *
 * @param ours the status of a path read with our credential; null without an answer
 * @param without the same without the credential; null if no credential is configured
 */
export function createAccessCheck(
  host: string,
  ours: (path: string) => Promise<number | null>,
  without: ((path: string) => Promise<number | null>) | null,
  now: () => Date,
): () => Promise<AccessProblem | null> {
  let last: { atMs: number; problem: Promise<AccessProblem | null> } | undefined

  async function check(): Promise<AccessProblem | null> {
    const path = `/transactions/${randomUUID()}`
    // While calls are paused one call tries the platform, and that must be ours.
    const told = await ours(path)
    const toldWithout = (await without?.(path)) ?? null
    if (told !== null && isRefusal(told)) {
      return { code: 'credential_refused', reason: credentialRefused(host, told) }
    }
    if (toldWithout !== null && isAdmission(toldWithout)) {
      return { code: 'unprotected', reason: unprotected(toldWithout) }
    }
    const isReached = told !== null && told < 500
    return isReached ? null : { code: 'unreachable', reason: `${host} cannot be read` }
  }

  return () => {
    const atMs = now().getTime()
    if (last === undefined || Math.abs(atMs - last.atMs) > CHECKED_FOR_MS) {
      last = { atMs, problem: check() }
    }
    return last.problem
  }
}
