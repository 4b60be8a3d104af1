import { createHorizonEndpoint } from '../ledger/horizon/endpoint.ts'
import { badRequest, halAnswer, problem } from '../ledger/horizon/page.ts'
import type { SimulatedLedger } from '../ledger/simulated-ledger.ts'
import { STELLAR_TOML_PATH } from './anchor-site.ts'
import { issuerOf } from './anchor-toml.ts'
import type { SimulatedAnchor } from './anchors.ts'
import type { Answer } from './answer.ts'
import { simulatedAccountId } from './simulated-keys.ts'
import type { Site } from './world-server.ts'

/** The home domain that the account of a claimed issuer names. */
const OTHER_DOMAIN = 'dollarcoin.sim'
const UNHOSTED_ASSETS = 240
const DEFAULT_LIMIT = 10
const MAX_LIMIT = 200

interface Asset {
  code: string
  issuer: string
  homeDomain: string | null
  /** How the record links its stellar.toml. Today's Horizon has all three kinds. */
  tomlLink: 'url' | 'empty' | 'absent'
}

/**
 * A Horizon over a ledger, with `/assets` pages of the anchors' assets and `/accounts/{id}` of their issuers.
 * Its first `rateLimited` answers are 429 with `retry-after: 1`.
 */
export function horizonSite(
  baseUrl: string,
  anchors: readonly SimulatedAnchor[],
  ledger: SimulatedLedger,
  rateLimited: number,
): Site {
  const assets = worldAssets(anchors)
  const homeDomains = new Map(assets.map((asset) => [asset.issuer, asset.homeDomain]))
  const endpoint = createHorizonEndpoint(ledger, baseUrl)
  let refusals = rateLimited
  return {
    answer: (url) => {
      if (refusals > 0) {
        refusals -= 1
        return problem(429, 'Rate Limit Exceeded', 'rate_limit_exceeded', { 'retry-after': '1' })
      }
      if (url.pathname === '/assets') return assetsPage(baseUrl, assets, url.searchParams)
      const accountId = /^\/accounts\/(G[A-Z2-7]{55})$/.exec(url.pathname)?.[1]
      const homeDomain = accountId === undefined ? undefined : homeDomains.get(accountId)
      if (accountId === undefined || homeDomain === undefined) return endpoint.answer(url)
      return halAnswer(accountRecord(baseUrl, accountId, homeDomain))
    },
  }
}

function worldAssets(anchors: readonly SimulatedAnchor[]): Asset[] {
  const assets = new Map<string, Asset>()
  for (const [index, anchor] of anchors.entries()) {
    for (const code of anchor.assets) {
      const own = code !== 'USDC' || anchor.domain === 'dollarcoin.sim'
      if (code === 'native' || !own || anchor.issuers === 'missing') continue
      const asset: Asset = {
        code,
        issuer: issuerOf(anchor, code),
        homeDomain: anchor.issuers === 'of-another-home-domain' ? OTHER_DOMAIN : anchor.domain,
        tomlLink: index % 7 === 3 ? 'absent' : 'url',
      }
      assets.set(pagingToken(asset), asset)
    }
  }
  // Its issuer names a home domain that lists no such asset.
  const impostor: Asset = {
    code: 'EURX',
    issuer: simulatedAccountId('impostor'),
    homeDomain: 'eurolane.sim',
    tomlLink: 'url',
  }
  assets.set(pagingToken(impostor), impostor)
  for (let index = 0; index < UNHOSTED_ASSETS; index += 1) {
    const asset: Asset = {
      code: `T${index.toString(36).toUpperCase().padStart(3, '0')}${index % 3 === 0 ? 'LONG' : ''}`,
      issuer: simulatedAccountId(`token issuer ${index}`),
      homeDomain: null,
      tomlLink: 'empty',
    }
    assets.set(pagingToken(asset), asset)
  }
  return [...assets.values()].sort((one, other) => compare(pagingToken(one), pagingToken(other)))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function assetType(code: string): string {
  return code.length <= 4 ? 'credit_alphanum4' : 'credit_alphanum12'
}

function pagingToken({ code, issuer }: { code: string; issuer: string }): string {
  return `${code}_${issuer}_${assetType(code)}`
}

function assetsPage(baseUrl: string, assets: Asset[], query: URLSearchParams): Answer {
  const cursor = query.get('cursor') ?? ''
  const order = query.get('order') ?? 'asc'
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT || !/^(asc|desc)$/.test(order)) {
    return badRequest('limit')
  }
  const ordered = order === 'asc' ? assets : assets.toReversed()
  const after = ordered.filter((asset) => {
    if (cursor === '') return true
    const side = compare(pagingToken(asset), cursor)
    return order === 'asc' ? side > 0 : side < 0
  })
  const records = after.slice(0, limit)
  const link = (at: string, direction: string) => ({
    href: `${baseUrl}/assets?cursor=${encodeURIComponent(at)}&limit=${limit}&order=${direction}`,
  })
  const first = records[0]
  const last = records.at(-1)
  const opposite = order === 'asc' ? 'desc' : 'asc'
  return halAnswer({
    _links: {
      self: link(cursor, order),
      next: link(last === undefined ? cursor : pagingToken(last), order),
      prev: link(first === undefined ? cursor : pagingToken(first), opposite),
    },
    _embedded: { records: records.map(assetRecord) },
  })
}

function assetRecord(asset: Asset): object {
  const zero = '0.0000000'
  return {
    _links: tomlLinks(asset),
    asset_type: assetType(asset.code),
    asset_code: asset.code,
    asset_issuer: asset.issuer,
    paging_token: pagingToken(asset),
    num_claimable_balances: 0,
    num_liquidity_pools: 0,
    num_contracts: 0,
    accounts: { authorized: 12, authorized_to_maintain_liabilities: 0, unauthorized: 0 },
    claimable_balances_amount: zero,
    liquidity_pools_amount: zero,
    contracts_amount: zero,
    balances: {
      authorized: '125000.0000000',
      authorized_to_maintain_liabilities: zero,
      unauthorized: zero,
    },
    flags: {
      auth_required: false,
      auth_revocable: false,
      auth_immutable: false,
      auth_clawback_enabled: false,
    },
  }
}

function tomlLinks(asset: Asset): object {
  if (asset.tomlLink === 'absent') return {}
  const url = `https://${asset.homeDomain}${STELLAR_TOML_PATH}`
  return { toml: { href: asset.tomlLink === 'url' ? url : '' } }
}

export function accountRecord(
  baseUrl: string,
  accountId: string,
  homeDomain: string | null,
): object {
  return {
    _links: { self: { href: `${baseUrl}/accounts/${accountId}` } },
    id: accountId,
    account_id: accountId,
    sequence: '120192344791187470',
    subentry_count: 0,
    ...(homeDomain === null ? {} : { home_domain: homeDomain }),
    last_modified_ledger: 55_000_000,
    thresholds: { low_threshold: 0, med_threshold: 0, high_threshold: 0 },
    flags: {
      auth_required: false,
      auth_revocable: false,
      auth_immutable: false,
      auth_clawback_enabled: false,
    },
    balances: [{ balance: '100.0000000', asset_type: 'native' }],
    signers: [{ weight: 1, key: accountId, type: 'ed25519_public_key' }],
    data: {},
    paging_token: accountId,
  }
}
