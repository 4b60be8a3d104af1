import { shownSecret } from './commands-to-try.ts'
import { DEVELOPMENT_BUSINESS_KEY, type LocalService } from './service.ts'

/** The curl lines that complete each transaction of the walkthrough, one update or payment a line. */
export function walkthroughLines({
  url,
  ledgerUrl,
  walkthrough,
  deps,
}: Pick<LocalService, 'url' | 'ledgerUrl' | 'walkthrough' | 'deps'>): string {
  const { business, access } = deps.config
  // A key of the operator is replaced by the name of its variable.
  const key = business.apiKey === DEVELOPMENT_BUSINESS_KEY ? business.apiKey : '$BUSINESS_API_KEY'
  const curl = `curl -H "X-Api-Key: ${key}"`
  return [
    '',
    'Walkthrough: six SEP-24 transactions, each line one update or one payment',
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
    '  Observe the payments. One is credited; the verdict on the other names its fault:',
    `    curl -X POST "${url}/api/payments/observe?secret=${shownSecret(access.cronSecret)}"`,
    `    ${curl} ${url}/api/payments`,
    '  Read the stored transactions:',
    `    ${curl} ${url}/api/transactions`,
    ...walkthrough.slice(0, 1).map(({ id }) => `    ${curl} ${url}/api/transactions/${id}`),
  ].join('\n')
}
