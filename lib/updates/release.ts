import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PlatformApi } from '../platform/client.ts'
import { RELEASES, type Release } from '../platform/releases/families.ts'
import { unknownRelease } from '../platform/releases/guard.ts'
import { trimEnd } from '../trim-end.ts'

const stored = z.object({ release: z.enum(RELEASES) }).nullable()

/**
 * The release that updates are made for: the configured one, else the one that the platform shows. While the platform cannot
 * be asked, it is the one that was last found there, which the database keeps.
 *
 * @param name host and path of the platform, under which the finding is stored
 * @throws AppError `platform_unavailable` if no release is known, `database_unavailable`
 */
export async function releaseOf(
  { configured, name }: { configured: Release | null; name: string },
  { db, platform, log }: { db: Database; platform: Pick<PlatformApi, 'findRelease'>; log: Log },
): Promise<Release> {
  if (configured !== null) return configured
  const finding = await platform.findRelease()
  if (finding.kind === 'found') {
    await store(db, name, finding.release, log)
    return finding.release
  }
  if (finding.kind === 'unreachable') {
    const known = await storedRelease(name, db)
    if (known !== null) return known
  }
  throw new AppError('platform_unavailable', `Not sent: ${unknownRelease(finding.reason)}`)
}

/** The release that was last found at a platform; null if none ever was. @throws AppError `database_unavailable` */
export async function storedRelease(platform: string, db: Database): Promise<Release | null> {
  const here = storedHere.get(platform)
  if (here !== undefined) return here
  return (await callChecked(db, stored, 'read_platform_release', { platform }))?.release ?? null
}

/** The name under which a platform is stored: host and path, without a credential. */
export function nameOfPlatform(url: string): string {
  const { host, pathname } = new URL(url)
  return host + trimEnd(pathname, '/')
}

const storedHere = new Map<string, Release>()

/** Stores a finding that is new to this process. It helps later processes only, so a failure is logged. */
async function store(db: Database, platform: string, release: Release, log: Log): Promise<void> {
  if (storedHere.get(platform) === release) return
  try {
    await callChecked(db, stored, 'record_platform_release', { platform, release })
    storedHere.set(platform, release)
  } catch (error) {
    log('warn', 'platform_release_not_stored', { error })
  }
}
