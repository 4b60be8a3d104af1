import type {
  LedgerAccount,
  LedgerPayment,
  LedgerSource,
  LedgerTransaction,
} from '../../../../lib/ledger/source.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../../lib/platform/transaction.ts'

export const HASH = 'a6d3819777fc7f4f92b8085d0020951b89014c746418316024786776db100b15'
export const USER = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
/** The same account with the id 9223372036854775808 (the example of SEP-23). */
export const MUXED_USER = 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK'
export const MUXED_ID = '9223372036854775808'
export const ANCHOR = 'GBDYDBJKQBJK4GY4V7FAONSFF2IBJSKNTBYJ65F5KCGBY2BIGPGGLJOH'
export const ISSUER = 'GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
export const USDC = `stellar:USDC:${ISSUER}`
export const MEMO_HASH = 'f'.repeat(64)
export const MEMO_HASH_BASE64 = Buffer.from(MEMO_HASH, 'hex').toString('base64')

/** A deposit as the platform shows it: 100 USDC to the user, without a memo. */
export function deposit(fields: Record<string, unknown> = {}): PlatformTransaction {
  const read = readPlatformTransaction({
    id: 'T',
    sep: '24',
    kind: 'deposit',
    status: 'pending_anchor',
    amount_out: { amount: '100', asset: USDC },
    destination_account: USER,
    ...fields,
  })
  if (read === null) throw new Error('no transaction')
  return read
}

/** An operation of the anchor that pays the user 100 USDC. */
export function operation(fields: Partial<LedgerPayment> = {}): LedgerPayment {
  return {
    operationId: '4294967297',
    cursor: '4294967297',
    ledger: 1,
    closedAt: '2026-11-21T08:00:00Z',
    transactionHash: HASH,
    successful: true,
    kind: 'payment',
    from: ANCHOR,
    fromMuxedId: null,
    to: USER,
    toMuxedId: null,
    asset: { kind: 'issued', code: 'USDC', issuer: ISSUER },
    amount: '100.0000000',
    memo: { type: 'none' },
    ...fields,
  }
}

/** A Stellar transaction with these operations. */
export function closed(
  payments: LedgerPayment[] = [operation()],
  fields: Partial<LedgerTransaction> = {},
): LedgerTransaction {
  return {
    hash: HASH,
    successful: true,
    ledger: 1,
    closedAt: '2026-11-21T08:00:00Z',
    memo: { type: 'none' },
    payments,
    ...fields,
  }
}

const unused = async () => {
  throw new Error('This check has no use for it')
}

/** A ledger that answers these; what it was asked for stands in `asked`. */
export function ledgerOf(answers: {
  transaction?: LedgerTransaction | null | Error
  account?: LedgerAccount | null | Error
}): LedgerSource & { asked: string[] } {
  const asked: string[] = []
  const answer = async <T>(question: string, value: T | Error): Promise<T> => {
    asked.push(question)
    if (value instanceof Error) throw value
    return value
  }
  return {
    name: 'horizon',
    aside: null,
    asked,
    head: unused,
    ledger: unused,
    payments: unused,
    cursorAt: String,
    ledgerOf: Number,
    transaction: (hash) => answer(`transaction ${hash}`, answers.transaction ?? null),
    account: (id) => answer(`account ${id}`, answers.account ?? null),
    balances: unused,
    movementsBehind: String,
    movements: unused,
  }
}
