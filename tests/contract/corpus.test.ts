import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syncFolder } from '../helpers/folder-sync.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/stellar-toml')

test('a sync ends every faulty stellar.toml as a capability, a salvage or a coded finding', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faulty-files-'))
  try {
    await cp(FIXTURES, folder, { recursive: true })
    await writeFile(join(folder, 'huge.toml'), `# ${'x'.repeat(102_400)}`)
    const found = await syncFolder(folder)
    const withOutcome = (wanted: string) =>
      found
        .filter(({ outcome }) => outcome === wanted)
        .map(({ domain }) => domain)
        .sort()
    expect(withOutcome('ok')).toEqual([
      'byte-order-mark.sim',
      'carriage-returns.sim',
      'copied.sim',
      'every-field.sim',
      'latin-1.sim',
      'prose-first.sim',
      'stray-character.sim',
      'utf-16.sim',
    ])
    const organisations = found
      .filter(({ findings }) => findings.some(({ code }) => code === 'toml_encoding'))
      .map(({ domain, capability }) => [domain, capability?.organisation])
    expect(organisations).toEqual([
      ['latin-1.sim', undefined],
      ['utf-16.sim', 'Breitgeld GmbH für Überweisungen'],
    ])
    // A file above 100 KB is never read, so nothing is said about the anchor.
    expect(withOutcome('unsure')).toEqual(['huge.sim'])
    expect(withOutcome('policy')).toHaveLength(found.length - 9)
  } finally {
    await rm(folder, { recursive: true })
  }
})
