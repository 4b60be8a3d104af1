import * as z from 'zod'
import { count, textOrNull, time } from '../../db/shapes.ts'
import { decision } from '../../decisions/store.ts'
import { storedLine } from '../../payments/books/store.ts'
import { archivedPayment } from '../../payments/open/store.ts'
import { storedPayment } from '../../payments/store.ts'
import { named } from '../json-schema.ts'
import { anyObject, notConfigured } from './shared.ts'

export const action = z.object({
  action: z.string(),
  means: z.string(),
  method: z.literal('POST'),
  url: z.string(),
  body: anyObject,
  needs: z.array(z.string()),
})
named.add(action, { id: 'Action' })
named.add(storedPayment, { id: 'Payment' })
named.add(archivedPayment, { id: 'ArchivedPayment' })

export const paymentsAnswer = z.object({
  payments: z.array(storedPayment.extend({ actions: z.array(action).optional() })),
  next: textOrNull,
})

const refund = z.union([
  z.object({
    source: z.string(),
    destination: z.string(),
    asset: z.string(),
    amount: z.string(),
    memo: anyObject,
    feeStroops: z.string(),
    sequence: z.string(),
    validUntil: time,
    networkPassphrase: z.string(),
    transactionHash: z.string(),
    xdr: z.string(),
    link: z.string(),
    cautions: z.array(z.string()),
  }),
  z.object({ unavailable: z.string() }),
])
named.add(refund, { id: 'Refund' })

export const paymentAnswer = z.object({
  payment: z.union([storedPayment, archivedPayment]),
  decisions: z.array(decision),
  actions: z.array(action),
  refund: refund.nullable(),
})

export const decidedPaymentAnswer = z.object({
  payment: storedPayment,
  decision,
  attempt: z
    .object({ id: z.string(), state: z.string(), reason: z.string().optional() })
    .optional(),
})

const fault = z.object({ code: z.string(), message: z.string() })
const bookReport = z.object({
  movements: count,
  remaining: z.boolean(),
  snapshot: z.boolean(),
  differences: count,
  fault: fault.optional(),
})

const accountReport = z.object({
  account: z.string(),
  from: textOrNull,
  to: textOrNull,
  payments: count,
  credited: count,
  refused: z.record(z.string(), count),
  remaining: z.boolean(),
  lagSeconds: z.number().nullable(),
  catchingUp: z.literal(true).optional(),
  skipped: z.literal('already_running').optional(),
  alarm: fault.optional(),
  books: bookReport.optional(),
})

const restarted = z.object({
  account: z.string(),
  from: textOrNull,
  to: z.string(),
  startedFrom: z.string(),
  epoch: count,
})

export const observeAnswer = z.object({ accounts: z.array(accountReport), skipped: notConfigured })
export const observeOrRestartAnswer = z.union([observeAnswer, restarted])

const balance = z.object({ ledger: count, closedAt: time, balance: z.string() }).nullable()
const group = z.object({ kind: z.string(), movements: count, amount: z.string() })
const book = z.object({
  epoch: count,
  account: z.string(),
  asset: z.string(),
  snapshots: z.enum(['both', 'missing']),
  movements: z.enum(['whole', 'not_read']),
  readUpTo: count.nullable(),
  opening: balance,
  closing: balance,
  paymentsIn: z.array(group.extend({ state: z.string() })),
  paymentsOut: z.array(group),
  other: z.array(group),
  moved: z.string(),
  difference: textOrNull,
})
named.add(book, { id: 'Book' })

export const reconciliationAnswer = z.object({
  books: z.array(book),
  lines: z.array(storedLine.omit({ stroops: true }).extend({ amount: z.string() })).nullable(),
  next: textOrNull,
})

export const decidedBooksAnswer = z.union([z.object({ books: bookReport }), z.object({ decision })])
