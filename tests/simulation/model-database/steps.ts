import type { OperationClaim } from '../../../lib/updates/store.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import { claimOperations } from './claims.ts'
import { lastDecision, recordDecision } from './decisions.ts'
import { excessOf } from './refunds.ts'
import {
  type AttemptRow,
  findAttempt,
  isoTime,
  type Json,
  mayBeApplied,
  moveAttempt,
  OPEN,
  raised,
  type Tables,
} from './tables.ts'
import { documentOf, microsecondsOf, storeDocuments } from './transactions.ts'

/** `start_sending`. */
export function startSending(tables: Tables, args: Json) {
  const attempt = findAttempt(tables, 'start_sending', args['attemptId'] as string)
  const shown = args['transaction'] as Json | null
  const { wentBack, earlier } = storeDocuments(tables, shown === null ? [] : [shown], {
    earlier: args['earlier'] as { id: string; count: number }[],
  })
  return beginSend(tables, attempt, args, { wentBack, earlier, isAlone: true })
}

type Stored = ReturnType<typeof storeDocuments>

/** `begin_send`. */
function beginSend(
  tables: Tables,
  attempt: AttemptRow,
  args: Json,
  { wentBack, earlier, isAlone }: Pick<Stored, 'wentBack' | 'earlier'> & { isAlone: boolean },
) {
  const isStale = earlier.length > 0
  const at = tables.now()
  const liveSince = at - Number(args['liveSeconds']) * 1000
  const notStarted = (reason: string, openAttemptId: string | null, isLive: boolean) => {
    const { state, outcome } = attempt
    return { wentBack, earlier, started: false, reason, state, outcome, openAttemptId, isLive }
  }
  const siblings = tables.attempts.filter((one) => one.transactionId === attempt.transactionId)
  const open = siblings.find((one) => OPEN.has(one.state))
  if (open !== undefined) {
    const isLive = open.state === 'SENDING' && (open.sentAt ?? at) > liveSince
    return notStarted('busy', open.id, isLive)
  }
  if (attempt.state !== 'READY') return notStarted('state', null, false)
  const isExpired = ({ expiresAt }: AttemptRow) => expiresAt !== null && expiresAt <= at
  const older = siblings.find(
    (one) =>
      one.state === 'READY' && one.seq < attempt.seq && (!isExpired(one) || mayBeApplied(one)),
  )
  if (older !== undefined && !isExpired(attempt)) {
    const isPutOff = older.settleAt !== null && older.settleAt > at
    return notStarted('order', older.id, !isPutOff && older.updatedAt > liveSince)
  }
  const tooLate = isExpired(attempt)
    ? { reason: 'expired', expiresAt: isoTime(attempt.expiresAt) }
    : (paidByCustody(tables, attempt) ?? exceedingRefund(tables, attempt))
  const claim = (args['claim'] as OperationClaim | null) ?? null
  const claimed =
    tooLate === null && !isStale && claim !== null ? claimOperations(tables, attempt, claim) : null
  const rejected = tooLate ?? (claimed?.['refusal'] as Json | undefined) ?? null
  if (rejected !== null) {
    if (!isAlone) return null
    const inDoubt = mayBeApplied(attempt)
    const end = isExpired(attempt) ? 'EXPIRED' : 'REJECTED'
    moveAttempt(tables, 'start_sending', attempt, inDoubt ? 'MANUAL' : end)
    attempt.outcome = { ...rejected, ...(inDoubt && { mayBeApplied: true }) }
    attempt.settleAt = null
    return notStarted('state', null, false)
  }
  if (isStale) return notStarted('stale', null, earlier[0]?.confirmed !== true)
  moveAttempt(tables, 'start_sending', attempt, 'SENDING')
  attempt.tries += 1
  attempt.rpcId = args['rpcId'] as string
  attempt.pre = args['pre'] as Json
  attempt.sentAt = at
  attempt.settleAt = null
  const ledger = args['ledger'] as Json | null
  attempt.ledger = claimed === null ? ledger : { ...ledger, claimed }
  const looks = looksBefore(tables, attempt)
  for (const one of looks) one.settleAt = at
  const lookFor = looks.map(attemptObject)
  const { tries } = attempt
  return { wentBack, earlier, started: true, tries, ledger: attempt.ledger, lookFor }
}

/** The applied attempts of the transaction that nobody has looked for again. */
function looksBefore({ attempts }: Tables, { id, transactionId }: AttemptRow): AttemptRow[] {
  return attempts.filter(
    (one) =>
      one.transactionId === transactionId &&
      one.id !== id &&
      one.state === 'APPLIED' &&
      one.settleAt !== null,
  )
}

/** `forget_looks`. */
function forgetLooks(tables: Tables, attempt: AttemptRow): void {
  for (const one of looksBefore(tables, attempt)) one.settleAt = null
}

/** An attempt of custody money that a person called applied while a later one with its method waited. */
function paidByCustody({ attempts }: Tables, attempt: AttemptRow): Json | null {
  if (!attempt.custody) return null
  const paid = attempts.find(
    (one) =>
      one.custody &&
      one.transactionId === attempt.transactionId &&
      one.method === attempt.method &&
      one.seq < attempt.seq &&
      one.state === 'APPLIED' &&
      one.outcome?.['decision'] === 'applied' &&
      one.updatedAt > attempt.createdAt,
  )
  return paid === undefined ? null : { reason: 'custody_paid', attemptId: paid.id }
}

function exceedingRefund(tables: Tables, attempt: AttemptRow): Json | null {
  const refund = tables.refunds.find(({ attemptId }) => attemptId === attempt.id)
  if (refund === undefined) return null
  const { transactionId, method, seq } = attempt
  const detail = excessOf(tables, { ...refund, transactionId, method }, seq)
  return detail && { reason: 'refund_exceeds', ...detail }
}

/** `lock_sends`. @returns the attempts, in their order */
function findSends(tables: Tables, name: string, sends: readonly Json[]): AttemptRow[] {
  const attempts = sends.map(({ attemptId }) => findAttempt(tables, name, attemptId as string))
  const transactions = new Set(attempts.map(({ transactionId }) => transactionId))
  if (transactions.size === sends.length) return attempts
  throw raised(name, 'AO003', 'attempts of one transaction')
}

/** `start_sendings`. */
export function startSendings(tables: Tables, { sends: given, liveSeconds }: Json) {
  const sends = given as Json[]
  const attempts = findSends(tables, 'start_sendings', sends)
  const stored = storeDocuments(
    tables,
    sends.map(({ transaction }) => transaction as Json),
    { earlier: sends.flatMap(({ earlier }) => earlier as { id: string; count: number }[]) },
  )
  const started = attempts.map((attempt, place) => {
    const send = sends[place] as Json
    const id = (send['transaction'] as Json)['id']
    const wentBack = stored.wentBack.filter(({ transactionId }) => transactionId === id)
    const earlier = stored.earlier.filter((one) => one.id === id)
    return beginSend(
      tables,
      attempt,
      { ...send, liveSeconds },
      { wentBack, earlier, isAlone: false },
    )
  })
  return { started }
}

/** `record_outcomes`. */
export function recordOutcomes(tables: Tables, { outcomes: given }: Json) {
  const outcomes = given as Json[]
  const attempts = findSends(tables, 'record_outcomes', outcomes)
  const documents: Json[] = []
  const afterOf = new Map<string, number>()
  const recorded = attempts.map((attempt, place) => {
    const outcome = outcomes[place] as Json
    const isApplied = outcome['from'] === 'SENDING' && outcome['to'] === 'APPLIED'
    if (attempt.origin !== 'payment_observer' || !isApplied) return null
    const moved = endSend(tables, attempt, outcome)
    if (moved.recorded) {
      const document = outcome['transaction'] as Json
      documents.push(document)
      afterOf.set(String(document['id']), microsecondsOf(attempt.pre ?? {}))
    }
    return moved
  })
  storeDocuments(tables, documents, { afterOf })
  return { recorded }
}

/** `record_outcome`. */
export function recordOutcome(tables: Tables, args: Json) {
  const from = args['from'] as AttemptState
  const to = args['to'] as AttemptState
  const stays = from === to && !['READY', 'UNKNOWN', 'APPLIED'].includes(from)
  const isOthers = to === 'SENDING' || (from === 'READY' && to === 'MANUAL')
  if (from === 'MANUAL' || from === 'LOST' || isOthers || stays) {
    throw raised('record_outcome', 'AO002', `may not move from ${from} to ${to}`)
  }
  const attempt = findAttempt(tables, 'record_outcome', args['attemptId'] as string)
  const moved = endSend(tables, attempt, args)
  if (moved.recorded && args['transaction'] !== null) {
    const isAnswer = from === 'SENDING' && to === 'APPLIED'
    const after = isAnswer ? microsecondsOf(attempt.pre ?? {}) : null
    storeDocuments(tables, [args['transaction'] as Json], { after })
  }
  return moved
}

/** `end_send`. */
function endSend(tables: Tables, attempt: AttemptRow, args: Json) {
  const from = args['from'] as AttemptState
  const to = args['to'] as AttemptState
  const isOtherLook = from === 'APPLIED' && isoTime(attempt.settleAt) !== (args['lookAt'] ?? null)
  if (attempt.state !== from || attempt.rpcId !== args['rpcId'] || isOtherLook) {
    const { state, outcome, settleAt } = attempt
    return { recorded: false, state, outcome, settleAt: isoTime(settleAt) }
  }
  const seconds = args['settleInSeconds'] as number | null
  const settleAt = seconds === null ? null : tables.now() + seconds * 1000
  moveAttempt(tables, 'record_outcome', attempt, to)
  if (from === 'SENDING' && to === 'READY') attempt.tries -= 1
  attempt.outcome = (args['outcome'] as Json | null) ?? attempt.outcome
  if (to === 'APPLIED' && from !== 'APPLIED') attempt.post = args['transaction'] as Json | null
  const settles: Partial<Record<AttemptState, number | null>> = {
    READY: settleAt,
    APPLIED: settleAt,
    UNKNOWN: settleAt ?? tables.now(),
  }
  attempt.settleAt = settles[to] ?? null
  attempt.unreadableSince = null
  const hasLooked = from === 'SENDING' && (to === 'REJECTED' || to === 'UNKNOWN')
  if (hasLooked || (to === 'APPLIED' && from !== 'APPLIED')) forgetLooks(tables, attempt)
  attempt.claimedUntil = null
  return {
    recorded: true,
    state: to,
    outcome: attempt.outcome,
    settleAt: isoTime(attempt.settleAt),
  }
}

/** `finish_request`. */
export function finishRequest({ requests }: Tables, args: Json) {
  const known = requests.get(args['key'] as string)
  if (known?.bodySha256 !== args['bodySha256']) return { finished: false, answer: null }
  const isHeld = known?.takenBy === args['holder']
  if (known === undefined || known.done || !isHeld)
    return { finished: false, answer: known?.answer ?? null }
  known.done = true
  known.answer = args['answer']
  return { finished: true, answer: known.answer }
}

/** `claim_unsettled`. */
export function claimUnsettled(tables: Tables, args: Json) {
  const { attempts } = tables
  const at = tables.now()
  const ms = (name: string) => Number(args[name]) * 1000
  for (const attempt of attempts) {
    const { state, sentAt } = attempt
    if (state !== 'SENDING' || (sentAt ?? at) > at - ms('sendingAfterSeconds')) continue
    moveAttempt(tables, 'claim_unsettled', attempt, 'UNKNOWN')
    attempt.settleAt = at
    const inDoubt = mayBeApplied(attempt) && { mayBeApplied: true }
    attempt.outcome = { reason: 'sender_silent', ...inDoubt }
  }
  for (const attempt of attempts) {
    const { state, expiresAt } = attempt
    if (state !== 'READY' || expiresAt === null || expiresAt > at) continue
    if (mayBeApplied(attempt)) continue
    moveAttempt(tables, 'claim_unsettled', attempt, 'EXPIRED')
    attempt.settleAt = null
    attempt.outcome = { reason: 'expired', expiresAt: isoTime(expiresAt) }
  }
  const isDue = (attempt: AttemptRow): boolean => {
    const { state, claimedUntil, settleAt, updatedAt, outcome } = attempt
    if (!DUE.has(state) || (state === 'APPLIED' && settleAt === null)) return false
    if (claimedUntil !== null && claimedUntil > at) return false
    const isPaused = state === 'READY' && outcome?.['paused'] === true
    if (isPaused && args['pausedToo'] === true) return !isBehind(tables, attempt)
    if (settleAt !== null && settleAt > at) return false
    if (state === 'UNKNOWN') return true
    if (state === 'APPLIED') return !isFollowed(tables, attempt)
    return updatedAt <= at - ms('readyAfterSeconds') && !isBehind(tables, attempt)
  }
  const due = attempts.filter(isDue)
  const isLook = ({ state }: AttemptRow) => state === 'APPLIED'
  const inOrder = [...due.filter((one) => !isLook(one)), ...due.filter(isLook)]
  const claimed = inOrder.slice(0, Math.max(0, Number(args['limit'])))
  for (const attempt of claimed) attempt.claimedUntil = at + ms('claimSeconds')
  return {
    attempts: claimed.map((attempt) => ({
      ...attemptObject(attempt),
      transaction: documentOf(tables, attempt.transactionId),
      secondsSinceSent: attempt.sentAt === null ? null : Math.floor((at - attempt.sentAt) / 1000),
    })),
  }
}

const DUE: ReadonlySet<AttemptState> = new Set(['READY', 'UNKNOWN', 'APPLIED'])

/** Whether another attempt of the transaction may have changed it since. */
function isFollowed({ attempts }: Tables, { transactionId }: AttemptRow): boolean {
  return attempts.some(
    (one) =>
      one.transactionId === transactionId && ['SENDING', 'UNKNOWN', 'MANUAL'].includes(one.state),
  )
}

/** Whether another attempt of the transaction is open, or waits and is older. */
function isBehind({ attempts }: Tables, attempt: AttemptRow): boolean {
  return attempts.some(
    (one) =>
      one.transactionId === attempt.transactionId &&
      (OPEN.has(one.state) || (one.state === 'READY' && one.seq < attempt.seq)),
  )
}

/** `end_looks`. */
export function endLooks(tables: Tables, args: Json) {
  const looks = args['looks'] as { attemptId: string; settleAt: string | null }[]
  const seconds = args['settleInSeconds'] as number | null
  const looked = tables.attempts.filter(({ id, state, settleAt }) => {
    const look = looks.find(({ attemptId }) => attemptId === id)
    return state === 'APPLIED' && settleAt !== null && isoTime(settleAt) === look?.settleAt
  })
  for (const attempt of looked) {
    attempt.settleAt = seconds === null ? null : tables.now() + seconds * 1000
    attempt.claimedUntil = null
  }
  return { ended: looked.length }
}

/** `read_attempt`. */
export function readAttempt(tables: Tables, args: Json) {
  const attempt = tables.attemptById.get(args['attemptId'] as string)
  if (attempt === undefined) return null
  return { ...attemptObject(attempt), transaction: documentOf(tables, attempt.transactionId) }
}

/** `decide_attempt`. */
export function decideAttempt(tables: Tables, args: Json) {
  const attempt = findAttempt(tables, 'decide_attempt', args['attemptId'] as string)
  const decision = String(args['decision'])
  const { state, outcome } = attempt
  const quietSince = tables.now() - Number(args['quietSeconds']) * 1000
  const isSilent = attempt.sentAt !== null && attempt.sentAt <= quietSince
  if (decision === 'withdrawn') {
    const isWithdrawable = attempt.state === 'READY' && !mayBeApplied(attempt)
    if (!isWithdrawable) return undecided(tables, attempt)
  } else if (
    (attempt.state === 'UNKNOWN' || (attempt.state === 'READY' && mayBeApplied(attempt))) &&
    isSilent
  ) {
    moveAttempt(tables, 'decide_attempt', attempt, 'MANUAL')
    attempt.settleAt = null
  } else if (
    attempt.state === 'APPLIED' &&
    decision !== 'applied' &&
    ((attempt.outcome?.['decision'] === 'applied' && attempt.updatedAt <= quietSince) ||
      wentBackSince(tables, attempt))
  ) {
    moveAttempt(tables, 'decide_attempt', attempt, 'LOST')
  } else if (attempt.state !== 'MANUAL' && attempt.state !== 'LOST') {
    return undecided(tables, attempt)
  }
  if (decision === 'applied') forgetLooks(tables, attempt)
  moveAttempt(tables, 'decide_attempt', attempt, decision.toUpperCase() as AttemptState)
  attempt.settleAt = null
  attempt.note = args['note'] as string | null
  attempt.outcome = { ...attempt.outcome, decision }
  const transaction = documentOf(tables, attempt.transactionId)
  const shown = transaction === null ? {} : { transaction, seenAt: isoTime(tables.now()) }
  recordDecision(tables, {
    keyName: String(args['keyName']),
    subject: attempt.id,
    transactionId: attempt.transactionId,
    decision,
    note: attempt.note,
    reading: { state, outcome, ...shown },
    newAttemptId: null,
  })
  return { ...undecided(tables, attempt), decided: true }
}

function undecided(tables: Tables, { id, state }: AttemptRow) {
  return { decided: false, state, decision: lastDecision(tables, id) }
}

/** Whether the platform went back after an attempt ended. */
function wentBackSince({ transactions }: Tables, { transactionId, updatedAt }: AttemptRow) {
  const takenAt = transactions.get(transactionId)?.wentBack?.['takenAt']
  return takenAt !== undefined && Date.parse(String(takenAt)) > updatedAt
}

/** `attempt_json`. */
export function attemptObject({
  claimedUntil: _,
  unreadableSince: _since,
  id,
  seq,
  ...row
}: AttemptRow) {
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

/** `read_report_time`. */
export function readReportTime(tables: Tables, args: Json) {
  const attempt = tables.attemptById.get(String(args['attemptId']))
  if (attempt === undefined) return null
  const { createdAt } = attempt
  const secondsAgo = Math.floor((tables.now() - createdAt) / 1000)
  return { reportedAt: isoTime(createdAt), secondsAgo }
}
