import { createHash, createPrivateKey, sign } from 'node:crypto'
import { Memo, Networks, Operation, type Transaction, WebAuth } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { judgeChallenge } from '../../lib/anchors/check/web-auth/challenge.ts'
import {
  buildChallenge,
  type ChallengeRecipe,
  CLIENT,
  ENDPOINT,
  HOME_DOMAIN,
  homeDomainOperation,
  NONCE,
  paymentOperation,
  SERVER,
  STRANGER,
  WEB_AUTH_DOMAIN,
  webAuthDomainOperation,
} from '../helpers/challenges.ts'

const NOW = 1_800_000_000

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
})
afterAll(() => {
  vi.useRealTimers()
})

/** What `readChallengeTx` of the Stellar SDK 17.2 does not look at. */
const NOT_CHECKED_BY_SDK = new Set([
  'challenge_account',
  'challenge_client_domain',
  'challenge_extra_signatures',
  'challenge_memo',
  'challenge_passphrase_missing',
  'challenge_short',
  'challenge_web_auth_domain_missing',
])

/** The transaction that the SDK accepts; null for one that it refuses. */
function readBySdk(transaction: string) {
  try {
    const { TESTNET } = Networks
    const args = [SERVER.publicKey(), TESTNET, HOME_DOMAIN, WEB_AUTH_DOMAIN] as const
    return WebAuth.readChallengeTx(transaction, ...args).tx
  } catch {
    return null
  }
}

/** The SDK reads the nonce in the alphabet of base64url too, which SEP-10 does not allow. */
function isBase64({ operations: [first] }: Transaction): boolean {
  const value = first?.type === 'manageData' ? Buffer.from(first.value ?? '').toString() : ''
  return Buffer.from(value, 'base64').toString('base64') === value
}

function judge(transaction: string) {
  return judgeChallenge(JSON.stringify({ transaction, network_passphrase: Networks.TESTNET }), {
    network: 'testnet',
    signingKey: SERVER.publicKey(),
    homeDomain: HOME_DOMAIN,
    endpoint: ENDPOINT,
    account: CLIENT.publicKey(),
    now: new Date(),
  })
}

/** Expects that the SDK accepts a challenge exactly when nothing is found that it looks at too. */
function expectAgreement(transaction: string, counts: { accepted: number; refused: number }): void {
  const { step, findings } = judge(transaction)
  const codes = findings.map(({ code }) => code)
  const accepted = readBySdk(transaction)
  counts[accepted ? 'accepted' : 'refused'] += 1
  if (accepted) {
    const common = codes.filter((code) => !NOT_CHECKED_BY_SDK.has(code))
    expect(common).toEqual(isBase64(accepted) ? [] : ['challenge_nonce'])
  } else expect(step, `the SDK refuses ${transaction}`).not.toBe('verified')
}

/** Most draws give the first value, which is right, so that a challenge has few faults. */
const mostly = <T>(right: T, ...others: T[]) =>
  fc.oneof(
    { arbitrary: fc.constant(right), weight: 6 },
    { arbitrary: fc.constantFrom(...others), weight: 1 },
  )

const keys = [SERVER, CLIENT, STRANGER].map((key) => key.publicKey())
const operation = fc.oneof(
  { arbitrary: fc.constantFrom<string[]>('home_domain', 'web_auth_domain'), weight: 8 },
  { arbitrary: fc.constantFrom<string[]>('client_domain', 'other', 'payment'), weight: 1 },
)
const recipes = fc
  .record({
    sequence: mostly('0', '1', '-1', '9223372036854775807'),
    source: mostly(keys[0], keys[1]),
    signers: mostly([SERVER], [], [STRANGER], [SERVER, STRANGER], [STRANGER, SERVER], [CLIENT]),
    passphrase: mostly<string>(Networks.TESTNET, Networks.PUBLIC, 'Other'),
    time: mostly<ChallengeRecipe['time']>(
      { min: NOW, max: NOW + 900 },
      null,
      { min: 0, max: NOW + 900 },
      { min: NOW - 900, max: NOW - 301 },
      { min: NOW - 900, max: NOW - 300 },
      { min: NOW + 300, max: NOW + 900 },
      { min: NOW + 301, max: NOW + 900 },
      { min: NOW, max: NOW },
    ),
    memo: mostly<Memo | undefined>(
      undefined,
      Memo.id('7'),
      Memo.text('x'),
      Memo.hash('ab'.repeat(32)),
    ),
    operations: fc.oneof(
      { arbitrary: fc.constant<string[]>(['home_domain', 'web_auth_domain']), weight: 3 },
      { arbitrary: fc.array(operation, { minLength: 1, maxLength: 4 }), weight: 1 },
    ),
    domain: mostly(HOME_DOMAIN, 'evil.example.org', HOME_DOMAIN.toUpperCase(), ''),
    webAuthDomain: mostly(
      WEB_AUTH_DOMAIN,
      HOME_DOMAIN,
      'evil.example.org',
      WEB_AUTH_DOMAIN.toUpperCase(),
    ),
    nonce: mostly<string | null>(
      NONCE,
      null,
      'abc',
      NONCE.replaceAll('+', '-'),
      `${NONCE.slice(0, 63)}=`,
      '!'.repeat(64),
    ),
    sources: fc.array(mostly(true, false), { minLength: 4, maxLength: 4 }),
    strangers: fc.array(mostly(false, true), { minLength: 4, maxLength: 4 }),
  })
  .map(
    ({ operations, domain, webAuthDomain, nonce, sources, strangers, memo, source, ...rest }) => {
      const sourceOf = (at: number, right: string) => {
        if (!sources[at]) return {}
        return { source: strangers[at] ? STRANGER.publicKey() : right }
      }
      const server = SERVER.publicKey()
      const build = (kind: string, at: number) => {
        if (kind === 'payment') return paymentOperation()
        if (kind === 'home_domain') {
          return Operation.manageData({
            name: `${domain} auth`,
            value: nonce,
            ...sourceOf(at, at === 0 ? CLIENT.publicKey() : server),
          })
        }
        const [name, value] =
          kind === 'web_auth_domain' ? [kind, webAuthDomain] : [kind, 'x.example']
        return Operation.manageData({ name, value, ...sourceOf(at, server) })
      }
      return {
        ...rest,
        ...(memo ? { memo } : {}),
        ...(source ? { source } : {}),
        operations: operations.map(build),
      } as ChallengeRecipe
    },
  )

test('a challenge of any structure is accepted as by the SDK', () => {
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(recipes, (recipe) => {
      expectAgreement(buildChallenge(recipe), counts)
    }),
    { numRuns: 2_000 },
  )
  expect(counts.accepted).toBeGreaterThan(200)
  expect(counts.refused).toBeGreaterThan(200)
})

const SIGNED_BYTES = 4 + 4 + 4 + 64

/** Signs the changed transaction again, so that a wrong signature does not hide what else is wrong. */
function signedAgain(envelope: Buffer): Buffer {
  const at = envelope.length - SIGNED_BYTES
  const network = createHash('sha256').update(Networks.TESTNET).digest()
  const hash = createHash('sha256').update(network).update(envelope.subarray(0, at)).digest()
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, 1),
  ])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return Buffer.concat([envelope.subarray(0, -64), sign(null, hash, key)])
}

const flips = fc.array(fc.tuple(fc.nat(2_000), fc.nat(7)), { minLength: 1, maxLength: 3 })

test.each([
  ['as they are', (bytes: Buffer) => bytes],
  ['signed again', signedAgain],
])(
  '4,000 challenges with up to three flipped bits, %s, are accepted as by the SDK',
  (_, sealed) => {
    const originals = [
      buildChallenge(),
      buildChallenge({ memo: Memo.id('7'), hasConditions: true }),
      buildChallenge({
        operations: [
          homeDomainOperation(),
          webAuthDomainOperation(),
          Operation.manageData({ name: 'x', value: 'y', source: SERVER.publicKey() }),
        ],
      }),
    ].map((text) => Buffer.from(text, 'base64'))
    const counts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...originals), flips, (original, all) => {
        const bytes = Buffer.from(original)
        for (const [at, bit] of all) {
          const place = at % bytes.length
          bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
        }
        expectAgreement(sealed(bytes).toString('base64'), counts)
      }),
      { numRuns: 4_000 },
    )
    expect(counts.refused).toBeGreaterThan(1_000)
  },
)

test('a text that is cut, spaced or changed is accepted only when the SDK accepts it', () => {
  const right = buildChallenge()
  const change = fc.oneof(
    fc.nat(right.length).map((at) => right.slice(0, at)),
    fc
      .tuple(fc.nat(right.length), fc.string({ unit: 'grapheme', maxLength: 4 }))
      .map(([at, text]) => right.slice(0, at) + text + right.slice(at)),
    fc.base64String(),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(change, (text) => {
      if (judge(text).step === 'verified') expect(readBySdk(text)).not.toBeNull()
    }),
    { numRuns: 2_000 },
  )
})

test('any JSON in place of an answer is judged without an error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.json().map((json) => `{"transaction":${json}}`),
        fc.string(),
      ),
      (text) => {
        const expected = {
          network: 'testnet',
          homeDomain: HOME_DOMAIN,
          endpoint: ENDPOINT,
        } as const
        const account = CLIENT.publicKey()
        const judgement = judgeChallenge(text, { ...expected, account, now: new Date() })
        expect(['declared', 'reachable']).toContain(judgement.step)
        expect(judgement.findings.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 2_000 },
  )
})
