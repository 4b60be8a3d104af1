import type { LedgerPayment } from '../../lib/ledger/source.ts'
import { type LedgerStub, operationId } from '../helpers/ledger-stub.ts'
import { ANCHOR, USDC, USER } from './transactions.ts'

/** The hash of the only transaction in a ledger of the stub. */
export const hashIn = (ledger: number) => String(ledger).padStart(64, '0')

/** A payment of 100 USDC to the anchor, with the number of its ledger as memo id. */
export function paymentIn(
  ledger: LedgerStub,
  inLedger: number,
  rest: Partial<LedgerPayment> = {},
): LedgerPayment {
  const id = operationId(inLedger)
  return {
    operationId: id,
    cursor: id,
    ledger: inLedger,
    closedAt: ledger.closedAt(inLedger),
    transactionHash: hashIn(inLedger),
    successful: true,
    kind: 'payment',
    from: USER,
    fromMuxedId: null,
    to: ANCHOR,
    toMuxedId: null,
    asset: { kind: 'issued', code: 'USDC', issuer: USDC.split(':')[2] ?? '' },
    amount: '100.0000000',
    memo: { type: 'id', value: String(inLedger) },
    ...rest,
  }
}

/** Lets the ledger of the platform refuse the payments in these ledgers of the stub, so that the platform rejects their credit. */
export const refusedIn = (...ledgers: number[]) => ({
  horizon_status: Object.fromEntries(ledgers.map((ledger) => [hashIn(ledger), 400])),
})

/** The payments as the platform's own ledger shows them. */
export function fixtureOf(payments: readonly LedgerPayment[]): never {
  const shown = payments.map((one) => ({
    type: 'payment',
    created_at: one.closedAt,
    envelope_xdr: 'AAAA',
    payment_id: one.operationId,
    from: USER,
    to: ANCHOR,
    amount: one.amount ?? '0',
    asset: USDC.replace('stellar:', ''),
  }))
  const ledger_fixture = Object.fromEntries(
    payments.map(({ transactionHash }, index) => [transactionHash, [shown[index]]]),
  )
  return { ledger_fixture } as never
}
