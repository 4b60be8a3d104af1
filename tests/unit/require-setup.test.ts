import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
let clone = ''

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'anchor-ops-clone-'))
  for (const part of ['package.json', 'scripts']) {
    await cp(join(ROOT, part), join(clone, part), { recursive: true })
  }
})

afterEach(() => rm(clone, { recursive: true, force: true }))

/** Runs what every npm script loads first. */
function load() {
  const flags = ['--import', './scripts/require-setup.mjs', '--eval', 'console.log("began")']
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, {
    cwd: clone,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a script that is started before npm ci names the missing packages and the command that installs them', () => {
  const { status, stdout, stderr } = load()
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('undici, zod cannot be found: run `npm ci` first.')
})

test('a package that only a later release needs is named after a pull', async () => {
  await mkdir(join(clone, 'node_modules/@stellar'), { recursive: true })
  for (const name of ['@stellar/stellar-sdk', 'cheerio', 'undici']) {
    await symlink(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name))
  }
  const { status, stderr } = load()
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /but @supabase\/postgrest-js, commander, croner, csv-parse, .*zod cannot be found/,
  )
})

test('a script begins once every package is there', async () => {
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  expect(load()).toEqual({ status: 0, stdout: 'began\n', stderr: '' })
})
