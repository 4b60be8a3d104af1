import { countsOf } from '../../counts.ts'
import { type Json, raised } from '../../model-database/tables.ts'
import { transactionMark } from './candidates.ts'
import { mark, markDue, mayChange } from './due.ts'
import { setOpen } from './open-money.ts'
import {
  findObserver,
  heldObserver,
  invalid,
  type ObserverRow,
  type PaymentRow,
  type PaymentTables,
  paymentKey,
  refusedCredit,
  shownCredit,
} from './tables.ts'

export interface GivenPayment extends Json {
  operationId: string
  transactionHash: string
  amount: string | null
  code: string
  sentence: string
  evidence: Json
  transactionId: string | null
  update: Json | null
  transactionMark?: string
}

/** A payment that is new, or whose verdict may change. */
interface FreshPayment {
  given: GivenPayment
  isNew: boolean
  creditedBy: string | null
}

/** `record_payments`. */
export function recordPayments(tables: PaymentTables, args: Json) {
  const { rules, now } = tables
  const given = args['payments'] as GivenPayment[]
  if (Number(args['leaseSeconds']) < 1 || given.length > 200) {
    throw invalid('record_payments')
  }
  const row = rules.comparesAndSets ? heldObserver(tables, args) : findObserver(tables, args)
  if (row === undefined) return { recorded: false, reason: 'lease_lost' }
  if (rules.comparesAndSets && row.cursor !== args['expectedCursor']) {
    return { recorded: false, reason: 'cursor_moved' }
  }
  if (outdatedCredits(tables, given).length > 0) {
    return { recorded: false, reason: 'transaction_changed' }
  }
  if (!given.every((one) => hasItsUpdate(one, row.epoch))) throw invalid('record_payments')
  refuseOtherHashes(tables, row.epoch, given)

  const answer = storeJudged(tables, given, row)
  row.cursor = String(args['cursor'])
  row.sweepCursor = (args['sweepCursor'] as string | null) ?? row.sweepCursor
  row.checkpoint = (args['checkpoint'] as ObserverRow['checkpoint']) ?? row.checkpoint
  row.completeUntil = latest(args['completeUntil'], row.completeUntil)
  see(tables, args, row)
  row.observedAt = now()
  row.leaseUntil = now() + Number(args['leaseSeconds']) * 1000
  return answer
}

/** `record_due`. */
export function recordDue(tables: PaymentTables, args: Json) {
  const { rules, now, payments } = tables
  const given = args['payments'] as GivenPayment[]
  if (Number(args['leaseSeconds']) < 1 || given.length > 200) throw invalid('record_due')
  const row = rules.comparesAndSets ? heldObserver(tables, args) : findObserver(tables, args)
  if (row === undefined) return { recorded: false, reason: 'lease_lost' }
  if (!given.every((one) => hasItsUpdate(one, row.epoch))) throw invalid('record_due')
  markDue(tables)
  const outdated = outdatedCredits(tables, given)
  const due = given.filter(({ operationId, dueMark }) => {
    const known = payments.get(paymentKey(row.epoch, operationId))
    if (outdated.includes(operationId)) return false
    return known !== undefined && known.dueAt !== null && known.dueMark === dueMark
  })
  const unproven = unprovenRepeats(tables, freshOf(tables, due, row))
  const answer = storeJudged(tables, due, row)
  for (const { operationId } of due) {
    if (unproven.has(operationId)) continue
    const known = payments.get(paymentKey(row.epoch, operationId))
    if (known === undefined) continue
    known.dueAt = null
    setOpen(tables, known)
  }
  row.observedAt = now()
  row.leaseUntil = now() + Number(args['leaseSeconds']) * 1000
  return { ...answer, outdated }
}

/** `outdated_credits`. */
function outdatedCredits(tables: PaymentTables, given: readonly GivenPayment[]): string[] {
  if (!tables.rules.comparesAndSets) return []
  return given
    .filter(
      ({ code, transactionId, transactionMark: judgedBy }) =>
        code === 'credited' &&
        judgedBy !== undefined &&
        judgedBy !== transactionMark(tables, String(transactionId)),
    )
    .map(({ operationId }) => operationId)
    .toSorted()
}

/** Stores payments with their verdicts. @returns `recorded_page` */
export function storeJudged(
  tables: PaymentTables,
  given: readonly GivenPayment[],
  row: ObserverRow,
) {
  const found = freshOf(tables, given, row)
  const unproven = unprovenRepeats(tables, found)
  const fresh = found.filter((one) => !unproven.has(one.given.operationId))
  const begun = beginCredits(tables, fresh)
  tables.pages += 1
  tables.marks += 1
  const stored = fresh.flatMap((one) => store(tables, one, begun, row) ?? [])
  return {
    recorded: true,
    stored: stored.filter(({ isNew }) => isNew).length,
    changed: stored.filter(({ isNew }) => !isNew).length,
    credited: stored.flatMap(({ operationId, verdict, attemptId, transactionId, update }) => {
      const { method, params } = update ?? {}
      return verdict === 'credited'
        ? [{ operationId, attemptId, transactionId, method, params }]
        : []
    }),
    verdicts: countsOf(stored.map(({ verdict }) => verdict)),
  }
}

/** Keeps the checkpoint as the newest ledger of the account's epoch. */
function see(tables: PaymentTables, args: Json, { epoch }: ObserverRow): void {
  const checkpoint = args['checkpoint'] as ObserverRow['checkpoint']
  const closedAt = args['completeUntil']
  if (checkpoint === null || typeof closedAt !== 'string') return
  const known = tables.epochs[epoch - 1]
  if (checkpoint.sequence <= (known?.sequence ?? 0)) return
  tables.epochs[epoch - 1] = { ...checkpoint, closedAtMs: Date.parse(closedAt) }
}

export function refuseOtherHashes(
  { payments, archived }: PaymentTables,
  epoch: number,
  given: readonly GivenPayment[],
): void {
  const hashes = new Map<string, string>()
  for (const { operationId, transactionHash } of given) {
    const key = paymentKey(epoch, operationId)
    const stored = payments.get(key) ?? archived.get(key)
    const known = stored?.transactionHash ?? hashes.get(operationId)
    if (known !== undefined && known !== transactionHash) {
      throw raised('record_payments', 'AO004', `operation ${operationId}`)
    }
    hashes.set(operationId, transactionHash)
  }
}

function freshOf(
  tables: PaymentTables,
  given: readonly GivenPayment[],
  { epoch, account }: ObserverRow,
): FreshPayment[] {
  const { payments, archived, rules } = tables
  const seen = new Set<string>()
  const firsts = new Map<string | null, string>()
  const fresh: FreshPayment[] = []
  for (const one of given) {
    const { operationId, code, transactionId } = one
    if (seen.has(operationId) && rules.skipsStored) continue
    seen.add(operationId)
    const key = paymentKey(epoch, operationId)
    if (archived.has(key) && rules.skipsStored) continue
    const known = payments.get(key)
    const mayChange = rules.rejudges && known && mayRejudge(known, code, account)
    if (known && rules.skipsStored && !mayChange) continue
    if (known && known.closedBy !== null && rules.closingHolds) continue
    if (code === 'credited' && !firsts.has(transactionId)) firsts.set(transactionId, operationId)
    const by = shownCredit(tables, transactionId ?? '') ?? firsts.get(transactionId) ?? null
    const own = rules.creditsOnce ? by : operationId
    fresh.push({
      given: one,
      isNew: known === undefined,
      creditedBy: code === 'credited' ? own : null,
    })
  }
  return fresh
}

/** `unproven_repeats`. */
function unprovenRepeats(tables: PaymentTables, fresh: readonly FreshPayment[]): Set<string> {
  const credited = new Set(
    fresh.flatMap(({ given }) => (given.code === 'credited' ? [given.transactionId] : [])),
  )
  const unproven = fresh.filter(
    ({ given: { code, transactionId }, isNew }) =>
      code === 'already_paid' &&
      !isNew &&
      !credited.has(transactionId) &&
      shownCredit(tables, transactionId ?? '') === undefined,
  )
  return new Set(unproven.map(({ given }) => given.operationId))
}

/** Stores the updates of the credits. @returns what `begin_updates` answered, by operation */
function beginCredits(
  { base, rules }: PaymentTables,
  fresh: readonly FreshPayment[],
): Map<string, Json> {
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
  tables: PaymentTables,
  { given, creditedBy: by, isNew }: FreshPayment,
  begun: Map<string, Json>,
  { account, source, epoch }: ObserverRow,
) {
  const { payments, creditedBy, pages, now, rules } = tables
  const known = payments.get(paymentKey(epoch, given.operationId))
  const { operationId, transactionHash, amount, transactionId, sentence, evidence } = given
  const stored: PaymentRow = {
    epoch,
    operationId,
    account,
    source: typeof given['source'] === 'string' ? given['source'] : source,
    transactionHash: known?.transactionHash ?? transactionHash,
    amount: known ? known.amount : amount,
    verdict: given.code,
    transactionId,
    attemptId: null,
    evidence,
    sentence,
    judgedSeq: pages,
    judgedAt: now(),
    recordedAt: known?.recordedAt ?? now(),
    earlier: isNew || known === undefined ? [] : [...known.earlier, earlierOf(known)],
    facts: known?.facts ?? factsOf(given),
    dueAt: known?.dueAt ?? null,
    dueMark: known?.dueMark ?? '',
    isDust: given['isDust'] === true,
    openSince: known?.openSince ?? null,
    closedBy: known?.closedBy ?? null,
    assignedBy: known?.assignedBy ?? null,
  }
  const { attemptId, refusal } = begun.get(by ?? '') ?? {}
  if (given.code === 'credited' && refusal) {
    stored.verdict = 'update_refused'
    stored.sentence = `The payment is as expected, but its update was refused: ${(refusal as Json)['code']}.`
    stored.evidence = { ...evidence, refusal }
  } else if (given.code === 'credited' && by === operationId) {
    stored.attemptId = String(attemptId)
    creditedBy.set(String(transactionId), { epoch, operationId })
  } else if (given.code === 'credited' && refusedCredit(tables, String(transactionId))) {
    stored.verdict = 'ambiguous'
    stored.sentence = `${sentence} Operation ${by} was credited to it before, but that update ended without effect, so a person decides which of them pays it.`
    stored.evidence = { ...evidence, creditedBy: by }
  } else if (given.code === 'credited') {
    stored.verdict = 'already_paid'
    stored.sentence = `The transaction is already credited with operation ${by}.`
    stored.evidence = { ...evidence, creditedBy: by }
  }
  // `changed_payments`.
  if (known !== undefined && rules.skipsStored) {
    const isSame = reasonsOf(known) === reasonsOf(stored)
    if (isSame || (rules.rejudges && !mayRejudge(known, stored.verdict, account))) return null
  }
  payments.set(paymentKey(epoch, operationId), stored)
  const isNewHere = known === undefined || known.verdict === 'outgoing'
  if (isNewHere && mayChange(stored.verdict)) {
    mark(tables, stored, stored.verdict === 'catching_up' ? 0 : UNSEEN_MS)
  }
  setOpen(tables, stored, known === undefined)
  return { ...stored, isNew, update: given.update }
}

export const earlierOf = ({ verdict, sentence, judgedAt }: PaymentRow) => ({
  verdict,
  sentence,
  judgedAt,
})

const reasonsOf = ({ verdict, sentence, evidence, transactionId }: PaymentRow): string =>
  JSON.stringify([verdict, sentence, evidence, transactionId])

function mayRejudge({ verdict, account }: PaymentRow, code: string, byAccount: string): boolean {
  if (code === verdict) return mayChange(verdict) && byAccount === account
  if (verdict === 'outgoing') return byAccount !== account
  if (!mayChange(verdict) || code === 'catching_up' || code === 'outgoing') return false
  if (BEFORE_ALL.has(verdict)) return true
  if (verdict === 'paid_outside_window') return code !== 'no_match'
  return !BEFORE_IT.has(code)
}

/** Verdicts that every other one may replace. */
const BEFORE_ALL: ReadonlySet<string> = new Set([
  'catching_up',
  'no_match',
  'not_awaiting',
  'already_paid',
])

/** Verdicts that do not replace one which names a transaction. */
const BEFORE_IT: ReadonlySet<string> = new Set(['no_match', 'not_awaiting', 'paid_outside_window'])

/** A step that stored a transaction while a payment was judged has ended after this time. */
const UNSEEN_MS = 30_000

/** What the ledger shows of a payment. */
function factsOf(given: GivenPayment): Json {
  const {
    code: _,
    sentence,
    evidence,
    transactionId,
    update,
    verdict,
    isDust,
    transactionMark,
    ...facts
  } = given
  return facts
}

function hasItsUpdate(
  { code, update, transactionId, operationId }: GivenPayment,
  epoch: number,
): boolean {
  if (code !== 'credited') return update === null || update === undefined
  return (
    update?.['transactionId'] === transactionId &&
    update?.['naturalKey'] === `operation ${operationId} of epoch ${epoch}`
  )
}

function latest(time: unknown, known: number | null): number | null {
  if (typeof time !== 'string') return known
  return Math.max(Date.parse(time), known ?? Number.NEGATIVE_INFINITY)
}
