import { xdr } from '@stellar/stellar-sdk'
import { type Answer, jsonAnswer } from '../../world/answer.ts'
import type { SiteRequest } from '../../world/world-server.ts'
import { createFaultQueue, failureOf, type LedgerFault, spoilt } from '../faults.ts'
import type { SimulatedLedger } from '../simulated-ledger.ts'
import { getEvents } from './get-events.ts'
import { checkRange, closeTime, range } from './range.ts'
import { type RequestParams, RequestRefusal, readRequest } from './request.ts'
import {
  accountEntryJson,
  assetJson,
  base64Of,
  envelopeJson,
  resultJson,
  trustlineEntryJson,
} from './xdr-json.ts'

const PROTOCOL_VERSION = 23

export interface StellarRpcEndpoint {
  answer: (url: URL, request?: SiteRequest) => Answer
  /** Replaces all faults that are still due. The `path` of a fault is the name of a method. */
  setFaults: (faults: readonly LedgerFault[]) => void
  /** Whether events of classic operations and of fees are shown, as the server's configuration says. At first they are. */
  setEmission: (emitsClassic: boolean) => void
}

/** The methods of Stellar RPC that the payment observer needs, over a simulated ledger. */
export function createStellarRpcEndpoint(ledger: SimulatedLedger): StellarRpcEndpoint {
  const faults = createFaultQueue()
  let emitsClassic = true
  return {
    setFaults: faults.order,
    setEmission: (emits) => {
      emitsClassic = emits
    },
    answer: (_url, request) => {
      if (request?.method !== 'POST') return jsonAnswer({ error: 'POST only' }, 405)
      const read = readRequest(request.body)
      if (read instanceof RequestRefusal)
        return jsonAnswer({ jsonrpc: '2.0', id: null, ...errorOf(read) })
      const { id, method, params } = read
      const fault = faults.take(method)
      const failure = fault === null ? null : failureOf(fault)
      if (failure !== null) return failure
      const answer = jsonAnswer({
        jsonrpc: '2.0',
        id,
        ...outcome(ledger, method, params, emitsClassic),
      })
      return fault === null ? answer : spoilt(answer, fault)
    },
  }
}

function outcome(
  ledger: SimulatedLedger,
  method: string,
  params: RequestParams,
  emitsClassic: boolean,
): object {
  try {
    return { result: call(ledger, method, params, emitsClassic) }
  } catch (error) {
    if (!(error instanceof RequestRefusal)) throw error
    return errorOf(error)
  }
}

const errorOf = ({ code, message }: RequestRefusal) => ({ error: { code, message } })

function call(
  ledger: SimulatedLedger,
  method: string,
  params: RequestParams,
  emitsClassic: boolean,
): object {
  const { latestLedger } = range(ledger)
  switch (method) {
    case 'getHealth': {
      const { oldestLedger } = range(ledger)
      const ledgerRetentionWindow = latestLedger - oldestLedger + 1
      return { status: 'healthy', ...range(ledger), ledgerRetentionWindow }
    }
    case 'getLatestLedger':
      return {
        id: ledger.header(latestLedger)?.hash,
        protocolVersion: PROTOCOL_VERSION,
        sequence: latestLedger,
        closeTime: closeTime(ledger, latestLedger),
      }
    case 'getNetwork':
      return { passphrase: ledger.passphrase, protocolVersion: PROTOCOL_VERSION }
    case 'getLedgers':
      return getLedgers(ledger, params)
    case 'getEvents':
      return getEvents(ledger, params, emitsClassic)
    case 'getTransactions':
      return getTransactions(ledger, params)
    case 'getTransaction':
      return getTransaction(ledger, params)
    case 'getLedgerEntries':
      return getLedgerEntries(ledger, params)
    default:
      throw new RequestRefusal(-32601, 'method not found')
  }
}

function getLedgers(ledger: SimulatedLedger, params: RequestParams): object {
  const { cursor, limit = 50 } = params.pagination ?? {}
  const first = cursor === undefined ? (params.startLedger ?? 0) : Number(cursor) + 1
  checkRange(ledger, first)
  const ledgers: object[] = []
  for (let sequence = first; ledgers.length < limit; sequence += 1) {
    const header = ledger.header(sequence)
    if (header === null) break
    const ledgerCloseTime = closeTime(ledger, sequence)
    ledgers.push({ hash: header.hash, sequence, ledgerCloseTime, headerXdr: '', metadataXdr: '' })
  }
  return { ledgers, ...range(ledger), cursor: String(first + ledgers.length - 1) }
}

/** The transactions of the ledgers from `startLedger` on, without their XDR. */
function getTransactions(ledger: SimulatedLedger, params: RequestParams): object {
  const { startLedger = 0, pagination: { limit = 50 } = {} } = params
  checkRange(ledger, startLedger)
  const found = ledger.transactionsBetween(startLedger, ledger.latestSequence() + 1).slice(0, limit)
  const transactions = found.map(({ hash, id, successful, ledger: sequence }) => ({
    status: successful ? 'SUCCESS' : 'FAILED',
    applicationOrder: Number((id >> 12n) & 0xfffffn),
    feeBump: false,
    txHash: hash,
    ledger: sequence,
    createdAt: closeTime(ledger, sequence),
  }))
  return { transactions, ...range(ledger), cursor: String(found.at(-1)?.id ?? '') }
}

function getTransaction(ledger: SimulatedLedger, { hash = '', xdrFormat }: RequestParams): object {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new RequestRefusal(-32602, `unexpected hash: ${hash}`)
  const found = ledger.transaction(hash)
  if (found === null) return { ...range(ledger), status: 'NOT_FOUND', txHash: hash }
  const [envelope, result] = [envelopeJson(found), resultJson(found)]
  return {
    ...range(ledger),
    status: found.successful ? 'SUCCESS' : 'FAILED',
    txHash: hash,
    applicationOrder: Number((found.id >> 12n) & 0xfffffn),
    feeBump: false,
    ...(xdrFormat === 'json'
      ? { envelopeJson: envelope, resultJson: result }
      : {
          envelopeXdr: base64Of(xdr.TransactionEnvelope, envelope),
          resultXdr: base64Of(xdr.TransactionResult, result),
        }),
    ledger: found.ledger,
    createdAt: closeTime(ledger, found.ledger),
  }
}

function getLedgerEntries(
  ledger: SimulatedLedger,
  { keys = [], xdrFormat }: RequestParams,
): object {
  const entries = keys.flatMap((key) => {
    const entry = entryOf(ledger, key)
    if (entry === null) return []
    const { data, modified } = entry
    const shown =
      xdrFormat === 'json'
        ? { keyJson: keyJson(key), dataJson: data }
        : { key, xdr: base64Of(xdr.LedgerEntryData, data) }
    return [{ ...shown, lastModifiedLedgerSeq: modified }]
  })
  return { entries, latestLedger: ledger.latestSequence() }
}

interface KeyJson {
  account?: { account_id: string }
  trustline?: { account_id: string; asset: unknown }
}

function keyJson(key: string): KeyJson {
  try {
    return xdr.LedgerKey.fromXDR(key, 'base64').toJson() as KeyJson
  } catch {
    throw new RequestRefusal(-32602, `cannot unmarshal key value ${key}`)
  }
}

function entryOf(ledger: SimulatedLedger, key: string): { data: object; modified: number } | null {
  const { account, trustline } = keyJson(key)
  const id = (account ?? trustline)?.account_id ?? ''
  const held = ledger.account(id)
  if (held === null) return null
  const live = ledger.balancesOf(id) ?? []
  const liveOf = (asset: string) => live.find((one) => one.asset === asset)
  if (trustline === undefined) {
    const native = liveOf('stellar:native')
    return { data: accountEntryJson(held, native?.stroops), modified: native?.modified ?? 1 }
  }
  const wanted = JSON.stringify(trustline.asset)
  const found = held.trustlines.find((one) => JSON.stringify(assetJson(one.asset)) === wanted)
  if (found === undefined) return null
  const balance = liveOf(found.asset)
  const data = trustlineEntryJson(held.id, found, balance?.stroops)
  return { data, modified: balance?.modified ?? 1 }
}
