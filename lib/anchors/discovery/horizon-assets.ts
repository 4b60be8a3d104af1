import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { type FetchAnswer, FetchError, type FetchUntrusted } from '../../net/fetch-untrusted.ts'
import { mapLimit } from '../../net/map-limit.ts'
import { retryDelayMs } from '../../net/retry.ts'
import { parseSafeJson } from '../../safe-json.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { HomeDomainError, parseHomeDomain } from '../../stellar/home-domain.ts'

export interface HorizonWalkSettings {
  horizonUrl: string
  /** Where the last walk stopped; null to start from the first asset. */
  cursor: string | null
  /** Most pages read in one walk. */
  assetPages: number
  /** Most issuers asked for their home domain in one walk. */
  issuerLimit: number
  issuerConcurrency: number
}

/** What `normaliseRows` takes. */
interface HorizonRow {
  domain: string
  name: string
  currency: string
}

export interface HorizonWalk {
  source: string
  rows: HorizonRow[]
  /** Where the next walk goes on: behind the last page read completely; null starts over. */
  cursor: string | null
  /** Pages read completely. */
  pages: number
  /** Asset records that gave no row: malformed, or an issuer without a usable home domain. */
  skippedRecords: number
  /** Why the walk stopped. */
  stopped:
    | 'page_limit'
    | 'end_of_list'
    | 'deadline'
    | 'issuer_limit'
    | 'page_failed'
    | 'next_refused'
}

interface HorizonIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  /** True once the walk has used up its time. */
  isOver: () => boolean
}

const MAX_PAGE_RECORDS = 200
const MAX_PAGE_BYTES = 2 * 1024 * 1024
const MAX_ACCOUNT_BYTES = 256 * 1024
const MAX_ATTEMPTS = 2
// A Horizon that asks for more is left alone until the next walk.
const LONGEST_WAIT_MS = 10_000
const TOML_LINK = /^https:\/\/(.*)\/\.well-known\/stellar\.toml$/s

const Page = z.object({
  _links: z.object({ next: z.object({ href: z.string() }).optional() }).optional(),
  _embedded: z.object({ records: z.array(z.unknown()).max(MAX_PAGE_RECORDS) }),
})
const Token = z.object({ paging_token: z.string().min(1).max(200) })
const Asset = z.object({
  _links: z.object({ toml: z.object({ href: z.string() }).optional() }).optional(),
  asset_code: z.string().regex(/^[A-Za-z0-9]{1,12}$/),
  asset_issuer: z.string().refine(isAccountId),
})
const Account = z.object({ home_domain: z.string().optional() })

type Asset = z.infer<typeof Asset>

/**
 * Walks Horizon's `/assets` pages from the cursor on and names the home domain of each asset's issuer. A record's toml
 * link already holds it, empty when the issuer has none; only issuers of records without the link are asked for.
 * A page that fails after good ones ends the walk and keeps what was read.
 *
 * @throws AppError `source_unavailable` when the first page does not answer, `source_unusable` when it is no page of assets
 */
export async function walkHorizonAssets(
  settings: HorizonWalkSettings,
  io: HorizonIo,
): Promise<HorizonWalk> {
  const base = settings.horizonUrl.replace(/\/+$/, '')
  const issuers = new Map<string, string | null>()
  const found = new Map<string, HorizonRow>()
  const walk = { cursor: settings.cursor, pages: 0, skippedRecords: 0 }
  const stop = (stopped: HorizonWalk['stopped']): HorizonWalk => ({
    source: `horizon:${settings.horizonUrl}`,
    rows: [...found.values()],
    ...walk,
    stopped,
  })

  let url: string | null = firstPageUrl(base, settings)
  while (url !== null) {
    if (walk.pages >= settings.assetPages) return stop('page_limit')
    if (io.isOver()) return stop('deadline')
    const page = await readPage(url, io)
    if (!page.ok) {
      if (walk.pages > 0) return stop('page_failed')
      // A cursor this Horizon does not know would end every walk to come: start over.
      if (page.reason === 400 && settings.cursor !== null) {
        return walkHorizonAssets({ ...settings, cursor: null }, io)
      }
      throw page.error
    }
    if (page.records.length === 0) {
      walk.cursor = null
      return stop('end_of_list')
    }
    const assets = page.records.map((record) => Asset.safeParse(record).data)
    const unknown = issuersToAsk(assets, issuers)
    // The first page is taken in any case, or a walk could never get past it.
    if (issuers.size + unknown.length > settings.issuerLimit && walk.pages > 0) {
      return stop('issuer_limit')
    }
    await askIssuers(base, unknown.slice(0, settings.issuerLimit), issuers, settings, io)
    for (const asset of assets) {
      const domain = asset === undefined ? null : homeDomainOf(asset, issuers)
      if (asset === undefined || domain === null) walk.skippedRecords += 1
      else
        found.set(`${domain}:${asset.asset_code}`, {
          domain,
          name: domain,
          currency: asset.asset_code,
        })
    }
    // An issuer who could not be asked yet is asked again: the cursor stays before this page.
    if (unknown.slice(0, settings.issuerLimit).some((issuer) => !issuers.has(issuer))) {
      return stop(io.isOver() ? 'deadline' : 'page_failed')
    }
    walk.pages += 1
    walk.cursor = lastToken(page.records) ?? walk.cursor
    if (page.next === null) {
      walk.cursor = null
      return stop('end_of_list')
    }
    url = pageUrlBelow(base, page.next, url)
  }
  return stop('next_refused')
}

function firstPageUrl(base: string, settings: HorizonWalkSettings): string {
  // No page may name more issuers than one walk is allowed to ask.
  const limit = Math.min(MAX_PAGE_RECORDS, settings.issuerLimit)
  const cursor = encodeURIComponent(settings.cursor ?? '')
  return `${base}/assets?limit=${limit}&order=asc&cursor=${cursor}`
}

/** The next page's URL when it lies under the configured Horizon's `/assets` and is another page; else null. */
function pageUrlBelow(base: string, href: string, current: string): string | null {
  const assets = new URL(`${base}/assets`)
  const next = URL.parse(href, current)
  const isBelow =
    next !== null &&
    next.origin === assets.origin &&
    next.pathname === assets.pathname &&
    next.username === '' &&
    next.password === ''
  return isBelow && next.href !== current ? next.href : null
}

type ReadPage =
  | { ok: true; records: unknown[]; next: string | null }
  | { ok: false; reason: number | string; error: AppError }

async function readPage(url: string, io: HorizonIo): Promise<ReadPage> {
  const answer = await getPatiently(url, MAX_PAGE_BYTES, io)
  if (!answer.ok) {
    const { reason, cause } = answer
    const error = new AppError('source_unavailable', `Horizon unavailable (${reason})`, { cause })
    return { ok: false, reason, error }
  }
  const page = Page.safeParse(parseOrUndefined(answer.text)).data
  if (page === undefined) {
    const error = new AppError(
      'source_unusable',
      `Horizon answered ${url} with something else than a page of at most ${MAX_PAGE_RECORDS} assets.`,
    )
    return { ok: false, reason: 'not_a_page', error }
  }
  return { ok: true, records: page._embedded.records, next: page._links?.next?.href ?? null }
}

type Got = { ok: true; text: string } | { ok: false; reason: number | string; cause?: unknown }

/** A GET that is tried once more after 429, 5xx or a failed connection, when the time allows the wait. */
async function getPatiently(url: string, maxBytes: number, io: HorizonIo): Promise<Got> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await getOnce(url, maxBytes, io.fetch)
    if ('status' in answer && answer.status === 200) return { ok: true, text: answer.text }
    const failure = 'status' in answer ? answer.status : answer.code
    const cause = answer instanceof FetchError ? answer : undefined
    const delayMs = retryDelayMs({
      status: 'status' in answer ? answer.status : null,
      retryAfter: 'status' in answer ? answer.retryAfter : null,
      attempt,
      now: new Date(),
    })
    const failed = { ok: false, reason: failure, cause } as const
    if (attempt >= MAX_ATTEMPTS || delayMs === null || delayMs > LONGEST_WAIT_MS) return failed
    if (io.isOver()) return failed
    await io.sleep(delayMs)
    if (io.isOver()) return failed
  }
}

async function getOnce(
  url: string,
  maxBytes: number,
  fetch: FetchUntrusted,
): Promise<FetchAnswer | FetchError> {
  try {
    return await fetch(url, { accept: 'application/hal+json, application/json', maxBytes })
  } catch (error) {
    if (error instanceof FetchError) return error
    throw error
  }
}

function issuersToAsk(
  assets: readonly (Asset | undefined)[],
  asked: ReadonlyMap<string, unknown>,
): string[] {
  const issuers = new Set<string>()
  for (const asset of assets) {
    if (asset !== undefined && asset._links?.toml === undefined && !asked.has(asset.asset_issuer)) {
      issuers.add(asset.asset_issuer)
    }
  }
  return [...issuers]
}

async function askIssuers(
  base: string,
  issuers: readonly string[],
  answers: Map<string, string | null>,
  settings: HorizonWalkSettings,
  io: HorizonIo,
): Promise<void> {
  await mapLimit(
    issuers,
    settings.issuerConcurrency,
    async (issuer) => {
      const answer = await getPatiently(`${base}/accounts/${issuer}`, MAX_ACCOUNT_BYTES, io)
      if (!answer.ok && answer.reason === 429) return
      const text = answer.ok ? answer.text : ''
      answers.set(issuer, Account.safeParse(parseOrUndefined(text)).data?.home_domain ?? null)
    },
    { stopAt: io.isOver },
  )
}

function homeDomainOf(asset: Asset, issuers: ReadonlyMap<string, string | null>): string | null {
  const link = asset._links?.toml?.href
  const written = link === undefined ? issuers.get(asset.asset_issuer) : TOML_LINK.exec(link)?.[1]
  if (!written) return null
  try {
    // An issuer may write any 32 bytes. Horizon puts them between "https://" and the path as they are.
    return parseHomeDomain(written)
  } catch (error) {
    if (error instanceof HomeDomainError) return null
    throw error
  }
}

function lastToken(records: readonly unknown[]): string | null {
  const last = records.findLast((record) => Token.safeParse(record).success)
  return Token.safeParse(last).data?.paging_token ?? null
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseSafeJson(text)
  } catch {
    return undefined
  }
}
