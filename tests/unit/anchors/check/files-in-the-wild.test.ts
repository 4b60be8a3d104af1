import { expect, test } from 'vitest'
import { checkHomeDomain } from '../../../../lib/anchors/check/check.ts'
import type { KnownIssuer } from '../../../../lib/anchors/issuers/link.ts'
import { NETWORK_PASSPHRASE } from '../../../../lib/stellar/network.ts'
import { simulatedSigner } from '../../../../local/world/simulated-keys.ts'
import { scriptedFetch } from '../../../helpers/fetch-answer.ts'

const OWN = simulatedSigner('the wild').accountId
const CIRCLE = 'GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
/** SIGNING_KEY of the example of SEP-1. */
const SAMPLE = 'GBBHQ7H4V6RRORKYLHTCAWP6MOHNORRFJSDPXDFYDGJB2LPZUFPXUEW3'
const NOW = new Date('2026-11-28T12:00:00Z')

const NETWORK = `NETWORK_PASSPHRASE = "${NETWORK_PASSPHRASE.mainnet}"`
const KEY = `SIGNING_KEY = "${OWN}"`
const AUTH = 'WEB_AUTH_ENDPOINT = "https://pay.kantoor.money/auth"'
const SEP24 = 'TRANSFER_SERVER_SEP0024 = "https://pay.kantoor.money/sep24"'
const SEP6 = 'TRANSFER_SERVER = "https://pay.kantoor.money/sep6"'
const SEP31 = 'DIRECT_PAYMENT_SERVER = "https://pay.kantoor.money/sep31"'
const dollars = (anchorAsset: string) =>
  `[[CURRENCIES]]\ncode = "USDC"\nissuer = "${CIRCLE}"\nis_asset_anchored = true\nanchor_asset_type = "fiat"\nanchor_asset = "${anchorAsset}"`
const NAIRA = `[[CURRENCIES]]\ncode = 'NGNK'\nissuer = '${OWN}'\nanchor_asset_type = 'fiat'\nanchor_asset = 'NGN'`
const lines = (...all: string[]) => all.join('\n')

const BOTH_WAYS =
  '{"deposit":{"USDC":{"enabled":true,"fee_percent":3.5}},"withdraw":{"USDC":{"enabled":true,"min_amount":30.5}}}'
const IN_ONLY = '{"deposit":{"USDC":{"enabled":true}}}'
const NAIRA_IN = '{"deposit":{"NGNK":{"enabled":true,"min_amount":20000.0}}}'

interface Case {
  toml: string
  info?: string
  /** The home domain that the account of the issuer names. Without it no account could be read. */
  issuerNames?: string
}

/** Judges listings where the challenge and SEP-31 refuse strangers, as most known anchors do. */
async function judge({ toml, info = BOTH_WAYS, issuerNames }: Case, rows: readonly string[]) {
  const pay = 'https://pay.kantoor.money'
  const { fetch } = scriptedFetch(
    {
      'https://kantoor.money/.well-known/stellar.toml': toml,
      [`${pay}/sep24/info`]: info,
      [`${pay}/sep6/info`]: info,
    },
    { status: 403, text: '{"error":"forbidden"}' },
  )
  const issuer = (account: string): [string, KnownIssuer] => [
    account,
    {
      ...{ account, homeDomain: issuerNames ?? null, flags: [], locked: false, missing: false },
      ...{ seenAt: NOW.toISOString(), confirmedCodes: [], tomlSha256: null },
    },
  ]
  const check = await checkHomeDomain(
    'kantoor.money',
    {
      ...{ network: 'mainnet', maxAgeHours: 72, previous: null, signIn: null },
      trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
      issuers: { find: async (all) => new Map(issuerNames === undefined ? [] : all.map(issuer)) },
      listings: rows.map((id) => {
        const [country = '', currency = '', type] = id.split(' ')
        const direction = type === 'on-ramp' ? ('on-ramp' as const) : ('off-ramp' as const)
        return { id, country, currency, type: direction, source: 'directory', active: true }
      }),
    },
    { fetch, now: () => NOW },
  )
  const told = check.listings?.map(({ id, operational, rail, asset, basis, why }) => {
    return [id, `${operational ? `${rail} ${asset} ${basis}` : 'no'}: ${why.join(', ')}`]
  })
  return told === undefined ? 'unsure' : Object.fromEntries(told)
}

const WHOLE = lines('ACCOUNTS = []', NETWORK, KEY, AUTH, SEP24)
const SAID = 'web_auth_protected, country_unconfirmed'
const UNTRUSTED = 'no: untrusted'

/** Files with the features of ten that real anchors served, and what a person says of their listings. */
test.each<[string, Case, Record<string, string> | 'unsure']>([
  [
    'dollars of Circle both ways, and no word of pesos',
    { toml: lines(WHOLE, dollars('USD')) },
    {
      'US USD on-ramp': `sep24 USDC anchor_asset: ${SAID}`,
      'US USD off-ramp': `sep24 USDC anchor_asset: ${SAID}`,
      'MX MXN off-ramp': 'no: currency_unlinked',
    },
  ],
  [
    'an /info of one direction without `fee` and `withdraw`',
    { toml: lines(WHOLE, dollars('USD')), info: IN_ONLY },
    {
      'US USD on-ramp': `sep24 USDC anchor_asset: ${SAID}`,
      'US USD off-ramp': 'no: sep24_direction_closed',
    },
  ],
  [
    'a VERSION without its second quotation mark, and dollars of Circle that are said to be naira',
    { toml: lines('VERSION = "2.0.0', WHOLE, dollars('NGN')) },
    {
      'NG NGN on-ramp': 'no: currency_unlinked',
      'NG USD on-ramp': `sep24 USDC known_asset: ${SAID}`,
      'NG USDC off-ramp': `sep24 USDC code: ${SAID}`,
    },
  ],
  [
    'the whole file inside a web page',
    { toml: `<!DOCTYPE html>\n<html><body>${lines(WHOLE, dollars('NGN'))}</body></html>` },
    { 'NG USDC on-ramp': UNTRUSTED },
  ],
  [
    'endpoints and key below a currency',
    { toml: lines(NETWORK, dollars('NGN'), KEY, AUTH, SEP24) },
    { 'NG USDC on-ramp': UNTRUSTED },
  ],
  [
    'prose in the first line and no network, where the issuer names the home domain',
    {
      ...{ toml: lines('Our Stellar toml', KEY, AUTH, SEP6, SEP31, NAIRA), info: NAIRA_IN },
      issuerNames: 'kantoor.money',
    },
    {
      'NG NGN on-ramp': `sep6 NGNK anchor_asset: ${SAID}`,
      'NG NGN off-ramp': 'no: sep6_direction_closed, sep31_protected',
    },
  ],
  [
    'the same, where no account of an issuer could be read',
    { toml: lines('Our Stellar toml', KEY, AUTH, SEP6, SEP31, NAIRA), info: NAIRA_IN },
    'unsure',
  ],
  [
    'the same, where the issuer names another home domain',
    {
      ...{ toml: lines('Our Stellar toml', KEY, AUTH, SEP6, SEP31, NAIRA), info: NAIRA_IN },
      issuerNames: 'bureau.money',
    },
    { 'NG NGN on-ramp': UNTRUSTED },
  ],
  [
    'a network that does not exist',
    {
      toml: lines(
        'NETWORK_PASSPHRASE = "Public Global Stellar Network ; November 2021"',
        ...[KEY, AUTH, SEP24, NAIRA],
      ),
      info: NAIRA_IN,
    },
    { 'NG NGN on-ramp': UNTRUSTED },
  ],
  [
    'the key of the example of SEP-1',
    { toml: lines(NETWORK, `SIGNING_KEY = "${SAMPLE}"`, AUTH, SEP24, dollars('USD')) },
    { 'US USD on-ramp': UNTRUSTED },
  ],
  [
    'an empty key with a comment behind it',
    { toml: lines(NETWORK, 'SIGNING_KEY = "" # todo', AUTH, SEP24, dollars('USD')) },
    { 'US USD on-ramp': UNTRUSTED },
  ],
  [
    'an asset that it takes no anchor for',
    {
      toml: lines(
        ...[WHOLE, `[[CURRENCIES]]\ncode = "USDC"\nissuer = "${OWN}"`],
        'is_asset_anchored = false\nanchor_asset_type = "crypto"',
      ),
    },
    {
      'US USD on-ramp': 'no: currency_unlinked',
      'US USDC on-ramp': `sep24 USDC code: ${SAID}`,
    },
  ],
])('a file with %s is judged as a person would', async (_, given, expected) => {
  const rows = expected === 'unsure' ? ['NG NGN on-ramp'] : Object.keys(expected)
  expect(await judge(given, rows)).toEqual(expected)
})
