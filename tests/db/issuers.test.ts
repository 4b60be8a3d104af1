import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Capability } from '../../lib/anchors/check/capability.ts'
import type { IssuerAccount } from '../../lib/anchors/issuers/issuer-account.ts'
import { readDueIssuers, readIssuers, recordIssuers } from '../../lib/anchors/issuers/store.ts'
import { encodeStrKey } from '../../lib/stellar/strkey.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  capabilityOf,
  listingOf,
  mustFail,
  mustStart,
  okCheck,
  storeListings,
} from '../helpers/database-rows.ts'

const ONE = 'GAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDZ7H'
const TWO = 'GABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEJXA'
const THREE = 'GABQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQHGPC'
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

function accountOf(account: string, change: Partial<IssuerAccount> = {}): IssuerAccount {
  const seenAt = '2026-01-01T00:00:00.000Z'
  return {
    account,
    homeDomain: 'a.example',
    flags: ['auth_required'],
    locked: false,
    missing: false,
    seenAt,
    ...change,
  }
}

describe.each(databases())('issuers: $name', (kind) => {
  const database = useDatabase(kind)
  const network = 'mainnet'
  const record = (...accounts: IssuerAccount[]) => recordIssuers(database.db, { network, accounts })
  const read = (...accounts: string[]) => readIssuers(database.db, { network, accounts })
  const due = (limit = 10) =>
    readDueIssuers(database.db, { network, olderThanSeconds: 86_400, limit })

  async function check(domain: string, capability: Partial<Capability>): Promise<void> {
    const run = await mustStart(database.db)
    await callsOf(database, run).record(
      okCheck(domain, { check: { capability: { ...capabilityOf(), ...capability } } }),
    )
    await callsOf(database, run).finish()
  }

  describe('recorded accounts', () => {
    test('are read as they were recorded, and unknown ones are left out', async () => {
      expect(await record(accountOf(TWO), accountOf(ONE, { homeDomain: null }))).toEqual({
        recorded: 2,
      })
      expect(await read(TWO, ONE, THREE)).toEqual([
        { ...accountOf(ONE, { homeDomain: null }), tomlSha256: null, confirmedCodes: [] },
        { ...accountOf(TWO), tomlSha256: null, confirmedCodes: [] },
      ])
      expect(await readIssuers(database.db, { network: 'testnet', accounts: [ONE] })).toEqual([])
    })

    test('are replaced by a later sight and not by an earlier one', async () => {
      await record(accountOf(ONE))
      const later = { homeDomain: 'b.example', seenAt: '2026-01-02T00:00:00.000Z' }
      expect(await record(accountOf(ONE, later))).toEqual({ recorded: 1 })
      expect(await record(accountOf(ONE))).toEqual({ recorded: 0 })
      expect(await read(ONE)).toMatchObject([later])
    })

    test('keep their flags when a list of assets shows the home domain alone', async () => {
      await record(accountOf(ONE, { locked: true }))
      const seenAt = '2026-01-02T00:00:00.000Z'
      await record(accountOf(ONE, { flags: null, locked: null, homeDomain: 'b.example', seenAt }))
      const kept = { flags: ['auth_required'], locked: true, homeDomain: 'b.example', seenAt }
      expect(await read(ONE)).toMatchObject([kept])
    })

    test('lose everything when they are missing', async () => {
      await record(accountOf(ONE))
      const gone = { homeDomain: null, flags: null, locked: null, missing: true }
      await record(accountOf(ONE, { ...gone, seenAt: '2026-01-02T00:00:00.000Z' }))
      expect(await read(ONE)).toMatchObject([gone])
    })

    test('are never dated in the future', async () => {
      await record(accountOf(ONE, { seenAt: '2099-01-01T00:00:00.000Z' }))
      const [stored] = await read(ONE)
      expect(Date.parse(stored?.seenAt ?? '')).toBeLessThanOrEqual(Date.now() + 60_000)
    })

    test('are one row each, whatever one call names twice', async () => {
      const newer = accountOf(ONE, { homeDomain: 'b.example', seenAt: '2026-01-02T00:00:00.000Z' })
      expect(await record(accountOf(ONE), newer)).toEqual({ recorded: 1 })
      expect(await read(ONE)).toMatchObject([{ homeDomain: 'b.example' }])
    })

    test('are refused whole when one of them is no account or names an unknown flag', async () => {
      await mustFail(record(accountOf(ONE), accountOf('GABC')), 'database_unavailable')
      const flags = ['auth_everything'] as unknown as IssuerAccount['flags']
      await mustFail(record(accountOf(ONE, { flags })), 'database_unavailable')
      expect(await read(ONE)).toEqual([])
    })
  })

  test('an account comes with what the stellar.toml of its home domain says of it', async () => {
    await storeListings(database.db, [listingOf('a.example')])
    const toml = { ...capabilityOf().toml, sha256: 'aa' }
    await check('a.example', {
      toml,
      currencies: [
        { code: 'USDC', issuer: ONE },
        { code: 'EURC', issuer: ONE },
        { code: 'ARS', issuer: TWO },
      ],
    })
    await record(accountOf(ONE), accountOf(THREE))
    expect(await read(ONE, THREE)).toMatchObject([
      { account: ONE, tomlSha256: 'aa', confirmedCodes: ['EURC', 'USDC'] },
      { account: THREE, tomlSha256: 'aa', confirmedCodes: [] },
    ])
  })

  describe('due issuers', () => {
    beforeEach(async () => {
      await storeListings(database.db, [listingOf('a.example'), listingOf('b.example')])
      const currencies = [ONE, TWO, THREE, ONE].map((issuer, at) => ({ code: `A${at}`, issuer }))
      await check('a.example', { currencies: [...currencies, { code: 'XLM' }] })
      await check('b.example', { currencies: [{ code: 'A', issuer: TWO }] })
    })

    test('are those that listed home domains name, never seen ones first, then the longest unseen', async () => {
      expect(await due()).toEqual({ accounts: [ONE, TWO, THREE], due: 3 })
      await record(
        accountOf(ONE, { seenAt: hoursAgo(25) }),
        accountOf(TWO, { seenAt: hoursAgo(26) }),
      )
      expect(await due()).toEqual({ accounts: [THREE, TWO, ONE], due: 3 })
      expect(await due(2)).toEqual({ accounts: [THREE, TWO], due: 3 })
    })

    test('take turns by home domain, and known ones are not starved by those never seen', async () => {
      const many = Array.from({ length: 300 }, (_, at) =>
        encodeStrKey(createHash('sha256').update(`${at}`).digest(), 'account'),
      )
      await check('a.example', { currencies: many.map((issuer) => ({ code: 'A', issuer })) })
      await check('b.example', {
        currencies: [ONE, TWO, THREE].map((issuer) => ({ code: 'B', issuer })),
      })
      const seen = [ONE, TWO, THREE].map((account, at) =>
        accountOf(account, { seenAt: hoursAgo(27 - at) }),
      )
      await record(...seen)
      const { accounts, due: count } = await due(6)
      expect(count).toBe(303)
      expect(accounts.filter((account) => many.includes(account))).toHaveLength(3)
      expect(accounts.filter((account) => !many.includes(account))).toEqual([ONE, TWO, THREE])
    })

    test('of home domains with one issuer each alternate between known ones and those never seen', async () => {
      const domains = ['c', 'd', 'e', 'f'].map((name) => `${name}.example`)
      await storeListings(
        database.db,
        domains.map((domain) => listingOf(domain)),
      )
      const fresh = domains.map((domain) =>
        encodeStrKey(createHash('sha256').update(domain).digest(), 'account'),
      )
      for (const [at, domain] of domains.entries()) {
        await check(domain, { currencies: [{ code: 'A', issuer: fresh[at] ?? '' }] })
      }
      await record(accountOf(TWO, { seenAt: hoursAgo(26) }))
      const { accounts } = await due(4)
      expect(accounts).toContain(TWO)
    })

    test('are not those that were seen within the day', async () => {
      await record(
        accountOf(ONE, { seenAt: hoursAgo(23) }),
        accountOf(TWO, { seenAt: hoursAgo(25) }),
      )
      expect(await due()).toEqual({ accounts: [THREE, TWO], due: 2 })
    })

    test('are not those of home domains without an active listing', async () => {
      await database.query(
        `update anchor_ops.listing set active = false where domain = 'a.example'`,
      )
      expect(await due()).toEqual({ accounts: [TWO], due: 1 })
      const wanted = { network: 'testnet', olderThanSeconds: 86_400, limit: 10 } as const
      expect(await readDueIssuers(database.db, wanted)).toEqual({ accounts: [], due: 0 })
    })
  })
})
