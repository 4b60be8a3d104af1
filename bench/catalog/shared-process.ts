import { setTimeout as wait } from 'node:timers/promises'
import { checkDue } from '../../lib/anchors/check-due.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import type { FetchAnswer, FetchUntrusted } from '../../lib/net/fetch-untrusted.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import { watch } from '../watch.ts'

export interface SharedInput {
  database: DatabaseAddress
  latencyMs: number
}

export interface SharedFigures {
  /** By the clock of the machine, which all processes share. */
  startedAt: number
  endedAt: number
  cpuMs: number
  peakAboveIdleMb: number
  processed: number
  lost: number
  databaseCalls: number
}

// Checks what is due in a process of its own, beside others. An answer of an anchor is a wait, because the servers of
// 10,000 anchors and eight processes need more than the cores of one machine.
const { database, latencyMs } = JSON.parse(process.argv[2] ?? '') as SharedInput

const toml = `NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015"
SIGNING_KEY = "GBC6NRTTQLRCABQHIR5J4R4YDJWFWRAO4ZRQIM2SVI5GSIZ2HZ42RINW"
`
const answerOf = (url: string): string | null => {
  const { origin, pathname } = new URL(url)
  if (pathname === '/.well-known/stellar.toml') {
    return `${toml}WEB_AUTH_ENDPOINT = "${origin}/auth"\nTRANSFER_SERVER_SEP0024 = "${origin}/sep24"\n`
  }
  return pathname === '/sep24/info' ? '{"deposit":{"USDC":{"enabled":true}},"withdraw":{}}' : null
}
const fetchAfterWait: FetchUntrusted = async (url) => {
  await wait(latencyMs)
  const text = answerOf(url)
  const headers = {
    accessControlAllowOrigin: '*',
    wwwAuthenticate: null,
    allow: null,
    cfMitigated: null,
  }
  return {
    status: text === null ? 404 : 200,
    url,
    contentType: url.endsWith('.toml') ? 'text/plain' : 'application/json',
    retryAfter: null,
    headers,
    text: text ?? '',
    bytes: text?.length ?? 0,
    durationMs: latencyMs,
  } satisfies FetchAnswer
}

const counted = countingFetch(database)
const config = readConfig({
  SUPABASE_URL: database.url,
  SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
})
const deps = { ...createDeps(config, { databaseFetch: counted.fetch }), fetch: fetchAfterWait }
const startedAt = Date.now()
const { value, cost } = await watch(() => checkDue(deps))
const figures: SharedFigures = {
  startedAt,
  endedAt: Date.now(),
  cpuMs: cost.cpuMs,
  peakAboveIdleMb: cost.peakAboveIdleMb,
  processed: value.processed,
  lost: value.lost,
  databaseCalls: counted.calls(),
}
process.send?.(figures, () => process.exit())
