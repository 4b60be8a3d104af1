import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { readHomeDomain } from '../../lib/anchors/store.ts'
import type { SyncAnswer } from '../../lib/anchors/sync.ts'
import { startLocalService } from '../../local/service.ts'
import { startFolderWorld } from '../../local/world/folder-world.ts'
import { worldClient } from '../unit/local/world-client.ts'
import { REFERENCE } from './reference.ts'

const CORPUS = fileURLToPath(new URL('corpus/stellar-toml', REFERENCE))

test('a world made of real files serves each of them byte for byte', async () => {
  const world = await startFolderWorld(CORPUS)
  const client = worldClient(world.policy)
  const files = (await readdir(CORPUS)).filter((file) => file !== 'index.json')
  expect(world.served).toHaveLength(files.length)
  for (const { file, domain } of world.served) {
    const bytes = await client.bytes(`https://${domain}/.well-known/stellar.toml`)
    expect(bytes.equals(await readFile(join(CORPUS, file)))).toBe(true)
  }
  await client.close()
  await world.close()
})

test('a sync of a world made of real files ends every one as a capability, a salvage or a coded finding', async () => {
  const service = await startLocalService({
    options: { world: 'folder', folder: CORPUS, port: 0 },
    environment: {},
    dataRoot: null,
    log: () => {},
  })
  try {
    const parameters = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
    const { body } = await runOps(parameters, service.deps, { scheduled: false })
    const answer = body as SyncAnswer
    const domains = [...new Set(answer.results.map(({ domain }) => domain))]
    expect(service.outside).toBe(`${domains.length} files of ${CORPUS}`)
    expect(answer).toMatchObject({
      status: 'ok',
      degraded: false,
      remaining: 0,
      import: { skippedSourceRows: 0 },
      refresh: { processed: domains.length },
    })

    for (const domain of domains) {
      const evidence = await readHomeDomain(service.deps.db, { network: 'mainnet', domain })
      expect(evidence?.outcome, domain).toMatch(/^(?:ok|policy)$/)
      const { capability = null, findings = [] } = evidence ?? {}
      expect(capability !== null || findings.length > 0, domain).toBe(true)
      const codes = findings.map(({ code }) => code)
      expect(codes.includes('toml_salvaged'), domain).toBe(capability?.salvaged === true)
    }
  } finally {
    await service.close()
  }
})
