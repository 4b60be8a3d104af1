import { expect } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { type HomeDomainEvidence, readHomeDomain } from '../../lib/anchors/store.ts'
import type { SyncAnswer } from '../../lib/anchors/sync.ts'
import { startLocalService } from '../../local/service.ts'

/**
 * Syncs the world that `npm start -- --world` makes from a folder of stellar.toml files, and proves that every file ends
 * as a capability or a coded finding.
 *
 * @returns the evidence on each file's home domain
 */
export async function syncFolder(folder: string): Promise<HomeDomainEvidence[]> {
  const service = await startLocalService({
    options: { world: 'folder', folder, port: 0 },
    environment: {},
    dataRoot: null,
    makeLog: () => () => {},
  })
  try {
    const parameters = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
    const { body } = await runOps(parameters, service.deps, { scheduled: false })
    const answer = body as SyncAnswer
    const domains = [...new Set(answer.results.map(({ domain }) => domain))]
    expect(service.outside).toBe(`${domains.length} files of ${folder}`)
    expect(answer).toMatchObject({
      status: 'ok',
      degraded: false,
      remaining: 0,
      import: { skippedSourceRows: 0 },
      refresh: { processed: domains.length },
    })
    const evidence: HomeDomainEvidence[] = []
    for (const domain of domains) {
      const known = await readHomeDomain(service.deps.db, { network: 'mainnet', domain })
      if (known === null) throw new Error(`${domain} was synced and is not known`)
      const { capability, findings } = known
      expect(capability !== null || findings.length > 0, domain).toBe(true)
      const isSalvaged = findings.some(({ code }) => code === 'toml_salvaged')
      expect(isSalvaged, domain).toBe(capability?.salvaged === true)
      evidence.push(known)
    }
    return evidence
  } finally {
    await service.close()
  }
}
