import { describe, expect, test } from 'vitest'
import {
  type AdmissionRules,
  admit,
  isForBusiness,
  type RouteAccess,
} from '../../../lib/http/admit.ts'
import type { KeyLookup } from '../../../lib/http/business-auth.ts'

const RULES: AdmissionRules = {
  access: { cronSecret: 'cron-secret-0123456789', previousCronSecret: null, development: false },
  business: { apiKey: 'business-key-0123456789', previousApiKey: null },
  events: { auth: 'api_key', secret: 'event-secret-0123456789' },
}
const CRON = { authorization: 'Bearer cron-secret-0123456789' }
const BUSINESS = { 'x-api-key': 'business-key-0123456789' }
const EVENT = { 'x-api-key': 'event-secret-0123456789' }

const KEYS: Record<string, Awaited<ReturnType<KeyLookup>>> = {
  reader: { name: 'shop', scopes: ['read'], state: 'usable' },
  nothing: { name: 'empty', scopes: [], state: 'usable' },
  old: { name: 'old', scopes: ['read'], state: 'expired' },
  clerk: { name: 'clerk', scopes: ['read', 'decide'], state: 'usable' },
  gone: { name: 'gone', scopes: ['read'], state: 'revoked' },
}

const decide = (
  access: RouteAccess,
  headers: Record<string, string> = {},
  { rules = RULES, scheduled = false }: { rules?: AdmissionRules; scheduled?: boolean } = {},
) =>
  admit(
    { access, scheduled },
    new Request('https://ops.example.org/api/x', { headers }),
    rules,
    async (presented) => KEYS[presented] ?? null,
    () => new Date('2026-11-29T00:00:00Z'),
  )

describe('who is admitted', () => {
  test.each<[RouteAccess, Record<string, string>, string, string]>([
    ['public', {}, 'public', 'anybody'],
    ['public', { authorization: 'Bearer wrong' }, 'public', 'anybody'],
    ['public-or-ops', {}, 'public', 'anybody'],
    ['public-or-ops', { authorization: 'Bearer wrong' }, 'public', 'anybody'],
    ['public-or-ops', CRON, 'full', 'CRON_SECRET'],
    ['ops', CRON, 'full', 'CRON_SECRET'],
    ['event', EVENT, 'event', 'ANCHOR_PLATFORM_EVENT_SECRET'],
    ['read', BUSINESS, 'business', 'BUSINESS_API_KEY'],
    ['keys', BUSINESS, 'business', 'BUSINESS_API_KEY'],
    ['read', { 'x-api-key': 'reader' }, 'business', 'shop'],
    ['session', {}, 'public', 'anybody'],
    ['session', CRON, 'public', 'anybody'],
    ['ops-or-read', CRON, 'full', 'CRON_SECRET'],
    ['ops-or-read', BUSINESS, 'business', 'BUSINESS_API_KEY'],
    ['ops-or-read', { 'x-api-key': 'reader' }, 'business', 'shop'],
  ])('%s with %j has the access %s of %s', async (access, headers, given, keyName) => {
    expect(await decide(access, headers)).toMatchObject({
      access: given,
      caller: { keyName },
      querySecret: false,
    })
  })

  test('a holder of the full key has every right, and nobody else gets one', async () => {
    for (const [access, headers] of [
      ['public', {}],
      ['ops', CRON],
      ['event', EVENT],
    ] as const) {
      expect(await decide(access, headers)).toMatchObject({ caller: { rights: new Set() } })
    }
    const holder = await decide('read', BUSINESS)
    expect('caller' in holder && holder.caller.rights.has('keys')).toBe(true)
  })

  test('the header of the scheduler alone runs a scheduled route, and no other', async () => {
    const headers = { 'x-vercel-cron': '1' }
    expect(await decide('ops', headers, { scheduled: true })).toMatchObject({
      ...{ access: 'limited', caller: { keyName: 'x-vercel-cron' }, querySecret: false },
    })
    expect(await decide('ops', {}, { scheduled: true })).toMatchObject({ access: 'none' })
    expect(await decide('ops', headers)).toMatchObject({
      access: 'none',
      refusals: [{ credential: 'x-vercel-cron', why: 'only_for_the_scheduled_sync' }],
    })
  })

  test('a secret in the query alone is told apart', async () => {
    const url = 'https://ops.example.org/api/x?secret=cron-secret-0123456789'
    const asked = (headers: Record<string, string>) =>
      admit(
        ...([{ access: 'ops', scheduled: false }, new Request(url, { headers }), RULES] as const),
        async () => null,
        () => new Date(),
      )
    expect(await asked({})).toMatchObject({ access: 'full', querySecret: true })
    expect(await asked(CRON)).toMatchObject({ access: 'full', querySecret: false })
  })
})

describe('who is not admitted', () => {
  test.each<[RouteAccess, Record<string, string>, string, string]>([
    ['ops', {}, 'unauthorized', 'missing'],
    ['ops', BUSINESS, 'unauthorized', 'missing'],
    ['ops', { authorization: 'Bearer x' }, 'unauthorized', 'wrong'],
    ['event', {}, 'unauthorized', 'missing'],
    ['event', BUSINESS, 'unauthorized', 'wrong'],
    ['read', {}, 'unauthorized', 'missing'],
    ['read', CRON, 'unauthorized', 'wrong'],
    ['read', { 'x-api-key': 'old' }, 'unauthorized', 'expired'],
    ['read', { 'x-api-key': 'gone' }, 'unauthorized', 'revoked'],
    ['read', { ...BUSINESS, authorization: 'Bearer reader' }, 'unauthorized', 'another_key'],
    ['read', { ...BUSINESS, authorization: 'Bearer x' }, 'unauthorized', 'wrong'],
    ['update', { 'x-api-key': 'reader' }, 'forbidden', 'missing_scope'],
    ['ops-or-read', {}, 'unauthorized', 'missing'],
    ['ops-or-read', EVENT, 'unauthorized', 'wrong'],
    ['ops-or-read', { 'x-api-key': 'nothing' }, 'forbidden', 'missing_scope'],
  ])('%s with %j is refused as %s because it is %s', async (access, headers, code, why) => {
    expect(await decide(access, headers)).toMatchObject({
      ...{ access: 'none', error: { code }, refusals: [{ why }] },
    })
  })

  test.each<[RouteAccess, string, string]>([
    ['update', 'reader', 'The key "shop" has the scopes read; this needs the scope update'],
    ['keys', 'reader', 'The key "shop" has the scopes read; only BUSINESS_API_KEY may do this'],
    ['read', 'nothing', 'The key "empty" has the scopes none; this needs the scope read'],
  ])('%s with the key %s is told what the key lacks', async (access, key, message) => {
    const refused = await decide(access, { 'x-api-key': key })
    expect(refused).toMatchObject({ error: { message }, keyName: KEYS[key]?.name })
  })

  test.each<[RouteAccess, string]>([
    [
      'ops',
      'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.',
    ],
    ['read', 'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.'],
    [
      'ops-or-read',
      'Unauthorized. Provide CRON_SECRET as Authorization: Bearer, or a key with the scope read as X-Api-Key or as Authorization: Bearer.',
    ],
    ['event', 'Unauthorized. The event needs the credential of ANCHOR_PLATFORM_EVENT_AUTH.'],
  ])('%s without a credential is told which one it takes', async (access, message) => {
    expect(await decide(access)).toMatchObject({ error: { message }, keyName: null })
  })

  test('a key of several scopes is told all of them', async () => {
    const refused = await decide('update', { 'x-api-key': 'clerk' })
    const message = 'The key "clerk" has the scopes read, decide; this needs the scope update'
    expect(refused).toMatchObject({ error: { message } })
  })

  test('nobody holds a key of the business while none is configured, and operators are admitted', async () => {
    const rules = { ...RULES, business: { apiKey: null, previousApiKey: null } }
    expect(await decide('ops-or-read', BUSINESS, { rules })).toMatchObject({
      access: 'none',
      error: { code: 'unauthorized' },
      refusals: [{ credential: null, why: 'missing' }],
    })
    expect(await decide('ops-or-read', CRON, { rules })).toMatchObject({ access: 'full' })
  })

  test.each<[RouteAccess, Partial<AdmissionRules>, string]>([
    ['event', { events: null }, 'Events are not configured.'],
    ['read', { business: { apiKey: null, previousApiKey: ' ' } }, 'Transaction updates are not'],
  ])('nobody is admitted to %s while it is not configured', async (access, change, message) => {
    const headers = { ...BUSINESS, ...CRON }
    await expect(decide(access, headers, { rules: { ...RULES, ...change } })).rejects.toMatchObject(
      { code: 'configuration_invalid', message: expect.stringContaining(message) },
    )
  })
})

test.each<[RouteAccess, boolean]>([
  ['ops', false],
  ['public', false],
  ['public-or-ops', false],
  ['ops-or-read', false],
  ['event', false],
  ['session', false],
  ['read', true],
  ['update', true],
  ['keys', true],
])('a route with the access %s is for the business: %s', (access, expected) => {
  expect(isForBusiness(access)).toBe(expected)
})
