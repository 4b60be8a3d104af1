import { createPublicKey, verify } from 'node:crypto'
import { NETWORK_PASSPHRASE, NETWORKS, type Network } from '../../../stellar/network.ts'
import { textOf } from '../../../text-of.ts'
import { type Finding, type FindingCode, finding } from '../finding.ts'
import { typeName } from '../info/read-json.ts'

/**
 * How grave a finding about a challenge is. `unsafe`: a wallet that signs it may lose money. `wrong`: it is not what was
 * asked for, or SIGNING_KEY did not sign it. `unreadable`: nothing is known of it. `fault`: it is against the SEP, and the
 * key is proven all the same. A `note` changes no step.
 */
export type Level = 'unsafe' | 'wrong' | 'unreadable' | 'fault' | 'note'

/** What one challenge shows of an anchor. */
export interface Judgement {
  step: 'declared' | 'reachable' | 'conformant' | 'verified'
  /** What is unsafe or wrong. A wallet that looks refuses such a challenge. */
  refuted: FindingCode[]
  /** SIGNING_KEY signed it for this network, for the account that was made for this check, and nothing is refuted. */
  isSigned: boolean
  findings: Finding[]
}

/** Collects what is wrong with one challenge, each code once. A hostile one may repeat a fault 100 times. */
export interface FaultList<Code extends FindingCode> {
  note(code: Code, actual?: unknown): void
  /** @param key whether SIGNING_KEY is known and its signature was looked at */
  judge(key: 'known' | 'unknown'): Judgement
}

/**
 * @param levels every code that may be noted, with its level
 * @param about SEP and field of each finding
 * @param account the account that was made for this check. Findings never show it.
 */
export function createFaultList<Code extends FindingCode>(
  levels: Record<Code, Level>,
  about: { sep: number; field: string },
  account: string,
): FaultList<Code> {
  const noted = new Map<Code, Finding>()
  const at = (...wanted: Level[]) =>
    [...noted.keys()].filter((code) => wanted.includes(levels[code]))
  return {
    note: (code, actual) => {
      if (noted.has(code)) return
      const shown = actual === undefined ? {} : { actual: textOf(actual).replaceAll(account, '…') }
      noted.set(code, finding(code, { ...about, ...shown }))
    },
    judge: (key) => {
      const refuted = at('unsafe', 'wrong')
      const isReadable = at('unreadable').length === 0
      const isRight = isReadable && refuted.length === 0 && at('fault').length === 0
      const rightStep = key === 'known' ? 'verified' : 'conformant'
      return {
        step: isRight ? rightStep : 'reachable',
        refuted,
        isSigned: key === 'known' && isReadable && refuted.length === 0,
        findings: [...noted.values()],
      }
    },
  }
}

/** Finds the network on which a key signed. The wanted network is tried first. */
export function signedNetwork(
  wanted: Network,
  signatures: readonly Buffer[],
  key: Uint8Array,
  hashFor: (passphrase: string) => Buffer,
): Network | null {
  const x = Buffer.from(key).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const holds = (network: Network) => {
    const hash = hashFor(NETWORK_PASSPHRASE[network])
    return signatures.some((signature) => verify(null, hash, publicKey, signature))
  }
  const others = NETWORKS.filter((network) => network !== wanted)
  return [wanted, ...others].find(holds) ?? null
}

const DOMAIN = /^[a-z0-9.:-]{1,70}$/i

/** What a challenge names as a domain, for a finding. Other texts may hold parts that no row may show. */
export function shownDomain(text: string | undefined): string {
  if (text === undefined) return 'none'
  return DOMAIN.test(text) ? text : 'no domain'
}

/** A passphrase of a challenge, for a finding. In its place a server may write the challenge itself. */
export function shownPassphrase(value: unknown): string {
  if (typeof value !== 'string') return typeName(value)
  const isKnown = Object.values(NETWORK_PASSPHRASE).includes(value)
  return isKnown ? value : `${value.length} characters`
}

/**
 * Compares a web_auth_domain with the host of the endpoint, with or without port 443: SDKs and servers differ. `differs`: it
 * is the home domain instead, as the Anchor Platform writes it by default, or it differs in case only.
 */
export function compareWebAuthDomain(
  text: string,
  { endpoint, homeDomain }: { endpoint: string; homeDomain: string },
): 'same' | 'differs' | 'wrong' {
  const { host = '', hostname = '' } = URL.parse(endpoint) ?? {}
  const right = [host, hostname, `${hostname}:443`]
  if (right.includes(text)) return 'same'
  return [...right, homeDomain].includes(text.toLowerCase()) ? 'differs' : 'wrong'
}
