import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PlatformProfile } from '../platform/methods.ts'
import { advisoriesOf } from '../platform/releases/advisories.ts'
import type { Release } from '../platform/releases/families.ts'
import { mismatch, unknownRelease } from '../platform/releases/guard.ts'
import { alikeTo } from '../platform/releases/signs.ts'
import { knownBy, type ReleaseFinding } from '../platform/releases/watch.ts'
import { within } from '../within.ts'

/** Why the Anchor Platform takes no update from us, or takes them from everybody. */
export interface PlatformProblem {
  code: string
  reason: string
}

interface CheckedPlatform {
  checkAccess: () => Promise<PlatformProblem | null>
  findRelease: () => Promise<ReleaseFinding>
}

export interface PlatformCheckDeps {
  config: { platform: { release: Release | null } | null }
  updates: () => Promise<{ platform: CheckedPlatform; profile: PlatformProfile }>
  log: Log
}

/** The release that updates are made for, and how it is known. */
export interface ShownRelease {
  release: Release
  /** Whether it was found out, or a person set it. */
  from: 'found' | 'set'
  /** `run`: its server was run and its answers are recorded. `read` and `reported`: nobody ran it here. */
  knownBy: string
  /** The releases that it may be as well: a found one cannot be told from them. */
  alike: Release[]
  /** The known faults of the release, by the ids of docs/platform-advisories.md. */
  advisories: string[]
}

export interface PlatformCheck {
  /** null: it takes our updates, or none is configured. */
  problem: PlatformProblem | null
  release: ShownRelease | null
}

/** A check that waits longer for the platform would itself look dead. */
const CHECK_MS = 3_000
const SLOW: PlatformProblem = {
  code: 'unreachable',
  reason: 'the platform did not answer in 3 s',
}

/** Checks the access to the Anchor Platform and its release. Never throws. */
export async function checkPlatform({
  config,
  updates,
  log,
}: PlatformCheckDeps): Promise<PlatformCheck> {
  if (config.platform === null) return { problem: null, release: null }
  const set = config.platform.release
  try {
    return await within(CHECK_MS, check(updates, set), { problem: SLOW, release: null })
  } catch (error) {
    const isOfPlatform = error instanceof AppError && error.code === 'platform_unavailable'
    if (!isOfPlatform) log('error', 'platform_check_failed', { error })
    const code = isOfPlatform ? 'release_unknown' : 'configuration_invalid'
    const reason = error instanceof AppError ? error.message : 'see the log'
    return { problem: { code, reason }, release: null }
  }
}

async function check(
  updates: PlatformCheckDeps['updates'],
  set: Release | null,
): Promise<PlatformCheck> {
  const { platform, profile } = await updates()
  const [problem, finding] = await Promise.all([platform.checkAccess(), platform.findRelease()])
  const { release } = profile
  const from = set === null ? 'found' : 'set'
  return {
    problem: problem ?? releaseProblem(release, from, finding),
    release: {
      release,
      from,
      knownBy: knownBy(release),
      alike: set === null ? alikeTo(release) : [],
      advisories: advisoriesOf(release),
    },
  }
}

/** A wrong setting is told, although methods that both releases read alike are sent, and so is a release that nobody knows. */
function releaseProblem(
  release: Release,
  from: ShownRelease['from'],
  finding: ReleaseFinding,
): PlatformProblem | null {
  if (finding.kind !== 'found') {
    return from === 'set'
      ? null
      : { code: 'release_unknown', reason: unknownRelease(finding.reason) }
  }
  if (finding.release === release || finding.alike.includes(release)) return null
  return { code: 'release_mismatch', reason: mismatch(release, finding.release) }
}
