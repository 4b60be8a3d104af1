import { Keypair } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { openIssuerSource } from '../../../../lib/anchors/issuers/read-issuers.ts'
import { ACCOUNT_ENTRY, keyOf } from '../../../../lib/ledger/stellar-rpc/account.ts'
import { decodeStrKey } from '../../../../lib/stellar/strkey.ts'
import { xdrOpaque, xdrUint32 } from '../../../../lib/stellar/xdr.ts'
import { type ScriptedAnswer, scriptedIo } from '../../ledger/scripted-io.ts'

const PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const SEEN = '2026-11-21T12:00:00.000Z'
const [ONE = '', TWO = '', THREE = ''] = accountsOf(3)

function accountsOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const seed = Buffer.alloc(32)
    seed.writeUInt32BE(at + 1)
    return Keypair.fromRawEd25519Seed(seed).publicKey()
  })
}

/** An account entry of one home domain: no flags, master weight 1. */
function entryOf(account: string, homeDomain: string): { key: string; xdr: string } {
  const id = Buffer.concat([xdrUint32(0), decodeStrKey(account, 'account') ?? Buffer.alloc(0)])
  const fields = [xdrUint32(0), id, Buffer.alloc(20), xdrUint32(0), xdrUint32(0)]
  const end = [xdrOpaque(homeDomain), Buffer.from([1, 0, 0, 0]), xdrUint32(0), xdrUint32(0)]
  const xdr = Buffer.concat([...fields, ...end]).toString('base64')
  return { key: keyOf(ACCOUNT_ENTRY, account), xdr }
}

function rpc(answer: (keys: string[]) => ScriptedAnswer, passphrase = PASSPHRASE) {
  const io = scriptedIo((method, params) =>
    method === 'getNetwork' ? { body: { passphrase } } : answer(params['keys'] as string[]),
  )
  const settings = { rpcUrl: 'https://rpc.example.org', horizonUrl: 'https://horizon.example.org' }
  return { io, source: openIssuerSource(settings, io, new AbortController().signal) }
}

function horizon(answers: Record<string, ScriptedAnswer>, passphrase: string | null = PASSPHRASE) {
  const io = scriptedIo((path) =>
    path === '/'
      ? { body: { network_passphrase: passphrase } }
      : (answers[path.slice('/accounts/'.length)] ?? { status: 404 }),
  )
  const settings = { rpcUrl: null, horizonUrl: 'https://horizon.example.org/' }
  return { io, source: openIssuerSource(settings, io, new AbortController().signal) }
}

const missing = (account: string) => ({
  account,
  homeDomain: null,
  flags: null,
  locked: null,
  missing: true,
  seenAt: SEEN,
})

describe('by Stellar RPC', () => {
  test('accounts are read, and one that the answer lacks is missing', async () => {
    const { io, source } = rpc(() => ({ body: { entries: [entryOf(ONE, 'anchor.co')] } }))
    expect(await source.read([ONE, TWO], PASSPHRASE)).toEqual([
      {
        account: ONE,
        homeDomain: 'anchor.co',
        flags: [],
        locked: false,
        missing: false,
        seenAt: SEEN,
      },
      missing(TWO),
    ])
    expect(io.asked).toEqual(['getNetwork', 'getLedgerEntries'])
  })

  test('one request reads at most 200 accounts', async () => {
    const sizes: number[] = []
    const { source } = rpc((keys) => {
      sizes.push(keys.length)
      return { body: { entries: null } }
    })
    expect(await source.read(accountsOf(450), PASSPHRASE)).toHaveLength(450)
    expect(sizes).toEqual([200, 200, 50])
  })

  test('an entry that is unreadable or of another account is left out', async () => {
    const swapped = { ...entryOf(TWO, 'evil.co'), key: entryOf(ONE, '').key }
    const { source } = rpc(() => ({
      body: { entries: [swapped, { ...entryOf(THREE, ''), xdr: 'AAAA' }] },
    }))
    expect(await source.read([ONE, THREE], PASSPHRASE)).toEqual([])
  })

  test('a request that fails leaves out its accounts alone', async () => {
    let asked = 0
    const { source } = rpc(() => {
      asked += 1
      return asked === 1 ? { status: 400 } : { body: { entries: [] } }
    })
    expect(await source.read(accountsOf(201), PASSPHRASE)).toHaveLength(1)
  })

  test('a server of another network is refused, and nothing is asked for no account', async () => {
    const { io, source } = rpc(() => ({ body: { entries: [] } }), 'Test SDF Network')
    await expect(source.read([ONE], PASSPHRASE)).rejects.toThrow(
      'STELLAR_RPC_URL is of the network "Test SDF Network"; allowed: "Public Global',
    )
    io.asked.length = 0
    expect(await source.read([], PASSPHRASE)).toEqual([])
    expect(io.asked).toEqual([])
  })
})

describe('by Horizon', () => {
  const account = (id: string, more: object = {}): ScriptedAnswer => ({
    body: {
      account_id: id,
      home_domain: 'Anchor.co',
      flags: { auth_required: true, auth_revocable: false, auth_clawback_enabled: true },
      signers: [{ key: id, weight: 1, type: 'ed25519_public_key' }],
      ...more,
    },
  })
  const read = {
    homeDomain: 'anchor.co',
    flags: ['auth_required', 'clawback_enabled'],
    missing: false,
  }

  test('accounts are read one by one, and a 404 is a missing one', async () => {
    const locked = account(TWO, { signers: [{ key: TWO, weight: 0 }] })
    const { source } = horizon({ [ONE]: account(ONE), [TWO]: locked })
    expect(await source.read([ONE, TWO, THREE], PASSPHRASE)).toEqual([
      { account: ONE, ...read, locked: false, seenAt: SEEN },
      { account: TWO, ...read, locked: true, seenAt: SEEN },
      missing(THREE),
    ])
  })

  test('an account without a home domain names none', async () => {
    const { source } = horizon({ [ONE]: account(ONE, { home_domain: undefined }) })
    expect(await source.read([ONE], PASSPHRASE)).toMatchObject([
      { homeDomain: null, missing: false },
    ])
  })

  test('an account that is unreadable, another or not answered is left out', async () => {
    const { source } = horizon({
      [ONE]: { body: { id: ONE } },
      [TWO]: account(ONE),
      [THREE]: { status: 500 },
    })
    expect(await source.read([ONE, TWO, THREE], PASSPHRASE)).toEqual([])
  })

  test('no account is asked after a refusal for too many requests, and none beyond the fiftieth', async () => {
    const many = accountsOf(60)
    const refusing = horizon(Object.fromEntries(many.map((id) => [id, { status: 429 }])))
    expect(await refusing.source.read(many, PASSPHRASE)).toEqual([])
    expect(new Set(refusing.io.asked).size).toBe(9)
    const { io, source } = horizon({})
    expect(await source.read(many, PASSPHRASE)).toHaveLength(50)
    expect(io.asked).toHaveLength(51)
  })

  test.each([['Test SDF Network'], [null]])(
    'a Horizon of the network %j is refused',
    async (shown) => {
      const { source } = horizon({}, shown)
      await expect(source.read([ONE], PASSPHRASE)).rejects.toThrow(
        `STELLAR_HORIZON_URL is of the network ${JSON.stringify(shown)}`,
      )
    },
  )
})
