import * as z from 'zod'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { boolean, choice, integer, textList } from '../http/parameters.ts'
import { homeDomainFrom, orNull } from '../stellar/home-domain.ts'
import { countryParameter } from './discovery/country.ts'
import type { RefreshIo } from './refresh.ts'
import type { Skipped } from './run.ts'

/** The largest known directory listed 92 anchors in 2026. */
const MAX_ANCHOR_ROWS = 5_000
/** 5,000 rows have about 800 bytes each. Vercel itself refuses more than 4.5 MB. */
export const MAX_OPS_BODY_BYTES = 4_000_000

export interface OpsDeps extends RefreshIo {
  config: Config
}

interface OpsAnswer {
  status: 200 | 502
  body: object
  /** Why a limited call did not run. */
  refused?: Skipped['reason']
}

/** Who calls: whether it says that it is the scheduler, and whether it has no credential. */
interface OpsCall {
  scheduled: boolean
  limited?: boolean
}

const ACTIONS = ['import_directory', 'refresh_capabilities', 'sync'] as const

const action = z.optional(z.unknown()).transform((value) => {
  const asked = ACTIONS.find((name) => typeof value === 'string' && value.toLowerCase() === name)
  if (asked) return asked
  throw new AppError('invalid_action', `Invalid action. Use: ${ACTIONS.join(' | ')}`)
})

const HTTPS_URL = 'an https URL of at most 2,048 characters'
const httpsUrl = z
  .string({ error: HTTPS_URL })
  .max(2048, { error: HTTPS_URL })
  .refine((text) => URL.parse(text)?.protocol === 'https:', { error: HTTPS_URL })

const ANCHORS = `an array of at most ${MAX_ANCHOR_ROWS} anchor objects`
const anchors = z.array(z.unknown(), { error: ANCHORS }).max(MAX_ANCHOR_ROWS, { error: ANCHORS })

// An entry that is not a domain would match nothing, and every row would be left out without a reason.
const domainPatterns = textList(MAX_ANCHOR_ROWS).refine(
  (entries) =>
    entries.every((entry) => orNull(homeDomainFrom, entry.replace(/^\*\./, '')) !== null),
  {
    error: `a list of at most ${MAX_ANCHOR_ROWS} domains, each exact or as *.example.org`,
  },
)

/** Each parameter with its bounds. An action ignores the parameters that it does not use. */
const PARAMETERS = z.object({
  limit: integer(1, 500).optional(),
  country: countryParameter.optional(),
  sep1DisableThreshold: integer(1, 20).optional(),
  downloadUrl: httpsUrl.optional(),
  anchors: anchors.optional(),
  dryRun: boolean().optional(),
  active: boolean().optional(),
  force: boolean().optional(),
  allowedDomains: domainPatterns.optional(),
  useEnvAllowedDomains: boolean().optional(),
  mode: choice(['directory', 'horizon']).optional(),
  sourceUrl: httpsUrl.optional(),
  directoryHome: httpsUrl.optional(),
  allowHorizon: boolean().optional(),
  horizonUrl: httpsUrl
    .refine((text) => !/[?#]/.test(text), { error: `${HTTPS_URL}, without query and fragment` })
    .optional(),
  issuerLimit: integer(10, 1000).optional(),
  assetPages: integer(1, 10).optional(),
  issuerConcurrency: integer(1, 50).optional(),
  domainConcurrency: integer(1, 64).optional(),
  refreshLimit: integer(1, 1000).optional(),
})
type Parameters = z.output<typeof PARAMETERS>

/** The parameters of a person's call, which must name the action. Numbers and booleans may be written as texts. */
export const opsParameters = PARAMETERS.extend({ action })

/** The parameters of a scheduler's call. Without an action it is a sync. */
export const scheduledOpsParameters = PARAMETERS.extend({
  action: z.optional(z.unknown()).transform((value) => action.parse(value ?? 'sync')),
})

/**
 * Runs one action and loads only the modules that it needs. The status is 502 when an outside source failed. A sync checks
 * known anchors even then.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`, `lease_lost`
 */
export async function runOps(
  { action: asked, ...parameters }: z.output<typeof opsParameters>,
  deps: OpsDeps,
  { scheduled, limited = false }: OpsCall,
): Promise<OpsAnswer> {
  if (asked === 'import_directory') return importOrExplain(parameters, deps)
  if (asked === 'refresh_capabilities') {
    const settings = {
      scheduled,
      maxDurationSeconds: deps.config.sync.maxDurationSeconds,
      refresh: {
        ...refreshSettings(parameters, deps.config),
        limit: parameters.limit ?? 100,
        onlyDue: false,
        country: parameters.country ?? null,
      },
    }
    const { refreshCapabilities } = await import('./refresh-capabilities.ts')
    return { status: 200, body: await refreshCapabilities(settings, deps) }
  }
  const { sync } = await import('./sync.ts')
  const answer = await sync(syncSettings(parameters, deps.config, { scheduled, limited }), deps)
  const isRefused = limited && answer.skipped !== undefined
  return {
    status: answer.status === 'ok' ? 200 : 502,
    body: answer,
    ...(isRefused ? { refused: answer.skipped } : {}),
  }
}

async function importOrExplain(parameters: Parameters, deps: OpsDeps): Promise<OpsAnswer> {
  const { importDirectory } = await import('./import-directory.ts')
  const { sourceFailure } = await import('./discovery/directory.ts')
  try {
    return { status: 200, body: await importDirectory(importSettings(parameters, deps), deps) }
  } catch (error) {
    const failure = sourceFailure(error)
    if (failure === null) throw error
    deps.log('warn', 'directory_failed', { error })
    return { status: 502, body: { status: 'error', action: 'import_directory', ...failure } }
  }
}

/** Each setting comes from the caller, or else from configuration, or else from the defaults of the contract. */
function syncSettings(parameters: Parameters, config: Config, call: Required<OpsCall>) {
  const { discovery, sync } = config
  return {
    ...call,
    force: parameters.force ?? false,
    maxDurationSeconds: sync.maxDurationSeconds,
    discovery: {
      network: config.network,
      allowedDomains: allowedDomains(parameters, config),
      mode: parameters.mode ?? discovery.mode,
      directoryUrl: parameters.sourceUrl ?? discovery.directoryUrl,
      directoryHome: parameters.directoryHome ?? discovery.directoryHome,
      allowHorizon: parameters.allowHorizon ?? discovery.allowHorizon,
      horizonUrl: parameters.horizonUrl ?? discovery.horizonUrl,
      assetPages: parameters.assetPages ?? 4,
      issuerLimit: parameters.issuerLimit ?? 250,
      issuerConcurrency: parameters.issuerConcurrency ?? 20,
    },
    // A person who calls a sync wants to see checks, due or not. Only refresh_capabilities chooses by country.
    refresh: {
      ...refreshSettings(parameters, config),
      limit: parameters.refreshLimit ?? 300,
      onlyDue: call.scheduled || call.limited,
      country: null,
    },
  }
}

/** What every check of the service is made with, unless the caller says otherwise. */
export function refreshSettings(
  parameters: Pick<Parameters, 'domainConcurrency' | 'sep1DisableThreshold'>,
  config: Config,
) {
  return {
    network: config.network,
    trust: config.trust,
    maxAgeHours: config.evidence.maxAgeHours,
    signIn: config.evidence.signIn ? { seed: config.evidence.signInSeed } : null,
    ledger: { rpcUrl: config.evidence.rpcUrl, horizonUrl: config.discovery.horizonUrl },
    windowHours: config.evidence.windowHours,
    domainConcurrency: parameters.domainConcurrency ?? config.sync.domainConcurrency,
    sep1DisableThreshold: parameters.sep1DisableThreshold ?? config.sync.sep1DisableThreshold,
  }
}

function importSettings(parameters: Parameters, { config }: OpsDeps) {
  return {
    network: config.network,
    from: importSource(parameters, config),
    dryRun: parameters.dryRun ?? true,
    active: parameters.active ?? true,
    force: parameters.force ?? false,
    allowedDomains: allowedDomains(parameters, config),
  }
}

function importSource({ anchors, downloadUrl }: Parameters, { discovery }: Config) {
  if (anchors) return { anchors }
  const url = downloadUrl ?? discovery.directoryUrl
  if (url) return { downloadUrl: url }
  throw new AppError('invalid_parameter', [
    {
      path: 'anchors',
      what: 'anchors is missing',
      place: 'request',
      problem: 'of import_directory, and downloadUrl too',
      allowed: 'anchors (an array of anchor objects) or downloadUrl (an https URL)',
    },
  ])
}

function allowedDomains(parameters: Parameters, { discovery }: Config): readonly string[] {
  const asked = parameters.allowedDomains ?? []
  if (!parameters.useEnvAllowedDomains) return asked
  if (discovery.allowedDomains.length > 0) return [...asked, ...discovery.allowedDomains]
  // An empty list would allow every domain, which is the opposite of this call.
  throw new AppError('invalid_parameter', [
    {
      path: 'useEnvAllowedDomains',
      what: 'useEnvAllowedDomains is true',
      place: 'request',
      problem: 'and ANCHOR_DIRECTORY_ALLOWED_DOMAINS is empty in the environment',
      allowed: 'false, or a deployment that sets it',
    },
  ])
}
