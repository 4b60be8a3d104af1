import { isAccountId } from '../../stellar/account-id.ts'
import { NETWORK_PASSPHRASE, type Network } from '../../stellar/network.ts'
import type { Capability } from './capability.ts'
import type { FindingCode } from './finding.ts'
import { ENDPOINT_FIELD, SEP_NAMES, type Unusable } from './toml/fields.ts'

/** The fields that an anchor must declare to be operational. */
export interface TrustPolicy {
  requireSep10: boolean
  requireSigningKey: boolean
  requireSep24OrSep31: boolean
}

/** A field that is there and gives no value, by how it fails. A conflict and a sample have codes of their own. */
type UnusableCode = `${'network_passphrase' | 'sep10' | 'signing_key' | 'transfer'}_${Exclude<
  Unusable,
  'conflict' | 'sample'
>}`

type TrustReasonCode =
  | UnusableCode
  | 'toml_unreadable'
  | 'identity_conflict'
  | 'network_mismatch'
  | 'network_unproven'
  | 'sep10_missing'
  | 'signing_key_missing'
  | 'signing_key_malformed'
  | 'placeholder_key'
  | 'transfer_missing'
  | 'endpoint_not_https'

interface TrustReason {
  code: TrustReasonCode
  message: string
}

export interface TrustVerdict {
  trusted: boolean
  /** Nothing speaks against the anchor, and what could prove its network could not be asked. It is not trusted then. */
  unsure?: true
  /** Empty when trusted. */
  reasons: TrustReason[]
}

/** What other sources say of the network of an anchor whose stellar.toml does not name it. */
export interface NetworkProof {
  /** The SEP-10 challenge: signed for our network, for the other one, asked in vain, or not asked by now. */
  challenge: 'ours' | 'other' | 'none' | 'unasked'
  /** The accounts of the issuers: one names this home domain, none does, or none could be read by now. */
  issuers: 'two_way' | 'none' | 'unasked'
}

/** Judges the declarations of a stellar.toml. Every policy requires https endpoints, and fields that do not contradict. */
export function judgeTrust(
  capability: Capability,
  policy: TrustPolicy,
  network: Network,
  proof: NetworkProof,
): TrustVerdict {
  const reasons = [
    ...judgeConflicts(capability),
    ...judgeNetwork(capability, network, proof),
    ...judgeSigning(capability, policy),
    ...judgeTransfers(capability, policy),
    ...judgeEndpoints(capability),
  ]
  if (reasons.length > 0) return { trusted: false, reasons }
  const isOpen = proof.challenge === 'unasked' || proof.issuers === 'unasked'
  if (!isNetworkAbsent(capability) || isProven(proof)) return { trusted: true, reasons }
  const message = isOpen
    ? 'NETWORK_PASSPHRASE is missing, and what could prove the network could not be asked'
    : 'NETWORK_PASSPHRASE is missing, and neither a challenge nor an issuer proves the network'
  const unproven: TrustReason = { code: 'network_unproven', message }
  return { trusted: false, ...(isOpen ? { unsure: true } : {}), reasons: [unproven] }
}

/** The verdict on a home domain whose stellar.toml arrived and is not readable. */
export function distrustUnreadable(message: string): TrustVerdict {
  return { trusted: false, reasons: [{ code: 'toml_unreadable', message }] }
}

/**
 * What the SEP-10 challenge of a check says of the network.
 * @param answered undefined where the stellar.toml names no endpoint
 */
export function challengeProof(
  answered: { transient: boolean; refuted?: readonly FindingCode[] | undefined } | undefined,
  isSigned: boolean,
): NetworkProof['challenge'] {
  if (isSigned) return 'ours'
  if (answered?.refuted?.includes('challenge_other_network')) return 'other'
  return answered?.transient ? 'unasked' : 'none'
}

/** What the accounts of the issuers say of the network, which is the one they were read from. */
export function issuerProof(
  links: Iterable<{ link: string; seenAt: string | null }>,
): NetworkProof['issuers'] {
  const found = [...links]
  if (found.some(({ link }) => link === 'two_way')) return 'two_way'
  return found.some(({ seenAt }) => seenAt === null) ? 'unasked' : 'none'
}

function isNetworkAbsent({ networkPassphrase, unusable }: Capability): boolean {
  return networkPassphrase === undefined && unusable['NETWORK_PASSPHRASE'] === undefined
}

function isProven({ challenge, issuers }: NetworkProof): boolean {
  return challenge === 'ours' || issuers === 'two_way'
}

function judgeConflicts({ unusable }: Capability): TrustReason[] {
  return Object.entries(unusable).flatMap(([field, why]): TrustReason[] => {
    if (why === 'conflict') {
      const message = `${field} is given more than once with different values`
      return [{ code: 'identity_conflict', message }]
    }
    if (why !== 'sample') return []
    return [{ code: 'placeholder_key', message: `${field} is an example of a SEP` }]
  })
}

function judgeNetwork(
  capability: Capability,
  network: Network,
  { challenge }: NetworkProof,
): TrustReason[] {
  const { networkPassphrase, unusable } = capability
  const expected = NETWORK_PASSPHRASE[network]
  const reasons = judgeUnusable(unusable, 'NETWORK_PASSPHRASE', 'network_passphrase')
  if (networkPassphrase !== undefined && networkPassphrase !== expected) {
    const message = `NETWORK_PASSPHRASE is ${JSON.stringify(networkPassphrase)}, not ${JSON.stringify(expected)}`
    return [{ code: 'network_mismatch', message }]
  }
  // SEP-1 does not require the field. 63 of 191 known files lack it.
  if (isNetworkAbsent(capability) && challenge === 'other') {
    const message = 'NETWORK_PASSPHRASE is missing, and the challenge is signed for another network'
    return [{ code: 'network_mismatch', message }]
  }
  return reasons
}

function judgeSigning(
  { sep, signingKey, unusable }: Capability,
  policy: TrustPolicy,
): TrustReason[] {
  const reasons: TrustReason[] = []
  const field = ENDPOINT_FIELD.sep10
  if (policy.requireSep10 && sep.sep10.step === 'absent') {
    if (unusable[field] === undefined) {
      reasons.push({ code: 'sep10_missing', message: `${field} is missing` })
    } else reasons.push(...judgeUnusable(unusable, field, 'sep10'))
  }
  if (!policy.requireSigningKey) return reasons
  if (signingKey === undefined) {
    if (unusable['SIGNING_KEY'] === undefined) {
      reasons.push({ code: 'signing_key_missing', message: 'SIGNING_KEY is missing' })
    } else reasons.push(...judgeUnusable(unusable, 'SIGNING_KEY', 'signing_key'))
  } else if (!isAccountId(signingKey)) {
    reasons.push({ code: 'signing_key_malformed', message: 'SIGNING_KEY is not an account id' })
  }
  return reasons
}

function judgeTransfers({ sep, unusable }: Capability, policy: TrustPolicy): TrustReason[] {
  const accepted = policy.requireSep24OrSep31
    ? (['sep24', 'sep31'] as const)
    : (['sep24', 'sep31', 'sep6'] as const)
  if (accepted.some((name) => sep[name].step !== 'absent')) return []
  const fields = accepted.map((name) => ENDPOINT_FIELD[name])
  const there = fields.filter((field) => unusable[field] !== undefined)
  if (there.length > 0) return there.flatMap((field) => judgeUnusable(unusable, field, 'transfer'))
  return [{ code: 'transfer_missing', message: `none of ${fields.join(', ')} is declared` }]
}

const UNUSABLE_MESSAGE = {
  wrong_type: 'has the wrong type',
  empty: 'is empty',
  placeholder: 'holds the text of a template',
  unreadable: 'cannot be read',
  secret: 'is a secret seed',
} as const

/** The reason of a field that is there and gives no value. Conflicts and samples are told by `judgeConflicts`. */
function judgeUnusable(
  unusable: Capability['unusable'],
  field: string,
  about: 'network_passphrase' | 'sep10' | 'signing_key' | 'transfer',
): TrustReason[] {
  const why = unusable[field]
  if (why === undefined || why === 'conflict' || why === 'sample') return []
  return [{ code: `${about}_${why}`, message: `${field} ${UNUSABLE_MESSAGE[why]}` }]
}

function judgeEndpoints({ sep }: Capability): TrustReason[] {
  return SEP_NAMES.flatMap((name) => {
    const { endpoint } = sep[name]
    if (endpoint === undefined || /^https:\/\//i.test(endpoint)) return []
    return [
      { code: 'endpoint_not_https', message: `${ENDPOINT_FIELD[name]} is not https` },
    ] as const
  })
}
