import { bookedAccount, bookedAsset } from '../../../lib/payments/books/read-routes.ts'
import { answered, decide, describeDecision } from '../decision.ts'
import { allowedBy, NOTE_OPTION, YES_OPTION } from '../shared-options.ts'
import { type TaskGroup, task } from '../task.ts'

const MOST_LEDGER = 4_294_967_295

const explain = task({
  does: 'Says that the cause of a difference is known, which ends its alarm. The books stay as they are.',
  words: {
    account: { means: 'The account of the books (G…).', check: allowedBy(bookedAccount) },
    asset: {
      means: 'Their asset as in SEP-38, such as stellar:native.',
      check: allowedBy(bookedAsset),
    },
    ledger: {
      means: 'The ledger that closes the period, as `attention` shows it.',
      check: (text) =>
        /^\d{1,10}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_LEDGER
          ? null
          : `the number of a ledger, 1 to ${MOST_LEDGER}`,
    },
  },
  options: { note: NOTE_OPTION, yes: YES_OPTION },
  sends: 'key',
  ifUnclear: 'The decision may have been stored. Look first: `attention` does not list it then.',
  example:
    'npm run ops -- books explain G… stellar:native 52345678 --note "A merge of our old account"',
  async run({ words: { account, asset, ledger }, values: { note } }, tools) {
    const { api } = tools.ops
    const answer = await decide(tools, {
      says: `Decision: explained, because: ${note}`,
      read: async () => {
        const params = { query: { limit: 200 } }
        const { waiting } = answered(await api.GET('/api/attention', { params }))
        return waiting.find(
          ({ kind, detail }) =>
            kind === 'difference' &&
            detail['account'] === account &&
            detail['asset'] === asset &&
            String(detail['closingLedger']) === ledger,
        )
      },
      describe: (difference) => (difference === undefined ? [] : [difference.reason]),
      send: async () =>
        answered(
          await api.POST('/api/payments/reconciliation', {
            body: { decision: 'explained', account, asset, closingLedger: Number(ledger), note },
          }),
        ),
    })
    return {
      answer,
      show(out) {
        if ('decision' in answer) out.line(describeDecision(answer.decision))
      },
    }
  },
})

export const books: TaskGroup = {
  does: 'Decides about a difference of the books, which `reconcile` prints.',
  tasks: { explain },
}
