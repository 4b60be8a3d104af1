import type { components } from '../../../client/src/client.ts'
import { SCOPES, type Scope } from '../../../lib/caller.ts'
import { decisionNote } from '../../../lib/decisions/note.ts'
import { KEY_NAME } from '../../../lib/keys/name.ts'
import type { Column } from '../../table.ts'
import { answered } from '../decision.ts'
import { allowedBy } from '../shared-options.ts'
import { type TaskGroup, task } from '../task.ts'

type Key = components['schemas']['Key']

const MAY_BE_MADE =
  'The key may have been made. List the keys, revoke it, and make one with another name.'
const SCOPE_LIST = `a comma list of ${SCOPES.join(', ')}`

const NAME = {
  means: 'The name of the key.',
  check: (text: string) => (KEY_NAME.pattern.test(text) ? null : KEY_NAME.allowed),
}
const NOTE = {
  type: 'text',
  takes: 'text',
  means: 'Why; it is stored with the decision.',
  check: allowedBy(decisionNote),
} as const

const create = task({
  does: 'Makes a named key. Its secret is printed on stdout, this once, and everything else on stderr.',
  words: { name: NAME },
  options: {
    scope: {
      type: 'text',
      takes: 'scopes',
      needed: true,
      means: `What the key may do: ${SCOPE_LIST}.`,
      check: (text: string) => (scopesOf(text).includes(undefined) ? SCOPE_LIST : null),
    },
    'expires-in-days': {
      type: 'integer',
      takes: 'n',
      min: 1,
      max: 3650,
      means: 'After how many days the key expires; without it, never.',
    },
    note: NOTE,
  },
  sends: 'key',
  ifUnclear: MAY_BE_MADE,
  example: 'KEY=$(npm run -s ops -- keys create anna --scope read,decide --expires-in-days 90)',
  async run({ words: { name }, values }, { ops, origin, note }) {
    const scopes = [...new Set(scopesOf(values.scope))].filter((scope) => scope !== undefined)
    const expiresInDays = values['expires-in-days']
    const made = await ops.api.POST('/api/keys', {
      body: {
        name,
        scopes,
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
        ...(values.note === undefined ? {} : { note: values.note }),
      },
    })
    const answer = answered(made)
    const { secret } = answer
    return {
      answer,
      reveals: secret,
      show(out) {
        note(`Made at ${origin}. The next line is its secret, shown this once:`)
        out.line(secret)
        note(describeKey(answer))
      },
    }
  },
})

const list = task({
  does: 'Lists the named keys, without their secrets.',
  words: {},
  options: {},
  sends: 'key',
  example: 'npm run ops -- keys list',
  async run(_asked, { ops, origin, note }) {
    const answer = answered(await ops.api.GET('/api/keys'))
    return {
      answer,
      show(out) {
        note(`Named keys at ${origin}: ${answer.keys.length}`)
        if (answer.keys.length > 0) out.table(COLUMNS, answer.keys.map(rowOf))
      },
    }
  },
})

const revoke = task({
  does: 'Revokes a named key for good.',
  words: { name: NAME },
  options: { note: NOTE },
  sends: 'key',
  ifUnclear: 'The key may have been revoked. List the keys.',
  example: 'npm run ops -- keys revoke anna --note "Anna left"',
  async run({ words: { name }, values: { note: why } }, { ops }) {
    const revoked = await ops.api.POST('/api/keys/{name}', {
      params: { path: { name } },
      body: { decision: 'revoked', ...(why === undefined ? {} : { note: why }) },
    })
    const answer = answered(revoked)
    return { answer, show: (out) => out.line(describeKey(answer)) }
  },
})

export const keys: TaskGroup = {
  does: 'Makes, lists and revokes named keys, with the full key.',
  tasks: { create, list, revoke },
}

function scopesOf(text: string): (Scope | undefined)[] {
  return text.split(',').map((part) => SCOPES.find((one) => one === part.trim()))
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', isWhole: true },
  { title: 'STATE' },
  { title: 'SCOPES' },
  { title: 'MADE' },
  { title: 'BY' },
  { title: 'EXPIRES' },
  { title: 'REVOKED' },
]

const rowOf = (key: Key): string[] => [
  key.name,
  key.state,
  key.scopes.join(','),
  key.createdAt,
  key.createdBy,
  key.expiresAt ?? 'never',
  key.revokedAt === null ? '' : `${key.revokedAt} by ${key.revokedBy}`,
]

/** One line about a key. */
function describeKey(key: Key): string {
  const { name, state, scopes, createdAt, createdBy, expiresAt, revokedAt, revokedBy } = key
  return [
    `${name} (${state}): ${scopes.join(',')}`,
    `made ${createdAt} by ${createdBy}`,
    expiresAt === null ? 'does not expire' : `expires ${expiresAt}`,
    ...(revokedAt === null ? [] : [`revoked ${revokedAt} by ${revokedBy}`]),
  ].join(', ')
}
