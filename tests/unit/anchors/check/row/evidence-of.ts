import type { SepCapability } from '../../../../../lib/anchors/check/capability.ts'
import type { AssetSupport } from '../../../../../lib/anchors/check/offers.ts'
import type { ListedRow, RowEvidence } from '../../../../../lib/anchors/check/row/row-evidence.ts'
import type { Currency } from '../../../../../lib/anchors/check/toml/fields.ts'
import type { AssetLink, Link } from '../../../../../lib/anchors/issuers/link.ts'

export const NOW = new Date('2026-11-28T12:00:00.000Z')
export const CLOCK = { now: NOW, maxAgeHours: 72 }
export const CIRCLE = 'GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
export const ISSUER = 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR'
export const OTHER = 'GDVKY2GU2DRXWTBEYJJWSFXIGBZV6AZNBVVSUHEPZI54LIS6BA7DVVSP'

/** A time before the verdict, such as `hoursAgo(71)`. */
export const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000).toISOString()
export const seenAt = (at: string) => ({ status: 200, durationMs: 1, at })

type Seps = NonNullable<RowEvidence['capability']>['sep']

/** What is known of a trusted home domain whose challenge verified an hour ago. */
export function evidenceOf(
  sep: Seps,
  more: { currencies?: Currency[]; links?: Record<string, Link> } & Partial<
    Omit<RowEvidence, 'capability' | 'links'>
  > = {},
): RowEvidence {
  const { currencies = [], links = {}, ...rest } = more
  return {
    capability: {
      currencies,
      toml: { ...seenAt(hoursAgo(1)), url: 'https://anchor.co/.well-known/stellar.toml' },
      sep: { sep10: { step: 'verified', seen: seenAt(hoursAgo(1)) }, ...sep },
    },
    trusted: true,
    outcome: 'ok',
    links: new Map(
      Object.entries(links).map(([asset, link]): [string, AssetLink] => [
        asset,
        { link, notes: [], seenAt: hoursAgo(2) },
      ]),
    ),
    ...rest,
  }
}

const on = { enabled: true }
const off = { enabled: false }

/** An `/info` of an hour ago: `ARS` is open both ways, `ARS+` to pay in and `ARS-` to pay out only, `ARS.` closed. */
export function info(keys: string[], more: Partial<SepCapability> = {}): SepCapability {
  const assets = keys.map((written): [string, AssetSupport] => {
    const [, key = '', mark = ''] = /^(.*?)([+.-]?)$/.exec(written) ?? []
    const deposit = mark === '-' || mark === '.' ? off : on
    const withdraw = mark === '+' || mark === '.' ? off : on
    return [key, { deposit, withdraw }]
  })
  return {
    step: 'conformant',
    seen: seenAt(hoursAgo(1)),
    assets: Object.fromEntries(assets),
    ...more,
  }
}

/** A SEP-31 `/info` of an hour ago. */
export function receives(keys: string[], more: Partial<SepCapability> = {}): SepCapability {
  const assets = Object.fromEntries(keys.map((key) => [key, { receive: on }]))
  return { step: 'conformant', seen: seenAt(hoursAgo(1)), assets, ...more }
}

/** A listing such as `AR ARS on-ramp`. */
export function rowOf(text: string, source = 'https://directory.co/anchors.json'): ListedRow {
  const [country = '', currency = '', type] = text.split(' ')
  return { country, currency, type: type === 'on-ramp' ? 'on-ramp' : 'off-ramp', source }
}
