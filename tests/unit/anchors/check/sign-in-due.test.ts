import { describe, expect, test } from 'vitest'
import type { Capability } from '../../../../lib/anchors/check/capability.ts'
import {
  type Check,
  type CheckOptions,
  checkHomeDomain,
} from '../../../../lib/anchors/check/check.ts'
import { createSignInKey } from '../../../../lib/anchors/check/web-auth/sign-in-key.ts'
import type {
  FetchAnswer,
  FetchRequest,
  FetchUntrusted,
} from '../../../../lib/net/fetch-untrusted.ts'
import { REPLAYED_HOST, replaySetting } from '../../../helpers/anchor-platform/replayed-setting.ts'
import { CLIENT } from '../../../helpers/challenges.ts'

const NOON = Date.parse('2026-11-28T12:00:00Z')
const REALS = { id: 'reals', country: 'BR', currency: 'BRL', type: 'off-ramp' as const }
const DIRECTORY = { ...REALS, source: 'directory', active: true }
const LISTED = [DIRECTORY]
const OPTIONS: Omit<CheckOptions, 'previous'> = {
  ...{ network: 'testnet', maxAgeHours: 72, listings: LISTED },
  trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
  issuers: { find: async () => new Map() },
  signIn: { key: createSignInKey(CLIENT.secret()), isTimeLeft: () => true },
}

interface Step {
  /** Hours after noon. */
  hour: number
  setting?: string
  options?: Partial<CheckOptions>
  /** Changes what the server answers. */
  change?: (url: URL, request: FetchRequest) => Partial<FetchAnswer> | undefined
}

interface Played {
  check: Check
  /** The requests that show a sign-in: the signed challenge, and what was asked with the token. */
  signedIn: string[]
}

/** Checks a replayed server at these times, each check with what the last one left. */
async function play(steps: readonly Step[]): Promise<Played[]> {
  const played: Played[] = []
  let previous: Capability | null = null
  for (const { hour, setting = 'default', options, change } of steps) {
    const now = new Date(NOON + hour * 3_600_000)
    const signedIn: string[] = []
    const server = replaySetting({ setting, homeDomain: REPLAYED_HOST, now })
    const fetch: FetchUntrusted = async (text, request) => {
      const url = new URL(text)
      if (request.json !== undefined) signedIn.push('POST')
      if (request.bearer !== undefined) signedIn.push(url.pathname.replace(/[0-9a-f-]{36}/, 'id'))
      const changed = change?.(url, request)
      const answer = await server(text, request)
      return { ...answer, ...changed }
    }
    const check: Check = await checkHomeDomain(
      REPLAYED_HOST,
      { ...OPTIONS, previous, ...options },
      { fetch, now: () => now },
    )
    if (check.cause !== undefined) throw check.cause
    previous = check.capability
    played.push({ check, signedIn: signedIn.sort() })
  }
  return played
}

const READS = ['/sep12/customer', '/sep24/transactions', '/sep31/transactions/id']
const WHOLE = ['/sep6/transactions', ...READS, 'POST'].sort()

describe('a check signs in', () => {
  test('once a day, with 23 hours between', async () => {
    const hours = [0, 1, 22.9, 23, 24, 47]
    const played = await play(hours.map((hour) => ({ hour })))
    const counts = played.map(({ signedIn }) => signedIn.length)
    expect(counts).toEqual([5, 0, 0, 5, 0, 5])
    expect(played[0]?.signedIn).toEqual(WHOLE)
    const dates = played.map(({ check }) => check.capability?.signedInAt?.slice(8, 16))
    expect(dates).toEqual([...Array(3).fill('28T12:00'), ...Array(2).fill('29T11:00'), '30T11:00'])
  })

  test.each(['database-refuse', 'business-customer-cut', 'ledger-hang'])(
    'again after an hour in the setting %s, and daily once it is well',
    async (setting) => {
      const bad = [0, 0.9, 1, 2].map((hour) => ({ hour, setting }))
      const well = [3, 4, 25, 26].map((hour) => ({ hour }))
      const played = await play([...bad, ...well])
      const signedIn = played.map((one) => one.signedIn.includes('POST'))
      expect(signedIn).toEqual([true, false, true, true, true, false, false, true])
      const failures = played.map(({ check }) => check.capability?.sep.sep31.signedIn?.failures)
      expect(failures).toEqual([1, 1, 2, 3, 0, 0, 0, 0])
    },
  )

  test.each(['database-refuse', 'business-customer-cut'])(
    'and what two failures said in the setting %s ends after 72 hours when sign-ins are switched off',
    async (setting) => {
      const options = { signIn: null }
      const played = await play([
        ...[0, 1].map((hour) => ({ hour, setting })),
        ...[2, 72, 74].map((hour) => ({ hour, options })),
      ])
      const served = played.map(({ check }) => check.listings?.[0]?.operational)
      expect(served.slice(0, 2)).toEqual([true, false])
      expect(served.at(-1)).toBe(true)
    },
  )

  test.each<[string, Partial<CheckOptions>]>([
    ['it is switched off', { signIn: null }],
    ['no time is left', { signIn: { key: createSignInKey(null), isTimeLeft: () => false } }],
    ['nobody lists the anchor', { listings: [] }],
    ['only Horizon names it', { listings: [{ ...DIRECTORY, source: 'horizon:assets' }] }],
    ['its listings are not active', { listings: [{ ...DIRECTORY, active: false }] }],
    [
      'only the listing of Horizon is active',
      {
        listings: [
          { ...DIRECTORY, active: false },
          { ...DIRECTORY, id: 'horizon', source: 'horizon:assets' },
        ],
      },
    ],
  ])('never where %s', async (_, options) => {
    const [only] = await play([{ hour: 0, options }])
    expect(only?.check.capability?.sep.sep10.step).toBe('verified')
    expect(only?.signedIn).toEqual([])
  })

  test('beside the other requests: a SEP-6 without an answer holds up its own list alone', async () => {
    const isGiven = Promise.withResolvers<void>()
    const isListed = Promise.withResolvers<void>()
    const asked: string[] = []
    const now = new Date(NOON)
    const server = replaySetting({ setting: 'default', homeDomain: REPLAYED_HOST, now })
    const fetch: FetchUntrusted = async (text, request) => {
      const { pathname } = new URL(text)
      if (request.bearer !== undefined) asked.push(pathname)
      if (pathname === '/sep24/transactions') isListed.resolve()
      if (pathname === '/sep6/info') await isGiven.promise
      return server(text, request)
    }
    const check = checkHomeDomain(
      REPLAYED_HOST,
      { ...OPTIONS, previous: null },
      { fetch, now: () => now },
    )
    await isListed.promise
    expect(asked).not.toContain('/sep6/transactions')
    isGiven.resolve()
    expect((await check).capability?.sep.sep6.signedIn?.outcome).toBe('ok')
    expect(asked).toContain('/sep6/transactions')
  })

  test('where a directory lists the anchor beside Horizon', async () => {
    const listings = [{ ...DIRECTORY, id: 'horizon', source: 'horizon:assets' }, ...LISTED]
    const [only] = await play([{ hour: 0, options: { listings } }])
    expect(only?.signedIn).toEqual(WHOLE)
  })

  test.each(['attribution', 'header', 'wildcard', 'sep10-off', 'public', 'sep1-off'])(
    'never without a challenge that passed every check, as in the setting %s',
    async (setting) => {
      expect((await play([{ hour: 0, setting }]))[0]?.signedIn).toEqual([])
    },
  )
})

test('no check shows the token, the signed challenge or the account that signs in', async () => {
  let token = ''
  let challenge = ''
  const echo = (url: URL, request: FetchRequest): Partial<FetchAnswer> | undefined => {
    const { bearer, json } = request
    if (json !== undefined) challenge = JSON.parse(json).transaction
    if (bearer === undefined) return undefined
    token = bearer
    const said = `${bearer} ${url} ${CLIENT.publicKey()}`
    const method = [{ name: said, description: said }]
    const assets = [
      { asset: 'stellar:native' },
      { asset: 'iso4217:USD', buy_delivery_methods: method },
    ]
    if (url.pathname.endsWith('/info')) return { status: 200, text: JSON.stringify({ assets }) }
    return { status: 500, text: JSON.stringify({ error: said }), contentType: said }
  }
  const [only] = await play([{ hour: 0, setting: 'sep38-protected', change: echo }])
  expect(only?.check.capability?.sep.sep24.signedIn?.outcome).toBe('failing')
  expect(only?.check.capability?.sep.sep38.quotes).toHaveLength(2)
  const shown = JSON.stringify(only?.check)
  for (const secret of [token, challenge, CLIENT.publicKey(), CLIENT.secret()]) {
    expect(secret).not.toBe('')
    expect(shown).not.toContain(secret)
  }
})

describe('the quotes of a server that refuses strangers', () => {
  const hasReals = ({ check }: Played) => check.listings?.[0]?.operational
  const setting = 'sep38-protected'

  test('are read with the token, and last until the next sign-in', async () => {
    const played = await play([0, 1, 22, 24].map((hour) => ({ hour, setting })))
    expect(played.map(hasReals)).toEqual([true, true, true, true])
    expect(played.map(({ signedIn }) => signedIn.includes('/sep38/prices'))).toEqual([
      ...[true, false, false, true],
    ])
    const steps = played.map(({ check }) => check.capability?.sep.sep38)
    expect(steps).toMatchObject([
      { step: 'verified', protected: true },
      { step: 'conformant', protected: true, kept: true },
      { step: 'conformant', protected: true, kept: true },
      { step: 'verified', protected: true },
    ])
  })

  test('last 72 hours where no sign-in follows', async () => {
    const options = { signIn: null }
    const later = [24, 72, 73].map((hour) => ({ hour, setting, options }))
    const played = await play([{ hour: 0, setting }, ...later])
    expect(played.map(hasReals)).toEqual([true, true, true, false])
    expect(played.at(-1)?.check.capability?.sep.sep38).toMatchObject({ step: 'reachable' })
  })

  test.each<[string, Partial<FetchAnswer>, object]>([
    [
      'refuses',
      { status: 403, text: '{"error":"forbidden"}' },
      { step: 'reachable', protected: true },
    ],
    [
      'has nothing for',
      { status: 404, text: '{"error":"No static resource."}' },
      { step: 'declared' },
    ],
  ])('end where the server %s somebody signed in', async (_, answer, sep38) => {
    const change = ({ pathname }: URL, { bearer }: FetchRequest) =>
      bearer !== undefined && pathname === '/sep38/info' ? answer : undefined
    const played = await play([
      { hour: 0, setting },
      { hour: 23, setting, change },
    ])
    expect(played.map(hasReals)).toEqual([true, false])
    expect(played[1]?.check.capability?.sep.sep38).toMatchObject(sep38)
    expect(played[1]?.check.capability?.sep.sep38.quotes).toBeUndefined()
  })

  test('stay where the server did not answer somebody signed in', async () => {
    const change = ({ pathname }: URL, { bearer }: FetchRequest) =>
      bearer !== undefined && pathname === '/sep38/info' ? { status: 503, text: '' } : undefined
    const played = await play([
      { hour: 0, setting },
      { hour: 23, setting, change },
    ])
    expect(played.map(hasReals)).toEqual([true, true])
  })

  test('without prices twice in a row take the listings out of operation', async () => {
    const change = ({ pathname }: URL, { bearer }: FetchRequest) =>
      bearer !== undefined && pathname === '/sep38/prices'
        ? { status: 502, text: '{"error":"service not available"}' }
        : undefined
    const played = await play(
      [0, 23, 24].map((hour) => ({ hour, setting, ...(hour ? { change } : {}) })),
    )
    expect(played.map(hasReals)).toEqual([true, true, false])
    expect(played[2]?.check.listings?.[0]?.why).toContain('sep24_failing')
  })
})
