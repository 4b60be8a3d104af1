import { randomUUID } from 'node:crypto'
import { isJsonNumber, isJsonObject } from '../../../lossless-json.ts'
import { NETWORK_PASSPHRASE, type Network } from '../../../stellar/network.ts'
import { type Finding, type FindingCode, finding } from '../finding.ts'
import { askQuotes, type QuotesInfo } from '../info/quotes.ts'
import { readObject } from '../info/read-json.ts'
import type { AssetSupport } from '../offers.ts'
import { type CheckIo, fetchWithEvidence, type RequestResult } from '../request-evidence.ts'
import { ENDPOINT_FIELD, type SepName, sepNumber } from '../toml/fields.ts'
import { requestChallenge } from './ask.ts'
import { transactionHash, withSignature } from './envelope.ts'
import type { SignInKey } from './sign-in-key.ts'
import {
  isFailure,
  readSignedIn,
  type SignedInSep,
  type SignedInSight,
} from './signed-in-answer.ts'

/**
 * A platform whose database is away answers after 10.0 s, and one whose ledger hangs never answers the signed challenge.
 */
const TIMEOUT_MS = 12_000
const ANSWER_MAX_BYTES = 65_536
const REFUSAL_BYTES = 4_096
/** A token of the Anchor Platform has 400 characters. */
const MAX_TOKEN_CHARACTERS = 16_384
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/
/** A wallet needs some time to use its token. */
const LEAST_TOKEN_SECONDS = 60

/** The time for the whole of it: the challenge, the signed challenge, and the lists side by side. */
export const SIGN_IN_BUDGET_MS = 28_000

/** What to sign in to. */
export interface SignInOrder {
  network: Network
  homeDomain: string
  /** SIGNING_KEY of the stellar.toml. */
  signingKey: string
  endpoints: Partial<Record<SepName, string>>
  /** The assets of SEP-6 and SEP-24, as their `/info` spells them. */
  assets: {
    sep24: Record<string, AssetSupport> | undefined
    sep6: Record<string, AssetSupport> | undefined
  }
  /** SEP-38 refuses strangers, so that its `/info` is read with the token. */
  readsQuotes: boolean
}

/** What a sign-in showed. The token is gone with it. */
export interface SignIn {
  /** ISO 8601, UTC. */
  at: string
  seps: Partial<Record<SignedInSep, SignedInSight>>
  quotes: QuotesInfo | null
  findings: Finding[]
}

/**
 * Signs in as a wallet does, and reads the lists of an account that has none (SEP-10, "Token"). It shows what no public
 * answer shows: whether the database and the business behind a server are there. Only a challenge that passed every check
 * is signed, nothing is written, and the token goes to the servers of the stellar.toml and nowhere else.
 *
 * @returns null when no challenge came that may be signed
 */
export async function signIn(
  order: SignInOrder,
  key: SignInKey,
  io: CheckIo,
): Promise<SignIn | null> {
  const { network, homeDomain, signingKey, endpoints } = order
  const endpoint = endpoints.sep10
  if (endpoint === undefined) return null
  const at = io.now().toISOString()
  const expected = { network, homeDomain, signingKey, endpoint, account: key.account }
  const { envelope, step } = await requestChallenge(expected, io)
  if (envelope === undefined || step !== 'verified') return null
  const hash = transactionHash(envelope, NETWORK_PASSPHRASE[network])
  const transaction = withSignature(envelope, { hint: key.hint, signature: key.sign(hash) })
  const posted = await fetchWithEvidence(
    endpoint,
    { json: JSON.stringify({ transaction }), ...BOUNDS },
    io,
  )
  const given = readToken(posted, io.now())
  if (given.token === null) {
    const seps = given.isFailing ? failingEverywhere(order) : {}
    return { at, seps, quotes: null, findings: given.findings }
  }
  const read = await readLists(order, key.account, given.token, io)
  return { at, ...read, findings: [...given.findings, ...read.findings] }
}

const BOUNDS = {
  accept: 'application/json',
  maxBytes: ANSWER_MAX_BYTES,
  refusalBytes: REFUSAL_BYTES,
  timeoutMs: TIMEOUT_MS,
}

interface Token {
  token: string | null
  /** The server erred. It said neither yes nor no. */
  isFailing: boolean
  findings: Finding[]
}

function readToken(posted: RequestResult, now: Date): Token {
  const found = (code: FindingCode, actual: unknown) => [
    finding(code, { sep: 10, field: ENDPOINT_FIELD.sep10, actual }),
  ]
  if ('error' in posted) {
    const isFailing = isFailure(posted.error)
    return { token: null, isFailing, findings: found('sign_in_failing', posted.error) }
  }
  const { status, text } = posted
  if (status !== 200) {
    const isFailing = status >= 500
    const code = isFailing ? 'sign_in_failing' : 'sign_in_refused'
    return { token: null, isFailing, findings: found(code, status) }
  }
  const body = readObject(text)
  const token = 'value' in body ? body.value['token'] : undefined
  if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARACTERS || !JWT.test(token)) {
    // No finding shows a token, whatever its form.
    return { token: null, isFailing: false, findings: found('sign_in_token', typeof token) }
  }
  const seconds = secondsLeft(token, now)
  const isShort = seconds !== null && seconds < LEAST_TOKEN_SECONDS
  return { token, isFailing: false, findings: isShort ? found('sign_in_token_short', seconds) : [] }
}

/** The time until a token ends (RFC 7519 4.1.4); null for one that does not say. */
function secondsLeft(token: string, now: Date): number | null {
  const claims = readObject(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const written = 'value' in claims ? claims.value['exp'] : undefined
  const expires = isJsonNumber(written) ? Number(written.rawJSON) : Number.NaN
  return Number.isSafeInteger(expires) ? expires - Math.floor(now.getTime() / 1000) : null
}

/** The rails that need a token are closed to everybody while nobody gets one. */
function failingEverywhere({ endpoints }: SignInOrder): SignIn['seps'] {
  const rails = ['sep24', 'sep6', 'sep31'] as const
  const declared = rails.filter((name) => endpoints[name] !== undefined)
  return Object.fromEntries(declared.map((name) => [name, { outcome: 'failing' as const }]))
}

async function readLists(
  order: SignInOrder,
  account: string,
  token: string,
  io: CheckIo,
): Promise<Omit<SignIn, 'at'>> {
  const { endpoints, readsQuotes } = order
  const signedIn: CheckIo = {
    ...io,
    fetch: (url, request) => io.fetch(url, { ...request, bearer: token }),
  }
  const [sights, quotes] = await Promise.all([
    Promise.all(listsOf(order, account).map((list) => readList(list, signedIn))),
    readsQuotes && endpoints.sep38 ? askQuotes(endpoints.sep38, signedIn) : null,
  ])
  return {
    seps: Object.fromEntries(sights.flatMap(({ sep, sight }) => (sight ? [[sep, sight]] : []))),
    quotes,
    findings: sights.flatMap(({ findings }) => findings),
  }
}

interface List {
  sep: SignedInSep
  url: string
}

/** The empty lists of an account that nobody knows, and its customer. */
function listsOf({ endpoints, assets }: SignInOrder, account: string): List[] {
  const lists: List[] = []
  const add = (sep: SignedInSep, endpoint: string | undefined, path: string, query = {}) => {
    if (endpoint === undefined) return
    const url = URL.parse(`${endpoint.replace(/[?#].*$/, '').replace(/\/+$/, '')}${path}`)
    if (url === null) return
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
    lists.push({ sep, url: url.href })
  }
  const [sep24Asset] = openKeys(assets.sep24)
  const [sep6Asset] = openKeys(assets.sep6)
  if (sep24Asset) add('sep24', endpoints.sep24, '/transactions', { asset_code: sep24Asset })
  if (sep6Asset) add('sep6', endpoints.sep6, '/transactions', { asset_code: sep6Asset, account })
  add('sep31', endpoints.sep31, `/transactions/${randomUUID()}`)
  add('sep12', endpoints.sep12, '/customer', { account })
  return lists
}

function openKeys(assets: Record<string, AssetSupport> = {}): string[] {
  return Object.keys(assets).filter((key) =>
    Object.values(assets[key] ?? {}).some((support) => isJsonObject(support) && support.enabled),
  )
}

async function readList(
  { sep, url }: List,
  io: CheckIo,
): Promise<{ sep: SignedInSep; sight: SignedInSight | null; findings: Finding[] }> {
  const answer = await fetchWithEvidence(url, BOUNDS, io)
  const sight = readSignedIn(sep, answer)
  const actual = 'error' in answer ? answer.error : answer.status
  const about = { sep: sepNumber(sep), field: ENDPOINT_FIELD[sep], actual }
  const findings =
    sight === null || sight.outcome === 'ok' ? [] : [finding(`signed_in_${sight.outcome}`, about)]
  return { sep, sight, findings }
}
