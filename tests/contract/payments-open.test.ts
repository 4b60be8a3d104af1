import { beforeEach, expect, test } from 'vitest'
import { LedgerError, type LedgerPayment, type LedgerTransaction } from '../../lib/ledger/source.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub, operationId } from '../helpers/ledger-stub.ts'
import { useInstances } from './instances.ts'
import { hashIn, paymentIn, refusedIn } from './observed-payment.ts'
import { openOpsPage } from './ops-page.ts'
import type { Reply } from './request.ts'
import { BEARER, KEY, type Service } from './service.ts'
import { ANCHOR as ACCOUNT, USDC, USER, withdrawal } from './transactions.ts'

const REFUND = 'f'.repeat(64)

/** A withdrawal that awaits 100 USDC with this memo id. */
const awaits = (memo: string, columns: Partial<StoredTransaction> = {}) =>
  withdrawal(`w${memo}`, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    to_account: ACCOUNT,
    withdraw_anchor_account: ACCOUNT,
    memo,
    memo_type: 'id',
    ...columns,
  } as Partial<StoredTransaction>)

describeOnReal('open money', (kind) => {
  const { a, b } = useInstances(kind, {
    sleep: 'none',
    environment: { PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT, PAYMENT_OBSERVER_START: '1' },
  })
  let ledger: LedgerStub
  /** The Stellar transactions that the source shows by their hash. */
  let shown: Map<string, LedgerTransaction>
  let failing: LedgerError | null
  beforeEach(() => {
    ledger = createLedgerStub()
    ledger.pageSize = 200
    shown = new Map()
    failing = null
    const line = { balance: '0', limit: null, authorized: true }
    const trustlines = [{ asset: paymentIn(ledger, 1).asset ?? { kind: 'native' }, ...line }]
    Object.assign(ledger.source, {
      account: async (id: string) => ({ id, sequence: '41', trustlines }),
      transaction: async (hash: string) => {
        if (failing !== null) throw failing
        return shown.get(hash) ?? null
      },
    })
    for (const one of [a, b]) one.deploy({}, { ledger: ledger.source })
  })

  const paid = (inLedger: number, rest: Partial<LedgerPayment> = {}) =>
    paymentIn(ledger, inLedger, rest)

  /** The platform with these transactions, on the ledger of the stub. */
  function platformHas(...held: StoredTransaction[]) {
    const ledger_fixture = Object.fromEntries(
      ledger.payments.map(({ transactionHash, closedAt, operationId: id, amount }) => [
        transactionHash,
        [
          {
            ...{ type: 'payment', created_at: closedAt, envelope_xdr: 'AAAA', payment_id: id },
            ...{ from: USER, to: ACCOUNT, amount, asset: USDC.replace('stellar:', '') },
          },
        ],
      ]),
    )
    a.platformHas(held, { ledger_fixture } as never)
  }

  async function observed(payments: LedgerPayment[], ...held: StoredTransaction[]) {
    ledger.payments = payments
    platformHas(...held)
    expect((await a.call({ path: '/api/payments/observe', headers: BEARER })).status).toBe(200)
  }

  const pathOf = (inLedger: number) => `/api/payments/${operationId(inLedger)}`
  const decide = (
    inLedger: number,
    body: object,
    { headers = KEY, by = a }: { headers?: Record<string, string>; by?: Service } = {},
  ): Promise<Reply> =>
    by.call({ method: 'POST', path: pathOf(inLedger), body: { note: 'n', ...body }, headers })
  const show = async (inLedger: number) =>
    (await a.call({ path: pathOf(inLedger), headers: KEY })).body
  const list = async (query = '') =>
    (await a.call({ path: '/api/payments', query: `open=true&${query}`, headers: KEY })).body
  const open = async (query = '') =>
    (await list(query)).payments.map(({ ledger: inLedger }: { ledger: number }) => inLedger)
  const keyOf = async (name: string, ...scopes: ('read' | 'update' | 'force' | 'decide')[]) => ({
    'x-api-key': await a.makeKey(name, scopes),
  })

  /** A Stellar transaction by which the account pays 100 USDC back. */
  function refundIs(change: Partial<LedgerPayment> = {}, rest: Partial<LedgerTransaction> = {}) {
    const back = paid(900, { from: ACCOUNT, to: USER, transactionHash: REFUND, ...change })
    const { closedAt, memo } = back
    shown.set(REFUND, {
      ...{ hash: REFUND, successful: true, ledger: 900, closedAt, memo, payments: [back] },
      ...rest,
    })
  }
  const refunded = { decision: 'refunded', stellar_transaction_id: REFUND }

  test.each([refunded, { decision: 'reported' }, { decision: 'ignored' }])(
    'that was closed by %j is credited by nobody without force, until it is opened again',
    async (decision) => {
      await observed([paid(7)])
      refundIs()
      expect((await decide(7, decision)).status).toBe(200)
      platformHas(awaits('7'))
      const payment = paid(7)
      shown.set(payment.transactionHash, {
        ...{ hash: payment.transactionHash, successful: true, ledger: 7 },
        ...{ closedAt: payment.closedAt, memo: payment.memo, payments: [payment] },
      })
      const report = (by: Service) =>
        by.update('w7', 'notify_onchain_funds_received', {
          stellar_transaction_id: payment.transactionHash,
        })
      const refused = await report(b)
      expect([refused.status, refused.body.data]).toMatchObject([
        409,
        { reason: 'stellar_operation_claimed', claimedBy: [{ closedAs: decision.decision }] },
      ])
      expect((await decide(7, { decision: 'reopen' })).status).toBe(200)
      expect((await report(a)).status).toBe(200)
      expect((await show(7)).payment.state).toBe('reported_by_hand')
    },
  )

  test('is refunded by nobody while an update that reports it is under way', async () => {
    await observed([paid(7)])
    refundIs()
    platformHas(awaits('7'))
    const payment = paid(7)
    shown.set(payment.transactionHash, {
      ...{ hash: payment.transactionHash, successful: true, ledger: 7 },
      ...{ closedAt: payment.closedAt, memo: payment.memo, payments: [payment] },
    })
    a.emulator.setFaults([{ kind: 'reset_before', times: 9, match: { path: '/' } }])
    const reported = await a.update('w7', 'notify_onchain_funds_received', {
      stellar_transaction_id: payment.transactionHash,
    })
    a.emulator.setFaults([])
    expect(reported.status).toBe(202)
    const { status, body } = await decide(7, refunded)
    expect(status).toBe(409)
    expect(body.error).toMatch(/was reported for the transaction "w7"/)
  })

  test('is our own once the account that paid it is observed too', async () => {
    await observed([paid(7, { memo: { type: 'none' } })])
    expect(await open()).toEqual([7])
    for (const one of [a, b]) {
      one.deploy({ PAYMENT_OBSERVER_ACCOUNTS: `${ACCOUNT},${USER}` }, { ledger: ledger.source })
    }
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    expect(await open()).toEqual([])
  })

  test('is listed oldest first with what a person may do, and each call is one that the service has', async () => {
    await observed(
      [
        paid(7),
        paid(3, { memo: { type: 'none' } }),
        paid(4, { asset: { kind: 'native' } }),
        paid(5, { from: ACCOUNT, to: USER }),
        paid(6, { successful: false }),
      ],
      awaits('7'),
    )
    const { payments, next } = await list()
    expect([await open(), next]).toEqual([[3, 4], null])
    expect(payments[0]).toMatchObject({
      ...{ verdict: 'no_memo', state: 'open', openSince: ledger.closedAt(3), epoch: 1 },
      actions: ['assign', 'refunded', 'reported', 'ignored'].map((action) => ({
        action,
        method: 'POST',
        url: expect.stringContaining(`${pathOf(3)}?epoch=1`),
        body: { decision: action, note: expect.any(String) },
      })),
    })
    expect(await open('asset=stellar:native')).toEqual([4])
    expect(await open('verdict=no_memo')).toEqual([3])
    expect(await open(`account=${ACCOUNT}`)).toEqual([3, 4])
    expect(await open(`account=${USER}`)).toEqual([])
    const first = await list('limit=1')
    expect(await open(`limit=1&cursor=${encodeURIComponent(first.next)}`)).toEqual([4])
    for (const query of [
      'open=perhaps',
      'open=true&asset=usdc',
      'open=true&account=G',
      'open=true&cursor=1.7',
      'open=true&dust=1',
      'asset=stellar:native',
    ]) {
      const { status, body } = await a.call({ path: '/api/payments', query, headers: KEY })
      expect([query, status, body.code]).toEqual([query, 400, 'invalid_parameter'])
    }
  })

  test('one payment is shown with its history, the decisions about it and its prepared refund', async () => {
    await observed([paid(7)])
    platformHas(awaits('8'))
    await decide(7, { decision: 'ignored', note: 'too small' })
    await decide(7, { decision: 'reopen', note: 'it is not' })
    expect(await show(7)).toMatchObject({
      payment: { operationId: operationId(7), verdict: 'no_match', state: 'open', earlier: [] },
      decisions: [
        { decision: 'ignored', note: 'too small', keyName: 'BUSINESS_API_KEY' },
        { decision: 'reopen', note: 'it is not' },
      ],
      refund: {
        ...{ source: ACCOUNT, destination: USER, asset: USDC, amount: '100', sequence: '42' },
        memo: { type: 'return', value: hashIn(7) },
        link: expect.stringMatching(/^web\+stellar:tx\?xdr=/),
      },
    })
    await decide(7, { decision: 'reported' })
    expect(await show(7)).toMatchObject({ refund: null, actions: [{ action: 'reopen' }] })
    expect((await a.call({ path: '/api/payments/7', headers: KEY })).status).toBe(404)
    const other = await a.call({ path: pathOf(7), query: 'epoch=2', headers: KEY })
    expect(other.status).toBe(404)
  })

  test('a refund has the memo that its transaction names', async () => {
    const memo = { refund_memo: 'customer 7', refund_memo_type: 'text' }
    await observed([paid(7, { amount: '40.0000000' })], awaits('7', memo as never))
    expect((await show(7)).refund).toMatchObject({
      amount: '40',
      memo: { type: 'text', value: 'customer 7' },
    })
  })

  test('an assigned payment is credited once, with the update of the observer', async () => {
    await observed([paid(7, { memo: { type: 'none' } })], awaits('7'))
    const assigned = await decide(7, { decision: 'assign', transaction_id: 'w7', force: true })
    expect(assigned).toMatchObject({
      status: 200,
      body: {
        payment: { verdict: 'credited', state: 'credited', transactionId: 'w7' },
        decision: { decision: 'assign', transactionId: 'w7' },
        attempt: { state: 'APPLIED' },
      },
    })
    expect(a.statusAtPlatform('w7')).toBe('pending_anchor')
    expect(a.sent()).toEqual(['w7 notify_onchain_funds_received'])
    // The same again, and a report by hand, credit nothing more.
    const again = await decide(7, { decision: 'assign', transaction_id: 'w7', force: true })
    expect([again.status, again.body]).toEqual([200, assigned.body])
    const hash = { stellar_transaction_id: hashIn(7) }
    await a.update('w8', 'notify_onchain_funds_received', hash)
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    expect(a.applied()).toBe(1)
    expect(await open()).toEqual([])
    expect((await show(7)).payment.earlier).toMatchObject([{ verdict: 'no_memo' }])
  })

  test('what does not hold is shown with both values, and is overridden by force alone', async () => {
    await observed([paid(7, { amount: '40.0000000' })], awaits('8'))
    const asked = { decision: 'assign', transaction_id: 'w8' }
    const refused = await decide(7, asked)
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'decision_refused',
        details: [
          {
            path: 'memo',
            message: expect.stringContaining(': memo is memo id 7, and memo id 8 is expected'),
          },
          {
            path: 'amount',
            message: expect.stringContaining(': amount is 40, and 100 is expected'),
          },
        ],
      },
    })
    const anna = await keyOf('anna', 'decide', 'update')
    expect((await decide(7, { ...asked, force: true }, { headers: anna })).status).toBe(403)
    const bert = await keyOf('bert', 'decide')
    expect((await decide(7, asked, { headers: bert })).status).toBe(403)
    expect(a.sent()).toEqual([])
    expect((await decide(7, { ...asked, force: true })).body.attempt.state).toBe('APPLIED')
    const [{ evidence }] = (await a.call({ path: '/api/payments', headers: KEY })).body.payments
    expect(evidence.differences).toMatchObject([{ part: 'memo' }, { part: 'amount' }])
  })

  test('what does not hold is shown on the page with what was filled in, and the box overrides it', async () => {
    await observed([paid(7, { amount: '40.0000000' })], awaits('8'))
    const page = await openOpsPage(a)
    try {
      const [card] = await page.cards()
      const filled = { transaction_id: 'w8', note: 'The customer wrote the wrong memo' }
      const refused = await card?.press('assign', filled)
      expect(refused?.status).toBe(409)
      expect(refused?.text).toContain('amount is 40, and 100 is expected')
      expect(refused?.text).toContain('name="force"')
      expect(a.sent()).toEqual([])
      const [again] = refused?.cards ?? []
      expect(again?.filled).toEqual(filled)
      expect((await again?.press('assign', { force: 'true' }))?.status).toBe(303)
      expect(a.sent()).toEqual(['w8 notify_onchain_funds_received'])

      const unforced = await openOpsPage(a, [await a.makeKey('anna', ['read', 'decide', 'update'])])
      expect(await unforced.text()).not.toContain('name="force"')
      await unforced.close()
    } finally {
      await page.close()
    }
  })

  test('a payment as expected needs no force', async () => {
    // Two transactions with one memo: only a person knows which one is meant.
    await observed([paid(7)], awaits('7'), awaits('7', { id: 'other' }))
    expect((await show(7)).payment.verdict).toBe('ambiguous')
    const asked = { decision: 'assign', transaction_id: 'other' }
    const anna = await keyOf('anna', 'decide', 'update')
    expect((await decide(7, asked, { headers: anna })).body.attempt.state).toBe('APPLIED')
    expect(a.statusAtPlatform('w7')).toBe('pending_user_transfer_start')
  })

  test('nothing is assigned to a transaction that the platform does not have, or does not show', async () => {
    await observed([paid(7)])
    const asked = { decision: 'assign', transaction_id: 'nobody', force: true }
    expect((await decide(7, asked)).status).toBe(404)
    a.emulator.setFaults([{ kind: 'status_before', status: 503, times: 99 }])
    expect((await decide(7, asked)).status).toBe(502)
    a.emulator.setFaults([])
    expect((await show(7)).decisions).toEqual([])
  })

  test('a credit that the platform refuses leaves open money, which is assigned anew', async () => {
    ledger.payments = [paid(7)]
    a.platformHas([awaits('7')], refusedIn(7))
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    expect(await show(7)).toMatchObject({
      payment: { verdict: 'credited', attemptState: 'REJECTED', state: 'open' },
      actions: [{ action: 'replay' }, { action: 'assign' }, {}, {}, {}],
    })
    platformHas(awaits('7'))
    const { body } = await decide(7, { decision: 'assign', transaction_id: 'w7' })
    expect(body.attempt.state).toBe('APPLIED')
    expect(await open()).toEqual([])
  })

  test('a transaction whose credit the platform refused is credited with another payment, without force', async () => {
    ledger.payments = [paid(7)]
    a.platformHas([awaits('7')], refusedIn(7))
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    await observed([paid(7), paid(8, { memo: { type: 'id', value: '7' } })], awaits('7'))
    expect(await open()).toEqual([8, 7])
    const assigned = await a.call({
      ...{ method: 'POST', path: pathOf(8), headers: await keyOf('anna', 'decide', 'update') },
      body: { decision: 'assign', transaction_id: 'w7', note: 'n' },
    })
    expect([assigned.status, assigned.body.attempt.state]).toEqual([200, 'APPLIED'])
    expect(await open()).toEqual([7])
    expect((await show(7)).payment).toMatchObject({ verdict: 'update_refused', state: 'open' })
  })

  test('of two people on two instances one decides, and the other hears who did', async () => {
    await observed([paid(7), paid(8)], awaits('1'), awaits('2'))
    const anna = await keyOf('anna', 'decide', 'update', 'force')
    const bert = await keyOf('bert', 'decide')
    const assign = { decision: 'assign', transaction_id: 'w1', force: true }
    for (const [inLedger, mine, theirs] of [
      [7, assign, { decision: 'ignored' }],
      [8, { decision: 'ignored' }, { decision: 'reported' }],
    ] as const) {
      const replies = await Promise.all([
        decide(inLedger, mine, { headers: anna }),
        decide(inLedger, theirs, { headers: bert, by: b }),
      ])
      const [won, lost] = replies.toSorted((one, other) => one.status - other.status)
      expect([won?.status, lost?.status]).toEqual([200, 409])
      const { keyName, decision } = won?.body.decision ?? {}
      expect(lost?.body.error).toContain(`"${keyName}" decided ${decision}`)
    }
  })

  test('two people who assign one payment to two transactions at once credit one of them', async () => {
    await observed([paid(7)], awaits('1'), awaits('2'))
    const of = (id: string, by: Service) =>
      decide(7, { decision: 'assign', transaction_id: id, force: true, note: id }, { by })
    const replies = await Promise.all([of('w1', a), of('w2', b)])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(a.applied()).toBe(1)
  })

  test('a payment and a look at once: it is credited once, whoever comes first', async () => {
    await observed([paid(7)])
    platformHas(awaits('7'), awaits('8'))
    await Promise.all([
      decide(7, { decision: 'assign', transaction_id: 'w8', force: true }),
      b.call({ path: '/api/payments/observe', headers: BEARER }),
    ])
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    await a.settle()
    expect(a.applied()).toBe(1)
  })

  test('a payment that a person closed is never credited, until it is opened again', async () => {
    await observed([paid(7)])
    await decide(7, { decision: 'reported', note: 'paid in cash' })
    platformHas(awaits('7'))
    await a.query("update anchor_ops.observer set swept_at = '-infinity'")
    await a.call({ path: '/api/payments/observe', headers: BEARER })
    expect(a.sent()).toEqual([])
    expect((await show(7)).payment).toMatchObject({ state: 'closed', verdict: 'no_match' })
    expect((await decide(7, { decision: 'ignored' })).status).toBe(409)
    expect((await decide(7, { decision: 'reopen' })).status).toBe(200)
    expect((await decide(7, { decision: 'reopen', note: 'again' })).status).toBe(409)
  })

  test('a refund closes the payment that it pays back, and no other', async () => {
    await observed([paid(7), paid(8)])
    refundIs()
    expect(await decide(7, refunded)).toMatchObject({
      status: 200,
      body: {
        payment: { state: 'closed' },
        decision: { reading: { refund: { stellarTransaction: REFUND, amount: '100' } } },
      },
    })
    const second = await decide(8, refunded)
    expect([second.status, second.body.error]).toEqual([
      409,
      expect.stringContaining(`pays back the payment 1/${operationId(7)}`),
    ])
    await decide(7, { decision: 'reopen' })
    expect((await decide(8, refunded)).status).toBe(200)
    expect(await open()).toEqual([7])
  })

  test.each<[string, () => void, string]>([
    ['to somebody else', () => refundIs({ to: ACCOUNT, from: ACCOUNT }), 'receiver'],
    ['of another asset', () => refundIs({ asset: { kind: 'native' } }), 'asset'],
    ['by another account', () => refundIs({ from: USER }), 'sender'],
    ['that failed', () => refundIs({}, { successful: false }), 'transaction'],
    ['before the payment', () => refundIs({}, { closedAt: ledger.closedAt(1) }), 'time'],
    ['that the ledger does not have', () => {}, 'transaction'],
  ])('a refund %s is refused, with what differs, whatever is forced', async (_, is, part) => {
    await observed([paid(7)])
    is()
    for (const force of [false, true]) {
      expect(await decide(7, { ...refunded, force })).toMatchObject({
        status: 409,
        body: { code: 'decision_refused', details: [{ path: part }] },
      })
    }
    expect((await show(7)).decisions).toEqual([])
  })

  test('a refund of another amount needs force and its scope', async () => {
    await observed([paid(7)])
    refundIs({ amount: '99.5000000' })
    const anna = await keyOf('anna', 'decide')
    expect((await decide(7, refunded, { headers: anna })).body.details).toEqual([
      { path: 'amount', message: expect.stringContaining(': amount is 99.5, and 100 is expected') },
    ])
    expect((await decide(7, { ...refunded, force: true }, { headers: anna })).status).toBe(403)
    expect((await decide(7, { ...refunded, force: true })).body.decision.reading.refund).toEqual({
      ...{ stellarTransaction: REFUND, operationIds: [operationId(900)], amount: '99.5' },
      differences: [{ part: 'amount', paid: '99.5', expected: '100' }],
    })
  })

  test('a payment whose ledger was reset is closed by a person, and neither assigned nor paid back', async () => {
    await observed([paid(7)])
    refundIs()
    await a.query('insert into anchor_ops.ledger_epoch (epoch) values (2)')
    const old = (body: object) =>
      a.call({
        ...{ method: 'POST', path: pathOf(7), query: 'epoch=1', headers: KEY },
        body: { note: 'n', ...body },
      })
    const message = `The payment "${operationId(7)}" in the path was made in epoch 1 of the ledger, which a reset of the network has ended; allowed: reported, ignored or reopen`
    for (const body of [
      refunded,
      { ...refunded, force: true },
      { decision: 'assign', transaction_id: 'w7', force: true },
    ]) {
      const { status, body: answer } = await old(body)
      expect([status, answer.code, answer.details]).toEqual([
        ...[409, 'decision_refused', [{ path: 'operationId', message }]],
      ])
    }
    expect(a.sent()).toEqual([])
    const shownOld = await a.call({ path: pathOf(7), query: 'epoch=1', headers: KEY })
    expect(shownOld.body).toMatchObject({
      payment: { state: 'open', isPresentEpoch: false },
      decisions: [],
      actions: [{ action: 'reported' }, { action: 'ignored' }],
      refund: { unavailable: 'Epoch 1 of the ledger has ended: the network was reset.' },
    })
    for (const decision of ['reported', 'reopen', 'ignored']) {
      expect((await old({ decision })).status).toBe(200)
    }
  })

  test('a refund that cannot be read on the ledger closes nothing', async () => {
    await observed([paid(7)])
    failing = new LedgerError('ledger_unreachable', 'status 503')
    expect(await decide(7, refunded)).toMatchObject({
      status: 502,
      body: { code: 'source_unavailable' },
    })
    a.deploy({ PAYMENT_OBSERVER_ACCOUNTS: '', PAYMENT_OBSERVER_START: '' })
    expect(await decide(7, refunded)).toMatchObject({
      status: 503,
      body: { code: 'configuration_invalid', error: expect.stringContaining('LEDGER_SOURCE') },
    })
    expect((await show(7)).refund).toEqual({
      unavailable: expect.stringContaining('LEDGER_SOURCE'),
    })
  })

  test.each<[object, string]>([
    [{}, 'decision'],
    [{ decision: 'handled' }, 'decision'],
    [{ decision: 'ignored', note: '' }, 'note'],
    [{ decision: 'ignored', note: 7 }, 'note'],
    [{ decision: 'assign' }, 'transaction_id'],
    [{ decision: 'assign', transaction_id: 'x'.repeat(256) }, 'transaction_id'],
    [{ decision: 'assign', transaction_id: 't', force: 'perhaps' }, 'force'],
    [{ decision: 'refunded' }, 'stellar_transaction_id'],
    [{ decision: 'refunded', stellar_transaction_id: 'f' }, 'stellar_transaction_id'],
  ])('the body %j is refused at %s', async (body, path) => {
    await observed([paid(7)])
    const { status, body: answer } = await decide(7, body)
    expect([status, answer.details[0].path]).toEqual([400, path])
    expect(answer.details[0].message).toMatch(/^\w+ is .+; allowed: /)
    expect((await show(7)).decisions).toEqual([])
  })

  test('dust is judged and recorded, and stays out of the list, of health and of attention', async () => {
    const [, code, issuer] = USDC.split(':')
    const environment = { PAYMENT_DUST: `native=1,${code}:${issuer}=100.0000001` }
    for (const one of [a, b]) one.deploy(environment, { ledger: ledger.source })
    const native = { asset: { kind: 'native' as const } }
    await observed(
      [paid(7), paid(8), paid(9, { ...native, amount: '0.9999999' }), paid(10, native)],
      awaits('7'),
    )
    expect(a.statusAtPlatform('w7')).toBe('pending_anchor')
    expect(await open()).toEqual([10])
    const { payments } = (await a.call({ path: '/api/payments', headers: KEY })).body
    expect(payments.map(({ state }: { state: string }) => state)).toEqual([
      'credited',
      'dust',
      'dust',
      'open',
    ])
    const attention = (await a.call({ path: '/api/attention', headers: KEY })).body
    expect([attention.waiting.length, attention.openMoney.payments]).toEqual([1, 1])
    // A person may decide about it all the same.
    expect((await decide(9, { decision: 'ignored' })).status).toBe(200)
    // Stored payments follow other limits.
    for (const [limits, listed] of [
      ['', [10, 8]],
      [`native=100.0000001,${code}:${issuer}=100`, [8]],
      [`native=100,${code}:${issuer}=1000`, [10]],
    ] as const) {
      for (const one of [a, b]) one.deploy({ PAYMENT_DUST: limits }, { ledger: ledger.source })
      await a.call({ path: '/api/payments/observe', headers: BEARER })
      expect((await open()).sort()).toEqual([...listed].sort())
    }
  })

  test('is counted by asset and age in health, in attention and in the log of each run', async () => {
    await observed([paid(7), paid(8)])
    const assets = [{ asset: USDC, payments: 2, amount: '200', oldestSince: ledger.closedAt(7) }]
    const health = await a.call({ path: '/api/health', headers: BEARER })
    expect(health.body.checks.openMoney).toMatchObject({
      ...{ status: 'warning', reason: 'open_too_long', payments: 2 },
      assets,
    })
    const logged = a.log.map((line) => JSON.parse(line)).find(({ event }) => event === 'open_money')
    expect(logged).toMatchObject({ level: 'error', payments: 2, assets })
    for (const inLedger of [7, 8]) await decide(inLedger, { decision: 'ignored' })
    const after = await a.call({ path: '/api/health', headers: BEARER })
    expect(after.body.checks.openMoney).toEqual({ status: 'ok', payments: 0 })
  })
})
