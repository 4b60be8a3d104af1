import { randomUUID } from 'node:crypto'
import { NETWORK_PASSPHRASE, type Network } from '../../../stellar/network.ts'
import { classifyAnswer, REFUSAL_BYTES } from '../answer-class.ts'
import { type Finding, finding } from '../finding.ts'
import { askBelow } from '../info/ask.ts'
import { askPrices, type PricesInfo } from '../info/prices.ts'
import { askQuotes, type QuotesInfo } from '../info/quotes.ts'
import type { AssetSupport } from '../offers.ts'
import { type CheckIo, fetchWithEvidence, type RequestResult } from '../request-evidence.ts'
import { ENDPOINT_FIELD, type SepName, sepNumber } from '../toml/fields.ts'
import { requestChallenge } from './ask.ts'
import { transactionHash, withSignature } from './envelope.ts'
import { hiding } from './hide.ts'
import type { SignInKey } from './sign-in-key.ts'
import { readSignedIn, type SignedInSep, type SignInOutcome } from './signed-in-answer.ts'
import { readToken } from './token.ts'

/**
 * A platform whose database is away answers after 10.0 s, and one whose ledger hangs never answers the signed challenge.
 */
export const SIGNED_IN_TIMEOUT_MS = 12_000
/** The limit for the decoded text of the answer to a signed challenge. */
const TOKEN_MAX_BYTES = 65_536

/** The time for the whole of it: the challenge, the signed challenge, and the lists side by side. */
export const SIGN_IN_BUDGET_MS = 28_000

/** What to sign in to. */
export interface SignInOrder {
  network: Network
  homeDomain: string
  /** SIGNING_KEY of the stellar.toml. */
  signingKey: string
  endpoints: Partial<Record<SepName, string>>
  /** The assets of SEP-6 and SEP-24, as their `/info` spells them. They may still be on their way. */
  assets: {
    sep24: Awaitable<Record<string, AssetSupport> | undefined>
    sep6: Awaitable<Record<string, AssetSupport> | undefined>
  }
  /** SEP-38 refuses strangers, so that its `/info` is read with the token. */
  readsQuotes: Awaitable<boolean>
  /** Whether there is a server of SEP-12. */
  readsCustomer: Awaitable<boolean>
}

type Awaitable<T> = T | Promise<T>

/** What a sign-in saw of one protocol. */
export interface ReadSight {
  outcome: SignInOutcome
  /** The answer is as the SEP says. */
  isConformant?: true
}

/** What a sign-in showed. The token is gone with it. */
export interface SignIn {
  /** ISO 8601, UTC. */
  at: string
  seps: Partial<Record<SignedInSep, ReadSight>>
  quotes: QuotesInfo | null
  prices: PricesInfo | null
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
  const { envelope } = await requestChallenge(expected, io)
  if (envelope === undefined) return null
  const hash = transactionHash(envelope, NETWORK_PASSPHRASE[network])
  const transaction = withSignature(envelope, { hint: key.hint, signature: key.sign(hash) })
  const given = await postChallenge(endpoint, transaction, io)
  if (given.token === null) {
    const seps = given.isFailing ? await failingEverywhere(order) : {}
    return { at, seps, quotes: null, prices: null, findings: given.findings }
  }
  const read = await readLists(order, key.account, given.token, io)
  return { at, ...read, findings: [...given.findings, ...read.findings] }
}

interface Given {
  token: string | null
  /** The server erred. It said neither yes nor no. */
  isFailing: boolean
  findings: Finding[]
}

async function postChallenge(endpoint: string, transaction: string, io: CheckIo): Promise<Given> {
  const request = {
    accept: 'application/json',
    json: JSON.stringify({ transaction }),
    maxBytes: TOKEN_MAX_BYTES,
    refusalBytes: REFUSAL_BYTES,
    timeoutMs: SIGNED_IN_TIMEOUT_MS,
  }
  const answer = await fetchWithEvidence(endpoint, request, io)
  const answered = classifyAnswer(answer, 'challenge')
  if (answered.kind === 'ok' && 'text' in answer) {
    return { isFailing: false, ...readToken(answer.text, io.now()) }
  }
  const isFailing = answered.kind === 'transient' && isFailure(answer)
  const isAnswer = 'status' in answer ? answer.status === 200 : answer.error === 'too_large'
  const refusal = isAnswer ? 'sign_in_token' : 'sign_in_refused'
  const actual = 'error' in answer ? answer.error : answer.status
  const about = { sep: 10, field: ENDPOINT_FIELD.sep10, actual }
  return {
    token: null,
    isFailing,
    findings: [finding(isFailing ? 'sign_in_failing' : refusal, about)],
  }
}

/** Whether a transient answer shows that the server errs: neither patience that it asks for nor our own lack of time does. */
function isFailure(answer: RequestResult): boolean {
  return 'error' in answer ? answer.error !== 'aborted' : answer.status >= 500
}

/** The rails that need a token are closed to everybody while nobody gets one. A SEP-6 that is open to strangers goes on. */
async function failingEverywhere({ endpoints, assets }: SignInOrder): Promise<SignIn['seps']> {
  const sep6 = await assets.sep6
  const rails = ['sep24', 'sep6', 'sep31'] as const
  const closed = rails.filter(
    (name) => endpoints[name] !== undefined && (name !== 'sep6' || needsToken(sep6)),
  )
  return Object.fromEntries(closed.map((name) => [name, { outcome: 'failing' as const }]))
}

/** Whether SEP-6 wants a token for something that is open, or shows nothing that is open. */
function needsToken(assets: Record<string, AssetSupport> = {}): boolean {
  const supports = Object.values(assets).flatMap((support) => Object.values(support))
  const open = supports.filter(({ enabled }) => enabled)
  return open.length === 0 || open.some(({ authenticationRequired }) => authenticationRequired)
}

async function readLists(
  order: SignInOrder,
  account: string,
  token: string,
  io: CheckIo,
): Promise<Omit<SignIn, 'at'>> {
  const { fetch } = hiding([account, token], io)
  const signedIn: CheckIo = {
    ...io,
    fetch: (url, request) => fetch(url, { ...request, bearer: token }),
  }
  const [sights, quoted] = await Promise.all([
    Promise.all(listsOf(order, account).map((list) => readList(list, signedIn))),
    readQuotes(order, signedIn),
  ])
  return {
    seps: Object.fromEntries(sights.flatMap(({ sep, sight }) => (sight ? [[sep, sight]] : []))),
    ...quoted,
    findings: [...sights.flatMap(({ findings }) => findings), ...findingsOf(quoted)],
  }
}

/** SEP-38 may want a token for its public requests, too. */
async function readQuotes(
  { endpoints: { sep38: endpoint }, readsQuotes, assets: { sep24, sep6 } }: SignInOrder,
  io: CheckIo,
): Promise<Pick<SignIn, 'quotes' | 'prices'>> {
  if (endpoint === undefined || !(await readsQuotes)) return { quotes: null, prices: null }
  const quotes = await askQuotes(endpoint, io)
  if (quotes.step !== 'conformant' || !quotes.quotes) return { quotes, prices: null }
  const known = await Promise.all([sep24, sep6])
  const limits = known.filter((assets) => assets !== undefined)
  return { quotes, prices: await askPrices(endpoint, quotes.quotes, limits, io) }
}

/** What was found in quotes that were read. A refusal says what the request without a token has said. */
function findingsOf({ quotes, prices }: Pick<SignIn, 'quotes' | 'prices'>): Finding[] {
  return quotes?.quotes ? [...quotes.findings, ...(prices?.findings ?? [])] : []
}

interface List {
  sep: SignedInSep
  path: `/${string}`
  /** Null when there is nothing to ask for. */
  query: Awaitable<Record<string, string> | null>
}

/** The empty lists of an account that nobody knows, and its customer. SEP-31 has no list, so a missing entry is asked for. */
function listsOf(
  { endpoints, assets, readsCustomer }: SignInOrder,
  account: string,
): (List & { endpoint: string })[] {
  const path = '/transactions'
  const lists: List[] = [
    { sep: 'sep24', path, query: queryFor(assets.sep24) },
    { sep: 'sep6', path, query: queryFor(assets.sep6, { account }) },
    { sep: 'sep31', path: `${path}/${randomUUID()}`, query: {} },
    { sep: 'sep12', path: '/customer', query: customerOf(account, readsCustomer) },
  ]
  return lists.flatMap((list) => {
    const endpoint = endpoints[list.sep]
    return endpoint === undefined ? [] : [{ ...list, endpoint }]
  })
}

async function customerOf(
  account: string,
  isThere: Awaitable<boolean>,
): Promise<Record<string, string> | null> {
  return (await isThere) ? { account } : null
}

async function queryFor(
  assets: SignInOrder['assets']['sep24'],
  more: Record<string, string> = {},
): Promise<Record<string, string> | null> {
  const [asset] = openKeys(await assets)
  return asset === undefined ? null : { asset_code: asset, ...more }
}

function openKeys(assets: Record<string, AssetSupport> = {}): string[] {
  return Object.keys(assets).filter((key) =>
    Object.values(assets[key] ?? {}).some(({ enabled }) => enabled),
  )
}

async function readList(
  { sep, endpoint, path, ...list }: List & { endpoint: string },
  io: CheckIo,
): Promise<{ sep: SignedInSep; sight: ReadSight | null; findings: Finding[] }> {
  const query = await list.query
  if (query === null) return { sep, sight: null, findings: [] }
  const search = new URLSearchParams(query).toString()
  const parameters = search === '' ? '' : `?${search}`
  const request = { timeoutMs: SIGNED_IN_TIMEOUT_MS }
  const reply = await askBelow('customer', [endpoint, path, parameters], request, io)
  const { outcome, code, ...rest } = readSignedIn(sep, reply)
  const about = { sep: sepNumber(sep), field: ENDPOINT_FIELD[sep], actual: reply.actual }
  const sight = outcome === null ? null : { outcome, ...rest }
  return { sep, sight, findings: code === null ? [] : [finding(code, about)] }
}
