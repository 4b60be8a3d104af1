import { startLocalService } from '../../local/service.ts'

// Runs the whole local service in a process of its own, which a test kills; its environment says what it talks to.
const service = await startLocalService({
  options: { world: 'simulated', port: 0 },
  environment: process.env,
  dataRoot: process.env['DATA_ROOT'] ?? null,
  log: () => {},
})
process.send?.({ url: service.url, dataDir: service.dataDir })
