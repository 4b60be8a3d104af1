import { describe, expect, test } from 'vitest'
import {
  beginSideLook,
  endSideLook,
  findSideLooks,
  findUnrecorded,
  recordSideMovements,
} from '../../lib/payments/side-look-store.ts'
import {
  beginObservation,
  endObservation,
  type JudgedPayment,
  readObserverHealth,
  setObserverCursor,
} from '../../lib/payments/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  ACCOUNT,
  creditOf,
  FIRST_EPOCH,
  mustObserve,
  OTHER_ACCOUNT,
  observedOf,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'

describe.each(databases())('side looks: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const begin = (look = observedOf()) => beginSideLook(db, { ...look, leaseSeconds: 60 })
  const due = () => findSideLooks(db, { accounts: [ACCOUNT, OTHER_ACCOUNT], source: 'horizon' })
  const end = (look = observedOf(), rest: Partial<Parameters<typeof endSideLook>[1]> = {}) =>
    endSideLook(db, { ...look, isComplete: true, nextSeconds: 3_300, failure: null, ...rest })
  const store = (
    look: ReturnType<typeof observedOf>,
    payments: readonly JudgedPayment[],
    places: { balanceCursor?: string; effectCursor?: string } = {},
  ) =>
    recordSideMovements(db, {
      ...look,
      leaseSeconds: 60,
      balanceCursor: null,
      effectCursor: null,
      payments,
      ...places,
    })
  const balance = (operationId: string) =>
    refusedOf(operationId, 'manual_review', { kind: 'claimable_balance' })
  const shown = async () => (await readObserverHealth(db)).accounts[0]?.sideLook
  /** Observes the account, as a run without an alarm does. */
  const observe = async () =>
    endObservation(db, { ...(await mustObserve(db)), alarm: null, swept: false })
  const restart = async () => {
    const observed = observedOf()
    await beginObservation(db, { ...observed, leaseSeconds: 60 })
    await setObserverCursor(db, {
      ...observed,
      cursor: '7',
      startedFrom: 'now',
      note: 'n',
      keyName: null,
      ...FIRST_EPOCH,
    })
    await endObservation(db, { ...observed, alarm: null, swept: false })
  }

  test('are due for accounts with a start and without an alarm, and then when their time has come', async () => {
    expect(await due()).toEqual([])
    expect(await begin()).toEqual({ started: false })
    const observed = await mustObserve(db)
    await endObservation(db, { ...observed, alarm: { code: 'c', message: 'm' }, swept: false })
    expect(await due()).toEqual([])
    expect(await begin()).toEqual({ started: false })
    await observe()
    expect(await due()).toEqual([ACCOUNT])
    const look = observedOf()
    expect(await begin(look)).toMatchObject({
      started: true,
      epoch: 1,
      startCursor: '0',
      cursor: '0',
      balanceCursor: null,
      effectCursor: null,
    })
    await end(look)
    expect(await due()).toEqual([])
    await database.query(
      `update anchor_ops.side_look set next_at = next_at - interval '55 minutes'`,
    )
    expect(await due()).toEqual([ACCOUNT])
  })

  test('go to exactly one of 20 processes that begin at once, and its former holder writes nothing', async () => {
    await observe()
    const looks = Array.from({ length: 20 }, () => observedOf())
    const starts = await Promise.all(looks.map((look) => begin(look)))
    expect(starts.filter(({ started }) => started)).toHaveLength(1)
    const former = looks[starts.findIndex(({ started }) => started)] ?? observedOf()
    await database.query(
      `update anchor_ops.side_look set lease_until = now() - interval '1 second'`,
    )
    const heir = observedOf()
    expect(await begin(heir)).toMatchObject({ started: true })
    expect(await store(former, [balance('11')])).toEqual({ recorded: false, reason: 'lease_lost' })
    await end(former, { failure: { code: 'c', message: 'm' } })
    expect(await shown()).toMatchObject({ lookedAt: null, failure: null })
    expect(await store(heir, [balance('11')])).toMatchObject({ recorded: true, stored: 1 })
  })

  test('keep their places, and begin anew after a restart, whose look of before writes nothing', async () => {
    await observe()
    const look = observedOf()
    await begin(look)
    await store(look, [balance('11')], { balanceCursor: '1-a' })
    await store(look, [], { effectCursor: '12-1' })
    await end(look, { isComplete: false, nextSeconds: 0 })
    const next = observedOf()
    expect(await begin(next)).toMatchObject({ balanceCursor: '1-a', effectCursor: '12-1' })
    await restart()
    expect(await store(next, [balance('13')])).toEqual({ recorded: false, reason: 'lease_lost' })
    await end(next)
    expect(await due()).toEqual([ACCOUNT])
    expect(await begin()).toMatchObject({
      startCursor: '7',
      balanceCursor: null,
      effectCursor: null,
    })
  })

  test('record an operation once, whoever recorded it first, and leave it as it is', async () => {
    const observed = await mustObserve(db)
    await record(db, observed, [creditOf('11', 't-1')], { cursor: '11' })
    await endObservation(db, { ...observed, alarm: null, swept: false })
    expect(await findUnrecorded(db, { epoch: 1, operationIds: ['13', '11', '12'] })).toEqual([
      '13',
      '12',
    ])
    const look = observedOf()
    await begin(look)
    const page = [balance('11'), balance('12')]
    expect(await store(look, page)).toMatchObject({ stored: 1, changed: 0 })
    expect(await store(look, page)).toMatchObject({ stored: 0, changed: 0 })
    const payments = await database.query(
      'select operation_id, verdict, account, source, kind from anchor_ops.payment order by 1',
    )
    expect(payments).toMatchObject([
      { operation_id: '11', verdict: 'credited' },
      { operation_id: '12', verdict: 'manual_review' },
    ])
    expect(payments[1]).toMatchObject({
      account: ACCOUNT,
      source: 'horizon',
      kind: 'claimable_balance',
    })
  })

  test('credit nothing, and refuse an operation of another Stellar transaction', async () => {
    await observe()
    const look = observedOf()
    await begin(look)
    await expect(store(look, [creditOf('11', 't-1')])).rejects.toMatchObject({
      code: 'database_unavailable',
    })
    await store(look, [balance('11')])
    const other = { ...balance('11'), transactionHash: 'f'.repeat(64) }
    await expect(store(look, [other])).rejects.toMatchObject({ code: 'ledger_changed' })
  })

  test('tell their failure with its first time until one ends without', async () => {
    await observe()
    const fail = async (code: string) => {
      const look = observedOf()
      await begin(look)
      const failure = { code, message: `m ${code}` }
      await end(look, { isComplete: false, nextSeconds: 0, failure })
      return shown()
    }
    const first = await fail('ledger_unreachable')
    expect(first).toMatchObject({ lookedAt: null, failure: { code: 'ledger_unreachable' } })
    expect(await fail('ledger_unreachable')).toEqual(first)
    expect(await fail('wrong_network')).toMatchObject({ failure: { code: 'wrong_network' } })
    const look = observedOf()
    await begin(look)
    await end(look)
    expect(await shown()).toMatchObject({ lookedAt: expect.any(String), failure: null })
  })
})
