import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import { deliverOnSchedule } from '../../lib/outbox/deliver.ts'

/** One delivery run in a process of its own, which a test may kill. It reaches the hosts of a world on loopback. */
const { WORLD_PORT, WORLD_CA, ...environment } = process.env
const deps = createDeps(readConfig(environment), {
  fetchPolicy: {
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    allowAddress: (address) => address === '127.0.0.1',
    port: Number(WORLD_PORT),
    ca: WORLD_CA ?? '',
  },
})
process.send?.(await deliverOnSchedule(deps))
process.disconnect()
