import { describe, expect, test } from 'vitest'
import type { Capability } from '../../../../lib/anchors/check/capability.ts'
import { type Check, checkHomeDomain } from '../../../../lib/anchors/check/check.ts'
import { createSignInKey } from '../../../../lib/anchors/check/web-auth/sign-in-key.ts'
import type { KnownIssuer } from '../../../../lib/anchors/issuers/link.ts'
import {
  REPLAYED_HOST,
  replaySetting,
  SETTINGS,
} from '../../../helpers/anchor-platform/replayed-setting.ts'

const ISSUER = 'GD6MPAOCAGUDV7VBH54SI22A5MHOBJYSOA6IXUIWDLYRQW2XHAK6JNS6'
const NOON = Date.parse('2026-11-28T12:00:00Z')
const LISTINGS = [
  ...['US USD on-ramp', 'US USD off-ramp', 'BR BRL on-ramp', 'BR BRL off-ramp'],
  ...['NG BRL off-ramp', 'ZZ XLM on-ramp', 'ZZ XLM off-ramp', 'ZZ EUR on-ramp'],
] as const

interface Circumstances {
  homeDomain?: string
  network?: 'mainnet' | 'testnet'
}

/** Checks a home domain once an hour, each time with the server in the next of these settings. */
async function play(settings: readonly string[], circumstances: Circumstances = {}) {
  const { homeDomain = REPLAYED_HOST, network = 'testnet' } = circumstances
  const issuer: KnownIssuer = {
    ...{ account: ISSUER, homeDomain, flags: [], locked: false, missing: false },
    ...{ seenAt: new Date(NOON).toISOString(), confirmedCodes: [], tomlSha256: null },
  }
  const options = {
    ...{ network, maxAgeHours: 72 },
    trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
    listings: LISTINGS.map((id) => {
      const [country = '', currency = '', type] = id.split(' ')
      const direction = type === 'on-ramp' ? ('on-ramp' as const) : ('off-ramp' as const)
      return { id, country, currency, type: direction, source: 'directory', active: true }
    }),
    issuers: { find: async () => new Map([[ISSUER, issuer]]) },
    signIn: { key: createSignInKey(null), isTimeLeft: () => true },
  }
  let previous: Capability | null = null
  const checks: Check[] = []
  for (const [hour, setting] of settings.entries()) {
    const now = new Date(NOON + hour * 3_600_000)
    const io = { fetch: replaySetting({ setting, homeDomain, now }), now: () => now }
    const check: Check = await checkHomeDomain(homeDomain, { ...options, previous }, io)
    if (check.cause !== undefined) throw check.cause
    previous = check.capability
    checks.push(check)
  }
  return checks.map(({ listings }) => told(listings))
}

/** Each listing in one line: `sep24 USDC anchor_asset`, or `no: currency_unlinked`. */
function told(listings: Check['listings']): Record<string, string> {
  const lines = listings?.map(({ id, operational, rail, asset, basis, why }) => {
    const carried = operational ? [rail, asset, basis].join(' ') : 'no'
    return [id, why.length === 0 ? carried : `${carried}: ${why.join(', ')}`] as const
  })
  return Object.fromEntries(lines ?? [])
}

const every = (line: string) => Object.fromEntries(LISTINGS.map((listing) => [listing, line]))
/** The reasons of the rails that pay in, and of those that pay out. */
const closed = (reason: string) =>
  Object.fromEntries(
    LISTINGS.map((listing) => {
      const rails = listing.endsWith('on-ramp') ? ['sep24', 'sep6'] : ['sep24', 'sep6', 'sep31']
      return [listing, `no: ${rails.map((rail) => `${rail}_${reason}`).join(', ')}`]
    }),
  )
/** An operational listing, with what else is to be said of it. */
const withReason = (table: Record<string, string>, reason: string) =>
  Object.fromEntries(
    Object.entries(table).map(([listing, line]) => [
      listing,
      line.startsWith('no') ? line : `${line}: ${reason}`,
    ]),
  )

/** What a person reads from the healthy server: euros are nowhere, and reals for Brazil only. */
const HEALTHY: Record<string, string> = {
  'US USD on-ramp': 'sep24 USDC anchor_asset',
  'US USD off-ramp': 'sep24 USDC anchor_asset',
  'BR BRL on-ramp': 'sep24 USDC quote',
  'BR BRL off-ramp': 'sep24 USDC quote',
  'NG BRL off-ramp': 'no: country_not_served',
  'ZZ XLM on-ramp': 'sep24 native code',
  // SEP-24 pays native lumens in only.
  'ZZ XLM off-ramp': 'sep6 native code',
  'ZZ EUR on-ramp': 'no: currency_unlinked',
}
const UNQUOTED = {
  'BR BRL on-ramp': 'no: currency_unlinked',
  'BR BRL off-ramp': 'no: currency_unlinked',
  'NG BRL off-ramp': 'no: currency_unlinked',
}
const NOBODY_SIGNS_IN = (reason: string) => ({
  ...every(`no: ${reason}`),
  'NG BRL off-ramp': 'no: country_not_served',
  'ZZ XLM off-ramp': `no: sep24_asset_closed, ${reason}, currency_unlinked`,
  'ZZ EUR on-ramp': 'no: currency_unlinked',
})
const FAILING = closed('failing')

/** Each recorded setting, as a person would judge it after two checks an hour apart. */
const JUDGED: Record<string, Record<string, string>> = {
  default: HEALTHY,
  'decimals-2': HEALTHY,
  sep45: HEALTHY,
  'sep38-protected': HEALTHY,
  attribution: withReason(HEALTHY, 'web_auth_protected'),
  'attribution-origin': withReason(HEALTHY, 'web_auth_protected'),
  header: withReason(HEALTHY, 'web_auth_protected'),
  // The business speaks by its own rules: a type is missing, an amount is too small.
  'business-customer-400': HEALTHY,
  'business-rate-400': { ...HEALTHY, ...UNQUOTED },
  // It shows in `/price` and in quotes alone, which cost the business an effort.
  'business-rate-badprice': HEALTHY,
  'business-rate-500': FAILING,
  'business-rate-cut': FAILING,
  'business-rate-html': FAILING,
  'business-rate-hang': FAILING,
  'business-rate-zero': FAILING,
  'business-rate-baddec': FAILING,
  'business-customer-500': FAILING,
  'business-customer-cut': FAILING,
  'business-customer-html': FAILING,
  'business-customer-hang': FAILING,
  'database-refuse': FAILING,
  'database-hang': FAILING,
  'ledger-hang': FAILING,
  off: closed('unseen'),
  closed: closed('no_assets'),
  'sep1-off': every('no: toml_gone'),
  'sep10-off': NOBODY_SIGNS_IN('web_auth_missing'),
  // The server knows other home domains than the one that names it.
  'home-unset': NOBODY_SIGNS_IN('web_auth_home_domain'),
  wildcard: NOBODY_SIGNS_IN('web_auth_home_domain'),
  public: every('no: untrusted, web_auth_refuted'),
}

describe('the SEP server of the Anchor Platform 4.3.0', () => {
  test.each(SETTINGS)(
    'in the setting %s has its listings judged as a person would',
    async (one) => {
      const [, second] = await play([one, one])
      expect(second).toEqual(JUDGED[one])
    },
  )

  test.each(SETTINGS.filter((setting) => JUDGED[setting] === FAILING))(
    'in the setting %s serves until the second failure, and again after the next success',
    async (setting) => {
      const [first, second, third] = await play([setting, setting, 'default'])
      expect(first).toMatchObject({ 'US USD on-ramp': 'sep24 USDC anchor_asset' })
      expect(second).toEqual(FAILING)
      expect(third).toEqual(HEALTHY)
    },
  )

  test('with wildcards serves a home domain below its own', async () => {
    const [only] = await play(['wildcard'], { homeDomain: 'a.example.org' })
    expect(only).toEqual(HEALTHY)
  })

  test('of the public network serves on the public network', async () => {
    const [only] = await play(['public'], { network: 'mainnet' })
    expect(only).toEqual(HEALTHY)
  })
})
