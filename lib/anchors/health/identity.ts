import type { Capability, Step } from '../check/capability.ts'
import type { TransferSupport } from '../check/offers.ts'
import { SEP_NAMES, type SepName } from '../check/toml/fields.ts'

/** Who an anchor is: what a thief of its web site would change. */
export interface Identity {
  signingKey?: string
  passphrase?: string
  /** The host of each endpoint. */
  endpoints: Partial<Record<SepName, string>>
  /** The issuers of each code, sorted. A contract counts as one. */
  issuers: Record<string, string[]>
}

/** An anchor as far as changes of it are told. */
export interface AnchorTraits extends Identity {
  organisation?: string
  /** The fees of each asset and direction, such as `sep24 USDC deposit feePercent`, as decimal texts. */
  fees: Record<string, string>
  /** The steps that rest on answers of the last check, not on earlier ones, and that last longer than it. */
  steps: Partial<Record<SepName, Step>>
}

/** Reads the traits of an anchor from a capability that a check has just seen. */
export function traitsOf(capability: Capability): AnchorTraits {
  const { signingKey, networkPassphrase, organisation, sep } = capability
  const endpoints: AnchorTraits['endpoints'] = {}
  const steps: AnchorTraits['steps'] = {}
  for (const name of SEP_NAMES) {
    const { endpoint, step, kept } = sep[name]
    const host = endpoint === undefined ? undefined : URL.parse(endpoint)?.host
    if (host !== undefined) endpoints[name] = host
    if (!kept && isLasting(name, sep)) steps[name] = step
  }
  return {
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(networkPassphrase === undefined ? {} : { passphrase: networkPassphrase }),
    ...(organisation === undefined ? {} : { organisation }),
    ...{ endpoints, issuers: issuersOf(capability), fees: feesOf(capability), steps },
  }
}

/**
 * Whether a step says something that the next check will say too. SEP-12 is verified by the sign-in of a day alone, and what
 * a challenge verified is conformant while the challenge does not answer.
 */
function isLasting(name: SepName, sep: Capability['sep']): boolean {
  const { step } = sep[name]
  if (name === 'sep12') return step !== 'verified'
  return step !== 'conformant' || sep.sep10.kept !== true
}

function issuersOf({ currencies }: Capability): Record<string, string[]> {
  const named = new Map<string, Set<string>>()
  for (const { code, issuer, contract } of currencies) {
    const account = issuer ?? contract
    if (account === undefined) continue
    named.set(code, (named.get(code) ?? new Set()).add(account))
  }
  return Object.fromEntries([...named].map(([code, accounts]) => [code, [...accounts].sort()]))
}

const FEES = ['feeFixed', 'feePercent', 'feeMinimum'] as const satisfies (keyof TransferSupport)[]

function feesOf({ sep }: Capability): Record<string, string> {
  const fees: Record<string, string> = {}
  for (const name of SEP_NAMES) {
    for (const [asset, support] of Object.entries(sep[name].assets ?? {})) {
      for (const [direction, terms] of Object.entries<TransferSupport>({ ...support })) {
        for (const fee of FEES) {
          const amount = terms[fee]
          if (amount !== undefined) fees[`${name} ${asset} ${direction} ${fee}`] = amount
        }
      }
    }
  }
  return fees
}
