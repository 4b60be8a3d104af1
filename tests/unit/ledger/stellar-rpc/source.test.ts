import { Asset, Memo, Operation } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LedgerError, type LedgerSource } from '../../../../lib/ledger/source.ts'
import { createStellarRpcSource } from '../../../../lib/ledger/stellar-rpc/source.ts'
import {
  ANCHOR,
  CUSTOMER,
  ISSUER,
  type LedgerWorld,
  ledgerError,
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

const FRIEND = 'GCITJIWSWZXTJ77AK7THX5MRUNTJ264RIIOZ466Q2F4WILYBOIANKQLK'
const BALANCE = 'BAAFOUPAJDVW73R6XG5U5JYPCB7RTQ2YMN3GX3SRAACE4UVLMDM63T6SMM'
const ASSET = { kind: 'issued', code: 'USDC', issuer: ISSUER }
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

const read = (cursor = source.cursorAt(1500)) => source.payments(ANCHOR, cursor)
const payment = (destination = ANCHOR, amount = '1') =>
  Operation.payment({ destination, asset: USDC, amount })

describe('payments of Stellar RPC', () => {
  test("have Horizon's operation ids, which count operations from 1", async () => {
    const hash = addTransaction(rpc, [payment(FRIEND), payment()], {
      memo: Memo.text('order 7'),
      order: 3,
    })
    const event = addEvent(rpc, hash, {
      name: 'transfer',
      parties: [CUSTOMER, ANCHOR],
      order: 3,
      operation: 1,
    })
    expect(await read()).toEqual({
      payments: [
        {
          operationId: String((BigInt(LEDGER) << 32n) | (3n << 12n) | 2n),
          cursor: event.id,
          ledger: LEDGER,
          closedAt: '2026-11-20T10:00:00.000Z',
          transactionHash: hash,
          successful: true,
          kind: 'payment',
          from: CUSTOMER,
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

  type Case = [string, () => string, object]
  const one = (operation: ReturnType<typeof payment>, options = {}) =>
    addTransaction(rpc, [operation], options)
  const move = (hash: string, from: string, to: string, parts = {}) => {
    addEvent(rpc, hash, { name: 'transfer', parties: [from, to], ...parts })
    return hash
  }
  const cases: Case[] = [
    [
      'to a muxed account',
      () =>
        move(one(payment(muxed('18446744073709551615'))), CUSTOMER, ANCHOR, {
          muxedId: 18446744073709551615n,
        }),
      { kind: 'payment', to: ANCHOR, toMuxedId: '18446744073709551615' },
    ],
    [
      'with an id memo',
      () => move(one(payment(), { memo: Memo.id('18446744073709551615') }), CUSTOMER, ANCHOR),
      { memo: { type: 'id', value: '18446744073709551615' } },
    ],
    [
      'with a hash memo',
      () => move(one(payment(), { memo: Memo.hash(Buffer.alloc(32, 5)) }), CUSTOMER, ANCHOR),
      { memo: { type: 'hash', value: '05'.repeat(32) } },
    ],
    [
      'with a return memo',
      () => move(one(payment(), { memo: Memo.return(Buffer.alloc(32, 5)) }), CUSTOMER, ANCHOR),
      { memo: { type: 'other', shown: `return ${Buffer.alloc(32, 5).toString('base64')}` } },
    ],
    [
      'with a text memo that XDR-JSON escapes',
      () => move(one(payment(), { memo: Memo.text('é\\x41\t"\u{1f600}') }), CUSTOMER, ANCHOR),
      { memo: { type: 'text', value: 'é\\x41\t"\u{1f600}' } },
    ],
    [
      'with a text memo of bytes that are no UTF-8',
      () => move(one(payment(), { memo: new Memo('text', Buffer.of(255, 0)) }), CUSTOMER, ANCHOR),
      { memo: { type: 'other', shown: 'text of the bytes /wA=' } },
    ],
    [
      'in a fee bump',
      () => move(one(payment(), { memo: Memo.text('bumped'), feeBump: true }), CUSTOMER, ANCHOR),
      { kind: 'payment', from: CUSTOMER, memo: { type: 'text', value: 'bumped' } },
    ],
    [
      'from another source than the transaction',
      () =>
        move(
          one(Operation.payment({ destination: ANCHOR, asset: USDC, amount: '1', source: FRIEND })),
          FRIEND,
          ANCHOR,
        ),
      { from: FRIEND },
    ],
    [
      'by a strict receive',
      () =>
        move(
          one(
            Operation.pathPaymentStrictReceive({
              sendAsset: Asset.native(),
              sendMax: '9',
              destination: ANCHOR,
              destAsset: USDC,
              destAmount: '2.5',
            }),
          ),
          CUSTOMER,
          ANCHOR,
        ),
      { kind: 'path_payment', asset: ASSET, amount: '2.5' },
    ],
    [
      'by a strict send, of which the result says what came',
      () =>
        move(
          one(
            Operation.pathPaymentStrictSend({
              sendAsset: Asset.native(),
              sendAmount: '9',
              destination: ANCHOR,
              destAsset: USDC,
              destMin: '1',
            }),
            {
              results: [
                {
                  op_inner: {
                    path_payment_strict_send: {
                      success: { offers: [], last: { amount: '30000000' } },
                    },
                  },
                },
              ],
            },
          ),
          CUSTOMER,
          ANCHOR,
        ),
      { kind: 'path_payment', asset: ASSET, amount: '3' },
    ],
    [
      'that create an account',
      () =>
        move(
          one(Operation.createAccount({ destination: ANCHOR, startingBalance: '2' })),
          CUSTOMER,
          ANCHOR,
          {
            asset: Asset.native(),
          },
        ),
      { kind: 'create_account', asset: { kind: 'native' }, amount: '2' },
    ],
    [
      'that merge an account',
      () =>
        move(
          one(Operation.accountMerge({ destination: ANCHOR }), {
            results: [{ op_inner: { account_merge: { success: '50000000' } } }],
          }),
          CUSTOMER,
          ANCHOR,
          { asset: Asset.native() },
        ),
      { kind: 'account_merge', asset: { kind: 'native' }, amount: '5' },
    ],
    [
      'that claim a balance',
      () =>
        move(
          one(
            Operation.claimClaimableBalance({
              balanceId: `00000000${'57'.repeat(32)}`,
              source: ANCHOR,
            }),
          ),
          BALANCE,
          ANCHOR,
        ),
      { kind: 'claimable_balance', to: ANCHOR, asset: ASSET, amount: '1' },
    ],
    [
      'clawed back',
      () => {
        const hash = one(
          Operation.clawback({ asset: USDC, amount: '4', from: ANCHOR, source: ISSUER }),
        )
        addEvent(rpc, hash, { name: 'clawback', parties: [ANCHOR] })
        return hash
      },
      { kind: 'clawback', from: ANCHOR, to: null, amount: '4' },
    ],
    [
      'from the issuer, which are mints',
      () => {
        const hash = one(
          Operation.payment({ destination: ANCHOR, asset: USDC, amount: '1', source: ISSUER }),
        )
        addEvent(rpc, hash, { name: 'mint', parties: [ANCHOR] })
        return hash
      },
      { kind: 'payment', from: ISSUER, to: ANCHOR, amount: '1' },
    ],
    [
      'sent',
      () =>
        move(
          one(Operation.payment({ destination: FRIEND, asset: USDC, amount: '1', source: ANCHOR })),
          ANCHOR,
          FRIEND,
        ),
      { kind: 'payment', from: ANCHOR, to: FRIEND },
    ],
    [
      'by a contract',
      () =>
        move(
          one(
            Operation.invokeContractFunction({ contract: contract(1), function: 'pay', args: [] }),
          ),
          contract(2),
          ANCHOR,
        ),
      { kind: 'contract_transfer', from: contract(2), to: ANCHOR, asset: ASSET, amount: '1' },
    ],
  ]
  test.each(cases)('%s are shown', async (_name, add, expected) => {
    const hash = add()
    const { payments } = await read()
    expect(payments).toHaveLength(1)
    expect(payments[0]).toMatchObject({ transactionHash: hash, ...expected })
  })

  test('to an issuer are burns that do not name it, and are found', async () => {
    const hash = one(payment(ISSUER))
    addEvent(rpc, hash, { name: 'burn', parties: [CUSTOMER] })
    const { payments } = await source.payments(ISSUER, source.cursorAt(1500))
    expect(payments).toMatchObject([{ kind: 'payment', from: CUSTOMER, to: ISSUER, amount: '1' }])
    expect((await read()).payments).toEqual([])
  })

  test('that a contract of a stranger invents are none', async () => {
    const hash = one(
      Operation.invokeContractFunction({ contract: contract(9), function: 'lie', args: [] }),
    )
    addEvent(rpc, hash, { name: 'transfer', parties: [CUSTOMER, ANCHOR], contractId: contract(9) })
    const other = new Asset('USDC', FRIEND)
    const contractId = other.contractId('another network')
    addEvent(rpc, hash, {
      name: 'transfer',
      parties: [CUSTOMER, ANCHOR],
      asset: other,
      contractId,
      event: 1,
    })
    expect((await read()).payments).toEqual([])
    expect(rpc.calls).not.toContain('getTransaction')
  })

  test('are not the trades that path payments of others make with the account', async () => {
    const hash = one(
      Operation.pathPaymentStrictReceive({
        sendAsset: USDC,
        sendMax: '9',
        destination: FRIEND,
        destAsset: Asset.native(),
        destAmount: '1',
      }),
    )
    move(hash, CUSTOMER, ANCHOR)
    const offer = Operation.manageSellOffer({
      selling: USDC,
      buying: Asset.native(),
      amount: '1',
      price: '1',
    })
    move(one(offer, { order: 2 }), CUSTOMER, ANCHOR, { order: 2 })
    expect((await read()).payments).toEqual([])
  })

  test('of an operation with several events are one', async () => {
    const hash = one(
      Operation.invokeContractFunction({ contract: contract(1), function: 'pay', args: [] }),
    )
    for (const event of [0, 1, 2]) move(hash, contract(2), ANCHOR, { event, amount: 5n })
    const { payments } = await read()
    expect(payments).toMatchObject([
      { kind: 'contract_transfer', from: contract(2), asset: ASSET, amount: null },
    ])
  })

  test('go on from page to page, and never begin an operation twice', async () => {
    for (let order = 1; order <= 150; order += 1) {
      const hash = one(
        Operation.invokeContractFunction({ contract: contract(1), function: 'pay', args: [] }),
        { order },
      )
      for (const event of [0, 1, 2]) move(hash, contract(2), ANCHOR, { order, event })
    }
    const seen: string[] = []
    let cursor = source.cursorAt(1500)
    for (let isLast = false; !isLast; ) {
      const page = await read(cursor)
      seen.push(...page.payments.map(({ operationId }) => operationId))
      ;({ cursor, isLast } = page)
    }
    expect(seen).toHaveLength(150)
    expect(new Set(seen).size).toBe(150)
    expect(cursor).toBe(END)
  })

  test('of one operation with more events than a page come whole', async () => {
    const hash = one(
      Operation.invokeContractFunction({ contract: contract(1), function: 'pay', args: [] }),
    )
    for (let event = 0; event < 300; event += 1) move(hash, contract(2), ANCHOR, { event })
    expect((await read()).payments).toHaveLength(1)
  })

  test('are read again from their own cursor without repeating any', async () => {
    move(one(payment()), CUSTOMER, ANCHOR)
    move(one(payment(), { order: 2 }), CUSTOMER, ANCHOR, { order: 2 })
    const { payments } = await read()
    const again = await read(payments[0]?.cursor)
    expect(again.payments).toEqual(payments.slice(1))
  })

  test('whose transaction is nested too deeply are kept for a person', async () => {
    const hash = one(payment())
    move(hash, CUSTOMER, ANCHOR)
    rpc.instead.set('getTransaction', `{"result":${'['.repeat(100)}${']'.repeat(100)}}`)
    expect((await read()).payments).toMatchObject([
      { kind: 'unknown', successful: true, from: CUSTOMER, to: ANCHOR, asset: ASSET, amount: '1' },
    ])
  })

  test('of an operation of the future are kept for a person', async () => {
    const hash = move(one(payment()), CUSTOMER, ANCHOR)
    const transaction = rpc.transactions.get(hash)
    const tx = { memo: 'none', source_account: CUSTOMER, operations: [{ body: { teleport: {} } }] }
    rpc.transactions.set(hash, { ...transaction, envelopeJson: { tx: { tx } } })
    expect((await read()).payments).toMatchObject([{ kind: 'unknown', to: ANCHOR, amount: '1' }])
  })

  test('of the first transaction form name their source too', async () => {
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
  test('does not keep the cursor any more has lost history', async () => {
    expect(await ledgerError(() => read(source.cursorAt(999)))).toMatchObject({
      code: 'ledger_history_gone',
    })
  })

  test('is not as far as the cursor has nothing', async () => {
    const cursor = source.cursorAt(2501)
    expect(await read(cursor)).toEqual({ payments: [], cursor, isLast: true })
  })

  test('does not have the transaction of an event is unreadable', async () => {
    addEvent(rpc, 'ab'.repeat(32), { name: 'transfer', parties: [CUSTOMER, ANCHOR] })
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test.each<[string, unknown, string]>([
    ['no JSON', '<html>', 'ledger_unreadable'],
    ['nothing', {}, 'ledger_unreadable'],
    ['an error', { error: { code: -32603, message: 'ill' } }, 'ledger_unreachable'],
    ['no events', { result: {} }, 'ledger_unreadable'],
    [
      'an event that is none',
      { result: { events: [{}], cursor: END, latestLedger: 2500 } },
      'ledger_unreadable',
    ],
    [
      'a cursor ahead of the ledger',
      { result: { events: [], cursor: END, latestLedger: 2499 } },
      'ledger_unreadable',
    ],
    [
      'a cursor that is none',
      { result: { events: [], cursor: 'x', latestLedger: 2500 } },
      'ledger_unreadable',
    ],
    [
      'a cursor before the one asked for',
      { result: { events: [], cursor: '0000004294967296000-0000000000', latestLedger: 2500 } },
      'ledger_unreadable',
    ],
  ])('answers %s is not believed', async (_name, answer, code) => {
    rpc.instead.set('getEvents', answer)
    expect(await ledgerError(() => read())).toMatchObject({ code })
  })

  test('shows events twice or out of order is unreadable', async () => {
    const hash = addTransaction(rpc, [payment()])
    const event = addEvent(rpc, hash, { name: 'transfer', parties: [CUSTOMER, ANCHOR] })
    const result = { events: [event, event], cursor: END, latestLedger: 2500 }
    rpc.instead.set('getEvents', { result })
    expect(await ledgerError(() => read())).toMatchObject({ code: 'ledger_unreadable' })
  })

  test('looks through some ledgers only is asked on', async () => {
    const cursor = source.cursorAt(2400)
    rpc.instead.set('getEvents', { result: { events: [], cursor, latestLedger: 2500 } })
    expect(await read()).toEqual({ payments: [], cursor, isLast: false })
  })
})

describe('the ledgers of Stellar RPC', () => {
  test('have a head', async () => {
    expect(await source.head()).toEqual({
      sequence: 2500,
      hash: 'ef'.repeat(32),
      closedAt: '2026-11-20T10:00:00.000Z',
      oldestSequence: 1000,
      networkPassphrase: 'Test SDF Network ; September 2015',
    })
  })

  test('have a head even when one closes in between', async () => {
    rpc.instead.set('getLatestLedger', { result: { id: 'aa'.repeat(32), sequence: 2499 } })
    expect(await source.head()).toMatchObject({ sequence: 2499, hash: 'cd'.repeat(32) })
  })

  test('are shown one by one as far as they are kept', async () => {
    expect(await source.ledger(1000)).toEqual({
      sequence: 1000,
      hash: 'cd'.repeat(32),
      closedAt: '2026-11-20T10:00:00.000Z',
    })
    expect(await source.ledger(999)).toBeNull()
    expect(await source.ledger(2501)).toBeNull()
  })

  test('have cursors', () => {
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
        {
          operationId: String((BigInt(LEDGER) << 32n) | (1n << 12n) | 2n),
          to: ANCHOR,
          amount: '1',
        },
        {
          operationId: String((BigInt(LEDGER) << 32n) | (1n << 12n) | 3n),
          to: FRIEND,
          amount: '2',
        },
      ],
    })
  })

  test('that failed says so', async () => {
    const hash = addTransaction(rpc, [payment()], { successful: false })
    expect(await source.transaction(hash)).toMatchObject({
      successful: false,
      payments: [{ successful: false, kind: 'payment' }],
    })
  })

  test('that the server does not have, or that is no hash, is null', async () => {
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
    expect(await ledgerError(() => source.transaction(hash))).toMatchObject({
      code: 'ledger_unreadable',
    })
  })
})

const json = fc.jsonValue({ maxDepth: 4 })

test('any JSON in place of an answer, or of a part of it, ends in a value or in a LedgerError', async () => {
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
        .map(([memo, source_account, changes]) => ({
          ...right,
          envelopeJson: {
            tx: {
              tx: {
                memo,
                source_account,
                operations: [{ body: { payment: { ...body, ...changes } } }],
              },
            },
          },
        })),
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
        const head = { status: 200, url, contentType: '', retryAfter: null, bytes: 0 }
        return { ...head, text: JSON.stringify({ result }), durationMs: 0 }
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
