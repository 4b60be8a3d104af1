import * as z from 'zod'
import { RECEIVED_PAYMENT_METHOD } from '../../platform/methods.ts'
import { attemptDecisions, attemptParameters } from '../../updates/decide.ts'
import { attemptsParameters, transactionsParameters } from '../../updates/list-routes.ts'
import { transactionId, transactionParameters } from '../../updates/read-routes.ts'
import {
  appliedUpdate,
  attemptsAnswer,
  decidedAttemptAnswer,
  openUpdate,
  refusedUpdate,
  rpcAnswer,
  rpcBody,
  transactionAnswer,
  transactionsAnswer,
  updateBody,
} from '../answers/updates.ts'
import { decisionBody } from '../decision-body.ts'
import type { Operation } from '../operation.ts'

const REPEATS = ['idempotency_running', 'idempotency_conflict', 'platform_unavailable'] as const
const refused = (description: string) => ({ description, schema: refusedUpdate })

export const updateOperations: readonly Operation[] = [
  {
    path: '/api/transactions/event',
    method: 'post',
    id: 'takeEvent',
    tag: 'Transactions',
    summary: 'An event of the Anchor Platform, which is a hint to read its transaction',
    description:
      'For the event server of the platform, which 2.x lets post to `/event`. Whatever the body holds, the answer is `{}`.',
    access: 'event',
    input: z.object({}),
    body: {
      schema: z.looseObject({}),
      example: {
        id: 'e6f1c2b1-0b1a-4c8e-9a53-0d6c9a1b2c3d',
        timestamp: '2026-11-28T04:55:21.496507497Z',
        type: 'transaction_status_changed',
        payload: { transaction: { id: 'withdrawal-1' } },
      },
    },
    answers: { 200: { description: 'It is stored.', schema: z.strictObject({}) } },
  },
  {
    path: '/api/transactions/rpc',
    method: 'post',
    id: 'sendRpc',
    tag: 'Transactions',
    summary: 'Updates in the form of the Anchor Platform: JSON-RPC 2.0, one object or a list',
    description:
      'Each item has its own response, in order. An item whose outcome is not known yet answers -32603 with `data.state`, and is settled later. The methods that only read need the scope read as well.',
    access: 'update',
    input: z.object({}),
    idempotent: true,
    body: {
      schema: rpcBody,
      example: [
        {
          id: '1',
          jsonrpc: '2.0',
          method: RECEIVED_PAYMENT_METHOD,
          params: { transaction_id: 'withdrawal-1', stellar_transaction_id: 'a'.repeat(64) },
        },
      ],
    },
    answers: {
      200: {
        description: 'One response for each item.',
        schema: rpcAnswer,
        headers: {
          'x-anchor-ops-warning':
            'Params that the method does not have, and a fee that is sent in another form.',
        },
      },
    },
    errors: REPEATS,
  },
  {
    path: '/api/transactions/{id}/{method}',
    method: 'post',
    id: 'sendUpdate',
    tag: 'Transactions',
    summary: 'One update of a transaction',
    description: 'The body is the params of the method without `transaction_id`.',
    access: 'update',
    input: z.object({ id: transactionId, method: z.string() }),
    idempotent: true,
    body: { schema: updateBody, example: { message: 'The funds have arrived.' } },
    answers: {
      200: { description: 'It is applied.', schema: appliedUpdate },
      202: { description: 'Its outcome is not known yet, or it waits.', schema: openUpdate },
      400: refused('Its params are refused.'),
      403: refused('The key lacks the scope force.'),
      404: refused('There is no such transaction or method.'),
      409: refused('It is refused, or it ended without an effect.'),
      502: refused('The platform takes none of our requests.'),
    },
    errors: REPEATS,
  },
  {
    path: '/api/transactions',
    method: 'get',
    id: 'listTransactions',
    tag: 'Transactions',
    summary: 'The stored transactions, page by page',
    access: 'read',
    input: transactionsParameters,
    answers: { 200: { description: 'A page of transactions.', schema: transactionsAnswer } },
  },
  {
    path: '/api/transactions/{id}',
    method: 'get',
    id: 'showTransaction',
    tag: 'Transactions',
    summary: 'One transaction with its history and its attempts',
    access: 'read',
    input: transactionParameters,
    answers: { 200: { description: 'The transaction.', schema: transactionAnswer } },
    errors: ['not_found', 'platform_unavailable'],
  },
  {
    path: '/api/attempts',
    method: 'get',
    id: 'listAttempts',
    tag: 'Transactions',
    summary: 'The attempts of all transactions, page by page',
    access: 'read',
    input: attemptsParameters,
    answers: { 200: { description: 'A page of attempts.', schema: attemptsAnswer } },
  },
  {
    path: '/api/transactions/{id}/attempts/{attemptId}',
    method: 'post',
    id: 'decideAttempt',
    tag: 'People',
    summary: 'What a person decides about an attempt',
    access: 'decide',
    input: attemptParameters,
    body: {
      schema: decisionBody(attemptDecisions),
      example: { decision: 'applied', note: 'The platform shows it' },
    },
    answers: { 200: { description: 'The decision.', schema: decidedAttemptAnswer } },
    errors: ['forbidden', 'not_found', 'decision_refused', 'platform_unavailable'],
  },
]
