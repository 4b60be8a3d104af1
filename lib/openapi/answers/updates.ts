import * as z from 'zod'
import { count, textOrNull, time } from '../../db/shapes.ts'
import { decision } from '../../decisions/store.ts'
import { attemptPage, transactionPage, transactionRecord } from '../../updates/store-reads.ts'
import { attempt, attemptState } from '../../updates/stored-attempt.ts'
import { named } from '../json-schema.ts'
import { anyObject, notConfigured } from './shared.ts'

const warning = z.object({ param: z.string().optional(), message: z.string() })
const warnings = z.array(z.looseObject(warning.shape)).optional()

const shownAttempt = attempt.extend({ warnings })
named.add(shownAttempt, { id: 'Attempt' })

export const transactionsAnswer = transactionPage
export const attemptsAnswer = attemptPage.extend({ attempts: z.array(shownAttempt) })
export const transactionAnswer = transactionRecord.extend({
  attempts: z.array(transactionRecord.shape.attempts.element.extend({ warnings })),
  atPlatform: z.boolean().optional(),
})

/** The transaction as the Anchor Platform answers it. */
const platformTransaction = anyObject

const heard = {
  id: z.string(),
  state: attemptState,
  warnings,
}

export const appliedUpdate = z.object({
  transaction: platformTransaction,
  attempt: z.object({ ...heard, ledger: anyObject.optional() }),
})

export const openUpdate = z.object({
  attempt: z.object({ ...heard, reason: z.string(), settleBy: textOrNull }),
})

/** An update that is refused, or that ended without an effect. `code` is the one of JSON-RPC. */
export const refusedUpdate = z.object({
  error: z.string(),
  code: z.number().int(),
  data: anyObject.optional(),
  warnings,
  attempt: z.object(heard).optional(),
})
named.add(refusedUpdate, { id: 'RefusedUpdate' })

const rpcId = z.union([z.string(), z.number()])
const rpcResponse = z.union([
  z.object({ jsonrpc: z.literal('2.0'), result: z.unknown(), id: rpcId }),
  z.object({
    jsonrpc: z.literal('2.0'),
    error: z.object({
      id: z.string().optional(),
      code: z.number().int(),
      message: z.string(),
      data: anyObject.optional(),
    }),
    id: z.unknown().optional(),
  }),
])
named.add(rpcResponse, { id: 'RpcResponse' })
export const rpcAnswer = z.union([rpcResponse, z.array(rpcResponse)])

const rpcRequest = z.object({
  jsonrpc: z.literal('2.0'),
  id: rpcId,
  method: z.string(),
  params: anyObject,
})
named.add(rpcRequest, { id: 'RpcRequest' })
export const rpcBody = z.union([rpcRequest, z.array(rpcRequest)])

/** The params of one update without `transaction_id`. docs/transactions.md names those of each method. */
export const updateBody = z.looseObject({ message: z.string().optional() })

export const settlement = z.object({
  settled: count,
  applied: count,
  rejected: count,
  notApplied: count,
  manual: count,
  remaining: count,
  skipped: notConfigured,
})

export const decidedAttemptAnswer = z.object({
  attempt: z.object({
    id: z.string(),
    state: attemptState,
    reason: z.string().optional(),
    settleBy: textOrNull.optional(),
  }),
  decision,
  waiting: z
    .array(
      z.object({
        id: z.string(),
        method: z.string(),
        next: z.enum(['sent', 'refused', 'in_turn', 'unread']),
        expiresAt: time.nullable(),
      }),
    )
    .optional(),
})
