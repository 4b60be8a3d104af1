import * as z from 'zod'
import { eventsParameters } from '../../outbox/read-routes.ts'
import { replayParameters } from '../../outbox/replay.ts'
import { deliveryAnswer, eventsAnswer, replayAnswer } from '../answers/events.ts'
import type { Operation } from '../operation.ts'

const deliver = {
  path: '/api/events/deliver',
  tag: 'Operation',
  summary: 'Delivers the events that wait to the configured webhooks',
  access: 'ops',
  input: z.object({}),
  answers: { 200: { description: 'How many were delivered.', schema: deliveryAnswer } },
} as const

export const eventOperations: readonly Operation[] = [
  {
    path: '/api/events',
    method: 'get',
    id: 'listEvents',
    tag: 'Events',
    summary: 'The events that were told, page by page, and what became of each at every webhook',
    access: 'read',
    input: eventsParameters,
    answers: { 200: { description: 'A page of events.', schema: eventsAnswer } },
  },
  {
    path: '/api/events/{id}/replay',
    method: 'post',
    id: 'replayEvent',
    tag: 'Events',
    summary: 'Sends an event again: where it is parked, else to all webhooks',
    access: 'decide',
    input: replayParameters,
    answers: { 202: { description: 'It waits to be delivered.', schema: replayAnswer } },
    errors: ['not_found'],
  },
  { ...deliver, method: 'get', id: 'deliverEventsByGet' },
  { ...deliver, method: 'post', id: 'deliverEvents', parametersIn: 'both' },
]
