import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { type LocalService, startLocalService } from '../../local/service.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const README = await readFile(join(ROOT, 'README.md'), 'utf8')
const PACKAGE_README = await readFile(join(ROOT, 'client/README.md'), 'utf8')
const { version } = JSON.parse(await readFile(join(ROOT, 'client/package.json'), 'utf8'))

const programsOf = (page: string) =>
  [...page.matchAll(/```ts\n([^`]*)```/g)].map(([, program = '']) => program)
const PROGRAMS = programsOf(README)

let service: LocalService
let project: string
beforeAll(async () => {
  service = await startLocalService({
    options: { world: 'simulated', port: 0 },
    environment: {},
    dataRoot: null,
    makeLog: () => () => {},
  })
  await runOps(opsParameters.parse({ action: 'sync' }), service.deps, { scheduled: false })
  project = await mkdtemp(join(tmpdir(), 'anchor-ops-client-'))
  await run('npm', ['pack', join(ROOT, 'client'), '--pack-destination', project], { cwd: ROOT })
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }')
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund']
  await run('npm', [...install, `./anchor-ops-${version}.tgz`], { cwd: project })
})
afterAll(async () => {
  await service.close()
  await rm(project, { recursive: true, force: true })
})

/** Checks the types of a program of the README in the empty project, runs it, and gives what it prints. */
async function printed(program: string | undefined, name: string): Promise<string> {
  const here = program?.replaceAll('http://localhost:3000', service.url) ?? ''
  await writeFile(join(project, name), here)
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024']
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  await run(tsc, [...options, ...types, name], { cwd: project })
  return (await run(process.execPath, [name], { cwd: project })).stdout
}

test('a wallet lists anchors with the packed client', async () => {
  const lines = (await printed(PROGRAMS[0], 'wallet.ts')).trim().split('\n')
  // More lines than the limit of a page, so the second page was read.
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) expect(line).toMatch(/^[a-z0-9.-]+ (true|false)$/)
})

test('a business sends an update with the packed client', async () => {
  expect(await printed(PROGRAMS[1], 'business.ts')).toBe('APPLIED\n')
})

test('the README of the package has the same programs, and its program for errors prints a refusal', async () => {
  const programs = programsOf(PACKAGE_README)
  expect(programs.slice(0, 2)).toEqual(PROGRAMS)
  expect(await printed(programs[2], 'errors.ts')).toMatch(
    /^409 RPC method\[notify_transaction_recovery\] is not supported\./,
  )
})

test('the packed package has its README and its licence', async () => {
  const installed = join(project, 'node_modules/anchor-ops')
  expect(await readFile(join(installed, 'README.md'), 'utf8')).toBe(PACKAGE_README)
  const licence = await readFile(join(ROOT, 'LICENSE'), 'utf8')
  expect(await readFile(join(installed, 'LICENSE'), 'utf8')).toBe(licence)
})

test('README.md names the file that npm pack makes', () => {
  expect(README).toContain(`npm install ./anchor-ops-${version}.tgz`)
})
