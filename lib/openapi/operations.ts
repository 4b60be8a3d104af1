import type { Operation } from './operation.ts'
import { catalogOperations } from './operations/catalog.ts'
import { eventOperations } from './operations/events.ts'
import { paymentOperations } from './operations/payments.ts'
import { peopleOperations } from './operations/people.ts'
import { schedulerOperations } from './operations/scheduler.ts'
import { updateOperations } from './operations/updates.ts'

/** Every method of every URL, in the order of the document. A test compares them with the routes of `api/`. */
export const OPERATIONS: readonly Operation[] = [
  ...catalogOperations,
  ...schedulerOperations,
  ...updateOperations,
  ...paymentOperations,
  ...peopleOperations,
  ...eventOperations,
]
