import { beforeEach, expect, test } from 'vitest'
import type { LedgerPayment } from '../../lib/ledger/source.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub } from '../helpers/ledger-stub.ts'
import { useInstances } from './instances.ts'
import { paymentIn, refusedIn } from './observed-payment.ts'
import { openOpsPage } from './ops-page.ts'
import type { Reply } from './request.ts'
import { BEARER, KEY } from './service.ts'
import { ANCHOR as ACCOUNT, amountsUpdated, deposit, USER, withdrawal } from './transactions.ts'

const RPC_URL = 'https://rpc.example.org'

interface Entry {
  kind: string
  id: string
  since: string
  transactionId: string | null
  reason: string
  detail: { verdict?: string }
  actions: { action: string; method: string; url: string; body: object; needs: string[] }[]
}

const CUSTODY = {
  custody_type: 'fireblocks',
  sep24_deposit_info_generator_type: 'custody',
  destination_has_trustline: true,
}

/** A withdrawal that awaits 100 USDC with this memo id. */
const awaits = (memo: string, columns: Partial<StoredTransaction> = {}) =>
  withdrawal(`w${memo}`, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    withdraw_anchor_account: ACCOUNT,
    memo,
    memo_type: 'id',
    ...columns,
  } as Partial<StoredTransaction>)

describeOnReal('GET /api/attention', (kind) => {
  const { a, b } = useInstances(kind, {
    sleep: 'none',
    environment: {
      PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT,
      PAYMENT_OBSERVER_START: '1',
      ANCHOR_PLATFORM_CUSTODY: 'true',
    },
  })
  let ledger: LedgerStub
  beforeEach(() => {
    ledger = createLedgerStub()
    const startedMs = Date.now()
    ledger.closedAt = (sequence) =>
      new Date(startedMs - (ledger.head - sequence) * 5_000).toISOString()
    Object.assign(ledger.source, { account: async () => null, transaction: async () => null })
    for (const one of [a, b]) one.deploy({}, { ledger: ledger.source })
  })

  const attention = async (
    query = '',
  ): Promise<{ waiting: Entry[]; openMoney: object | null; next: string | null }> => {
    const { status, body } = await a.call({ path: '/api/attention', query, headers: KEY })
    expect(status).toBe(200)
    return body
  }
  const observe = () => a.call({ path: '/api/payments/observe', headers: BEARER })
  /** Does what an entry offers, on the other instance, as a person with curl does: URL, method and body are all it needs. */
  const act = (
    action: Entry['actions'][number] | undefined,
    headers: Record<string, string>,
  ): Promise<Reply> => {
    if (action === undefined) throw new Error('Nothing can be done.')
    const { pathname, search } = new URL(action.url)
    const credential = action.needs.includes('CRON_SECRET') ? BEARER : headers
    return b.call({
      method: action.method,
      path: pathname + search,
      body: action.body,
      headers: credential,
    })
  }

  const paid = (inLedger: number, rest: Partial<LedgerPayment> = {}) =>
    paymentIn(ledger, inLedger, rest)

  /** Brings about every kind of waiting thing. @returns what the platform holds once its operator has mended it */
  async function everythingWaits(): Promise<StoredTransaction[]> {
    const before = { ...withdrawal('lost'), amount_fee: '4', amount_out: '96' }
    const held = [
      deposit('manual'),
      before,
      withdrawal('late'),
      awaits('1'),
      awaits('2', { id: 'w2a' }),
      awaits('2', { id: 'w2b' }),
      awaits('3'),
      awaits('4'),
    ]
    a.platformHas(held, { config: CUSTODY, ...refusedIn(4) })
    a.emulator.setFaults([{ kind: 'reset_before', times: 1, match: { path: '/' } }])
    expect((await a.update('manual', 'do_stellar_payment')).body.attempt.state).toBe('UNKNOWN')
    a.emulator.setFaults([])
    await a.age(200)
    await a.settle()
    expect(await a.attempts('manual')).toEqual(['do_stellar_payment MANUAL'])

    expect((await a.rpc([amountsUpdated('lost', 'ours', '5')])).body[0]).toHaveProperty('result')
    ledger.payments = [
      paid(1, { amount: '40.0000000' }),
      paid(2),
      paid(3, { kind: 'claimable_balance' }),
      paid(4),
    ]
    // The update that credits the fourth is rejected, because the ledger of the platform refuses its hash.
    expect((await observe()).body.accounts[0]).toMatchObject({ credited: 1 })
    expect(await a.attempts('w4')).toEqual(['notify_onchain_funds_received REJECTED'])

    // Another writer saves the row as it was before our update.
    const undone = { ...before, message: 'theirs' }
    const mended = held.map((one) =>
      one.id === 'lost' ? { ...undone, updated_at: '2030-01-01T00:00:00Z' } : one,
    )
    const broken = [...mended, awaits('5', { request_asset_code: 'GONE' })]
    a.platformHas(broken, { config: CUSTODY, ...refusedIn(4) })
    await a.show('lost', { refresh: 'true' })
    await observe()
    ledger.era = 'second'
    await observe()

    a.emulator.setFaults([{ kind: 'status_before', status: 503, times: 1_000 }])
    expect((await a.update('late', 'notify_transaction_error', { message: 'm' })).status).toBe(202)
    await a.query('alter table anchor_ops.attempt disable trigger user')
    await a.query(
      "update anchor_ops.attempt set created_at = created_at - interval '2 hours' where transaction_id = 'late'",
    )
    await a.query('alter table anchor_ops.attempt enable trigger user')
    return mended
  }

  test('lists what waits of every kind, and a person clears it all by the URLs that it gives', async () => {
    const mended = await everythingWaits()
    const { waiting } = await attention()
    expect(waiting.map(({ kind: of }) => of).sort()).toEqual([
      'observer_alarm',
      'payment',
      'payment',
      'payment',
      'payment',
      'platform',
      'unlisted',
      'update_late',
      'update_lost',
      'update_manual',
    ])
    for (const { reason, since, actions, kind: of } of waiting) {
      expect(reason.length).toBeGreaterThan(10)
      expect(Date.parse(since)).not.toBeNaN()
      expect(actions.length > 0).toBe(of !== 'platform')
    }
    const health = await a.call({ path: '/api/health' })
    expect(health.body.status).toBe('degraded')

    // The ledger that was reset has none of the payments.
    ledger.payments = []
    // The operator brings the platform back and mends its rows; the rest is done by the URLs alone.
    a.emulator.setFaults([])
    a.platformHas(mended, { config: CUSTODY, ...refusedIn(4) })
    // After a pause of 15 s the instance asks the platform again.
    a.passTime(60_000)
    const anna = { 'x-api-key': await a.makeKey('anna', ['read', 'decide']) }
    for (const { actions } of waiting.filter(({ kind: of }) => of !== 'platform')) {
      const ignored = actions.find(({ action }) => action === 'ignored')
      const { status, body } = await act(ignored ?? actions[0], anna)
      expect([status, body?.code]).toEqual([200, undefined])
    }
    expect((await attention()).waiting).toEqual([])
    expect((await a.call({ path: '/api/health' })).body.status).toBe('ok')

    const decided = (await a.call({ path: '/api/decisions', headers: anna })).body.decisions
    expect(
      decided
        .map(
          (one: Record<string, unknown>) => `${one['keyName']} ${one['about']} ${one['decision']}`,
        )
        .sort(),
    ).toEqual([
      'BUSINESS_API_KEY key created',
      'CRON_SECRET observer restarted',
      'anna attempt applied',
      'anna attempt applied',
      'anna attempt withdrawn',
      ...Array(4).fill('anna payment ignored'),
    ])
  })

  test('a person clears it all by the buttons of the page', async () => {
    const mended = await everythingWaits()
    ledger.payments = []
    a.emulator.setFaults([])
    a.platformHas(mended, { config: CUSTODY, ...refusedIn(4) })
    a.passTime(60_000)
    const page = await openOpsPage(a)
    try {
      const { waiting } = await attention()
      let cards = await page.cards()
      expect(cards).toHaveLength(waiting.length)
      for (const [place, { actions }] of waiting.entries()) {
        expect([...new Set(cards[place]?.actions)]).toEqual([
          ...new Set(actions.map(({ action }) => action)),
        ])
      }
      while (cards.length > 0) {
        const [card] = cards
        const { actions = [] } = card ?? {}
        const action = actions.includes('ignored') ? 'ignored' : actions[0]
        const done = await card?.press(action ?? '', { note: 'It was looked up' })
        expect([action, done?.status]).toEqual([action, 303])
        const left = await page.cards()
        // One button may end several.
        expect(left.length).toBeLessThan(cards.length)
        cards = left
      }
      expect(await page.text()).toContain('Nothing waits for a person.')
    } finally {
      await page.close()
    }
  })

  test('every action that an entry offers is one that the service takes', async () => {
    const mended = await everythingWaits()
    const { waiting } = await attention()
    a.emulator.setFaults([])
    a.platformHas(mended, { config: CUSTODY, ...refusedIn(4) })
    for (const { actions } of waiting) {
      for (const action of actions) {
        const { status, body } = await act(action, KEY)
        // What one action has ended, another cannot end again; a person puts in the id and the hash.
        const isTaken =
          status === 200 ||
          status === 409 ||
          (action.action === 'assign' && status === 404) ||
          (action.action === 'refunded' && status === 400)
        expect([action.url, status, isTaken ? null : body]).toEqual([action.url, status, null])
      }
    }
  })

  test('its pages are the whole list, newest first, each entry once', async () => {
    await everythingWaits()
    const all = (await attention()).waiting
    const listed: Entry[] = []
    let cursor: string | null = null
    do {
      const page = await attention(
        `limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      expect(page.waiting.filter(({ kind: of }) => of !== 'platform').length).toBeLessThanOrEqual(2)
      listed.push(...page.waiting)
      cursor = page.next
    } while (cursor !== null)
    const ids = (entries: Entry[]) => entries.map(({ kind: of, id }) => `${of} ${id}`)
    expect(ids(listed)).toEqual(ids(all))
    const stored = all.slice(1).map(({ since }) => since)
    expect(stored).toEqual(stored.toSorted().reverse())
    const wrong = await a.call({ path: '/api/attention', query: 'cursor=nothing', headers: KEY })
    expect(wrong.status).toBe(400)
  })

  test.each<[string, Record<string, string>, string[]]>([
    ['an account that is not observed any more', { PAYMENT_OBSERVER_ACCOUNTS: USER }, ['unlisted']],
    [
      'a source that is not read any more',
      { LEDGER_SOURCE: 'rpc', STELLAR_RPC_URL: RPC_URL },
      ['unlisted'],
    ],
    [
      'an observer that is switched off',
      { PAYMENT_OBSERVER_ACCOUNTS: '', PAYMENT_OBSERVER_START: '' },
      [],
    ],
  ])('what %s left is not listed, since no URL could clear it', async (_, environment, left) => {
    a.platformHas([awaits('5', { request_asset_code: 'GONE' })])
    await observe()
    ledger.era = 'second'
    await observe()
    const kinds = async () => (await attention()).waiting.map(({ kind: of }) => of).sort()
    expect(await kinds()).toEqual(['observer_alarm', 'unlisted'])
    a.deploy(environment, { ledger: ledger.source })
    expect(await kinds()).toEqual(left)
    a.deploy({}, { ledger: ledger.source })
    expect(await kinds()).toEqual(['observer_alarm', 'unlisted'])
  })

  test('of two people who decide at once, one decides and the other hears what was decided and by whom', async () => {
    await everythingWaits()
    const { waiting } = await attention()
    const [anna, bert] = [
      { 'x-api-key': await a.makeKey('anna', ['decide']) },
      { 'x-api-key': await a.makeKey('bert', ['decide']) },
    ]
    a.emulator.setFaults([])
    for (const { kind: of, actions } of waiting) {
      const action = actions.findLast(({ needs }) => needs.join() === 'decide')
      if (action === undefined) continue
      const { pathname: path } = new URL(action.url)
      const asked = { method: 'POST', path, body: action.body }
      const replies = await Promise.all([
        a.call({ ...asked, headers: anna }),
        b.call({ ...asked, headers: bert }),
      ])
      const [won, lost] = replies.toSorted((one, other) => one.status - other.status)
      expect([of, won?.status, lost?.status]).toEqual([of, 200, 409])
      const { keyName, decision, at } = won?.body.decision ?? {}
      expect(['anna', 'bert']).toContain(keyName)
      expect(lost?.body).toMatchObject({
        code: 'decision_refused',
        error: expect.stringContaining(`"${keyName}" decided ${decision} at ${at}`),
      })
    }
  })

  test('a payment whose update was sent anew and failed again offers the last attempt to be sent anew', async () => {
    a.platformHas([awaits('4')], refusedIn(4))
    ledger.payments = [paid(4)]
    await observe()
    // The source does not lag, so that what it does not show does not exist.
    ledger.closedAt = () => new Date(Date.now() + 3_600_000).toISOString()
    for (const sentBefore of [1, 2]) {
      const [entry] = (await attention()).waiting
      const { status, body } = await act(
        entry?.actions.find(({ action }) => action === 'replay'),
        KEY,
      )
      expect([status, body.attempt.state]).toEqual([200, 'REJECTED'])
      expect(await a.attempts('w4')).toHaveLength(sentBefore + 1)
    }
    // While the last one waits to be sent, nothing is to be sent anew.
    a.emulator.setFaults([{ kind: 'status_before', status: 503, times: 99 }])
    const replay = (await attention()).waiting
      .find(({ kind: of }) => of === 'payment')
      ?.actions.find(({ action }) => action === 'replay')
    expect((await act(replay, KEY)).body.attempt.state).toBe('READY')
    const waiting = (await attention()).waiting.filter(({ kind: of }) => of === 'payment')
    expect(waiting.map(({ actions }) => actions.map(({ action }) => action))).toEqual([
      ['assign', 'refunded', 'reported', 'ignored'],
    ])
  })

  test('lists each payment that is open money, with its sums', async () => {
    const elsewhere = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
    a.platformHas(
      [
        awaits('1'),
        awaits('2'),
        awaits('3', { withdraw_anchor_account: elsewhere, to_account: elsewhere }),
        awaits('4', { amount_in: undefined, amount_expected: undefined }),
        awaits('5', { started_at: '2099-01-01T00:00:00Z' }),
      ],
      refusedIn(1),
    )
    const again = { memo: { type: 'id', value: '1' } } as const
    ledger.payments = [
      paid(1),
      paid(11, again),
      paid(2, { asset: { kind: 'native' } }),
      paid(3),
      paid(4),
      paid(5),
      paid(6),
      paid(7, { memo: { type: 'none' } }),
    ]
    ledger.pageSize = 200
    await observe()
    const listed = (await a.call({ path: '/api/payments', headers: KEY })).body.payments
    expect(listed.map(({ verdict }: { verdict: string }) => verdict).sort()).toEqual([
      'already_paid',
      'amount_unknown',
      'credited',
      'no_match',
      'no_memo',
      'paid_outside_window',
      'wrong_account',
      'wrong_asset',
    ])
    const { waiting, openMoney } = await attention()
    expect(openMoney).toMatchObject({
      payments: 8,
      assets: [
        { asset: expect.stringContaining('USDC'), payments: 7, amount: '700' },
        { asset: 'stellar:native', payments: 1, amount: '100' },
      ],
    })
    const verdicts = waiting.flatMap(({ detail }) => detail.verdict ?? [])
    expect(verdicts.sort()).toEqual([
      'already_paid',
      'amount_unknown',
      'credited',
      'no_match',
      'no_memo',
      'paid_outside_window',
      'wrong_account',
      'wrong_asset',
    ])
  })
})
