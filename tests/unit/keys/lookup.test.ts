import { describe, expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import { AppError } from '../../../lib/errors.ts'
import { createKeyLookup } from '../../../lib/keys/lookup.ts'
import { hashOfSecret, makeSecret } from '../../../lib/keys/secret.ts'

const keyOf = (name: string) => ({
  name,
  scopes: ['read'],
  createdBy: 'BUSINESS_API_KEY',
  createdAt: '2026-11-20T12:00:00.000Z',
  expiresAt: null,
  revokedBy: null,
  revokedAt: null,
  state: 'usable',
})

function world() {
  const stored = new Map<string, ReturnType<typeof keyOf>>()
  const calls: string[] = []
  const clock = { ms: 0 }
  const state: { hold: Promise<void> | null; failure: Error | null } = { hold: null, failure: null }
  const db: Database = {
    call: async <T>(name: string, args: object) => {
      calls.push(name)
      await state.hold
      if (state.failure !== null) throw state.failure
      if (name === 'read_key_hashes') return { hashes: [...stored.keys()] } as T
      return (stored.get((args as { secretSha256: string }).secretSha256) ?? null) as T
    },
  }
  const make = (name: string) => {
    const secret = makeSecret()
    stored.set(hashOfSecret(secret), keyOf(name))
    return secret
  }
  return { stored, calls, clock, state, make, find: createKeyLookup(db, () => clock.ms) }
}

const wrongKeys = (count: number) => Array.from({ length: count }, makeSecret)

describe('the lookup of named keys', () => {
  test.each([
    ['an empty text', ''],
    ['a word', 'wrong'],
    ['the prefix', 'aok_'],
    ['a character too few', makeSecret().slice(0, -1)],
    ['a character too many', `${makeSecret()}A`],
    ['another prefix', makeSecret().replace('aok_', 'sk__')],
    ['another character', `${makeSecret().slice(0, -1)}+`],
    ['a line break at the end', `${makeSecret()}\n`],
    ['a key twice', `${makeSecret()}, ${makeSecret()}`],
    ['a megabyte', `aok_${'A'.repeat(1_000_000)}`],
  ])('refuses %s without a look at the database', async (_, text) => {
    const { find, calls } = world()
    expect(await find(text)).toBeNull()
    expect(calls).toEqual([])
  })

  test('reads a known key at each call, and the hashes once', async () => {
    const { find, calls, make, stored } = world()
    const secret = make('one')
    expect(await find(secret)).toMatchObject({ name: 'one', state: 'usable' })
    stored.set(hashOfSecret(secret), { ...keyOf('one'), state: 'revoked' })
    expect(await find(secret)).toMatchObject({ state: 'revoked' })
    expect(calls).toEqual(['read_key_hashes', 'find_key', 'find_key'])
  })

  test('finds a key that was made after the last reading', async () => {
    const { find, make } = world()
    expect(await find(makeSecret())).toBeNull()
    expect(await find(make('new'))).toMatchObject({ name: 'new' })
  })

  test('reads at most 10 times in a second for 1,000 wrong keys, at once or one after another', async () => {
    const { find, calls, clock } = world()
    const found = await Promise.all(wrongKeys(1_000).map(find))
    expect(found).toEqual(Array(1_000).fill(null))
    expect(calls).toEqual(Array(10).fill('read_key_hashes'))
    clock.ms = 999
    for (const key of wrongKeys(20)) await find(key)
    expect(calls).toHaveLength(10)
    clock.ms = 1_000
    for (const key of wrongKeys(20)) await find(key)
    expect(calls).toHaveLength(20)
  })

  test('finds a right key in a flood of wrong ones, on an instance that knows no key yet', async () => {
    const { find, make } = world()
    const right = make('right')
    const found = await Promise.all([...wrongKeys(100), right].map(find))
    expect(found.at(-1)).toMatchObject({ name: 'right' })
  })

  test('finds a key that was made during a flood in the next second', async () => {
    const { find, make, clock } = world()
    await Promise.all(wrongKeys(100).map(find))
    const late = make('late')
    expect(await find(late)).toBeNull()
    clock.ms = 1_000
    expect(await find(late)).toMatchObject({ name: 'late' })
  })

  test('fails if the hashes cannot be read, and works again when they can', async () => {
    const { find, make, state } = world()
    const secret = make('one')
    state.failure = new AppError('database_unavailable', 'away')
    await expect(find(secret)).rejects.toMatchObject({ code: 'database_unavailable' })
    state.failure = null
    expect(await find(secret)).toMatchObject({ name: 'one' })
  })

  test('a flood while the database is away fails 10 times in a second, and is refused otherwise', async () => {
    const { find, state } = world()
    state.failure = new AppError('database_unavailable', 'away')
    const ends = await Promise.allSettled(wrongKeys(100).map(find))
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(10)
  })
})
