import type { Network } from '../../stellar/network.ts'
import type { Answered } from './answers.ts'
import { type AskedEndpoints, DAY_MS, HOUR_MS, isSigned } from './ask-endpoints.ts'
import type { Capability } from './capability.ts'
import type { CheckIo } from './request-evidence.ts'
import { isFromHorizon } from './row/judge-rail.ts'
import type { ListedRow } from './row/row-evidence.ts'
import type { StellarToml } from './toml/fields.ts'
import { SIGN_IN_BUDGET_MS, type SignIn, signIn } from './web-auth/sign-in.ts'
import type { SignInKey } from './web-auth/sign-in-key.ts'

/** What decides whether a check signs in. */
interface SignInBasis {
  network: Network
  listings: readonly (ListedRow & { active: boolean })[]
  /** Null never signs in. */
  signIn: { key: SignInKey; isTimeLeft: () => boolean } | null
  /** What the last checks read; null before the first. */
  previous: Capability | null
}

/**
 * Signs in once a day to an anchor with an active listing that is not of Horizon alone, and again after an hour where a service erred, as soon as the
 * challenge is verified. It has a budget of its own: a platform without its database takes 10 s to say so.
 */
export async function signInIfDue(
  domain: string,
  { endpoints, signingKey, isKycAtTransferServer }: StellarToml,
  { sep10, sep12, sep24, sep6, sep38 }: AskedEndpoints,
  { network, previous, listings, signIn: by }: SignInBasis,
  io: CheckIo,
): Promise<SignIn | null> {
  if (by === null || signingKey === undefined || !isSigned(await sep10)) return null
  if (!listings.some((row) => row.active && !isFromHorizon(row))) return null
  const isFailing = Object.values(previous?.sep ?? {}).some(
    ({ signedIn, pricesAsked, ...sep }) =>
      signedIn?.failures || (sep.protected && pricesAsked?.failures),
  )
  const last = previous?.signedInAt
  const waitedMs = last === undefined ? DAY_MS : io.now().getTime() - Date.parse(last)
  if (waitedMs < (isFailing ? HOUR_MS : DAY_MS) || !by.isTimeLeft()) return null
  const assets = { sep24: later(sep24, assetsOf), sep6: later(sep6, assetsOf) }
  const readsQuotes = later(sep38, (answered) => answered?.protected === true)
  // A server that serves no customers says so in words that are a failure of one that does.
  const wasThere = (previous?.sep.sep12.step ?? 'absent') !== 'absent'
  const readsCustomer = isKycAtTransferServer
    ? later(sep12, (gate) => (gate && !gate.transient ? gate.step !== 'absent' : wasThere))
    : true
  const reads = { assets, readsQuotes, readsCustomer }
  const order = { network, homeDomain: domain, signingKey, endpoints, ...reads }
  const budget = AbortSignal.timeout(SIGN_IN_BUDGET_MS)
  const signal = io.signal ? AbortSignal.any([io.signal, budget]) : budget
  return signIn(order, by.key, { ...io, signal })
}

/** A part of an answer that is on its way. A fault of our own is thrown to who waits for all answers. */
async function later<T>(
  asked: Promise<Answered> | undefined,
  part: (answered: Answered | undefined) => T,
): Promise<T> {
  return part(await asked?.catch(() => undefined))
}

function assetsOf(answered: Answered | undefined): Answered['assets'] {
  return answered?.assets
}
