import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Keypair } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEVELOPMENT_BUSINESS_KEY, DEVELOPMENT_SECRET } from '../../local/development-secrets.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Scans files by the rules of `npm run check:secrets`, and gives the names of those in which a secret was found. */
async function filesWithSecrets(files: Record<string, string>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const scan = promisify(execFile)(
    process.execPath,
    [
      ...[join(ROOT, 'node_modules/secretlint/bin/secretlint.js'), '--format', 'json', '--no-glob'],
      ...['--secretlintrc', join(ROOT, '.secretlintrc.json'), ...Object.keys(files)],
    ],
    { cwd: folder },
  )
  const { stdout } = await scan.catch((error: { stdout: string }) => error)
  const found = JSON.parse(stdout) as { filePath: string; messages: unknown[] }[]
  return found
    .filter(({ messages }) => messages.length > 0)
    .map(({ filePath }) => filePath.split(/[\\/]/).at(-1) ?? '')
    .sort()
}

test('the scan of secrets finds planted ones, and lets the development secrets pass', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  // Each is put together here, so that the scan of this file finds nothing.
  const planted = {
    'github.ts': `const token = '${['ghp', 'Ab3'.repeat(12)].join('_')}'`,
    'key.pem': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'seed.env': `ANCHOR_SIGN_IN_SEED=${Keypair.random().secret()}`,
    'service.env': ['CRON_SECRET', 'kJ82hslqPz01mxbr'].join('='),
    'url.md': ['https://admin:', 'hx82jsPq@', 'db.example.com/'].join(''),
  }
  const local = {
    'local.md': `CRON_SECRET=${DEVELOPMENT_SECRET}\nBUSINESS_API_KEY=${DEVELOPMENT_BUSINESS_KEY}`,
  }
  expect(await filesWithSecrets({ ...planted, ...local })).toEqual(Object.keys(planted).sort())
})
