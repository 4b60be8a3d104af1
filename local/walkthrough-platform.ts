import { randomBytes } from 'node:crypto'
import type { Deps } from '../lib/deps.ts'
import { storeTransactions } from '../lib/updates/store.ts'
import type { SimulatedLedger } from './ledger/simulated-ledger.ts'
import {
  DISTRIBUTION_ACCOUNT,
  type StateForm,
  type StateReport,
} from './platform/emulator-state.ts'
import { startPlatformEmulator } from './platform/server.ts'
import type { StoredTransaction } from './platform/stored-transaction.ts'
import {
  UNEXPECTED_PAYMENT,
  WALKTHROUGH_ACCOUNTS,
  type WalkthroughCase,
  type WalkthroughUndone,
  walkthroughPayments,
  walkthroughState,
} from './walkthrough.ts'

/** An emulated Anchor Platform with the transactions of a walkthrough. */
export interface WalkthroughPlatform {
  url: string
  /** All variables about the platform, so that none of the caller's variables applies to the emulator. */
  environment: Record<string, string | undefined>
  /** The variables for observing payments on the simulated ledger. The caller's own variables win. */
  observerEnvironment: Record<string, string>
  /** Saves a transaction as another program does that read it before an update: it writes the whole row back. */
  writeBack: (transaction: StoredTransaction) => void
  close: () => Promise<void>
}

/**
 * Starts the emulator on a free port of 127.0.0.1 with an API key made for this start, and puts the payments of the
 * walkthrough on the ledger.
 */
export async function startWalkthroughPlatform(
  cases: readonly WalkthroughCase[],
  undone: WalkthroughUndone,
  ledger: SimulatedLedger,
): Promise<WalkthroughPlatform> {
  for (const account of WALKTHROUGH_ACCOUNTS) ledger.setAccount(account)
  ledger.close(walkthroughPayments(cases))
  // Observing starts after these payments, at a ledger that is already closed, and before the one that nobody expects.
  ledger.advance(1)
  const startSequence = ledger.latestSequence()
  ledger.close([UNEXPECTED_PAYMENT])
  const secret = randomBytes(24).toString('base64url')
  const { transactions = [] } = walkthroughState(cases, new Date())
  const emulator = await startPlatformEmulator({
    ledger,
    state: {
      config: { platform_server_auth_type: 'api_key', secret },
      transactions: [...transactions, undone.transaction],
    },
  })
  return {
    url: emulator.url,
    environment: {
      ANCHOR_PLATFORM_URL: emulator.url,
      ANCHOR_PLATFORM_AUTH: 'api_key',
      ANCHOR_PLATFORM_SECRET: secret,
      ANCHOR_PLATFORM_AUTH_HEADER: undefined,
      ANCHOR_PLATFORM_VERSION: '2.8.4',
      ANCHOR_PLATFORM_CUSTODY: 'false',
    },
    observerEnvironment: {
      LEDGER_SOURCE: 'horizon',
      PAYMENT_OBSERVER_ACCOUNTS: DISTRIBUTION_ACCOUNT,
      PAYMENT_OBSERVER_START: String(startSequence),
    },
    writeBack: (transaction) => emulator.setState(withRow(emulator.state(), transaction)),
    close: emulator.close,
  }
}

/** A state in which a transaction was saved anew, a millisecond or two after its last save. */
function withRow(state: StateReport, row: StoredTransaction): StateForm {
  const transactions = state.transactions.map((one) => {
    if (one.id !== row.id) return one
    const savedMs = Date.parse(one.updated_at ?? '')
    return { ...row, updated_at: new Date(savedMs + 2).toISOString() }
  })
  return { ...state, transactions }
}

/** Stores the transactions before their first update, so that they are listed. */
export async function storeWalkthrough(
  cases: readonly WalkthroughCase[],
  { db, updates }: Pick<Deps, 'db' | 'updates'>,
): Promise<void> {
  const { platform } = await updates()
  const transactions = await Promise.all(cases.map(({ id }) => platform.getTransaction(id)))
  await storeTransactions(
    db,
    transactions.flatMap((transaction) => (transaction === null ? [] : [transaction.document])),
  )
}
