import * as z from 'zod'
import { isJsonNumber } from '../lossless-json.ts'

const text = z.preprocess((value) => (isJsonNumber(value) ? value.rawJSON : value), z.string())
const optionalText = text.nullish().transform((value) => value ?? null)

/** An amount keeps the platform's text, which has every digit that the platform was sent. */
const amount = z
  .object({ amount: optionalText, asset: optionalText })
  .nullish()
  .transform((value) => ({ amount: value?.amount ?? null, asset: value?.asset ?? null }))

const feeDetails = z
  .object({ total: optionalText, asset: optionalText })
  .nullish()
  .transform((value) => ({ total: value?.total ?? null, asset: value?.asset ?? null }))

const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? [])

const refundPayment = z.object({ id: optionalText, amount, fee: amount })

const refunds = z
  .object({ amount_refunded: amount, amount_fee: amount, payments: list(refundPayment) })
  .nullish()
  .transform((value) => value ?? null)

const platformTransaction = z.object({
  id: text,
  sep: text,
  kind: text,
  status: text,
  amount_expected: amount,
  amount_in: amount,
  amount_out: amount,
  amount_fee: amount,
  fee_details: feeDetails,
  quote_id: optionalText,
  started_at: optionalText,
  updated_at: optionalText,
  completed_at: optionalText,
  transfer_received_at: optionalText,
  user_action_required_by: optionalText,
  message: optionalText,
  required_customer_info_message: optionalText,
  refunds,
  stellar_transactions: list(z.object({ id: optionalText })),
  source_account: optionalText,
  destination_account: optionalText,
  withdraw_anchor_account: optionalText,
  external_transaction_id: optionalText,
  memo: optionalText,
  memo_type: optionalText,
})

/**
 * A transaction as the Anchor Platform shows it, with null for an absent key. `document` is its JSON with all keys. The
 * platform hides fields that it stores: `withdraw_anchor_account` in SEP-6 and SEP-24, `transfer_received_at` in SEP-24,
 * every account and memo in SEP-31.
 */
export type PlatformTransaction = z.output<typeof platformTransaction> & {
  document: Readonly<Record<string, unknown>>
}

/** The `updated_at` of a platform's own object; null if it has none. */
export function updatedAt(document: Readonly<Record<string, unknown>> | null): string | null {
  const text = document?.['updated_at']
  return typeof text === 'string' ? text : null
}

/** Reads a transaction of the Anchor Platform; null for any other value. */
export function readPlatformTransaction(value: unknown): PlatformTransaction | null {
  const { success, data } = platformTransaction.safeParse(value)
  if (!success) return null
  return { ...data, document: value as Record<string, unknown> }
}

/** The platform's columns of ids have this length, in characters. */
export const MAX_ID_LENGTH = 255

/**
 * Whether the platform can have a transaction with this id, and show it. The id becomes a segment of a URL path: `.` and
 * `..` lead to another path, and the platform's web server refuses `/` and `\` even where they are encoded.
 */
export function isTransactionId(id: string): boolean {
  if (id === '' || id.length > MAX_ID_LENGTH || id === '.' || id === '..') return false
  return id.isWellFormed() && !/[/\\]|\p{Cc}/u.test(id)
}

/** Whether the customer's funds arrived, on which many status rules depend; null for SEP-24, which never shows it. */
export function fundsReceived(transaction: PlatformTransaction): boolean | null {
  if (transaction.transfer_received_at !== null) return true
  return transaction.sep === '24' ? null : false
}
