import { SCOPES, type Scope } from '../../lib/caller.ts'
import { decisionNote } from '../../lib/decisions/note.ts'
import { KEY_NAME } from '../../lib/keys/name.ts'
import { type Command, parseActionLine, refusedBy } from '../command-line.ts'
import { shownText } from '../shown-text.ts'
import type { KeysClient, NamedKey } from './client.ts'
import { DEFAULT_URL, type Deployment, readDeployment } from './deployment.ts'

export const KEYS_COMMAND = {
  name: 'npm run keys',
  does: 'Makes, lists and revokes the named keys of a deployment. The secret of a new key, or the list, is printed on stdout, everything else on stderr.',
  actions: {
    create: {
      means: 'Makes a key and prints its secret, which is shown this once.',
      takes: 'name',
      options: ['scope', 'expires-in-days', 'note', 'url'],
    },
    list: { means: 'Lists the keys, without their secrets.', options: ['url'] },
    revoke: { means: 'Revokes a key for good.', takes: 'name', options: ['note', 'url'] },
  },
  options: {
    scope: {
      type: 'text',
      takes: 'scopes',
      means: `What the key may do: a comma list of ${SCOPES.join(', ')}.`,
    },
    'expires-in-days': {
      type: 'integer',
      takes: 'n',
      min: 1,
      max: 3650,
      means: 'After how many days the key expires; without it, never.',
    },
    note: { type: 'text', takes: 'text', means: 'Why; it is stored with the decision.' },
    url: {
      type: 'text',
      takes: 'url',
      means: 'The deployment: an https URL, or an http URL of this machine.',
    },
  },
  environment: {
    BUSINESS_API_KEY:
      'The full key of the deployment. For a URL of this machine the key of `npm start` is the default.',
    ANCHOR_OPS_URL: `The deployment if --url is left out (default ${DEFAULT_URL}).`,
  },
  example: 'KEY=$(npm run -s keys -- create anna --scope read,decide --expires-in-days 90)',
} as const satisfies Command

/** What a person asks for. */
export type Asked =
  | { action: 'list' }
  | {
      action: 'create'
      name: string
      scopes: Scope[]
      expiresInDays: number | undefined
      note: string | undefined
    }
  | { action: 'revoke'; name: string; note: string | undefined }

/** Reads the command line and the environment. @throws CommandLineError */
export function readKeysCommand(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): { asked: Asked; deployment: Deployment } {
  const { action, word: name, values } = parseActionLine(KEYS_COMMAND, args)
  const { url, scope, note, 'expires-in-days': expiresInDays } = values
  if (action !== 'list' && !KEY_NAME.pattern.test(name)) {
    throw refusedBy(KEYS_COMMAND, `the name is ${JSON.stringify(name)}`, KEY_NAME.allowed)
  }
  const noted = decisionNote.optional().safeParse(note)
  if (!noted.success) {
    const allowed = noted.error.issues[0]?.message ?? ''
    throw refusedBy(KEYS_COMMAND, `--note has ${note?.trim().length} characters`, allowed)
  }
  const scopes = action === 'create' ? readScopes(scope) : []
  const deployment = readDeployment(url, environment)
  switch (action) {
    case 'list':
      return { asked: { action }, deployment }
    case 'create':
      return { asked: { action, name, scopes, expiresInDays, note }, deployment }
    case 'revoke':
      return { asked: { action, name, note }, deployment }
  }
}

function readScopes(text: string | undefined): Scope[] {
  const allowed = `a comma list of ${SCOPES.join(', ')}`
  if (text === undefined) throw refusedBy(KEYS_COMMAND, '--scope is missing', allowed)
  const scopes = text.split(',').map((part) => SCOPES.find((one) => one === part.trim()))
  if (scopes.includes(undefined)) throw refusedBy(KEYS_COMMAND, `--scope is "${text}"`, allowed)
  return [...new Set(scopes)].filter((scope) => scope !== undefined)
}

/** Does what was asked and says what was done. @throws KeysError */
export async function runKeysCommand(
  asked: Asked,
  client: KeysClient,
  print: { result: (text: string) => void; note: (text: string) => void },
): Promise<void> {
  switch (asked.action) {
    case 'list': {
      const keys = await client.list()
      print.note(`Named keys at ${client.origin}: ${keys.length}`)
      for (const key of keys) print.result(describeKey(key))
      return
    }
    case 'create': {
      const { secret, ...key } = await client.create(asked)
      print.note(`Made at ${client.origin}. The next line is its secret, shown this once:`)
      print.result(secret)
      print.note(describeKey(key))
      return
    }
    case 'revoke':
      print.note(describeKey(await client.revoke(asked)))
  }
}

/** One line about a key. Its texts come from the network. */
function describeKey(key: NamedKey): string {
  const { name, state, scopes, createdAt, createdBy, expiresAt, revokedAt, revokedBy } = key
  const text = (raw: string | null) => shownText(raw ?? 'nobody', 64)
  return [
    `${text(name)} (${text(state)}): ${text(scopes.join(','))}`,
    `made ${text(createdAt)} by ${text(createdBy)}`,
    expiresAt === null ? 'does not expire' : `expires ${text(expiresAt)}`,
    ...(revokedAt === null ? [] : [`revoked ${text(revokedAt)} by ${text(revokedBy)}`]),
  ].join(', ')
}
