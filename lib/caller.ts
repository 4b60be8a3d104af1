/**
 * What a named key may do. `read`: read transactions, payments and what waits for a person. `update`: submit updates.
 * `force`: send an update despite the ledger check. `decide`: decide what only a person may.
 */
export const SCOPES = ['read', 'update', 'force', 'decide'] as const
export type Scope = (typeof SCOPES)[number]

/** A scope, or what only the full key may do: make and revoke named keys. */
export type Right = Scope | 'keys'

/** Who calls, and what the caller may do on the business routes. */
export interface Caller {
  /** The name of a named key, or of the setting that holds the credential. */
  keyName: string
  rights: ReadonlySet<Right>
}

export const FULL_RIGHTS: ReadonlySet<Right> = new Set([...SCOPES, 'keys'])
