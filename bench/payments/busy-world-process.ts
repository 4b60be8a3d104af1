import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHorizonEndpoint } from '../../local/ledger/horizon/endpoint.ts'
import { createSimulatedLedger } from '../../local/ledger/simulated-ledger.ts'
import { startPlatformEmulator } from '../../local/platform/server.ts'
import { startWorldServer } from '../../local/world/world-server.ts'
import { ACCOUNTS, busyTransactions, paymentsOf } from './busy-set.ts'
import type { HorizonAddress } from './horizon-process.ts'

export interface BusyWorldInput {
  minutes: number
  /** The delay of every answer of Horizon, in milliseconds. */
  latencyMs: number
  /** The time of each accepted call of the platform. */
  eventMs: number
  apiKey: string
}

/** The line that this process prints when it is ready. */
export interface BusyWorldAddress extends HorizonAddress {
  platformUrl: string
  /** Each POST closes the ledgers of the next minute. */
  controlUrl: string
}

const HOST = 'horizon.sim'

// Serves a Horizon and a platform over one ledger, until the process ends.
const { minutes, latencyMs, eventMs, apiKey } = JSON.parse(process.argv[2] ?? '') as BusyWorldInput
const horizonUrl = `https://${HOST}`
// The bench closes the ledgers; ledger 1 closed when it began.
const ledger = createSimulatedLedger({ genesis: new Date() })
for (const id of ACCOUNTS) ledger.setAccount({ id, trustlines: [] })
ledger.advance(10)

const { url, setFaults } = await startPlatformEmulator({
  ledger,
  state: {
    config: { platform_server_auth_type: 'api_key', secret: apiKey },
    transactions: busyTransactions(minutes),
  },
})
// A reading has no updates that an event could delay.
setFaults([{ kind: 'event_delay', delayMs: eventMs, times: Number.MAX_SAFE_INTEGER }])

const endpoint = createHorizonEndpoint(ledger, horizonUrl)
const answer = (asked: URL) => ({ ...endpoint.answer(asked), delayMs: latencyMs })
const { policy } = await startWorldServer(new Map([[HOST, { answer }]]))

let minute = 0
const control = createServer((_request, response) => {
  for (const payments of paymentsOf(minute, minutes)) ledger.close(payments)
  minute += 1
  response.end()
})
await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))

const { port = 0, ca = '' } = policy
const controlUrl = `http://127.0.0.1:${(control.address() as AddressInfo).port}`
const address: BusyWorldAddress = { port, ca, horizonUrl, platformUrl: url, controlUrl }
console.log(JSON.stringify(address))
