import { createHorizonEndpoint } from '../local/ledger/horizon-endpoint.ts'
import { createSimulatedLedger } from '../local/ledger/simulated-ledger.ts'
import type { Answer } from '../local/world/answer.ts'
import { startWorldServer } from '../local/world/world-server.ts'
import { benchPayments, OBSERVED_ACCOUNT, START_CURSOR } from './payment-set.ts'
import type { WorldAddress } from './world.ts'

export interface HorizonInput {
  payments: number
  /** How late every answer is, in milliseconds. */
  latencyMs: number
}

/** What this process prints when it is ready. */
export interface HorizonAddress extends Pick<WorldAddress, 'port' | 'ca'> {
  horizonUrl: string
}

const HOST = 'horizon.sim'
const PAYMENTS_A_LEDGER = 20
const PAGE_SIZE = 200

// A Horizon whose ledger holds the payments. Its pages are made before anybody asks, so that the one who asks second has
// no advantage: a real one has a machine of its own. It ends with the process.
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

/** The id of the last one of the first so many payments. */
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
