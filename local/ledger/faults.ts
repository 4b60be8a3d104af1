import type { Answer } from '../world/answer.ts'
import { beforeHistory, problem } from './horizon/page.ts'

/** A misbehaviour of a Horizon, ordered in advance. */
export interface LedgerFault {
  kind: /** The page that was answered last is answered again, whatever the cursor. */
    | 'repeat_page'
    /** The page after the one that was asked for. */
    | 'lose_page'
    /** One record of the page is left out: the first unless `record` says otherwise. */
    | 'lose_record'
    /** `next` and `prev` lead to another host. */
    | 'foreign_links'
    /** 410, as a Horizon answers what lies before its history. */
    | 'gone'
    /** 429 with `retry-after`. */
    | 'rate_limited'
    /** Any other status, as Horizon writes problems: 500, 503, 504… */
    | 'status'
    /** 200 with a page of HTML, as proxies answer. */
    | 'html'
    /** Half of the JSON. */
    | 'truncated'
    /** A page without records; at `/`, a history that has no ledger. */
    | 'empty'
    /** The answer comes after `delayMs`. */
    | 'slow'
    /** The connection is reset, or never answered on. */
    | 'reset'
    | 'hang'
  /** How many requests it happens to. */
  times?: number
  /** How many fitting requests are answered well before the first. */
  after?: number
  /** Only requests whose path contains this. */
  path?: string
  record?: number
  retryAfterSeconds?: number
  status?: number
  delayMs?: number
}

/** The first fault that fits a path and is not used up, or null; every fault that fits counts the request. */
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

/** What is answered whatever was asked for; null for a fault that spoils the answer. */
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

/** An answer that comes late, or half. */
export function spoilt(answer: Answer, fault: LedgerFault): Answer {
  if (fault.kind === 'slow') return { ...answer, delayMs: fault.delayMs ?? 1_000 }
  if (fault.kind !== 'truncated' || answer.kind !== 'body') return answer
  return { ...answer, body: answer.body.slice(0, answer.body.length / 2) }
}
