import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startFolderWorld } from '../../local/world/folder-world.ts'
import { syncFolder } from '../helpers/folder-sync.ts'
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

test('a sync of real files ends every one as a capability, a salvage or a coded finding', async () => {
  for (const { domain, outcome, capability } of await syncFolder(CORPUS)) {
    if (outcome !== 'unsure') continue
    // No endpoint of these files answers in this world, so nothing can prove a network that the file does not name.
    expect(capability, domain).not.toHaveProperty('networkPassphrase')
    expect(capability?.unusable, domain).not.toHaveProperty('NETWORK_PASSPHRASE')
  }
})
