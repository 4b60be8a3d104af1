import type { components, paths } from '../../../client/src/client.ts'
import { answered } from '../decision.ts'
import type { Cell, Output } from '../output.ts'
import { collect, DOMAIN, given, LIMIT_OPTION, NETWORK_OPTION } from '../shared-options.ts'
import { type TaskGroup, task } from '../task.ts'
import { anchorDecisionTasks } from './anchor-decisions.ts'
import { importAnchors } from './import-anchors.ts'

type Evidence =
  paths['/api/anchors/{domain}']['get']['responses'][200]['content']['application/json']
type Finding = components['schemas']['Finding']
type Query = NonNullable<paths['/api/anchors/catalog']['get']['parameters']['query']>

const list = task({
  does: 'Lists the catalog: one row for each home domain, direction, country and currency.',
  words: {},
  options: {
    country: { type: 'text', takes: 'code', means: 'Rows of this country, as an alpha-2 code.' },
    currency: { type: 'text', takes: 'code', means: 'Rows of this currency.' },
    type: {
      type: 'text',
      takes: 'type',
      oneOf: ['on-ramp', 'off-ramp'],
      means: 'Rows of this direction.',
    },
    operational: { type: 'flag', means: 'Operational rows only.' },
    network: NETWORK_OPTION,
    limit: LIMIT_OPTION,
  },
  sends: 'nothing',
  example: 'npm run ops -- anchors list --country PE --operational',
  async run({ values: { limit, operational, ...filter } }, { ops, says }) {
    const query = {
      ...given(filter),
      ...(operational ? { operationalOnly: true } : {}),
      limit: 500,
    } as Query
    const anchors = await collect(ops.list('/api/anchors/catalog', query), limit, says)
    return {
      answer: { anchors },
      show: (out) =>
        out.table(
          [
            { title: 'DOMAIN', isWhole: true },
            { title: 'TYPE' },
            { title: 'COUNTRY' },
            { title: 'CURRENCY' },
            { title: 'OPERATIONAL' },
            { title: 'RAIL' },
            { title: 'STEP' },
            { title: 'NAME' },
            { title: 'WHY' },
          ],
          anchors.map((one) => [
            one.domain,
            one.type,
            one.country,
            one.currency,
            yesOrNo(one.operational),
            one.rail ?? '',
            one.step,
            one.name,
            one.why.join(', '),
          ]),
        ),
    }
  },
})

const show = task({
  does: 'Shows one home domain: its listings, findings, health and decisions.',
  words: { domain: DOMAIN },
  options: { network: NETWORK_OPTION },
  sends: 'nothing',
  example: 'npm run ops -- anchors show anchor.example.org',
  async run({ words: { domain }, values }, { ops }) {
    const network = values.network as 'mainnet' | 'testnet' | undefined
    const params = { path: { domain }, query: given({ network }) }
    const answer = answered(await ops.api.GET('/api/anchors/{domain}', { params }))
    return { answer, show: (out) => showEvidence(answer, out) }
  },
})

const check = task({
  does: 'Checks one home domain now, without storing anything. A check that is not ok is a check that failed.',
  words: { domain: DOMAIN },
  options: {},
  sends: 'secret',
  example: 'npm run ops -- anchors check anchor.example.org',
  async run({ words: { domain } }, { ops, says }) {
    says(`checking ${domain}`)
    const asked = await ops.api.POST('/api/anchors/diagnostics', { body: { domain } })
    const answer = answered(asked)
    const { outcome, error, durationMs, listings, findings, trust } = answer
    return {
      answer,
      failed: outcome !== 'ok',
      show(out) {
        out.table(
          [
            { title: 'DOMAIN', isWhole: true },
            { title: 'OUTCOME' },
            { title: 'TOOK' },
            { title: 'ERROR' },
          ],
          [[domain, outcomeCell(outcome), `${durationMs} ms`, error ?? '']],
        )
        if (trust !== null && !trust.trusted)
          out.line(`Not trusted: ${trust.reasons.map(({ message }) => message).join('; ')}`)
        if (listings === null) out.line('The catalog does not list it.')
        else {
          out.table(
            [{ title: 'LISTING', isWhole: true }, { title: 'OPERATIONAL' }, { title: 'WHY' }],
            listings.map((one) => [one.id, yesOrNo(one.operational), one.why.join(', ')]),
          )
        }
        showFindings(findings, out)
      },
    }
  },
})

export const anchors: TaskGroup = {
  does: 'Shows the catalog, checks anchors, decides about them, and imports listings.',
  tasks: { list, show, check, ...anchorDecisionTasks, import: importAnchors },
}

const yesOrNo = (yes: boolean): Cell => ({ text: yes ? 'yes' : 'no', mark: yes ? 'good' : 'bad' })

const outcomeCell = (outcome: string | null): Cell =>
  outcome === null ? 'unchecked' : { text: outcome, mark: outcome === 'ok' ? 'good' : 'bad' }

function showEvidence(evidence: Evidence, out: Output): void {
  const { domain, network, outcome, operational, error, lastCheckedAt, health } = evidence
  out.table(
    [
      { title: 'DOMAIN', isWhole: true },
      { title: 'NETWORK' },
      { title: 'OPERATIONAL' },
      { title: 'OUTCOME' },
      { title: 'CHECKED' },
      { title: 'ERROR' },
    ],
    [
      [
        domain,
        network,
        yesOrNo(operational),
        outcomeCell(outcome),
        lastCheckedAt ?? 'never',
        error ?? '',
      ],
    ],
  )
  if (health.autoDisabledReason) out.line(`Disabled by the rules: ${health.autoDisabledReason}`)
  out.line('')
  out.table(
    [
      { title: 'LISTING', isWhole: true },
      { title: 'OPERATIONAL' },
      { title: 'NAME' },
      { title: 'PERSON SAYS' },
      { title: 'WHY' },
    ],
    evidence.listings.map((one) => [
      one.id,
      yesOrNo(one.operational),
      one.name,
      one.personSays ?? '',
      one.why.join(', '),
    ]),
  )
  showFindings(evidence.findings, out)
  if (evidence.decisions.length === 0) return
  out.line('')
  out.table(
    [
      { title: 'DECIDED', isWhole: true },
      { title: 'DECISION' },
      { title: 'OF' },
      { title: 'BY' },
      { title: 'NOTE' },
    ],
    evidence.decisions.map((one) => [
      one.at,
      one.decision,
      one.subject,
      one.keyName,
      one.note ?? '',
    ]),
  )
}

function showFindings(findings: readonly Finding[], out: Output): void {
  if (findings.length === 0) return
  out.line('')
  out.table(
    [
      { title: 'FINDING', isWhole: true },
      { title: 'SEP' },
      { title: 'FIELD' },
      { title: 'EXPECTED' },
      { title: 'ACTUAL' },
    ],
    findings.map((one) => [
      one.code,
      `${one.sep}`,
      one.field ?? '',
      one.expected,
      one.actual ?? '',
    ]),
  )
}
