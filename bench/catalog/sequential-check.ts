import { randomUUID } from 'node:crypto'
import { Keypair, TransactionBuilder } from '@stellar/stellar-sdk'
import { parse } from 'smol-toml'
import { Agent, buildConnector, request } from 'undici'
import type { Timeouts } from '../../local/world/latency-ladder.ts'
import type { WorldAddress } from '../world.ts'

export interface Question {
  timeoutMs: number
  method?: 'GET' | 'POST' | 'OPTIONS'
  json?: unknown
  token?: string
}

/** One request. Its answer is read to the end. */
export type Read = (url: string, question: Question) => Promise<{ status: number; text: string }>

const PASSPHRASE = 'Public Global Stellar Network ; September 2015'

/** A client of the world with nothing but undici. It counts its requests. */
export function openWorld(world: WorldAddress): { read: Read; requests: () => number } {
  const join = buildConnector({
    ca: world.ca,
    lookup: (_hostname, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  const dispatcher = new Agent({
    connect: (options, done) => join({ ...options, port: String(world.port) }, done),
  })
  let count = 0
  const read: Read = async (url, { timeoutMs, method = 'GET', json, token }) => {
    count += 1
    const { statusCode, body } = await request(url, {
      ...{ dispatcher, method, signal: AbortSignal.timeout(timeoutMs) },
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    return { status: statusCode, text: await body.text() }
  }
  return { read, requests: () => count }
}

/**
 * Asks one anchor for all that a check and a sign-in ask for, one request after another.
 * @throws when there is no stellar.toml
 */
export async function checkSequentially(
  domain: string,
  read: Read,
  { requestMs, extraMs, signedInMs }: Timeouts,
  isFirstOfDay: boolean,
): Promise<void> {
  const orNull = async (url: string, question: Question) => {
    try {
      return await read(url, question)
    } catch {
      return null
    }
  }
  const json = async (url: string, question: Question) => {
    const answer = await orNull(url, question)
    return answer?.status === 200 ? (JSON.parse(answer.text) as Record<string, unknown>) : null
  }
  const url = `https://${domain}/.well-known/stellar.toml`
  const { status, text } = await read(url, { timeoutMs: requestMs })
  if (status !== 200) throw new Error(`${url} answered ${status}`)
  const toml = parse(text) as Record<string, string | undefined>
  const info = (field: string) => {
    const server = toml[field]
    return server === undefined ? null : json(`${server}/info`, { timeoutMs: requestMs })
  }
  const sep24 = await info('TRANSFER_SERVER_SEP0024')
  const sep6 = await info('TRANSFER_SERVER')
  await info('DIRECT_PAYMENT_SERVER')
  const quotes = await info('ANCHOR_QUOTE_SERVER')
  const auth = toml['WEB_AUTH_ENDPOINT']
  const challengeFor = (account: string) =>
    json(`${auth}?account=${account}&home_domain=${domain}`, { timeoutMs: extraMs })
  const challenge = auth === undefined ? null : await challengeFor(Keypair.random().publicKey())
  if (!isFirstOfDay) return

  const kyc = toml['KYC_SERVER']
  if (kyc !== undefined) {
    const gate = await orNull(`${kyc}/customer`, { timeoutMs: extraMs })
    if (gate?.status === 403) {
      await orNull(`${kyc}/customer`, { timeoutMs: extraMs, method: 'OPTIONS' })
    }
  }
  const [first] = (quotes?.['assets'] ?? []) as { asset: string }[]
  if (first !== undefined) {
    const query = new URLSearchParams({ sell_asset: first.asset, sell_amount: '100' })
    const prices = `${toml['ANCHOR_QUOTE_SERVER']}/prices?${query}`
    await orNull(prices, { timeoutMs: requestMs })
  }
  if (challenge === null || auth === undefined) return

  const key = Keypair.random()
  const again = await challengeFor(key.publicKey())
  if (again === null) return
  const transaction = TransactionBuilder.fromXDR(String(again['transaction']), PASSPHRASE)
  transaction.sign(key)
  const signed = { transaction: transaction.toXDR() }
  const given = await json(auth, { timeoutMs: signedInMs, method: 'POST', json: signed })
  if (given === null) return
  const list = { timeoutMs: signedInMs, token: String(given['token']) }
  const account = key.publicKey()
  if (sep24) await orNull(`${toml['TRANSFER_SERVER_SEP0024']}/transactions?asset_code=USDB`, list)
  if (sep6) {
    const query = `asset_code=USDB&account=${account}`
    await orNull(`${toml['TRANSFER_SERVER']}/transactions?${query}`, list)
  }
  const direct = toml['DIRECT_PAYMENT_SERVER']
  if (direct !== undefined) await orNull(`${direct}/transactions/${randomUUID()}`, list)
  if (kyc !== undefined) await orNull(`${kyc}/customer?account=${account}`, list)
}
