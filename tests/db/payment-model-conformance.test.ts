import { describe, expect, test } from 'vitest'
import type { Database } from '../../lib/db/client.ts'
import { readObserverHealth, readPayments } from '../../lib/payments/store.ts'
import { VERDICTS } from '../../lib/payments/verdict/codes.ts'
import { PAYMENT_REQUEST_METHOD } from '../../lib/platform/methods.ts'
import {
  callsFrom,
  createTwins,
  type Json,
  type Outcome,
  outcomeOf,
} from '../helpers/conformance.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { createModelDatabase, type ModelDatabase } from '../simulation/model-database/database.ts'
import { isoTime } from '../simulation/model-database/tables.ts'
import {
  createModelPayments,
  type ModelPayments,
} from '../simulation/payments/model-database/database.ts'
import type { PaymentRow } from '../simulation/payments/model-database/tables.ts'
import { createRandom, type Random } from '../simulation/random.ts'

// The simulated ledgers run on a model of the payment functions, so the model must answer as the SQL does.

const SEEDS = Number(process.env['CONFORMANCE_SEEDS'] ?? 8)
const CALLS_PER_SEED = 180
const ACCOUNTS = [`G${'A'.repeat(55)}`, `G${'B'.repeat(55)}`]
const LEASE_SECONDS = 100
/** The time of the model is ahead by the leases that passed; no attempt of it is old for that. */
const A_DAY = 86_400
const LONG_AGO = '2026-01-01T00:00:'

describe.each(databases())('the model of the payment functions: $name', (kind) => {
  const database = useDatabase(kind)

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'answers as the database does: seed %i',
    async (seed) => {
      const random = createRandom(seed)
      let aheadMs = 0
      // The time stands still within a call, and no two calls have the same: the database counts microseconds.
      let atMs = 0
      const now = () => atMs
      const base = createModelDatabase(now)
      const model = createModelPayments(base, now)
      const modelDb = { call: async <T>(name: string, args: Json) => model.call(name, args) as T }
      const twins = createTwins()
      const attemptIds = () => base.attempts().map(({ id }) => id)
      /** The marks of the model whose twins are known. */
      const learned = new Set<string>()
      /** The marks of the transactions that were read, by their ids. */
      const marks = new Map<string, string>()
      const calls = createCalls(random, { ...model, attempt: base.attempt }, attemptIds, {
        transactions: base.transactions,
        learned,
        marks,
      })
      for (let count = 0; count < CALLS_PER_SEED; count += 1) {
        if (random.chance(0.06)) {
          aheadMs += 2 * LEASE_SECONDS * 1000
          await database.query(
            'update anchor_ops.observer set lease_until = lease_until - make_interval(secs => $1)',
            [2 * LEASE_SECONDS],
          )
          await database.query(
            'update anchor_ops.payment set due_at = due_at - make_interval(secs => $1) where due_at is not null',
            [2 * LEASE_SECONDS],
          )
          await database.query(
            `update anchor_ops.side_look set lease_until = lease_until - make_interval(secs => $1),
              next_at = next_at - make_interval(secs => $1)`,
            [2 * LEASE_SECONDS],
          )
          // The marks are times, which have changed.
          learned.clear()
        }
        atMs = Math.max(atMs + 0.001, Date.now() + aheadMs)
        const { name, args } = calls()
        const real = await outcomeOf(database.db, name, twins.toReal(args))
        const modelled = await outcomeOf(modelDb, name, structuredClone(args))
        twins.learn(real, modelled)
        if (name === 'find_due') for (const mark of marksIn(modelled)) learned.add(mark)
        if (name === 'find_candidates') {
          for (const { id, mark } of transactionsIn(modelled)) marks.set(id, mark)
        }
        const where = `call ${count}: ${name} ${JSON.stringify(args)}`.slice(0, 2_000)
        expect(comparable(twins.toModel(real)), where).toEqual(comparable(modelled))
      }
      expect(comparable(twins.toModel(await storedPayments(database.db)))).toEqual(
        comparable(modelPayments(model)),
      )
      const archived = await database.query(
        `select epoch, operation_id as "operationId", account, transaction_hash as "transactionHash", amount, verdict,
          state as "stateBefore",
          transaction_id as "transactionId" from anchor_ops.archived_payment order by epoch, operation_id`,
      )
      expect(archived).toEqual(modelArchive(model))
      const attempts = await database.query(
        'select transaction_id, method, natural_key, state from anchor_ops.attempt order by seq',
      )
      expect(attempts).toEqual(
        base.attempts().map(({ transactionId, method, naturalKey, state }) => ({
          transaction_id: transactionId,
          method,
          natural_key: naturalKey,
          state,
        })),
      )
      const claims = await database.query(
        `select stellar_transaction as "stellarTransaction", operation_id as "operationId",
          transaction_id as "transactionId" from anchor_ops.operation_claim where released_at is null order by seq`,
      )
      expect(claims).toEqual(
        base.tables.claims.map(({ stellarTransaction, operationId, transactionId }) => ({
          ...{ stellarTransaction, operationId, transactionId },
        })),
      )
      expect(await storedObservers(database.db)).toEqual(modelObservers(model))
    },
  )
})

function marksIn(outcome: Outcome): string[] {
  if (!('answer' in outcome)) return []
  return (outcome.answer as { payments: { dueMark: string }[] }).payments.map((one) => one.dueMark)
}

const transactionsIn = (outcome: Outcome) =>
  'answer' in outcome
    ? (outcome.answer as { transactions: { id: string; mark: string }[] }).transactions
    : []

/** Removes what may differ between two databases: times by its clock, and numbers of rows. */
function comparable(outcome: unknown): unknown {
  return JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) => {
      if (key === 'before') return 'some time'
      if (key === 'seq') return value === null ? null : 'some'
      if (typeof value !== 'string' || !/^20\d\d-.*Z$/.test(value)) return value
      return value.startsWith(LONG_AGO) ? Date.parse(value) : 'some time'
    }),
  )
}

async function storedPayments(db: Database) {
  const { payments } = await readPayments(db, {
    verdict: null,
    since: null,
    limit: 200,
    cursor: null,
  })
  return payments.map((one) => ({
    epoch: one.epoch,
    operationId: one.operationId,
    account: one.account,
    source: one.source,
    transactionHash: one.transactionHash,
    amount: one.amount,
    verdict: one.verdict,
    sentence: one.sentence,
    evidence: one.evidence,
    transactionId: one.transactionId,
    attemptId: one.attemptId,
    earlier: one.earlier,
    state: one.state,
    openSince: one.openSince,
  }))
}

function modelPayments(model: ModelPayments) {
  return [...model.paymentsOfAllEpochs()]
    .toSorted((a, b) => a.judgedSeq - b.judgedSeq || (a.operationId < b.operationId ? -1 : 1))
    .map((row) => ({
      epoch: row.epoch,
      operationId: row.operationId,
      account: row.account,
      source: row.source,
      transactionHash: row.transactionHash,
      amount: row.amount,
      verdict: row.verdict,
      sentence: shownSentenceOf(model, row),
      evidence: row.evidence,
      transactionId: row.transactionId,
      attemptId: row.attemptId,
      earlier: row.earlier.map((one) => ({ ...one, judgedAt: isoTime(one.judgedAt) })),
      state: model.whyNotOpen(row) ?? 'open',
      openSince: isoTime(row.openSince),
    }))
}

/** The sentence that a reader sees, which names what the operation counts for when its credit was refused. */
function shownSentenceOf(model: ModelPayments, { operationId, epoch }: PaymentRow): string {
  const shown = model.call('read_payment', { operationId, epoch }) as {
    payment: { sentence: string }
  }
  return shown.payment.sentence
}

function modelArchive(model: ModelPayments) {
  return model
    .archivedPayments()
    .toSorted((a, b) => a.epoch - b.epoch || (a.operationId < b.operationId ? -1 : 1))
    .map(({ epoch, operationId, account, transactionHash, amount, verdict, ...row }) => ({
      ...{ epoch, operationId, account, transactionHash, amount, verdict },
      stateBefore: row.stateBefore,
      transactionId: row.transactionId,
    }))
}

async function storedObservers(db: Database) {
  const { accounts } = await readObserverHealth(db)
  return accounts.map(({ account, epoch, cursor, startedFrom, completeUntil, alarm, ...rest }) => ({
    account,
    source: rest.source,
    epoch,
    cursor,
    startedFrom,
    completeUntil: completeUntil === null ? null : Date.parse(completeUntil),
    alarm: alarm?.code ?? null,
    wasObserved: rest.observedAt !== null,
    wasSwept: rest.sweptAt !== null,
  }))
}

function modelObservers(model: ModelPayments) {
  return ACCOUNTS.flatMap((account) =>
    ['horizon', 'rpc'].flatMap((source) => model.observer(account, source) ?? []),
  ).map(({ account, source, epoch, cursor, startedFrom, completeUntil, alarm, ...rest }) => ({
    account,
    source,
    epoch,
    cursor,
    startedFrom,
    completeUntil,
    alarm: alarm?.code ?? null,
    wasObserved: rest.observedAt !== null,
    wasSwept: rest.sweptAt !== null,
  }))
}

const IDS = ['t-1', 't-2', 't-3', 't-4']
const MEMOS = ['7', 'Ä', 'x'.repeat(255), 'é'.repeat(300)]
const MUXED = 'M'.repeat(69)
const HOLDERS = Array.from(
  { length: 3 },
  (_, place) => `00000000-0000-4000-8000-00000000000${place}`,
)
const UNKNOWN_ATTEMPT = '00000000-0000-4000-8000-0000000000ff'
const CURSORS = ['0', '10', '20']

/** Calls as the observer makes them, and some that it never makes. */
function createCalls(
  random: Random,
  model: ModelPayments & Pick<ModelDatabase, 'attempt'>,
  attempts: () => string[],
  {
    transactions,
    learned,
    marks,
  }: Pick<ModelDatabase, 'transactions'> & {
    learned: ReadonlySet<string>
    marks: ReadonlyMap<string, string>
  },
): () => { name: string; args: Json } {
  let updated = 0
  const instant = () => `${LONG_AGO}${10 + random.whole(0, 49)}.${random.whole(100, 999)}Z`
  /** Mostly the holder of the account. */
  const observed = () => {
    const account = random.pick(ACCOUNTS)
    const source = random.chance(0.8) ? 'horizon' : 'rpc'
    const row = model.observer(account, source)
    const holder = row?.holder && random.chance(0.85) ? row.holder : random.pick(HOLDERS)
    return { row, who: { account, source, holder } }
  }

  const document = (): Json => {
    updated += random.whole(-2, 4)
    const isReceive = random.chance(0.15)
    return {
      id: random.pick(IDS),
      sep: isReceive ? '31' : random.pick(['6', '24']),
      kind: isReceive ? 'receive' : random.pick(['withdrawal', 'withdrawal-exchange', 'deposit']),
      status: random.pick([
        'pending_user_transfer_start',
        'pending_user_transfer_start',
        'pending_sender',
        'pending_anchor',
        'completed',
        'expired',
      ]),
      memo: random.pick([...MEMOS, null]),
      memo_type: random.pick(['id', 'text']),
      ...(random.chance(0.3) && { withdraw_anchor_account: random.pick(['', ...ACCOUNTS, MUXED]) }),
      ...(random.chance(0.5) && { destination_account: random.pick(['', ...ACCOUNTS]) }),
      ...(random.chance(0.5) && { amount_in: { amount: '100', asset: 'stellar:native' } }),
      ...(random.chance(0.5) && { amount_expected: { amount: '99.5' } }),
      ...(random.chance(0.9) && { started_at: instant() }),
      ...(random.chance(0.3) && { completed_at: instant() }),
      updated_at: `2026-01-02T00:00:${String(10 + (Math.abs(updated) % 50))}Z`,
    }
  }

  const payment = (
    account: string,
    epoch: number,
    operationId = String(random.whole(1, 30)),
  ): Json => {
    const code = random.chance(0.35)
      ? 'credited'
      : random.pick(VERDICTS.filter((verdict) => verdict !== 'credited'))
    const transactionId = random.pick(IDS)
    const isCareless = random.chance(0.01)
    const transactionMark = random.chance(0.5) ? marks.get(transactionId) : undefined
    return {
      operationId,
      cursor: operationId,
      ledger: 1_000,
      closedAt: random.pick(['2026-01-01T00:00:05.000Z', '2025-12-31T23:59:30.000Z']),
      transactionHash: (isCareless ? '9' : operationId).padStart(64, '0'),
      successful: random.chance(0.95),
      kind: random.pick(['payment', 'payment', 'payment', 'clawback', 'claimable_balance']),
      from: random.chance(0.2) ? random.pick(ACCOUNTS) : null,
      fromMuxedId: null,
      to: account,
      toMuxedId: random.pick([null, null, '7']),
      toMuxedAccount: random.pick([null, null, MUXED]),
      asset: 'stellar:native',
      amount: `${operationId}.0000000`,
      memoType: random.pick(['id', 'text']),
      memo: random.pick(MEMOS),
      code,
      ...(random.chance(0.2) && { isDust: true }),
      sentence: `Judged ${code}.`,
      evidence: { code },
      transactionId: code === 'credited' ? transactionId : random.pick([transactionId, null]),
      ...(code === 'credited' && transactionMark && { transactionMark }),
      update:
        code === 'credited' && !isCareless ? updateOf(transactionId, operationId, epoch) : null,
    }
  }

  const updateOf = (transactionId: string, operationId: string, epoch = 1): Json => ({
    index: 0,
    transactionId,
    method: 'notify_onchain_funds_received',
    params: {
      transaction_id: transactionId,
      ...(operationId !== '' && { stellar_transaction_id: operationId.padStart(64, '0') }),
      amount_in: { amount: operationId },
    },
    naturalKey: `operation ${operationId} of epoch ${epoch}`,
    custody: false,
    origin: 'payment_observer',
    refund: null,
    expiresInSeconds: null,
    rpcId: null,
    forced: null,
    keyName: null,
    replay: null,
  })

  const begin = () => ({ ...observed().who, leaseSeconds: LEASE_SECONDS })

  const record = (): Json => {
    const { row, who } = observed()
    const isSweep = random.chance(0.2)
    const expected = random.chance(0.9) ? (row?.cursor ?? '0') : random.pick(CURSORS)
    return {
      ...who,
      leaseSeconds: LEASE_SECONDS,
      expectedCursor: expected,
      cursor: isSweep ? expected : random.pick(CURSORS),
      sweepCursor: isSweep ? random.pick(CURSORS) : null,
      checkpoint: random.chance(0.4) ? { sequence: random.whole(1, 9), hash: 'abc' } : null,
      completeUntil: random.chance(0.5) ? instant() : null,
      payments: Array.from({ length: random.pick([0, 1, 2, 3, 6, 60]) }, () =>
        payment(who.account, row?.epoch ?? 1),
      ),
    }
  }

  const findDue = (): Json => {
    const { row, who } = observed()
    const epoch = row?.epoch ?? 1
    return { account: who.account, epoch, limit: random.pick([2, 200]), before: null }
  }

  /** Mostly payments that were found to be due, with the mark that they had then. */
  const recordDue = (): Json => {
    const { row, who } = observed()
    const due = model
      .paymentsOfAllEpochs()
      .filter(({ account, epoch }) => account === who.account && epoch === row?.epoch)
      .slice(0, random.whole(0, 20))
    return {
      ...who,
      leaseSeconds: LEASE_SECONDS,
      payments: due.map(({ operationId, dueMark, transactionHash }) => ({
        ...payment(who.account, row?.epoch ?? 1, operationId),
        transactionHash,
        dueMark: learned.has(dueMark) ? dueMark : '0',
      })),
    }
  }

  /** The update that names the account to be paid, or another one, which may end MANUAL. */
  const request = (): Json => {
    const transactionId = random.pick(IDS)
    const method = random.chance(0.8) ? PAYMENT_REQUEST_METHOD : 'notify_transaction_error'
    const hash = String(random.whole(1, 30)).padStart(64, '0')
    const params = {
      transaction_id: transactionId,
      destination_account: random.pick(ACCOUNTS),
      ...(random.chance(0.5) && { stellar_transaction_id: hash }),
    }
    const item = {
      ...{ ...updateOf(transactionId, ''), method, params, naturalKey: null, origin: 'rpc' },
      ...(random.chance(0.3) && { forced: 'seen on the ledger', keyName: 'ops' }),
    }
    return { key: null, bodySha256: null, holder: null, takeoverSeconds: 120, updates: [item] }
  }

  const attempt = () => random.pick([...attempts().slice(-6), UNKNOWN_ATTEMPT])
  const rpcIds = new Map<string, string>()
  /** Half of the updates claim the operation that they report, or its whole Stellar transaction. */
  const claimOf = (attemptId: string): Json | null => {
    const hash = model.attempt(attemptId)?.params['stellar_transaction_id']
    if (typeof hash !== 'string' || random.chance(0.5)) return null
    const choices = random.pick([[[String(Number(hash))]], [[String(Number(hash))]], []])
    return { stellarTransaction: hash, choices }
  }
  const startSending = (): Json => {
    const attemptId = attempt()
    const rpcId = crypto.randomUUID()
    rpcIds.set(attemptId, rpcId)
    const given = {
      pre: {},
      transaction: null,
      ledger: null,
      claim: claimOf(attemptId),
      earlier: [],
    }
    return { attemptId, rpcId, ...given, liveSeconds: A_DAY }
  }
  const outcome = (): Json => {
    const attemptId = attempt()
    const [from, to] = random.pick([
      ['SENDING', 'APPLIED'],
      ['SENDING', 'REJECTED'],
      ['SENDING', 'UNKNOWN'],
      ['UNKNOWN', 'MANUAL'],
    ] as const)
    return {
      attemptId,
      rpcId: rpcIds.get(attemptId) ?? null,
      from,
      to,
      outcome: { by: 'us' },
      transaction: null,
      settleInSeconds: null,
    }
  }

  const notes = ['seen', 'asked']
  const keyNames = ['ops', 'support']
  const decided = () => {
    const known = model.paymentsOfAllEpochs()
    const { epoch, operationId } =
      known.length > 0 && random.chance(0.95) ? random.pick(known) : { epoch: 1, operationId: '99' }
    const who = { note: random.pick(notes), keyName: random.pick(keyNames) }
    return { operationId, epoch: random.chance(0.8) ? epoch : null, ...who }
  }
  const decide = (): Json => {
    const decision = random.pick(['refunded', 'reported', 'ignored', 'reopen', 'reopen', 'odd'])
    // No payment to an account pays itself back.
    const paid = decided()
    const paidBack = () => {
      const id = random.whole(1, 30)
      return String(String(id) === paid.operationId ? id + 30 : id)
    }
    const stellarTransaction = paidBack().padStart(64, '0')
    const some = [[paidBack()], [paidBack(), paidBack()], []]
    const choices = random.chance(0.9)
      ? [[String(Number(stellarTransaction))], ...(random.chance(0.3) ? some.slice(0, 2) : [])]
      : random.pick([some, []])
    const refund = { stellarTransaction, choices, amount: null, differences: [] }
    const isRefund = decision === 'refunded'
    const asked = isRefund ? { stellarTransactionId: stellarTransaction } : {}
    return { ...paid, decision, asked, refund: isRefund || random.chance(0.03) ? refund : null }
  }
  const assign = (): Json => {
    const { operationId, epoch, ...who } = decided()
    const transactionId = random.pick(IDS)
    const update = updateOf(transactionId, operationId, epoch ?? model.presentEpoch())
    return {
      ...{ operationId, epoch, ...who },
      update: { ...update, origin: 'assignment', keyName: who.keyName },
      sentence: `Assigned to ${transactionId}.`,
      evidence: { by: 'a person' },
      asked: { transactionId },
    }
  }
  const lookers = new Map<string, string>()
  const looked = () => {
    const account = random.pick(ACCOUNTS)
    const source = random.chance(0.8) ? 'horizon' : 'rpc'
    const holder = lookers.get(account) ?? random.pick(HOLDERS)
    return { account, source, holder }
  }
  const beginLook = () => {
    const { account, source } = looked()
    const holder = random.pick(HOLDERS)
    if (random.chance(0.8)) lookers.set(account, holder)
    return { account, source, holder, leaseSeconds: LEASE_SECONDS }
  }
  const recordAside = (): Json => {
    const who = looked()
    const epoch = model.observer(who.account, who.source)?.epoch ?? 1
    const found = Array.from({ length: random.whole(0, 3) }, () => payment(who.account, epoch))
    return {
      ...{ ...who, leaseSeconds: LEASE_SECONDS },
      balanceCursor: random.pick([null, 'b-1', 'b-2']),
      effectCursor: random.pick([null, 'e-1', 'e-2']),
      payments: found.filter(({ code }) => code !== 'credited' || random.chance(0.05)),
    }
  }

  const makers: readonly [number, string, () => Json][] = [
    [5, 'decide_payment', decide],
    [4, 'assign_payment', assign],
    [
      1,
      'read_archived_payment',
      () => {
        const { epoch, operationId } = random.pick([
          ...model.archivedPayments(),
          { epoch: 1, operationId: '99' },
        ])
        return { operationId, epoch }
      },
    ],
    [
      1,
      'read_payment',
      () => {
        const { operationId, epoch } = decided()
        return { operationId, epoch }
      },
    ],
    [2, 'find_side_looks', () => ({ accounts: ACCOUNTS, source: random.pick(['horizon', 'rpc']) })],
    [3, 'begin_side_look', beginLook],
    [
      1,
      'find_unrecorded',
      () => ({ epoch: 1, operationIds: ['1', '7', '99', String(random.whole(1, 30))] }),
    ],
    [3, 'record_side_movements', recordAside],
    [
      2,
      'end_side_look',
      () => ({
        ...looked(),
        isComplete: random.chance(0.5),
        nextSeconds: random.pick([0, 3_300]),
        failure: random.chance(0.3) ? { code: random.pick(['a', 'b']), message: 'm' } : null,
      }),
    ],
    [4, 'begin_observation', begin],
    [
      3,
      'set_observer_cursor',
      () => ({
        ...observed().who,
        cursor: random.pick(CURSORS),
        startedFrom: 'ledger 1',
        note: random.pick([null, 'a note']),
        keyName: random.pick([null, 'ops']),
        epoch: random.chance(0.9) ? model.presentEpoch() : random.whole(1, 3),
        isNewEpoch: random.chance(0.1),
        seen: { sequence: random.whole(1, 9), hash: 'abc', closedAt: instant() },
      }),
    ],
    [9, 'record_payments', record],
    [4, 'find_due', findDue],
    [4, 'record_due', recordDue],
    [
      1,
      'archive_payments',
      () => ({ olderThanDays: random.pick([0, 0, 1]), limit: random.pick([1, 3, 100, 1001]) }),
    ],
    [
      4,
      'find_candidates',
      () => ({
        memos: Array.from({ length: random.whole(0, 4) }, () => ({
          type: random.pick(['id', 'text']),
          value: random.pick(MEMOS),
          ...(random.chance(0.7) && { from: instant(), until: instant() }),
        })),
        accountMethod: random.pick([PAYMENT_REQUEST_METHOD, 'notify_transaction_error']),
      }),
    ],
    [
      2,
      'record_open_list',
      () => ({
        ...random.pick([
          { sep: '24', status: 'pending_user_transfer_start' },
          { sep: '31', status: 'pending_sender' },
        ]),
        beganAt: random.pick([`${LONG_AGO}10.000Z`, '2099-01-01T00:00:00.000Z']),
        fromPage: random.pick([0, 0, 2]),
        nextPage: random.pick([0, 2, 5]),
        isWhole: random.chance(0.5),
        listed: IDS.filter(() => random.chance(0.3)),
        unlisted: [],
      }),
    ],
    [1, 'read_open_lists', () => ({})],
    [
      1,
      'find_changed',
      () => ({
        transactions: [
          ...[...transactions().values()].map((row) => row.document).slice(0, 2),
          document(),
        ],
      }),
    ],
    [1, 'record_gone', () => ({ ids: IDS.filter(() => random.chance(0.3)) })],
    [
      3,
      'end_observation',
      () => ({
        ...observed().who,
        alarm: random.chance(0.5) ? { code: random.pick(['a', 'b']), message: 'm' } : null,
        swept: random.chance(0.3),
      }),
    ],
    [3, 'store_transactions', () => ({ transactions: [document()], earlier: [] })],
    [2, 'begin_updates', request],
    [3, 'start_sending', startSending],
    [4, 'record_outcome', outcome],
  ]
  return callsFrom(random, makers)
}
