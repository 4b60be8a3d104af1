import * as z from 'zod'
import { isJsonNumber } from '../lossless-json.ts'

const text = z.preprocess((value) => (isJsonNumber(value) ? value.rawJSON : value), z.string())
const optionalText = text.nullish().transform((value) => value ?? null)

/** Amounts keep the text the platform answered: it stores what it was sent, digit for digit. */
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
 * A transaction as the Anchor Platform answers it, with null where it leaves a key out. `document` is the answer itself,
 * unknown keys included. The platform shows less than it stores: SEP-24 never shows `transfer_received_at` and
 * `withdraw_anchor_account`, SEP-6 never `withdraw_anchor_account`, SEP-31 no account and no memo.
 */
export type PlatformTransaction = z.output<typeof platformTransaction> & {
  document: Readonly<Record<string, unknown>>
}

/** Reads a transaction of the Anchor Platform, or null when the value is none. */
export function readPlatformTransaction(value: unknown): PlatformTransaction | null {
  const { success, data } = platformTransaction.safeParse(value)
  if (!success) return null
  return { ...data, document: value as Record<string, unknown> }
}

/**
 * Whether the platform has recorded that the customer's funds arrived, which many of its rules ask; null where it does
 * not say: SEP-24 transactions never show it.
 */
export function fundsReceived(transaction: PlatformTransaction): boolean | null {
  if (transaction.transfer_received_at !== null) return true
  return transaction.sep === '24' ? null : false
}
