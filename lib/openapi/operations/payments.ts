import * as z from 'zod'
import { bookDecisions } from '../../payments/books/decide.ts'
import { reconciliationParameters } from '../../payments/books/read-routes.ts'
import { paymentDecisions } from '../../payments/open/decide.ts'
import { paymentParameters } from '../../payments/open/show.ts'
import { paymentsParameters } from '../../payments/read-routes.ts'
import {
  decidedBooksAnswer,
  decidedPaymentAnswer,
  paymentAnswer,
  paymentsAnswer,
  reconciliationAnswer,
} from '../answers/payments.ts'
import { decisionBody } from '../decision-body.ts'
import type { Operation } from '../operation.ts'

export const paymentOperations: readonly Operation[] = [
  {
    path: '/api/payments',
    method: 'get',
    id: 'listPayments',
    tag: 'Payments',
    summary: 'The observed payments with their verdicts, or open money with `open`',
    access: 'read',
    input: paymentsParameters,
    answers: { 200: { description: 'A page of payments.', schema: paymentsAnswer, csv: true } },
  },
  {
    path: '/api/payments/{operationId}',
    method: 'get',
    id: 'showPayment',
    tag: 'Payments',
    summary: 'One payment with its history and its prepared refund',
    access: 'read',
    input: paymentParameters,
    answers: { 200: { description: 'The payment.', schema: paymentAnswer } },
    errors: ['not_found'],
  },
  {
    path: '/api/payments/{operationId}',
    method: 'post',
    id: 'decidePayment',
    tag: 'People',
    summary: 'What a person decides about a payment',
    access: 'decide',
    input: paymentParameters,
    body: {
      schema: decisionBody(paymentDecisions),
      example: { decision: 'assign', transaction_id: 'withdrawal-1', note: 'The customer wrote' },
    },
    answers: { 200: { description: 'The decision.', schema: decidedPaymentAnswer } },
    errors: [
      'forbidden',
      'not_found',
      'decision_refused',
      'source_unavailable',
      'platform_unavailable',
    ],
  },
  {
    path: '/api/payments/reconciliation',
    method: 'get',
    id: 'readReconciliation',
    tag: 'Payments',
    summary: 'The books of the observed accounts',
    access: 'read',
    input: reconciliationParameters,
    answers: { 200: { description: 'The books.', schema: reconciliationAnswer, csv: true } },
  },
  {
    path: '/api/payments/reconciliation',
    method: 'post',
    id: 'decideBooks',
    tag: 'People',
    summary: 'A snapshot now, or what a person explains of a difference',
    access: 'decide',
    input: z.object({}),
    body: { schema: decisionBody(bookDecisions), example: { decision: 'snapshot', account: 'G…' } },
    answers: { 200: { description: 'The books or the decision.', schema: decidedBooksAnswer } },
    errors: ['not_found', 'decision_refused'],
  },
]
