import { anchors } from './tasks/anchors.ts'
import { attempts } from './tasks/attempts.ts'
import { attention } from './tasks/attention.ts'
import { keys } from './tasks/keys.ts'
import { payments } from './tasks/payments.ts'
import { posture } from './tasks/posture.ts'
import { reconcile } from './tasks/reconcile.ts'

/** The commands of `npm run ops`. */
export const COMMANDS = { anchors, attention, attempts, payments, reconcile, keys, posture }
