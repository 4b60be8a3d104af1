import { z } from 'zod'
import { isAccountId } from '../../lib/stellar/account-id.ts'
import { type HttpAnswer, jsonAnswer } from '../platform/http-answer.ts'
import { simulatedAccountId } from '../world/simulated-keys.ts'
import { assetIn, memoIn, stroopsOf } from './input.ts'
import type { SimulatedMemo } from './ledger-transaction.ts'
import type { SimulatedLedger } from './simulated-ledger.ts'

/** The sender of a payment that names none. */
export const SIMULATED_PAYER = simulatedAccountId('user of the walkthrough')

const PATH = '/_ledger/payments'

const checked = (check: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      check(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
    }
  })
const accountId = z.string().refine(isAccountId, 'allowed: an account id (G…)')

const payment = z.strictObject({
  from: accountId.default(SIMULATED_PAYER),
  to: accountId,
  /** With an id, the payment goes to the muxed address of `to`. */
  to_muxed_id: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  /** SEP-38 form. */
  asset: checked(assetIn).default('stellar:native'),
  amount: checked(stroopsOf),
  /** In the spelling of the Anchor Platform: a hash is base64. */
  memo: z.string().optional(),
  memo_type: z.enum(['text', 'id', 'hash']).optional(),
  successful: z.boolean().default(true),
})

/**
 * Answers `POST /_ledger/payments`, by which a user pays on the simulated ledger. The body
 * `{to, amount, from?, to_muxed_id?, asset?, memo?, memo_type?, successful?}` closes a ledger with one payment; the answer is
 * `{hash, operationId, ledger}`. No credentials are needed, because the money is not real and only loopback reaches it.
 */
export function answerLedgerControl(
  ledger: SimulatedLedger,
  method: string,
  path: string,
  body: string,
): HttpAnswer {
  if (path !== PATH) {
    return jsonAnswer(404, { error: `Path unknown: ${path}; allowed: ${PATH}` })
  }
  if (method !== 'POST') {
    return jsonAnswer(405, { error: `Method refused: ${method} ${path}; allowed: POST` })
  }
  try {
    return jsonAnswer(200, pay(ledger, JSON.parse(body)))
  } catch (error) {
    return jsonAnswer(400, { error: (error as Error).message })
  }
}

function pay(ledger: SimulatedLedger, form: unknown): object {
  const parsed = payment.safeParse(form)
  if (!parsed.success) throw new Error(`Payment refused: ${z.prettifyError(parsed.error)}`)
  const { from, to, to_muxed_id: toMuxedId, asset, amount, successful, ...rest } = parsed.data
  const memo = memoOf(rest.memo, rest.memo_type)
  const [transaction] = ledger.close([
    {
      source: from,
      successful,
      ...(memo && { memo }),
      operations: [{ type: 'payment', to, asset, amount, ...(toMuxedId && { toMuxedId }) }],
    },
  ])
  return {
    hash: transaction?.hash,
    operationId: String(transaction?.operations[0]?.id),
    ledger: transaction?.ledger,
  }
}

function memoOf(memo: string | undefined, type: string | undefined): SimulatedMemo | undefined {
  return memo === undefined && type === undefined ? undefined : memoIn(memo, type ?? 'text')
}
