import { shownSecret } from './commands-to-try.ts'
import { DEVELOPMENT_BUSINESS_KEY } from './development-secrets.ts'
import type { LocalService } from './service.ts'
import type { OfferedDecision } from './walkthrough-undone.ts'

/** The curl lines that complete each transaction of the walkthrough, one update, payment or decision a line. */
export function walkthroughLines({
  url,
  ledgerUrl,
  walkthrough,
  decision,
  deps,
}: Pick<LocalService, 'url' | 'ledgerUrl' | 'walkthrough' | 'decision' | 'deps'>): string {
  const { business, access } = deps.config
  // A key of the operator is replaced by the name of its variable.
  const key = business.apiKey === DEVELOPMENT_BUSINESS_KEY ? business.apiKey : '$BUSINESS_API_KEY'
  const curl = `curl -H "X-Api-Key: ${key}"`
  return [
    '',
    'Walkthrough: seven SEP-24 transactions, each line one update, payment or decision',
    ...walkthrough.flatMap(({ title, id, steps, payment }) => [
      `  ${title}: ${['incomplete', ...steps.map(({ status }) => status)].join(', ')}`,
      ...steps.map(
        ({ method, params }) =>
          `    ${curl} ${url}/api/transactions/${id}/${method} -d '${JSON.stringify(params)}'`,
      ),
      ...(payment === null
        ? []
        : [`    curl ${ledgerUrl}/_ledger/payments -d '${JSON.stringify(payment)}'`]),
    ]),
    ...(decision === null ? [] : decisionLines(decision, curl, url)),
    '  Observe the payments. One is credited; the verdict on the other names its fault:',
    `    curl -X POST "${url}/api/payments/observe?secret=${shownSecret(access.cronSecret)}"`,
    `    ${curl} ${url}/api/payments`,
    '  Read the stored transactions:',
    `    ${curl} ${url}/api/transactions`,
    ...walkthrough.slice(0, 1).map(({ id }) => `    ${curl} ${url}/api/transactions/${id}`),
  ].join('\n')
}

function decisionLines(
  { transactionId, action }: OfferedDecision,
  curl: string,
  url: string,
): string[] {
  const body = { ...action.body, note: 'The platform shows the transaction without it' }
  return [
    `  A deposit whose update another program wrote over: ${transactionId} waits for a person`,
    `    ${curl} ${url}/api/attention`,
    '  The person decides that the update had no effect. Then nothing waits:',
    `    ${curl} ${action.url} -d '${JSON.stringify(body)}'`,
  ]
}
