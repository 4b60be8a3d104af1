import type { Network } from '../../stellar/network.ts'
import type { Answered, Answers } from './answers.ts'
import type { Capability } from './capability.ts'
import { earlierOf } from './earlier.ts'
import { askDirectPayment } from './info/direct-payment.ts'
import { askKycGate } from './info/kyc-gate.ts'
import { askOfferings } from './info/offerings.ts'
import { askPrices, type PricesInfo } from './info/prices.ts'
import { askQuotes } from './info/quotes.ts'
import { askTransfer } from './info/transfer.ts'
import { atTransferServer } from './kyc-server.ts'
import type { CheckIo } from './request-evidence.ts'
import type { SepName, StellarToml } from './toml/fields.ts'
import { askContractWebAuth, askWebAuth } from './web-auth/ask.ts'

/** Requests that cost the anchor an effort are sent once a day. The margin is for runs that begin a little early. */
export const DAY_MS = 23 * 3_600_000
/** A failure is looked at again after an hour, because one may meet a restart. */
export const HOUR_MS = 3_600_000

/** The answers that are on their way, by protocol. One that is not due is left out. */
export type AskedEndpoints = Partial<Record<SepName, Promise<Answered>>>

/**
 * Sends every public request that is due, side by side, the one of the highest worth first: connections to a host are few.
 * Only `/prices` waits for other answers.
 */
export function askEndpoints(
  toml: StellarToml,
  about: { domain: string; network: Network; previous: Capability | null },
  io: CheckIo,
): AskedEndpoints {
  const { endpoints, signingKey, webAuthContractId, isKycAtTransferServer } = toml
  const { domain, network, previous } = about
  const order = { network, homeDomain: domain, ...(signingKey ? { signingKey } : {}) }
  const isDue = (name: SepName) => {
    const at = earlierOf(name, toml, previous)?.seen?.at
    return at === undefined || io.now().getTime() - Date.parse(at) >= DAY_MS
  }
  const ask: Record<SepName, (endpoint: string) => Promise<Answered> | null> = {
    sep24: (endpoint) => askTransfer('sep24', endpoint, io),
    sep6: (endpoint) => askTransfer('sep6', endpoint, io),
    sep10: (endpoint) => askWebAuth({ ...order, endpoint }, io),
    sep31: (endpoint) => askDirectPayment(endpoint, io),
    sep38: (endpoint) => askQuotes(endpoint, io),
    sep59: (endpoint) => askOfferings(endpoint, io),
    // A challenge of SEP-45 costs the anchor a simulation on a Stellar RPC.
    sep45: (endpoint) =>
      webAuthContractId !== undefined && isDue('sep45')
        ? askContractWebAuth({ ...order, endpoint, contractId: webAuthContractId }, io)
        : null,
    sep12: (endpoint) => {
      if (!isDue('sep12')) return null
      const gate = askKycGate(endpoint, io)
      return isKycAtTransferServer ? gate.then(atTransferServer) : gate
    },
  }
  const asked = Object.entries(ask).flatMap(([name, send]) => {
    const endpoint = endpoints[name as SepName]
    const answer = endpoint === undefined ? null : send(endpoint)
    return answer === null ? [] : [[name, answer]]
  })
  return Object.fromEntries(asked)
}

/** Waits for the answers, and asks for prices where they are due. */
export async function answersOf(
  asked: AskedEndpoints,
  toml: StellarToml,
  previous: Capability | null,
  io: CheckIo,
): Promise<Answers> {
  const answered = Object.entries(asked).map(async ([name, answer]) => [name, await answer])
  const seps: Answers['seps'] = Object.fromEntries(await Promise.all(answered))
  return {
    seps,
    prices: await askPricesIfDue(toml, previous, seps, io),
    isSigned: isSigned(seps.sep10),
  }
}

/** Whether SIGNING_KEY signed the SEP-10 challenge for this network. */
export function isSigned(sep10: Answered | undefined): boolean {
  return sep10 !== undefined && 'isSigned' in sep10 && sep10.isSigned === true
}

/** Once a day, and only behind a conformant `/info`. */
async function askPricesIfDue(
  { endpoints: { sep38: endpoint } }: StellarToml,
  previous: Capability | null,
  { sep38, sep6, sep24, sep31 }: Answers['seps'],
  io: CheckIo,
): Promise<PricesInfo | null> {
  if (endpoint === undefined || sep38?.step !== 'conformant' || !sep38.quotes) return null
  const before = previous?.sep.sep38
  const last = before?.endpoint === endpoint ? before.pricesAsked : undefined
  const waitMs = last === undefined || last.failures === 0 ? DAY_MS : HOUR_MS
  if (last !== undefined && io.now().getTime() - Date.parse(last.at) < waitMs) return null
  const limits = [sep24, sep6, sep31].flatMap((answered) =>
    answered?.assets ? [answered.assets] : [],
  )
  return askPrices(endpoint, sep38.quotes, limits, io)
}
