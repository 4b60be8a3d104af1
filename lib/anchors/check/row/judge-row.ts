import { assetIndexOf } from './asset-index.ts'
import { isFromHorizon, judgeRail } from './judge-rail.ts'
import { RAILS, type Rail, type ReasonCode } from './reasons.ts'
import type { ListedRow, RowEvidence, RowVerdict } from './row-evidence.ts'
import { webAuthReasons } from './web-auth-reasons.ts'

/** The time of the verdict, and how old the evidence may be that it rests on. */
export interface RowClock {
  now: Date
  maxAgeHours: number
}

/** The rails of each direction: SEP-31 receives payments to pay out, SEP-59 takes payments in. */
const RAILS_OF: Record<ListedRow['type'], readonly Rail[]> = {
  'on-ramp': RAILS.filter((rail) => rail !== 'sep31'),
  'off-ramp': RAILS.filter((rail) => rail !== 'sep59'),
}

/**
 * Judges by the evidence whether an anchor serves a listing: its country, currency and direction. The view `judged_listing`
 * adds the decisions of people and the switch of the home domain, which count at once.
 */
export function judgeRow(row: ListedRow, evidence: RowEvidence, clock: RowClock): RowVerdict {
  const { capability: seen, links } = evidence
  const barred = domainReasons(row, evidence)
  if (barred.length > 0) return refuse(...barred)
  if (seen === null) return refuse('unchecked')
  const now = clock.now.getTime()
  const maxAgeMs = clock.maxAgeHours * 3_600_000
  const isFresh = (at: string | undefined) =>
    at !== undefined && now - Date.parse(at) <= maxAgeMs && isFreshToml
  const isFreshToml = now - Date.parse(seen.toml.at) <= maxAgeMs

  const declared = RAILS_OF[row.type].filter(
    (rail) => (seen.sep[rail]?.step ?? 'absent') !== 'absent',
  )
  if (declared.length === 0) return refuse('rail_missing')
  const why = new Set<ReasonCode>()
  for (const rail of declared) {
    const verdict = judgeRail(rail, { row, seen, links, isFresh })
    if (verdict.serves) {
      const { asset, basis } = verdict
      const seenAt = Math.min(now, ...[seen.toml.at, ...verdict.seenAt].map((at) => Date.parse(at)))
      const silentAt = Date.parse(verdict.silentSince ?? '')
      const isSilenceFirst = silentAt < seenAt
      return {
        operational: true,
        why: [
          ...webAuthReasons(seen.sep.sep10),
          ...(verdict.countryConfirmed || row.country === 'ZZ'
            ? []
            : (['country_unconfirmed'] as const)),
        ],
        rail,
        asset,
        basis,
        until: new Date((isSilenceFirst ? silentAt : seenAt) + maxAgeMs).toISOString(),
        ...(isSilenceFirst ? { stale: 'web_auth_stale' } : {}),
      }
    }
    for (const code of verdict.why) why.add(code)
  }
  return refuse(...why)
}

/** The reasons that hold for every listing of the home domain, and the one for those that only Horizon names. */
function domainReasons(row: ListedRow, evidence: RowEvidence): ReasonCode[] {
  const { capability, trusted, outcome } = evidence
  const reasons: ReasonCode[] = []
  if (outcome === 'definite') reasons.push('toml_gone')
  if (trusted === false) reasons.push('untrusted')
  if (trusted === null || capability === null) {
    return reasons.length > 0 ? reasons : ['unchecked']
  }
  const { sep10, sep45 } = capability.sep
  if (sep10?.refuted?.length || sep45?.refuted?.length) reasons.push('web_auth_refuted')
  if (isFromHorizon(row) && !isConfirmed(row, evidence)) reasons.push('horizon_unconfirmed')
  return reasons
}

/** Whether an issuer of the listed asset names the home domain, and is named by its stellar.toml. */
function isConfirmed({ currency }: ListedRow, { capability, links }: RowEvidence): boolean {
  const issuers = capability === null ? [] : assetIndexOf(capability).currenciesOf(currency)
  return issuers.some(({ issuer }) => links.get(`${currency}:${issuer}`)?.link === 'two_way')
}

function refuse(...why: ReasonCode[]): RowVerdict {
  return { operational: false, why, rail: null, asset: null, basis: null, until: null }
}
