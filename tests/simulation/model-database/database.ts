import { toAppError } from '../../../lib/db/errors.ts'
import { instantNanoseconds } from '../../../lib/platform/instant.ts'
import type { AttemptState } from '../../../lib/updates/store.ts'
import { add, type Decimal, isLess, printDecimal, readDecimal, ZERO } from './decimal.ts'

type Json = Record<string, unknown>

interface Item {
  index: number
  transactionId: string
  method: string
  params: Json
  naturalKey: string | null
  custody: boolean
  origin: string
  refund: { id: string | null; amount: string; fee: string | null; asset: string } | null
  expiresAt: string | null
  rpcId?: string | null
  forced?: string | null
}

/** One row of `anchor_ops.attempt`; times are milliseconds. */
export interface AttemptRow {
  id: string
  seq: number
  transactionId: string
  method: string
  params: Json
  naturalKey: string | null
  custody: boolean
  origin: string
  requestKey: string | null
  itemIndex: number
  state: AttemptState
  tries: number
  rpcId: string | null
  pre: Json | null
  sentAt: number | null
  settleAt: number | null
  expiresAt: number | null
  outcome: Json | null
  note: string | null
  forced: string | null
  ledger: Json | null
  claimedUntil: number | null
  createdAt: number
  updatedAt: number
}

interface RequestRow {
  bodySha256: string
  answer: unknown
  done: boolean
  takenAt: number
}

interface RefundRow {
  transactionId: string
  refundId: string
  method: string
  total: Decimal
  attemptId: string
}

export interface TransactionRow {
  document: Json
  updatedMicroseconds: number
  firstSeenAt: number
}

/** The functions of the update log with a memory instead of Postgres: the same answers, 1,000 times as fast. */
export interface ModelDatabase {
  /** One call, at once and whole. @throws AppError as `createDatabase` does */
  call(functionName: string, args: Json): unknown
  attempts(): readonly AttemptRow[]
  attempt(id: string): AttemptRow | undefined
  transactions(): ReadonlyMap<string, TransactionRow>
}

const OPEN: ReadonlySet<AttemptState> = new Set(['SENDING', 'UNKNOWN', 'MANUAL'])
const WITHOUT_EFFECT: ReadonlySet<AttemptState> = new Set(['REJECTED', 'NOT_APPLIED'])
const MOVES: ReadonlySet<string> = new Set([
  'READY SENDING',
  'READY APPLIED',
  'READY REJECTED',
  'SENDING READY',
  'SENDING UNKNOWN',
  'SENDING APPLIED',
  'SENDING REJECTED',
  'UNKNOWN APPLIED',
  'UNKNOWN REJECTED',
  'UNKNOWN MANUAL',
  'MANUAL APPLIED',
  'MANUAL REJECTED',
  'MANUAL NOT_APPLIED',
])
const MOVES_WITHOUT_CUSTODY: ReadonlySet<string> = new Set(['UNKNOWN READY', 'UNKNOWN NOT_APPLIED'])

/** @param now milliseconds since 1970, the server clock */
export function createModelDatabase(now: () => number): ModelDatabase {
  const requests = new Map<string, RequestRow>()
  const attempts: AttemptRow[] = []
  const byId = new Map<string, AttemptRow>()
  const refunds: RefundRow[] = []
  const transactions = new Map<string, TransactionRow>()

  const effective = (id: string): boolean => !WITHOUT_EFFECT.has(mustFind('', id).state)

  function mustFind(functionName: string, id: string): AttemptRow {
    const found = byId.get(id)
    if (found === undefined) throw raised(functionName, 'AO003', `attempt ${id}: is not known`)
    return found
  }

  function keep(document: Json): boolean {
    const at = document['updated_at'] ?? document['started_at'] ?? '1970-01-01T00:00:00Z'
    const updatedMicroseconds = Number(((instantNanoseconds(String(at)) ?? 0n) + 500n) / 1000n)
    const id = String(document['id'])
    const known = transactions.get(id)
    if (known !== undefined && updatedMicroseconds < known.updatedMicroseconds) return false
    const firstSeenAt = known?.firstSeenAt ?? now()
    transactions.set(id, { document, updatedMicroseconds, firstSeenAt })
    return true
  }

  function amountIn(transactionId: string): Decimal | null {
    const amount = transactions.get(transactionId)?.document['amount_in'] as Json | undefined
    return readDecimal(amount?.['amount'])
  }

  function refundedBefore(
    transactionId: string,
    method: string,
    refundId: string | null,
    beforeSeq: number | null,
  ): Decimal {
    const live = refunds.filter(
      (one) => one.transactionId === transactionId && effective(one.attemptId),
    )
    let sum = ZERO
    for (const one of live) {
      const counts = beforeSeq === null || mustFind('', one.attemptId).seq < beforeSeq
      if (one.method === method && counts) sum = add(sum, one.total)
    }
    const shown = transactions.get(transactionId)?.document['refunds'] as Json | null | undefined
    for (const payment of (shown?.['payments'] as Json[] | undefined) ?? []) {
      const { id, amount, fee } = payment as { id?: string; amount?: Json; fee?: Json }
      if (id === refundId || live.some((one) => one.refundId === id)) continue
      sum = add(sum, readDecimal(amount?.['amount']) ?? ZERO)
      sum = add(sum, readDecimal(fee?.['amount']) ?? ZERO)
    }
    return sum
  }

  function move(functionName: string, attempt: AttemptRow, to: AttemptState): void {
    if (attempt.state === to) return
    const name = `${attempt.state} ${to}`
    const allowed = MOVES.has(name) || (!attempt.custody && MOVES_WITHOUT_CUSTODY.has(name))
    const again = name === 'UNKNOWN READY' && attempt.tries >= 3
    if (!allowed || again) throw raised(functionName, 'AO002', `attempt ${attempt.id}: ${name}`)
    attempt.state = to
    attempt.updatedAt = now()
    attempt.claimedUntil = null
  }

  function beginUpdates(args: Json) {
    const key = args['key'] as string | null
    const bodySha256 = args['bodySha256'] as string
    if (key !== null) {
      const known = requests.get(key)
      if (known === undefined) {
        requests.set(key, { bodySha256, answer: null, done: false, takenAt: now() })
      } else {
        const request = requestState(known, bodySha256, Number(args['takeoverSeconds']))
        if (request !== null) {
          return { request, answer: request === 'replay' ? known.answer : null, updates: [] }
        }
        known.takenAt = now()
      }
    }
    const given = args['updates'] as Item[]
    const keys = given.flatMap(({ naturalKey }) => naturalKey ?? [])
    if (new Set(keys).size < keys.length) {
      throw raised('begin_updates', '22023', 'two updates have the same natural key')
    }
    for (const { naturalKey, params, transactionId, forced } of given) {
      const waiting = attempts.find(
        (one) => one.naturalKey === naturalKey && naturalKey !== null && one.state === 'READY',
      )
      if (!forced || !waiting || waiting.transactionId !== transactionId) continue
      if (canonical(waiting.params) === canonical(params)) waiting.forced ??= forced
    }
    const judged = given.map((item) => judge(item, key))
    const items = store(judged, key)
    return { request: key === null ? 'none' : 'new', answer: null, updates: items }
  }

  function requestState(known: RequestRow, bodySha256: string, takeoverSeconds: number) {
    if (known.bodySha256 !== bodySha256) return 'conflict'
    if (known.done) return 'replay'
    return known.takenAt > now() - takeoverSeconds * 1000 ? 'running' : null
  }

  function judge(item: Item, key: string | null) {
    const own = attempts.find(
      (one) => key !== null && one.requestKey === key && one.itemIndex === item.index,
    )
    const same = attempts.find(
      (one) =>
        item.naturalKey !== null &&
        one.naturalKey === item.naturalKey &&
        !WITHOUT_EFFECT.has(one.state),
    )
    const refundId = item.refund?.id ?? null
    const repeated = refunds.find(
      (one) =>
        refundId !== null &&
        one.transactionId === item.transactionId &&
        one.refundId === refundId &&
        one.method === item.method &&
        effective(one.attemptId),
    )
    const judged = {
      item,
      refundId,
      known: own ?? same,
      isOwn: own !== undefined,
      repeatedId: repeated?.attemptId ?? null,
      refusal: null as Refusal | null,
      isFree: !attempts.some(
        (one) =>
          one.transactionId === item.transactionId &&
          (one.state === 'READY' || OPEN.has(one.state)),
      ),
      document: transactions.get(item.transactionId)?.document ?? null,
    }
    if (own === undefined) judged.refusal = refusalOf(item, refundId, same, repeated)
    return judged
  }
  type Judged = ReturnType<typeof judge>

  function refusalOf(
    item: Item,
    refundId: string | null,
    same: AttemptRow | undefined,
    repeated: RefundRow | undefined,
  ): Refusal | null {
    if (repeated !== undefined) {
      return { code: 'refund_repeated', detail: { refundId, attemptId: repeated.attemptId } }
    }
    if (same !== undefined) {
      if (sameIntent(same, item)) return null
      const detail = { naturalKey: item.naturalKey, attemptId: same.id }
      return { code: 'natural_key_used', detail }
    }
    const manual = attempts.find(
      (one) => one.transactionId === item.transactionId && one.state === 'MANUAL',
    )
    if (manual !== undefined) {
      return { code: 'blocked_by_manual', detail: { attemptId: manual.id } }
    }
    if (item.refund === null) return null
    const paidIn = amountIn(item.transactionId)
    const refund = totalOf(item.refund)
    const before = refundedBefore(item.transactionId, item.method, refundId, null)
    if (paidIn === null || !isLess(paidIn, add(refund, before))) return null
    const detail = {
      refund: printDecimal(refund),
      refundedBefore: printDecimal(before),
      amountIn: printDecimal(paidIn),
    }
    return { code: 'refund_exceeds', detail }
  }

  function store(judged: readonly Judged[], key: string | null) {
    const inOrder = judged.toSorted((a, b) => a.item.index - b.item.index)
    const made = new Map<Judged, AttemptRow>()
    for (const one of inOrder) {
      if (one.known === undefined && one.refusal === null) {
        const isFirst =
          inOrder.find(({ item }) => item.transactionId === one.item.transactionId) === one
        made.set(one, make(one, key, isFirst && startsAtOnce(one)))
      }
    }
    return inOrder.map((one) => begunItem(one, made.get(one)))
  }

  function startsAtOnce({ item, isFree, document }: Judged): boolean {
    if (!item.rpcId || !isFree || document === null || item.expiresAt !== null) return false
    return item.refund === null && !item.custody
  }

  function make({ item, refundId, document }: Judged, key: string | null, starts: boolean) {
    const id = crypto.randomUUID()
    const row: AttemptRow = {
      id,
      seq: attempts.length + 1,
      transactionId: item.transactionId,
      method: item.method,
      params: item.params,
      naturalKey: item.naturalKey,
      custody: item.custody,
      origin: item.origin,
      requestKey: key,
      itemIndex: item.index,
      state: starts ? 'SENDING' : 'READY',
      tries: starts ? 1 : 0,
      rpcId: starts ? (item.rpcId ?? null) : null,
      pre: starts ? document : null,
      sentAt: starts ? now() : null,
      settleAt: null,
      expiresAt: item.expiresAt === null ? null : Date.parse(item.expiresAt),
      outcome: null,
      note: null,
      forced: item.forced ?? null,
      ledger: null,
      claimedUntil: null,
      createdAt: now(),
      updatedAt: now(),
    }
    attempts.push(row)
    byId.set(id, row)
    if (item.refund === null) return row
    const { transactionId, method } = item
    const refund = {
      transactionId,
      refundId: refundId ?? id,
      method,
      total: totalOf(item.refund),
      attemptId: id,
    }
    const place = refunds.findIndex(
      (known) =>
        known.transactionId === transactionId &&
        known.refundId === refund.refundId &&
        known.method === method,
    )
    if (place === -1) refunds.push(refund)
    else refunds[place] = refund
    return row
  }

  function begunItem(one: Judged, made: AttemptRow | undefined) {
    const { item, refusal, document } = one
    const shown = refusal === null || ['refund_repeated', 'natural_key_used'].includes(refusal.code)
    const knownId = (one.isOwn ? null : one.repeatedId) ?? one.known?.id
    const known = shown && knownId !== undefined ? byId.get(knownId) : undefined
    const row = known ?? made
    return {
      index: item.index,
      attemptId: row?.id ?? null,
      seq: row ? String(row.seq) : null,
      created: made !== undefined,
      state: row?.state ?? null,
      rpcId: row?.rpcId ?? null,
      outcome: known?.outcome ?? null,
      refusal,
      transaction: document,
    }
  }

  function startSending(args: Json) {
    const attempt = mustFind('start_sending', args['attemptId'] as string)
    const stale = args['transaction'] !== null && !keep(args['transaction'] as Json)
    const notStarted = (reason: string, openAttemptId: string | null) => {
      const { state, outcome } = attempt
      return { started: false, reason, state, outcome, openAttemptId }
    }
    const siblings = attempts.filter((one) => one.transactionId === attempt.transactionId)
    const open = siblings.find((one) => OPEN.has(one.state))
    if (open !== undefined) return notStarted('busy', open.id)
    if (attempt.state !== 'READY') return notStarted('state', null)
    const isExpired = ({ expiresAt }: AttemptRow) => expiresAt !== null && expiresAt <= now()
    let rejected: Json | null = null
    if (isExpired(attempt)) {
      rejected = { reason: 'expired', expiresAt: isoTime(attempt.expiresAt) }
    } else {
      const older = siblings.find(
        (one) => one.state === 'READY' && one.seq < attempt.seq && !isExpired(one),
      )
      if (older !== undefined) return notStarted('order', older.id)
      rejected = exceedingRefund(attempt)
    }
    if (rejected !== null) {
      move('start_sending', attempt, 'REJECTED')
      attempt.outcome = rejected
      attempt.settleAt = null
      return notStarted('state', null)
    }
    if (stale) return notStarted('stale', null)
    move('start_sending', attempt, 'SENDING')
    attempt.tries += 1
    attempt.rpcId = args['rpcId'] as string
    attempt.pre = args['pre'] as Json
    attempt.sentAt = now()
    attempt.settleAt = null
    attempt.ledger = args['ledger'] as Json | null
    return { started: true, tries: attempt.tries }
  }

  function exceedingRefund(attempt: AttemptRow): Json | null {
    const refund = refunds.find(({ attemptId }) => attemptId === attempt.id)
    const paidIn = amountIn(attempt.transactionId)
    if (refund === undefined || paidIn === null) return null
    const { transactionId, method, seq } = attempt
    const before = refundedBefore(transactionId, method, refund.refundId, seq)
    if (!isLess(paidIn, add(before, refund.total))) return null
    return {
      reason: 'refund_exceeds',
      refund: printDecimal(refund.total),
      refundedBefore: printDecimal(before),
      amountIn: printDecimal(paidIn),
    }
  }

  function recordOutcome(args: Json) {
    const from = args['from'] as AttemptState
    const to = args['to'] as AttemptState
    const stays = from === to && from !== 'READY' && from !== 'UNKNOWN'
    if (from === 'MANUAL' || to === 'SENDING' || stays) {
      throw raised('record_outcome', 'AO002', `may not move from ${from} to ${to}`)
    }
    const attempt = mustFind('record_outcome', args['attemptId'] as string)
    if (attempt.state !== from || attempt.rpcId !== args['rpcId']) {
      return { recorded: false, state: attempt.state, outcome: attempt.outcome }
    }
    const settleAt = args['settleAt'] === null ? null : Date.parse(String(args['settleAt']))
    move('record_outcome', attempt, to)
    if (from === 'SENDING' && to === 'READY') attempt.tries -= 1
    attempt.outcome = (args['outcome'] as Json | null) ?? attempt.outcome
    attempt.settleAt = to === 'READY' ? settleAt : to === 'UNKNOWN' ? (settleAt ?? now()) : null
    attempt.claimedUntil = null
    if (args['transaction'] !== null) keep(args['transaction'] as Json)
    return { recorded: true, state: to, outcome: attempt.outcome }
  }

  function finishRequest(args: Json) {
    const known = requests.get(args['key'] as string)
    if (known?.bodySha256 !== args['bodySha256']) return { finished: false, answer: null }
    if (known?.done !== false) return { finished: false, answer: known?.answer ?? null }
    known.done = true
    known.answer = args['answer']
    return { finished: true, answer: known.answer }
  }

  function claimUnsettled(args: Json) {
    const at = now()
    const ms = (name: string) => Number(args[name]) * 1000
    for (const attempt of attempts) {
      const { state, sentAt } = attempt
      if (state !== 'SENDING' || (sentAt ?? at) > at - ms('sendingAfterSeconds')) continue
      move('claim_unsettled', attempt, 'UNKNOWN')
      attempt.settleAt = at
      attempt.outcome = { reason: 'sender_silent' }
    }
    const isDue = (attempt: AttemptRow): boolean => {
      const { state, claimedUntil, settleAt, updatedAt } = attempt
      if (state !== 'READY' && state !== 'UNKNOWN') return false
      if (claimedUntil !== null && claimedUntil > at) return false
      if (settleAt !== null && settleAt > at) return false
      if (state === 'UNKNOWN') return true
      return updatedAt <= at - ms('readyAfterSeconds') && !isBehind(attempt)
    }
    const claimed = attempts.filter(isDue).slice(0, Math.max(0, Number(args['limit'])))
    for (const attempt of claimed) attempt.claimedUntil = at + ms('claimSeconds')
    return {
      attempts: claimed.map((attempt) => ({
        ...attemptObject(attempt),
        transaction: transactions.get(attempt.transactionId)?.document ?? null,
        secondsSinceSent: attempt.sentAt === null ? null : Math.floor((at - attempt.sentAt) / 1000),
      })),
    }
  }

  function isBehind(attempt: AttemptRow): boolean {
    return attempts.some(
      (one) =>
        one.transactionId === attempt.transactionId &&
        (OPEN.has(one.state) || (one.state === 'READY' && one.seq < attempt.seq)),
    )
  }

  function decideAttempt(args: Json) {
    const attempt = mustFind('decide_attempt', args['attemptId'] as string)
    const decision = String(args['decision'])
    const silent =
      attempt.sentAt !== null && attempt.sentAt <= now() - Number(args['quietSeconds']) * 1000
    if (attempt.state === 'UNKNOWN' && silent) {
      move('decide_attempt', attempt, 'MANUAL')
      attempt.settleAt = null
    } else if (attempt.state !== 'MANUAL') {
      return { decided: false, state: attempt.state }
    }
    move('decide_attempt', attempt, decision.toUpperCase() as AttemptState)
    attempt.note = args['note'] as string | null
    attempt.outcome = { ...attempt.outcome, decision }
    return { decided: true, state: attempt.state }
  }

  function storeTransactions(args: Json) {
    const newest = new Map<string, Json>()
    for (const document of args['transactions'] as Json[]) {
      const id = String(document['id'])
      const other = newest.get(id)
      if (other === undefined || instantOf(other) <= instantOf(document)) newest.set(id, document)
    }
    return { stored: [...newest.values()].filter(keep).length }
  }

  const functions: Record<string, (args: Json) => unknown> = {
    begin_updates: beginUpdates,
    start_sending: startSending,
    record_outcome: recordOutcome,
    finish_request: finishRequest,
    claim_unsettled: claimUnsettled,
    decide_attempt: decideAttempt,
    store_transactions: storeTransactions,
  }
  return {
    call: (functionName, args) => {
      const found = functions[functionName]
      if (found === undefined) throw new TypeError(`The model has no function ${functionName}`)
      return found(args)
    },
    attempts: () => attempts,
    attempt: (id) => byId.get(id),
    transactions: () => transactions,
  }
}

interface Refusal {
  code: string
  detail: Json
}

interface Intent {
  transactionId: string
  method: string
  params: Json
}

function sameIntent(a: Intent, b: Intent): boolean {
  return (
    a.transactionId === b.transactionId &&
    a.method === b.method &&
    canonical(a.params) === canonical(b.params)
  )
}

/** JSON with sorted keys: `jsonb` has no order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function totalOf({ amount, fee }: { amount: string; fee: string | null }): Decimal {
  return add(readDecimal(amount) ?? ZERO, readDecimal(fee) ?? ZERO)
}

function instantOf(document: Json): bigint {
  const at = document['updated_at'] ?? document['started_at'] ?? '1970-01-01T00:00:00Z'
  return instantNanoseconds(String(at)) ?? 0n
}

function attemptObject({ claimedUntil: _, id, seq, ...row }: AttemptRow) {
  return {
    ...row,
    attemptId: id,
    seq: String(seq),
    sentAt: isoTime(row.sentAt),
    settleAt: isoTime(row.settleAt),
    expiresAt: isoTime(row.expiresAt),
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  }
}

export const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

export const raised = (functionName: string, code: string, message: string) =>
  toAppError(functionName, { code, message })
