import { expect, test } from 'vitest'
import type { LedgerPayment, PaymentPage } from '../../../lib/ledger/source.ts'
import { readPage } from '../../../lib/payments/walk.ts'
import { createLedgerStub, operationId } from '../../helpers/ledger-stub.ts'
import { ACCOUNT, ISSUER, OTHER_ACCOUNT, payment, USER } from './payments.ts'

const FROM = operationId(5)

/** Reads a page of these payments, one in each ledger from the sixth on. */
async function read(payments: readonly Partial<LedgerPayment>[], rest: Partial<PaymentPage> = {}) {
  const { source } = createLedgerStub()
  const placed = payments.map((one, index) =>
    payment({ operationId: operationId(6 + index), cursor: operationId(6 + index), ...one }),
  )
  const page = { payments: placed, cursor: placed.at(-1)?.cursor ?? FROM, isLast: true, ...rest }
  return readPage({ ...source, payments: async () => page }, ACCOUNT, FROM)
}

const unreadable = expect.objectContaining({ code: 'ledger_unreadable' })

test.each<[string, Partial<LedgerPayment>]>([
  ['to the account', {}],
  ['from the account', { from: ACCOUNT, to: USER }],
  ['by a contract that touches the account', { kind: 'contract_transfer', from: USER, to: null }],
  [
    'of a claimable balance between others',
    { kind: 'claimable_balance', from: USER, to: OTHER_ACCOUNT },
  ],
  ['without its sender', { from: null, to: OTHER_ACCOUNT }],
])('a payment %s is accepted', async (_case, one) => {
  expect((await read([one])).payments).toHaveLength(1)
})

test.each(['payment', 'path_payment', 'create_account', 'account_merge'] as const)(
  'a page with a %s between others is refused',
  async (kind) => {
    const stray = { kind, from: ISSUER, to: OTHER_ACCOUNT }
    await expect(read([{}, stray])).rejects.toEqual(unreadable)
  },
)

test.each<[string, Partial<PaymentPage>]>([
  ['does not move', { cursor: FROM }],
  ['moves back', { cursor: operationId(4) }],
  ['stands before its own payments', { cursor: operationId(5, 2) }],
])('a page whose cursor %s is refused', async (_case, rest) => {
  await expect(read([{}], rest)).rejects.toEqual(unreadable)
})

test('an empty page may keep the cursor only when it is the last', async () => {
  expect(await read([])).toMatchObject({ cursor: FROM, isLast: true })
  await expect(read([], { isLast: false })).rejects.toEqual(unreadable)
})
