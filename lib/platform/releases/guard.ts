import { within } from '../../within.ts'
import type { PlatformApi, PlatformUpdate } from '../client.ts'
import { RPC_INVALID_PARAMS, RPC_METHOD_NOT_FOUND } from '../envelope.ts'
import { rpcMethods } from '../methods.ts'
import type { PlatformReply } from '../reply.ts'
import { FAMILIES, type Release } from './families.ts'
import { readAlike, readAlikeByAll } from './signs.ts'
import type { ReleaseFinding } from './watch.ts'

/** An update must not wait longer for its release: meanwhile another process may count it as dead. */
const ASK_MS = 2_000
const SLOW: ReleaseFinding = { kind: 'unreachable', reason: 'it did not answer in 2 s' }

/** What is known of the release within 2 s. */
export const inTime = (finding: Promise<ReleaseFinding>): Promise<ReleaseFinding> =>
  within(ASK_MS, finding, SLOW)

/**
 * Sends only what the platform reads as it was meant: an update is made for one release, and another one may lack its
 * method or read its params otherwise. An answer that does not fit the release makes this service ask again, and an update that
 * another release has refused counts as not sent.
 *
 * @param release the one that updates are made for
 * @param isSet whether a person chose it. Then it counts where the platform cannot be told
 */
export function guardRelease(
  api: PlatformApi,
  { release, isSet }: { release: Release; isSet: boolean },
): PlatformApi {
  const send = async (update: PlatformUpdate): Promise<PlatformReply> => {
    const refusal = refusalOf(update, release, isSet, await inTime(api.findRelease()))
    if (refusal !== null) return refusal
    const reply = await api.send(update)
    const doubt = doubtOf(reply, update, release)
    if (doubt === null) return reply
    api.doubtRelease(doubt)
    // Nothing of a refused update is saved. If another release refused it, it is sent in the form of that release later.
    if (reply.kind !== 'error') return reply
    return refusalOf(update, release, isSet, await api.findRelease()) ?? reply
  }
  return { ...api, send }
}

type NotSent = Extract<PlatformReply, { kind: 'not_sent' }>

function refusalOf(
  update: PlatformUpdate,
  release: Release,
  isSet: boolean,
  finding: ReleaseFinding,
): NotSent | null {
  const unknown = (reason: string): NotSent | null =>
    isSet ? null : { kind: 'not_sent', code: 'release_unknown', reason: unknownRelease(reason) }
  switch (finding.kind) {
    case 'found': {
      const { release: found, alike } = finding
      if ([found, ...alike].some((one) => readAlike(update, release, one))) return null
      const reason = `${mismatch(release, found)}; ${update.method} differs`
      return { kind: 'not_sent', code: 'release_mismatch', reason }
    }
    case 'unclear':
      return unknown(finding.reason)
    case 'unreachable':
      // It may come back as another release. What all releases read alike says by itself what became of it.
      return readAlikeByAll(update, release) ? null : unknown(finding.reason)
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
function doubtOf(reply: PlatformReply, update: PlatformUpdate, release: Release): string | null {
  const { method } = update
  if (reply.kind === 'error') {
    const { code } = reply
    if (code === RPC_METHOD_NOT_FOUND && rpcMethods(release).has(method)) {
      return `it does not have ${method}`
    }
    // The params were checked by the rules of the release before they were sent.
    const isSurprise = code === RPC_INVALID_PARAMS && !readAlikeByAll(update, release)
    return isSurprise ? `it refused the params of ${method}` : null
  }
  const hasLock = FAMILIES.find(({ name }) => name === release)?.hasLock ?? false
  return reply.kind === 'conflict' && !hasLock ? 'it has a lock' : null
}
