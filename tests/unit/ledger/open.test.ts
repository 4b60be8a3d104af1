import { expect, test } from 'vitest'
import { openLedger } from '../../../lib/ledger/open.ts'
import type { LedgerIo } from '../../../lib/ledger/request.ts'

const io: LedgerIo = {
  fetch: () => Promise.reject(new Error('a request was sent')),
  sleep: async () => {},
  now: () => new Date(0),
}
const horizonUrl = 'https://horizon.sim'

test('the configured source is opened without a request', () => {
  expect(openLedger({ source: 'horizon', horizonUrl, rpcUrl: null }, io).name).toBe('horizon')
  expect(openLedger({ source: 'rpc', horizonUrl, rpcUrl: 'https://rpc.sim' }, io).name).toBe('rpc')
})

test('Stellar RPC without its URL is refused as a fault of the configuration', () => {
  expect(() => openLedger({ source: 'rpc', horizonUrl, rpcUrl: null }, io)).toThrow(
    'STELLAR_RPC_URL is not set',
  )
})
