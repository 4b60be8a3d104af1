import { describe, expect, test } from 'vitest'
import {
  type LedgerAccount,
  LedgerError,
  type LedgerSource,
  type Trustline,
} from '../../../../lib/ledger/source.ts'
import { resolveMethod, rpcMethods } from '../../../../lib/platform/methods.ts'
import { checkAgainstLedger, remembering } from '../../../../lib/updates/payout/ledger-check.ts'
import {
  closed,
  deposit,
  HASH,
  ISSUER,
  ledgerOf,
  MUXED_USER,
  operation,
  USDC,
  USER,
} from './payout.ts'

const SENT = 'notify_onchain_funds_sent'
const RECEIVED = 'notify_onchain_funds_received'
const CONTRACT = 'CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA'
const trustline: Trustline = {
  asset: { kind: 'issued', code: 'USDC', issuer: ISSUER },
  balance: '7.0000000',
  limit: '1000.0000000',
  authorized: true,
}
const account: LedgerAccount = { id: USER, sequence: '1', trustlines: [trustline] }
const down = new LedgerError('ledger_rate_limited', 'horizon answered 429', {
  retryAfterSeconds: 7,
})

function check(
  ledger: LedgerSource,
  { method: name = SENT, hash = HASH, forced = false, fields = {} } = {},
) {
  const method = resolveMethod(name, { release: '2.8', custody: false })
  const params = { transaction_id: 'T', stellar_transaction_id: hash }
  return checkAgainstLedger({ method, params, forced }, deposit(fields), ledger)
}

test('five methods are checked against the ledger', () => {
  expect([...rpcMethods('2.8').values()].flatMap((row) => (row.ledger ? [row.name] : []))).toEqual([
    'request_trust',
    'notify_trust_set',
    'do_stellar_payment',
    'notify_onchain_funds_sent',
    'notify_onchain_funds_received',
  ])
})

test('a receipt is compared with amount_in, and no trustline is read', async () => {
  const ledger = ledgerOf({ transaction: closed() })
  const fields = { kind: 'withdrawal', amount_in: { amount: '100', asset: USDC } }
  expect(await check(ledger, { method: RECEIVED, fields })).toMatchObject({ kind: 'ok' })
  expect(ledger.asked).toEqual([`transaction ${HASH}`])
  const short = { ...fields, amount_in: { amount: '101', asset: USDC } }
  expect(await check(ledger, { method: RECEIVED, fields: short })).toMatchObject({
    kind: 'refused',
    error: { data: { reason: 'stellar_amount_mismatch' } },
  })
})

test('a payout that names no Stellar transaction is refused, and none is read', async () => {
  const ledger = ledgerOf({ transaction: closed(), account })
  const method = resolveMethod(SENT, { release: '2.8', custody: false })
  const update = { method, params: { transaction_id: 'T' }, forced: false }
  expect(await checkAgainstLedger(update, deposit(), ledger)).toMatchObject({ kind: 'refused' })
  expect(ledger.asked).toEqual([`account ${USER}`])
})

test('a ledger that remembers reads what it found once, and what it did not find again', async () => {
  const asset = { kind: 'issued', code: 'USDC', issuer: ISSUER } as const
  const found = ledgerOf({ transaction: closed(), account })
  const ledger = remembering(found)
  for (const _ of [1, 2]) {
    expect(await ledger.transaction(HASH)).toEqual(closed())
    expect(await ledger.account(USER, [asset])).toBe(account)
  }
  expect(found.asked).toEqual([`transaction ${HASH}`, `account ${USER}`])
  await ledger.account(USER, [{ kind: 'native' }])
  await ledger.transaction('b'.repeat(64))
  expect(found.asked).toHaveLength(4)

  const none = ledgerOf({})
  const forgetful = remembering(none)
  for (const _ of [1, 2]) {
    expect(await forgetful.transaction(HASH)).toBeNull()
    expect(await forgetful.account(USER, [asset])).toBeNull()
  }
  expect(none.asked).toHaveLength(4)
})

test('the ledger is not read for another method', async () => {
  const ledger = ledgerOf({})
  const result = await check(ledger, { method: 'notify_offchain_funds_received' })
  expect(result).toEqual({ kind: 'ok', evidence: {}, claim: null })
  expect(ledger.asked).toEqual([])
})

describe('a payout', () => {
  test('is ok with its evidence if it is on the ledger', async () => {
    const result = await check(ledgerOf({ transaction: closed(), account }))
    expect(result).toEqual({
      kind: 'ok',
      claim: { stellarTransaction: HASH, choices: [['4294967297']] },
      evidence: {
        source: 'horizon',
        trustline: {
          account: USER,
          asset: USDC,
          accountExists: true,
          exists: true,
          authorized: true,
          balance: '7.0000000',
          limit: '1000.0000000',
        },
        stellarTransaction: {
          hash: HASH,
          found: true,
          successful: true,
          ledger: 1,
          closedAt: '2026-11-21T08:00:00Z',
          memo: { type: 'none' },
          operations: [
            {
              operationId: '4294967297',
              kind: 'payment',
              from: operation().from,
              to: USER,
              asset: USDC,
              amount: '100.0000000',
            },
          ],
          count: 1,
        },
        expected: { account: USER, asset: USDC, amount: '100', memo: null },
        notSaid: ['memo'],
        received: [{ account: USER, asset: USDC, amount: '100', operationIds: ['4294967297'] }],
      },
    })
  })

  test('is refused with its evidence if it is not on the ledger', async () => {
    const result = await check(ledgerOf({ transaction: null, account }))
    expect(result).toMatchObject({
      kind: 'absent',
      error: { code: -32600, data: { reason: 'stellar_transaction_not_found', expected: HASH } },
      evidence: { stellarTransaction: { hash: HASH, found: false }, trustline: { exists: true } },
    })
  })

  test('is read by its hash in lower case, and is not read by a text that is not a hash', async () => {
    const ledger = ledgerOf({ transaction: closed(), account })
    expect(await check(ledger, { hash: HASH.toUpperCase() })).toMatchObject({ kind: 'ok' })
    expect(ledger.asked).toEqual([`account ${USER}`, `transaction ${HASH}`])
    for (const hash of ['', '../accounts', `${HASH}0`]) {
      const other = ledgerOf({ transaction: closed(), account })
      expect(await check(other, { hash })).toMatchObject({ kind: 'refused' })
      expect(other.asked).toEqual([`account ${USER}`])
    }
  })

  test('is unreadable while the ledger cannot be read', async () => {
    expect(await check(ledgerOf({ transaction: down, account }))).toEqual({
      kind: 'unreadable',
      reason: 'horizon answered 429',
      retryAfterSeconds: 7,
    })
  })

  test('is unreadable if the ledger answers another transaction', async () => {
    const other = closed([operation()], { hash: 'b'.repeat(64) })
    const result = await check(ledgerOf({ transaction: other, account }))
    expect(result).toMatchObject({ kind: 'unreadable', retryAfterSeconds: null })
  })

  test('throws an error that does not come from the ledger', async () => {
    const broken = new TypeError('broken')
    await expect(check(ledgerOf({ transaction: broken, account }))).rejects.toBe(broken)
    await expect(check(ledgerOf({ transaction: closed(), account: broken }))).rejects.toBe(broken)
  })
})

describe('a forced payout', () => {
  test('is ok, and its evidence has the refusal that it overrides', async () => {
    const result = await check(ledgerOf({ transaction: null, account }), { forced: true })
    expect(result).toMatchObject({
      kind: 'ok',
      evidence: {
        forced: true,
        wouldBeRefused: { code: -32600, data: { reason: 'stellar_transaction_not_found' } },
        stellarTransaction: { found: false },
      },
    })
  })

  test('is refused all the same if its Stellar transaction failed', async () => {
    const failed = closed([], { successful: false })
    const result = await check(ledgerOf({ transaction: failed, account }), { forced: true })
    const error = { data: { reason: 'stellar_transaction_failed' } }
    expect(result).toMatchObject({ kind: 'refused', error, evidence: { forced: true } })
  })

  test('is ok while the ledger cannot be read', async () => {
    const result = await check(ledgerOf({ transaction: down, account: down }), { forced: true })
    expect(result).toMatchObject({
      kind: 'ok',
      evidence: {
        forced: true,
        wouldBeRefused: null,
        unread: { reason: 'ledger_rate_limited', message: 'horizon answered 429' },
        trustline: { unavailable: 'horizon answered 429' },
      },
    })
  })

  test('has evidence that nothing would be refused', async () => {
    const result = await check(ledgerOf({ transaction: closed(), account }), { forced: true })
    expect(result).toMatchObject({ kind: 'ok', evidence: { forced: true, wouldBeRefused: null } })
  })
})

describe('a trustline is evidence and refuses nothing', () => {
  const without = { authorized: null, balance: null, limit: null }
  const line = { account: USER, asset: USDC }
  const nativeLine = { account: USER, asset: 'stellar:native' }
  const issuerLine = { account: ISSUER, asset: USDC }
  const holding = (change: object) => ({ ...account, trustlines: [{ ...trustline, ...change }] })
  const foreign = { asset: { ...trustline.asset, issuer: USER } }
  const to = (destination_account: string | null) => ({ destination_account })
  const of = (asset: string) => ({ amount_out: { amount: '1', asset } })
  const unavailable = (why: RegExp) => ({ unavailable: expect.stringMatching(why) })

  type Answer = LedgerAccount | null | Error
  test.each<[string, shown: object, Answer, fields?: Record<string, unknown>]>([
    ['there', { ...line, accountExists: true, exists: true, authorized: true }, account],
    ['not authorized', { exists: true, authorized: false }, holding({ authorized: false })],
    [
      'of another issuer',
      { ...line, accountExists: true, exists: false, ...without },
      holding(foreign),
    ],
    ['of no account', { ...line, accountExists: false, exists: false, ...without }, null],
    ['of the account behind a muxed one', { ...line, exists: true }, account, to(MUXED_USER)],
    [
      'of the native asset',
      { ...nativeLine, accountExists: true, exists: true, ...without },
      account,
      of('stellar:native'),
    ],
    [
      'of the native asset and no account',
      { accountExists: false, exists: false },
      null,
      of('stellar:native'),
    ],
    [
      'of the issuer itself',
      { ...issuerLine, exists: true, ...without },
      { id: ISSUER, sequence: '1', trustlines: [] },
      to(ISSUER),
    ],
    ['of an unreadable ledger', { ...line, unavailable: 'horizon answered 429' }, down],
    ['without an account', unavailable(/account/), account, to(null)],
    ['without an asset', unavailable(/asset/), account, { amount_out: { amount: '1' } }],
    ['of an asset that is not on a ledger', unavailable(/asset/), account, of('iso4217:USD')],
    ['of a name that is not an asset', unavailable(/asset/), account, of('USDC')],
    ['of a text that is not an account id', unavailable(/account/), account, to('me')],
    ['of a contract', unavailable(/contract/), account, to(CONTRACT)],
  ])('%s', async (_case, shown, answer, fields) => {
    for (const method of ['request_trust', 'notify_trust_set', 'do_stellar_payment']) {
      const ledger = ledgerOf({ account: answer })
      const evidence = { source: 'horizon', trustline: shown }
      expect(await check(ledger, { method, fields })).toMatchObject({ kind: 'ok', evidence })
      expect(ledger.asked.every((question) => question.startsWith('account G'))).toBe(true)
    }
  })
})
