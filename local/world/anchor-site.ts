import type { SimulatedAnchor, SimulatedSep } from './anchors.ts'
import { type Answer, bodyAnswer, jsonAnswer, redirectAnswer, statusAnswer } from './answer.ts'
import { simulatedAccountId, simulatedContractId } from './simulated-keys.ts'
import type { Site } from './world-server.ts'

export const STELLAR_TOML_PATH = '/.well-known/stellar.toml'
const PUBLIC_PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const DOLLARCOIN_DOMAIN = 'dollarcoin.sim'

const ENDPOINTS: { sep: SimulatedSep; key: string; path: string; movable?: true }[] = [
  { sep: 10, key: 'WEB_AUTH_ENDPOINT', path: '/auth' },
  { sep: 45, key: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT', path: '/auth-contracts' },
  { sep: 24, key: 'TRANSFER_SERVER_SEP0024', path: '/sep24', movable: true },
  { sep: 6, key: 'TRANSFER_SERVER', path: '/sep6', movable: true },
  { sep: 31, key: 'DIRECT_PAYMENT_SERVER', path: '/sep31' },
  { sep: 12, key: 'KYC_SERVER', path: '/kyc' },
  { sep: 38, key: 'ANCHOR_QUOTE_SERVER', path: '/sep38' },
]

/** The hosts of one anchor: its home domain, and its `www.` and transfer hosts if it has them. */
export function anchorSites(anchor: SimulatedAnchor): [host: string, site: Site][] {
  const named =
    anchor.certificateName === undefined ? {} : { certificateName: anchor.certificateName }
  const answer = (url: URL): Answer => anchorAnswer(anchor, url)
  const sites: [string, Site][] = []
  if (anchor.redirectsToWww) {
    const www = `www.${anchor.domain}`
    const toWww = (url: URL): Answer => redirectAnswer(`https://${www}${url.pathname}${url.search}`)
    sites.push([anchor.domain, { answer: toWww }], [www, { answer }])
  } else {
    sites.push([anchor.domain, { answer, ...named }])
  }
  if (anchor.transferHost !== undefined) {
    const address = anchor.transferHostAddress
    sites.push([anchor.transferHost, { answer, ...(address === undefined ? {} : { address }) }])
  }
  return sites
}

/** The account that issues `code`. Each anchor has its own issuers, except for USDC, which has one issuer for all. */
export function issuerOf(anchor: SimulatedAnchor, code: string): string {
  return simulatedAccountId(`issuer ${code === 'USDC' ? DOLLARCOIN_DOMAIN : anchor.domain}`)
}

/** The stellar.toml (SEP-1) of one anchor, in the anchor's spelling. */
export function stellarToml(anchor: SimulatedAnchor): string {
  const endpoints = ENDPOINTS.filter(({ sep }) => anchor.seps.includes(sep)).map(
    (endpoint) => [endpoint.key, endpointUrl(anchor, endpoint)] as const,
  )
  const keys: (readonly [string, string])[] = [...endpoints]
  if (anchor.seps.includes(45)) {
    keys.push(['WEB_AUTH_CONTRACT_ID', simulatedContractId(`auth ${anchor.domain}`)])
  }
  if (anchor.seps.includes(10) && !anchor.withoutSigningKey) {
    keys.push(['SIGNING_KEY', simulatedAccountId(`signing ${anchor.domain}`)])
  }
  const passphrase = anchor.networkPassphrase ?? PUBLIC_PASSPHRASE
  const issued = anchor.assets.filter((code) => code !== 'native')
  const head = ['VERSION = "2.7.0"', `NETWORK_PASSPHRASE = "${passphrase}"`]
  const accounts = `ACCOUNTS = [${issued.map((code) => `"${issuerOf(anchor, code)}"`).join(', ')}]`
  const endpointLines = keys.map(([key, value]) => `${key} = "${value}"`)
  const documentation = [
    '',
    '[DOCUMENTATION]',
    `ORG_NAME = "${anchor.name}"`,
    `ORG_URL = "https://${anchor.domain}"`,
    `ORG_OFFICIAL_EMAIL = "support@${anchor.domain}"`,
  ]
  const currencies = issued.flatMap((code) => [
    '',
    '[[CURRENCIES]]',
    `code = "${code}"`,
    `issuer = "${issuerOf(anchor, code)}"`,
    'status = "live"',
    'display_decimals = 2',
    'is_asset_anchored = true',
    'anchor_asset_type = "fiat"',
  ])

  const parts = { head: [...head, accounts], endpoints: endpointLines, documentation, currencies }
  return spelled(anchor, parts)
}

type TomlParts = Record<'head' | 'endpoints' | 'documentation' | 'currencies', string[]>

function spelled(anchor: SimulatedAnchor, parts: TomlParts): string {
  const { head, endpoints, documentation, currencies } = parts
  const file = (change: Partial<TomlParts> = {}, lineEnd = '\n') =>
    lines(Object.values({ ...parts, ...change }).flat(), lineEnd)
  switch (anchor.spelling) {
    case 'comments':
      return file({ endpoints: endpoints.map((line) => `${line} # see "docs" for the sandbox`) })
    case 'crlf':
      return file({}, '\r\n')
    case 'single-quotes':
      return file({ endpoints: endpoints.map((line) => line.replaceAll('"', "'")) })
    case 'byte-order-mark':
      return `\ufeff${file()}`
    case 'stray-character':
      return file({
        currencies: [...currencies, `image = "https://${anchor.domain}/logo.png"s`],
      })
    case 'curly-quotes':
      return file({
        documentation: [...documentation, 'ORG_DESCRIPTION = “Cash in and out at every corner”'],
      })
    case 'duplicate-key':
      return file({ currencies: [...currencies, 'status = "live"'] })
    case 'endpoints-below-a-table':
      return lines([...head, ...documentation, ...endpoints, ...currencies])
    default:
      return file()
  }
}

function lines(all: string[], lineEnd = '\n'): string {
  return all.join(lineEnd) + lineEnd
}

function endpointUrl(anchor: SimulatedAnchor, endpoint: { path: string; movable?: true }): string {
  const host = endpoint.movable ? (anchor.transferHost ?? anchor.domain) : anchor.domain
  const slash = anchor.trailingSlash ? '/' : ''
  return `${anchor.endpointScheme ?? 'https'}://${host}${endpoint.path}${slash}`
}

function anchorAnswer(anchor: SimulatedAnchor, url: URL): Answer {
  // Real anchors answer `//info` too. A client asks for it when the endpoint ends with a slash.
  const path = url.pathname.replace(/\/{2,}/g, '/')
  if (path === STELLAR_TOML_PATH) {
    if (url.hostname === anchor.transferHost) return statusAnswer(404)
    const file = bodyAnswer('text/plain', stellarToml(anchor))
    return delayed(anchor.tomlAnswer ?? file, anchor.tomlDelayMs)
  }
  const endpoint = ENDPOINTS.find((one) => path === one.path || path.startsWith(`${one.path}/`))
  if (endpoint === undefined || !anchor.seps.includes(endpoint.sep)) return statusAnswer(404)
  const rest = path.slice(endpoint.path.length)
  if (rest === '/info') {
    const info = infoAnswer(anchor, endpoint.sep)
    return info === null
      ? statusAnswer(404)
      : delayed(anchor.infoAnswer ?? info, anchor.infoDelayMs)
  }
  if (endpoint.sep === 10 || endpoint.sep === 45) {
    return jsonAnswer({ error: 'account is required' }, 400)
  }
  return jsonAnswer({ type: 'authentication_required' }, 403)
}

function delayed(answer: Answer, delayMs: number | undefined): Answer {
  return delayMs === undefined ? answer : { ...answer, delayMs }
}

function infoAnswer(anchor: SimulatedAnchor, sep: SimulatedSep): Answer | null {
  switch (sep) {
    case 6:
      return jsonAnswer(sep6Info(anchor))
    case 24:
      return jsonAnswer(sep24Info(anchor))
    case 31:
      return jsonAnswer(sep31Info(anchor))
    case 38:
      return jsonAnswer(sep38Info(anchor))
    default:
      return null
  }
}

// Real anchors write amounts as numbers, as strings, or as both in one object.
function amounts(anchor: SimulatedAnchor): Record<string, unknown> {
  switch (anchor.fees ?? 'none') {
    case 'none':
      return { min_amount: '1', max_amount: 10_000 }
    case 'numbers':
      return { fee_fixed: 1.5, fee_percent: 0.35, min_amount: 0.1, max_amount: 25_000 }
    case 'strings':
      return {
        fee_fixed: '0.50',
        fee_percent: '1.25',
        fee_minimum: '2.00',
        min_amount: '10.0000001',
        max_amount: 50_000,
      }
  }
}

function byAsset(anchor: SimulatedAnchor, value: (code: string) => unknown): object {
  return Object.fromEntries(anchor.assets.map((code) => [code, value(code)]))
}

function sep24Info(anchor: SimulatedAnchor): object {
  const support = (direction: 'deposit' | 'withdraw') =>
    byAsset(anchor, () =>
      (anchor.direction ?? direction) === direction
        ? { enabled: true, ...amounts(anchor) }
        : { enabled: false },
    )
  return {
    deposit: support('deposit'),
    withdraw: support('withdraw'),
    fee: { enabled: false },
    features: { account_creation: true, claimable_balances: false },
  }
}

function sep6Info(anchor: SimulatedAnchor): object {
  const fields = { email_address: { description: 'address for the receipt', optional: true } }
  const dest = { dest: { description: 'bank account number' } }
  return {
    deposit: byAsset(anchor, () => ({
      enabled: true,
      authentication_required: true,
      ...amounts(anchor),
      fields,
    })),
    'deposit-exchange': byAsset(anchor, () => ({ enabled: false })),
    withdraw: byAsset(anchor, () => ({
      enabled: true,
      authentication_required: true,
      ...amounts(anchor),
      types: { bank_account: { fields: dest }, cash: { fields: {} } },
    })),
    'withdraw-exchange': byAsset(anchor, () => ({ enabled: false })),
    fee: { enabled: false },
    transactions: { enabled: true, authentication_required: true },
    transaction: { enabled: true, authentication_required: true },
    features: { account_creation: false, claimable_balances: false },
  }
}

function sep31Info(anchor: SimulatedAnchor): object {
  return {
    receive: byAsset(anchor, () => ({
      quotes_supported: anchor.seps.includes(38),
      quotes_required: false,
      ...amounts(anchor),
      sep12: {
        sender: { types: { 'sep31-sender': { description: 'people who send' } } },
        receiver: { types: { 'sep31-receiver': { description: 'people who receive' } } },
      },
    })),
  }
}

function sep38Info(anchor: SimulatedAnchor): object {
  const crypto = anchor.assets.map((code) =>
    code === 'native' ? 'stellar:native' : `stellar:${code}:${issuerOf(anchor, code)}`,
  )
  const fiat = [anchor.currencies].flat().flatMap((text) => text.split(/[;,|]\s*/))
  return {
    assets: [
      ...crypto.map((asset) => ({ asset })),
      ...fiat.map((code) => ({ asset: `iso4217:${code}` })),
    ],
  }
}
