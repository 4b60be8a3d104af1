import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'

/** Why the Anchor Platform takes no update from us, or takes them from everybody. */
export interface PlatformProblem {
  code: string
  reason: string
}

export interface PlatformCheckDeps {
  config: { platform: object | null }
  updates: () => Promise<{ platform: { checkAccess: () => Promise<PlatformProblem | null> } }>
  log: Log
}

/** A check that waits longer for the platform would itself look dead. */
const CHECK_MS = 3_000
const SLOW: PlatformProblem = {
  code: 'unreachable',
  reason: 'the platform did not answer in 3 s',
}

/** Checks the access to the Anchor Platform. null: it takes our updates, or none is configured. Never throws. */
export async function checkPlatform({
  config,
  updates,
  log,
}: PlatformCheckDeps): Promise<PlatformProblem | null> {
  if (config.platform === null) return null
  try {
    const { platform } = await updates()
    return await within(CHECK_MS, platform.checkAccess(), SLOW)
  } catch (error) {
    log('error', 'platform_check_failed', { error })
    const reason = error instanceof AppError ? error.message : 'see the log'
    return { code: 'configuration_invalid', reason }
  }
}

/** What a promise brings, or `late` if it takes longer than `ms`. */
async function within<T>(ms: number, promise: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const waiting = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, late)
  })
  try {
    return await Promise.race([promise, waiting])
  } finally {
    clearTimeout(timer)
  }
}
