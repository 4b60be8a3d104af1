import type { paths } from '../../../client/src/client.ts'
import { SCHEDULED_KINDS, type ScheduledKind } from '../../../lib/schedule/kinds.ts'
import { answered } from '../decision.ts'
import type { Output } from '../output.ts'
import { task } from '../task.ts'

type ObserveAnswer =
  paths['/api/payments/observe']['post']['responses'][200]['content']['application/json']
type Accounts = Extract<ObserveAnswer, { accounts: unknown }>['accounts']

const MEANINGS: Readonly<Record<ScheduledKind, string>> = {
  sync: 'discovers and checks anchors',
  check: 'checks the anchors that are due',
  discover: 'walks over the assets of the network',
  settle: 'settles updates whose outcome is open',
  observe: 'reads the ledger and credits payments',
  deliver: 'delivers events',
}

export const run = task({
  does: 'Does now what the scheduler does at its time. Runs at once share the work, so nothing is done twice.',
  words: {
    what: {
      means: SCHEDULED_KINDS.map((kind) => `${kind} (${MEANINGS[kind]})`).join(', '),
      oneOf: SCHEDULED_KINDS,
    },
  },
  options: {},
  sends: 'secret',
  ifUnclear: 'The run may go on at the deployment. The next one does what it leaves.',
  example: 'npm run ops -- run observe',
  async run({ words: { what } }, { ops: { api }, says }) {
    const kind = what as ScheduledKind
    says(`running ${kind}`)
    const calls = {
      sync: () => api.POST('/api/anchors/ops', { body: { action: 'sync' } }),
      check: () => api.POST('/api/anchors/check'),
      discover: () => api.POST('/api/anchors/discover'),
      settle: () => api.POST('/api/transactions/settle'),
      observe: () => api.POST('/api/payments/observe'),
      deliver: () => api.POST('/api/events/deliver'),
    }
    const answer: object = answered<object>(await calls[kind]())
    const accounts = accountsOf(answer)
    return {
      answer,
      failed: accounts.some(({ alarm }) => alarm !== undefined),
      show(out) {
        out.line(`${kind}: ${figuresOf(answer).join(', ') || 'done'}`)
        showAccounts(accounts, out)
      },
    }
  },
})

function accountsOf(answer: object): Accounts {
  return 'accounts' in answer ? (answer as { accounts: Accounts }).accounts : []
}

/** The figures and words of an answer, and those one level below: `import.written 3`. */
function figuresOf(answer: object, place = ''): string[] {
  return Object.entries(answer).flatMap(([name, value]: [string, unknown]) => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return [`${place}${name} ${value}`]
    const isBelow = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isBelow && place === '' ? figuresOf(value, `${name}.`) : []
  })
}

function showAccounts(accounts: Accounts, out: Output): void {
  if (accounts.length === 0) return
  out.table(
    [
      { title: 'ACCOUNT' },
      { title: 'PAYMENTS' },
      { title: 'CREDITED' },
      { title: 'REMAINING' },
      { title: 'STATE' },
    ],
    accounts.map(({ account, payments, credited, remaining, alarm, skipped, catchingUp }) => [
      account,
      `${payments}`,
      `${credited}`,
      remaining ? 'yes' : 'no',
      alarm === undefined
        ? (skipped ?? (catchingUp ? 'catching up' : 'ok'))
        : { text: `alarm ${alarm.code}: ${alarm.message}`, mark: 'bad' },
    ]),
  )
}
