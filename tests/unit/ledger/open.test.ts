import { expect, test } from 'vitest'
import { openLedger } from '../../../lib/ledger/open.ts'
import type { LedgerIo } from '../../../lib/ledger/request.ts'

const io: LedgerIo = {
  fetch: () => Promise.reject(new Error('nothing is asked')),
  sleep: async () => {},
  now: () => new Date(0),
}
const horizonUrl = 'https://horizon.sim'

test('the source that was chosen is opened, and nothing is asked before it is used', () => {
  expect(openLedger({ source: 'horizon', horizonUrl, rpcUrl: null }, io).name).toBe('horizon')
  expect(openLedger({ source: 'rpc', horizonUrl, rpcUrl: 'https://rpc.sim' }, io).name).toBe('rpc')
})

test('Stellar RPC without its URL is a fault of the configuration', () => {
  expect(() => openLedger({ source: 'rpc', horizonUrl, rpcUrl: null }, io)).toThrow(
    'STELLAR_RPC_URL is not set',
  )
})
