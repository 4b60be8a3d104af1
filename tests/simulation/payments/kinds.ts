import { decodeStrKey, encodeStrKey } from '../../../lib/stellar/strkey.ts'
import type { Random } from '../random.ts'
import {
  amountText,
  type OperationForm,
  type TransactionForm,
  type TrueMemo,
} from './model-ledger.ts'
import type { Wanted } from './oracle.ts'

/** The observed accounts. One of four worlds observes both. */
export const ACCOUNTS = [
  'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ',
  'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF',
] as const
const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
const USDC = `USDC:${ISSUER}`
/** The right code with a wrong issuer, wrong codes with the right issuer, and the native asset. */
const OTHER_ASSETS = [`USDC:${USER}`, `USDX:${ISSUER}`, `usdc:${ISSUER}`, 'native']

const HASH_MEMO = '0f'.repeat(32)
const MEMOS: readonly NonNullable<TrueMemo>[] = [
  { type: 'id', value: '7' },
  { type: 'text', value: '7' },
  { type: 'id', value: '18446744073709551615' },
  { type: 'text', value: ' zwölf € ' },
  { type: 'hash', value: HASH_MEMO },
  { type: 'text', value: 'order-1' },
  { type: 'text', value: 'Order-1' },
]
const AMOUNTS = [1n, 12_500_000n, 1_000_000_000n, 9_223_372_036_000_000_001n]

/** A transaction of the platform, and the document in which the platform shows it. */
export interface Planned {
  wanted: Wanted
  document: Record<string, unknown>
}

/** Shows transactions. A document names in `message` what its transaction expects, which nothing else reads. */
export interface Cast {
  documentOf(random: Random, wanted: Wanted): Record<string, unknown>
  wantedOf(document: Record<string, unknown>): Wanted
}

export function createCast(): Cast {
  const shown: Wanted[] = []
  return {
    documentOf: (random, wanted) => {
      shown.push(wanted)
      return { ...documentOf(random, wanted), message: String(shown.length - 1) }
    },
    wantedOf: ({ message }) => {
      const wanted = shown[Number(message)]
      if (wanted === undefined) throw new RangeError(`Nothing was shown as ${String(message)}`)
      return wanted
    },
  }
}

/** @param options.like a transaction whose memo comes again, mostly with the same amount */
export function someTransaction(
  random: Random,
  cast: Cast,
  { place, startedAtMs, like = null }: { place: number; startedAtMs: number; like?: Wanted | null },
): Planned {
  const isOdd = random.chance(0.12)
  const sep = random.chance(0.85) ? '24' : random.pick(['6', '31'] as const)
  const kind =
    sep === '31'
      ? 'receive'
      : isOdd
        ? random.pick(['deposit', 'withdrawal-exchange'] as const)
        : 'withdrawal'
  const account = random.pick([ACCOUNTS[0], ACCOUNTS[0], ACCOUNTS[0], ACCOUNTS[1], null])
  const memo = random.chance(0.85) ? someMemo(random, place) : random.pick(MEMOS)
  const isMuxed = account !== null && memo.type === 'id' && random.chance(0.3)
  const muxedId = isMuxed ? memo.value : null
  const id = `w-${place}`
  if (like !== null) {
    const wanted = {
      ...like,
      id,
      startedAtMs,
      ...(random.chance(0.3) && { stroops: random.pick(AMOUNTS) }),
    }
    return { wanted, document: cast.documentOf(random, wanted) }
  }
  const wanted: Wanted = {
    id,
    sep,
    kind,
    account,
    muxedId,
    memo,
    asset: random.chance(0.95) ? (random.chance(0.9) ? USDC : 'native') : null,
    stroops: random.chance(0.95) ? random.pick(AMOUNTS) : null,
    startedAtMs,
  }
  return { wanted, document: cast.documentOf(random, wanted) }
}

const someMemo = (random: Random, place: number) =>
  MEMOS[(place + (random.chance(0.5) ? 0 : 2)) % MEMOS.length] ?? { type: 'id', value: '7' }

function documentOf(random: Random, wanted: Wanted): Record<string, unknown> {
  const { id, sep, kind, account, muxedId, memo, asset, stroops, startedAtMs } = wanted
  const address = account !== null && muxedId !== null ? muxedAddress(account, muxedId) : account
  const amount = {
    ...(stroops !== null && { amount: spelledAmount(random, stroops) }),
    ...(asset !== null && { asset: `stellar:${asset}` }),
  }
  const isStated = random.chance(0.6)
  const waiting = sep === '31' ? 'pending_sender' : 'pending_user_transfer_start'
  return {
    id,
    sep,
    kind,
    status: waiting,
    ...(isStated
      ? { amount_in: amount }
      : { amount_in: zeroOf(random, asset), amount_expected: amount }),
    memo: memo === null ? undefined : spelledMemo(random, memo),
    memo_type: memo?.type,
    ...(random.chance(0.5) ? { withdraw_anchor_account: address } : placedByKind(kind, address)),
    started_at: new Date(startedAtMs).toISOString(),
  }
}

/** The destination is the account to be paid only for a withdrawal. */
const placedByKind = (kind: string, address: string | null) =>
  kind === 'withdrawal' || kind === 'withdrawal-exchange'
    ? { destination_account: address }
    : { withdraw_anchor_account: address }

const zeroOf = (random: Random, asset: string | null) =>
  random.chance(0.5) ? null : { amount: '0', ...(asset !== null && { asset: `stellar:${asset}` }) }

function spelledMemo(random: Random, { type, value }: NonNullable<TrueMemo>): string {
  if (type === 'id') return random.pick(['', '', '0', '+', '+00']) + value
  if (type !== 'hash') return value
  const base64 = Buffer.from(value, 'hex').toString('base64')
  return random.pick([value, value.toUpperCase(), base64, base64.replace('=', '')])
}

function spelledAmount(random: Random, stroops: bigint): string {
  const text = amountText(stroops)
  return random.chance(0.5) ? text : text.replace(/\.?0+$/, '')
}

const addresses = new Map<string, string>()

function muxedAddress(account: string, id: string): string {
  const known = addresses.get(`${account} ${id}`)
  if (known !== undefined) return known
  const bytes = Buffer.alloc(40)
  bytes.set(decodeStrKey(account, 'account') ?? [])
  bytes.writeBigUInt64BE(BigInt(id), 32)
  const address = encodeStrKey(bytes, 'muxedAccount')
  addresses.set(`${account} ${id}`, address)
  return address
}

/** A random Stellar transaction. More than half pay exactly what a transaction waits for. */
export function somePayment(
  random: Random,
  planned: readonly Planned[],
  mostOperations: number,
): TransactionForm {
  const { wanted } = random.pick(planned)
  const isRight = random.chance(0.55)
  const first = isRight ? rightPayment(random, wanted) : someOperation(random, wanted)
  const more = random.chance(0.15)
    ? random.whole(1, 3)
    : random.chance(0.02)
      ? mostOperations - 1
      : 0
  const carried = random.chance(isRight ? 0.95 : 0.8) ? wanted.memo : otherMemo(random)
  const isByAddress = first.muxedId !== null && random.chance(0.5)
  return {
    memo: isByAddress ? null : carried,
    successful: random.chance(0.92),
    operations: [
      first,
      ...Array.from({ length: more }, () =>
        random.chance(0.5) ? first : someOperation(random, wanted),
      ),
    ],
  }
}

function rightPayment(random: Random, wanted: Wanted): OperationForm {
  return {
    kind: random.chance(0.8) ? 'payment' : 'path_payment',
    from: USER,
    to: wanted.account ?? ACCOUNTS[0],
    muxedId: wanted.muxedId,
    asset: wanted.asset ?? USDC,
    stroops: wanted.stroops ?? 1n,
  }
}

function someOperation(random: Random, wanted: Wanted): OperationForm {
  const right = rightPayment(random, wanted)
  const { stroops } = right
  const asked = stroops ?? 1n
  switch (random.whole(1, 12)) {
    case 1:
      return { ...right, asset: random.pick(OTHER_ASSETS) }
    case 2:
      return { ...right, stroops: asked > 1n ? asked - 1n : 0n }
    case 3:
      return { ...right, stroops: asked + random.pick([1n, 5_000_000n]) }
    case 4:
      return { ...right, muxedId: random.pick(['7', '9', '18446744073709551615']) }
    case 5:
      return { ...right, to: random.pick(ACCOUNTS) }
    case 6:
      // A payment between the observed accounts, or from an account to itself.
      return { ...right, from: random.pick(ACCOUNTS), to: random.pick([...ACCOUNTS, USER]) }
    case 7:
      return { ...right, kind: random.pick(['create_account', 'account_merge']), asset: 'native' }
    case 8:
      return { ...right, kind: random.pick(['claimable_balance', 'clawback', 'contract_transfer']) }
    case 9:
      return { ...right, kind: 'unknown', asset: null, stroops: null }
    case 10:
      return { ...right, to: USER, from: ACCOUNTS[0] }
    case 11:
      return { ...right, from: null, kind: random.pick(['contract_transfer', 'unknown']) }
    default:
      return right
  }
}

function otherMemo(random: Random): TrueMemo {
  return random.pick([
    null,
    { type: 'return', value: HASH_MEMO },
    { type: 'text', value: '' },
    { type: 'id', value: '8' },
    ...MEMOS,
  ] as const)
}
