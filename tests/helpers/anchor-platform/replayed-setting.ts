import { Keypair, Networks, Transaction } from '@stellar/stellar-sdk'
import {
  FetchError,
  type FetchRequest,
  type FetchUntrusted,
} from '../../../lib/net/fetch-untrusted.ts'
import { writeChallenge } from '../../../local/world/challenge.ts'
import { SERVER, STRANGER } from '../challenges.ts'
import { buildEntries } from '../contract-challenges.ts'
import { fetchAnswer } from '../fetch-answer.ts'
import { readSepServer, type SepExchange } from './sep-server.ts'

/** The host of the recordings, and the one that stands for it where an anchor has a real name. */
const RECORDED_HOST = 'localhost:8380'
export const REPLAYED_HOST = 'kantoor.money'
const RECORDED_ACCOUNT = 'GC4RDFM5BUZYS3UFLZ6CFMKYCE3TJUYXBOU2VBOJ4RGYV6FRK427P2Z7'
const WEB_AUTH_CONTRACT = 'CD4YLLRHRAOMG5PKQ64DPC3OY6MXBA7LHPTCNEVLJB7RKAJHLTSQOEWC'
/** Any JWT. The recordings hold none. */
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

const all = readSepServer()
export const SETTINGS: readonly string[] = [...new Set(all.map(({ setting }) => setting))]

interface Replay {
  setting: string
  homeDomain: string
  now: Date
}

/**
 * The SEP server of 4.3.0 in one of its settings, as a fetch. What a setting does not record answers as the healthy server.
 * The recorded challenges are made again for the account that asks, with what is right and wrong in them.
 */
export function replaySetting(replay: Replay): FetchUntrusted {
  return async (text, request) => {
    const url = new URL(text)
    const exchange = recorded(replay, url, request)
    if (exchange === undefined && request.method === 'OPTIONS') return fetchAnswer(text)
    if (exchange === undefined) throw new Error(`Not recorded in ${replay.setting}: ${text}`)
    const { status, headers } = exchange.response
    // Status 0 is a request that got no answer.
    if (status === 0 || (exchange.ms ?? 0) > (request.timeoutMs ?? 6_000)) {
      throw new FetchError('timeout', text, text)
    }
    return fetchAnswer(text, {
      ...{ status, contentType: headers['content-type'] ?? '' },
      text: await bodyOf(exchange, url, replay),
      headers: {
        accessControlAllowOrigin: headers['access-control-allow-origin'] ?? null,
        wwwAuthenticate: headers['www-authenticate'] ?? null,
        ...{ allow: headers['allow'] ?? null, cfMitigated: null },
      },
    })
  }
}

const pathOf = (path: string) => new URL(path, 'https://a.co').pathname
const queryOf = (path: string) => new URL(path, 'https://a.co').searchParams

function recorded(replay: Replay, url: URL, request: FetchRequest): SepExchange | undefined {
  const { setting } = replay
  const method = request.method ?? (request.json === undefined ? 'GET' : 'POST')
  const path = url.pathname.replace(/[0-9a-f-]{36}$/, 'nope')
  if (method === 'POST' && path === '/auth') return signed(setting) ?? signed('default')
  const query = recordedQuery(url, replay)
  const isAsked = ({ request: { method: by, path: of, headers } }: SepExchange) =>
    by === method && pathOf(of) === path && isPlain(headers, request.bearer !== undefined)
  const find = (where: string) =>
    pick(
      all.filter((one) => one.setting === where && isAsked(one)),
      query,
    )
  const found = find(setting) ?? substitute(setting, path) ?? find('default')
  if (found !== undefined || request.bearer === undefined) return found
  // Prices are the same with a token.
  const { bearer: _, ...open } = request
  return recorded({ ...replay, setting: 'default' }, url, open)
}

/** The query as the recordings have it: `/customer` without the account, which is the one of the token. */
function recordedQuery(url: URL, { homeDomain }: Replay): URLSearchParams {
  const query = new URLSearchParams(url.searchParams)
  if (query.get('account')?.startsWith('G')) query.set('account', RECORDED_ACCOUNT)
  if (url.pathname.endsWith('/customer')) query.delete('account')
  const isUsual = homeDomain === REPLAYED_HOST && query.has('home_domain')
  if (isUsual) query.set('home_domain', RECORDED_HOST)
  return query
}

/** Without an `accept`, a preflight or a foreign token. */
function isPlain(headers: Record<string, string>, isSignedIn: boolean): boolean {
  if (headers['accept'] !== undefined || headers['access-control-request-method']) return false
  return (headers['authorization'] === 'Bearer <token>') === isSignedIn
}

/** The exchange with the same query, or else with the same parameters; one with an Origin before one without. */
function pick(asked: SepExchange[], query: URLSearchParams): SepExchange | undefined {
  const isPlainest = ({ request: { headers } }: SepExchange) => headers['origin'] === undefined
  const sorted = asked.toSorted((a, b) => Number(isPlainest(a)) - Number(isPlainest(b)))
  const same = sorted.find(({ request }) => `${queryOf(request.path)}` === `${query}`)
  if (same !== undefined) return same
  const names = `${[...query.keys()]}`
  const alike = sorted.filter(({ request }) => `${[...queryOf(request.path).keys()]}` === names)
  return alike.find(({ response }) => response.status < 400) ?? alike[0] ?? sorted[0]
}

/** The answer to a challenge that is signed as it should be. */
function signed(setting: string): SepExchange | undefined {
  return all.find((one) => {
    return one.setting === setting && /^auth POST signed(?: json|,)/.test(one.name)
  })
}

/** What the server answers where a setting holds the like only. */
function substitute(setting: string, path: string): SepExchange | undefined {
  const own = all.filter((one) => one.setting === setting)
  // The transaction of SEP-31 fails as the lists of SEP-6 and SEP-24 do.
  if (path === '/sep31/transactions/nope') {
    return own.find(({ name, response }) => {
      return /^token sep(?:6|24) transactions/.test(name) && response.status >= 400
    })
  }
  // SEP-6 and SEP-24 have the same assets.
  return setting === 'closed' && path === '/sep24/info'
    ? own.find(({ request }) => pathOf(request.path) === '/sep6/info')
    : undefined
}

async function bodyOf(exchange: SepExchange, asked: URL, replay: Replay): Promise<string> {
  const { request, response, challenge } = exchange
  const { body } = response
  if (request.path === '/.well-known/stellar.toml') return tomlOf(body, replay)
  if (challenge === undefined || response.status !== 200) return body.replace('<jwt>', TOKEN)
  if (!request.path.startsWith('/auth')) return entriesFor(asked)
  const answer = JSON.parse(body)
  const transaction = madeAgain(answer.transaction, challenge, asked, replay)
  return JSON.stringify({ ...answer, transaction })
}

function tomlOf(recordedToml: string, { setting }: Replay): string {
  const keys = all.find((one) => one.setting === setting && one.challenge)?.challenge
  return recordedToml
    .replaceAll(`http://${RECORDED_HOST}`, `https://${REPLAYED_HOST}`)
    .replace(/SIGNING_KEY = ".*"/, `SIGNING_KEY = "${SERVER.publicKey()}"`)
    .replace(Networks.TESTNET, keys?.passphrase ?? Networks.TESTNET)
}

/** The challenge with the account that asks, now, by a key of the tests. One that its key did not sign gets a wrong signature. */
function madeAgain(
  transaction: string,
  { passphrase, signing_key, captured_at }: NonNullable<SepExchange['challenge']>,
  asked: URL,
  { homeDomain, now }: Replay,
): string {
  const made = new Transaction(transaction, passphrase)
  const [auth, web] = made.operations
  if (auth?.type !== 'manageData' || web?.type !== 'manageData') throw new Error('No challenge')
  const signature = made.signatures[0]?.signature.toBytes() ?? new Uint8Array(64)
  const isSigned = Keypair.fromPublicKey(signing_key).verify(made.hash(), signature)
  const signer = isSigned ? SERVER : STRANGER
  const later = Math.floor(now.getTime() / 1000) - captured_at
  const webAuthDomain = Buffer.from(web.value ?? []).toString()
  const { envelope } = writeChallenge({
    server: {
      accountId: signer.publicKey(),
      publicKey: Buffer.from(signer.rawPublicKey()),
      sign: (bytes) => Buffer.from(signer.sign(bytes)),
    },
    account: asked.searchParams.get('account') ?? '',
    homeDomain: auth.name.replace(/ auth$/, '').replace(RECORDED_HOST, homeDomain),
    webAuthDomain: webAuthDomain.replace(RECORDED_HOST, REPLAYED_HOST),
    passphrase,
    from: Number(made.timeBounds?.minTime) + later,
    until: Number(made.timeBounds?.maxTime) + later,
  })
  return envelope.toString('base64')
}

async function entriesFor({ searchParams }: URL): Promise<string> {
  const client = searchParams.get('account') ?? ''
  const home_domain = searchParams.get('home_domain') ?? ''
  const argument = { account: client, home_domain, web_auth_domain: REPLAYED_HOST }
  return JSON.stringify({
    authorizationEntries: await buildEntries({ client, contract: WEB_AUTH_CONTRACT, argument }),
    networkPassphrase: Networks.TESTNET,
  })
}
