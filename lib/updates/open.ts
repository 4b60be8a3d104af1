import type { PlatformConfig } from '../config.ts'
import { createOwnFetch } from '../net/fetch-own.ts'
import { createPlatformApi } from '../platform/client.ts'
import type { UpdateIo } from './context.ts'
import { createTurns } from './turns.ts'

/** Opens what the steps of an update need, for the configured Anchor Platform. @throws AppError `configuration_invalid` */
export function openUpdates(
  platform: PlatformConfig,
  io: Omit<UpdateIo, 'platform' | 'profile' | 'turns'>,
): UpdateIo {
  const fetch = createOwnFetch({ origin: new URL(platform.url).origin })
  return {
    ...io,
    turns: createTurns(),
    platform: createPlatformApi(platform, { ...io, fetch }),
    profile: { version: platform.version, custody: platform.custody },
  }
}
