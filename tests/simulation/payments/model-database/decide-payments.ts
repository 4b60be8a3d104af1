import { claimsOn } from '../../model-database/claims.ts'
import { lastDecision, recordDecision } from '../../model-database/decisions.ts'
import { isoTime, type Json, raised } from '../../model-database/tables.ts'
import { mark, mayChange, noteDueOf } from './due.ts'
import { setOpen, whyNotOpen } from './open-money.ts'
import { earlierOf } from './record-payments.ts'
import {
  invalid,
  type PaymentRow,
  type PaymentTables,
  paymentKey,
  presentEpoch,
  refusedCredit,
} from './tables.ts'

const DECISIONS: ReadonlySet<unknown> = new Set(['refunded', 'reported', 'ignored', 'reopen'])
const DECIDABLE: ReadonlySet<string | null> = new Set([null, 'dust', 'catching_up'])

/** `decide_payment`. */
export function decidePayment(tables: PaymentTables, args: Json) {
  const { decision } = args
  const refund = (args['refund'] ?? null) as Json | null
  if (!DECISIONS.has(decision) || (decision === 'refunded') !== (refund !== null)) {
    throw invalid('decide_payment')
  }
  const row = findPayment(tables, args)
  if (row === undefined) return null
  const isReopen = decision === 'reopen'
  const isAsAfter = (row.closedBy === null) === isReopen
  if (isAsAfter && isRepeated(tables, row, args)) return decided(tables, row, true)
  const mayDecide = isReopen ? row.closedBy !== null : DECIDABLE.has(whyNotOpen(tables, row))
  if (!mayDecide) return decided(tables, row, false)

  const tooOld = whyTooOld(tables, row, decision)
  if (tooOld !== null) return decided(tables, row, false, tooOld)
  const { tables: updates } = tables.base
  const taken = isReopen ? null : claimsOn(updates, row.transactionHash, [row.operationId])
  if (taken !== null) return claimed(tables, row, taken)
  const choices = ((refund?.['choices'] ?? []) as string[][]).map((ids) => ({
    ids,
    taken: claimsOn(updates, refund?.['stellarTransaction'], ids),
  }))
  const choice = choices.find((one) => one.taken === null) ?? choices[0]
  if (decision === 'refunded' && !choice?.ids.length) throw invalid('decide_payment')
  if (choice !== undefined && choice.taken !== null) return claimed(tables, row, choice.taken)

  close(tables, row, args, choice?.ids ?? [])
  return decided(tables, row, true)
}

/** Carries out a decision that nothing speaks against. */
function close(
  tables: PaymentTables,
  row: PaymentRow,
  args: Json,
  refundIds: readonly string[],
): void {
  const { tables: updates } = tables.base
  const { decision } = args
  const refund = (args['refund'] ?? null) as Json | null
  const { choices: _, ...shown } = refund ?? {}
  const id = record(tables, row, args, {
    ...(refund !== null && { refund: { ...withoutNulls(shown), operationIds: refundIds } }),
  })
  const claim = (stellarTransaction: unknown, operationId: string) => ({
    stellarTransaction: String(stellarTransaction),
    operationId,
    transactionId: null,
    attemptId: null,
    decisionId: id,
  })
  const before = row.closedBy
  for (const one of refundIds.toSorted()) {
    updates.claims.push(claim(refund?.['stellarTransaction'], one))
  }
  if (decision !== 'reopen' && tables.rules.closingHolds) {
    updates.claims.push(claim(row.transactionHash, row.operationId))
  }
  if (before !== null) {
    updates.claims = updates.claims.filter(({ decisionId }) => decisionId !== before)
  }
  const openBefore = row.openSince
  row.closedBy = decision === 'reopen' ? null : id
  if (row.closedBy === null && mayChange(row.verdict)) {
    tables.marks += 1
    mark(tables, row, 0)
  } else if (tables.rules.closingHolds) {
    row.dueAt = null
  }
  setOpen(tables, row)
  if (decision === 'reopen' && !tables.rules.reopenOpens) row.openSince = openBefore
}

/** `assign_payment`. */
export function assignPayment(tables: PaymentTables, args: Json) {
  const row = findPayment(tables, args)
  if (row === undefined) return null
  const repeated = isRepeated(tables, row, { ...args, decision: 'assign' })
  if (row.assignedBy !== null && repeated) return decided(tables, row, true)
  if (!DECIDABLE.has(whyNotOpen(tables, row))) return decided(tables, row, false)

  const tooOld = whyTooOld(tables, row, 'assign')
  if (tooOld !== null) return decided(tables, row, false, tooOld)
  const update = args['update'] as Json
  const transactionId = String(update['transactionId'])
  const taken = claimsOn(tables.base.tables, row.transactionHash, [row.operationId])
  if (taken !== null) return claimed(tables, row, taken)
  const other = tables.creditedBy.get(transactionId)
  const isOwn = other?.epoch === row.epoch && other.operationId === row.operationId
  const refused = isOwn ? undefined : refusedCredit(tables, transactionId)
  if (other !== undefined && !isOwn && refused === undefined) {
    return decided(tables, row, false, { code: 'transaction_credited', ...other })
  }
  const begun = tables.base.call('begin_updates', { key: null, holder: null, updates: [update] })
  const [answer = {}] = (begun as { updates: Json[] }).updates
  const refusal = (answer['refusal'] ?? null) as Json | null
  if (refusal !== null) return decided(tables, row, false, refusal)
  if (answer['created'] !== true) throw raised('assign_payment', 'AO002', 'its update is known')

  const attemptId = String(answer['attemptId'])
  const before = { ...row }
  const insteadOf = refused && { insteadOf: subjectOf(refused) }
  const reading = { assignedAttemptId: attemptId, ...insteadOf }
  const decision = record(tables, row, { ...args, decision: 'assign', transactionId }, reading)
  tables.pages += 1
  if (refused !== undefined) refuseCredit(tables, refused, row.operationId)
  if (before.verdict === 'credited') tables.creditedBy.delete(String(before.transactionId))
  if (before.verdict === 'credited' && before.transactionId !== transactionId) {
    noteDueOf(tables, String(before.transactionId))
  }
  tables.creditedBy.set(transactionId, { epoch: row.epoch, operationId: row.operationId })
  Object.assign(row, {
    verdict: 'credited',
    sentence: args['sentence'],
    evidence: args['evidence'],
    transactionId,
    attemptId,
    judgedAt: tables.now(),
    judgedSeq: tables.pages,
    assignedBy: decision,
    earlier: [...before.earlier, earlierOf(before)],
  })
  setOpen(tables, row)
  return decided(tables, row, true)
}

/** `refuse_credit`. */
function refuseCredit(tables: PaymentTables, row: PaymentRow, instead: string): void {
  const { transactionId, attemptId } = row
  const state = tables.base.attempt(attemptId ?? '')?.state
  Object.assign(row, {
    verdict: 'update_refused',
    sentence: `It was credited to transaction ${transactionId}, but that update ended ${state}. A person credits operation ${instead} to it instead.`,
    evidence: {
      ...row.evidence,
      refusal: { code: 'ended_without_effect', attemptId, state },
    },
    attemptId: null,
    judgedAt: tables.now(),
    judgedSeq: tables.pages,
    earlier: [...row.earlier, earlierOf(row)],
  })
  setOpen(tables, row)
}

/** `why_too_old`. */
function whyTooOld(tables: PaymentTables, { epoch }: PaymentRow, decision: unknown): Json | null {
  const present = presentEpoch(tables)
  const needsLedger = decision === 'assign' || decision === 'refunded'
  return epoch < present && needsLedger
    ? { code: 'older_epoch', epoch, presentEpoch: present }
    : null
}

function findPayment(tables: PaymentTables, args: Json): PaymentRow | undefined {
  const epoch = Number(args['epoch'] ?? presentEpoch(tables))
  return tables.payments.get(paymentKey(epoch, String(args['operationId'])))
}

const subjectOf = ({ epoch, operationId }: PaymentRow) => `${epoch}/${operationId}`

/** `repeated_decision`. */
function isRepeated({ base }: PaymentTables, row: PaymentRow, args: Json): boolean {
  const last = base.tables.decisions.findLast(({ subject }) => subject === subjectOf(row))
  if (last === undefined) return false
  const { decision, note, keyName, asked } = args
  return (
    last.decision === decision &&
    last.note === note &&
    last.keyName === keyName &&
    JSON.stringify(last.reading['asked']) === JSON.stringify(asked)
  )
}

function record({ base }: PaymentTables, row: PaymentRow, args: Json, more: Json): string {
  const { verdict, sentence, evidence, judgedAt, transactionId, attemptId } = row
  return recordDecision(base.tables, {
    keyName: String(args['keyName']),
    about: 'payment',
    subject: subjectOf(row),
    transactionId: (args['transactionId'] as string | undefined) ?? transactionId,
    decision: String(args['decision']),
    note: args['note'] as string,
    reading: {
      ...{ verdict, sentence, evidence, transactionId, attemptId },
      judgedAt: isoTime(judgedAt),
      asked: args['asked'],
      ...more,
    },
    newAttemptId: null,
  })
}

const claimed = (tables: PaymentTables, row: PaymentRow, claimedBy: readonly Json[]) =>
  decided(tables, row, false, { code: 'operation_claimed', claimedBy })

/** `decided_payment`. */
function decided(
  tables: PaymentTables,
  row: PaymentRow,
  isDecided: boolean,
  refusal: Json | null = null,
) {
  return {
    decided: isDecided,
    refusal,
    payment: paymentJson(tables, row),
    decision: lastDecision(tables.base.tables, subjectOf(row)),
  }
}

/** `payment_json`. */
function paymentJson(tables: PaymentTables, row: PaymentRow): Json {
  const { cursor: _, toMuxedAccount: __, dueMark: ___, ...facts } = row.facts
  const attempt = tables.base.attempt(row.attemptId ?? '')
  const { epoch, operationId, account, source, transactionHash, amount, verdict, evidence } = row
  const { transactionId, attemptId, openSince, recordedAt, judgedAt, earlier } = row
  return {
    ...facts,
    ...{ epoch, isPresentEpoch: epoch === presentEpoch(tables) },
    ...{ operationId, account, source, transactionHash, amount, verdict, evidence },
    ...{ transactionId, attemptId },
    sentence: shownSentence(row, attempt),
    attemptState: attempt?.state ?? null,
    // No update of a payment is sent anew in the simulation.
    latestAttempt: attempt === undefined ? null : { id: attempt.id, state: attempt.state },
    state: whyNotOpen(tables, row) ?? 'open',
    openSince: isoTime(openSince),
    recordedAt: isoTime(recordedAt),
    judgedAt: isoTime(judgedAt),
    earlier: earlier.map((one) => ({ ...one, judgedAt: isoTime(one.judgedAt) })),
  }
}

/** `shown_sentence`. */
function shownSentence(
  { sentence, transactionId }: PaymentRow,
  attempt: { state: string; outcome: Json | null } | undefined,
): string {
  const outcome = attempt?.state === 'REJECTED' ? attempt.outcome : null
  if (outcome?.['reason'] !== 'stellar_operation_claimed') return sentence
  const [by] = (outcome['claimedBy'] ?? []) as Json[]
  const { transactionId: other, refundOf } = by ?? {}
  const why =
    other !== undefined
      ? `it was reported before for transaction ${String(other)}.`
      : refundOf !== undefined
        ? `it pays payment ${String(refundOf)} back.`
        : 'a person closed it.'
  return `As transaction ${transactionId} expects, but not credited: ${why}`
}

/** `read_payment`. */
export function readPayment(tables: PaymentTables, args: Json) {
  const row = findPayment(tables, args)
  if (row === undefined) return null
  const document = tables.base.transactions().get(row.transactionId ?? '')?.document
  const memo = document?.['refund_memo']
  const type = document?.['refund_memo_type'] ?? null
  return {
    payment: paymentJson(tables, row),
    decisions: tables.base.tables.decisions
      .filter(({ subject }) => subject === subjectOf(row))
      .map((made) => ({ ...made, at: isoTime(made.at) })),
    refundMemo: memo ? { transactionId: row.transactionId, memo, type } : null,
  }
}

function withoutNulls(row: Json): Json {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
