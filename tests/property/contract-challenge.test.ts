import { Keypair, Networks, xdr } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeEntries } from '../../lib/anchors/check/web-auth/contract-challenge.ts'
import { readEntries } from '../../lib/anchors/check/web-auth/entries.ts'
import { HOME_DOMAIN, SERVER } from '../helpers/challenges.ts'
import {
  buildEntries,
  CONTRACT_CLIENT,
  CONTRACT_ENDPOINT,
  REFERENCE_CONTRACT,
} from '../helpers/contract-challenges.ts'

const COUNT_BYTES = 4
/** The client's own nonce and last ledger, behind the count, the type of the credentials and the address. */
const FREE_FROM = COUNT_BYTES + 4 + 36
const FREE_TO = FREE_FROM + 12

function judge(entries: string) {
  return judgeEntries(
    JSON.stringify({ authorization_entries: entries, network_passphrase: Networks.TESTNET }),
    {
      network: 'testnet',
      signingKey: SERVER.publicKey(),
      contractId: REFERENCE_CONTRACT,
      homeDomain: HOME_DOMAIN,
      endpoint: CONTRACT_ENDPOINT,
      account: CONTRACT_CLIENT,
    },
  )
}

/** The entries as the SDK reads them; null where it refuses them. The length of each is what it writes back. */
function readBySdk(bytes: Buffer): xdr.SorobanAuthorizationEntry[] | null {
  const boundary = [...bytes.keys()].filter((at) => at > COUNT_BYTES && at % 4 === 0)
  for (const at of boundary) {
    try {
      const parts = [bytes.subarray(COUNT_BYTES, at), bytes.subarray(at)]
      return parts.map((part) => xdr.SorobanAuthorizationEntry.fromXdr(part))
    } catch {
      // The first entry ends elsewhere.
    }
  }
  return null
}

function functionNameOf({ rootInvocation: { function: of } }: xdr.SorobanAuthorizationEntry) {
  const isCall = of.type === 'sorobanAuthorizedFunctionTypeContractFn'
  return isCall ? String(of.contractFn.functionName) : null
}

const flips = fc.array(fc.tuple(fc.nat(5_000), fc.nat(7)), { minLength: 1, maxLength: 2 })

function flipped(original: Buffer, all: [number, number][]): Buffer {
  const bytes = Buffer.from(original)
  for (const [at, bit] of all) {
    const place = at % bytes.length
    bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
  }
  return bytes
}

test.each(['address', 'addressV2'] as const)(
  '10,000 challenges with flipped bits (%s) are refused, but where the bits are the client’s own',
  async (credentials) => {
    const original = Buffer.from(await buildEntries({ credentials }), 'base64')
    fc.assert(
      fc.property(flips, (all) => {
        const bytes = flipped(original, all)
        const { step, refuted } = judge(bytes.toString('base64'))
        const isFree = [...bytes.keys()].every(
          (at) => bytes[at] === original[at] || (at >= FREE_FROM && at < FREE_TO),
        )
        expect(step === 'verified').toBe(isFree)
        if (isFree) expect(refuted).toEqual([])
      }),
      { numRuns: 10_000 },
    )
  },
)

test('entries with flipped bits that are read are read by the SDK too, and say the same', async () => {
  const original = Buffer.from(await buildEntries(), 'base64')
  fc.assert(
    fc.property(flips, (all) => {
      const bytes = flipped(original, all)
      const own = readEntries(bytes.toString('base64'))
      if (own.kind !== 'entries' || own.entries.length !== 2) return
      const sdk = readBySdk(bytes)
      expect(sdk).not.toBeNull()
      // The SDK reads a name as UTF-8.
      const names = own.entries.map(({ functionName }) => Buffer.from(functionName, 'latin1'))
      expect(names.map(String)).toEqual(sdk?.map(functionNameOf))
    }),
    { numRuns: 300 },
  )
})

test('any text or JSON in place of an answer is judged without an error', () => {
  const answers = fc.oneof(
    fc.json(),
    fc.string(),
    fc.base64String().map((text) => JSON.stringify({ authorization_entries: text })),
    fc.json().map((json) => `{"authorizationEntries":${json}}`),
  )
  const expected = {
    network: 'mainnet',
    homeDomain: HOME_DOMAIN,
    endpoint: CONTRACT_ENDPOINT,
  } as const
  fc.assert(
    fc.property(answers, (text) => {
      const ids = { contractId: REFERENCE_CONTRACT, account: CONTRACT_CLIENT }
      const signingKey = Keypair.random().publicKey()
      const judgement = judgeEntries(text, { ...expected, ...ids, signingKey })
      expect(['declared', 'reachable']).toContain(judgement.step)
      expect(judgement.findings.length).toBeGreaterThan(0)
    }),
    { numRuns: 2_000 },
  )
})
