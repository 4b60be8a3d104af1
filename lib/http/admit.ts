import type { Caller, Right } from '../caller.ts'
import { AppError } from '../errors.ts'
import { type AccessRules, accessFacts, decideAccess } from './auth.ts'
import { type BusinessRules, decideBusinessAccess, type KeyLookup } from './business-auth.ts'
import type { Refusal } from './credential.ts'
import { type EventRules, refusalOfEvent } from './event-auth.ts'

/**
 * Who may call a route. `ops`: operators and the scheduler. `public`: everybody. `public-or-ops`: everybody, and an
 * operator gets full access. `ops-or-read`: operators, and a holder of a business key with the right `read`. `event`: the
 * platform's event server. `session`: everybody reaches the page, which asks for the session that a person signed in to. A
 * right: a holder of a business key with this right.
 */
export type RouteAccess =
  | 'ops'
  | 'public'
  | 'public-or-ops'
  | 'ops-or-read'
  | 'event'
  | 'session'
  | Right

/** What an admitted caller may do. `limited`: run the scheduled work without parameters. */
export type CallerAccess = 'full' | 'limited' | 'public' | 'business' | 'event'

export interface AdmissionRules {
  access: AccessRules
  business: BusinessRules
  /** Null: no event is taken. */
  events: EventRules | null
}

export interface Admission {
  access: CallerAccess
  caller: Caller
  /** Whether the query string holds the only credential, which is deprecated. */
  querySecret: boolean
}

/** A call that is not admitted, with the error for its caller and the reasons for the log. */
export interface NotAdmitted {
  access: 'none'
  error: AppError
  /** The name of a right key that lacks the scope; null otherwise. */
  keyName: string | null
  refusals: Refusal[]
}

const UNAUTHORIZED =
  'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.'
const BUSINESS_UNAUTHORIZED =
  'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.'

const READER_UNAUTHORIZED =
  'Unauthorized. Provide CRON_SECRET as Authorization: Bearer, or a key with the scope read as X-Api-Key or as Authorization: Bearer.'
const EVENT_UNAUTHORIZED =
  'Unauthorized. The event needs the credential of ANCHOR_PLATFORM_EVENT_AUTH.'

const ANYBODY: Caller = { keyName: 'anybody', rights: new Set() }
const EVENT_SERVER: Caller = { keyName: 'ANCHOR_PLATFORM_EVENT_SECRET', rights: new Set() }
const SCHEDULER: Caller = { keyName: 'x-vercel-cron', rights: new Set() }

const NO_RIGHT: ReadonlySet<RouteAccess> = new Set([
  'ops',
  'public',
  'public-or-ops',
  'ops-or-read',
  'event',
  'session',
])

/** Whether a route is for the business. Then its access is the right that it needs. */
export function isForBusiness(access: RouteAccess): access is Right {
  return !NO_RIGHT.has(access)
}

/**
 * Decides what the caller of a route may do, from the request's URL and headers alone.
 *
 * @param scheduled whether the header x-vercel-cron alone runs this URL
 * @throws AppError `configuration_invalid` for a business route without a business key; `database_unavailable` if a named
 *   key cannot be read
 */
export async function admit(
  route: { access: RouteAccess; scheduled: boolean },
  request: Request,
  rules: AdmissionRules,
  findKey: KeyLookup,
  now: () => Date,
): Promise<Admission | NotAdmitted> {
  const { access: needed } = route
  const anybody = { access: 'public', caller: ANYBODY, querySecret: false } as const
  if (needed === 'public' || needed === 'session') return anybody
  if (needed === 'event') return admitEvent(request, rules.events, now())
  if (isForBusiness(needed)) return admitBusiness(needed, request, rules.business, findKey)
  const decision = decideAccess(accessFacts(request, new URL(request.url)), rules.access)
  if (decision.access === 'full') {
    const caller = { keyName: decision.keyName, rights: new Set<Right>() }
    return { access: 'full', caller, querySecret: decision.warn === 'query_secret' }
  }
  if (needed === 'public-or-ops') return anybody
  if (needed === 'ops-or-read') return admitReader(request, rules.business, findKey)
  if (decision.access === 'limited' && route.scheduled) {
    return { access: 'limited', caller: SCHEDULER, querySecret: false }
  }
  const refusals: Refusal[] =
    decision.access === 'none'
      ? decision.refusals
      : [{ credential: 'x-vercel-cron', why: 'only_for_the_scheduled_sync' }]
  return notAdmitted(new AppError('unauthorized', UNAUTHORIZED), refusals)
}

function admitEvent(
  { headers }: Request,
  rules: EventRules | null,
  now: Date,
): Admission | NotAdmitted {
  if (rules === null) {
    throw new AppError(
      'configuration_invalid',
      'Events are not configured. Set ANCHOR_PLATFORM_EVENT_AUTH and ANCHOR_PLATFORM_EVENT_SECRET.',
    )
  }
  const refusal = refusalOfEvent(headers, rules, now)
  if (refusal === null) return { access: 'event', caller: EVENT_SERVER, querySecret: false }
  return notAdmitted(new AppError('unauthorized', EVENT_UNAUTHORIZED), [refusal])
}

async function admitBusiness(
  needed: Right,
  { headers }: Request,
  rules: BusinessRules,
  findKey: KeyLookup,
): Promise<Admission | NotAdmitted> {
  const decision = await decideBusinessAccess(headers, rules, findKey)
  if (decision.access === 'unset') {
    throw new AppError(
      'configuration_invalid',
      'Transaction updates are not configured. Set BUSINESS_API_KEY.',
    )
  }
  if (decision.access === 'none') {
    return notAdmitted(new AppError('unauthorized', BUSINESS_UNAUTHORIZED), decision.refusals)
  }
  return admitHolder(needed, decision.caller)
}

/** Admits a holder of a key to a route of operators. Without a business key nobody holds one. */
async function admitReader(
  { headers }: Request,
  rules: BusinessRules,
  findKey: KeyLookup,
): Promise<Admission | NotAdmitted> {
  const decision = await decideBusinessAccess(headers, rules, findKey)
  if (decision.access === 'business') return admitHolder('read', decision.caller)
  const refusals: Refusal[] =
    decision.access === 'none' ? decision.refusals : [{ credential: null, why: 'missing' }]
  return notAdmitted(new AppError('unauthorized', READER_UNAUTHORIZED), refusals)
}

function admitHolder(needed: Right, caller: Caller): Admission | NotAdmitted {
  if (caller.rights.has(needed)) return { access: 'business', caller, querySecret: false }
  const refusals: Refusal[] = [{ credential: null, why: 'missing_scope' }]
  return { ...notAdmitted(missingRight(caller, needed), refusals), keyName: caller.keyName }
}

/** The error for a right key without the right that a call needs. */
function missingRight({ keyName, rights }: Caller, needed: Right): AppError {
  const rule =
    needed === 'keys' ? 'only BUSINESS_API_KEY may do this' : `this needs the scope ${needed}`
  return new AppError(
    'forbidden',
    `The key "${keyName}" has the scopes ${[...rights].join(', ') || 'none'}; ${rule}`,
  )
}

function notAdmitted(error: AppError, refusals: Refusal[]): NotAdmitted {
  return { access: 'none', error, keyName: null, refusals }
}
