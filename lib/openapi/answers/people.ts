import * as z from 'zod'
import { WAITING_KINDS } from '../../attention/store.ts'
import { textOrNull, time } from '../../db/shapes.ts'
import { decisionPage } from '../../decisions/store.ts'
import { SECRET } from '../../keys/secret.ts'
import { key } from '../../keys/store.ts'
import { openMoney } from '../../payments/open/store.ts'
import { named } from '../json-schema.ts'
import { action } from './payments.ts'
import { anyObject } from './shared.ts'

named.add(key, { id: 'Key' })

export const keysAnswer = z.object({ keys: z.array(key) })
export const madeKeyAnswer = key.extend({ secret: z.string().regex(SECRET) })
export const endedKeyAnswer = key

export const decisionsAnswer = decisionPage

export const attentionAnswer = z.object({
  waiting: z.array(
    z.object({
      kind: z.enum(WAITING_KINDS),
      id: z.string(),
      since: time,
      transactionId: textOrNull,
      reason: z.string(),
      detail: anyObject,
      actions: z.array(action),
    }),
  ),
  openMoney: openMoney.nullable(),
  next: textOrNull,
})

const check = z.looseObject({
  status: z.enum(['ok', 'warning', 'error']),
  reason: z.string().optional(),
})

export const healthAnswer = z.object({
  status: z.enum(['ok', 'degraded', 'error']),
  version: z.string(),
  reasons: z
    .array(
      z.object({
        check: z.string(),
        code: z.string(),
        message: z.string(),
        docs: z.string(),
        since: time.optional(),
      }),
    )
    .optional(),
  checks: z.record(z.string(), check),
})
