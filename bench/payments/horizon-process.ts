import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import type { Answer } from '../../local/world/answer.ts'
import { startWorldServer } from '../../local/world/world-server.ts'
import type { WorldAddress } from '../world.ts'
import { benchPayments, OBSERVED_ACCOUNT, START_CURSOR } from './payment-set.ts'

export interface HorizonInput {
  payments: number
  /** The delay of every answer, in milliseconds. */
  latencyMs: number
}

/** The line that this process prints when it is ready. */
export interface HorizonAddress extends Pick<WorldAddress, 'port' | 'ca'> {
  horizonUrl: string
}

const HOST = 'horizon.sim'
const PAYMENTS_A_LEDGER = 20
const PAGE_SIZE = 200

// Serves a Horizon whose ledger holds the payments, until the process ends. Its pages are built before the first request,
// so that no measurement pays for building them.
const { payments, latencyMs } = JSON.parse(process.argv[2] ?? '') as HorizonInput
const horizonUrl = `https://${HOST}`
const ledger = createSimulatedLedger()
ledger.setAccount({ id: OBSERVED_ACCOUNT, trustlines: [] })
const forms = benchPayments(payments)
for (let at = 0; at < forms.length; at += PAYMENTS_A_LEDGER) {
  ledger.close(forms.slice(at, at + PAYMENTS_A_LEDGER))
}

const endpoint = createHorizonEndpoint(ledger, horizonUrl)
const pages = new Map<string, Answer>()
let cursor = START_CURSOR
for (let page = 0; page * PAGE_SIZE <= payments; page += 1) {
  const search = `cursor=${cursor}&order=asc&limit=${PAGE_SIZE}&join=transactions`
  const url = new URL(`${horizonUrl}/accounts/${OBSERVED_ACCOUNT}/payments?${search}`)
  pages.set(url.href, endpoint.answer(url))
  cursor = lastCursor(page * PAGE_SIZE + PAGE_SIZE) ?? cursor
}

/** The id of the last of the first `count` payments. */
function lastCursor(count: number): string | undefined {
  const range = { cursor: 0n, order: 'asc', limit: count, isWanted: () => true } as const
  const last = ledger.operationsOf(OBSERVED_ACCOUNT, range).at(-1)
  return last === undefined ? undefined : String(last.id)
}

const { policy } = await startWorldServer(
  new Map([
    [
      HOST,
      {
        answer: (url: URL) => ({
          ...(pages.get(url.href) ?? endpoint.answer(url)),
          delayMs: latencyMs,
        }),
      },
    ],
  ]),
)
const { port = 0, ca = '' } = policy
const address: HorizonAddress = { port, ca, horizonUrl }
console.log(JSON.stringify(address))
