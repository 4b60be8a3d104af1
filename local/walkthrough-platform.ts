import { randomBytes } from 'node:crypto'
import type { Deps } from '../lib/deps.ts'
import { storeTransactions } from '../lib/updates/store.ts'
import type { SimulatedLedger } from './ledger/simulated-ledger.ts'
import { DISTRIBUTION_ACCOUNT } from './platform/emulator-state.ts'
import { startPlatformEmulator } from './platform/server.ts'
import {
  WALKTHROUGH_ACCOUNTS,
  type WalkthroughCase,
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
  close: () => Promise<void>
}

/**
 * Starts the emulator on a free port of 127.0.0.1 with an API key made for this start, and puts the payments of the
 * walkthrough on the ledger.
 */
export async function startWalkthroughPlatform(
  cases: readonly WalkthroughCase[],
  ledger: SimulatedLedger,
): Promise<WalkthroughPlatform> {
  for (const account of WALKTHROUGH_ACCOUNTS) ledger.setAccount(account)
  ledger.close(walkthroughPayments(cases))
  // Observing starts after these payments, at a ledger that is already closed.
  ledger.advance(1)
  const secret = randomBytes(24).toString('base64url')
  const emulator = await startPlatformEmulator({
    ledger,
    state: {
      config: { platform_server_auth_type: 'api_key', secret },
      ...walkthroughState(cases, new Date()),
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
      PAYMENT_OBSERVER_START: String(ledger.latestSequence()),
    },
    close: emulator.close,
  }
}

/** Stores the transactions before their first update, so that they are listed and the next start takes other ids. */
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
