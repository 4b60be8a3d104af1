import { subscribe } from 'node:diagnostics_channel'
import { readConfig } from '../../lib/config.ts'
import { createDeps, useDeps } from '../../lib/deps.ts'

// `npm run serve` as it is, but for DNS, whose every name is a world on loopback, and for the clock: when it begins to listen,
// it is two seconds before CLOCK_AT, such as 06:00 UTC, so that no test waits for the schedules of an hour.
const LEAD_MS = 2_000
const { WORLD_PORT, WORLD_CA, CLOCK_AT = '', ...environment } = process.env

const RealDate = Date
let aheadMs = 0
globalThis.Date = class extends RealDate {
  constructor(...given: []) {
    super(...((given.length === 0 ? [Date.now()] : given) as []))
  }
  static override now = () => RealDate.now() + aheadMs
} as DateConstructor
subscribe('tracing:net.server.listen:asyncEnd', () => {
  const today = new RealDate().toISOString().slice(0, 11)
  const untilMs = RealDate.parse(`${today}${CLOCK_AT}:00Z`) - LEAD_MS - RealDate.now()
  const dayMs = 86_400_000
  aheadMs = ((untilMs % dayMs) + dayMs) % dayMs
})

const deps = createDeps(readConfig(environment), {
  fetchPolicy: {
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    allowAddress: (address) => address === '127.0.0.1',
    port: Number(WORLD_PORT),
    ca: WORLD_CA ?? '',
  },
})
useDeps(() => deps)
await import('../../serve/main.ts')
