import type { SimulatedAnchor, SimulatedSep } from './anchors.ts'
import {
  type SimulatedSigner,
  simulatedAccountId,
  simulatedContractId,
  simulatedSigner,
} from './simulated-keys.ts'

const PUBLIC_PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const DOLLARCOIN_DOMAIN = 'dollarcoin.sim'

export const ENDPOINTS: readonly {
  sep: SimulatedSep
  key: string
  path: string
  movable?: true
}[] = [
  { sep: 10, key: 'WEB_AUTH_ENDPOINT', path: '/auth' },
  { sep: 45, key: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT', path: '/auth-contracts' },
  { sep: 24, key: 'TRANSFER_SERVER_SEP0024', path: '/sep24', movable: true },
  { sep: 6, key: 'TRANSFER_SERVER', path: '/sep6', movable: true },
  { sep: 31, key: 'DIRECT_PAYMENT_SERVER', path: '/sep31' },
  { sep: 12, key: 'KYC_SERVER', path: '/kyc' },
  { sep: 38, key: 'ANCHOR_QUOTE_SERVER', path: '/sep38' },
  { sep: 59, key: 'EXTERNAL_ACCOUNT_SERVER', path: '/sep59' },
]

/** The key that signs the challenges of an anchor, and stands in its stellar.toml. */
export function signerOf(anchor: SimulatedAnchor): SimulatedSigner {
  return simulatedSigner(`signing ${anchor.domain}`)
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
    keys.push(['SIGNING_KEY', signerOf(anchor).accountId])
  }
  const passphrase = passphraseOf(anchor)
  const issued = anchor.assets.filter((code) => code !== 'native')
  const head = ['VERSION = "2.7.0"', `NETWORK_PASSPHRASE = "${passphrase}"`]
  // An anchor that serves an asset of somebody else does not claim its issuer.
  const own = issued.filter((code) => code !== 'USDC' || anchor.domain === DOLLARCOIN_DOMAIN)
  const accounts = `ACCOUNTS = [${own.map((code) => `"${issuerOf(anchor, code)}"`).join(', ')}]`
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
    ...(anchor.pegs?.[code] === undefined ? [] : [`anchor_asset = "${anchor.pegs[code]}"`]),
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

/** The network that the anchor says it is on. */
export function passphraseOf(anchor: SimulatedAnchor): string {
  return anchor.networkPassphrase ?? PUBLIC_PASSPHRASE
}

function endpointUrl(anchor: SimulatedAnchor, endpoint: { path: string; movable?: true }): string {
  const host = endpoint.movable ? (anchor.transferHost ?? anchor.domain) : anchor.domain
  const slash = anchor.trailingSlash ? '/' : ''
  return `${anchor.endpointScheme ?? 'https'}://${host}${endpoint.path}${slash}`
}
