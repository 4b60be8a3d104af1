import type { Change } from '../anchors/latest-changes.ts'
import { sentencesOf } from './offers.ts'
import { counted, DIRECTION, WHY_DISABLED, whereOf } from './words.ts'

/** Changes of one kind and home domain that one step noted, such as the eight listings of an anchor that came back. */
export interface ChangeGroup {
  /** The number of the first of them, which stays when further ones are noted. */
  id: string
  at: string
  domain: string
  kind: Change['kind']
  changes: Change[]
}

/** One step writes its rows within milliseconds. */
const SAME_STEP_MS = 2_000
const MOST_NAMED = 4

/** Puts the changes of one step together. `changes` are the newest first, and so are the groups. */
export function groupChanges(changes: readonly Change[]): ChangeGroup[] {
  const groups: ChangeGroup[] = []
  for (const change of changes) {
    const group = groups.findLast(
      ({ domain, kind, at }) =>
        domain === change.domain &&
        kind === change.kind &&
        Date.parse(at) - Date.parse(change.at) < SAME_STEP_MS,
    )
    if (group === undefined) {
      const { id, at, domain, kind } = change
      groups.push({ id, at, domain, kind, changes: [change] })
    } else {
      group.id = change.id
      group.changes.push(change)
    }
  }
  return groups
}

/** What happened, without the home domain: `Deposit USD in Kenya works now.` */
export function sentenceOf(group: ChangeGroup): string {
  const said = saidOf(group)
  return said.endsWith('.') ? said : `${said}.`
}

function saidOf({ kind, changes }: ChangeGroup): string {
  const [first] = changes
  const after = first?.after ?? {}
  switch (kind) {
    case 'listing_on':
      return `${listings(changes, 'works', 'work')} now`
    case 'listing_off':
      return `${listings(changes, 'does not work', 'do not work')} any more. ${sentencesOf(textsOf(after['why']), false)}`.trimEnd()
    case 'delisted':
      return `${listings(changes, 'was', 'were')} dropped by the source`
    case 'relisted':
      return `${listings(changes, 'is', 'are')} listed again`
    case 'domain_disabled':
      return `It was taken out of service: ${whyDisabled(nameOf(after['reason']))}`
    case 'domain_flapping':
      return 'It was taken out of service and back too often, so a person decides'
    case 'domain_returned':
      return 'It is back in service'
    case 'drift':
      return `It changed: ${fieldsOf(after)}`
    case 'held':
      return `It shows another identity, which does not count yet: ${fieldsOf(after)}`
    case 'released':
      return `It shows its known identity again: ${fieldsOf(after)}`
    case 'accepted':
      return `Its new identity counts: ${fieldsOf(after)}`
    case 'step_gained':
      return `A protocol reached a higher step: ${stepsOf(first)}`
    case 'step_lost':
      return `A protocol fell to a lower step: ${stepsOf(first)}`
  }
}

function whyDisabled(reason: string): string {
  const known = Object.entries(WHY_DISABLED).find(([code]) => code === reason)
  return known?.[1] ?? 'its checks failed again and again'
}

function listings(changes: readonly Change[], one: string, many: string): string {
  const named = changes.slice(0, MOST_NAMED).map(({ listing }) => listingName(listing))
  const rest = changes.length - named.length
  const all = rest > 0 ? [...named, `${counted(rest, 'more listing')}`] : named
  return `${all.join(', ')} ${changes.length === 1 ? one : many}`
}

/** `one.example.org:on-ramp:KE:USD` is a deposit of USD in Kenya. */
export function listingName(id: string | null): string {
  const [currency = '', country = '', type = ''] = (id ?? '').split(':').reverse()
  const direction = type === 'off-ramp' ? DIRECTION[type] : DIRECTION['on-ramp']
  return `${direction} ${currency} ${whereOf(country)}`
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The names of what changed are those of our own fields and of currencies. */
function fieldsOf(after: object): string {
  return Object.keys(after).join(', ')
}

function stepsOf(change: Change | undefined): string {
  const before = change?.before ?? {}
  return Object.entries(change?.after ?? {})
    .map(
      ([name, step]) =>
        `${name.replace('sep', 'SEP-')} is ${nameOf(step)}, was ${nameOf(before[name])}`,
    )
    .join(', ')
}

const nameOf = (value: unknown) => (typeof value === 'string' ? value : 'absent')
