import { describe, expect, test } from 'vitest'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import { type AttemptState, attemptState } from '../../lib/updates/stored-attempt.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  begin,
  move,
  mustBegin,
  mustBeginSending,
  mustLeaveToPerson,
  mustLose,
  mustLoseAnswer,
  mustSend,
  send,
  updateOf,
} from '../helpers/update-rows.ts'

const STATES = attemptState.options
const LEGAL = new Set([
  'READY SENDING',
  'READY APPLIED',
  'READY REJECTED',
  'READY EXPIRED',
  'READY WITHDRAWN',
  'READY MANUAL',
  'SENDING READY',
  'SENDING UNKNOWN',
  'SENDING APPLIED',
  'SENDING REJECTED',
  'UNKNOWN READY',
  'UNKNOWN APPLIED',
  'UNKNOWN REJECTED',
  'UNKNOWN NOT_APPLIED',
  'UNKNOWN MANUAL',
  'MANUAL APPLIED',
  'MANUAL REJECTED',
  'MANUAL NOT_APPLIED',
  'APPLIED LOST',
  'LOST APPLIED',
  'LOST REJECTED',
  'LOST NOT_APPLIED',
])
const NOT_WITH_CUSTODY = new Set(['UNKNOWN READY', 'UNKNOWN NOT_APPLIED'])
const MOVES = [false, true].flatMap((custody) =>
  STATES.flatMap((from) =>
    STATES.filter((to) => to !== from).map((to) => {
      const name = `${from} ${to}`
      const legal = LEGAL.has(name) && !(custody && NOT_WITH_CUSTODY.has(name))
      return { from, to, custody, legal, may: legal ? 'may' : 'may not' }
    }),
  ),
)

describe.each(databases())('states of an attempt: $name', (kind) => {
  const database = useDatabase(kind)

  const reach = async (state: AttemptState, custody = false): Promise<string> => {
    const { db } = database
    const id = await mustBegin(db, updateOf('t-1', { custody }))
    if (state === 'SENDING') await mustSend(db, id)
    if (state === 'UNKNOWN') await mustLoseAnswer(db, id)
    if (['APPLIED', 'REJECTED', 'EXPIRED', 'WITHDRAWN'].includes(state)) {
      await move(db, id, null, 'READY', state)
    }
    if (state === 'LOST') await mustLose(db, id)
    if (state === 'MANUAL' || state === 'NOT_APPLIED') await mustLeaveToPerson(db, id)
    if (state === 'NOT_APPLIED') {
      await database.query(`update anchor_ops.attempt set state = 'NOT_APPLIED'`)
    }
    return id
  }

  test.each(MOVES)(
    'an attempt $may move from $from to $to (custody: $custody)',
    async ({ from, to, custody, legal }) => {
      const id = await reach(from, custody)
      const counts =
        to === 'SENDING'
          ? `, rpc_id = 'new', tries = tries + 1, pre = '{}', sent_at = now()`
          : from === 'SENDING' && to === 'READY'
            ? ', tries = tries - 1'
            : ', settle_at = now()'
      const moved = database.query(
        `update anchor_ops.attempt set state = '${to}'${counts} where id = '${id}'`,
      )
      await (legal ? moved : expect(moved).rejects.toMatchObject({ code: 'AO002' }))
      const [row] = await database.query('select state from anchor_ops.attempt')
      expect(row).toEqual({ state: legal ? to : from })
    },
  )

  test('every move is recorded with its detail, and a refused one is not', async () => {
    const { db } = database
    const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    await move(db, id, rpcId, 'SENDING', 'UNKNOWN', { outcome: { reason: 'timeout' } })
    await mustFail(move(db, id, rpcId, 'UNKNOWN', 'SENDING'), 'internal_error')
    await move(db, id, rpcId, 'UNKNOWN', 'APPLIED', { outcome: { evidence: 'message' } })
    expect((await readTransaction(db, 't-1'))?.attempts[0]?.moves).toEqual([
      { at: expect.any(String), from: null, to: 'READY', detail: { tries: 0 } },
      { at: expect.any(String), from: 'READY', to: 'SENDING', detail: { tries: 1, rpcId } },
      {
        at: expect.any(String),
        from: 'SENDING',
        to: 'UNKNOWN',
        detail: { tries: 1, rpcId, outcome: { reason: 'timeout' } },
      },
      {
        at: expect.any(String),
        from: 'UNKNOWN',
        to: 'APPLIED',
        detail: { tries: 1, rpcId, outcome: { evidence: 'message' } },
      },
    ])
  })

  test.each([
    `id = gen_random_uuid()`,
    `transaction_id = 't-2'`,
    `method = 'do_stellar_payment'`,
    `params = '{"message":"other"}'`,
    `natural_key = 'k'`,
    `custody = true`,
    `origin = 'other'`,
    `request_key = null`,
    `update_index = 1`,
    `expires_at = now()`,
    `created_at = now() + interval '1 day'`,
    `tries = 0`,
    `tries = 2`,
    `rpc_id = 'other'`,
  ])('what was asked for or sent cannot be changed: %s', async (change) => {
    await database.query(
      `insert into anchor_ops.attempt (transaction_id, method, params, custody, origin, request_key, update_index)
        values ('t-1', 'm', '{}', false, 'rpc', 'key', 0)`,
    )
    await database.query(
      `update anchor_ops.attempt set state = 'SENDING', tries = 1, rpc_id = 'r', pre = '{}', sent_at = now()`,
    )
    await mustFail(database.query(`update anchor_ops.attempt set ${change}`), 'AO002')
  })

  test('an attempt cannot be deleted, not even by the owner', async () => {
    await mustBegin(database.db, updateOf('t-1'))
    await mustFail(database.query('delete from anchor_ops.attempt'), 'AO002')
  })

  test('an attempt begins READY and unsent', async () => {
    const insert = (columns: string, values: string) =>
      database.query(
        `insert into anchor_ops.attempt (transaction_id, method, params, custody, origin, update_index, ${columns})
          values ('t-1', 'm', '{}', false, 'rpc', 0, ${values})`,
      )
    await mustFail(insert('state', `'APPLIED'`), 'AO002')
    await mustFail(insert('tries', '1'), 'AO002')
    await mustFail(insert('rpc_id', `'r'`), 'AO002')
  })

  test('the lookup of a natural key that is in use can be by its index', async () => {
    // The table has so few rows that reading all of them may be cheaper.
    await database.query(`select set_config('enable_seqscan', 'off', false)`)
    const plan = await database.query(
      `explain select from anchor_ops.attempt
      where natural_key = 'k' and not anchor_ops.ended_without_effect(state) limit 1`,
    )
    await database.query(`select set_config('enable_seqscan', 'on', false)`)
    expect(JSON.stringify(plan)).toContain('attempt_natural_key_once')
  })

  test('an unknown attempt is sent three times and not a fourth time', async () => {
    const { db } = database
    const id = await mustBegin(db, updateOf('t-1'))
    for (const tries of [1, 2, 3]) {
      const rpcId = `rpc-${tries}`
      const started = { started: true, tries, ledger: null, lookFor: [], earlier: [], wentBack: [] }
      expect(await send(db, id, rpcId)).toEqual(started)
      await move(db, id, rpcId, 'SENDING', 'UNKNOWN')
      if (tries < 3) await move(db, id, rpcId, 'UNKNOWN', 'READY')
    }
    await mustFail(move(db, id, 'rpc-3', 'UNKNOWN', 'READY'), 'internal_error')
    expect(await move(db, id, 'rpc-3', 'UNKNOWN', 'NOT_APPLIED')).toMatchObject({ recorded: true })
  })

  test('a send from which no byte left does not count, and each send has a new rpc id', async () => {
    const { db } = database
    const id = await mustBegin(db, updateOf('t-1'))
    for (const round of Array.from({ length: 5 }, (_, place) => `rpc-${place}`)) {
      const started = {
        started: true,
        tries: 1,
        ledger: null,
        lookFor: [],
        earlier: [],
        wentBack: [],
      }
      expect(await send(db, id, round)).toEqual(started)
      await move(db, id, round, 'SENDING', 'READY')
    }
    await mustFail(send(db, id, 'rpc-4'), 'internal_error')
  })

  test('a custody attempt whose answer got lost becomes READY or NOT_APPLIED by no program', async () => {
    const { db } = database
    const [begun] = await begin(
      db,
      updateOf('t-1', { custody: true, method: 'do_stellar_payment' }),
    )
    const id = begun?.attemptId ?? ''
    const rpcId = await mustLoseAnswer(db, id)
    for (const to of ['READY', 'NOT_APPLIED'] as const) {
      await mustFail(move(db, id, rpcId, 'UNKNOWN', to), 'internal_error')
    }
    expect(await move(db, id, rpcId, 'UNKNOWN', 'MANUAL')).toMatchObject({ recorded: true })
    await mustFail(move(db, id, rpcId, 'MANUAL' as 'UNKNOWN', 'NOT_APPLIED'), 'internal_error')
  })
})
