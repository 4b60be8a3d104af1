import { AppError, invalidBody } from '../errors.ts'
import { scalarText } from '../lossless-json.ts'
import {
  RPC_INVALID_PARAMS,
  RPC_INVALID_REQUEST,
  RPC_METHOD_NOT_FOUND,
  type RpcError,
} from '../platform/envelope.ts'
import type { UnknownParam } from '../platform/unknown-params.ts'
import type { UpdateIo } from './context.ts'
import { answerOnce, type UpdateAnswer, type UpdateRequest } from './idempotency.ts'
import { type UpdateResult, unstored } from './result.ts'
import { warningsOf } from './warnings.ts'

/**
 * Answers one update whose transaction and method are in the URL. 200: applied. 202: the outcome is not known yet, or the
 * update is not sent yet. 400: its params are refused. 404: no such transaction or method. 502: the platform takes none of
 * our requests. 409: any other refusal.
 *
 * @throws AppError as `answerRpc`; `invalid_parameter` also for a body that names another transaction
 */
export async function answerUpdate(
  { id, method }: { id: string; method: string },
  request: UpdateRequest,
  io: UpdateIo,
): Promise<UpdateAnswer> {
  const { value } = request.body
  if (Array.isArray(value)) throw invalidBody('The body is an array; allowed: a JSON object.')
  refuseAnotherTransaction(value as Record<string, unknown>, id)
  const params = { ...value, transaction_id: id }
  const entrance = { origin: 'url', target: `${id}/${method}` } as const
  const warnings = warningsOf({ method, params }, io.profile)
  return answerOnce(request, [{ method, params }], entrance, io, ([result]) => {
    if (result === undefined) throw new TypeError('An update has no result')
    // An update that is judged before it is stored, such as the release of a held withdrawal, may miss the answer alone.
    if (result.kind === 'unstored') throw unstored()
    return toAnswer(result, warnings.length === 0 ? {} : { warnings })
  })
}

/** The URL names the transaction. A body that names another one is a mistake, and money would move in the wrong place. */
function refuseAnotherTransaction({ transaction_id: named }: Record<string, unknown>, id: string) {
  if (named === undefined || named === null || scalarText(named) === id) return
  throw new AppError('invalid_parameter', [
    {
      path: 'transaction_id',
      what: `transaction_id is ${JSON.stringify(named).slice(0, 300).toWellFormed()}`,
      place: 'body',
      problem: `and ${JSON.stringify(id)} in the path`,
      allowed: 'the same, or none in the body',
    },
  ])
}

function toAnswer(
  result: UpdateResult,
  warned: { warnings?: readonly UnknownParam[] },
): UpdateAnswer {
  const { attemptId } = result
  switch (result.kind) {
    case 'applied':
      return {
        status: 200,
        body: {
          transaction: result.transaction,
          attempt: {
            id: attemptId,
            state: 'APPLIED',
            ...(result.ledger === undefined ? {} : { ledger: result.ledger }),
            ...warned,
          },
        },
      }
    case 'open': {
      const { state, reason, settleBy } = result
      return {
        status: 202,
        body: { attempt: { id: attemptId, state, reason, settleBy, ...warned } },
      }
    }
    case 'rejected': {
      const { error } = result
      return {
        status: statusOf(error),
        body: {
          error: error.message,
          code: error.code,
          ...(error.data === undefined ? {} : { data: error.data }),
          ...(attemptId === null
            ? warned
            : { attempt: { id: attemptId, state: result.state ?? 'REJECTED', ...warned } }),
        },
      }
    }
  }
}

function statusOf({ code, message, data }: RpcError): number {
  if (code === RPC_METHOD_NOT_FOUND) return 404
  if (code === RPC_INVALID_REQUEST && /^Transaction with id\[.*\] is not found$/s.test(message)) {
    return 404
  }
  if (data?.['reason'] === 'platform_refused') return 502
  if (data?.['reason'] === 'missing_scope') return 403
  // The platform answers -32603 to params that it cannot read; `problems` names them.
  return code === RPC_INVALID_PARAMS || data?.['problems'] !== undefined ? 400 : 409
}
