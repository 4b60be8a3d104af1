import type { PlatformApi, PlatformUpdate } from '../client.ts'
import { RPC_METHOD_NOT_FOUND } from '../envelope.ts'
import { rpcMethods } from '../methods.ts'
import type { PlatformReply } from '../reply.ts'
import { FAMILIES, type Release } from './families.ts'
import { readAlike } from './signs.ts'
import type { ReleaseFinding } from './watch.ts'

/**
 * Sends only what the platform reads as it was meant: an update is made for one release, and another one may lack its
 * method or read its params otherwise. An answer that does not fit the release makes the next call ask again.
 *
 * @param release the one that updates are made for
 * @param isSet whether a person chose it. Then it counts where the platform cannot be told
 */
export function guardRelease(
  api: PlatformApi,
  { release, isSet }: { release: Release; isSet: boolean },
): PlatformApi {
  const send = async (update: PlatformUpdate): Promise<PlatformReply> => {
    const refusal = refusalOf(update.method, release, isSet, await api.findRelease())
    if (refusal !== null) return refusal
    const reply = await api.send(update)
    const doubt = doubtOf(reply, update.method, release)
    if (doubt !== null) api.doubtRelease(doubt)
    return reply
  }
  return { ...api, send }
}

type NotSent = Extract<PlatformReply, { kind: 'not_sent' }>

function refusalOf(
  method: string,
  release: Release,
  isSet: boolean,
  finding: ReleaseFinding,
): NotSent | null {
  switch (finding.kind) {
    case 'found': {
      const { release: found, alike } = finding
      if ([found, ...alike].some((one) => readAlike(method, release, one))) return null
      const reason = mismatch(release, found)
      return { kind: 'not_sent', code: 'release_mismatch', reason: `${reason}; ${method} differs` }
    }
    case 'unclear':
      return isSet
        ? null
        : { kind: 'not_sent', code: 'release_unknown', reason: unknownRelease(finding.reason) }
    case 'unreachable':
      // The send itself says what became of it.
      return null
  }
}

/** The sentence about a platform that is of another release than the one that updates are made for. */
export function mismatch(release: Release, found: Release): string {
  return `the platform is of release ${found}, and updates are made for ${release}`
}

/** The sentence about a platform whose release cannot be told. */
export function unknownRelease(reason: string): string {
  return `the release of the platform cannot be told: ${reason}; set ANCHOR_PLATFORM_VERSION`
}

/** Why an answer does not fit a release; null if it does. */
function doubtOf(reply: PlatformReply, method: string, release: Release): string | null {
  const hasMethod = rpcMethods(release).has(method)
  if (reply.kind === 'error' && reply.code === RPC_METHOD_NOT_FOUND && hasMethod) {
    return `it does not have ${method}`
  }
  const hasLock = FAMILIES.find(({ name }) => name === release)?.hasLock ?? false
  return reply.kind === 'conflict' && !hasLock ? 'it has a lock' : null
}
