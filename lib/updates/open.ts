import type { PlatformConfig } from '../config.ts'
import { createOwnFetch, type OwnFetch } from '../net/fetch-own.ts'
import { createPlatformApi } from '../platform/client.ts'
import { guardRelease } from '../platform/releases/guard.ts'
import type { UpdateIo } from './context.ts'
import { nameOfPlatform, releaseOf } from './release.ts'
import { createTurns } from './turns.ts'

/** Gives each request what the steps of its updates need, made for the release that the platform is now. */
export type OpenUpdates = () => Promise<UpdateIo>

/**
 * Opens the configured Anchor Platform.
 *
 * @param fetch replaces the network
 * @throws AppError `configuration_invalid`
 */
export function openUpdates(
  platform: PlatformConfig,
  io: Omit<UpdateIo, 'platform' | 'profile' | 'turns'>,
  fetch: OwnFetch = createOwnFetch({ origin: new URL(platform.url).origin }),
): OpenUpdates {
  const api = createPlatformApi(platform, { ...io, fetch })
  const turns = createTurns()
  const { release: configured, custody } = platform
  const name = nameOfPlatform(platform.url)
  return async () => {
    const release = await releaseOf({ configured, name }, { ...io, platform: api })
    const guarded = guardRelease(api, { release, isSet: configured !== null })
    return { ...io, turns, platform: guarded, profile: { release, custody } }
  }
}
