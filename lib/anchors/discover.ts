import { AppError } from '../errors.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import { loadDirectory, scrapeDirectoryHome } from './directory.ts'
import { walkHorizonAssets } from './horizon-discovery.ts'

export const DISCOVERY_MODES = ['directory', 'horizon'] as const
export type DiscoveryMode = (typeof DISCOVERY_MODES)[number]

/** Where one sync looks for anchors; the defaults come from configuration, the rest from an authorised caller. */
export interface DiscoverySettings {
  mode: DiscoveryMode
  directoryUrl: string | null
  directoryHome: string
  allowHorizon: boolean
  horizonUrl: string
  assetPages: number
  issuerLimit: number
  issuerConcurrency: number
}

export interface Discovery {
  /** The URL the rows came from; `horizon:` before it for a walk over Horizon's assets. */
  source: string
  rows: readonly unknown[]
  /** Where the next walk over Horizon goes on; null for a directory. Stored together with the rows. */
  cursor: { source: string; position: string | null } | null
}

interface DiscoveryIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  /** True once discovery has used up its share of the run. */
  isOver: () => boolean
}

/** The name under which a walk's cursor is kept: each Horizon counts its paging tokens for itself. */
export function horizonCursorSource(settings: Pick<DiscoverySettings, 'horizonUrl'>): string {
  return `horizon:${settings.horizonUrl}`
}

/**
 * Finds anchor rows: Horizon when the mode says so, else the configured directory, else the directory's home page; and
 * Horizon again when the directory yields nothing and `allowHorizon` is on.
 *
 * @param horizonPosition the cursor an earlier walk left, null to start from the first asset
 * @throws AppError `source_unavailable` or `source_unusable` when no source gave rows
 */
export async function discoverAnchors(
  settings: DiscoverySettings,
  horizonPosition: string | null,
  io: DiscoveryIo,
): Promise<Discovery> {
  if (settings.mode === 'horizon') return discoverFromHorizon(settings, horizonPosition, io)
  try {
    return await discoverFromDirectory(settings, io)
  } catch (error) {
    if (!settings.allowHorizon || !(error instanceof AppError)) throw error
    return discoverFromHorizon(settings, horizonPosition, io)
  }
}

async function discoverFromDirectory(
  settings: DiscoverySettings,
  io: DiscoveryIo,
): Promise<Discovery> {
  const found = settings.directoryUrl
    ? await loadDirectory(settings.directoryUrl, io)
    : await scrapeDirectoryHome(settings.directoryHome, io)
  return { ...found, cursor: null }
}

async function discoverFromHorizon(
  settings: DiscoverySettings,
  position: string | null,
  io: DiscoveryIo,
): Promise<Discovery> {
  const walk = await walkHorizonAssets({ ...settings, cursor: position }, io)
  return {
    source: walk.source,
    rows: walk.rows,
    cursor: { source: horizonCursorSource(settings), position: walk.cursor },
  }
}
