import { z } from 'zod'
import { unreadable } from '../../ledger/answer.ts'
import { createHorizon } from '../../ledger/horizon/request.ts'
import type { LedgerIo } from '../../ledger/request.ts'
import { LedgerError } from '../../ledger/source.ts'
import { ACCOUNT_ENTRY, keyOf } from '../../ledger/stellar-rpc/account.ts'
import { createStellarRpcCall, resultOf } from '../../ledger/stellar-rpc/call.ts'
import { mapLimit } from '../../net/map-limit.ts'
import { safeJsonOrNull } from '../../safe-json.ts'
import { readAccountEntry } from './account-entry.ts'
import {
  homeDomainOfIssuer,
  ISSUER_FLAGS,
  type IssuerAccount,
  missingAccount,
} from './issuer-account.ts'

/** Reads accounts of issuers. The result lacks those that could not be read. */
export interface IssuerSource {
  /** The most accounts that one run reads. */
  limit: number
  /** @throws LedgerError when the source does not answer, or is of another network */
  read(accounts: readonly string[], networkPassphrase: string): Promise<IssuerAccount[]>
}

/** `getLedgerEntries` refuses more than 200 keys. */
const RPC_BATCH = 200
/** Ten requests. 600 issuers of 300 home domains are three. */
const RPC_LIMIT = 2_000
/** horizon.stellar.org allows 3,600 requests an hour and address. */
const HORIZON_LIMIT = 50
const HORIZON_CONCURRENCY = 8
/** An account with 1,000 trustlines, the most that the ledger allows, is 300 KB. */
const HORIZON_ACCOUNT_BYTES = 1024 * 1024

/**
 * Opens Stellar RPC where its URL is configured, which reads 200 accounts at once; otherwise Horizon.
 *
 * @param signal ends the requests of a run whose time is over
 */
export function openIssuerSource(
  settings: { rpcUrl: string | null; horizonUrl: string },
  io: LedgerIo,
  signal: AbortSignal,
): IssuerSource {
  const fetch: LedgerIo['fetch'] = (url, request) => io.fetch(url, { ...request, signal })
  return settings.rpcUrl === null
    ? fromHorizon(settings.horizonUrl, { ...io, fetch })
    : fromStellarRpc(settings.rpcUrl, { ...io, fetch })
}

const Network = z.object({ passphrase: z.string() })
const Entries = z.object({
  entries: z.array(z.object({ key: z.string(), xdr: z.string() })).nullish(),
})

function fromStellarRpc(url: string, io: LedgerIo): IssuerSource {
  const call = createStellarRpcCall(url, io)
  const readBatch = async (accounts: readonly string[]): Promise<IssuerAccount[]> => {
    const keys = accounts.map((account) => keyOf(ACCOUNT_ENTRY, account))
    const seenAt = io.now().toISOString()
    const result = resultOf(await call('getLedgerEntries', { keys }), 'getLedgerEntries')
    const read = Entries.safeParse(result).data
    if (read === undefined) {
      throw unreadable('Stellar RPC getLedgerEntries shows no ledger entries')
    }
    const found = new Map((read.entries ?? []).map(({ key, xdr }) => [key, xdr]))
    return accounts.flatMap((account, index) => {
      const xdr = found.get(keys[index] ?? '')
      if (xdr === undefined) return [missingAccount(account, seenAt)]
      const entry = readAccountEntry(xdr, seenAt)
      return entry?.account === account ? [entry] : []
    })
  }
  const readNetwork = async () => {
    const result = resultOf(await call('getNetwork', {}), 'getNetwork')
    return Network.safeParse(result).data?.passphrase
  }
  return {
    limit: RPC_LIMIT,
    read: async (accounts, networkPassphrase) => {
      if (accounts.length === 0) return []
      const [shown, ...batches] = await Promise.all([
        readNetwork(),
        ...batchesOf(accounts).map((batch) => readBatch(batch).catch(nothingIfUnread)),
      ])
      assertNetwork('STELLAR_RPC_URL', shown, networkPassphrase)
      return batches.flat()
    },
  }
}

/** What was not read is read by a later run. */
function nothingIfUnread(error: unknown): [] {
  if (error instanceof LedgerError) return []
  throw error
}

function batchesOf(accounts: readonly string[]): string[][] {
  const count = Math.ceil(accounts.length / RPC_BATCH)
  return Array.from({ length: count }, (_, at) =>
    accounts.slice(at * RPC_BATCH, (at + 1) * RPC_BATCH),
  )
}

const Root = z.object({ network_passphrase: z.string() })
const Account = z.object({
  account_id: z.string(),
  home_domain: z.string().optional(),
  flags: z.record(z.string(), z.boolean()),
  signers: z.array(z.object({ weight: z.number() })),
})

function fromHorizon(url: string, io: LedgerIo): IssuerSource {
  const horizon = createHorizon(url, io)
  const readOne = async (account: string): Promise<IssuerAccount | null> => {
    const seenAt = io.now().toISOString()
    const answer = await horizon.get(`/accounts/${account}`, {}, HORIZON_ACCOUNT_BYTES)
    if (answer.status === 404) return missingAccount(account, seenAt)
    const read = Account.safeParse(safeJsonOrNull(answer.text)).data
    return read?.account_id === account ? accountOf(read, seenAt) : null
  }
  const readNetwork = async () => {
    const answer = await horizon.get('/', {}, HORIZON_ACCOUNT_BYTES)
    return Root.safeParse(safeJsonOrNull(answer.text)).data?.network_passphrase
  }
  return {
    limit: HORIZON_LIMIT,
    read: async (accounts, networkPassphrase) => {
      if (accounts.length === 0) return []
      // A Horizon of another network answers 404 for every account, as if none of the issuers existed.
      assertNetwork('STELLAR_HORIZON_URL', await readNetwork(), networkPassphrase)
      let isRefused = false
      const read = await mapLimit(
        accounts.slice(0, HORIZON_LIMIT),
        HORIZON_CONCURRENCY,
        async (account) => {
          try {
            return await readOne(account)
          } catch (error) {
            isRefused ||= error instanceof LedgerError && error.code === 'ledger_rate_limited'
            return nothingIfUnread(error)
          }
        },
        { stopAt: () => isRefused },
      )
      return read.flatMap((account) => account ?? [])
    },
  }
}

function accountOf(read: z.infer<typeof Account>, seenAt: string): IssuerAccount {
  return {
    account: read.account_id,
    homeDomain: homeDomainOfIssuer(read.home_domain),
    flags: ISSUER_FLAGS.filter((flag) => read.flags[HORIZON_FLAG[flag]] === true),
    // The master key is one of the signers here.
    locked: read.signers.every(({ weight }) => weight === 0),
    missing: false,
    seenAt,
  }
}

const HORIZON_FLAG = {
  auth_required: 'auth_required',
  auth_revocable: 'auth_revocable',
  auth_immutable: 'auth_immutable',
  clawback_enabled: 'auth_clawback_enabled',
} as const

function assertNetwork(variable: string, shown: string | undefined, expected: string): void {
  if (shown === expected) return
  throw unreadable(
    `${variable} is of the network ${JSON.stringify(shown ?? null)}; allowed: ${JSON.stringify(expected)}, by STELLAR_NETWORK`,
  )
}
