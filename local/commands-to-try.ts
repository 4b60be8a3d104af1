/** The curl lines that `npm start` ends with; the README shows the same. */
export function commandsToTry(url: string, secret: string | null): string {
  const credential = `-H 'Authorization: Bearer ${secret ?? '$CRON_SECRET'}'`
  return [
    '',
    'Commands to try next:',
    `  curl '${url}/api/anchors/catalog?operationalOnly=true&limit=3'`,
    `  curl '${url}/api/anchors/countries'`,
    `  curl '${url}/api/health'`,
    `  curl ${credential} '${url}/api/anchors/ops?action=sync'`,
    `  curl -X POST '${url}/api/anchors/ops?secret=${secret ?? '$CRON_SECRET'}' -H 'Content-Type: application/json' \\`,
    `    -d '{"action":"refresh_capabilities","limit":5}'`,
    'Ctrl-C ends it; the next start keeps the data.',
  ].join('\n')
}
