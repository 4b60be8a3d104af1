import type { components, paths } from '../../../client/src/client.ts'
import { lineOfAction } from '../actions.ts'
import { answered, decide, describeDecision } from '../decision.ts'
import {
  collect,
  FORCE_OPTION,
  given,
  LIMIT_OPTION,
  NOTE_OPTION,
  OPERATION,
  TRANSACTION,
  YES_OPTION,
} from '../shared-options.ts'
import { type Outcome, type TaskGroup, type Tools, task } from '../task.ts'

type Shown =
  paths['/api/payments/{operationId}']['get']['responses'][200]['content']['application/json']
type Body = NonNullable<
  paths['/api/payments/{operationId}']['post']['requestBody']
>['content']['application/json']
type Payment = components['schemas']['Payment']

const IF_UNCLEAR =
  'The decision may have been stored. Type the same line again: the same decision with the same note is stored once.'

const EPOCH_OPTION = {
  type: 'integer',
  takes: 'n',
  min: 1,
  max: 1_000_000,
  means: 'The epoch of the ledger; without it, the present one.',
} as const
const OPTIONS = { note: NOTE_OPTION, epoch: EPOCH_OPTION, yes: YES_OPTION } as const

const list = task({
  does: 'Lists observed payments; with --open those that belong to nobody, the oldest first.',
  words: {},
  options: {
    open: { type: 'flag', means: 'Open money only.' },
    verdict: { type: 'text', takes: 'verdict', means: 'Those with one verdict, such as no_match.' },
    account: { type: 'text', takes: 'account', means: 'Of one account, with --open.' },
    asset: {
      type: 'text',
      takes: 'asset',
      means: 'Of one asset, such as stellar:native, with --open.',
    },
    since: { type: 'text', takes: 'time', means: 'Since this time (ISO 8601, UTC).' },
    limit: LIMIT_OPTION,
  },
  sends: 'key',
  example: 'npm run ops -- payments list --open',
  async run({ values: { open, limit, ...filter } }, { ops, says }) {
    const query = { ...given(filter), ...(open ? { open } : {}), limit: 200 }
    const rows = ops.list('/api/payments', query as { limit: number })
    const payments = await collect(rows, limit, says)
    return {
      answer: { payments },
      show: (out) =>
        out.table(
          [
            { title: 'OPERATION', isWhole: true },
            { title: 'CLOSED' },
            { title: 'AMOUNT', isWhole: true },
            { title: 'ASSET' },
            { title: 'VERDICT' },
            { title: 'STATE' },
            { title: 'TRANSACTION' },
            { title: 'SENTENCE' },
          ],
          payments.map((one) => [
            one.operationId,
            one.closedAt,
            one.amount ?? '',
            one.asset ?? '',
            one.verdict,
            one.state,
            one.transactionId ?? '',
            one.sentence,
          ]),
        ),
    }
  },
})

const show = task({
  does: 'Shows one payment with the decisions about it, what may be done, and its refund.',
  words: { operation: OPERATION },
  options: { epoch: EPOCH_OPTION },
  sends: 'key',
  example: 'npm run ops -- payments show 123350872330604545',
  async run({ words: { operation }, values: { epoch } }, { ops }) {
    const answer = await read(operation, epoch, { ops })
    return {
      answer,
      show(out) {
        for (const line of describeShown(answer)) out.line(line)
        for (const decision of answer.decisions) {
          out.line(`${decision.at} ${describeDecision(decision)}: ${decision.note ?? ''}`)
        }
        for (const { action, means, needs, ...call } of answer.actions) {
          out.line(`${action}: ${means} (needs ${needs.join(', ')})`)
          out.line(`  ${lineOfAction(call)}`)
        }
        const { refund } = answer
        if (refund === null) return
        if ('unavailable' in refund) return out.line(`No refund is prepared: ${refund.unavailable}`)
        out.line(`Refund: ${refund.amount} of ${refund.asset} to ${refund.destination}`)
        out.line(`  ${refund.link}`)
        for (const caution of refund.cautions) out.line(`  Caution: ${caution}`)
      },
    }
  },
})

const assign = task({
  does: 'Credits a payment to a transaction (scopes decide and update). What does not hold is told, and needs --force.',
  words: { operation: OPERATION, transaction: TRANSACTION },
  options: { ...OPTIONS, force: FORCE_OPTION },
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example:
    'npm run ops -- payments assign 123350872330604545 withdrawal-1 --note "The customer named it by phone"',
  run: ({ words, values }, tools) =>
    decidePayment(words, values, tools, {
      decision: 'assign',
      transaction_id: words.transaction,
      note: values.note,
      ...(values.force ? { force: true } : {}),
    }),
})

const refunded = task({
  does: 'Says that a payment was paid back, which the ledger must show.',
  words: {
    operation: OPERATION,
    hash: {
      means: 'The hash of the refund, 64 characters of hex.',
      check: (text) => (/^[0-9a-f]{64}$/i.test(text) ? null : 'a hash, 64 characters of hex'),
    },
  },
  options: { ...OPTIONS, force: FORCE_OPTION },
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example: `npm run ops -- payments refunded 123350872330604545 ${'0a'.repeat(32)} --note "Sent back"`,
  run: ({ words, values }, tools) =>
    decidePayment(words, values, tools, {
      decision: 'refunded',
      stellar_transaction_id: words.hash,
      note: values.note,
      ...(values.force ? { force: true } : {}),
    }),
})

/** A decision that takes nothing but the note. */
const closing = (decision: 'reported' | 'ignored' | 'reopen', does: string, example: string) =>
  task({
    does,
    words: { operation: OPERATION },
    options: OPTIONS,
    sends: 'key',
    ifUnclear: IF_UNCLEAR,
    example,
    run: ({ words, values }, tools) =>
      decidePayment(words, values, tools, { decision, note: values.note }),
  })

export const payments: TaskGroup = {
  does: 'Shows observed payments, and decides about open money.',
  tasks: {
    list,
    show,
    assign,
    refunded,
    reported: closing(
      'reported',
      'Says that a payment was credited outside of this service.',
      'npm run ops -- payments reported 123350872330604545 --note "Credited by hand"',
    ),
    ignore: closing(
      'ignored',
      'Says that nothing is left to do about a payment.',
      'npm run ops -- payments ignore 123350872330604545 --note "A test of our own"',
    ),
    reopen: closing(
      'reopen',
      'Makes a closed payment open money again.',
      'npm run ops -- payments reopen 123350872330604545 --note "Closed by mistake"',
    ),
  },
}

async function read(
  operationId: string,
  epoch: number | undefined,
  { ops }: Pick<Tools, 'ops'>,
): Promise<Shown> {
  const params = { path: { operationId }, query: given({ epoch }) }
  return answered(await ops.api.GET('/api/payments/{operationId}', { params }))
}

async function decidePayment(
  { operation }: { operation: string },
  { epoch }: { epoch: number | undefined },
  tools: Tools,
  body: Body,
): Promise<Outcome> {
  const target = 'transaction_id' in body ? ` to the transaction ${body.transaction_id}` : ''
  const answer = await decide(tools, {
    says: `Decision: ${body.decision}${target}, because: ${body.note}`,
    read: () => read(operation, epoch, tools),
    describe: describeShown,
    send: async () =>
      answered(
        await tools.ops.api.POST('/api/payments/{operationId}', {
          params: { path: { operationId: operation }, query: given({ epoch }) },
          body,
        }),
      ),
  })
  const { payment, decision, attempt } = answer
  return {
    answer,
    show(out) {
      out.line(describeDecision(decision))
      out.line(`The payment ${payment.operationId} is ${payment.state}`)
      if (attempt === undefined) return
      const why = attempt.reason === undefined ? '' : `: ${attempt.reason}`
      out.line(`The update that credits it, ${attempt.id}, is ${attempt.state}${why}`)
    },
  }
}

function describeShown({ payment }: Shown): string[] {
  if (!('sentence' in payment)) {
    return [`Payment ${payment.operationId}, which is in the archive: ${payment.verdict}`]
  }
  return describePayment(payment)
}

function describePayment(payment: Payment): string[] {
  const { operationId, amount, asset, from, account, closedAt, verdict, state, sentence } = payment
  return [
    `Payment ${operationId}: ${amount ?? 'an unknown amount'} of ${asset ?? 'an unknown asset'} from ${from ?? 'nobody known'} to ${account}, ${closedAt}`,
    `  ${verdict}, ${state}: ${sentence}`,
  ]
}
