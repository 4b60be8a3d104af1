import * as z from 'zod'
import { count, time } from '../../db/shapes.ts'
import { EVENT_TYPES, type EventTypeName } from '../../outbox/event-types.ts'
import { outboxPage, replayedEvent } from '../../outbox/store.ts'
import { named } from '../json-schema.ts'

export const eventsAnswer = outboxPage

export const deliveryAnswer = z.object({ delivered: count, failed: count, parked: count })

export const replayAnswer = replayedEvent

/** The body of the webhook of one type of event. */
export function webhookBodyOf(type: EventTypeName): z.ZodObject {
  const body = z.object({
    type: z.literal(type),
    timestamp: time.meta({ description: 'When it happened.' }),
    id: z.uuid().meta({
      description: 'The same in each repeat and replay, as in the header `webhook-id`.',
    }),
    subject: z.string().meta({
      description: 'Events of one subject come one after the other, such as transaction/ID.',
    }),
    position: z.string().meta({
      description: 'Grows with each event. A lower one than before is a repeat that came late.',
    }),
    replayed: z.literal(true).optional().meta({ description: 'A person had it sent again.' }),
    missed: z
      .array(z.uuid())
      .optional()
      .meta({ description: 'Earlier events of the subject that were not taken and are parked.' }),
    data: EVENT_TYPES[type].data,
  })
  const name = type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())
  named.add(body, { id: `${name}Event` })
  return body
}
