import type { Answer } from '../world/answer.ts'
import { beforeHistory, problem } from './horizon/page.ts'

/** A fault of a source of the ledger, set by a test before the requests that meet it. */
export interface LedgerFault {
  kind: /** The last page is sent again, whatever the cursor. */
    | 'repeat_page'
    /** The page after the requested one is sent. */
    | 'lose_page'
    /** One record of the page is left out: number `record` from 0, or the first. */
    | 'lose_record'
    /** `next` and `prev` lead to another host. */
    | 'foreign_links'
    /** 410, Horizon's answer to a request for dropped history. */
    | 'gone'
    /** 429 with `retry-after`. */
    | 'rate_limited'
    /** Another status (500, 503, 504…) in Horizon's form of errors. */
    | 'status'
    /** 200 with a page of HTML, as from a proxy. */
    | 'html'
    /** Half of the JSON. */
    | 'truncated'
    /** A page without records; at `/`, a history that has no ledger. */
    | 'empty'
    /** The answer comes after `delayMs`. */
    | 'slow'
    /** The connection is reset. */
    | 'reset'
    /** No answer ever comes. */
    | 'hang'
  /** How many requests meet the fault. */
  times?: number
  /** How many matching requests are answered well before the first fault. */
  after?: number
  /** Only requests whose path (or method of Stellar RPC) contains this text meet the fault. */
  path?: string
  record?: number
  retryAfterSeconds?: number
  status?: number
  delayMs?: number
}

/** The faults that were set. `take` returns the fault that the next request meets, or null. */
export function createFaultQueue(): {
  order: (faults: readonly LedgerFault[]) => void
  take: (path: string) => LedgerFault | null
} {
  let queue: { fault: LedgerFault; after: number; times: number }[] = []
  return {
    order: (faults) => {
      queue = faults.map((fault) => ({ fault, after: fault.after ?? 0, times: fault.times ?? 1 }))
    },
    take: (path) => {
      for (const one of queue) {
        if (one.times === 0 || !path.includes(one.fault.path ?? '')) continue
        if (one.after > 0) {
          one.after -= 1
          continue
        }
        one.times -= 1
        return one.fault
      }
      return null
    },
  }
}

/** The answer that a fault sends in place of the right one; null for a fault that changes the right one. */
export function failureOf(fault: LedgerFault): Answer | null {
  switch (fault.kind) {
    case 'gone':
      return beforeHistory()
    case 'rate_limited':
      return problem(429, 'Rate Limit Exceeded', 'rate_limit_exceeded', {
        'retry-after': String(fault.retryAfterSeconds ?? 1),
      })
    case 'status': {
      const status = fault.status ?? 500
      return status === 504
        ? problem(504, 'Timeout', 'timeout')
        : problem(status, 'Internal Server Error', 'server_error')
    }
    case 'html':
      return {
        kind: 'body',
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><body><h1>Back soon</h1></body></html>',
      }
    case 'reset':
    case 'hang':
      return { kind: fault.kind }
    default:
      return null
  }
}

/** The answer, delayed or cut in half by the fault. */
export function spoilt(answer: Answer, fault: LedgerFault): Answer {
  if (fault.kind === 'slow') return { ...answer, delayMs: fault.delayMs ?? 1_000 }
  if (fault.kind !== 'truncated' || answer.kind !== 'body') return answer
  return { ...answer, body: answer.body.slice(0, answer.body.length / 2) }
}
