import { Asset, Memo, Operation } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LedgerError, type LedgerMemo, type LedgerSource } from '../../../../lib/ledger/source.ts'
import { createStellarRpcSource } from '../../../../lib/ledger/stellar-rpc/source.ts'
import { fetchAnswer } from '../../../helpers/fetch-answer.ts'
import { operationId } from '../../../helpers/ledger-stub.ts'
import {
  ANCHOR,
  CUSTOMER,
  ISSUER,
  type LedgerWorld,
  ledgerError,
  readToEnd,
  startLedgerWorld,
} from '../ledger-world.ts'
import {
  addEvent,
  addTransaction,
  contract,
  type FakeRpc,
  fakeRpc,
  LEDGER,
  muxed,
  USDC,
} from './rpc-world.ts'

const native = Asset.native()
const FRIEND = 'GCITJIWSWZXTJ77AK7THX5MRUNTJ264RIIOZ466Q2F4WILYBOIANKQLK'
const BALANCE = 'BAAFOUPAJDVW73R6XG5U5JYPCB7RTQ2YMN3GX3SRAACE4UVLMDM63T6SMM'
const ASSET = { kind: 'issued', code: 'USDC', issuer: ISSUER }
const MAX_ID = '18446744073709551615'
const END = '0000010741713207295-4294967294'

let world: LedgerWorld
let rpc: FakeRpc
let source: LedgerSource

beforeAll(async () => {
  world = await startLedgerWorld({ 'rpc.sim': (...both) => rpc.handler(...both) })
})
beforeEach(() => {
  rpc = fakeRpc()
  world.slept.length = 0
  source = createStellarRpcSource({ url: 'https://rpc.sim' }, world.io)
})
afterAll(() => world.close())

const resulting = (op_inner: object) => ({ transaction: { results: [{ op_inner }] } })
const read = (cursor = source.cursorAt(1500)) => source.payments(ANCHOR, cursor)
const payment = (destination = ANCHOR, amount = '1') =>
  Operation.payment({ destination, asset: USDC, amount })

describe('payments of Stellar RPC', () => {
  test('have the operation ids of Horizon, which count operations from 1', async () => {
    const hash = addTransaction(rpc, [payment(FRIEND), payment()], {
      memo: Memo.text('order 7'),
      order: 3,
    })
    const moved = { name: 'transfer' as const, parties: [CUSTOMER, ANCHOR] }
    const event = addEvent(rpc, hash, { ...moved, order: 3, operation: 1 })
    expect(await read()).toEqual({
      payments: [
        {
          operationId: operationId(LEDGER, 3, 2),
          cursor: event.id,
          ledger: LEDGER,
          closedAt: '2026-11-20T10:00:00.000Z',
          transactionHash: hash,
          successful: true,
          kind: 'payment',
          from: CUSTOMER,
          fromMuxedId: null,
          to: ANCHOR,
          toMuxedId: null,
          asset: ASSET,
          amount: '1',
          memo: { type: 'text', value: 'order 7' },
        },
      ],
      cursor: END,
      isLast: true,
    })
  })

  type Built = ReturnType<typeof payment>
  const one = (operation: Built, options?: Parameters<typeof addTransaction>[2]) =>
    addTransaction(rpc, [operation], options)
  const move = (hash: string, from: string, to: string, parts = {}) => {
    addEvent(rpc, hash, { name: 'transfer', parties: [from, to], ...parts })
    return hash
  }
  const call = (address: string) =>
    Operation.invokeContractFunction({ contract: address, function: 'pay', args: [] })
  const path = { sendAsset: native, destination: ANCHOR, destAsset: USDC }
  const sentBy = (source: string, destination = ANCHOR) =>
    Operation.payment({ destination, asset: USDC, amount: '1', source })

  /** Without an event of its own, an operation has a transfer from the customer to the anchor. */
  type Parts = {
    transaction?: Parameters<typeof addTransaction>[2]
    event?: Partial<Parameters<typeof addEvent>[2]>
  }
  const cases: [string, Built, object, Parts?][] = [
    [
      'to a muxed account',
      payment(muxed(MAX_ID)),
      { kind: 'payment', to: ANCHOR, toMuxedId: MAX_ID },
      { event: { muxedId: BigInt(MAX_ID) } },
    ],
    [
      'from a muxed account, by the source of the operation',
      sentBy(muxed('8', CUSTOMER)),
      { kind: 'payment', from: CUSTOMER, fromMuxedId: '8' },
    ],
    [
      'from a muxed account, by the source of the transaction',
      payment(),
      { kind: 'payment', from: CUSTOMER, fromMuxedId: '9' },
      { transaction: { sourceMuxedId: '9' } },
    ],
    [
      'in a fee bump',
      payment(),
      { kind: 'payment', from: CUSTOMER, memo: { type: 'text', value: 'bumped' } },
      { transaction: { memo: Memo.text('bumped'), feeBump: true } },
    ],
    [
      'from another source than the transaction',
      sentBy(FRIEND),
      { from: FRIEND },
      { event: { parties: [FRIEND, ANCHOR] } },
    ],
    [
      'by a strict receive',
      Operation.pathPaymentStrictReceive({ ...path, sendMax: '9', destAmount: '2.5' }),
      { kind: 'path_payment', asset: ASSET, amount: '2.5' },
    ],
    [
      'by a strict send, with the amount of the result',
      Operation.pathPaymentStrictSend({ ...path, sendAmount: '9', destMin: '1' }),
      { kind: 'path_payment', asset: ASSET, amount: '3' },
      resulting({ path_payment_strict_send: { success: { last: { amount: '30000000' } } } }),
    ],
    [
      'that create an account',
      Operation.createAccount({ destination: ANCHOR, startingBalance: '2' }),
      { kind: 'create_account', asset: { kind: 'native' }, amount: '2' },
      { event: { asset: native } },
    ],
    [
      'that merge an account',
      Operation.accountMerge({ destination: ANCHOR }),
      { kind: 'account_merge', asset: { kind: 'native' }, amount: '5' },
      { ...resulting({ account_merge: { success: '50000000' } }), event: { asset: native } },
    ],
    [
      'that claim a balance',
      Operation.claimClaimableBalance({
        balanceId: `00000000${'57'.repeat(32)}`,
        source: ANCHOR,
      }),
      { kind: 'claimable_balance', to: ANCHOR, asset: ASSET, amount: '1' },
      { event: { parties: [BALANCE, ANCHOR] } },
    ],
    [
      'clawed back',
      Operation.clawback({ asset: USDC, amount: '4', from: ANCHOR, source: ISSUER }),
      { kind: 'clawback', from: ANCHOR, to: null, amount: '4' },
      { event: { name: 'clawback', parties: [ANCHOR] } },
    ],
    [
      'from the issuer, which are mints',
      sentBy(ISSUER),
      { kind: 'payment', from: ISSUER, to: ANCHOR, amount: '1' },
      { event: { name: 'mint', parties: [ANCHOR] } },
    ],
    [
      'sent by the account',
      sentBy(ANCHOR, FRIEND),
      { kind: 'payment', from: ANCHOR, to: FRIEND },
      { event: { parties: [ANCHOR, FRIEND] } },
    ],
    [
      'by a contract',
      call(contract(1)),
      { kind: 'contract_transfer', from: contract(2), to: ANCHOR, asset: ASSET, amount: '1' },
      { event: { parties: [contract(2), ANCHOR] } },
    ],
    [
      'by a contract, to a muxed id beside a memo',
      call(contract(1)),
      { kind: 'contract_transfer', toMuxedId: MAX_ID, memo: { type: 'text', value: 'hi' } },
      { event: { muxedId: BigInt(MAX_ID) }, transaction: { memo: Memo.text('hi') } },
    ],
    [
      'by a contract, with a text',
      call(contract(1)),
      { kind: 'contract_transfer', toMuxedId: null, memo: { type: 'text', value: 'zwölf' } },
      { event: { carried: 'zwölf' } },
    ],
    [
      'by a contract, with another text than the transaction',
      call(contract(1)),
      { memo: { type: 'other', shown: 'text "a" of the transfer, id "7" of its transaction' } },
      { event: { carried: 'a' }, transaction: { memo: Memo.id('7') } },
    ],
    [
      'by a contract, with a hash',
      call(contract(1)),
      { kind: 'contract_transfer', memo: { type: 'hash', value: '05'.repeat(32) } },
      { event: { carried: Buffer.alloc(32, 5) } },
    ],
    [
      'by a contract, with other bytes',
      call(contract(1)),
      { kind: 'contract_transfer', memo: { type: 'other', shown: 'the bytes BQU=' } },
      { event: { carried: Buffer.alloc(2, 5) } },
    ],
    [
      'by a contract, from the muxed account that called it',
      Operation.invokeContractFunction({
        contract: contract(1),
        function: 'pay',
        args: [],
        source: muxed('8', CUSTOMER),
      }),
      { kind: 'contract_transfer', from: CUSTOMER, fromMuxedId: '8' },
    ],
    [
      'clawed back by a contract',
      call(contract(1)),
      { kind: 'clawback', from: ANCHOR, to: null, amount: '1' },
      { event: { name: 'clawback', parties: [ANCHOR] } },
    ],
  ]
  test.each(cases)('%s are read', async (_name, operation, expected, parts = {}) => {
    const hash = one(operation, parts.transaction)
    addEvent(rpc, hash, { name: 'transfer', parties: [CUSTOMER, ANCHOR], ...parts.event })
    const { payments } = await read()
    expect(payments).toHaveLength(1)
    expect(payments[0]).toMatchObject({ transactionHash: hash, ...expected })
  })

  const hash32 = Buffer.alloc(32, 5)
  const escaped = 'é\\x41\t"\u{1f600}'
  const other = (shown: string) => ({ type: 'other', shown }) as const
  test.each<[string, Memo, LedgerMemo]>([
    ['an id', Memo.id(MAX_ID), { type: 'id', value: MAX_ID }],
    ['a hash', Memo.hash(hash32), { type: 'hash', value: '05'.repeat(32) }],
    ['a return', Memo.return(hash32), other(`return ${hash32.toString('base64')}`)],
    ['a text that XDR-JSON escapes', Memo.text(escaped), { type: 'text', value: escaped }],
    ['not UTF-8', new Memo('text', Buffer.of(255, 0)), other('text of the bytes /wA=')],
  ])('whose memo is %s are read with it', async (_name, memo, expected) => {
    move(one(payment(), { memo }), CUSTOMER, ANCHOR)
    expect((await read()).payments).toMatchObject([{ kind: 'payment', memo: expected }])
  })

  test('to an issuer are found among burns, which do not name it', async () => {
    const hash = one(payment(ISSUER))
    addEvent(rpc, hash, { name: 'burn', parties: [CUSTOMER] })
    const { payments } = await source.payments(ISSUER, source.cursorAt(1500))
    expect(payments).toMatchObject([{ kind: 'payment', from: CUSTOMER, to: ISSUER, amount: '1' }])
    expect((await read()).payments).toEqual([])
  })

  test("are not read from events of a contract that is not the asset's own", async () => {
    const hash = one(call(contract(9)))
    move(hash, CUSTOMER, ANCHOR, { contractId: contract(9) })
    const asset = new Asset('USDC', FRIEND)
    const contractId = asset.contractId('another network')
    move(hash, CUSTOMER, ANCHOR, { asset, contractId, event: 1 })
    expect((await read()).payments).toEqual([])
    expect(rpc.calls).not.toContain('getTransaction')
  })

  test('leave out the trades of other accounts with an offer of the account', async () => {
    const across = { sendAsset: USDC, destination: FRIEND, destAsset: native }
    const crossing = { ...across, sendMax: '9', destAmount: '1' }
    move(one(Operation.pathPaymentStrictReceive(crossing)), CUSTOMER, ANCHOR)
    const trade = { selling: USDC, buying: native, amount: '1', price: '1' }
    const offer = Operation.manageSellOffer(trade)
    move(one(offer, { order: 2 }), CUSTOMER, ANCHOR, { order: 2 })
    expect((await read()).payments).toEqual([])
  })

  test('of one operation with several events are one payment', async () => {
    const hash = one(call(contract(1)))
    for (const event of [0, 1, 2]) move(hash, contract(2), ANCHOR, { event, amount: 5n })
    const { payments } = await read()
    expect(payments).toMatchObject([
      { kind: 'contract_transfer', from: contract(2), asset: ASSET, amount: null },
    ])
  })

  test('follow from page to page, and no operation comes twice', async () => {
    for (let order = 1; order <= 150; order += 1) {
      const hash = one(call(contract(1)), { order })
      for (const event of [0, 1, 2]) move(hash, contract(2), ANCHOR, { order, event })
    }
    const { operationIds, cursor } = await readToEnd(source, ANCHOR, source.cursorAt(1500))
    expect(operationIds).toHaveLength(150)
    expect(new Set(operationIds).size).toBe(150)
    expect(cursor).toBe(END)
  })

  test('of one operation with more events than a page are one payment', async () => {
    const hash = one(call(contract(1)))
    for (let event = 0; event < 300; event += 1) move(hash, contract(2), ANCHOR, { event })
    expect((await read()).payments).toHaveLength(1)
  })

  test('are read on from the cursor of a payment without repeating it', async () => {
    move(one(payment()), CUSTOMER, ANCHOR)
    move(one(payment(), { order: 2 }), CUSTOMER, ANCHOR, { order: 2 })
    const { payments } = await read()
    const again = await read(payments[0]?.cursor)
    expect(again.payments).toEqual(payments.slice(1))
  })

  test('whose transaction is nested too deeply are of kind unknown, for a person', async () => {
    const hash = one(payment())
    move(hash, CUSTOMER, ANCHOR)
    rpc.instead.set('getTransaction', `{"result":${'['.repeat(100)}${']'.repeat(100)}}`)
    expect((await read()).payments).toMatchObject([
      { kind: 'unknown', successful: true, from: CUSTOMER, to: ANCHOR, asset: ASSET, amount: '1' },
    ])
  })

  test('of an operation of an unknown type are of kind unknown, for a person', async () => {
    const hash = move(one(payment()), CUSTOMER, ANCHOR)
    const transaction = rpc.transactions.get(hash)
    const tx = { memo: 'none', source_account: CUSTOMER, operations: [{ body: { teleport: {} } }] }
    rpc.transactions.set(hash, { ...transaction, envelopeJson: { tx: { tx } } })
    expect((await read()).payments).toMatchObject([{ kind: 'unknown', to: ANCHOR, amount: '1' }])
  })

  test('in a transaction of the first form have its source', async () => {
    const hash = move(one(payment()), CUSTOMER, ANCHOR)
    const transaction = rpc.transactions.get(hash)
    const body = { destination: ANCHOR, asset: 'native', amount: 10000000 }
    const tx = {
      memo: { id: 7 },
      source_account_ed25519: '83'.repeat(32),
      operations: [{ source_account: null, body: { payment: body } }],
    }
    rpc.transactions.set(hash, { ...transaction, envelopeJson: { tx_v0: { tx } } })
    expect((await read()).payments).toMatchObject([
      { kind: 'payment', to: ANCHOR, amount: '1', memo: { type: 'id', value: '7' } },
    ])
  })
})

describe('a Stellar RPC server that', () => {
  const EARLY = '0000004294967296000-0000000000'
  const result = (change: object) => ({
    result: { events: [], cursor: END, latestLedger: 2500, ...change },
  })

  test('has dropped the ledger of the cursor has lost history', async () => {
    const error = await ledgerError(() => read(source.cursorAt(999)))
    expect(error.code).toBe('ledger_history_gone')
  })

  test('ends before the cursor has no payments', async () => {
    const cursor = source.cursorAt(2501)
    expect(await read(cursor)).toEqual({ payments: [], cursor, isLast: true })
  })

  test('does not have the transaction of an event is unreadable', async () => {
    addEvent(rpc, 'ab'.repeat(32), { name: 'transfer', parties: [CUSTOMER, ANCHOR] })
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test.each<[string, unknown, string]>([
    ['a text that is not JSON', '<html>', 'ledger_unreadable'],
    ['neither a result nor an error', {}, 'ledger_unreadable'],
    ['an error', { error: { code: -32603, message: 'ill' } }, 'ledger_unreachable'],
    ['a result without events', { result: {} }, 'ledger_unreadable'],
    ['an empty event', result({ events: [{}] }), 'ledger_unreadable'],
    ['a cursor ahead of the ledger', result({ latestLedger: 2499 }), 'ledger_unreadable'],
    ['a text that is not a cursor', result({ cursor: 'x' }), 'ledger_unreadable'],
    ['a cursor before the requested one', result({ cursor: EARLY }), 'ledger_unreadable'],
  ])('answers with %s is refused', async (_name, answer, code) => {
    rpc.instead.set('getEvents', answer)
    expect(await ledgerError(() => read())).toMatchObject({ code })
  })

  test('shows an event twice is unreadable', async () => {
    const hash = addTransaction(rpc, [payment()])
    const event = addEvent(rpc, hash, { name: 'transfer', parties: [CUSTOMER, ANCHOR] })
    rpc.instead.set('getEvents', result({ events: [event, event] }))
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test('has searched only some of the ledgers has another page', async () => {
    const cursor = source.cursorAt(2400)
    rpc.instead.set('getEvents', result({ cursor }))
    expect(await read()).toEqual({ payments: [], cursor, isLast: false })
  })
})

describe('a proof that Stellar RPC emits the events of payments', () => {
  const count = (method: string) => rpc.calls.filter((one) => one === method).length

  test('is missing when a ledger with transactions shows no fee event', async () => {
    addTransaction(rpc, [payment()])
    rpc.emitsFees = false
    expect(await ledgerError(() => read())).toMatchObject({
      code: 'events_not_emitted',
      message: expect.stringContaining(`no fee event of ledger ${LEDGER}`),
    })
  })

  test('is not enough from a later ledger, because the server may have begun to emit them', async () => {
    addTransaction(rpc, [payment()], { ledger: 1800 })
    addTransaction(rpc, [payment()], { ledger: 1900 })
    rpc.emitsFees = false
    const hash = [...rpc.transactions.keys()].at(-1) ?? ''
    addEvent(rpc, hash, { name: 'fee', parties: [CUSTOMER], asset: native, ledger: 1900 })
    expect(await ledgerError(() => read())).toMatchObject({ code: 'events_not_emitted' })
    expect((await read(source.cursorAt(1850))).payments).toEqual([])
  })

  test('needs no event when there was no transaction', async () => {
    rpc.emitsFees = false
    expect(await read()).toEqual({ payments: [], cursor: END, isLast: true })
  })

  test('takes two requests in ten minutes, and two more for an earlier ledger', async () => {
    addTransaction(rpc, [payment()])
    let now = 0
    const io = { ...world.io, now: () => new Date(now) }
    source = createStellarRpcSource({ url: 'https://rpc.sim' }, io)
    await Promise.all([read(), read(), read(source.cursorAt(1600))])
    expect([count('getTransactions'), count('getEvents')]).toEqual([1, 4])
    await read(source.cursorAt(1400))
    expect(count('getTransactions')).toBe(2)
    now += 9 * 60_000
    await read()
    expect(count('getTransactions')).toBe(2)
    now += 60_000
    await read()
    expect(count('getTransactions')).toBe(3)
  })

  test('is asked for again after it was missing', async () => {
    addTransaction(rpc, [payment()])
    rpc.emitsFees = false
    await ledgerError(() => read())
    rpc.emitsFees = true
    expect((await read()).payments).toEqual([])
  })
})

describe('the ledgers of Stellar RPC', () => {
  test('are read from answers of 30 MB, of which only short fields are kept', async () => {
    const whole = { headerXdr: 'A'.repeat(1_000_000), metadataXdr: 'A'.repeat(29_000_000) }
    const latest = { id: 'ef'.repeat(32), sequence: 2500, ...whole }
    rpc.instead.set('getLatestLedger', { result: latest })
    expect(await source.head()).toMatchObject({ sequence: 2500, hash: 'ef'.repeat(32) })
    const shown = { hash: 'cd'.repeat(32), sequence: 2400, ledgerCloseTime: '1795168800', ...whole }
    rpc.instead.set('getLedgers', { result: { ledgers: [shown] } })
    expect(await source.ledger(2400)).toMatchObject({ hash: 'cd'.repeat(32) })
    rpc.instead.set('getLatestLedger', { result: { ...latest, more: 'A'.repeat(5_000_000) } })
    expect(await ledgerError(() => source.head())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test('have a head with the oldest ledger and the network', async () => {
    expect(await source.head()).toEqual({
      sequence: 2500,
      hash: 'ef'.repeat(32),
      closedAt: '2026-11-20T10:00:00.000Z',
      oldestSequence: 1000,
      networkPassphrase: 'Test SDF Network ; September 2015',
    })
  })

  test('have a head also when a ledger closes between two requests', async () => {
    rpc.instead.set('getLatestLedger', { result: { id: 'aa'.repeat(32), sequence: 2499 } })
    expect(await source.head()).toMatchObject({ sequence: 2499, hash: 'cd'.repeat(32) })
  })

  test('are read one by one, and a ledger that the server does not have is null', async () => {
    expect(await source.ledger(1000)).toEqual({
      sequence: 1000,
      hash: 'cd'.repeat(32),
      closedAt: '2026-11-20T10:00:00.000Z',
    })
    expect(await source.ledger(999)).toBeNull()
    expect(await source.ledger(2501)).toBeNull()
  })

  test('have cursors, and a text that is not a cursor is refused', () => {
    expect(source.cursorAt(2081)).toBe('0000008937826942976-0000000000')
    expect(source.ledgerOf(source.cursorAt(2081))).toBe(2081)
    expect(() => source.ledgerOf('8937826942976')).toThrow('not the id of an event')
  })
})

describe('a transaction of Stellar RPC', () => {
  test('has its memo and all its payments', async () => {
    const change = Operation.changeTrust({ asset: USDC })
    const hash = addTransaction(rpc, [change, payment(), payment(FRIEND, '2')], {
      memo: Memo.id('7'),
    })
    expect(await source.transaction(hash)).toMatchObject({
      hash,
      successful: true,
      ledger: LEDGER,
      closedAt: '2026-11-20T10:00:00.000Z',
      memo: { type: 'id', value: '7' },
      payments: [
        { operationId: operationId(LEDGER, 1, 2), to: ANCHOR, amount: '1' },
        { operationId: operationId(LEDGER, 1, 3), to: FRIEND, amount: '2' },
      ],
    })
  })

  test('that failed is not successful, and neither are its payments', async () => {
    const hash = addTransaction(rpc, [payment()], { successful: false })
    expect(await source.transaction(hash)).toMatchObject({
      successful: false,
      payments: [{ successful: false, kind: 'payment' }],
    })
  })

  test('that the server does not have is null, and so is a text that is not a hash', async () => {
    expect(await source.transaction('ab'.repeat(32))).toBeNull()
    expect(await source.transaction('x')).toBeNull()
    expect(rpc.calls).toEqual(['getTransaction'])
  })

  test.each<[string, object]>([
    ['status', { status: 'MAYBE' }],
    ['ledger', { ledger: 'x' }],
    ['time', { createdAt: '' }],
    ['place', { applicationOrder: undefined }],
    ['operations', { envelopeJson: { tx: { tx: {} } } }],
  ])('without a usable %s is unreadable', async (_name, changes) => {
    const hash = addTransaction(rpc, [payment()])
    rpc.transactions.set(hash, { ...rpc.transactions.get(hash), ...changes })
    const error = await ledgerError(() => source.transaction(hash))
    expect(error.code).toBe('ledger_unreadable')
  })
})

const json = fc.jsonValue({ maxDepth: 4 })

test('any JSON in place of an answer or its parts ends in a value or in a LedgerError', async () => {
  const hash = addTransaction(rpc, [payment(), payment(muxed('7'))], { memo: Memo.text('order 7') })
  const event = addEvent(rpc, hash, { name: 'transfer', parties: [CUSTOMER, ANCHOR] })
  const right = rpc.transactions.get(hash) ?? {}
  const body = { destination: ANCHOR, asset: 'native', amount: '10000000' }
  const answers = fc.record({
    events: fc.oneof(
      json,
      fc.dictionary(fc.constantFrom(...Object.keys(event)), json).map((changes) => ({
        events: [{ ...event, ...changes }],
        cursor: END,
        latestLedger: 2500,
      })),
    ),
    transaction: fc.oneof(
      json,
      fc
        .dictionary(fc.constantFrom(...Object.keys(right)), json)
        .map((changes) => ({ ...right, ...changes })),
      fc
        .tuple(json, json, fc.dictionary(fc.constantFrom(...Object.keys(body)), json))
        .map(([memo, source_account, changes]) => {
          const operations = [{ body: { payment: { ...body, ...changes } } }]
          return { ...right, envelopeJson: { tx: { tx: { memo, source_account, operations } } } }
        }),
    ),
  })
  const world = { events: {} as unknown, transaction: {} as unknown }
  const memory = createStellarRpcSource(
    { url: 'https://rpc.sim' },
    {
      fetch: async (url, { json: text = '' }) => {
        const { method } = JSON.parse(text)
        const result = { getEvents: world.events, getTransaction: world.transaction }[
          method as string
        ] ?? { passphrase: 'Test SDF Network ; September 2015' }
        return fetchAnswer(url, { text: JSON.stringify({ result }) })
      },
      sleep: async () => {},
      now: () => new Date(0),
    },
  )
  await fc.assert(
    fc.asyncProperty(answers, async ({ events, transaction }) => {
      Object.assign(world, { events, transaction })
      const outcomes = await Promise.all([
        memory.payments(ANCHOR, source.cursorAt(1500)).catch((error: unknown) => error),
        memory.transaction(hash).catch((error: unknown) => error),
      ])
      for (const outcome of outcomes) {
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LedgerError)
      }
    }),
    { numRuns: 1_000 },
  )
})
