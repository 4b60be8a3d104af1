import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { type FetchAnswer, FetchError, type FetchUntrusted } from '../../net/fetch-untrusted.ts'
import { mapLimit } from '../../net/map-limit.ts'
import { retryDelayMs, retrying } from '../../net/retry.ts'
import { safeJsonOrNull } from '../../safe-json.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { accountHomeDomain, orNull } from '../../stellar/home-domain.ts'
import { trimEnd } from '../../trim-end.ts'

export interface HorizonWalkSettings {
  horizonUrl: string
  /** The position where the last walk stopped; null starts at the first asset. */
  cursor: string | null
  /** The most pages that one walk reads. */
  assetPages: number
  /** The most issuers whose home domain one walk asks for. */
  issuerLimit: number
  issuerConcurrency: number
}

/** One row for `normaliseRows`. */
interface HorizonRow {
  domain: string
  name: string
  currency: string
}

export interface HorizonWalk {
  rows: HorizonRow[]
  /** The issuers of these rows, and the home domain that the account of each names. */
  issuers: ReadonlyMap<string, string>
  /** Where the next walk starts: after the last page that was read completely. Null starts at the first asset. */
  cursor: string | null
  /** The number of pages that were read completely. */
  pages: number
  /** The number of asset records without a row: malformed, or an issuer without a usable home domain. */
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
  /** True after the walk has used up its time. */
  isOver: () => boolean
}

const MAX_PAGE_RECORDS = 200
const MAX_PAGE_BYTES = 2 * 1024 * 1024
const MAX_ACCOUNT_BYTES = 256 * 1024
const MAX_ATTEMPTS = 2
/** A Horizon that asks for a longer wait gets no second request in this walk. */
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
 * Walks Horizon's `/assets` pages from the cursor on and finds the home domain of each asset's issuer. A record's toml
 * link holds it, and is empty when the issuer has none; the issuers of records without the link are asked for.
 * A page that fails after a good one ends the walk, which keeps the rows so far.
 *
 * @throws AppError `source_unavailable` when the first page does not answer, `source_unusable` when it is not a page of assets
 */
export async function walkHorizonAssets(
  settings: HorizonWalkSettings,
  io: HorizonIo,
): Promise<HorizonWalk> {
  const base = trimEnd(settings.horizonUrl, '/')
  const issuers = new Map<string, string | null>()
  const found = new Map<string, HorizonRow>()
  const named = new Map<string, string>()
  const walk = { cursor: settings.cursor, pages: 0, skippedRecords: 0 }
  const stop = (stopped: HorizonWalk['stopped']): HorizonWalk => ({
    rows: [...found.values()],
    issuers: named,
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
      // This Horizon does not know the cursor. Every later walk would fail on it too, so the walk starts over.
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
    // The limit does not hold for the first page: a walk could never get past it.
    if (issuers.size + unknown.length > settings.issuerLimit && walk.pages > 0) {
      return stop('issuer_limit')
    }
    const asked = unknown.slice(0, settings.issuerLimit)
    await askIssuers(base, asked, issuers, settings, io)
    walk.skippedRecords += addRows(assets, issuers, found, named)
    // Some issuers gave no answer. The cursor stays before this page, so the next walk asks them again.
    if (asked.some((issuer) => !issuers.has(issuer))) {
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

/** Adds a row for each asset whose issuer has a usable home domain. @returns the number of the other records */
function addRows(
  assets: readonly (Asset | undefined)[],
  issuers: ReadonlyMap<string, string | null>,
  found: Map<string, HorizonRow>,
  named: Map<string, string>,
): number {
  let skipped = 0
  for (const asset of assets) {
    const domain = asset === undefined ? null : homeDomainOf(asset, issuers)
    if (asset === undefined || domain === null) {
      skipped += 1
      continue
    }
    const currency = asset.asset_code
    found.set(`${domain}:${currency}`, { domain, name: domain, currency })
    named.set(asset.asset_issuer, domain)
  }
  return skipped
}

function firstPageUrl(base: string, settings: HorizonWalkSettings): string {
  // A page must not name more issuers than one walk may ask for.
  const limit = Math.min(MAX_PAGE_RECORDS, settings.issuerLimit)
  const cursor = encodeURIComponent(settings.cursor ?? '')
  return `${base}/assets?limit=${limit}&order=asc&cursor=${cursor}`
}

/** The URL of the next page, or null when it is not another page of `/assets` on the configured Horizon. */
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
  if (!('text' in answer)) {
    const { reason, cause } = answer
    const error = new AppError('source_unavailable', `Horizon unavailable (${reason})`, { cause })
    return { ok: false, reason, error }
  }
  const page = Page.safeParse(safeJsonOrNull(answer.text)).data
  if (page === undefined) {
    const error = new AppError(
      'source_unusable',
      `Horizon answered ${url} with something else than a page of at most ${MAX_PAGE_RECORDS} assets.`,
    )
    return { ok: false, reason: 'not_a_page', error }
  }
  return { ok: true, records: page._embedded.records, next: page._links?.next?.href ?? null }
}

type Got = { text: string } | { reason: number | string; cause?: unknown }

/** Sends a GET, and a second one after 429, 5xx or a failed connection if the time allows the wait. */
async function getPatiently(url: string, maxBytes: number, io: HorizonIo): Promise<Got> {
  const answer = await retrying(() => getOnce(url, maxBytes, io.fetch), {
    tries: MAX_ATTEMPTS,
    longestWaitMs: LONGEST_WAIT_MS,
    sleep: io.sleep,
    isOver: io.isOver,
    delayMs: (result, attempt) => {
      const { status, retryAfter } =
        'status' in result ? result : { status: null, retryAfter: null }
      return status === 200 ? null : retryDelayMs({ status, retryAfter, attempt, now: new Date() })
    },
  })
  if (answer instanceof FetchError) return { reason: answer.code, cause: answer }
  return answer.status === 200 ? { text: answer.text } : { reason: answer.status }
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
      if (!('text' in answer) && answer.reason === 429) return
      const account = 'text' in answer ? safeJsonOrNull(answer.text) : null
      answers.set(issuer, Account.safeParse(account).data?.home_domain ?? null)
    },
    { stopAt: io.isOver },
  )
}

function homeDomainOf(asset: Asset, issuers: ReadonlyMap<string, string | null>): string | null {
  const link = asset._links?.toml?.href
  const written = link === undefined ? issuers.get(asset.asset_issuer) : TOML_LINK.exec(link)?.[1]
  // An issuer may write any 32 bytes. Horizon puts them between "https://" and the path unchanged.
  return written ? orNull(accountHomeDomain, written) : null
}

function lastToken(records: readonly unknown[]): string | null {
  const last = records.findLast((record) => Token.safeParse(record).success)
  return Token.safeParse(last).data?.paging_token ?? null
}
