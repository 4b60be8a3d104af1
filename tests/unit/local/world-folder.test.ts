import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseHomeDomain } from '../../../lib/stellar/home-domain.ts'
import { domainOfFile, startFolderWorld } from '../../../local/world/folder-world.ts'
import { worldClient } from './world-client.ts'

describe('the domain of a file', () => {
  test.each([
    ['anclap.toml', 'anclap.sim'],
    ['MoneyGram-2026-09-30.toml', 'moneygram-2026-09-30.sim'],
    ['stellar--pesolink.toml', 'stellar.pesolink.sim'],
    ['a---b.toml', 'a.b.sim'],
    ['a----b.toml', 'a.b.sim'],
    ['no extension', 'no-extension.sim'],
    ['two.dots.toml', 'two-dots.sim'],
    ['xn__abc.toml', 'xn-abc.sim'],
    ['Köprü.toml', 'k-pr.sim'],
    ['???.toml', 'unnamed.sim'],
    ['.toml', 'toml.sim'],
    [`${'a'.repeat(62)}__b.toml`, `${'a'.repeat(62)}.sim`],
    [`${'a'.repeat(70)}.txt`, `${'a'.repeat(63)}.sim`],
  ])('%j becomes %s', (file, domain) => {
    expect(domainOfFile(file)).toBe(domain)
  })

  test('any file name becomes a valid home domain', () => {
    const fileName = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 255 }),
      fc.string({
        unit: fc.constantFrom('a', 'x', 'n', '-', '.', '0', 'Z', '_', 'İ'),
        maxLength: 255,
      }),
      fc
        .array(fc.string({ unit: fc.constantFrom('a', '1', '-'), maxLength: 70 }))
        .map((parts) => parts.join('--')),
    )
    fc.assert(
      fc.property(fileName, (name) => {
        const domain = domainOfFile(name)
        expect(parseHomeDomain(domain)).toBe(domain)
        expect(domain.endsWith('.sim')).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a world made from a folder', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-world-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  test('serves each file byte for byte and lists it with the currencies found in it', async () => {
    const invalidUtf8 = Buffer.concat([Buffer.of(0xff, 0xfe, 0x00), Buffer.from('code = "MXN"')])
    const good = '[[CURRENCIES]]\ncode = "BRL"\n  code=\'usdX\'\n[[CURRENCIES]]\ncode = "BRL"\n'
    await writeFile(join(folder, 'Good--Anchor.toml'), good)
    await writeFile(join(folder, 'bytes.bin'), invalidUtf8)
    await writeFile(join(folder, 'empty.toml'), '')
    const world = await startFolderWorld(folder)
    const client = worldClient(world.policy)

    expect(world.served).toEqual([
      { file: 'Good--Anchor.toml', domain: 'good.anchor.sim' },
      { file: 'bytes.bin', domain: 'bytes.sim' },
      { file: 'empty.toml', domain: 'empty.sim' },
    ])
    const served = await client.bytes('https://bytes.sim/.well-known/stellar.toml')
    expect(served.equals(invalidUtf8)).toBe(true)
    expect(await client.text('https://good.anchor.sim/.well-known/stellar.toml')).toBe(good)
    expect(await client.bytes('https://empty.sim/.well-known/stellar.toml')).toHaveLength(0)
    expect(await client.json(world.directoryUrl)).toEqual({
      anchors: [
        {
          name: 'Good--Anchor.toml',
          home_domain: 'good.anchor.sim',
          country: 'ZZ',
          currencies: ['BRL', 'usdX'],
        },
        { name: 'bytes.bin', home_domain: 'bytes.sim', country: 'ZZ', currencies: ['USD'] },
        { name: 'empty.toml', home_domain: 'empty.sim', country: 'ZZ', currencies: ['USD'] },
      ],
    })
    expect(await client.text(world.directoryHome)).toContain('href="/anchors.json"')
    const elsewhere = await client.get('https://good.anchor.sim/sep24/info')
    await elsewhere.body.dump()
    expect(elsewhere.statusCode).toBe(404)
    await expect(client.get(world.horizonUrl)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await client.close()
    await world.close()
  })

  test('gives each file a domain of its own, different from its own directory host', async () => {
    for (const file of ['A.toml', 'a.txt', 'a_.toml', 'directory.toml']) {
      await writeFile(join(folder, file), file)
    }
    const long = `${'a'.repeat(63)}--`.repeat(3) + 'b'.repeat(56)
    await writeFile(join(folder, `${long}.t1`), 'one')
    await writeFile(join(folder, `${long}.t2`), 'two')
    const world = await startFolderWorld(folder)
    const domains = world.served.map(({ domain }) => domain)
    expect(new Set(domains).size).toBe(domains.length)
    for (const domain of domains) expect(parseHomeDomain(domain)).toBe(domain)
    expect(domains).toEqual(expect.arrayContaining(['a.sim', 'a-2.sim', 'a-3.sim']))
    expect(domains).toContain('directory-2.sim')
    await world.close()
  })

  test('skips every entry that is not a regular stellar.toml file, with the reason', async () => {
    await writeFile(join(folder, 'good.toml'), '')
    await writeFile(join(folder, 'index.json'), '{}')
    await writeFile(join(folder, 'README.md'), '')
    await writeFile(join(folder, '.hidden.toml'), '')
    await mkdir(join(folder, 'folder.toml'))
    await symlink('/etc/hostname', join(folder, 'link.toml'))
    await writeFile(join(folder, 'large.toml'), '')
    await truncate(join(folder, 'large.toml'), 5 * 1024 * 1024 + 1)
    const world = await startFolderWorld(folder)
    await world.close()
    expect(world.served.map(({ file }) => file)).toEqual(['good.toml'])
    expect(Object.fromEntries(world.skipped.map(({ file, reason }) => [file, reason]))).toEqual({
      '.hidden.toml': 'a hidden file',
      'README.md': 'a .md file, not a stellar.toml',
      'folder.toml': 'not a regular file',
      'index.json': 'a .json file, not a stellar.toml',
      'large.toml': '5242881 bytes; at most 5242880 are served',
      'link.toml': 'a symbolic link; only regular files are served',
    })
  })

  test('refuses a missing folder, a file and a folder without a file to serve, with its path', async () => {
    const missing = join(folder, 'missing')
    await expect(startFolderWorld(missing)).rejects.toThrow(`${missing} (ENOENT)`)
    await expect(startFolderWorld(folder)).rejects.toThrow('it is empty')
    await writeFile(join(folder, 'notes.md'), '')
    await expect(startFolderWorld(folder)).rejects.toThrow('notes.md: a .md file')
    await expect(startFolderWorld(join(folder, 'notes.md'))).rejects.toThrow('ENOTDIR')
  })
})
