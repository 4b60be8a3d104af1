import { randomUUID } from 'node:crypto'
import { parse } from 'smol-toml'
import { Agent, buildConnector, request } from 'undici'
import { normaliseRows } from '../../lib/anchors/discovery/directory-row.ts'
import {
  type CheckedHomeDomain,
  finishRun,
  importListings,
  readDueHomeDomains,
  recordChecks,
  startRun,
} from '../../lib/anchors/store.ts'
import { createDatabase } from '../../lib/db/client.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import type { WorldAddress } from '../world.ts'

export interface SequentialInput {
  database: DatabaseAddress
  world: WorldAddress
  /** For each request. */
  timeoutMs: number
}

export interface SequentialFigures {
  durationMs: number
  processed: number
  ok: number
  databaseCalls: number
}

const NETWORK = 'mainnet'
const LEASE_SECONDS = 60

// Does the work of a sync the simple way: one anchor after another, one request after another, one database call each.
const { database, world, timeoutMs } = JSON.parse(process.argv[2] ?? '') as SequentialInput
const counted = countingFetch(database)
const db = createDatabase({ ...database, fetch: counted.fetch })
const join = buildConnector({
  ca: world.ca,
  lookup: (_hostname, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
})
const dispatcher = new Agent({
  connect: (options, done) => join({ ...options, port: String(world.port) }, done),
})

async function read(url: string): Promise<string> {
  const { statusCode, body } = await request(url, {
    dispatcher,
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
  return text
}

async function check(domain: string): Promise<{ error?: string }> {
  try {
    const toml = parse(await read(`https://${domain}/.well-known/stellar.toml`))
    for (const server of [toml['TRANSFER_SERVER_SEP0024'], toml['TRANSFER_SERVER']]) {
      await read(`${server}/info`)
        .then(JSON.parse)
        .catch(() => undefined)
    }
    return {}
  } catch (error) {
    return { error: String(error) }
  }
}

function checkOf(domain: string, durationMs: number, error: string | undefined): CheckedHomeDomain {
  const outcome = error === undefined ? 'ok' : 'unsure'
  return {
    check: {
      domain,
      checkedAt: new Date().toISOString(),
      durationMs,
      outcome,
      ...(error === undefined ? {} : { error }),
      capability: null,
      trust: null,
      operational: null,
      listings: null,
      findings: [],
    },
    health: {
      notFoundCount: 0,
      policyFailureCount: 0,
      okStreak: 0,
      autoDisabledReason: null,
      lastOutcome: outcome,
    },
  }
}

const startedAt = performance.now()
const run = await startRun(db, {
  kind: 'sync',
  trigger: 'manual',
  holder: randomUUID(),
  leaseSeconds: LEASE_SECONDS,
  quietSeconds: 0,
  quietFrom: 'finish',
  cursorSource: null,
})
if (!run.started) throw new Error(`The sequential sync did not start: ${run.skipped}`)
const { runId, fence } = run
const { anchors } = JSON.parse(await read(world.directoryUrl)) as { anchors: unknown[] }
const { listings } = normaliseRows(anchors, { network: NETWORK, allowedDomains: [] })
await importListings(db, {
  network: NETWORK,
  listings,
  active: true,
  source: world.directoryUrl,
  dryRun: false,
  cursor: null,
  run: { id: runId, fence },
})
const { domains } = await readDueHomeDomains(db, {
  network: NETWORK,
  runId,
  fence,
  limit: 1_000,
  country: null,
})
let ok = 0
for (const { domain } of domains) {
  const checkStartedAt = performance.now()
  const { error } = await check(domain)
  if (error === undefined) ok += 1
  await recordChecks(db, {
    network: NETWORK,
    runId,
    fence,
    leaseSeconds: LEASE_SECONDS,
    checks: [checkOf(domain, performance.now() - checkStartedAt, error)],
  })
}
await finishRun(db, { runId, fence, answer: { status: 'ok' } })
const figures: SequentialFigures = {
  durationMs: performance.now() - startedAt,
  processed: domains.length,
  ok,
  databaseCalls: counted.calls(),
}
process.send?.(figures, () => process.exit())
