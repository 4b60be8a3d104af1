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
  startedAt,
}: Pick<
  LocalService,
  'url' | 'ledgerUrl' | 'walkthrough' | 'decision' | 'deps' | 'startedAt'
>): string {
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
        // The key lets a line be pasted twice.
        ({ method, params }, index) =>
          `    ${curl} -H 'Idempotency-Key: ${id}-${index}' ${url}/api/transactions/${id}/${method} -d '${JSON.stringify(params)}'`,
      ),
      ...(payment === null
        ? []
        : [`    curl ${ledgerUrl}/_ledger/payments -d '${JSON.stringify(payment)}'`]),
    ]),
    ...(decision === null ? [] : decisionLines(decision, curl, url)),
    '  Observe the payments. One is credited; the verdict on each other one names its fault:',
    `    curl -X POST "${url}/api/payments/observe?secret=${shownSecret(access.cronSecret)}"`,
    `    ${curl} ${url}/api/payments`,
    ...openMoneyLines(curl, url, startedAt),
    '  Read the books of the account:',
    `    ${curl} ${url}/api/payments/reconciliation`,
    '  Read the stored transactions:',
    `    ${curl} ${url}/api/transactions`,
    ...walkthrough.slice(0, 1).map(({ id }) => `    ${curl} ${url}/api/transactions/${id}`),
  ].join('\n')
}

/**
 * Somebody paid before this start ended, and no transaction has the memo. The line that decides finds the payment by its
 * verdict, which a decision does not change, so that it answers again as the first time.
 */
function openMoneyLines(curl: string, url: string, startedAt: Date): string[] {
  const found = `${url}/api/payments?verdict=no_match&since=${startedAt.toISOString()}&limit=1`
  const operation = `grep -o '"operationId":"[0-9]*' | grep -o '[0-9]*$' | head -n 1`
  const payment = `"${url}/api/payments/$(${curl.replace('curl', 'curl -s')} '${found}' | ${operation})"`
  const body = { decision: 'ignored', note: 'It is a payment of the walkthrough' }
  return [
    '  See open money, which belongs to nobody yet, and what a person may do about it:',
    `    ${curl} '${url}/api/payments?open=true'`,
    '  See a payment that no transaction expects, with its prepared refund, and decide that nothing is left to do:',
    `    ${curl} ${payment}`,
    `    ${curl} ${payment} -d '${JSON.stringify(body)}'`,
  ]
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
