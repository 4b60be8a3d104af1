import { expect, test } from 'vitest'
import { missingAccount } from '../../../../lib/anchors/issuers/issuer-account.ts'
import type { IssuerSource } from '../../../../lib/anchors/issuers/read-issuers.ts'
import { refreshIssuers } from '../../../../lib/anchors/issuers/refresh-issuers.ts'
import type { Database } from '../../../../lib/db/client.ts'
import { LedgerError } from '../../../../lib/ledger/source.ts'

const SEEN = '2026-11-28T10:00:00.000Z'

function refresh(due: { accounts: string[]; due: number }, read: IssuerSource['read']) {
  const calls: [string, unknown][] = []
  const logged: string[] = []
  const db: Database = {
    call: async <T>(name: string, params: unknown) => {
      calls.push([name, params])
      return (name === 'read_due_issuers' ? due : { recorded: 1 }) as T
    },
  }
  const log = (_: string, event: string) => {
    logged.push(event)
  }
  const run = refreshIssuers('mainnet', { db, source: { limit: 50, read }, log })
  return { run, calls, logged }
}

test('the issuers that are due are read from the ledger of the network and stored', async () => {
  const account = missingAccount('GA', SEEN)
  const { run, calls } = refresh({ accounts: ['GA', 'GB'], due: 7 }, async (accounts, network) => {
    expect([accounts, network]).toEqual([
      ['GA', 'GB'],
      'Public Global Stellar Network ; September 2015',
    ])
    return [account]
  })
  expect(await run).toEqual({ recorded: 1, due: 6 })
  expect(calls).toEqual([
    ['read_due_issuers', { network: 'mainnet', olderThanSeconds: 86_400, limit: 50 }],
    ['record_issuers', { network: 'mainnet', accounts: [account] }],
  ])
})

test('the ledger is not asked when no issuer is due', async () => {
  const { run } = refresh({ accounts: [], due: 0 }, async () => {
    throw new Error('asked')
  })
  expect(await run).toEqual({ recorded: 0, due: 0 })
})

test('a ledger that does not answer leaves what is stored, and a fault of our own is thrown', async () => {
  const due = { accounts: ['GA'], due: 1 }
  const unread = refresh(due, async () => {
    throw new LedgerError('ledger_unreachable', 'no answer')
  })
  expect(await unread.run).toEqual({ recorded: 0, due: 1 })
  expect(unread.logged).toEqual(['issuers_unread'])
  expect(unread.calls).toHaveLength(1)
  const ours = refresh(due, async () => {
    throw new TypeError('ours')
  })
  await expect(ours.run).rejects.toThrow('ours')
})
