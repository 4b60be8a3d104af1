import { z } from 'zod'
import { SCOPES, type Scope } from '../caller.ts'
import { callChecked, type Database } from '../db/client.ts'
import { textOrNull, time } from '../db/shapes.ts'
import { decision } from '../decisions/store.ts'

export const key = z.object({
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
  revokedBy: textOrNull,
  revokedAt: time.nullable(),
  /** By the clock of the database. */
  state: z.enum(['usable', 'expired', 'revoked']),
})

export type NamedKey = z.infer<typeof key>

const createdKey = z.discriminatedUnion('created', [
  z.object({ created: z.literal(true), key }),
  z.object({
    created: z.literal(false),
    refusal: z.enum(['name_used', 'too_many_keys']),
    key: key.nullable(),
  }),
])

/** Stores a named key with the decision that made it. @throws AppError `database_unavailable` */
export function createKey(
  db: Database,
  wanted: {
    name: string
    secretSha256: string
    scopes: readonly Scope[]
    /** null: it never expires. */
    expiresInSeconds: number | null
    note: string | null
    /** The key of the person who makes it. */
    keyName: string
    mostKeys: number
  },
): Promise<z.infer<typeof createdKey>> {
  return callChecked(db, createdKey, 'create_key', wanted)
}

const revokedKey = z.object({ revoked: z.boolean(), key, decision })

/** Revokes a key. null: there is no key with this name. @throws AppError `database_unavailable` */
export function revokeKey(
  db: Database,
  wanted: { name: string; note: string | null; keyName: string },
): Promise<z.infer<typeof revokedKey> | null> {
  return callChecked(db, revokedKey.nullable(), 'revoke_key', wanted)
}

/** Reads all named keys, the oldest first. @throws AppError `database_unavailable` */
export function readKeys(db: Database): Promise<{ keys: NamedKey[] }> {
  return callChecked(db, z.object({ keys: z.array(key) }), 'read_keys', {})
}

/** Reads the hashes of all keys. @throws AppError `database_unavailable` */
export async function readKeyHashes(db: Database): Promise<string[]> {
  const shape = z.object({ hashes: z.array(z.string()) })
  return (await callChecked(db, shape, 'read_key_hashes', {})).hashes
}

/** Reads the key with a hash as it is now; null for an unknown hash. @throws AppError `database_unavailable` */
export function findKey(db: Database, secretSha256: string): Promise<NamedKey | null> {
  return callChecked(db, key.nullable(), 'find_key', { secretSha256 })
}
