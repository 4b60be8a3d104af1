import { bookedAccount } from '../../../lib/payments/books/read-routes.ts'
import { OBSERVER_STARTS, parseObserverStart } from '../../../lib/stellar/observer-start.ts'
import { answered, decide } from '../decision.ts'
import { allowedBy, NOTE_OPTION, YES_OPTION } from '../shared-options.ts'
import { type TaskGroup, task } from '../task.ts'

const restart = task({
  does: 'Reads the payments of an observed account on from another place, after an alarm that nothing else ends.',
  words: {
    account: { means: 'The observed account (G…).', check: allowedBy(bookedAccount) },
    start: {
      means: `Where it reads on: ${OBSERVER_STARTS}.`,
      check: (text) => (parseObserverStart(text) === null ? OBSERVER_STARTS : null),
    },
  },
  options: { note: NOTE_OPTION, yes: YES_OPTION },
  sends: 'secret',
  ifUnclear:
    'The account may have been restarted. Type the same line again: each operation is recorded once.',
  example: `npm run ops -- observer restart G… now --note "The test network was reset"`,
  async run({ words: { account, start }, values: { note } }, tools) {
    const answer = await decide(tools, {
      says: `Decision: ${account} is read on from ${start}, because: ${note}`,
      read: async () => answered(await tools.ops.api.GET('/api/health')),
      describe: ({ reasons = [] }) =>
        reasons
          .filter(({ check, message }) => check === 'observer' && message.includes(account))
          .map(({ code, message }) => `${code}: ${message}`),
      send: async () =>
        answered(
          await tools.ops.api.POST('/api/payments/observe', {
            body: { account, startAt: start, note },
          }),
        ),
    })
    return {
      answer,
      show(out) {
        if (!('startedFrom' in answer)) return
        const { from, to, startedFrom, epoch } = answer
        out.line(`Restarted: ${account} from ${startedFrom}, in the epoch ${epoch} of the ledger`)
        out.line(`Its cursor was ${from ?? 'not set'} and is ${to}`)
      },
    }
  },
})

export const observer: TaskGroup = {
  does: 'Restarts the observer of one account.',
  tasks: { restart },
}
