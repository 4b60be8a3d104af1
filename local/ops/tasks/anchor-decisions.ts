import type { paths } from '../../../client/src/client.ts'
import { instant } from '../../../lib/http/parameters.ts'
import { answered, decide, describeDecision } from '../decision.ts'
import {
  allowedBy,
  DOMAIN,
  given,
  NETWORK_OPTION,
  NOTE_OPTION,
  YES_OPTION,
} from '../shared-options.ts'
import { type Outcome, type Task, type Tools, task } from '../task.ts'

type Evidence =
  paths['/api/anchors/{domain}']['get']['responses'][200]['content']['application/json']
type Body = NonNullable<
  paths['/api/anchors/{domain}/decisions']['post']['requestBody']
>['content']['application/json']

const IF_UNCLEAR =
  'The decision may have been stored. Look first: `anchors show <domain>` lists the decisions.'
const OPTIONS = { note: NOTE_OPTION, network: NETWORK_OPTION, yes: YES_OPTION } as const
const LISTING_OPTION = {
  type: 'text',
  takes: 'id',
  means: 'One listing of the home domain; without it, all.',
} as const

/** A decision that stands above the rules, or gives them back. */
const onListings = (decision: 'enable' | 'disable' | 'forget', does: string): Task =>
  task({
    does,
    words: { domain: DOMAIN },
    options: { ...OPTIONS, listing: LISTING_OPTION },
    sends: 'key',
    ifUnclear: IF_UNCLEAR,
    example: `npm run ops -- anchors ${decision} anchor.example.org --note "Their bank said so by phone"`,
    run: ({ words, values: { note, listing, network } }, tools) =>
      decideAnchor(words.domain, network, tools, { decision, note, ...given({ listing }) }),
  })

const accept = task({
  does: 'Makes the new identity of a home domain count that is held.',
  words: { domain: DOMAIN },
  options: {
    ...OPTIONS,
    since: {
      type: 'text',
      takes: 'time',
      means: 'Since when the identity that you mean is held, as `attention` shows it.',
      check: allowedBy(instant()),
    },
  },
  sends: 'key',
  ifUnclear: IF_UNCLEAR,
  example:
    'npm run ops -- anchors accept anchor.example.org --since 2026-11-28T10:00:00.000Z --note "They announced the new key"',
  run: ({ words, values: { note, since, network } }, tools) =>
    decideAnchor(words.domain, network, tools, { decision: 'accept', note, ...given({ since }) }),
})

export const anchorDecisionTasks = {
  enable: onListings('enable', 'Makes listings operational, whatever their checks say.'),
  disable: onListings('disable', 'Takes listings out of service, whatever their checks say.'),
  forget: onListings('forget', 'Lets the rules of the catalog decide again.'),
  accept,
}

async function decideAnchor(
  domain: string,
  givenNetwork: string | undefined,
  tools: Tools,
  body: Body,
): Promise<Outcome> {
  const network = givenNetwork as 'mainnet' | 'testnet' | undefined
  const params = { path: { domain }, query: given({ network }) }
  const listing = 'listing' in body ? body.listing : undefined
  const answer = await decide(tools, {
    says: `Decision: ${body.decision} ${listing ?? domain}, because: ${body.note}`,
    read: async () => answered(await tools.ops.api.GET('/api/anchors/{domain}', { params })),
    describe: describeAnchor,
    send: async () =>
      answered(await tools.ops.api.POST('/api/anchors/{domain}/decisions', { params, body })),
  })
  return { answer, show: (out) => out.line(describeDecision(answer.decision)) }
}

function describeAnchor({ domain, network, operational, outcome, listings }: Evidence): string[] {
  const serving = listings.filter((one) => one.operational).length
  return [
    `${domain} on ${network}: ${operational ? 'operational' : 'not operational'}, last check ${outcome ?? 'never'}, ${serving} of ${listings.length} listings operational`,
  ]
}
