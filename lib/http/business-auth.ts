import { type Caller, FULL_RIGHTS, type Scope } from '../caller.ts'
import {
  isUnset,
  matchingName,
  type NamedSecret,
  type Presented,
  presentedIn,
  type Refusal,
  refusalOfWrong,
} from './credential.ts'

/** The full keys of the business; see Config in lib/config.ts. */
export interface BusinessRules {
  apiKey: string | null
  previousApiKey: string | null
}

/** Finds the named key of a presented secret as it is now; null if there is none. */
export type KeyLookup = (presented: string) => Promise<{
  name: string
  scopes: readonly Scope[]
  state: 'usable' | 'expired' | 'revoked'
} | null>

/** `unset`: no full key is configured. */
export type BusinessDecision =
  | { access: 'business'; caller: Caller }
  | { access: 'none'; refusals: Refusal[] }
  | { access: 'unset' }

/**
 * Decides who calls a business route. Only `X-Api-Key` and `Authorization: Bearer` count, and if both are sent, both must be
 * the same key. There is no development rule.
 *
 * @throws AppError `database_unavailable`, only for a text in the form of a named key
 */
export async function decideBusinessAccess(
  headers: Headers,
  { apiKey, previousApiKey }: BusinessRules,
  findKey: KeyLookup,
): Promise<BusinessDecision> {
  const full: NamedSecret[] = [
    ['BUSINESS_API_KEY', apiKey],
    ['BUSINESS_API_KEY_PREVIOUS', previousApiKey],
  ]
  if (full.every(([, secret]) => isUnset(secret))) return { access: 'unset' }
  const presented = [
    ...presentedIn('authorization', headers.get('authorization')),
    ...presentedIn('x-api-key', headers.get('x-api-key')),
  ]
  const read = await Promise.all(presented.map((one) => callerOf(one, full, findKey)))
  const refusals = read.flatMap((one) => ('why' in one ? [one] : []))
  const callers = read.flatMap((one) => ('why' in one ? [] : [one]))
  const [caller] = callers
  if (refusals.length > 0) return { access: 'none', refusals }
  if (caller === undefined) {
    return { access: 'none', refusals: [{ credential: null, why: 'missing' }] }
  }
  if (callers.some(({ keyName }) => keyName !== caller.keyName)) {
    return { access: 'none', refusals: [{ credential: 'x-api-key', why: 'another_key' }] }
  }
  return { access: 'business', caller }
}

async function callerOf(
  presented: Presented,
  full: readonly NamedSecret[],
  findKey: KeyLookup,
): Promise<Caller | Refusal> {
  const { credential, text } = presented
  const setting = matchingName(text, full)
  if (setting !== null) return { keyName: setting, rights: FULL_RIGHTS }
  const named = await findKey(text)
  if (named === null) return refusalOfWrong(presented)
  if (named.state !== 'usable') return { credential, why: named.state }
  return { keyName: named.name, rights: new Set(named.scopes) }
}
