import { AppError } from '../errors.ts'
import {
  type AccessRules,
  accessFacts,
  type BusinessRules,
  decideAccess,
  decideBusinessAccess,
} from './auth.ts'

/**
 * Who may call a route. `ops`: operators and the scheduler. `public`: everybody. `public-or-ops`: everybody, and an
 * operator gets full access. `business`: a holder of the business key.
 */
export type RouteAccess = 'ops' | 'public' | 'public-or-ops' | 'business'

/** What an admitted caller may do. `limited`: run the scheduled work without parameters. */
export type CallerAccess = 'full' | 'limited' | 'public' | 'business'

export interface AdmissionRules {
  access: AccessRules
  business: BusinessRules
}

export interface Admission {
  access: CallerAccess | 'none'
  /** Whether the query string holds the only credential, which is deprecated. */
  querySecret: boolean
}

const UNAUTHORIZED =
  'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.'
const BUSINESS_UNAUTHORIZED =
  'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.'

/**
 * Decides what the caller of a route may do, from the request's URL and headers alone.
 * @throws AppError `configuration_invalid` for a business route without a business key
 */
export function admit(route: RouteAccess, request: Request, rules: AdmissionRules): Admission {
  if (route === 'public') return { access: 'public', querySecret: false }
  if (route === 'business') return admitBusiness(request, rules.business)
  const decision = decideAccess(accessFacts(request, new URL(request.url)), rules.access)
  const querySecret = decision.access === 'full' && decision.warn === 'query_secret'
  const isPublic = route === 'public-or-ops' && decision.access !== 'full'
  return { access: isPublic ? 'public' : decision.access, querySecret }
}

function admitBusiness({ headers }: Request, rules: BusinessRules): Admission {
  const access = decideBusinessAccess(headers, rules)
  if (access === 'unset') {
    throw new AppError(
      'configuration_invalid',
      'Transaction updates are not configured. Set BUSINESS_API_KEY.',
    )
  }
  return { access, querySecret: false }
}

/** The error for a caller who is not admitted to a route. */
export function unauthorized(route: RouteAccess): AppError {
  return new AppError('unauthorized', route === 'business' ? BUSINESS_UNAUTHORIZED : UNAUTHORIZED)
}
