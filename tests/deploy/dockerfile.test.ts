import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { undescribed } from '../helpers/described-answer.ts'
import { type BuiltImage, buildImage } from '../helpers/dockerfile.ts'
import { useServed } from '../helpers/served.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CRON_SECRET = 'correct-horse-battery-staple'
const OPERATOR = { authorization: `Bearer ${CRON_SECRET}` }

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** `npm ci` may have to load the packages. */
const BUILD_TIMEOUT_MS = 300_000

describeOnReal('the Dockerfile, step by step in a clean folder', (kind) => {
  const database = useDatabase(kind, { reset: 'once' })
  const start = useServed()
  let folder: string
  let image: BuiltImage
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-'))
    image = await buildImage(ROOT, folder)
  }, BUILD_TIMEOUT_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const files = () =>
    globSync('**/*', { cwd: image.folder, exclude: (name) => name === 'node_modules' }).sort()
  const serve = () =>
    start({
      folder: image.folder,
      command: image.command,
      environment: {
        ...image.environment,
        // What `docker run` is given.
        PORT: '0',
        HOST: '127.0.0.1',
        CRON_SECRET,
        // No resolver knows a name below .sim, and the guard dials nothing on loopback: nothing leaves the machine.
        STELLAR_ANCHOR_DIRECTORY_URL: 'https://directory.sim/anchors.json',
        STELLAR_HORIZON_URL: 'https://horizon.localhost',
        POSTGREST_URL: database.url,
        SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
      },
    })

  test('starts from the Node.js of the project, and runs as a user who owns nothing', () => {
    expect(image.base).toMatch(new RegExp(`^node:${read('.nvmrc').trim()}[.-]`))
    expect(image.user).toBe('node')
    expect(image.environment).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' })
    expect(image.port).toBe(image.environment['PORT'])
  })

  test('holds what the service needs, and no test, no tool and no secret file', () => {
    const own = files().filter((file) => file.includes('.'))
    const expected = globSync('{api,lib,serve}/**/*.*', { cwd: ROOT })
    expect(own).toEqual(
      [...expected, 'package-lock.json', 'package.json', 'vercel.json'].toSorted(),
    )
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean }>
    }
    const installed = globSync('node_modules/{*,@*/*}/package.json', { cwd: image.folder })
    const names = installed.map((file) => file.replace('/package.json', ''))
    expect(names).toContain('node_modules/srvx')
    expect(names.filter((name) => lock.packages[name]?.dev)).toEqual([])
  })

  test('serves every documented GET as it is described, and passes its own health check', async () => {
    const before = files()
    const served = await serve()
    const { port } = new URL(served.url)
    const document = JSON.parse(read('lib/openapi/openapi.json')) as {
      paths: Record<string, Record<string, unknown>>
    }
    const paths = Object.entries(document.paths).filter(([, { get }]) => get !== undefined)
    for (const [template] of paths) {
      const path = template.replace(/\{\w+\}/g, '1')
      const answer = await fetch(served.url + path, { headers: OPERATOR })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false
      const told = { status: answer.status, body: isJson ? JSON.parse(text) : null, isJson }
      expect(undescribed({ method: 'GET', pathname: path }, told), path).toBeNull()
      expect(answer.headers.get('x-request-id'), path).not.toBeNull()
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff')
    }
    expect(paths.length).toBeGreaterThan(15)

    const [program = '', ...args] = image.healthCheck
    const ask = () =>
      promisify(execFile)(program, args, {
        cwd: image.folder,
        env: { PATH: process.env['PATH'], PORT: port },
      })
    expect(await ask()).toEqual({ stdout: '', stderr: '' })
    served.kill('SIGTERM')
    expect(await served.ended).toBe(0)
    await expect(ask()).rejects.toMatchObject({ code: 1, stderr: 'fetch failed\n' })
    expect(files()).toEqual(before)
  })
})
