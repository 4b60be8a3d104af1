import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { FetchUntrusted } from '../../net/fetch-untrusted.ts'
import type { Network } from '../../stellar/network.ts'
import { loadDirectory, scrapeDirectoryHome } from './directory.ts'
import { type NormalisedRows, normaliseRows } from './directory-row.ts'
import { limitDomainsPerOwner } from './domains-per-owner.ts'
import { walkHorizonAssets } from './horizon-assets.ts'
import { shownSource } from './shown-source.ts'

/** Where one sync looks for anchors; the defaults come from configuration, the rest from an authorised caller. */
export interface DiscoverySettings {
  network: Network
  /** Domains a source may name; empty allows all. */
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
  /** The URL the rows came from; `horizon:` before it for a walk over Horizon's assets. */
  source: string
  /** Where the next walk over Horizon goes on; null for a directory. Stored together with the rows. */
  cursor: { source: string; position: string | null } | null
}

interface DiscoveryIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  log: Log
  /** True once discovery has used up its share of the run. */
  isOver: () => boolean
}

/**
 * The name under which a walk's cursor is kept: each Horizon counts its paging tokens for itself. It is stored, so a key
 * in the URL is no part of it.
 */
export function horizonCursorSource(settings: Pick<DiscoverySettings, 'horizonUrl'>): string {
  return shownSource(`horizon:${settings.horizonUrl}`)
}

/**
 * Finds listings: on Horizon when the mode says so, else in the configured directory, else from the directory's home
 * page; and on Horizon again when the directory yields none and `allowHorizon` is on.
 *
 * @param horizonPosition the cursor an earlier walk left, null to start from the first asset
 * @throws AppError `source_unavailable` or `source_unusable` when no source answered as it should
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
    throw new AppError(error.code, `${directoryError.message}. ${error.message}`, { cause: error })
  }
}

async function discoverFromDirectory(
  settings: DiscoverySettings,
  io: DiscoveryIo,
): Promise<Discovery> {
  const { source, rows } = settings.directoryUrl
    ? await loadDirectory(settings.directoryUrl, io)
    : await scrapeDirectoryHome(settings.directoryHome, io)
  return { source, ...normaliseRows(rows, settings), cursor: null }
}

async function discoverFromHorizon(
  settings: DiscoverySettings,
  position: string | null,
  io: DiscoveryIo,
): Promise<Discovery> {
  const walk = await walkHorizonAssets({ ...settings, cursor: position }, io)
  const { source, rows, cursor, skippedRecords, pages, stopped } = walk
  const kept = await limitDomainsPerOwner(rows)
  const normalised = normaliseRows(kept, settings)
  const skippedSourceRows =
    normalised.skippedSourceRows + skippedRecords + rows.length - kept.length
  io.log('info', 'horizon_walk', { pages, stopped, rows: rows.length, skippedSourceRows })
  return {
    source,
    ...normalised,
    skippedSourceRows,
    cursor: { source: horizonCursorSource(settings), position: cursor },
  }
}
