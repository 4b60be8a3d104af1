import { Webhook } from 'standardwebhooks'
import type { Answer } from '../../local/world/answer.ts'
import type { Site, SiteRequest } from '../../local/world/world-server.ts'

export const WEBHOOK_SECRET = `whsec_${Buffer.from('canary-webhook-Lq82vTz04LmWe93x!').toString('base64')}`
export const OLD_WEBHOOK_SECRET = `whsec_${Buffer.from('canary-webhook-Old7vTz04LmWe93x!').toString('base64')}`

/** The body of a webhook. */
export interface Hook {
  id: string
  type: string
  subject: string
  position: string
  timestamp: string
  replayed?: true
  missed?: string[]
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the data as a receiver does
  data: any
}

export interface Receiver {
  site: Site
  /** What was sent, in the order in which it came, whether it was taken or not. */
  got: Hook[]
  /** What was taken. */
  taken: Hook[]
  /** Answers instead of 204. */
  answer: (hook: Hook, request: SiteRequest) => Answer | null
}

/** A host that takes webhooks, and refuses what the secret did not sign. */
export function createReceiver(secret = WEBHOOK_SECRET): Receiver {
  const receiver: Receiver = {
    got: [],
    taken: [],
    answer: () => null,
    site: {
      answer: (_url, request) => {
        if (request === undefined) throw new Error('a webhook has a body')
        new Webhook(secret).verify(request.body, request.headers as Record<string, string>)
        const hook = JSON.parse(request.body) as Hook
        receiver.got.push(hook)
        const answer = receiver.answer(hook, request)
        if (answer !== null) return answer
        receiver.taken.push(hook)
        return { kind: 'body', status: 204, headers: {}, body: '' }
      },
    },
  }
  return receiver
}
