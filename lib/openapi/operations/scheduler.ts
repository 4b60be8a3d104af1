import * as z from 'zod'
import { opsParameters, scheduledOpsParameters } from '../../anchors/ops.ts'
import { restartParameters } from '../../payments/restart.ts'
import { observeAnswer, observeOrRestartAnswer } from '../answers/payments.ts'
import {
  checkDueAnswer,
  checkedDomain,
  failedOpsAnswer,
  opsAnswer,
  walkAnswer,
} from '../answers/scheduler.ts'
import { settlement } from '../answers/updates.ts'
import type { Operation } from '../operation.ts'

const NONE = z.object({})

const ops = {
  path: '/api/anchors/ops',
  tag: 'Operation',
  summary: 'Sync, refresh or import of the catalog',
  description:
    'The answer depends on `action`. 502: an outside source failed. A sync has checked the known anchors even then. With `Accept: text/event-stream` each checked home domain is an event, and the answer is the last one.',
  access: 'ops',
  answers: {
    200: { description: 'What the action did.', schema: opsAnswer, events: checkedDomain },
    502: { description: 'An outside source failed.', schema: failedOpsAnswer },
  },
  errors: [
    'invalid_action',
    'import_refused',
    'source_unavailable',
    'source_unusable',
    'lease_lost',
  ],
} as const

const check = {
  path: '/api/anchors/check',
  tag: 'Operation',
  summary: 'Checks the home domains that are due',
  access: 'ops',
  input: NONE,
  answers: { 200: { description: 'What was checked.', schema: checkDueAnswer } },
} as const

const discover = {
  path: '/api/anchors/discover',
  tag: 'Operation',
  summary: 'Walks over the assets of the network on Horizon',
  access: 'ops',
  input: NONE,
  answers: {
    200: { description: 'What was found.', schema: walkAnswer },
    502: { description: 'Horizon failed. What was read before is stored.', schema: walkAnswer },
  },
  errors: ['lease_lost'],
} as const

const settle = {
  path: '/api/transactions/settle',
  tag: 'Operation',
  summary: 'Settles updates whose outcome is open',
  access: 'ops',
  input: NONE,
  answers: { 200: { description: 'How many were settled, and how.', schema: settlement } },
  errors: ['platform_unavailable'],
} as const

const observe = {
  path: '/api/payments/observe',
  tag: 'Operation',
  summary: 'Observes the payments of the configured accounts',
  access: 'ops',
  errors: ['observer_running', 'source_unavailable', 'ledger_changed', 'platform_unavailable'],
} as const

export const schedulerOperations: readonly Operation[] = [
  { ...ops, method: 'get', id: 'runOpsByQuery', input: scheduledOpsParameters },
  { ...ops, method: 'post', id: 'runOps', input: opsParameters, parametersIn: 'both' },
  { ...check, method: 'get', id: 'checkDueByGet' },
  { ...check, method: 'post', id: 'checkDue', parametersIn: 'both' },
  { ...discover, method: 'get', id: 'discoverByGet' },
  { ...discover, method: 'post', id: 'discover', parametersIn: 'both' },
  { ...settle, method: 'get', id: 'settleByGet' },
  { ...settle, method: 'post', id: 'settle', parametersIn: 'both' },
  {
    ...observe,
    method: 'get',
    id: 'observeByGet',
    input: NONE,
    answers: { 200: { description: 'What each account had.', schema: observeAnswer } },
  },
  {
    ...observe,
    method: 'post',
    id: 'observe',
    description: 'With `account`, `startAt` and `note` it restarts one account instead.',
    input: restartParameters,
    parametersIn: 'body',
    answers: {
      200: {
        description: 'What each account had, or the restarted account.',
        schema: observeOrRestartAnswer,
      },
    },
  },
]
