import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BuiltFunction,
  builtOnce,
  type RunningFunction,
  removeBuilt,
  startFunction,
} from '../helpers/builder.ts'
import { describeBuiltCatalog } from './built-catalog.ts'
import { describeBuiltUpdates } from './built-updates.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = 'correct-horse-battery-staple'
/** As Vercel sets it, with no database: whatever passes the door and needs one answers 503. */
const ENVIRONMENT = { VERCEL: '1', VERCEL_ENV: 'production', CRON_SECRET: SECRET }

const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as {
  packages: Record<string, { dev?: boolean }>
}

/** `node_modules/@scope/name/lib/x.js` -> `node_modules/@scope/name` */
const packageOf = (file: string) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]

afterAll(removeBuilt)

const entrypoints = globSync('api/**/*.ts', { cwd: ROOT }).sort()

test('there are functions to build', () => {
  expect(entrypoints).toContain('api/health.ts')
  expect(entrypoints).toContain('api/anchors/ops.ts')
})

describe.each(entrypoints)("%s, built by Vercel's builder", (entrypoint) => {
  let built: BuiltFunction
  let running: RunningFunction

  beforeAll(async () => {
    built = await builtOnce(entrypoint)
    running = await startFunction(built, ENVIRONMENT)
  })

  afterAll(() => running?.stop())

  const path = `/${entrypoint.replace(/\.ts$/, '').replace(/\[\w+\]/, 'example.org')}`
  const call = (init: RequestInit = {}, query = '') => fetch(running.origin + path + query, init)

  test('runs on the Node.js version that package.json asks for', () => {
    expect(built.runtime).toBe('nodejs24.x')
  })

  test('carries its own code and nothing of the tests, the local world or a secret file', () => {
    const own = built.files.filter((file) => packageOf(file) === undefined)
    expect(own).toContain(`${built.name}.js`)
    const strays = own.filter((file) => !/^(package\.json|(api|lib)\/.+\.js(\.map)?)$/.test(file))
    expect(strays).toEqual([])
    expect(built.files.filter((file) => /(^|\/)\.env/.test(file))).toEqual([])
  })

  test('carries production dependencies only', () => {
    const carried = [...new Set(built.files.map(packageOf).filter((name) => name !== undefined))]
    expect(carried.filter((name) => lock.packages[name] === undefined)).toEqual([])
    expect(carried.filter((name) => lock.packages[name]?.dev === true)).toEqual([])
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('answers %s with our own 405', async (method) => {
    const answer = await call({ method })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toContain('OPTIONS')
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' })
  })

  test('answers OPTIONS with what it allows', async () => {
    const answer = await call({ method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('allow')).toMatch(/GET|POST/)
  })
})

describe('the built ops function', () => {
  let running: RunningFunction

  beforeAll(async () => {
    running = await startFunction(await builtOnce('api/anchors/ops.ts'), ENVIRONMENT)
  })

  afterAll(() => running?.stop())

  const call = (query = '', init: RequestInit = {}) =>
    fetch(`${running.origin}/api/anchors/ops${query}`, init)

  test.each<[string, string, Record<string, string>]>([
    ['nothing', '', {}],
    ['a wrong secret', '?secret=wrong', {}],
    [
      'a wrong bearer beside the cron header',
      '',
      { authorization: 'Bearer w', 'x-vercel-cron': '1' },
    ],
    ['a repeated secret', `?secret=${SECRET}&secret=${SECRET}`, {}],
  ])('refuses %s with the documented sentence', async (_case, query, headers) => {
    const answer = await call(query, { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({
      error:
        'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.',
    })
  })

  test('lets the right secret through to the action', async () => {
    const answer = await call('?action=nonsense', {
      headers: { authorization: `Bearer ${SECRET}` },
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: 'Invalid action. Use: import_directory | refresh_capabilities | sync',
    })
  })

  test('reads a posted body', async () => {
    const answer = await call('', {
      method: 'POST',
      headers: { 'x-cron-secret': SECRET },
      body: '{"action":',
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'Invalid request body' })
  })

  test('never runs on HEAD', async () => {
    const headers = { authorization: `Bearer ${SECRET}` }
    expect((await call('?action=sync', { method: 'HEAD', headers })).status).toBe(405)
  })
})

describe('the built health function', () => {
  test('says 503 without a database, and tells reasons to nobody but an operator', async () => {
    const running = await startFunction(await builtOnce('api/health.ts'), ENVIRONMENT)
    try {
      const address = `${running.origin}/api/health`
      const anybody = await fetch(address)
      expect(anybody.status).toBe(503)
      expect(await anybody.json()).toEqual({
        status: 'error',
        version: 'development',
        checks: {
          database: { status: 'error' },
          configuration: { status: 'ok' },
          lastSync: { status: 'error' },
          unsettled: { status: 'error' },
          observer: { status: 'ok' },
        },
      })
    } finally {
      await running.stop()
    }
  })

  test('says 503 with a configuration that cannot be read', async () => {
    const environment = { ...ENVIRONMENT, STELLAR_NETWORK: 'moonnet' }
    const running = await startFunction(await builtOnce('api/health.ts'), environment)
    try {
      const answer = await fetch(`${running.origin}/api/health`)
      expect(answer.status).toBe(503)
      const text = await answer.text()
      expect(JSON.parse(text)).toMatchObject({ code: 'configuration_invalid' })
      expect(text).not.toContain('moonnet')
    } finally {
      await running.stop()
    }
  })
})

// In this file, so that no function is built twice.
describeBuiltCatalog()
describeBuiltUpdates()
