import { createHash, createPublicKey, verify } from 'node:crypto'
import { type Answer, jsonAnswer } from './answer.ts'
import { type Challenge, type ChallengeParts, writeChallenge } from './challenge.ts'
import { publicKeyOf, type SimulatedSigner } from './simulated-keys.ts'
import type { SiteRequest } from './world-server.ts'

const ACCOUNT_ID = /^G[A-Z2-7]{55}$/
/** A wallet has so long to sign, as at the Anchor Platform. */
const TIMEOUT_SECONDS = 900
const MOST_OPEN_CHALLENGES = 1_000

export interface WebAuthOptions {
  signer: SimulatedSigner
  homeDomain: string
  webAuthDomain: string
  passphrase: string
  now: () => Date
  timeoutSeconds?: number
  /** What the server gets wrong. */
  wrong?: Partial<ChallengeParts>
  /** Whether only known clients are served. */
  needsClientDomain?: boolean
}

/** A SEP-10 server: it gives challenges, and tokens to those who signed them. */
export interface WebAuthServer {
  answer(url: URL, request: SiteRequest): Answer
  /** Whether it gave this token. */
  knows(token: string | undefined): boolean
}

/** A server with its own challenges and tokens. */
export function createWebAuthServer(options: WebAuthOptions): WebAuthServer {
  const open = new Map<string, { account: string; challenge: Challenge }>()
  const tokens = new Set<string>()
  const { signer, homeDomain, webAuthDomain, passphrase } = options

  const challengeFor = (query: URLSearchParams): Answer => {
    const account = query.get('account')
    if (account === null) return refusal('The "account" parameter is missing.')
    if (!ACCOUNT_ID.test(account)) return refusal('Invalid account.')
    const asked = query.get('home_domain')
    if (asked !== null && asked !== homeDomain)
      return refusal(`home_domain [${asked}] is not supported.`)
    if (options.needsClientDomain) return refusal('client_domain is required')
    const seconds = Math.floor(options.now().getTime() / 1000)
    const challenge = writeChallenge({
      ...{ server: signer, account, homeDomain, webAuthDomain, passphrase },
      ...{ from: seconds, until: seconds + (options.timeoutSeconds ?? TIMEOUT_SECONDS) },
      ...options.wrong,
    })
    if (open.size >= MOST_OPEN_CHALLENGES) open.clear()
    open.set(unsignedPart(challenge.envelope), { account, challenge })
    return jsonAnswer({
      transaction: challenge.envelope.toString('base64'),
      network_passphrase: passphrase,
    })
  }

  const tokenFor = (body: string): Answer => {
    const { transaction } = JSON.parse(body) as { transaction: string }
    const envelope = Buffer.from(transaction, 'base64')
    const issued = open.get(unsignedPart(envelope))
    // The posted envelope has two signatures: the server's and, behind it, the client's last 64 bytes.
    const signature = envelope.subarray(-64)
    if (issued === undefined || !isSignedBy(issued.account, issued.challenge.hash, signature)) {
      return jsonAnswer({ error: 'The challenge is not signed by the account.' }, 400)
    }
    const expires = Math.floor(options.now().getTime() / 1000) + 3_600
    const token = [{ alg: 'EdDSA' }, { iss: homeDomain, sub: issued.account, exp: expires }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .concat(signer.sign(issued.challenge.hash).toString('base64url'))
      .join('.')
    tokens.add(token)
    return jsonAnswer({ token })
  }

  return {
    answer: (url, { method, body }) =>
      method === 'POST' ? tokenFor(body) : challengeFor(url.searchParams),
    knows: (token) => token !== undefined && tokens.has(token),
  }
}

function refusal(error: string): Answer {
  return jsonAnswer({ error }, 400)
}

/** What tells one challenge from another: its operations hold a nonce of 48 random bytes. Signatures come behind them. */
function unsignedPart(envelope: Buffer): string {
  return createHash('sha256').update(envelope.subarray(0, 260)).digest('hex')
}

function isSignedBy(account: string, hash: Buffer, signature: Buffer): boolean {
  const x = publicKeyOf(account).toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, hash, key, signature)
}
