import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { STELLAR_TOML_PATH } from './anchor-site.ts'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from './answer.ts'
import { simulatedAccountId } from './simulated-keys.ts'
import { type Site, startWorldServer, type WorldServer } from './world-server.ts'

const DOMAIN = 'bench.sim'
const DIRECTORY_HOST = `directory.${DOMAIN}`
const DIRECTORY_PATH = '/anchors.json'
const SLOW_ANSWER_MS = 2_000
const SLOW_SHARE = 0.05
const NEVER_SHARE = 0.02
const MISSING_SHARE = 0.03
const SEP24_INFO_PATH = '/sep24/info'
const SEP6_INFO_PATH = '/sep6/info'

export interface LatencyOptions {
  /** The number of anchors. Each has one domain. */
  count: number
  /** The delay of every answer. */
  latencyMs: number
  /** Whether 5 % of the answers take 2 s, 2 % never come and 3 % are 404. */
  tail: boolean
  seed: number
}

export interface LatencyWorld extends WorldServer {
  directoryUrl: string
}

/** The time that a client needs for the requests of one domain. The two `/info` follow the stellar.toml. */
export interface DomainChain {
  domain: string
  tomlMs: number
  /** The `/info` of SEP-24 and of SEP-6, which run at the same time. Empty when no stellar.toml was read. */
  infoMs: number[]
}

type Fate = 'plain' | 'slow' | 'never' | 'missing'

/**
 * Starts a world of `count` anchors whose answers are late: stellar.toml, and `/info` of SEP-24 and SEP-6, which every
 * second anchor serves from another host. The seed decides which answers are later than the others.
 */
export async function startLatencyWorld(options: LatencyOptions): Promise<LatencyWorld> {
  const sites = new Map<string, Site>()
  for (let index = 0; index < options.count; index += 1) {
    const domain = domainOf(index)
    const answers = new Map([
      [STELLAR_TOML_PATH, bodyAnswer('text/plain', stellarToml(index))],
      [SEP24_INFO_PATH, jsonAnswer(SEP24_INFO)],
      [SEP6_INFO_PATH, jsonAnswer(SEP6_INFO)],
    ])
    const answer = (url: URL): Answer => lateAnswer(options, url, answers.get(url.pathname))
    for (const host of new Set([domain, transferHostOf(index)])) {
      sites.set(host, { answer, certificateName: `*.${DOMAIN}` })
    }
  }
  const rows = Array.from({ length: options.count }, (_, index) => ({
    name: `Anchor ${index}`,
    home_domain: domainOf(index),
    country: 'MX',
    currencies: ['USD'],
  }))
  const directory = { ...jsonAnswer({ anchors: rows }), delayMs: options.latencyMs }
  sites.set(DIRECTORY_HOST, {
    answer: (url) => (url.pathname === DIRECTORY_PATH ? directory : statusAnswer(404)),
    certificateName: `*.${DOMAIN}`,
  })
  const server = await startWorldServer(sites)
  return { ...server, directoryUrl: `https://${DIRECTORY_HOST}${DIRECTORY_PATH}` }
}

/**
 * The time that each domain's requests take with a timeout of `timeoutMs` each. The bench computes from it the least time
 * that a check can take.
 */
export function latencyChains(options: LatencyOptions, timeoutMs: number): DomainChain[] {
  return Array.from({ length: options.count }, (_, index) => {
    const domain = domainOf(index)
    const cost = (host: string, path: string): { costMs: number; read: boolean } => {
      const fate = fateOf(options, host, path)
      const delayMs = delayOf(options, fate)
      const read = fate !== 'missing' && delayMs < timeoutMs
      return { costMs: Math.min(delayMs, timeoutMs), read }
    }
    const toml = cost(domain, STELLAR_TOML_PATH)
    const infoMs = toml.read
      ? [SEP24_INFO_PATH, SEP6_INFO_PATH].map((path) => cost(transferHostOf(index), path).costMs)
      : []
    return { domain, tomlMs: toml.costMs, infoMs }
  })
}

function domainOf(index: number): string {
  return `anchor-${index}.${DOMAIN}`
}

function transferHostOf(index: number): string {
  return index % 2 === 0 ? domainOf(index) : `transfer-${index}.${DOMAIN}`
}

function lateAnswer(options: LatencyOptions, url: URL, answer: Answer | undefined): Answer {
  const fate = fateOf(options, url.hostname, url.pathname)
  if (fate === 'never') return { kind: 'hang' }
  const body = fate === 'missing' || answer === undefined ? statusAnswer(404) : answer
  return { ...body, delayMs: delayOf(options, fate) }
}

function delayOf(options: LatencyOptions, fate: Fate): number {
  if (fate === 'never') return Number.POSITIVE_INFINITY
  return fate === 'slow' ? SLOW_ANSWER_MS : options.latencyMs
}

function fateOf(options: LatencyOptions, host: string, path: string): Fate {
  if (!options.tail) return 'plain'
  const hash = createHash('sha256').update(`${options.seed} ${host}${path}`).digest()
  const share = hash.readUInt32BE(0) / 2 ** 32
  if (share < SLOW_SHARE) return 'slow'
  if (share < SLOW_SHARE + NEVER_SHARE) return 'never'
  return share < SLOW_SHARE + NEVER_SHARE + MISSING_SHARE ? 'missing' : 'plain'
}

function stellarToml(index: number): string {
  const domain = domainOf(index)
  const transferHost = transferHostOf(index)
  return `VERSION = "2.7.0"
NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015"
SIGNING_KEY = "${simulatedAccountId(`signing ${domain}`)}"
WEB_AUTH_ENDPOINT = "https://${domain}/auth"
TRANSFER_SERVER_SEP0024 = "https://${transferHost}${SEP24_INFO_PATH.replace('/info', '')}"
TRANSFER_SERVER = "https://${transferHost}${SEP6_INFO_PATH.replace('/info', '')}"

[DOCUMENTATION]
ORG_NAME = "Anchor ${index}"
ORG_URL = "https://${domain}"

[[CURRENCIES]]
code = "USDB"
issuer = "${simulatedAccountId(`issuer ${domain}`)}"
status = "live"
is_asset_anchored = true
anchor_asset_type = "fiat"
`
}

const SUPPORT = { enabled: true, fee_fixed: 0.5, fee_percent: 1, min_amount: 1, max_amount: 10_000 }
const SEP24_INFO = {
  deposit: { USDB: SUPPORT },
  withdraw: { USDB: SUPPORT },
  fee: { enabled: false },
  features: { account_creation: true, claimable_balances: false },
}
const SEP6_INFO = {
  deposit: { USDB: { ...SUPPORT, authentication_required: true } },
  withdraw: { USDB: { ...SUPPORT, authentication_required: true, types: { bank_account: {} } } },
  fee: { enabled: false },
  transactions: { enabled: true, authentication_required: true },
  transaction: { enabled: true, authentication_required: true },
}

// The bench runs this file as a process of its own, so that the measured service does not pay its CPU time and memory.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const world = await startLatencyWorld(JSON.parse(process.argv[2] ?? '{}') as LatencyOptions)
  const { port, ca } = world.policy
  console.log(JSON.stringify({ port, ca, directoryUrl: world.directoryUrl, hosts: world.hosts }))
  process.once('SIGTERM', () => void world.close())
}
