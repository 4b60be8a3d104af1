import { startLocalService } from '../../local/service.ts'

// Runs the local service in a process that a test kills. Its environment names the platform and the data folder.
const service = await startLocalService({
  options: { world: 'simulated', port: 0 },
  environment: process.env,
  dataRoot: process.env['DATA_ROOT'] ?? null,
  makeLog: () => () => {},
})
process.send?.({ url: service.url, dataDir: service.dataDir })
