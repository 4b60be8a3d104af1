import type { Caller } from '../caller.ts'
import { isJsonObject, scalarText } from '../lossless-json.ts'
import { mapLimit } from '../net/map-limit.ts'
import { type PlatformApi, PlatformReadError } from '../platform/client.ts'
import {
  errorResponse,
  type PlatformCall,
  RPC_INTERNAL_ERROR,
  RPC_INVALID_REQUEST,
  RPC_METHOD_NOT_FOUND,
  type RpcReadResponse,
} from '../platform/envelope.ts'
import { isReadingMethod, type PlatformProfile, resolveMethod } from '../platform/methods.ts'

/** A batch of 40 readings keeps at most so many connections of the platform busy. */
const AT_ONCE = 4

/** Whether a call only reads, by a method that the release has: the platform has such methods from 3.0 on. */
export function isReadingCall({ method }: PlatformCall, profile: PlatformProfile): boolean {
  return isReadingMethod(resolveMethod(method, profile))
}

/**
 * Passes calls that only read to the platform, with their params as they are, and answers what it answers. Nothing of them
 * is stored. A platform that cannot be read is told as error -32603 with a `reason`.
 */
export async function answerReadings(
  calls: readonly PlatformCall[],
  { rights }: Caller,
  platform: Pick<PlatformApi, 'read' | 'doubtRelease'>,
): Promise<RpcReadResponse[]> {
  const answers = await mapLimit(calls, AT_ONCE, async (call): Promise<RpcReadResponse> => {
    if (!rights.has('read')) {
      const message = `Not read: the key of this request lacks the scope "read", which ${call.method} needs.`
      return errorResponse(call, { code: RPC_INVALID_REQUEST, message })
    }
    try {
      const answer = await platform.read(call)
      const { error } = answer
      if (isJsonObject(error) && scalarText(error['code']) === String(RPC_METHOD_NOT_FOUND)) {
        platform.doubtRelease(`it answered that it does not have ${call.method}`)
      }
      return { jsonrpc: '2.0', ...answer, id: call.id }
    } catch (error) {
      if (!(error instanceof PlatformReadError)) throw error
      const message = `Not read: ${error.message}`
      return errorResponse(call, {
        code: RPC_INTERNAL_ERROR,
        message,
        data: { reason: error.code },
      })
    }
  })
  return answers.filter((answer) => answer !== undefined)
}
