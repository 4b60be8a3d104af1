import { DEVELOPMENT_SECRET } from './development-secrets.ts'

/** The curl lines for the catalog that `npm start` prints at its end. */
export function commandsToTry(
  url: string,
  cronSecret: string | null,
  domain = 'anchor.example.org',
): string {
  const secret = shownSecret(cronSecret)
  const credential = `-H "Authorization: Bearer ${secret}"`
  return [
    '',
    'Commands to try next:',
    `  curl '${url}/api/anchors/catalog?operationalOnly=true&limit=3'`,
    `  curl '${url}/api/anchors/countries'`,
    `  curl '${url}/api/anchors/changes?limit=5'`,
    `  curl '${url}/api/health'`,
    `  curl ${credential} '${url}/api/anchors/ops?action=sync'`,
    `  curl -X POST "${url}/api/anchors/ops?secret=${secret}" -H 'Content-Type: application/json' \\`,
    `    -d '{"action":"refresh_capabilities","limit":5}'`,
    `  curl '${url}/api/anchors/${domain}'`,
  ].join('\n')
}

/** The secret for a line to paste. A secret of the operator is replaced by the name of its variable. */
export function shownSecret(cronSecret: string | null): string {
  return cronSecret === DEVELOPMENT_SECRET ? cronSecret : '$CRON_SECRET'
}
