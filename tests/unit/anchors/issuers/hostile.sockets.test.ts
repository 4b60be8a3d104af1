import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openIssuerSource } from '../../../../lib/anchors/issuers/read-issuers.ts'
import { LedgerError } from '../../../../lib/ledger/source.ts'
import { createFetchUntrusted, type FetchUntrusted } from '../../../../lib/net/fetch-untrusted.ts'
import { simulatedAccountId } from '../../../../local/world/simulated-keys.ts'
import { HOSTILE_ANSWERS, type HostileAnswer } from '../../../helpers/hostile-answers.ts'
import { type HttpsWorld, startHttpsWorld } from '../../../helpers/https-world.ts'

const PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const ISSUER = simulatedAccountId('issuer')
const LEDGERS = {
  horizon: { rpcUrl: null, horizonUrl: 'https://ledger.sim/' },
  rpc: { rpcUrl: 'https://ledger.sim/rpc', horizonUrl: 'https://ledger.sim/' },
}

/** Each request to a ledger: who is asked, and what the request names. */
const REQUESTS = {
  'the network of Horizon': ['horizon', 'GET /'],
  'an account of Horizon': ['horizon', `GET /accounts/${ISSUER}`],
  'the network of Stellar RPC': ['rpc', 'getNetwork'],
  'accounts of Stellar RPC': ['rpc', 'getLedgerEntries'],
} as const
type RequestName = keyof typeof REQUESTS

let world: HttpsWorld
let hostile: { name: string; answer: HostileAnswer }

beforeAll(async () => {
  world = await startHttpsWorld({
    'ledger.sim': (request, response) => void serve(request, response),
    'ops.ours.sim': (_request, response) => response.end('{}'),
  })
})
afterAll(() => world.close())

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request) body += chunk
  const call = body === '' ? null : JSON.parse(body)
  const name = call?.method ?? `${request.method} ${request.url}`
  if (name === hostile.name) return hostile.answer(response)
  const good =
    call === null
      ? { network_passphrase: PASSPHRASE }
      : { jsonrpc: '2.0', id: call.id, result: { passphrase: PASSPHRASE, entries: [] } }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(good))
}

/** Reads one issuer. @returns the accounts, or the code of the error; a request waits 100 ms in place of 15 s */
async function read(ledger: keyof typeof LEDGERS, isSilent: boolean): Promise<unknown> {
  const guarded = createFetchUntrusted({ ...world.policy, denyHosts: ['ours.sim'] })
  const fetch: FetchUntrusted = (url, request) =>
    guarded.fetch(url, isSilent ? { ...request, timeoutMs: 100 } : request)
  const io = { fetch, now: () => new Date(), sleep: async () => {} }
  try {
    const source = openIssuerSource(LEDGERS[ledger], io, new AbortController().signal)
    return await source.read([ISSUER], PASSPHRASE)
  } catch (error) {
    if (error instanceof LedgerError) return error.code
    throw error
  } finally {
    await guarded.close()
  }
}

const CASES = Object.keys(REQUESTS).flatMap((request) =>
  Object.keys(HOSTILE_ANSWERS).map((name) => [request as RequestName, name] as const),
)

describe('a hostile ledger makes no issuer missing, and its fault has a code', () => {
  test.each(CASES)('%s: %s', async (request, name) => {
    const [ledger, asked] = REQUESTS[request]
    const { answer, told } = HOSTILE_ANSWERS[name] as (typeof HOSTILE_ANSWERS)[string]
    hostile = { name: asked, answer }
    const result = await read(ledger, told.open === 'timeout')
    if (request.startsWith('the network')) {
      expect(result).toMatch(/^ledger_(?:unreachable|unreadable|rate_limited)$/)
    } else expect(result).toEqual([])
    expect(world.requests.filter((url) => url.startsWith('ops.ours.sim'))).toEqual([])
  })
})
