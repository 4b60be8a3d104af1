import { Networks, nativeToScVal, StrKey } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import {
  type ExpectedEntries,
  judgeEntries,
} from '../../../../../lib/anchors/check/web-auth/contract-challenge.ts'
import { readSepServer } from '../../../../helpers/anchor-platform/sep-server.ts'
import { HOME_DOMAIN, SERVER, STRANGER } from '../../../../helpers/challenges.ts'
import {
  buildEntries,
  CONTRACT_CLIENT,
  CONTRACT_ENDPOINT,
  type EntriesRecipe,
  REFERENCE_CONTRACT,
} from '../../../../helpers/contract-challenges.ts'

function expected(change: Partial<ExpectedEntries> = {}): ExpectedEntries {
  return {
    network: 'testnet',
    signingKey: SERVER.publicKey(),
    contractId: REFERENCE_CONTRACT,
    homeDomain: HOME_DOMAIN,
    endpoint: CONTRACT_ENDPOINT,
    account: CONTRACT_CLIENT,
    ...change,
  }
}

const answer = (entries: unknown, passphrase: unknown = Networks.TESTNET) =>
  JSON.stringify({ authorization_entries: entries, network_passphrase: passphrase })

function judged(text: string, change: Partial<ExpectedEntries> = {}) {
  const { step, findings, refuted, isSigned } = judgeEntries(text, expected(change))
  return { step, codes: findings.map(({ code }) => code), refuted, isSigned }
}

const RIGHT = { step: 'verified', codes: [], refuted: [], isSigned: true }
const OTHER_CONTRACT = StrKey.encodeContract(Buffer.alloc(32, 4))

test.each<[string, EntriesRecipe, Partial<ExpectedEntries>]>([
  ['as SEP-45 has it', {}, {}],
  ['for the public network', { passphrase: Networks.PUBLIC }, { network: 'mainnet' }],
  ['with credentials that cover the address', { credentials: 'addressV2' }, {}],
  [
    'of a contract of its own on the test network',
    { contract: OTHER_CONTRACT },
    { contractId: OTHER_CONTRACT },
  ],
])('a right challenge %s is verified', async (_, recipe, change) => {
  const passphrase = recipe.passphrase ?? Networks.TESTNET
  expect(judged(answer(await buildEntries(recipe), passphrase), change)).toEqual(RIGHT)
})

test('a contract of its own on the public network is a note', async () => {
  const recipe = { passphrase: Networks.PUBLIC, contract: OTHER_CONTRACT }
  const text = answer(await buildEntries(recipe), Networks.PUBLIC)
  const judgement = judged(text, { network: 'mainnet', contractId: OTHER_CONTRACT })
  expect(judgement).toEqual({ ...RIGHT, codes: ['web_auth_contract_own'] })
})

test('members in camel case are read, with a note', async () => {
  const text = JSON.stringify({
    authorizationEntries: await buildEntries(),
    networkPassphrase: Networks.PUBLIC,
  })
  expect(judged(text).codes).toEqual(['entries_camel_case', 'entries_passphrase'])
})

describe('a challenge is refuted', () => {
  test.each<[string, EntriesRecipe, string]>([
    ['of another contract', { contract: OTHER_CONTRACT }, 'entries_contract'],
    ['of another function', { functionName: 'transfer' }, 'entries_function'],
    ['with further calls', { further: true }, 'entries_sub_invocation'],
    ['without an argument', { values: [] }, 'entries_arguments'],
    ['with a text in place of the map', { values: [nativeToScVal('x')] }, 'entries_arguments'],
    [
      'with a map of numbers',
      { values: [nativeToScVal({ account: 1 }, { type: { account: ['symbol', 'u32'] } })] },
      'entries_arguments',
    ],
    ['whose entries differ', { clientArgument: { nonce: 'other' } }, 'entries_arguments_differ'],
    ['for another account', { argument: { account: OTHER_CONTRACT } }, 'entries_account'],
    ['for another home domain', { argument: { home_domain: 'evil.org' } }, 'entries_home_domain'],
    ['for no home domain', { argument: { home_domain: null } }, 'entries_home_domain'],
    [
      'for another web_auth_domain',
      { argument: { web_auth_domain: 'evil.org' } },
      'entries_web_auth_domain',
    ],
    [
      'for another server account',
      { argument: { web_auth_domain_account: STRANGER.publicKey() } },
      'entries_web_auth_account',
    ],
    ['without an entry of the account', { without: 'client' }, 'entries_client_entry_missing'],
    ['without an entry of SIGNING_KEY', { without: 'server' }, 'entries_server_entry_missing'],
    ['with an entry of a stranger', { more: 'stranger' }, 'entries_stranger'],
    ['with an entry of the source account', { more: 'source' }, 'entries_stranger'],
    ['without a signature', { signer: null }, 'entries_signature_missing'],
    ['signed by another key', { signer: STRANGER }, 'entries_signature'],
    ['signed for another network', { passphrase: Networks.PUBLIC }, 'entries_other_network'],
  ])('%s', async (_, recipe, code) => {
    const { step, refuted, isSigned } = judged(answer(await buildEntries(recipe)))
    expect({ step, refuted, isSigned }).toEqual({
      step: 'reachable',
      refuted: [code],
      isSigned: false,
    })
  })

  test('that creates a contract', async () => {
    const bytes = Buffer.from(await buildEntries({ without: 'server' }), 'base64')
    // The type of the authorized function stands behind the count, the credentials and the void signature.
    bytes.writeUInt32BE(1, 4 + 4 + 36 + 12 + 4)
    expect(judged(answer(bytes.toString('base64'))).refuted).toEqual(['entries_not_contract_call'])
  })
})

test.each<[string, EntriesRecipe, string]>([
  ['the nonce is empty', { argument: { nonce: '' } }, 'entries_nonce_missing'],
  ['there is no nonce', { argument: { nonce: null } }, 'entries_nonce_missing'],
  ['a client domain is named', { argument: { client_domain: 'w.org' } }, 'entries_client_domain'],
  [
    'web_auth_domain is the home domain',
    { argument: { web_auth_domain: HOME_DOMAIN } },
    'entries_web_auth_domain_differs',
  ],
])('a challenge proves the key and is reachable when %s', async (_, recipe, code) => {
  const judgement = judged(answer(await buildEntries(recipe)))
  expect(judgement).toEqual({ step: 'reachable', codes: [code], refuted: [], isSigned: true })
})

test('without SIGNING_KEY a right challenge is conformant', async () => {
  const { signingKey: _, ...others } = expected()
  const text = answer(await buildEntries({ signer: null }))
  expect(judgeEntries(text, others)).toMatchObject({ step: 'conformant', isSigned: false })
})

test.each<[string, unknown, string, string]>([
  ['no entries', undefined, 'declared', 'web_auth_shape'],
  ['a list', [], 'declared', 'web_auth_shape'],
  ['text', 'hello', 'reachable', 'entries_not_xdr'],
  ['an empty list', 'AAAAAA==', 'reachable', 'entries_not_xdr'],
  ['eleven entries', 'AAAACw==', 'reachable', 'entries_not_xdr'],
  ['a length of 4 GB', '/////w==', 'reachable', 'entries_not_xdr'],
  ['65,540 characters', 'AAAA'.repeat(16_385), 'reachable', 'entries_not_xdr'],
])('%s in place of the entries is a finding', (_, entries, step, code) => {
  expect(judged(answer(entries))).toEqual({ step, codes: [code], refuted: [], isSigned: false })
})

test.each([
  ['<html>', 'web_auth_html'],
  ['x', 'web_auth_not_json'],
  ['['.repeat(40), 'web_auth_too_deep'],
])('the answer %j stays declared', (text, code) => {
  expect(judged(text)).toMatchObject({ step: 'declared', codes: [code] })
})

test('the recorded challenges of the Anchor Platform 4.3.0 are verified, and take any home domain', () => {
  const recorded = readSepServer().filter(
    ({ challenge, request }) => challenge && request.path.startsWith('/sep45'),
  )
  expect(recorded).toHaveLength(4)
  for (const { name, request, response, challenge } of recorded) {
    const account = new URL(request.path, CONTRACT_ENDPOINT).searchParams.get('account') ?? ''
    const judgement = judged(response.body, {
      signingKey: challenge?.signing_key ?? '',
      contractId: 'CD4YLLRHRAOMG5PKQ64DPC3OY6MXBA7LHPTCNEVLJB7RKAJHLTSQOEWC',
      homeDomain: challenge?.home_domain ?? '',
      endpoint: 'http://localhost:8380/sep45/auth',
      account,
    })
    expect(judgement, name).toEqual({ ...RIGHT, codes: ['entries_camel_case'] })
  }
})

test('an answer with a key twice holds no challenge, whichever value is right', async () => {
  const right = answer(await buildEntries({}))
  for (const more of ['"authorization_entries":"AAAA"', '"a":1,"a":1']) {
    expect(judged(`{${more},${right.slice(1)}`)).toMatchObject({
      ...{ step: 'declared', codes: ['web_auth_key_twice'], isSigned: false },
    })
  }
})
