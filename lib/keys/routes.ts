import * as z from 'zod'
import { type Caller, SCOPES } from '../caller.ts'
import type { Database } from '../db/client.ts'
import { describeDecision } from '../decisions/describe.ts'
import { decisionNote } from '../decisions/note.ts'
import { AppError } from '../errors.ts'
import { integer, parseDecision, textList } from '../http/parameters.ts'
import { KEY_NAME } from './name.ts'
import { hashOfSecret, makeSecret } from './secret.ts'
import { createKey, type NamedKey, revokeKey } from './store.ts'

/** One person or program has one key; a business has few. */
const MOST_KEYS = 500
const SECONDS_PER_DAY = 86_400

const name = z
  .string({ error: KEY_NAME.allowed })
  .regex(KEY_NAME.pattern, { error: KEY_NAME.allowed })

const SCOPE = `a list of one or more of ${SCOPES.join(', ')}`
const scopes = textList(SCOPES.length)
  .pipe(z.array(z.enum(SCOPES, { error: SCOPE }), { error: SCOPE }).min(1, { error: SCOPE }))
  .transform((given) => [...new Set(given)])

export const newKeyParameters = z.object({
  name,
  scopes,
  expiresInDays: integer(1, 3650).optional(),
  note: decisionNote.optional(),
})

/**
 * Makes a named key. The answer holds its secret, which is not stored and not shown again.
 *
 * @throws AppError `decision_refused` for a name that was used before, `database_unavailable`
 */
export async function makeKey(
  { expiresInDays, note, ...wanted }: z.output<typeof newKeyParameters>,
  { keyName }: Caller,
  { db }: { db: Database },
): Promise<NamedKey & { secret: string }> {
  const secret = makeSecret()
  const made = await createKey(db, {
    ...wanted,
    secretSha256: hashOfSecret(secret),
    expiresInSeconds: expiresInDays === undefined ? null : expiresInDays * SECONDS_PER_DAY,
    note: note ?? null,
    keyName,
    mostKeys: MOST_KEYS,
  })
  if (made.created) return { ...made.key, secret }
  throw new AppError('decision_refused', [
    {
      path: 'name',
      what: `The key "${wanted.name}"`,
      place: 'body',
      ...(made.refusal === 'name_used'
        ? {
            problem: `was made at ${made.key?.createdAt}`,
            allowed: 'a name that no key has had',
          }
        : {
            problem: `is not made, because ${MOST_KEYS} keys are usable`,
            allowed: `at most ${MOST_KEYS}, so revoke one first`,
          }),
    },
  ])
}

export const keyParameters = z.object({ name })

/** The decision about a key, with its keys. */
export const keyDecisions = { revoked: z.object({ note: decisionNote.optional() }) }

/**
 * Revokes a named key for good. It is refused from the next call on.
 *
 * @throws AppError `invalid_parameter`, `not_found`, `decision_refused` for a key that was revoked before,
 *   `database_unavailable`
 */
export async function endKey(
  { name }: z.output<typeof keyParameters>,
  body: object,
  { keyName }: Caller,
  { db }: { db: Database },
): Promise<NamedKey> {
  const { note } = parseDecision(keyDecisions, body)
  const ended = await revokeKey(db, { name, note: note ?? null, keyName })
  const asked = { path: 'name', what: `The key "${name}"`, place: 'path' } as const
  if (ended === null) {
    const fault = { ...asked, problem: 'does not exist', allowed: 'the name of a key' }
    throw new AppError('not_found', [fault])
  }
  if (ended.revoked) return ended.key
  throw new AppError('decision_refused', [
    {
      ...asked,
      problem: `is revoked${describeDecision(ended.decision)}`,
      allowed: 'a usable or expired key',
    },
  ])
}
