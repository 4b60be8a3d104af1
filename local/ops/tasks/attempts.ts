import type { components } from '../../../client/src/client.ts'
import { answered, decide, describeDecision } from '../decision.ts'
import {
  ATTEMPT,
  collect,
  given,
  LIMIT_OPTION,
  NOTE_OPTION,
  TRANSACTION,
  YES_OPTION,
} from '../shared-options.ts'
import { type Outcome, type TaskGroup, type Tools, task } from '../task.ts'

type Attempt = components['schemas']['Attempt']
type Decision = 'applied' | 'rejected' | 'not_applied' | 'withdrawn' | 'replay'

const IF_UNCLEAR =
  'The decision may have been stored. Look first: `attempts list --transaction <id>` shows the state.'
const WORDS = { transaction: TRANSACTION, attempt: ATTEMPT } as const
const OPTIONS = { note: NOTE_OPTION, yes: YES_OPTION } as const

const STATES = [
  ...(['READY', 'SENDING', 'APPLIED', 'REJECTED', 'UNKNOWN', 'NOT_APPLIED'] as const),
  ...(['MANUAL', 'LOST', 'EXPIRED', 'WITHDRAWN'] as const),
] as const satisfies readonly Attempt['state'][]

const list = task({
  does: 'Lists attempts, the newest first.',
  words: {},
  options: {
    transaction: { type: 'text', takes: 'id', means: 'Those of one transaction.' },
    state: { type: 'text', takes: 'state', oneOf: STATES, means: 'Those in one state.' },
    limit: LIMIT_OPTION,
  },
  sends: 'key',
  example: 'npm run ops -- attempts list --state REJECTED --limit 20',
  async run({ values: { transaction: transactionId, state, limit } }, { ops, says }) {
    const asked = state === undefined ? {} : { state: [state as Attempt['state']] }
    const query = { ...given({ transactionId }), ...asked, order: 'desc', limit: 200 } as const
    const attempts = await collect(ops.list('/api/attempts', query), limit, says)
    return {
      answer: { attempts },
      show: (out) =>
        out.table(
          [
            { title: 'ATTEMPT', isWhole: true },
            { title: 'TRANSACTION' },
            { title: 'METHOD' },
            { title: 'STATE' },
            { title: 'UPDATED' },
            { title: 'KEY' },
          ],
          attempts.map((one) => [
            one.attemptId,
            one.transactionId,
            one.method,
            one.state,
            one.updatedAt,
            one.keyName ?? '',
          ]),
        ),
    }
  },
})

const decideOutcome = task({
  does: 'Decides what became of an update that no machine may decide.',
  words: {
    ...WORDS,
    outcome: {
      means: 'applied, rejected or not_applied.',
      oneOf: ['applied', 'rejected', 'not_applied'],
    },
  },
  options: OPTIONS,
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example:
    'npm run ops -- attempts decide deposit-1 3b0f3c4e-6f0e-4d5c-9a53-0d6c9a1b2c3d not_applied --note "The platform shows the transaction without it"',
  run: ({ words, values }, tools) =>
    decideAttempt(words, words.outcome as Decision, values.note, tools),
})

const withdraw = task({
  does: 'Takes back an update that was not sent.',
  words: WORDS,
  options: OPTIONS,
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example:
    'npm run ops -- attempts withdraw deposit-1 3b0f3c4e-6f0e-4d5c-9a53-0d6c9a1b2c3d --note "The customer cancelled"',
  run: ({ words, values }, tools) => decideAttempt(words, 'withdrawn', values.note, tools),
})

const replay = task({
  does: 'Sends an update that had no effect anew (scopes decide and update).',
  words: WORDS,
  options: OPTIONS,
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example:
    'npm run ops -- attempts replay deposit-1 3b0f3c4e-6f0e-4d5c-9a53-0d6c9a1b2c3d --note "The bank has corrected it"',
  run: ({ words, values }, tools) => decideAttempt(words, 'replay', values.note, tools),
})

export const attempts: TaskGroup = {
  does: 'Lists updates that were sent to the platform, and decides about them.',
  tasks: { list, decide: decideOutcome, withdraw, replay },
}

async function decideAttempt(
  { transaction, attempt }: { transaction: string; attempt: string },
  decision: Decision,
  note: string,
  tools: Tools,
): Promise<Outcome> {
  const { ops } = tools
  const answer = await decide(tools, {
    says: `Decision: ${decision}, because: ${note}`,
    read: async () => {
      const params = { path: { id: transaction } }
      const { attempts } = answered(await ops.api.GET('/api/transactions/{id}', { params }))
      return attempts.find(({ attemptId }) => attemptId === attempt.toLowerCase())
    },
    describe: (stored) => (stored === undefined ? [] : describeAttempt(stored)),
    send: async () =>
      answered(
        await ops.api.POST('/api/transactions/{id}/attempts/{attemptId}', {
          params: { path: { id: transaction, attemptId: attempt } },
          body: { decision, note },
        }),
      ),
  })
  const { attempt: now, decision: stored } = answer
  return {
    answer,
    show(out) {
      out.line(describeDecision(stored))
      const why = 'reason' in now && now.reason !== undefined ? `: ${now.reason}` : ''
      const what = decision === 'replay' ? 'The new attempt' : 'The attempt'
      out.line(`${what} ${now.id} is ${now.state}${why}`)
      for (const one of 'waiting' in answer ? answer.waiting : []) {
        out.line(`Behind it waits ${one.method} (${one.id}): ${BEHIND[one.next]}`)
      }
    },
  }
}

const BEHIND = {
  sent: 'it will be sent',
  refused: 'it will be refused',
  in_turn: 'an update before it comes first',
  unread: 'the platform could not be asked',
} as const

function describeAttempt(attempt: Attempt): string[] {
  const { attemptId, method, transactionId, state, params, createdAt, sentAt, outcome } = attempt
  const reason = outcome?.['reason']
  return [
    `Attempt ${attemptId}: ${method} of the transaction ${transactionId}, ${state}`,
    `  params: ${JSON.stringify(params)}`,
    `  stored ${createdAt}, ${sentAt === null ? 'not sent' : `sent ${sentAt}`}`,
    ...(typeof reason === 'string' ? [`  ${reason}`] : []),
  ]
}
