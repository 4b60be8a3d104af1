import {
  Account,
  Address,
  Asset,
  Memo,
  MuxedAccount,
  Networks,
  nativeToScVal,
  type Operation,
  StrKey,
  TransactionBuilder,
  type xdr,
} from '@stellar/stellar-sdk'
import type { Handler } from '../../../helpers/https-world.ts'
import { ANCHOR, CUSTOMER, ISSUER } from '../ledger-world.ts'

export const USDC = new Asset('USDC', ISSUER)
const CLOSED_AT = 1_795_168_800
export const LEDGER = 2000

export interface FakeEvent {
  id: string
  contractId: string
  topic: string[]
  value: string
  txHash: string
  [key: string]: unknown
}

/** A Stellar RPC server that answers from the events and transactions that a test puts into it. */
export interface FakeRpc {
  events: FakeEvent[]
  /** The answers of `getTransaction`, by hash. */
  transactions: Map<string, Record<string, unknown>>
  /** Answers in place of the right ones, by method. */
  instead: Map<string, unknown>
  oldest: number
  latest: number
  /** Whether ledgers with transactions show fee events. */
  emitsFees: boolean
  /** Names of the methods called, in order. */
  calls: string[]
  requests: { method: string; params: Record<string, unknown> }[]
  handler: Handler
}

export function fakeRpc(): FakeRpc {
  const rpc: FakeRpc = {
    events: [],
    transactions: new Map(),
    instead: new Map(),
    oldest: 1000,
    latest: 2500,
    emitsFees: true,
    calls: [],
    requests: [],
    handler: (request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        const { id, method, params } = JSON.parse(text)
        rpc.calls.push(method)
        rpc.requests.push({ method, params })
        const answer = rpc.instead.has(method)
          ? rpc.instead.get(method)
          : { jsonrpc: '2.0', id, ...answerOf(rpc, method, params) }
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      })
    },
  }
  return rpc
}

// biome-ignore lint/suspicious/noExplicitAny: the parameters of seven methods
function answerOf(rpc: FakeRpc, method: string, params: any): object {
  const outside = {
    error: { code: -32600, message: 'startLedger must be within the ledger range' },
  }
  switch (method) {
    case 'getHealth':
      return {
        result: {
          status: 'healthy',
          latestLedger: rpc.latest,
          latestLedgerCloseTime: String(CLOSED_AT),
          oldestLedger: rpc.oldest,
          ledgerRetentionWindow: 120_960,
        },
      }
    case 'getLatestLedger':
      return { result: { id: 'ef'.repeat(32), protocolVersion: 23, sequence: rpc.latest } }
    case 'getNetwork':
      return { result: { passphrase: Networks.TESTNET, protocolVersion: 23 } }
    case 'getLedgers': {
      const sequence = params.startLedger
      if (sequence < rpc.oldest || sequence > rpc.latest) return outside
      const ledger = { hash: 'cd'.repeat(32), sequence, ledgerCloseTime: String(CLOSED_AT) }
      return { result: { ledgers: [{ ...ledger, headerXdr: 'AAAA', metadataXdr: 'AAAA' }] } }
    }
    case 'getTransaction':
      return { result: rpc.transactions.get(params.hash) ?? { status: 'NOT_FOUND' } }
    case 'getTransactions': {
      if (params.startLedger < rpc.oldest || params.startLedger > rpc.latest) return outside
      const transactions = busyLedgers(rpc)
        .filter((ledger) => ledger >= params.startLedger)
        .map((ledger) => ({ ledger, status: 'SUCCESS', envelopeXdr: 'AAAA' }))
      return { result: { transactions: transactions.slice(0, params.pagination.limit) } }
    }
    case 'getEvents': {
      const { limit } = params.pagination
      const cursor = params.pagination.cursor ?? eventId(params.startLedger, 0)
      const ledger = Number(BigInt(cursor.slice(0, 19)) >> 32n)
      if (ledger < rpc.oldest || ledger > rpc.latest) return outside
      const topics: string[][] = params.filters[0].topics
      const found = [...feesOf(rpc), ...rpc.events]
        .filter(({ id }) => params.endLedger === undefined || id < eventId(params.endLedger, 0))
        .toSorted((one, other) => (one.id < other.id ? -1 : 1))
        .filter(({ id, topic }) => id > cursor && topics.some((one) => matches(one, topic)))
        .slice(0, limit)
      const end = `${String((BigInt(rpc.latest) << 32n) | 0xffffffffn).padStart(19, '0')}-4294967294`
      return {
        result: {
          events: found,
          cursor: found.length === limit ? found.at(-1)?.id : end,
          latestLedger: rpc.latest,
          oldestLedger: rpc.oldest,
        },
      }
    }
    default:
      return { error: { code: -32601, message: 'method not found' } }
  }
}

/** The ledgers with transactions. */
function busyLedgers(rpc: FakeRpc): number[] {
  const ledgers = [...rpc.transactions.values()].map(({ ledger }) => Number(ledger))
  return [...new Set(ledgers)].toSorted((one, other) => one - other)
}

const eventId = (ledger: number, event: number) =>
  `${String(BigInt(ledger) << 32n).padStart(19, '0')}-${String(event).padStart(10, '0')}`

function feesOf(rpc: FakeRpc): FakeEvent[] {
  if (!rpc.emitsFees) return []
  const fee = { topic: [nativeToScVal('fee', { type: 'symbol' }), addressValue(CUSTOMER)] }
  return busyLedgers(rpc).map((ledger) => ({
    type: 'contract',
    ledger,
    ledgerClosedAt: '2026-11-20T10:00:00Z',
    contractId: Asset.native().contractId(Networks.TESTNET),
    id: eventId(ledger, 1),
    txHash: 'fe'.repeat(32),
    topic: fee.topic.map((value) => value.toXDR('base64')),
    value: nativeToScVal(100n, { type: 'i128' }).toXDR('base64'),
  }))
}

function matches(filter: string[], topic: string[]): boolean {
  const isOpen = filter.at(-1) === '**'
  const wanted = isOpen ? filter.slice(0, -1) : filter
  if (isOpen ? topic.length < wanted.length : topic.length !== wanted.length) return false
  return wanted.every((one, index) => one === '*' || one === topic[index])
}

interface Built {
  memo?: Memo
  feeBump?: boolean
  results?: unknown[]
  ledger?: number
  order?: number
  successful?: boolean
  /** The source is the customer's muxed address with this id. */
  sourceMuxedId?: string
}

const hashes = () => {
  let count = 0
  return () => (++count).toString(16).padStart(64, '0')
}
const nextHash = hashes()

/** Puts a transaction into the server. @returns its hash */
export function addTransaction(
  rpc: FakeRpc,
  operations: ReturnType<typeof Operation.payment>[],
  {
    memo = Memo.none(),
    feeBump = false,
    results,
    ledger = LEDGER,
    order = 1,
    successful = true,
    sourceMuxedId,
  }: Built = {},
): string {
  const account = new Account(CUSTOMER, '1')
  const source = sourceMuxedId === undefined ? account : new MuxedAccount(account, sourceMuxedId)
  const builder = new TransactionBuilder(source, {
    fee: '100',
    networkPassphrase: Networks.TESTNET,
    memo,
  }).setTimeout(0)
  for (const operation of operations) builder.addOperation(operation)
  const inner = builder.build()
  const built = feeBump
    ? TransactionBuilder.buildFeeBumpTransaction(ANCHOR, '200', inner, Networks.TESTNET)
    : inner
  const hash = nextHash()
  const tx_success = results ?? operations.map(() => ({ op_inner: {} }))
  const applied = { fee_charged: '100', result: { tx_success }, ext: 'v0' }
  rpc.transactions.set(hash, {
    status: successful ? 'SUCCESS' : 'FAILED',
    txHash: hash,
    applicationOrder: order,
    feeBump,
    ledger,
    createdAt: String(CLOSED_AT),
    envelopeJson: built.toEnvelope().toJSON(),
    resultJson: feeBump
      ? {
          fee_charged: '100',
          result: { tx_fee_bump_inner_success: { transaction_hash: hash, result: applied } },
        }
      : successful
        ? applied
        : { fee_charged: '100', result: { tx_failed: [] }, ext: 'v0' },
    resultMetaJson: {},
  })
  return hash
}

interface EventParts {
  name: 'transfer' | 'mint' | 'burn' | 'clawback' | 'fee'
  /** The addresses in the topics. */
  parties: string[]
  asset?: Asset
  /** In stroops. */
  amount?: bigint
  muxedId?: bigint
  /** What the event carries in place of an id. */
  carried?: string | Uint8Array
  contractId?: string
  ledger?: number
  order?: number
  /** From 0. */
  operation?: number
  event?: number
}

/** Puts an event of an asset into the server. */
export function addEvent(rpc: FakeRpc, txHash: string, parts: EventParts): FakeEvent {
  const { name, parties, asset = USDC, amount = 10_000_000n, muxedId, carried } = parts
  const { ledger = LEDGER, order = 1, operation = 0, event = 0 } = parts
  const toid = (BigInt(ledger) << 32n) | (BigInt(order) << 12n) | BigInt(operation)
  const assetName = asset.isNative() ? 'native' : `${asset.getCode()}:${asset.getIssuer()}`
  const data =
    (muxedId ?? carried) === undefined
      ? nativeToScVal(amount, { type: 'i128' })
      : nativeToScVal(
          { amount, to_muxed_id: muxedId ?? carried },
          {
            type: {
              amount: ['symbol', 'i128'],
              to_muxed_id: ['symbol', typeOf(muxedId ?? carried)],
            },
          },
        )
  const topic = [
    nativeToScVal(name, { type: 'symbol' }),
    ...parties.map(addressValue),
    nativeToScVal(assetName, { type: 'string' }),
  ]
  const added: FakeEvent = {
    type: 'contract',
    ledger,
    ledgerClosedAt: '2026-11-20T10:00:00Z',
    contractId: parts.contractId ?? asset.contractId(Networks.TESTNET),
    id: `${String(toid).padStart(19, '0')}-${String(event).padStart(10, '0')}`,
    operationIndex: operation,
    transactionIndex: order,
    txHash,
    inSuccessfulContractCall: true,
    topic: topic.map((value) => value.toXDR('base64')),
    value: data.toXDR('base64'),
  }
  rpc.events.push(added)
  rpc.events.sort((one, other) => (one.id < other.id ? -1 : 1))
  return added
}

function typeOf(value: unknown): 'u64' | 'string' | 'bytes' {
  if (typeof value === 'bigint') return 'u64'
  return typeof value === 'string' ? 'string' : 'bytes'
}

function addressValue(text: string): xdr.ScVal {
  return new Address(text).toScVal()
}

export const muxed = (id: string, account = ANCHOR) =>
  new MuxedAccount(new Account(account, '0'), id).accountId()
export const contract = (byte: number) => StrKey.encodeContract(Buffer.alloc(32, byte))
