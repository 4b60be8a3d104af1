import { z } from 'zod'
import { isJsonNumber, parseLosslessJson, scalarText } from '../../lossless-json.ts'
import { JsonRefusedError } from '../../safe-json.ts'
import { unreadable } from '../answer.ts'
import { askLedger, type LedgerIo } from '../request.ts'
import { LedgerError } from '../source.ts'

/** The answer of a method: its result, an error, or an answer that is too large or nested too deeply to be read. */
export type StellarRpcAnswer =
  | { result: unknown }
  | { refused: { code: number; message: string } }
  | { illegible: true }

export type StellarRpcCall = (
  method: string,
  params: object,
  size?: 'usual' | 'large',
) => Promise<StellarRpcAnswer>

const USUAL = { maxBytes: 8 * 1024 * 1024 }
/**
 * `getLatestLedger`, `getLedgers` and `getTransactions` show the whole ledger or transaction in base64: up to 32 MB on a busy
 * network. Only short fields of it are needed.
 */
const LARGE = { maxBytes: 32 * 1024 * 1024, cutTextsAt: 4 * 1024 }

const Reply = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.unknown(), message: z.string() }).optional(),
})

/**
 * Returns a function that calls methods of one Stellar RPC server and throws LedgerError. Numbers in results are
 * JsonNumber, because they may have more digits than a JavaScript number holds.
 */
export function createStellarRpcCall(url: string, io: LedgerIo): StellarRpcCall {
  return async (method, params, size = 'usual') => {
    const json = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const what = `Stellar RPC ${method}`
    const answer = await askLedger(url, { what, ...(size === 'large' ? LARGE : USUAL), json }, io)
    if (answer.status === 'too_large') return { illegible: true }
    if (answer.status !== 200) {
      throw new LedgerError('ledger_unreachable', `${what} answers status ${answer.status}.`)
    }
    return readReply(answer.text, what)
  }
}

function readReply(text: string, what: string): StellarRpcAnswer {
  let body: unknown
  try {
    body = parseLosslessJson(text)
  } catch (cause) {
    // Anybody can send a contract call that is nested deeper than the JSON parser allows.
    if (cause instanceof JsonRefusedError && cause.reason === 'too_deep') return { illegible: true }
    throw new LedgerError(
      'ledger_unreadable',
      `${what} answers with a text that is not usable JSON.`,
      { cause },
    )
  }
  const reply = Reply.safeParse(body).data
  if (reply?.error !== undefined) {
    const code = integerOf(reply.error.code) ?? 0
    return { refused: { code, message: reply.error.message.slice(0, 200) } }
  }
  if (reply?.result === undefined || reply.result === null) {
    throw unreadable(`${what} answers neither a result nor an error`)
  }
  return { result: reply.result }
}

/** The result of a call that should not fail. @throws LedgerError `ledger_unreachable`, `ledger_unreadable` */
export function resultOf(answer: StellarRpcAnswer, method: string): unknown {
  if ('result' in answer) return answer.result
  if ('illegible' in answer) throw unreadable(`Stellar RPC ${method} answers too much to be read`)
  const { code, message } = answer.refused
  throw new LedgerError(
    'ledger_unreachable',
    `Stellar RPC refuses ${method} with ${code}: ${JSON.stringify(message)}.`,
  )
}

/** An integer of at most 15 digits, in JSON a number or a text; null for every other value. */
export function integerOf(value: unknown): number | null {
  const text = typeof value === 'string' || isJsonNumber(value) ? scalarText(value) : null
  if (text === null || !/^-?\d{1,15}$/.test(text)) return null
  return Number(text)
}
