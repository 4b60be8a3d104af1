import { anchors } from './tasks/anchors.ts'
import { attempts } from './tasks/attempts.ts'
import { attention } from './tasks/attention.ts'
import { books } from './tasks/books.ts'
import { keys } from './tasks/keys.ts'
import { observer } from './tasks/observer.ts'
import { payments } from './tasks/payments.ts'
import { posture } from './tasks/posture.ts'
import { reconcile } from './tasks/reconcile.ts'
import { run } from './tasks/run.ts'

/** The commands of `npm run ops`. */
export const COMMANDS = {
  anchors,
  attention,
  attempts,
  payments,
  observer,
  reconcile,
  books,
  run,
  keys,
  posture,
}
