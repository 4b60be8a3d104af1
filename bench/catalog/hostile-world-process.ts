import { gzipSync } from 'node:zlib'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { simulatedAccountId, simulatedSigner } from '../../local/world/simulated-keys.ts'
import { createWebAuthServer } from '../../local/world/web-auth-server.ts'
import { type Site, startWorldServer } from '../../local/world/world-server.ts'

/** A world in which some anchors try to use up the memory of whoever checks them. */
export interface HostileOptions {
  count: number
  /** Every n-th anchor is hostile. */
  hostileEvery: number
}

const DOMAIN = 'bench.sim'
const DIRECTORY_HOST = `directory.${DOMAIN}`
const TOML_PATH = '/.well-known/stellar.toml'
const PASSPHRASE = 'Public Global Stellar Network ; September 2015'
/** As much as the service reads of an `/info`, and of a stellar.toml. */
const LONGEST_INFO = 130_000
const LONGEST_TOML = 100_000

const { count, hostileEvery } = JSON.parse(process.argv[2] ?? '') as HostileOptions

/** What hostile anchors answer to every request but the one for their stellar.toml. */
const HOSTILE: readonly ((path: string) => Answer)[] = [
  // Everything that a check stores, as long as it may be, and late, so that many such answers are held at once.
  (path) => ({ ...largest(path), delayMs: 1_000 }),
  // An answer that has arrived but for its last bytes, and stays so.
  () => ({
    kind: 'body',
    status: 200,
    headers: { 'content-type': 'application/json', 'content-length': String(LONGEST_INFO + 9) },
    body: `{"deposit":"${'x'.repeat(LONGEST_INFO - 12)}`,
  }),
  () => ({ kind: 'endless' }),
  () => BOMB,
  // As many values as a check reads.
  () => bodyAnswer('application/json', `{"deposit":[${'{"a":1},'.repeat(14_000)}0]}`),
]
const BOMB: Answer = {
  kind: 'body',
  status: 200,
  headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  body: gzipSync(Buffer.alloc(32 * 1024 * 1024, ' ')),
}

const names = (prefix: string, length: number) =>
  Array.from({ length }, (_, at) => `${prefix}${at}`)
const LIMITS = { enabled: true, min_amount: '1'.repeat(20), max_amount: '9'.repeat(20) }
const FEES = { fee_fixed: '1'.repeat(20), fee_percent: '2'.repeat(20), fee_minimum: '3'.repeat(20) }
const ASSETS = Object.fromEntries(names('ASSET', 100).map((code) => [code, { ...LIMITS, ...FEES }]))
const LARGEST_TRANSFER = jsonAnswer({
  ...{ deposit: ASSETS, withdraw: ASSETS, receive: ASSETS },
  ...{ 'deposit-exchange': ASSETS, 'withdraw-exchange': ASSETS },
})
const METHODS = names('method-of-delivery-', 10).map((name) => ({
  name: name.padEnd(60, '-'),
  description: name,
}))
const COUNTRIES = names('no-such-country-', 40)
const LARGEST_QUOTES = jsonAnswer({
  assets: [
    { asset: `stellar:USDB:${simulatedAccountId('issuer')}` },
    ...names('', 99).map((_, at) => ({
      asset: `iso4217:${String.fromCharCode(65 + (at % 26), 65 + Math.floor(at / 26), 65)}`,
      sell_delivery_methods: METHODS,
      buy_delivery_methods: METHODS,
      country_codes: COUNTRIES,
    })),
  ],
})
const LARGEST_OFFERINGS = jsonAnswer({
  offerings: names('rail-', 200).map((rail) => ({
    ...{ kind: 'bank_account', country_code: 'US', currency: 'USD' },
    rail: rail.padEnd(120, '-'),
  })),
})

function largest(path: string): Answer {
  if (path.startsWith('/sep38')) return LARGEST_QUOTES
  return path.startsWith('/sep59') ? LARGEST_OFFERINGS : LARGEST_TRANSFER
}

function siteOf(index: number): Site {
  const domain = domainOf(index)
  const signer = simulatedSigner('bench')
  const isHostile = index % hostileEvery === 0
  const toml = bodyAnswer('text/plain', isHostile ? hostileToml(domain) : goodToml(domain))
  const about = { signer, homeDomain: domain, webAuthDomain: domain, passphrase: PASSPHRASE }
  const webAuth = createWebAuthServer({ ...about, now: () => new Date() })
  const hostile = HOSTILE[(index / hostileEvery) % HOSTILE.length]
  return {
    certificateName: `*.${DOMAIN}`,
    answer: (url, request = { method: 'GET', body: '' }) => {
      const { pathname } = url
      if (pathname === TOML_PATH) return toml
      if (pathname === '/auth') return webAuth.answer(url, request)
      if (isHostile) return hostile?.(pathname) ?? statusAnswer(404)
      if (pathname.endsWith('/info')) return GOOD_INFO
      return pathname.endsWith('/transactions') ? EMPTY_LIST : statusAnswer(404)
    },
  }
}

const GOOD_INFO = jsonAnswer({
  deposit: { USDB: { enabled: true } },
  withdraw: { USDB: { enabled: true } },
  fee: { enabled: false },
})
const EMPTY_LIST = jsonAnswer({ transactions: [] })

function domainOf(index: number): string {
  return `anchor-${index}.${DOMAIN}`
}

function goodToml(domain: string): string {
  return `NETWORK_PASSPHRASE = "${PASSPHRASE}"
SIGNING_KEY = "${simulatedSigner('bench').accountId}"
WEB_AUTH_ENDPOINT = "https://${domain}/auth"
TRANSFER_SERVER = "https://${domain}/sep6"
TRANSFER_SERVER_SEP0024 = "https://${domain}/sep24"
`
}

/** Every endpoint, and as many currencies as the file may hold. */
function hostileToml(domain: string): string {
  const head = `${goodToml(domain)}DIRECT_PAYMENT_SERVER = "https://${domain}/sep31"
ANCHOR_QUOTE_SERVER = "https://${domain}/sep38"
EXTERNAL_ACCOUNT_SERVER = "https://${domain}/sep59"
KYC_SERVER = "https://${domain}/sep12"
`
  const issuer = simulatedAccountId('issuer')
  const currency = (at: number) => `[[CURRENCIES]]
code = "ASSET${at}"
issuer = "${issuer}"
anchor_asset = "${'long '.repeat(14)}"
`
  const currencies = names('', 500).map((_, at) => currency(at))
  return (head + currencies.join('')).slice(0, LONGEST_TOML)
}

const sites = new Map(Array.from({ length: count }, (_, at) => [domainOf(at), siteOf(at)]))
const rows = [...sites.keys()].map((domain) => ({
  ...{ name: domain, home_domain: domain, country: 'MX', currencies: ['USD'] },
}))
const directory = jsonAnswer({ anchors: rows })
sites.set(DIRECTORY_HOST, { answer: () => directory, certificateName: `*.${DOMAIN}` })
const world = await startWorldServer(sites)
const { port, ca } = world.policy
const directoryUrl = `https://${DIRECTORY_HOST}/anchors.json`
console.log(JSON.stringify({ port, ca, directoryUrl }))
process.once('SIGTERM', () => void world.close())
