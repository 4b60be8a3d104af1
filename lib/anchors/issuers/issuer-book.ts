import type { Database } from '../../db/client.ts'
import { LedgerError } from '../../ledger/source.ts'
import type { Log } from '../../log.ts'
import { NETWORK_PASSPHRASE, type Network } from '../../stellar/network.ts'
import type { IssuerAccount } from './issuer-account.ts'
import type { KnownIssuer } from './link.ts'
import type { IssuerSource } from './read-issuers.ts'
import { readIssuers, recordIssuers } from './store.ts'

/** Checks that end close together share one reading of the ledger. */
const GATHER_MS = 50
/** One home domain may have this part of the accounts that a run reads, so that 500 of a hostile one leave the rest to others. */
const SHARE = 0.2
/** A check waits no longer for its issuers. What came later counts for the next check. */
const PATIENCE_MS = 4_000

/** The issuers that the checks of one run ask for. */
export interface IssuerBook {
  /** What is known of these accounts. An account that the ledger did not show in time is left out. */
  find(accounts: readonly string[]): Promise<ReadonlyMap<string, KnownIssuer>>
}

/** An account that a check asks for. `home` is what that check may still have read from the ledger. */
interface Wanted {
  account: string
  home: { left: number }
}

interface BookIo {
  db: Database
  source: IssuerSource
  sleep: (ms: number) => Promise<void>
  log: Log
}

/** A book for one check, which stores nothing: it reads issuers from the database, and from the ledger the unknown ones. */
export function openIssuerBook(network: Network, io: BookIo): IssuerBook {
  return createBook(network, io, (accounts) => readIssuers(io.db, { network, accounts })).book
}

/** The issuers of the checks of one run. */
export interface RunIssuers extends IssuerBook {
  /**
   * Reads what the checks of a batch will ask for, as far as it is known: the issuers that the last checks named, and the
   * accounts that name one of the home domains. An issuer that is new in a stellar.toml and names another home domain is
   * read from the ledger. @throws AppError `database_unavailable`
   */
  prepare(batch: { domains: readonly string[]; accounts: readonly string[] }): Promise<void>
  /** Stores what the ledger showed since the last time. @throws AppError `database_unavailable` */
  keep(): Promise<void>
}

/** A book for the checks of one run. It reads and writes the database once for each batch of home domains. */
export function openRunIssuers(network: Network, io: BookIo): RunIssuers {
  const { book, prepare, takeShown } = createBook(network, io, async () => [])
  return {
    ...book,
    prepare: async (batch) => {
      if (batch.domains.length > 0) prepare(await readIssuers(io.db, { network, ...batch }))
    },
    keep: async () => {
      const accounts = takeShown()
      if (accounts.length > 0) await recordIssuers(io.db, { network, accounts })
    },
  }
}

function createBook(
  network: Network,
  io: BookIo,
  stored: (accounts: readonly string[]) => Promise<KnownIssuer[]>,
): {
  book: IssuerBook
  prepare: (issuers: readonly KnownIssuer[]) => void
  takeShown: () => IssuerAccount[]
} {
  const known = new Map<string, KnownIssuer>()
  const shown: IssuerAccount[] = []
  const asked = new Map<string, Promise<void>>()
  let left = io.source.limit
  let waiting: Wanted[] = []
  let gathering: Promise<void> | null = null

  const readStored = async (accounts: readonly string[]) => {
    for (const issuer of await stored(accounts)) known.set(issuer.account, issuer)
  }
  const readLedger = async (wanted: readonly Wanted[]) => {
    const mayRead: string[] = []
    for (const { account, home } of wanted) {
      if (left === 0 || home.left === 0) continue
      left -= 1
      home.left -= 1
      mayRead.push(account)
    }
    if (mayRead.length === 0) return
    try {
      const read = await io.source.read(mayRead, NETWORK_PASSPHRASE[network])
      shown.push(...read)
      for (const issuer of read) {
        known.set(issuer.account, { ...issuer, confirmedCodes: [], tomlSha256: null })
      }
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      io.log('warn', 'issuers_unread', { error })
    }
  }
  const gather = async () => {
    await io.sleep(GATHER_MS)
    const wanted = waiting
    waiting = []
    gathering = null
    await readStored(wanted.map(({ account }) => account))
    await readLedger(wanted.filter(({ account }) => !known.has(account)))
  }
  const ask = (wanted: Wanted) => {
    waiting.push(wanted)
    if (gathering === null) {
      gathering = gather()
      // Whoever waits hears of a failure. A check that has waited long enough does not.
      gathering.catch(() => {})
    }
    return gathering
  }
  const find: IssuerBook['find'] = async (accounts) => {
    const home = { left: Math.ceil(io.source.limit * SHARE) }
    const unknown = accounts.filter((account) => !known.has(account))
    for (const account of unknown) {
      if (!asked.has(account)) asked.set(account, ask({ account, home }))
    }
    if (unknown.length > 0) {
      const answers = Promise.all(unknown.map((account) => asked.get(account)))
      await Promise.race([answers, io.sleep(PATIENCE_MS)])
    }
    const found = accounts.flatMap((account) => known.get(account) ?? [])
    return new Map(found.map((issuer) => [issuer.account, issuer]))
  }
  return {
    book: { find },
    prepare: (issuers) => {
      for (const issuer of issuers) known.set(issuer.account, issuer)
      left = io.source.limit
    },
    takeShown: () => shown.splice(0),
  }
}
