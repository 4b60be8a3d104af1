import {
  type FeeBumpTransaction,
  Memo,
  Networks,
  Operation,
  TransactionBuilder,
} from '@stellar/stellar-sdk'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ExpectedChallenge,
  judgeChallenge,
} from '../../../../../lib/anchors/check/web-auth/challenge.ts'
import { formatMuxedAccount } from '../../../../../lib/stellar/muxed-account.ts'
import { readSepServer } from '../../../../helpers/anchor-platform/sep-server.ts'
import {
  buildChallenge,
  buildTransaction,
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
} from '../../../../helpers/challenges.ts'

const NOW = 1_800_000_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

function expected(change: Partial<ExpectedChallenge> = {}): ExpectedChallenge {
  return {
    network: 'testnet',
    signingKey: SERVER.publicKey(),
    homeDomain: HOME_DOMAIN,
    endpoint: ENDPOINT,
    account: CLIENT.publicKey(),
    now: new Date(),
    ...change,
  }
}

const answer = (transaction: unknown, passphrase: unknown = Networks.TESTNET) =>
  JSON.stringify({ transaction, network_passphrase: passphrase })

/** The step and the codes, and which of them refute. */
function judged(text: string, change: Partial<ExpectedChallenge> = {}) {
  const { step, findings, refuted, isSigned } = judgeChallenge(text, expected(change))
  return { step, codes: findings.map(({ code }) => code), refuted, isSigned }
}

const RIGHT = { step: 'verified', codes: [], refuted: [], isSigned: true }
const data = Operation.manageData

describe('a right challenge is verified', () => {
  test.each<[string, ChallengeRecipe, Partial<ExpectedChallenge>]>([
    ['as SEP-10 has it', {}, {}],
    ['for the public network', { passphrase: Networks.PUBLIC }, { network: 'mainnet' }],
    [
      'whose web_auth_domain has a port',
      {
        operations: [
          homeDomainOperation(),
          webAuthDomainOperation({ value: `${WEB_AUTH_DOMAIN}:443` }),
        ],
      },
      {},
    ],
    [
      'with another operation of SIGNING_KEY',
      {
        operations: [
          homeDomainOperation(),
          webAuthDomainOperation(),
          data({ name: 'x', value: 'y', source: SERVER.publicKey() }),
        ],
      },
      {},
    ],
    ['that began 299 s from now', { time: { min: NOW + 299, max: NOW + 900 } }, {}],
    ['that ended 299 s ago', { time: { min: NOW - 900, max: NOW - 299 } }, {}],
    ['that is valid for 60 s', { time: { min: NOW, max: NOW + 60 } }, {}],
  ])('%s', (_, recipe, change) => {
    const passphrase = recipe.passphrase ?? Networks.TESTNET
    expect(judged(answer(buildChallenge(recipe), passphrase), change)).toEqual(RIGHT)
  })

  test('of the form before protocol 13', () => {
    const bytes = Buffer.from(buildChallenge(), 'base64')
    // Type 0 has no type of the source account, and the same signatures.
    const old = Buffer.concat([Buffer.alloc(4), bytes.subarray(8)])
    expect(judged(answer(old.toString('base64')))).toEqual(RIGHT)
  })

  test('with a byte order mark, other members and a passphrase of null', () => {
    const text = `\uFEFF${JSON.stringify({ transaction: buildChallenge(), network_passphrase: null, more: [] })}`
    expect(judged(text)).toEqual({ ...RIGHT, codes: ['challenge_passphrase_missing'] })
  })

  test('and its envelope comes back, so that it can be signed', () => {
    expect(judgeChallenge(answer(buildChallenge()), expected()).envelope?.kind).toBe('transaction')
  })
})

describe('an unsafe challenge is refuted', () => {
  test.each<[string, ChallengeRecipe, string]>([
    ['sequence number 1', { sequence: '1' }, 'challenge_sequence'],
    ['a negative sequence number', { sequence: '-1' }, 'challenge_sequence'],
    [
      'a payment as its first operation',
      { operations: [paymentOperation()] },
      'challenge_operation',
    ],
    [
      'a payment as its last operation',
      { operations: [homeDomainOperation(), webAuthDomainOperation(), paymentOperation()] },
      'challenge_operation',
    ],
  ])('with %s', (_, recipe, code) => {
    const judgement = judged(answer(buildChallenge(recipe)))
    expect(judgement).toEqual({
      step: 'reachable',
      codes: [code],
      refuted: [code],
      isSigned: false,
    })
  })

  test('that is a fee bump', () => {
    const inner = buildTransaction({})
    const bump = TransactionBuilder.buildFeeBumpTransaction(
      STRANGER,
      '1000',
      inner,
      Networks.TESTNET,
    ) as FeeBumpTransaction
    const transaction = bump.toEnvelope().toXdr('base64').toString()
    expect(judged(answer(transaction)).refuted).toEqual(['challenge_fee_bump'])
  })
})

describe('a wrong challenge is refuted', () => {
  const second = webAuthDomainOperation()
  test.each<[string, ChallengeRecipe, string[]]>([
    [
      'of another source',
      { source: STRANGER.publicKey(), signers: [SERVER] },
      ['challenge_source'],
    ],
    [
      'of the muxed form of SIGNING_KEY',
      { source: formatMuxedAccount({ account: SERVER.publicKey(), id: '7' }) ?? '' },
      ['challenge_source'],
    ],
    [
      'for another account',
      { operations: [homeDomainOperation({ source: STRANGER.publicKey() }), second] },
      ['challenge_account'],
    ],
    [
      'for no account',
      { operations: [data({ name: `${HOME_DOMAIN} auth`, value: NONCE }), second] },
      ['challenge_account'],
    ],
    [
      'for another home domain',
      { operations: [homeDomainOperation({ name: 'evil.example.org auth' }), second] },
      ['challenge_home_domain'],
    ],
    [
      'for the home domain in another case',
      { operations: [homeDomainOperation({ name: 'Anchor.example.org auth' }), second] },
      ['challenge_home_domain'],
    ],
    [
      'with a stranger as the source of a later operation',
      {
        operations: [
          homeDomainOperation(),
          webAuthDomainOperation({ source: STRANGER.publicKey() }),
        ],
      },
      ['challenge_operation_source'],
    ],
    [
      'with a later operation of no source',
      {
        operations: [
          homeDomainOperation(),
          data({ name: 'web_auth_domain', value: WEB_AUTH_DOMAIN }),
        ],
      },
      ['challenge_operation_source'],
    ],
    [
      'for another web_auth_domain',
      {
        operations: [homeDomainOperation(), webAuthDomainOperation({ value: 'evil.example.org' })],
      },
      ['challenge_web_auth_domain'],
    ],
    [
      'with a web_auth_domain of no value',
      { operations: [homeDomainOperation(), webAuthDomainOperation({ value: null })] },
      ['challenge_web_auth_domain'],
    ],
    ['without an end', { time: null }, ['challenge_no_time_bounds']],
    ['that ended 301 s ago', { time: { min: NOW - 900, max: NOW - 301 } }, ['challenge_expired']],
    ['that begins in 301 s', { time: { min: NOW + 301, max: NOW + 900 } }, ['challenge_expired']],
    ['without a signature', { signers: [] }, ['challenge_signature_missing']],
    ['signed by another key', { signers: [STRANGER] }, ['challenge_signature']],
    ['signed for another network', { passphrase: Networks.PUBLIC }, ['challenge_other_network']],
    ['signed for an unknown network', { passphrase: 'Other' }, ['challenge_signature']],
  ])('%s', (_, recipe, codes) => {
    const { step, refuted, isSigned } = judged(answer(buildChallenge(recipe)))
    expect({ step, refuted, isSigned }).toEqual({
      step: 'reachable',
      refuted: codes,
      isSigned: false,
    })
  })

  test('with every code that applies', () => {
    const recipe = {
      sequence: '5',
      source: STRANGER.publicKey(),
      signers: [],
      operations: [homeDomainOperation({ source: STRANGER.publicKey(), value: 'short' })],
    }
    expect(judged(answer(buildChallenge(recipe), 'Other')).codes).toEqual([
      'challenge_passphrase',
      'challenge_sequence',
      'challenge_source',
      'challenge_account',
      'challenge_nonce',
      'challenge_web_auth_domain_missing',
      'challenge_signature_missing',
    ])
  })
})

describe('a challenge with a fault proves the key and is reachable', () => {
  const second = webAuthDomainOperation()
  test.each<[string, ChallengeRecipe, string]>([
    [
      'web_auth_domain is the home domain',
      { operations: [homeDomainOperation(), webAuthDomainOperation({ value: HOME_DOMAIN })] },
      'web_auth_domain_differs',
    ],
    [
      'web_auth_domain is in another case',
      {
        operations: [homeDomainOperation(), webAuthDomainOperation({ value: 'Auth.Example.org' })],
      },
      'web_auth_domain_differs',
    ],
    [
      'the nonce is short',
      { operations: [homeDomainOperation({ value: 'abc' }), second] },
      'challenge_nonce',
    ],
    [
      'the nonce is of 64 bytes that are not base64',
      { operations: [homeDomainOperation({ value: '!'.repeat(64) }), second] },
      'challenge_nonce',
    ],
    [
      'there is no nonce',
      { operations: [homeDomainOperation({ value: null }), second] },
      'challenge_nonce',
    ],
    ['there is a memo', { memo: Memo.id('7') }, 'challenge_memo'],
    [
      'a client_domain is named',
      {
        operations: [
          homeDomainOperation(),
          second,
          data({ name: 'client_domain', value: 'w.example', source: STRANGER.publicKey() }),
        ],
      },
      'challenge_client_domain',
    ],
    ['there are two signatures', { signers: [SERVER, STRANGER] }, 'challenge_extra_signatures'],
    ['it is valid for 59 s', { time: { min: NOW, max: NOW + 59 } }, 'challenge_short'],
  ])('%s', (_, recipe, code) => {
    expect(judged(answer(buildChallenge(recipe)))).toEqual({
      step: 'reachable',
      codes: [code],
      refuted: [],
      isSigned: true,
    })
  })

  test.each([['Public Global Stellar Network ; September 2015'], [7], [{}], [['x']], ['']])(
    'network_passphrase is %j',
    (passphrase) => {
      const judgement = judged(answer(buildChallenge(), passphrase))
      expect(judgement).toMatchObject({ step: 'reachable', codes: ['challenge_passphrase'] })
    },
  )

  test('and camel case is not read', () => {
    const text = JSON.stringify({ transaction: buildChallenge(), networkPassphrase: 'Other' })
    expect(judged(text)).toEqual({ ...RIGHT, codes: ['challenge_passphrase_missing'] })
  })
})

test('a challenge without web_auth_domain is verified, with a note', () => {
  const recipe = { operations: [homeDomainOperation()] }
  const codes = ['challenge_web_auth_domain_missing']
  expect(judged(answer(buildChallenge(recipe)))).toEqual({ ...RIGHT, codes })
})

test.each([[undefined], ['GABC'], ['YOUR_KEY']])(
  'with SIGNING_KEY %j a right challenge is conformant, and its signature is not looked at',
  (signingKey) => {
    const text = answer(buildChallenge({ signers: [] }))
    const { signingKey: _, ...others } = expected()
    const judgement = judgeChallenge(text, { ...others, ...(signingKey ? { signingKey } : {}) })
    expect(judgement).toEqual({ step: 'conformant', refuted: [], isSigned: false, findings: [] })
  },
)

describe('what is not a transaction is reachable and refutes nothing', () => {
  const right = () => buildChallenge()
  test.each<[string, () => string]>([
    ['an empty text', () => ''],
    ['text', () => 'hello world!'],
    ['half of a challenge', () => right().slice(0, 200)],
    ['a challenge and more', () => right() + right()],
    ['base64 with a line break', () => `${right()}\n`],
    ['16,388 characters', () => 'AAAA'.repeat(4_097)],
    [
      'a transaction of 100,000,000 operations',
      () => {
        const bytes = Buffer.from(right(), 'base64')
        bytes.writeUInt32BE(100_000_000, 4 + 36 + 4 + 8 + 20 + 4)
        return bytes.toString('base64')
      },
    ],
  ])('%s', (_, transaction) => {
    expect(judged(answer(transaction()))).toEqual({
      step: 'reachable',
      codes: ['challenge_not_xdr'],
      refuted: [],
      isSigned: false,
    })
  })
})

describe('an answer without a challenge stays declared', () => {
  test.each([
    ['<html>Sign in</html>', 'web_auth_html'],
    ['', 'web_auth_not_json'],
    ['{"transaction":', 'web_auth_not_json'],
    ['[]', 'web_auth_shape'],
    ['{"transaction":"AAAA","transaction":"AAAB"}', 'web_auth_key_twice'],
    ['{"transaction":"AAAA","a":1,"\\u0061":2}', 'web_auth_key_twice'],
    ['null', 'web_auth_shape'],
    ['"AAAA"', 'web_auth_shape'],
    ['{}', 'web_auth_shape'],
    ['{"transaction":null}', 'web_auth_shape'],
    ['{"transaction":7}', 'web_auth_shape'],
    ['{"transaction":["AAAA"]}', 'web_auth_shape'],
    [`${'['.repeat(40)}${']'.repeat(40)}`, 'web_auth_too_deep'],
    [`{"transaction":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`, 'web_auth_too_deep'],
    ['['.repeat(65_000), 'web_auth_too_deep'],
    [`{"transaction":"${'A'.repeat(1_000_000)}`, 'web_auth_not_json'],
  ])('%.60s', (text, code) => {
    const judgement = judged(text)
    expect(judgement).toEqual({ step: 'declared', codes: [code], refuted: [], isSigned: false })
  })
})

test('no finding shows the account that asked, the nonce or a text that is no domain', () => {
  const account = CLIENT.publicKey()
  const recipe = {
    memo: Memo.text('secret memo'),
    operations: [
      homeDomainOperation({ name: `${account} auth`, source: STRANGER.publicKey() }),
      webAuthDomainOperation({ value: `a ${account}` }),
    ],
  }
  const text = answer(buildChallenge(recipe), `Network of ${account}`)
  const shown = JSON.stringify(judgeChallenge(text, expected()).findings)
  expect(shown).toContain('challenge_home_domain')
  for (const secret of [account, NONCE, 'secret memo']) expect(shown).not.toContain(secret)
})

describe('the recorded challenges of the Anchor Platform 4.3.0', () => {
  const recorded = readSepServer().filter(
    ({ challenge, request, response }) =>
      challenge && request.path.startsWith('/auth') && response.body.includes('"transaction"'),
  )
  const judge = ({ request, response, challenge }: (typeof recorded)[number]) => {
    const account = new URL(request.path, ENDPOINT).searchParams.get('account') ?? ''
    return judgeChallenge(response.body, {
      network: challenge?.passphrase === Networks.PUBLIC ? 'mainnet' : 'testnet',
      signingKey: challenge?.signing_key ?? '',
      homeDomain: challenge?.home_domain ?? '',
      endpoint: 'http://localhost:8380/auth',
      account,
      now: new Date((challenge?.captured_at ?? 0) * 1000),
    })
  }

  test('are verified, but for those with a memo or a client_domain', () => {
    const others = recorded.flatMap((exchange) => {
      const { step, findings } = judge(exchange)
      const codes = findings.map(({ code }) => code)
      return step === 'verified' && codes.length === 0 ? [] : [[exchange.name, step, ...codes]]
    })
    expect(recorded).toHaveLength(29)
    expect(others).toEqual([
      ['auth memo id', 'reachable', 'challenge_memo'],
      ['auth client_domain', 'reachable', 'challenge_client_domain'],
      ['auth client_domain known', 'reachable', 'challenge_client_domain'],
      // In the setting `home-unset` the home domain has another port than the endpoint.
      ['auth no home_domain', 'reachable', 'web_auth_domain_differs'],
      ['auth localhost:8080', 'reachable', 'web_auth_domain_differs'],
    ])
  })
})
