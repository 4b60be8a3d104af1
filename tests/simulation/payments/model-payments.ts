import type { AttemptState } from '../../../lib/updates/store.ts'
import { isoTime, type ModelDatabase, raised } from '../model-database/database.ts'

type Json = Record<string, unknown>

/** One row of `anchor_ops.payment`. */
export interface PaymentRow {
  operationId: string
  account: string
  source: string
  transactionHash: string
  amount: string | null
  verdict: string
  transactionId: string | null
  attemptId: string | null
  evidence: Json
  sentence: string
  /** Grows with every page that is recorded; rows of one page have the same. */
  judgedSeq: number
  /** Verdicts before this one, the oldest first. */
  earlier: string[]
}

/** One row of `anchor_ops.observer`; times are milliseconds. */
export interface ObserverRow {
  account: string
  source: string
  cursor: string | null
  startedFrom: string | null
  checkpoint: { sequence: number; hash: string } | null
  completeUntil: number | null
  observedAt: number | null
  alarm: { code: string; message: string; since: string } | null
  sweepCursor: string | null
  sweptAt: number | null
  holder: string | null
  leaseUntil: number
}

/** What the database sees to, each of which a mutant may leave out. */
export interface PaymentRules {
  /** An operation that is stored is skipped unless its verdict may change. */
  skipsStored: boolean
  /** One payment is credited to a transaction. */
  creditsOnce: boolean
  /** The updates of the credited are stored under their operation. */
  keepsNaturalKey: boolean
  /** What waited for a transaction may get another verdict. */
  rejudges: boolean
  /** Only who holds the account, with the cursor where it knows it, writes. */
  comparesAndSets: boolean
}

export const ALL_RULES: PaymentRules = {
  skipsStored: true,
  creditsOnce: true,
  keepsNaturalKey: true,
  rejudges: true,
  comparesAndSets: true,
}

/** The payment functions with a memory instead of Postgres, on top of the model of the update functions. */
export interface ModelPayments {
  /** One call of any function, at once and whole. @throws AppError as `createDatabase` does */
  call(functionName: string, args: Json): unknown
  payments(): ReadonlyMap<string, PaymentRow>
  observer(account: string, source: string): ObserverRow | undefined
}

interface Given extends Json {
  operationId: string
  transactionHash: string
  amount: string | null
  code: string
  sentence: string
  evidence: Json
  transactionId: string | null
  update: Json | null
}

interface Fresh {
  given: Given
  isNew: boolean
  creditedBy: string | null
}

const WITHDRAWALS: ReadonlySet<unknown> = new Set(['withdrawal', 'withdrawal-exchange'])
const MOST_PER_MEMO = 20

/** @param now milliseconds since 1970, the server clock */
export function createModelPayments(
  base: ModelDatabase,
  now: () => number,
  rules: PaymentRules = ALL_RULES,
): ModelPayments {
  const observers = new Map<string, ObserverRow>()
  const payments = new Map<string, PaymentRow>()
  /** Operations by the transaction that they are credited to. */
  const creditedBy = new Map<string, string>()
  let pages = 0

  const find = (args: Json) => observers.get(`${args['account']} ${args['source']}`)
  const held = (args: Json) => {
    const row = find(args)
    return row !== undefined && row.holder === args['holder'] ? row : undefined
  }

  function beginObservation(args: Json) {
    const leaseMs = Number(args['leaseSeconds']) * 1000
    if (args['holder'] === null || leaseMs < 1000) throw invalid('begin_observation')
    const name = `${args['account']} ${args['source']}`
    const row = observers.get(name) ?? unplaced(String(args['account']), String(args['source']))
    observers.set(name, row)
    const isFree = row.holder === null || row.holder === args['holder']
    if (!isFree && row.leaseUntil > now()) return { started: false }
    row.holder = String(args['holder'])
    row.leaseUntil = now() + leaseMs
    const { cursor, checkpoint, sweepCursor, sweptAt } = row
    return {
      started: true,
      cursor,
      checkpoint,
      sweepCursor,
      sweptAt: isoTime(sweptAt),
      oldestAwaitingAt: isoTime(oldestAwaiting()),
    }
  }

  function oldestAwaiting(): number | null {
    const starts = [...base.transactions().values()].flatMap((row) =>
      awaitsPayment(row.document) ? startOf(row) : [],
    )
    return starts.length === 0 ? null : Math.min(...starts)
  }

  function setObserverCursor(args: Json) {
    const row = held(args)
    if (row === undefined) return { moved: false }
    Object.assign(row, {
      cursor: args['cursor'],
      startedFrom: args['startedFrom'],
      checkpoint: null,
      completeUntil: null,
      alarm: null,
      sweepCursor: null,
      sweptAt: null,
    })
    return { moved: true }
  }

  function findCandidates(args: Json) {
    const memos = args['memos'] as { type: string; value: string }[]
    const rows = [...base.transactions().values()]
    const found = new Map<string, Json>()
    for (const { type, value } of memos) {
      rows
        .filter(({ document }) => {
          if (type === 'muxed_account') return value.length === 69 && addressOf(document) === value
          const { memo, memo_type: memoType } = document
          return memo === value && memoType === type && Buffer.byteLength(value) <= 255
        })
        .toSorted((a, b) => {
          const waits = Number(awaitsPayment(b.document)) - Number(awaitsPayment(a.document))
          return waits || startOf(b) - startOf(a) || byText(idOf(a.document), idOf(b.document))
        })
        .slice(0, MOST_PER_MEMO)
        .forEach(({ document }) => {
          found.set(idOf(document), document)
        })
    }
    const ids = [...found.keys()].toSorted(byText)
    return { transactions: ids.map((id) => awaitingOf(found.get(id) ?? {})) }
  }

  function awaitingOf(document: Json) {
    const id = idOf(document)
    const requested = base
      .attempts()
      .findLast(
        ({ transactionId, method, state }) =>
          transactionId === id && method === 'request_onchain_funds' && state === 'APPLIED',
      )
    const amountIn = document['amount_in'] as Json | null | undefined
    const expected = document['amount_expected'] as Json | null | undefined
    return {
      id,
      sep: document['sep'] ?? '',
      kind: document['kind'] ?? '',
      status: document['status'],
      account:
        document['withdraw_anchor_account'] ||
        requested?.params['destination_account'] ||
        (WITHDRAWALS.has(document['kind']) && document['destination_account']) ||
        null,
      memo: document['memo'] ?? null,
      memoType: document['memo_type'] ?? null,
      amountIn: amountIn?.['amount'] ?? null,
      amountInAsset: amountIn?.['asset'] ?? null,
      amountExpected: expected?.['amount'] ?? null,
      amountExpectedAsset: expected?.['asset'] ?? null,
      creditedBy: creditedBy.get(id) ?? null,
    }
  }

  function recordPayments(args: Json) {
    const given = args['payments'] as Given[]
    if (Number(args['leaseSeconds']) < 1 || given.length > 200 || !given.every(hasItsUpdate)) {
      throw invalid('record_payments')
    }
    const row = rules.comparesAndSets ? held(args) : find(args)
    if (row === undefined) return { recorded: false, reason: 'lease_lost' }
    if (rules.comparesAndSets && row.cursor !== args['expectedCursor']) {
      return { recorded: false, reason: 'cursor_moved' }
    }
    refuseOtherHashes(given)

    const fresh = freshOf(given, row.account)
    const begun = beginCredits(fresh)
    pages += 1
    const judged = fresh.map((one) => store(one, begun, row))
    row.cursor = String(args['cursor'])
    row.sweepCursor = (args['sweepCursor'] as string | null) ?? row.sweepCursor
    row.checkpoint = (args['checkpoint'] as ObserverRow['checkpoint']) ?? row.checkpoint
    row.completeUntil = latest(args['completeUntil'], row.completeUntil)
    row.observedAt = now()
    row.leaseUntil = now() + Number(args['leaseSeconds']) * 1000
    return {
      recorded: true,
      stored: fresh.filter(({ isNew }) => isNew).length,
      changed: fresh.filter(({ isNew }) => !isNew).length,
      credited: judged.flatMap(({ operationId, verdict, attemptId, transactionId, update }) =>
        verdict === 'credited'
          ? [
              {
                operationId,
                attemptId,
                transactionId,
                method: update?.['method'],
                params: update?.['params'],
              },
            ]
          : [],
      ),
      verdicts: countsOf(judged.map(({ verdict }) => verdict)),
    }
  }

  function refuseOtherHashes(given: readonly Given[]): void {
    const hashes = new Map<string, string>()
    for (const { operationId, transactionHash } of given) {
      const known = payments.get(operationId)?.transactionHash ?? hashes.get(operationId)
      if (known !== undefined && known !== transactionHash) {
        throw raised('record_payments', 'AO004', `operation ${operationId}`)
      }
      hashes.set(operationId, transactionHash)
    }
  }

  function freshOf(given: readonly Given[], account: string): Fresh[] {
    const seen = new Set<string>()
    const firsts = new Map<string | null, string>()
    const fresh: Fresh[] = []
    for (const one of given) {
      const { operationId, code, transactionId } = one
      if (seen.has(operationId) && rules.skipsStored) continue
      seen.add(operationId)
      const known = payments.get(operationId)
      const mayChange = rules.rejudges && known && mayRejudge(known, code, account)
      if (known && rules.skipsStored && !mayChange) continue
      if (code === 'credited' && !firsts.has(transactionId)) firsts.set(transactionId, operationId)
      const by = creditedBy.get(transactionId ?? '') ?? firsts.get(transactionId) ?? null
      const own = rules.creditsOnce ? by : operationId
      fresh.push({
        given: one,
        isNew: known === undefined,
        creditedBy: code === 'credited' ? own : null,
      })
    }
    return fresh
  }

  function beginCredits(fresh: readonly Fresh[]): Map<string, Json> {
    const first = fresh.filter(({ given, creditedBy: by }) => by === given.operationId)
    const begun = new Map<string, Json>()
    const updates = first.map(({ given }, index) => ({
      ...given.update,
      index,
      ...(!rules.keepsNaturalKey && { naturalKey: null }),
    }))
    const answer = base.call('begin_updates', { key: null, updates }) as { updates: Json[] }
    for (const update of answer.updates) {
      begun.set(first[Number(update['index'])]?.given.operationId ?? '', update)
    }
    return begun
  }

  function store(
    { given, creditedBy: by, isNew }: Fresh,
    begun: Map<string, Json>,
    row: ObserverRow,
  ) {
    const known = payments.get(given.operationId)
    const { operationId, transactionHash, amount, transactionId, sentence, evidence } = given
    const stored: PaymentRow = {
      operationId,
      account: row.account,
      source: row.source,
      transactionHash: known?.transactionHash ?? transactionHash,
      amount: known ? known.amount : amount,
      verdict: given.code,
      transactionId,
      attemptId: null,
      evidence,
      sentence,
      judgedSeq: pages,
      earlier: isNew || known === undefined ? [] : [...known.earlier, known.verdict],
    }
    const { attemptId, refusal } = begun.get(by ?? '') ?? {}
    if (given.code === 'credited' && refusal) {
      stored.verdict = 'update_refused'
      stored.sentence = `The payment is as expected, but its update was refused: ${(refusal as Json)['code']}.`
      stored.evidence = { ...evidence, refusal }
    } else if (given.code === 'credited' && by === operationId) {
      stored.attemptId = String(attemptId)
      creditedBy.set(String(transactionId), operationId)
    } else if (given.code === 'credited') {
      stored.verdict = 'already_paid'
      stored.sentence = `The transaction is already credited with operation ${by}.`
      stored.evidence = { ...evidence, creditedBy: by }
    }
    payments.set(operationId, stored)
    return { ...stored, update: given.update }
  }

  function endObservation(args: Json) {
    const row = held(args)
    if (row === undefined) return { ended: false }
    const alarm = args['alarm'] as { code: string; message: string } | null
    const since = row.alarm?.code === alarm?.code ? row.alarm?.since : undefined
    row.holder = null
    row.leaseUntil = Number.NEGATIVE_INFINITY
    row.alarm = alarm && { ...alarm, since: since ?? String(isoTime(now())) }
    if (alarm === null) row.observedAt = now()
    if (args['swept'] === true) Object.assign(row, { sweepCursor: null, sweptAt: now() })
    return { ended: true }
  }

  const functions: Record<string, (args: Json) => unknown> = {
    begin_observation: beginObservation,
    set_observer_cursor: setObserverCursor,
    find_candidates: findCandidates,
    record_payments: recordPayments,
    end_observation: endObservation,
  }
  return {
    call: (functionName, args) =>
      (functions[functionName] ?? ((given: Json) => base.call(functionName, given)))(args),
    payments: () => payments,
    observer: (account, source) => observers.get(`${account} ${source}`),
  }
}

const addressOf = (document: Json) =>
  document['withdraw_anchor_account'] || document['destination_account']

function awaitsPayment({ sep, kind, status }: Json): boolean {
  if (sep === '31') return status === 'pending_sender'
  return (
    (sep === '6' || sep === '24') &&
    WITHDRAWALS.has(kind) &&
    status === 'pending_user_transfer_start'
  )
}

function mayRejudge({ verdict, account }: PaymentRow, code: string, byAccount: string): boolean {
  if (code === verdict || code === 'outgoing') return false
  if (verdict === 'no_match' || verdict === 'not_awaiting') return true
  return verdict === 'outgoing' && byAccount !== account
}

function hasItsUpdate({ code, update, transactionId, operationId }: Given): boolean {
  if (code !== 'credited') return update === null || update === undefined
  return (
    update?.['transactionId'] === transactionId &&
    update?.['naturalKey'] === `operation ${operationId}`
  )
}

const unplaced = (account: string, source: string): ObserverRow => ({
  account,
  source,
  cursor: null,
  startedFrom: null,
  checkpoint: null,
  completeUntil: null,
  observedAt: null,
  alarm: null,
  sweepCursor: null,
  sweptAt: null,
  holder: null,
  leaseUntil: Number.NEGATIVE_INFINITY,
})

function startOf({ document, firstSeenAt }: { document: Json; firstSeenAt: number }): number {
  const startedAt = document['started_at']
  return typeof startedAt === 'string' ? Date.parse(startedAt) : firstSeenAt
}

const idOf = (document: Json) => String(document['id'])

/** As Postgres compares under the collation "C". */
const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function latest(time: unknown, known: number | null): number | null {
  if (typeof time !== 'string') return known
  return Math.max(Date.parse(time), known ?? Number.NEGATIVE_INFINITY)
}

function countsOf(verdicts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

const invalid = (functionName: string) => raised(functionName, '22023', 'invalid parameter')

export const ENDED: ReadonlySet<AttemptState> = new Set(['APPLIED', 'REJECTED', 'NOT_APPLIED'])
