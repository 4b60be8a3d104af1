import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { type Caller, FULL_RIGHTS, type Right } from '../../caller.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { matchingName, type NamedSecret } from '../../http/credential.ts'
import { hashOfSecret } from '../../keys/secret.ts'
import { findKey } from '../../keys/store.ts'

/** Who signed in to the page of operators. The scheduler's secret and a key of the business open different parts of it. */
export interface Session {
  /** As the cookie holds it. */
  token: string
  /** With the secret of the scheduler. */
  operator: Caller | null
  /** With a key of the business. */
  business: Caller | null
}

export interface SessionDeps {
  config: Pick<Config, 'access' | 'business' | 'supabase'>
  db: Database
  /** Finds the named key of a presented secret. */
  findKey: (presented: string) => Promise<{ state: string } | null>
  now: () => Date
}

interface CookieForm {
  name: string
  attributes: string
}
/** `__Host-` keeps other hosts from setting it. `Strict` keeps pages of other sites from sending it. */
const COOKIE: CookieForm = {
  name: '__Host-session',
  attributes: 'Path=/; HttpOnly; Secure; SameSite=Strict',
}
/** `npm start` answers on http://localhost, where Safari takes no `Secure` cookie, and none has the prefix without it. */
const LOCAL_COOKIE: CookieForm = {
  name: 'local-session',
  attributes: 'Path=/; HttpOnly; SameSite=Strict',
}
const HOURS = 8
const OPERATOR_NAMES = ['CRON_SECRET', 'CRON_SECRET_PREVIOUS']
const NO_RIGHT: ReadonlySet<Right> = new Set()
/** A cookie holds at most two claims of about 250 characters. */
const MAX_COOKIE = 2_000

/** What a cookie claims, under a signature: which credential was shown, and until when that counts. */
const claim = z.object({
  /** The name of the setting, or `named` for a named key. */
  name: z.string(),
  /** The stored hash of a named key. It proves nothing without its signature. */
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Seconds since 1970. */
  until: z.number().int(),
})
type Claim = z.infer<typeof claim>

/**
 * The session that a call shows; null without one, and for one that is forged, over, or of a credential that does not count
 * any more. The cookie holds no secret: it names a credential, and its signature depends on that credential and on the key of
 * the database, so that a new secret ends the sessions of the old one. A named key is looked up at each call.
 *
 * @throws AppError `database_unavailable`
 */
export async function readSession(request: Request, deps: SessionDeps): Promise<Session | null> {
  const token = cookieOf(request, deps)
  if (token === null) return null
  const found = await Promise.all(
    token
      .split('~')
      .slice(0, 2)
      .map((part) => callerOf(part, deps)),
  )
  const session: Session = { token, operator: null, business: null }
  for (const caller of found) {
    if (caller === null) continue
    if (OPERATOR_NAMES.includes(caller.keyName)) session.operator = caller
    else session.business = caller
  }
  return session.operator === null && session.business === null ? null : session
}

/**
 * The cookie for a person who shows a key, beside what the person is signed in to already; null for a key that is unknown.
 *
 * @throws AppError `database_unavailable`
 */
export async function signInWith(
  key: string,
  before: Session | null,
  deps: SessionDeps,
): Promise<string | null> {
  const until = Math.floor(deps.now().getTime() / 1000) + HOURS * 3_600
  const name = matchingName(key, secretsOf(deps.config))
  const made = name === null ? await namedClaim(key, until, deps) : { name, until }
  if (made === null) return null
  const isOperator = OPERATOR_NAMES.includes(made.name)
  const kept = (before?.token.split('~') ?? []).filter((part) => {
    const other = claimOf(part)
    return other !== null && OPERATOR_NAMES.includes(other.name) !== isOperator
  })
  const token = [...kept.slice(0, 1), signed(made, deps)].join('~')
  const { name: cookie, attributes } = cookieForm(deps)
  return `${cookie}=${token}; ${attributes}; Max-Age=${HOURS * 3_600}`
}

async function namedClaim(key: string, until: number, deps: SessionDeps): Promise<Claim | null> {
  const named = await deps.findKey(key)
  return named?.state === 'usable' ? { name: 'named', hash: hashOfSecret(key), until } : null
}

/** The cookie that ends a session. */
export function signedOut(deps: Pick<SessionDeps, 'config'>): string {
  const { name, attributes } = cookieForm(deps)
  return `${name}=; ${attributes}; Max-Age=0`
}

/** No variable sets `development`, so every deployment has the cookie that only https carries. */
function cookieForm({ config }: Pick<SessionDeps, 'config'>): CookieForm {
  return config.access.development ? LOCAL_COOKIE : COOKIE
}

/** What the forms of a session hold, so that no other page can send them. */
export function csrfToken({ token }: Session, { config }: Pick<SessionDeps, 'config'>): string {
  return createHmac('sha256', signingKey(config)).update(`form\0${token}`).digest('base64url')
}

/**
 * Refuses a form that did not come from a page of this service. A browser says in sec-fetch-site where a form comes from, an
 * older one in origin alone, and no page can change either.
 *
 * @throws AppError `forbidden`
 */
export function assertOwnForm(request: Request): void {
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  const isOwn =
    site === null
      ? origin !== null && URL.parse(origin)?.host === new URL(request.url).host
      : site === 'same-origin'
  if (isOwn) return
  throw new AppError(
    'forbidden',
    'The form does not come from a page of this service; allowed: the forms of /ops, sent by a browser.',
  )
}

/** Refuses a form without the token of its session. @throws AppError `forbidden` */
export function assertToken(given: string, session: Session, deps: SessionDeps): void {
  if (isSame(given, csrfToken(session, deps))) return
  throw new AppError(
    'forbidden',
    'The form belongs to another session; allowed: a form of /ops as it is shown now.',
  )
}

function cookieOf(request: Request, deps: Pick<SessionDeps, 'config'>): string | null {
  const { name } = cookieForm(deps)
  const cookies = (request.headers.get('cookie') ?? '').split(';').map((text) => text.trim())
  const own = cookies.filter((text) => text.startsWith(`${name}=`))
  const [first] = own
  // A second one would be of somebody who wants this session to be another one.
  if (first === undefined || own.length > 1 || first.length > MAX_COOKIE) return null
  return first.slice(name.length + 1)
}

async function callerOf(part: string, deps: SessionDeps): Promise<Caller | null> {
  const read = claimOf(part)
  if (read === null || !isSame(part, signed(read, deps))) return null
  if (read.until * 1000 <= deps.now().getTime()) return null
  if (read.name !== 'named') {
    const rights = OPERATOR_NAMES.includes(read.name) ? NO_RIGHT : FULL_RIGHTS
    return { keyName: read.name, rights }
  }
  const key = read.hash === undefined ? null : await findKey(deps.db, read.hash)
  return key?.state === 'usable' ? { keyName: key.name, rights: new Set(key.scopes) } : null
}

function claimOf(part: string): Claim | null {
  try {
    const [payload = ''] = part.split('.')
    return claim.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data ?? null
  } catch {
    return null
  }
}

function signed(made: Claim, { config }: Pick<SessionDeps, 'config'>): string {
  const { name, hash, until } = made
  const payload = Buffer.from(JSON.stringify({ name, hash, until })).toString('base64url')
  const secret = secretsOf(config).find(([known]) => known === name)?.[1] ?? null
  const credential = hash ?? (secret === null ? 'unset' : hashOfSecret(secret))
  const mac = createHmac('sha256', signingKey(config))
    .update(`session\0${credential}\0${payload}`)
    .digest('base64url')
  return `${payload}.${mac}`
}

/** Without a database there is nothing to see, and no key to sign with. */
function signingKey({ supabase }: SessionDeps['config']): string {
  if (supabase !== null) return supabase.serviceKey
  throw new AppError(
    'configuration_invalid',
    'No database is configured. Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY.',
  )
}

function secretsOf({ access, business }: SessionDeps['config']): NamedSecret[] {
  return [
    ['CRON_SECRET', access.cronSecret],
    ['CRON_SECRET_PREVIOUS', access.previousCronSecret],
    ['BUSINESS_API_KEY', business.apiKey],
    ['BUSINESS_API_KEY_PREVIOUS', business.previousApiKey],
  ]
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}
