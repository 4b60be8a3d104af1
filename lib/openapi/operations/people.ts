import * as z from 'zod'
import { attentionParameters } from '../../attention/read-routes.ts'
import { decisionsParameters } from '../../decisions/read-routes.ts'
import { keyDecisions, keyParameters, newKeyParameters } from '../../keys/routes.ts'
import {
  attentionAnswer,
  decisionsAnswer,
  endedKeyAnswer,
  keysAnswer,
  madeKeyAnswer,
} from '../answers/people.ts'
import { decisionBody } from '../decision-body.ts'
import type { Operation } from '../operation.ts'

export const peopleOperations: readonly Operation[] = [
  {
    path: '/api/attention',
    method: 'get',
    id: 'listAttention',
    tag: 'People',
    summary: 'Everything that waits for a person, with what may be done about it',
    access: 'read',
    input: attentionParameters,
    answers: { 200: { description: 'A page of what waits.', schema: attentionAnswer } },
  },
  {
    path: '/api/decisions',
    method: 'get',
    id: 'listDecisions',
    tag: 'People',
    summary: 'What people decided, page by page',
    access: 'read',
    input: decisionsParameters,
    answers: { 200: { description: 'A page of decisions.', schema: decisionsAnswer } },
  },
  {
    path: '/api/keys',
    method: 'get',
    id: 'listKeys',
    tag: 'People',
    summary: 'The named keys, without their secrets',
    access: 'keys',
    input: z.object({}),
    answers: { 200: { description: 'All keys.', schema: keysAnswer } },
  },
  {
    path: '/api/keys',
    method: 'post',
    id: 'makeKey',
    tag: 'People',
    summary: 'A new named key, whose secret is shown this once',
    access: 'keys',
    input: newKeyParameters,
    parametersIn: 'body',
    answers: { 201: { description: 'The key and its secret.', schema: madeKeyAnswer } },
    errors: ['decision_refused'],
  },
  {
    path: '/api/keys/{name}',
    method: 'post',
    id: 'endKey',
    tag: 'People',
    summary: 'The revocation of a named key',
    access: 'keys',
    input: keyParameters,
    body: {
      schema: decisionBody(keyDecisions),
      example: { decision: 'revoked', note: 'It leaked' },
    },
    answers: { 200: { description: 'The revoked key.', schema: endedKeyAnswer } },
    errors: ['not_found', 'decision_refused'],
  },
]
