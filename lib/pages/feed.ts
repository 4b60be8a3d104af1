import type * as z from 'zod'
import { changesParameters } from '../anchors/changes.ts'
import { readLatestChanges, SWITCHES_AND_DRIFT } from '../anchors/latest-changes.ts'
import type { SharedReadDeps } from '../anchors/read-routes.ts'
import type { Answer } from '../http/answer.ts'
import { groupChanges, sentenceOf } from './changes.ts'
import { html } from './html.ts'
import { VARY_BY_ORIGIN } from './layout.ts'

export const feedParameters = changesParameters.pick({ domain: true })

const ROWS = 300
const ENTRIES = 100
/** The time of a feed without a change. */
const NEVER = '2026-01-01T00:00:00Z'

/**
 * Switches and drift as an Atom feed, of one home domain or of all.
 *
 * @throws AppError `database_unavailable`
 */
export async function showFeed(
  { domain }: z.output<typeof feedParameters>,
  origin: string,
  { db, config, readShared }: SharedReadDeps,
): Promise<Answer> {
  const wanted = {
    network: config.network,
    domain: domain ?? null,
    kinds: SWITCHES_AND_DRIFT,
    limit: ROWS,
  }
  const changes = await readShared(`feed ${JSON.stringify(wanted)}`, () =>
    readLatestChanges(db, wanted),
  )
  const groups = groupChanges(changes)
  // The oldest group may be cut by the limit. Where one step has filled all of it, that is the news.
  const isCut = changes.length === ROWS && groups.length > 1
  const whole = isCut ? groups.slice(0, -1) : groups
  const page = domain === undefined ? origin : `${origin}/anchors/${domain}`
  const self = `${origin}/feed.xml${domain === undefined ? '' : `?domain=${domain}`}`
  const feed = html`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>${domain === undefined ? 'Stellar anchors' : domain}: what changed</title>
<id>${self}</id>
<link rel="self" type="application/atom+xml" href="${self}"/>
<link rel="alternate" type="text/html" href="${page}"/>
<updated>${whole[0]?.at ?? NEVER}</updated>
<author><name>Anchor Ops</name></author>
${whole.slice(0, ENTRIES).map(
  (group) => html`<entry>
<id>${origin}/anchors/${group.domain}#change-${group.id}</id>
<title>${group.domain}: ${sentenceOf(group)}</title>
<updated>${group.at}</updated>
<link rel="alternate" type="text/html" href="${origin}/anchors/${group.domain}#changes"/>
<category term="${group.kind}"/>
<content type="text">${sentenceOf(group)}</content>
</entry>`,
)}
</feed>
`
  return {
    status: 200,
    body: null,
    text: { type: 'application/atom+xml; charset=utf-8', body: feed.toString() },
    headers: {
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      vary: VARY_BY_ORIGIN,
    },
  }
}
