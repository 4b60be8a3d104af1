import { recordDecision } from './decisions.ts'
import { excessOf, isEffective, totalOf } from './refunds.ts'
import {
  type AttemptRow,
  type Json,
  OPEN,
  type RefundRow,
  type RequestRow,
  raised,
  type Tables,
  WITHOUT_EFFECT,
} from './tables.ts'
import { documentOf } from './transactions.ts'

interface GivenUpdate {
  index: number
  transactionId: string
  method: string
  params: Json
  naturalKey: string | null
  custody: boolean
  origin: string
  keyName: string | null
  refund: { id: string | null; amount: string; fee: string | null; asset: string } | null
  expiresInSeconds: number | null
  rpcId?: string | null
  forced?: string | null
  replay?: { attemptId: string; note: string; decisionId: string } | null
}

interface Refusal {
  code: string
  detail: Json
}

/** An update of the request, and what the tables say of it before any update of the request is stored. */
interface Judged {
  given: GivenUpdate
  refundId: string | null
  known: AttemptRow | undefined
  /** The known attempt is of this request. */
  isOwn: boolean
  repeatedId: string | null
  refusal: Refusal | null
  /** No attempt of the transaction waits or is open. */
  isFree: boolean
  document: Json | null
}

/** `begin_updates`. */
export function beginUpdates(tables: Tables, args: Json) {
  const { requests, now } = tables
  const key = args['key'] as string | null
  const holder = args['holder'] as string | null
  const bodySha256 = args['bodySha256'] as string
  const known = key === null ? undefined : requests.get(key)
  if (holder === null && known !== undefined) {
    return { request: 'running', answer: null, updates: [] }
  }
  if (holder !== null && key !== null) {
    if (known === undefined) {
      const takenAt = now()
      const taken = { takenAt, takenBy: holder, takenOver: false }
      requests.set(key, { bodySha256, answer: null, done: false, ...taken })
    } else {
      const takenOverAt = now() - Number(args['takeoverSeconds']) * 1000
      const request = requestState(known, { bodySha256, holder }, takenOverAt)
      if (request !== null) {
        return request === 'replay'
          ? { request, answer: known.answer, updates: openUpdates(tables, known.answer) }
          : { request, answer: null, updates: [] }
      }
      known.takenAt = now()
      known.takenOver ||= known.takenBy !== holder
      known.takenBy = holder
    }
  }
  const all = args['updates'] as GivenUpdate[]
  const keys = all.flatMap(({ naturalKey }) => naturalKey ?? [])
  if (new Set(keys).size < keys.length) {
    throw raised('begin_updates', '22023', 'two updates have the same natural key')
  }
  for (const given of all) forceWaiting(tables, given)
  const judged = all.map((given) => judge(tables, given, key))
  const updates = store(tables, judged, key)
  const takenOver = key !== null && requests.get(key)?.takenOver === true
  const request = holder === null ? 'none' : 'new'
  return { request, answer: null, updates, ...(takenOver && { takenOver }) }
}

/** The updates that were open when the answer was stored, as they are now. */
function openUpdates(tables: Tables, answer: unknown) {
  const { open = [] } = answer as { open?: { index: number; attemptId: string }[] }
  return open.flatMap(({ index, attemptId }) => {
    const row = tables.attemptById.get(attemptId)
    if (row === undefined) return []
    const { state, rpcId, outcome, transactionId } = row
    const transaction = documentOf(tables, transactionId)
    const seq = String(row.seq)
    const created = false
    return [{ index, attemptId, seq, created, state, rpcId, outcome, refusal: null, transaction }]
  })
}

function requestState(
  known: RequestRow,
  { bodySha256, holder }: { bodySha256: string; holder: string },
  takenOverAt: number,
) {
  if (known.bodySha256 !== bodySha256) return 'conflict'
  if (known.done) return 'replay'
  if (known.takenBy === holder) return null
  return known.takenAt > takenOverAt ? 'running' : null
}

/** A forced update forces the same update that waits already. */
function forceWaiting(tables: Tables, given: GivenUpdate): void {
  const { attempts } = tables
  const { naturalKey, forced } = given
  if (!forced || naturalKey === null) return
  const waiting = attempts.find((one) => one.naturalKey === naturalKey && one.state === 'READY')
  if (!waiting || waiting.transactionId !== given.transactionId) return
  if (canonical(waiting.params) !== canonical(given.params) || waiting.forced !== null) return
  waiting.forced = forced
  const { state, outcome, transactionId } = waiting
  recordDecision(tables, {
    keyName: given.keyName ?? '',
    subject: waiting.id,
    transactionId,
    decision: 'forced',
    note: forced,
    reading: { state, outcome, transaction: documentOf(tables, transactionId) },
    newAttemptId: null,
  })
}

function judge(tables: Tables, given: GivenUpdate, key: string | null): Judged {
  const { attempts, refunds } = tables
  const { index, transactionId, naturalKey, method } = given
  const own = attempts.find(
    (one) => key !== null && one.requestKey === key && one.itemIndex === index,
  )
  const same = attempts.find(
    (one) => naturalKey !== null && one.naturalKey === naturalKey && !WITHOUT_EFFECT.has(one.state),
  )
  const twin = naturalKey === null ? findTwin(tables, given, key) : undefined
  const refundId = given.refund?.id ?? null
  const repeated = refunds.find(
    (one) =>
      refundId !== null &&
      one.transactionId === transactionId &&
      one.refundId === refundId &&
      one.method === method &&
      isEffective(tables, one.attemptId),
  )
  return {
    given,
    refundId,
    known: own ?? same ?? twin,
    isOwn: own !== undefined,
    repeatedId: repeated?.attemptId ?? null,
    refusal: own === undefined ? refusalOf(tables, given, same ?? twin, repeated) : null,
    isFree: !attempts.some(
      (one) =>
        one.transactionId === transactionId &&
        (one.state === 'READY' || OPEN.has(one.state) || isChangedSince(tables, one)),
    ),
    document: documentOf(tables, transactionId),
  }
}

/** An equal attempt that was never sent, if neither request has a key of its caller. */
function findTwin(
  { attempts, requests }: Tables,
  { transactionId, method, params }: GivenUpdate,
  key: string | null,
): AttemptRow | undefined {
  if (key === null || requests.has(key)) return undefined
  const ofTransaction = attempts.filter((one) => one.transactionId === transactionId)
  return ofTransaction.find(
    (one) =>
      one.state === 'READY' &&
      one.tries === 0 &&
      one.method === method &&
      canonical(one.params) === canonical(params) &&
      one.requestKey !== null &&
      one.requestKey !== key &&
      !requests.has(one.requestKey) &&
      ofTransaction.every(
        ({ seq, requestKey }) =>
          seq <= one.seq || requestKey === key || requestKey === one.requestKey,
      ),
  )
}

function refusalOf(
  tables: Tables,
  given: GivenUpdate,
  same: AttemptRow | undefined,
  repeated: RefundRow | undefined,
): Refusal | null {
  const { transactionId, method, naturalKey, refund } = given
  const refundId = refund?.id ?? null
  if (repeated !== undefined) {
    return { code: 'refund_repeated', detail: { refundId, attemptId: repeated.attemptId } }
  }
  if (same !== undefined) {
    const isSame =
      same.transactionId === transactionId &&
      same.method === method &&
      canonical(same.params) === canonical(given.params)
    return isSame ? null : { code: 'natural_key_used', detail: { naturalKey, attemptId: same.id } }
  }
  const manual = tables.attempts.find(
    (one) => one.transactionId === transactionId && ['MANUAL', 'LOST'].includes(one.state),
  )
  if (manual !== undefined) return { code: 'blocked_by_manual', detail: { attemptId: manual.id } }
  if (refund === null) return null
  const total = totalOf(refund)
  const detail = excessOf(
    tables,
    { transactionId, method, refundId, total, asset: refund.asset },
    null,
  )
  return detail && { code: 'refund_exceeds', detail }
}

function store(tables: Tables, judged: readonly Judged[], key: string | null) {
  const inOrder = judged.toSorted((a, b) => a.given.index - b.given.index)
  const made = new Map<Judged, AttemptRow>()
  for (const one of inOrder) {
    if (one.known !== undefined || one.refusal !== null) continue
    const { transactionId } = one.given
    const isFirst = inOrder.find(({ given }) => given.transactionId === transactionId) === one
    made.set(one, makeAttempt(tables, one, key, isFirst && startsAtOnce(one)))
  }
  return inOrder.map((one) => begunUpdate(tables, one, made.get(one)))
}

/** Whether an applied attempt is still to be looked for, and the transaction has changed since. */
function isChangedSince(tables: Tables, { state, settleAt, post, transactionId }: AttemptRow) {
  if (state !== 'APPLIED' || settleAt === null) return false
  return canonical(post) !== canonical(documentOf(tables, transactionId))
}

function startsAtOnce({ given, isFree, document }: Judged): boolean {
  if (!given.rpcId || !isFree || document === null || given.expiresInSeconds !== null) return false
  return given.refund === null && !given.custody
}

function makeAttempt(
  tables: Tables,
  { given, refundId, document }: Judged,
  key: string | null,
  starts: boolean,
): AttemptRow {
  const id = crypto.randomUUID()
  const at = tables.now()
  const { transactionId, method, params, naturalKey, custody, origin, expiresInSeconds } = given
  const row: AttemptRow = {
    id,
    seq: tables.attempts.length + 1,
    transactionId,
    method,
    params,
    naturalKey,
    custody,
    origin,
    keyName: given.keyName ?? null,
    requestKey: key,
    itemIndex: given.index,
    state: starts ? 'SENDING' : 'READY',
    tries: starts ? 1 : 0,
    rpcId: starts ? (given.rpcId ?? null) : null,
    pre: starts ? document : null,
    post: null,
    sentAt: starts ? at : null,
    settleAt: null,
    expiresAt: expiresInSeconds === null ? null : at + expiresInSeconds * 1000,
    unreadableSince: null,
    outcome: null,
    note: null,
    forced: given.forced ?? null,
    ledger: null,
    claimedUntil: null,
    createdAt: at,
    updatedAt: at,
  }
  tables.attempts.push(row)
  tables.attemptById.set(id, row)
  recordWishes(tables, given, row, document)
  if (given.refund !== null) {
    const total = totalOf(given.refund)
    recordRefund(tables, {
      transactionId,
      refundId: refundId ?? id,
      method,
      total,
      asset: given.refund.asset,
      attemptId: id,
    })
  }
  return row
}

/** The decisions of a person that come with a new attempt. */
function recordWishes(tables: Tables, given: GivenUpdate, made: AttemptRow, document: Json | null) {
  const { transactionId, forced, replay } = given
  const shared = { keyName: given.keyName ?? '', transactionId }
  if (forced) {
    const reading = { transaction: document }
    const decided = { subject: made.id, decision: 'forced', note: forced, reading }
    recordDecision(tables, { ...shared, ...decided, newAttemptId: null })
  }
  const failed = replay && tables.attemptById.get(replay.attemptId)
  if (!replay || !failed) return
  const { state, outcome } = failed
  const reading = { transaction: document, state, outcome }
  const decided = { subject: failed.id, decision: 'replayed', note: replay.note, reading }
  recordDecision(tables, { ...shared, ...decided, id: replay.decisionId, newAttemptId: made.id })
}

/** The refund of a new attempt takes the place of the same refund of an attempt without effect. */
function recordRefund({ refunds }: Tables, refund: RefundRow): void {
  const place = refunds.findIndex(
    (known) =>
      known.transactionId === refund.transactionId &&
      known.refundId === refund.refundId &&
      known.method === refund.method,
  )
  if (place === -1) refunds.push(refund)
  else refunds[place] = refund
}

function begunUpdate(tables: Tables, one: Judged, made: AttemptRow | undefined) {
  const { given, refusal, document } = one
  const isShown = refusal === null || ['refund_repeated', 'natural_key_used'].includes(refusal.code)
  const knownId = (one.isOwn ? null : one.repeatedId) ?? one.known?.id
  const known = isShown && knownId !== undefined ? tables.attemptById.get(knownId) : undefined
  const row = known ?? made
  return {
    index: given.index,
    attemptId: row?.id ?? null,
    seq: row ? String(row.seq) : null,
    created: made !== undefined,
    state: row?.state ?? null,
    rpcId: row?.rpcId ?? null,
    outcome: known?.outcome ?? null,
    refusal,
    transaction: one.isOwn && known?.state === 'SENDING' ? known.pre : document,
  }
}

/** JSON with sorted keys, because `jsonb` has no order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
