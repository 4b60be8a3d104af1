import { pathToFileURL } from 'node:url'
import { STELLAR_TOML_PATH } from './anchor-site.ts'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from './answer.ts'
import { accountRecord } from './horizon-site.ts'
import {
  domainOf,
  fateOf,
  hostNamed,
  type LatencyOptions,
  SERVED_AT,
  type ServedSep,
  servedBy,
  transferHostOf,
} from './latency-ladder.ts'
import { type SimulatedSigner, simulatedAccountId, simulatedSigner } from './simulated-keys.ts'
import { createWebAuthServer } from './web-auth-server.ts'
import { type Site, type SiteRequest, startWorldServer, type WorldServer } from './world-server.ts'

const DIRECTORY_PATH = '/anchors.json'
const CERTIFICATE_NAME = `*.${hostNamed('').slice(1)}`
const PASSPHRASE = 'Public Global Stellar Network ; September 2015'

export interface LatencyWorld extends WorldServer {
  directoryUrl: string
  horizonUrl: string
}

/**
 * Starts a world of `count` anchors whose answers are late: the stellar.toml and everything that a check and a sign-in ask
 * for, signed at the moment of the request. Every second anchor serves its protocols from another host. The seed decides
 * which answers are later than the others. A directory lists the anchors, and a Horizon shows their issuers.
 */
export async function startLatencyWorld(options: LatencyOptions): Promise<LatencyWorld> {
  const sites = new Map<string, Site>()
  for (let index = 0; index < options.count; index += 1) {
    const server = anchorServer(index)
    const answer = (url: URL, request: SiteRequest = { method: 'GET', body: '' }): Answer =>
      lateAnswer(options, url, request, server)
    for (const host of new Set([domainOf(index), transferHostOf(index)])) {
      sites.set(host, { answer, certificateName: CERTIFICATE_NAME })
    }
  }
  const plain = (host: string, answer: (url: URL) => Answer) => {
    const late = (url: URL): Answer => ({ ...answer(url), delayMs: options.latencyMs })
    sites.set(host, { answer: late, certificateName: CERTIFICATE_NAME })
    return `https://${host}`
  }
  const directory = jsonAnswer({ anchors: Array.from({ length: options.count }, directoryRow) })
  const directoryUrl = plain(hostNamed('directory'), (url) =>
    url.pathname === DIRECTORY_PATH ? directory : statusAnswer(404),
  )
  const horizonUrl = plain(hostNamed('horizon'), horizon(options.count))
  const server = await startWorldServer(sites)
  return { ...server, directoryUrl: `${directoryUrl}${DIRECTORY_PATH}`, horizonUrl }
}

function directoryRow(_: unknown, index: number): object {
  const name = `Anchor ${index}`
  return { name, home_domain: domainOf(index), country: 'MX', currencies: ['USD'] }
}

/** The accounts of the issuers, each of which names its home domain. */
function horizon(count: number): (url: URL) => Answer {
  const baseUrl = `https://${hostNamed('horizon')}`
  const issuers = Array.from({ length: count }, (_, index) => [issuerOf(index), domainOf(index)])
  const homeDomains = new Map(issuers.map(([issuer, domain]) => [issuer, domain]))
  return (url) => {
    if (url.pathname === '/') return jsonAnswer({ network_passphrase: PASSPHRASE })
    const account = url.pathname.replace('/accounts/', '')
    const homeDomain = homeDomains.get(account)
    return homeDomain === undefined
      ? statusAnswer(404)
      : jsonAnswer(accountRecord(baseUrl, account, homeDomain))
  }
}

type Server = (url: URL, request: SiteRequest) => Answer

/** What an anchor answers where nothing goes wrong. */
function anchorServer(index: number): Server {
  const domain = domainOf(index)
  const signer = simulatedSigner(`signing ${domain}`)
  const webAuth = createWebAuthServer({
    ...{ signer, homeDomain: domain, webAuthDomain: domain, passphrase: PASSPHRASE },
    now: () => new Date(),
  })
  const answers = new Map<string, Answer>([
    [STELLAR_TOML_PATH, bodyAnswer('text/plain', stellarToml(index, signer))],
    ['/sep24/info', jsonAnswer(SEP24_INFO)],
    ['/sep6/info', jsonAnswer(SEP6_INFO)],
    ['/sep31/info', jsonAnswer(SEP31_INFO)],
    ['/sep38/info', jsonAnswer(quotesOf(index))],
    ['/sep38/prices', jsonAnswer(PRICES)],
  ])
  return (url, request) => {
    const { pathname } = url
    if (pathname === SERVED_AT.sep10) return webAuth.answer(url, request)
    const open = answers.get(pathname)
    if (open !== undefined) return open
    if (pathname === `${SERVED_AT.sep6}/customer`) return statusAnswer(404)
    if (request.method === 'OPTIONS') return statusAnswer(200, { allow: 'GET,HEAD,OPTIONS' })
    if (!webAuth.knows(request.bearer)) {
      return jsonAnswer({ type: 'authentication_required' }, 403)
    }
    if (pathname === '/kyc/customer') return jsonAnswer({ status: 'NEEDS_INFO', fields: {} })
    if (pathname.startsWith('/sep31/')) return jsonAnswer({ error: 'transaction not found' }, 404)
    return jsonAnswer({ transactions: [] })
  }
}

function lateAnswer(
  options: LatencyOptions,
  url: URL,
  request: SiteRequest,
  server: Server,
): Answer {
  const { method, bearer } = request
  const asked = { host: url.hostname, path: url.pathname, method, isSignedIn: bearer !== undefined }
  const { fate, delayMs } = fateOf(options, asked)
  if (fate === 'never') return { kind: 'hang' }
  const answer = fate === 'missing' ? statusAnswer(404) : server(url, request)
  return { ...withCors(answer), delayMs }
}

function withCors(answer: Answer): Answer {
  if (answer.kind !== 'body') return answer
  return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': '*' } }
}

const FIELD: Record<ServedSep, string> = {
  sep24: 'TRANSFER_SERVER_SEP0024',
  sep6: 'TRANSFER_SERVER',
  sep10: 'WEB_AUTH_ENDPOINT',
  sep31: 'DIRECT_PAYMENT_SERVER',
  sep38: 'ANCHOR_QUOTE_SERVER',
  sep12: 'KYC_SERVER',
}

function stellarToml(index: number, signer: SimulatedSigner): string {
  const domain = domainOf(index)
  const servers = [...servedBy(index)].map((sep) => {
    const host = sep === 'sep10' ? domain : transferHostOf(index)
    return `${FIELD[sep]} = "https://${host}${SERVED_AT[sep]}"`
  })
  return `VERSION = "2.7.0"
NETWORK_PASSPHRASE = "${PASSPHRASE}"
SIGNING_KEY = "${signer.accountId}"
${servers.join('\n')}

[DOCUMENTATION]
ORG_NAME = "Anchor ${index}"
ORG_URL = "https://${domain}"

[[CURRENCIES]]
code = "USDB"
issuer = "${issuerOf(index)}"
status = "live"
is_asset_anchored = true
anchor_asset_type = "fiat"
anchor_asset = "USD"
`
}

function issuerOf(index: number): string {
  return simulatedAccountId(`issuer ${domainOf(index)}`)
}

const AMOUNTS = { fee_fixed: 0.5, fee_percent: 1, min_amount: 1, max_amount: 10_000 }
const SUPPORT = { enabled: true, ...AMOUNTS }
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
const SEP31_INFO = { receive: { USDB: { ...AMOUNTS, quotes_supported: true } } }
const FIAT = 'iso4217:USD'
const PRICES = { buy_assets: [{ asset: FIAT, price: '1.02', decimals: 2 }] }

function quotesOf(index: number): object {
  return { assets: [{ asset: `stellar:USDB:${issuerOf(index)}` }, { asset: FIAT }] }
}

// The bench runs this file as a process of its own, so that the measured service does not pay its CPU time and memory.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const world = await startLatencyWorld(JSON.parse(process.argv[2] ?? '{}') as LatencyOptions)
  const { port, ca } = world.policy
  const { directoryUrl, horizonUrl, hosts } = world
  console.log(JSON.stringify({ port, ca, directoryUrl, horizonUrl, hosts }))
  process.once('SIGTERM', () => void world.close())
}
