import { DEVELOPMENT_BUSINESS_KEY } from './service.ts'
import type { WalkthroughCase } from './walkthrough.ts'

/** The curl lines that take each transaction of the walkthrough to its end, one update a line. */
export function walkthroughLines(
  url: string,
  cases: readonly WalkthroughCase[],
  businessKey: string | null,
): string {
  // A key of the operator's own is named, never shown.
  const key = businessKey === DEVELOPMENT_BUSINESS_KEY ? businessKey : '$BUSINESS_API_KEY'
  const curl = `curl -H "X-Api-Key: ${key}"`
  return [
    '',
    'Walkthrough: four SEP-24 transactions, each line one update',
    ...cases.flatMap(({ title, id, steps }) => [
      `  ${title}: ${['incomplete', ...steps.map(({ status }) => status)].join(', ')}`,
      ...steps.map(
        ({ method, params }) =>
          `    ${curl} ${url}/api/transactions/${id}/${method} -d '${JSON.stringify(params)}'`,
      ),
    ]),
    '  What is stored of them:',
    `    ${curl} ${url}/api/transactions`,
    ...cases.slice(0, 1).map(({ id }) => `    ${curl} ${url}/api/transactions/${id}`),
  ].join('\n')
}
