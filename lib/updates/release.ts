import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PlatformApi } from '../platform/client.ts'
import { RELEASES, type Release } from '../platform/releases/families.ts'
import { inTime, unknownRelease } from '../platform/releases/guard.ts'
import type { ReleaseFinding } from '../platform/releases/watch.ts'
import { trimEnd } from '../trim-end.ts'

/** A later version of this service may have stored a release that this one does not know. Then none is known. */
const stored = z.object({ release: z.enum(RELEASES).nullable().catch(null) }).nullable()

/**
 * The release that updates are made for: the configured one, else the one that the platform shows. While the platform does
 * not tell it, it is the one that was last found there, which the database keeps.
 *
 * @param name host and path of the platform, under which the finding is stored
 * @throws AppError `platform_unavailable` if no release is known, `database_unavailable`
 */
export async function releaseOf(
  { configured, name }: { configured: Release | null; name: string },
  { db, platform, log }: { db: Database; platform: Pick<PlatformApi, 'findRelease'>; log: Log },
): Promise<Release> {
  if (configured !== null) return configured
  // An update is stored before it is sent, and a platform that does not answer must not hold it up.
  const asked = platform.findRelease()
  const finding = await inTime(asked)
  if (finding.kind === 'found') return store(db, name, finding, log)
  // Another process may have found another release since this one did.
  const known = await readRelease(name, db)
  if (known !== null) return known
  const told = await asked
  if (told.kind === 'found') return store(db, name, told, log)
  throw new AppError('platform_unavailable', `Not sent: ${unknownRelease(told.reason)}`)
}

/** The release that was last found at a platform; null if none ever was. @throws AppError `database_unavailable` */
export async function storedRelease(platform: string, db: Database): Promise<Release | null> {
  return storedHere.get(platform)?.release ?? readRelease(platform, db)
}

async function readRelease(platform: string, db: Database): Promise<Release | null> {
  return (await callChecked(db, stored, 'read_platform_release', { platform }))?.release ?? null
}

/** The name under which a platform is stored: host and path, without a credential. */
export function nameOfPlatform(url: string): string {
  const { host, pathname } = new URL(url)
  return host + trimEnd(pathname, '/')
}

type Found = Extract<ReleaseFinding, { kind: 'found' }>

/** The finding of this process that was stored last. */
const storedHere = new Map<string, Found>()

/**
 * Stores each finding once, also one that this process had before: another process may have stored another one in between.
 * It helps later processes only, so a failure is logged.
 */
async function store(db: Database, platform: string, finding: Found, log: Log): Promise<Release> {
  const { release } = finding
  if (storedHere.get(platform) === finding) return release
  try {
    await callChecked(db, stored, 'record_platform_release', { platform, release })
    storedHere.set(platform, finding)
  } catch (error) {
    log('warn', 'platform_release_not_stored', { error })
  }
  return release
}
