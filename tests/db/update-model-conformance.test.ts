import { expect, test } from 'vitest'
import {
  callsFrom,
  createTwins,
  type Json,
  type Outcome,
  outcomeOf,
} from '../helpers/conformance.ts'
import { type TestDatabase, useDatabase } from '../helpers/database.ts'
import { createModelDatabase, type ModelDatabase } from '../simulation/model-database/database.ts'
import { createRandom, type Random } from '../simulation/random.ts'

// The simulation runs 100,000 seeds on a model of the database, so the model must answer as the SQL does.

const SEEDS = Number(process.env['CONFORMANCE_SEEDS'] ?? 14)
const CALLS_PER_SEED = 150
/** The functions compare times with these limits. No age comes near one, so that the time of the calls does not matter. */
const LIMITS_SECONDS = [60, 120, 180]
const MARGIN_MS = 4_000

const database = useDatabase()

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'the model of the database answers as the database does: seed %i',
  async (seed) => {
    const random = createRandom(seed)
    let aheadMs = 0
    const now = () => Date.now() + aheadMs
    const model = createModelDatabase(now)
    const modelDb = { call: async <T>(name: string, given: Json) => model.call(name, given) as T }
    const calls = createCalls(random)
    const twins = createTwins()
    const doneAt: number[] = []

    for (let count = 0; count < CALLS_PER_SEED; count += 1) {
      if (random.chance(0.12)) {
        const seconds = clearAge(random.pick([10, 25, 50, 95, 140, 200]), now(), doneAt)
        aheadMs += seconds * 1000
        await makeOlder(database, seconds)
      }
      const { name, args } = calls.next()
      const realArgs = await withSettleTimes(twins.toReal(args), settleTimeIn(database))
      const modelArgs = await withSettleTimes(structuredClone(args), settleTimeOf(model))
      const real = await outcomeOf(database.db, name, realArgs)
      const modelled = await outcomeOf(modelDb, name, modelArgs)
      doneAt.push(now())
      twins.learn(real, modelled)
      const where = `call ${count}: ${name} ${JSON.stringify(args)}`
      expect(comparable(twins.toModel(real)), where).toEqual(comparable(modelled))
      const modelledSeconds = secondsIn(modelled)
      expect(secondsIn(real), where).toHaveLength(modelledSeconds.length)
      for (const [place, seconds] of secondsIn(real).entries()) {
        expect(Math.abs(seconds - (modelledSeconds[place] ?? 0)), where).toBeLessThanOrEqual(
          CLOCKS_APART_SECONDS,
        )
      }
      calls.learn(name, args, modelled)
    }
  },
)

type TimeOf = (attemptId: string) => Promise<string | null> | string | null

/** A look names the settle time of its attempt, which is another one in each database. */
async function withSettleTimes(args: Json, timeOf: TimeOf): Promise<Json> {
  const { lookAt, looks } = args
  if (lookAt === SETTLE_TIME) return { ...args, lookAt: await timeOf(String(args['attemptId'])) }
  if (!Array.isArray(looks)) return args
  const named = looks.map(async ({ attemptId, settleAt }: Json) => ({
    attemptId,
    settleAt: settleAt === SETTLE_TIME ? await timeOf(String(attemptId)) : settleAt,
  }))
  return { ...args, looks: await Promise.all(named) }
}

const SETTLE_TIME = 'the settle time'

const settleTimeIn =
  ({ query }: TestDatabase): TimeOf =>
  async (attemptId) => {
    const [row] = await query(
      'select anchor_ops.iso_time(settle_at) as at from anchor_ops.attempt where id = $1',
      [attemptId],
    )
    return (row?.['at'] ?? null) as string | null
  }

const settleTimeOf =
  (model: ModelDatabase): TimeOf =>
  (attemptId) => {
    const settleAt = model.attempt(attemptId)?.settleAt ?? null
    return settleAt === null ? null : new Date(settleAt).toISOString()
  }

/** The seconds to let pass, and 7 more while something would then be as old as a limit. */
function clearAge(seconds: number, nowMs: number, doneAt: readonly number[]): number {
  const isNear = (at: number) =>
    LIMITS_SECONDS.some((limit) => Math.abs(nowMs + seconds * 1000 - at - limit * 1000) < MARGIN_MS)
  return doneAt.some(isNear) ? clearAge(seconds + 7, nowMs, doneAt) : seconds
}

async function makeOlder({ query }: TestDatabase, seconds: number): Promise<void> {
  await query(
    `update anchor_ops.attempt set sent_at = sent_at - make_interval(secs => $1),
      updated_at = updated_at - make_interval(secs => $1), settle_at = settle_at - make_interval(secs => $1),
      unreadable_since = unreadable_since - make_interval(secs => $1),
      claimed_until = claimed_until - make_interval(secs => $1)`,
    [seconds],
  )
  await query(
    `update anchor_ops.transaction set earlier_since = earlier_since - make_interval(secs => $1),
      went_back = went_back || jsonb_build_object('takenAt',
        anchor_ops.iso_time((went_back ->> 'takenAt')::timestamptz - make_interval(secs => $1)))`,
    [seconds],
  )
  await query(
    `update anchor_ops.noted_event set noted_at = noted_at - make_interval(secs => $1),
      due_at = due_at - make_interval(secs => $1)`,
    [seconds],
  )
  await query(
    'update anchor_ops.update_request set taken_at = taken_at - make_interval(secs => $1)',
    [seconds],
  )
}

const TIMES: ReadonlySet<string> = new Set([
  'sentAt',
  'settleAt',
  'expiresAt',
  'createdAt',
  'reportedAt',
  'updatedAt',
  'unreadableSince',
  'takeAt',
  'takenAt',
  'since',
  'at',
  'seenAt',
  'firstSeenAt',
  'earlierSince',
])

/** Database and model have clocks of their own, and a loaded machine makes calls seconds apart. */
const CLOCKS_APART_SECONDS = 5

/** Each number of seconds since a send, in the order in which the answer has them. */
function secondsIn(outcome: Outcome): number[] {
  return [...JSON.stringify(outcome).matchAll(/"secondsSinceSent":(\d+)/g)].map(([, text]) =>
    Number(text),
  )
}

/**
 * Removes what may differ between two databases: numbers of rows, times, seconds since a send, the order of claims, and the
 * lists of a transaction that the model leaves out.
 */
function comparable(outcome: Outcome): unknown {
  return JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) => {
      if (key === 'seq') return value === null ? null : 'some'
      if (key === 'history' || key === 'moves') return 'some'
      if (key === 'refunds' && Array.isArray(value)) return 'some'
      if (key === 'claimed' && Array.isArray(value))
        return value.map((one: Json) => `${one['transactionId']} ${one['events']}`).toSorted()
      if (TIMES.has(key)) return value === null ? null : 'some time'
      if ((key === 'secondsSinceSent' || key === 'secondsAgo') && typeof value === 'number')
        return 'some seconds'
      return value
    }),
  )
}

const HOLDERS = [crypto.randomUUID(), crypto.randomUUID()]
const METHODS = ['notify_transaction_error', 'notify_refund_sent', 'notify_onchain_funds_sent']

/** Calls as the service makes them, and some that it never makes. */
function createCalls(random: Random) {
  const attempts: { id: string; rpcId: string | null; state: string }[] = []
  let documents = 0
  let earlier: Json[] = []

  const document = (id: string): Json => {
    documents += random.whole(-2, 4)
    return {
      id,
      sep: '24',
      kind: 'withdrawal',
      status: random.pick(['pending_anchor', 'pending_external', 'completed']),
      ...(random.chance(0.5) && {
        amount_expected: { asset: random.pick(['stellar:A', 'stellar:B']) },
      }),
      amount_in: random.chance(0.8) ? { amount: random.pick(['100', '12.50', '3']) } : null,
      started_at: '2026-01-01T00:00:00Z',
      ...(random.chance(0.9) && {
        updated_at: `2026-01-01T00:00:${String(10 + (Math.abs(documents) % 50))}.123456Z`,
      }),
      ...(random.chance(0.3) && {
        refunds: {
          payments: [
            {
              id: random.pick(['r-1', 'r-2', 'elsewhere']),
              amount: { amount: random.pick(['1', '2.25']) },
              fee: { amount: '0.5' },
            },
          ],
        },
      }),
    }
  }

  const item = (index: number): Json => {
    const transactionId = random.pick(['t-1', 't-2', 't-3'])
    const method = random.pick(METHODS)
    const refundId = random.chance(0.8) ? random.pick(['r-1', 'r-2', 'r-3']) : null
    const isRefund = method === 'notify_refund_sent'
    const key = isRefund ? refundId : random.chance(0.4) ? random.pick(['h-1', 'h-2']) : null
    return {
      index,
      transactionId,
      method,
      params: { transaction_id: transactionId, message: random.pick(['a', 'b']) },
      naturalKey:
        key === null ? null : `${method} ${random.chance(0.9) ? transactionId : ''} ${key}`,
      custody: random.chance(0.2),
      origin: 'rpc',
      keyName: 'BUSINESS_API_KEY',
      refund: isRefund
        ? {
            id: refundId,
            amount: random.pick(['1', '2.50', '99.9999999']),
            fee: random.pick(['0', '0.10']),
            asset: 'stellar:native',
          }
        : null,
      expiresInSeconds: random.chance(0.1) ? random.pick([-3_600, 36_000]) : null,
      rpcId: random.chance(0.7) ? crypto.randomUUID() : null,
      forced: random.chance(0.1) ? 'seen by me' : null,
    }
  }

  const begin = (): Json => {
    const made = `made-${random.whole(1, 1_000_000)}`
    const key = random.chance(0.5) ? random.pick(['k-1', 'k-2', 'k-3', 'k-4', 'k-5']) : made
    return {
      key,
      holder: key === made || random.chance(0.2) ? null : random.pick(HOLDERS),
      bodySha256: random.chance(0.9) ? 'a'.repeat(64) : 'b'.repeat(64),
      takeoverSeconds: 120,
      updates: withoutRepeats(
        Array.from({ length: random.whole(0, 4) }, (_, index) => item(index)),
      ),
    }
  }

  /** The service leaves an update that repeats a natural key of its call to a later call; sometimes this one does not. */
  const withoutRepeats = (items: Json[]): Json[] => {
    const seen = new Set<unknown>()
    const isCareless = random.chance(0.03)
    return items.filter((one) => {
      const refundId = (one['refund'] as Json | null)?.['id'] ?? null
      const refund = refundId === null ? one : `${String(one['transactionId'])} ${String(refundId)}`
      const key = one['naturalKey'] ?? one
      const isRepeat = seen.has(refund) || (seen.has(key) && !isCareless)
      seen.add(refund).add(key)
      return !isRepeat
    })
  }

  const attempt = () =>
    attempts.length > 0 && random.chance(0.97)
      ? random.pick(random.chance(0.6) ? attempts.slice(-4) : attempts)
      : { id: crypto.randomUUID(), rpcId: null, state: 'READY' }

  const claim = (): Json => ({
    stellarTransaction: random.pick(['a', 'b']).repeat(64),
    choices: random.pick([[], [['1']], [['1'], ['2']], [['1', '2'], ['2'], ['3']]]),
  })

  const record = (): Json => {
    const { id, rpcId, state } = attempt()
    const settleInSeconds = random.chance(0.4) ? random.pick([-3_600, 36_000]) : null
    return {
      attemptId: id,
      rpcId: random.chance(0.95) ? rpcId : 'another',
      from: random.chance(0.9)
        ? state
        : random.pick(['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'APPLIED']),
      to: random.pick([
        ...['READY', 'UNKNOWN', 'UNKNOWN', 'APPLIED', 'REJECTED', 'NOT_APPLIED', 'MANUAL', 'LOST'],
        'SENDING',
      ]),
      outcome: random.chance(0.8)
        ? { reason: 'some', n: random.whole(1, 9), ...(random.chance(0.3) && { paused: true }) }
        : null,
      transaction: random.chance(0.4) ? document(random.pick(['t-1', 't-2', 't-3'])) : null,
      settleInSeconds,
      lookAt: lookTime(),
    }
  }

  const lookTime = () =>
    random.chance(0.8) ? SETTLE_TIME : random.pick([null, '2026-01-01T00:00:00.000Z'])

  const makers: readonly [number, string, () => Json][] = [
    [5, 'begin_updates', begin],
    [
      6,
      'start_sending',
      () => ({
        attemptId: attempt().id,
        rpcId: crypto.randomUUID(),
        pre: { status: 'pending_anchor' },
        transaction: random.chance(0.6) ? document(random.pick(['t-1', 't-2', 't-3'])) : null,
        ledger: random.chance(0.2) ? { trustline: { exists: true } } : null,
        claim: random.chance(0.4) ? claim() : null,
        earlier: random.chance(0.7) ? earlier : [],
        liveSeconds: 60,
      }),
    ],
    [6, 'record_outcome', record],
    [
      3,
      'record_unreadable',
      () => {
        const { id, rpcId, state } = attempt()
        return {
          attemptId: id,
          rpcId: random.chance(0.95) ? rpcId : 'another',
          from: random.chance(0.9) ? state : random.pick(['READY', 'UNKNOWN']),
          outcome: { reason: 'unreadable', n: random.whole(1, 9) },
          othersAreRead: random.chance(0.8),
          settleInSeconds: random.pick([-3_600, 36_000]),
          manualAfterSeconds: random.pick([60, 120]),
        }
      },
    ],
    [1, 'read_attempt', () => ({ attemptId: attempt().id })],
    [1, 'read_report_time', () => ({ attemptId: attempt().id })],
    [
      1,
      'find_others',
      () => ({ transactionId: random.pick(['t-1', 't-4']), limit: random.pick([0, 1, 5]) }),
    ],
    [
      1,
      'finish_request',
      () => ({
        key: random.pick(['k-1', 'k-2', 'k-3', 'k-4', 'never']),
        bodySha256: random.chance(0.9) ? 'a'.repeat(64) : 'b'.repeat(64),
        holder: random.pick(HOLDERS),
        answer: { status: 200, body: `answer ${random.whole(1, 1000)}` },
      }),
    ],
    [
      3,
      'claim_unsettled',
      () => ({
        holder: crypto.randomUUID(),
        limit: random.pick([0, 1, 3, 50]),
        sendingAfterSeconds: 60,
        readyAfterSeconds: 60,
        pausedToo: random.chance(0.5),
        claimSeconds: 120,
      }),
    ],
    [
      1,
      'end_looks',
      () => ({
        looks: [attempt(), attempt()].map(({ id }) => ({ attemptId: id, settleAt: lookTime() })),
        settleInSeconds: random.pick([null, 36_000]),
      }),
    ],
    [
      1,
      'decide_attempt',
      () => ({
        attemptId: attempt().id,
        decision: random.pick(['applied', 'rejected', 'not_applied', 'withdrawn']),
        note: 'seen',
        keyName: random.pick(['ops', 'anna']),
        quietSeconds: 180,
      }),
    ],
    [
      1,
      'store_transactions',
      () => ({
        transactions: Array.from({ length: random.whole(0, 3) }, () =>
          document(random.pick(['t-1', 't-2', 't-3'])),
        ),
        earlier: random.chance(0.7) ? earlier : [],
      }),
    ],
  ]
  const noted = () => random.pick(['t-1', 't-2', 't-3', 't-4'])
  const ofEvents: typeof makers = [
    [2, 'note_event', () => ({ transactionId: random.chance(0.9) ? noted() : null })],
    [1, 'claim_noted_events', () => ({ limit: random.pick([0, 1, 2, 20]), claimSeconds: 36_000 })],
    [
      2,
      'end_noted_events',
      () => ({
        readings: [
          {
            transaction_id: noted(),
            events: random.pick([1, 1, 2, 3]),
            is_read: random.chance(0.7),
          },
        ],
        retrySeconds: random.pick([-3_600, 36_000]),
      }),
    ],
    [1, 'read_transaction', () => ({ id: noted() })],
  ]
  return {
    next: callsFrom(random, [...makers, ...ofEvents]),
    /** Later calls name attempts that exist, in the states that they have. */
    learn: (functionName: string, args: Json, outcome: Outcome) => {
      if ('error' in outcome || outcome.answer === null) return
      const answer = outcome.answer as Json
      const told = (answer['earlier'] as Json[] | undefined) ?? []
      if (told.length > 0) earlier = told
      const known = attempts.find(({ id }) => id === args['attemptId'])
      if (known !== undefined && typeof answer['state'] === 'string') known.state = answer['state']
      if (known !== undefined && answer['started'] === true) {
        known.state = 'SENDING'
        known.rpcId = args['rpcId'] as string
      }
      for (const made of (answer['updates'] as Json[] | undefined) ?? []) {
        if (made['created'] === true) {
          const items = args['updates'] as Json[]
          const item = items.find(({ index }) => index === made['index'])
          const state = String(made['state'])
          const rpcId = state === 'SENDING' ? String(item?.['rpcId']) : null
          attempts.push({ id: String(made['attemptId']), rpcId, state })
        }
      }
      if (functionName !== 'claim_unsettled') return
      for (const claimed of answer['attempts'] as Json[]) {
        const one = attempts.find(({ id }) => id === claimed['attemptId'])
        if (one !== undefined) one.state = String(claimed['state'])
      }
    },
  }
}
