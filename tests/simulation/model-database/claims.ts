import type { OperationClaim } from '../../../lib/updates/store.ts'
import type { AttemptRow, ClaimRow, Json, Tables } from './tables.ts'

/** `claim_operations`. */
export function claimOperations(
  tables: Tables,
  attempt: AttemptRow,
  { stellarTransaction, choices: given }: OperationClaim,
): Json {
  const live = tables.claims.filter((one) => one.stellarTransaction === stellarTransaction)
  const concerns = (ids: readonly string[]) => (claim: ClaimRow) =>
    ids.includes(claim.operationId) || claim.operationId === '' || ids.includes('')
  const isOwn = ({ transactionId }: ClaimRow) => transactionId === attempt.transactionId
  const choices = (given.length > 0 ? given : [['']]).map((ids) => ({
    ids,
    taken: live.filter((claim) => !isOwn(claim) && concerns(ids)(claim)),
    isOwn: live.some((claim) => isOwn(claim) && ids.includes(claim.operationId)),
  }))
  const rank = (choice: (typeof choices)[number]) =>
    (choice.taken.length > 0 ? 2 : 0) + (choice.isOwn ? 0 : 1)
  const best = choices.toSorted((a, b) => rank(a) - rank(b))[0]
  if (best === undefined) throw new TypeError('A claim has no choice')
  const taken = best.taken.map((claim) => claimJson(tables, claim))
  if (taken.length > 0 && attempt.forced === null) {
    const refusal = { reason: 'stellar_operation_claimed', stellarTransaction, claimedBy: taken }
    return { refusal }
  }
  const earlier = live.find(
    (claim) => isOwn(claim) && claim.attemptId !== attempt.id && concerns(best.ids)(claim),
  )
  if (earlier !== undefined && !hasCallersKey(tables, attempt) && attempt.forced === null) {
    const { attemptId } = earlier
    return { refusal: { reason: 'reported_before', stellarTransaction, attemptId } }
  }
  const { id: attemptId, transactionId } = attempt
  for (const operationId of best.ids.toSorted()) {
    const held = live.filter((one) => one.operationId === operationId)
    if (held.some((one) => one.attemptId === attemptId || !tables.claimsBeside)) continue
    tables.claims.push({
      stellarTransaction,
      operationId,
      transactionId,
      attemptId,
      decisionId: null,
    })
  }
  return {
    stellarTransaction,
    ...(best.ids.includes('') ? {} : { operationIds: best.ids }),
    ...(taken.length > 0 ? { overridden: taken } : {}),
  }
}

/** `claim_json`. */
function claimJson({ decisions }: Tables, claim: ClaimRow): Json {
  const { operationId, transactionId, attemptId, decisionId } = claim
  const made = decisions.find(({ id }) => id === decisionId)
  const isOwn = made?.subject.split('/')[1] === operationId
  return withoutNulls({
    operationId: operationId || null,
    transactionId,
    attemptId,
    closedAs: isOwn ? made.decision : null,
    refundOf: made !== undefined && !isOwn ? made.subject : null,
  })
}

/** `claims_on`. */
export function claimsOn(
  tables: Tables,
  hash: unknown,
  operationIds: readonly string[],
): Json[] | null {
  const held = tables.claims.filter(
    ({ stellarTransaction, operationId }) =>
      stellarTransaction === hash && (operationIds.includes(operationId) || operationId === ''),
  )
  return held.length === 0 ? null : held.map((claim) => claimJson(tables, claim))
}

/** A key that the service made for a request has no row. */
function hasCallersKey({ requests }: Tables, { requestKey }: AttemptRow): boolean {
  return requestKey !== null && requests.has(requestKey)
}

function withoutNulls(row: Json): Json {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
