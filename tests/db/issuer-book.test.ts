import { describe, expect, test } from 'vitest'
import type { IssuerAccount } from '../../lib/anchors/issuers/issuer-account.ts'
import {
  type IssuerBook,
  openIssuerBook,
  openRunIssuers,
} from '../../lib/anchors/issuers/issuer-book.ts'
import { readIssuers, recordIssuers } from '../../lib/anchors/issuers/store.ts'
import { LedgerError } from '../../lib/ledger/source.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { useDatabase } from '../helpers/database.ts'

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(simulatedAccountId) as [
  string,
  string,
  string,
  string,
]
const shown = (account: string): IssuerAccount => ({
  ...{ account, homeDomain: 'a.example', flags: [], locked: false, missing: false },
  seenAt: '2026-01-01T00:00:00.000Z',
})

describe('the issuers that the checks of one run ask for', () => {
  const database = useDatabase()
  /** A book over a ledger that notes what it is asked for. */
  const open = (settings: { limit?: number; fails?: boolean; hangs?: boolean } = {}) => {
    const { limit = 10, fails = false, hangs = false } = settings
    const asked: (readonly string[])[] = []
    const warned: string[] = []
    const calls: string[] = []
    const io: Parameters<typeof openIssuerBook>[1] = {
      db: {
        call: (name, params) => {
          calls.push(name)
          return database.db.call(name, params)
        },
      },
      source: {
        limit,
        read: async (accounts) => {
          asked.push(accounts)
          if (fails) throw new LedgerError('ledger_unreachable', 'no answer')
          if (hangs) await new Promise(() => {})
          return accounts.map(shown)
        },
      },
      // The patience of a check ends only where the ledger hangs.
      sleep: (ms) => (ms < 1000 || hangs ? Promise.resolve() : new Promise(() => {})),
      log: (_level, event) => warned.push(event),
    }
    return { book: openIssuerBook('mainnet', io), io, asked, warned, calls }
  }
  const domains = async (book: IssuerBook, ...accounts: string[]) =>
    [...(await book.find(accounts)).values()].map(({ account, homeDomain }) => [
      account,
      homeDomain,
    ])

  test('are read from the database, and only the unknown ones from the ledger', async () => {
    await recordIssuers(database.db, { network: 'mainnet', accounts: [shown(A)] })
    const { book, asked } = open()
    expect(await domains(book, A, B)).toEqual([
      [A, 'a.example'],
      [B, 'a.example'],
    ])
    expect(asked).toEqual([[B]])
  })

  test('of a batch of checks take one call of the database before them and one behind them', async () => {
    const home = { ...shown(A), homeDomain: 'home.example' }
    await recordIssuers(database.db, { network: 'mainnet', accounts: [home, shown(B)] })
    const { io, asked, calls } = open()
    const stored = { domains: ['home.example'], accounts: [B] }
    const issuers = openRunIssuers('mainnet', io)
    await issuers.prepare(stored)
    expect(await domains(issuers, A, B)).toEqual([
      [A, 'home.example'],
      [B, 'a.example'],
    ])
    expect(asked).toEqual([])
    await issuers.find([C])
    await issuers.find([D])
    expect(asked).toEqual([[C], [D]])
    await issuers.keep()
    expect(calls).toEqual(['read_issuers', 'record_issuers'])
    const kept = await readIssuers(database.db, { network: 'mainnet', accounts: [C, D] })
    expect(kept).toHaveLength(2)
  })

  test('of a batch without anything new write nothing', async () => {
    const { io, calls } = open()
    const issuers = openRunIssuers('mainnet', io)
    await issuers.prepare({ domains: ['home.example'], accounts: [] })
    await issuers.keep()
    expect(calls).toEqual(['read_issuers'])
  })

  test('of checks that end close together are read together, each once', async () => {
    const { book, asked } = open()
    await Promise.all([book.find([A, B]), book.find([B, C]), book.find([A])])
    await book.find([A, C])
    expect(asked).toEqual([[A, B, C]])
  })

  test('are no more than the source allows in one run', async () => {
    const { book, asked } = open({ limit: 2 })
    await Promise.all([A, B, C].map((account) => book.find([account])))
    expect(await domains(book, C)).toEqual([])
    expect(asked).toEqual([[A, B]])
  })

  test('of a home domain with many issuers leave most of the ledger to the others', async () => {
    const { book, asked } = open({ limit: 10 })
    const many = Array.from({ length: 500 }, (_, at) => simulatedAccountId(`hostile ${at}`))
    const [, others] = await Promise.all([book.find(many), domains(book, A, B)])
    expect(others.map(([account]) => account)).toEqual([A, B])
    expect(asked).toEqual([[...many.slice(0, 2), A, B]])
  })

  test('are left out when the ledger fails or takes too long, and the check goes on', async () => {
    const failing = open({ fails: true })
    expect(await domains(failing.book, A)).toEqual([])
    expect(failing.warned).toEqual(['issuers_unread'])
    const hanging = open({ hangs: true })
    expect(await domains(hanging.book, B)).toEqual([])
  })

  test('are not stored for a check that stores nothing', async () => {
    const { book } = open()
    expect(await domains(book, A)).toEqual([[A, 'a.example']])
    expect(await readIssuers(database.db, { network: 'mainnet', accounts: [A] })).toEqual([])
  })
})
