import { expect, test } from 'vitest'
import { openLedger } from '../../../lib/ledger/open.ts'
import type { LedgerIo } from '../../../lib/ledger/request.ts'

const io: LedgerIo = {
  fetch: () => Promise.reject(new Error('a request was sent')),
  sleep: async () => {},
  now: () => new Date(0),
}
const horizonUrl = 'https://horizon.sim'
const rpcUrl = 'https://rpc.sim'

test('the configured source is opened without a request', () => {
  const horizon = { source: 'horizon', horizonUrl, sideUrl: horizonUrl, rpcUrl: null } as const
  expect(openLedger(horizon, io).name).toBe('horizon')
  expect(openLedger({ ...horizon, source: 'rpc', rpcUrl }, io).name).toBe('rpc')
})

test('claimable balances are seen by Horizon, and without a Horizon nobody sees them', () => {
  const rpc = { source: 'rpc', horizonUrl, sideUrl: null, rpcUrl } as const
  expect(openLedger({ ...rpc, source: 'horizon' }, io).aside).not.toBeNull()
  expect(openLedger({ ...rpc, sideUrl: horizonUrl }, io).aside).not.toBeNull()
  expect(openLedger(rpc, io).aside).toBeNull()
})

test('Stellar RPC without its URL is refused as a fault of the configuration', () => {
  const rpc = { source: 'rpc', horizonUrl, sideUrl: null, rpcUrl: null } as const
  expect(() => openLedger(rpc, io)).toThrow('STELLAR_RPC_URL is not set')
})
