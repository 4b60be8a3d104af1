import type { LedgerIo } from '../../../lib/ledger/request.ts'
import { fetchAnswer } from '../../helpers/fetch-answer.ts'

/** An answer: the JSON of a 200, or another status. */
export type ScriptedAnswer = { status?: number; body?: unknown }

/** A fetch without a network: `answer` gets the path with its query, and for Stellar RPC the method with its params. */
export function scriptedIo(
  answer: (asked: string, params: Record<string, unknown>) => ScriptedAnswer,
): LedgerIo & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    sleep: async () => {},
    now: () => new Date('2026-11-21T12:00:00Z'),
    fetch: async (url, request) => {
      const { json } = request as { json?: string }
      const call = json === undefined ? null : JSON.parse(json)
      const { pathname, search } = new URL(url)
      const what: string = call?.method ?? `${pathname}${search}`
      asked.push(what)
      const { status = 200, body } = answer(what, call?.params ?? {})
      const text = JSON.stringify(call === null ? body : { jsonrpc: '2.0', id: 1, result: body })
      return fetchAnswer(url, { status, text: status === 200 ? text : '' })
    },
  }
}
