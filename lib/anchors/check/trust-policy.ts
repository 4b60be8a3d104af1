import { isAccountId } from '../../stellar/account-id.ts'
import { NETWORK_PASSPHRASE, type Network } from '../../stellar/network.ts'
import type { Capability } from './capability.ts'
import { ENDPOINT_FIELD, SEP_NAMES } from './toml/fields.ts'

/** The fields that an anchor must declare to be operational. */
export interface TrustPolicy {
  requireSep10: boolean
  requireSigningKey: boolean
  requireSep24OrSep31: boolean
}

type TrustReasonCode =
  | 'toml_unreadable'
  | 'network_mismatch'
  | 'sep10_missing'
  | 'signing_key_missing'
  | 'signing_key_malformed'
  | 'transfer_missing'
  | 'endpoint_not_https'

interface TrustReason {
  code: TrustReasonCode
  message: string
}

export interface TrustVerdict {
  trusted: boolean
  /** Empty when trusted. */
  reasons: TrustReason[]
}

/** Judges the declarations of a stellar.toml. Every policy requires https endpoints. */
export function judgeTrust(
  capability: Capability,
  policy: TrustPolicy,
  network: Network,
): TrustVerdict {
  const reasons = [
    ...judgeNetwork(capability, network),
    ...judgeSigning(capability, policy),
    ...judgeTransfers(capability, policy),
    ...judgeEndpoints(capability),
  ]
  return { trusted: reasons.length === 0, reasons }
}

/** The verdict on a home domain whose stellar.toml arrived and is not readable. */
export function distrustUnreadable(message: string): TrustVerdict {
  return { trusted: false, reasons: [{ code: 'toml_unreadable', message }] }
}

function judgeNetwork({ networkPassphrase }: Capability, network: Network): TrustReason[] {
  const expected = NETWORK_PASSPHRASE[network]
  // SEP-1 does not require the field. 63 of 191 known files lack it.
  if (networkPassphrase === undefined || networkPassphrase === expected) return []
  return [
    {
      code: 'network_mismatch',
      message: `NETWORK_PASSPHRASE is ${JSON.stringify(networkPassphrase)}, not ${JSON.stringify(expected)}`,
    },
  ]
}

function judgeSigning({ sep, signingKey }: Capability, policy: TrustPolicy): TrustReason[] {
  const reasons: TrustReason[] = []
  if (policy.requireSep10 && sep.sep10.step === 'absent') {
    reasons.push({ code: 'sep10_missing', message: 'WEB_AUTH_ENDPOINT is missing' })
  }
  if (policy.requireSigningKey && signingKey === undefined) {
    reasons.push({ code: 'signing_key_missing', message: 'SIGNING_KEY is missing' })
  } else if (policy.requireSigningKey && !isAccountId(signingKey)) {
    reasons.push({ code: 'signing_key_malformed', message: 'SIGNING_KEY is not an account id' })
  }
  return reasons
}

function judgeTransfers({ sep }: Capability, policy: TrustPolicy): TrustReason[] {
  const accepted = policy.requireSep24OrSep31
    ? (['sep24', 'sep31'] as const)
    : (['sep24', 'sep31', 'sep6'] as const)
  if (accepted.some((name) => sep[name].step !== 'absent')) return []
  const fields = accepted.map((name) => ENDPOINT_FIELD[name])
  return [{ code: 'transfer_missing', message: `none of ${fields.join(', ')} is declared` }]
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
