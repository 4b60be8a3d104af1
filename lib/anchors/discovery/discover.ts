import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { FetchUntrusted } from '../../net/fetch-untrusted.ts'
import type { Network } from '../../stellar/network.ts'
import { loadDirectory, scrapeDirectoryHome, shownSource } from './directory.ts'
import { type NormalisedRows, normaliseRows } from './directory-row.ts'
import { limitDomainsPerOwner, type ReadDomainsBelow } from './domains-per-owner.ts'
import { type HorizonWalk, type HorizonWalkSettings, walkHorizonAssets } from './horizon-assets.ts'

/** Where one sync looks for anchors. The defaults come from configuration, the rest from an authorised caller. */
export interface DiscoverySettings {
  network: Network
  /** The domains that a source may name. An empty list allows all. */
  allowedDomains: readonly string[]
  mode: 'directory' | 'horizon'
  directoryUrl: string | null
  directoryHome: string
  allowHorizon: boolean
  horizonUrl: string
  assetPages: number
  issuerLimit: number
  issuerConcurrency: number
}

export interface Discovery extends NormalisedRows {
  /** Where the rows came from, as `shownSource` writes it. A walk over Horizon's assets starts with `horizon:`. */
  source: string
  /** Where the next walk over Horizon starts; null for a directory. It is stored together with the rows. */
  cursor: { source: string; position: string | null } | null
  /** The issuers that Horizon showed of these listings, with the home domain that each names. */
  issuers: ReadonlyMap<string, string>
}

interface DiscoveryIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  log: Log
  /** True after discovery has used up its share of the run. */
  isOver: () => boolean
  readDomainsBelow: ReadDomainsBelow
}

/** What a walk over some pages of Horizon found, and why it stopped. */
export interface HorizonDiscovery extends Discovery {
  cursor: { source: string; position: string | null }
  pages: number
  stopped: HorizonWalk['stopped']
}

/** The source of a walk, under which its cursor is stored: paging tokens of two Horizons are not comparable. */
export function horizonSource(settings: Pick<DiscoverySettings, 'horizonUrl'>): string {
  return shownSource(`horizon:${settings.horizonUrl}`)
}

/**
 * Finds listings in the configured directory, or else from the directory's home page. Mode `horizon` walks Horizon instead;
 * `allowHorizon` walks it when the directory yields no listing.
 *
 * @param horizonPosition the cursor that an earlier walk left; null starts at the first asset
 * @throws AppError `source_unavailable` or `source_unusable` when no source could be read
 */
export async function discoverAnchors(
  settings: DiscoverySettings,
  horizonPosition: string | null,
  io: DiscoveryIo,
): Promise<Discovery> {
  if (settings.mode === 'horizon') return discoverFromHorizon(settings, horizonPosition, io)
  if (!settings.allowHorizon) return discoverFromDirectory(settings, io)

  let directoryError: AppError | undefined
  try {
    const found = await discoverFromDirectory(settings, io)
    if (found.listings.length > 0) return found
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    directoryError = error
  }
  try {
    return await discoverFromHorizon(settings, horizonPosition, io)
  } catch (error) {
    if (!(error instanceof AppError) || !directoryError) throw error
    const code = error.code === 'source_unusable' ? error.code : 'source_unavailable'
    throw new AppError(code, `${directoryError.message}. ${error.message}`, { cause: error })
  }
}

async function discoverFromDirectory(
  settings: DiscoverySettings,
  io: DiscoveryIo,
): Promise<Discovery> {
  const { source, rows } = settings.directoryUrl
    ? await loadDirectory(settings.directoryUrl, io)
    : await scrapeDirectoryHome(settings.directoryHome, io)
  return { source, ...normaliseRows(rows, settings), cursor: null, issuers: new Map() }
}

/**
 * Walks some pages of Horizon's assets from `position` on.
 *
 * @throws AppError `source_unavailable` or `source_unusable` when the first page could not be read; `database_unavailable`
 */
export async function discoverFromHorizon(
  settings: Omit<HorizonWalkSettings, 'cursor'> &
    Pick<DiscoverySettings, 'network' | 'allowedDomains'>,
  position: string | null,
  io: DiscoveryIo,
): Promise<HorizonDiscovery> {
  const walk = await walkHorizonAssets({ ...settings, cursor: position }, io)
  const { rows, issuers, cursor, skippedRecords, pages, stopped } = walk
  const kept = await limitDomainsPerOwner(rows, io.readDomainsBelow)
  const normalised = normaliseRows(kept, settings)
  const skippedSourceRows =
    normalised.skippedSourceRows + skippedRecords + rows.length - kept.length
  io.log('info', 'horizon_walk', { pages, stopped, rows: rows.length, skippedSourceRows })
  const listed = new Set(normalised.listings.map(({ domain }) => domain))
  const issuersOfListed = new Map([...issuers].filter(([, domain]) => listed.has(domain)))
  const source = horizonSource(settings)
  return {
    source,
    ...normalised,
    skippedSourceRows,
    issuers: issuersOfListed,
    cursor: { source, position: cursor },
    pages,
    stopped,
  }
}
