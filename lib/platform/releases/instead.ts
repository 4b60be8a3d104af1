/** What to do where a release lacks a method that another one has. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['get_transaction', 'Read the transaction with GET /api/transactions/{id}.'],
  ['get_transactions', 'Read the list with GET /api/transactions.'],
  [
    'get_quote',
    'Read the quote at the Anchor Platform itself; this service has no route for quotes.',
  ],
  [
    'request_customer_info_update',
    'Call notify_customer_info_updated; from 3.0 on it leads to pending_customer_info_update too.',
  ],
  [
    'do_stellar_payment',
    'Pay from an account of yours, then report the payment with notify_onchain_funds_sent.',
  ],
  [
    'do_stellar_refund',
    'Pay back from an account of yours, then report it with notify_refund_sent.',
  ],
])

/** What to do in place of a method; null for a method that no release has. */
export function insteadOf(method: string): string | null {
  return INSTEAD.get(method) ?? null
}
