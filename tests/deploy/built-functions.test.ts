import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuiltFunction, builtOnce, removeBuilt, useFunctions } from '../helpers/builder.ts'
import { describeBuiltDeployment } from './built-deployment.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = 'correct-horse-battery-staple'
/** The environment of Vercel without a database: what passes the access check and needs one answers 503. */
const ENVIRONMENT = { VERCEL: '1', VERCEL_ENV: 'production', CRON_SECRET: SECRET }

const BUILD_TIMEOUT_MS = 300_000

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
  const start = useFunctions()
  let built: BuiltFunction
  let url: string
  beforeAll(async () => {
    built = await builtOnce(entrypoint)
    const path = entrypoint.replace(/\.ts$/, '').replace(/\[\w+\]/, 'example.org')
    url = `${await start(entrypoint, ENVIRONMENT)}/${path}`
    // The first build reads all of node_modules, which a loaded machine needs more than a minute for.
  }, BUILD_TIMEOUT_MS)

  test('runs on the Node.js version that package.json asks for', () => {
    expect(built.runtime).toBe('nodejs24.x')
  })

  test('carries its own code and nothing of the tests, the local world or a secret file', () => {
    const own = built.files.filter((file) => packageOf(file) === undefined)
    expect(own).toContain(`${built.name}.js`)
    const strays = own.filter(
      (file) =>
        !/^(package\.json|lib\/openapi\/openapi\.json|lib\/pages\/files\/[\w-]+\.(css|svg|png)|(api|lib)\/.+\.js(\.map)?)$/.test(
          file,
        ),
    )
    expect(strays).toEqual([])
    expect(built.files.filter((file) => /(^|\/)\.env/.test(file))).toEqual([])
  })

  test('carries production dependencies only', () => {
    const carried = [...new Set(built.files.map(packageOf).filter((name) => name !== undefined))]
    expect(carried.filter((name) => lock.packages[name] === undefined)).toEqual([])
    expect(carried.filter((name) => lock.packages[name]?.dev === true)).toEqual([])
  })

  test('carries the Stellar SDK only if it prepares refunds or decides about payments', () => {
    const isCarried = built.files.some(
      (file) => packageOf(file) === 'node_modules/@stellar/stellar-sdk',
    )
    // The forms of operators decide about payments too. It is loaded only when a refund is prepared.
    const decide = ['api/payments/[operationId].ts', 'api/pages/ops/decisions.ts']
    expect(isCarried).toBe(decide.includes(entrypoint))
  })

  test('answers a method that it does not serve with 405, and OPTIONS with what it allows', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const answer = await fetch(url, { method })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toContain('OPTIONS')
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' })
    }
    const options = await fetch(url, { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(options.headers.get('allow')).toMatch(/GET|POST/)
  })
})

describe('the built ops function', () => {
  const start = useFunctions()
  let origin: string
  beforeAll(async () => {
    origin = await start('api/anchors/ops.ts', ENVIRONMENT)
  })
  const call = async (query = '', init: RequestInit = {}) => {
    const answer = await fetch(`${origin}/api/anchors/ops${query}`, init)
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }

  test('sees headers and a repeated query parameter behind the launcher of Vercel', async () => {
    const headers = { authorization: `Bearer ${SECRET}` }
    expect(await call('?action=nonsense', { headers })).toMatchObject({
      status: 400,
      body: { error: 'Invalid action. Use: import_directory | refresh_capabilities | sync' },
    })
    for (const refused of ['', '?secret=wrong', `?secret=${SECRET}&secret=${SECRET}`]) {
      expect(await call(refused)).toMatchObject({
        status: 401,
        body: {
          error:
            'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.',
        },
      })
    }
    expect((await call('?action=sync', { method: 'HEAD', headers })).status).toBe(405)
  })

  test('reads a posted body', async () => {
    const headers = { 'x-cron-secret': SECRET }
    expect(await call('', { method: 'POST', headers, body: '{"action":' })).toMatchObject({
      status: 400,
      body: { error: 'Invalid request body' },
    })
  })
})

describe('the built health function', () => {
  const start = useFunctions()
  const health = async (environment: Record<string, string>) =>
    fetch(`${await start('api/health.ts', environment)}/api/health`)

  test('answers 503 without a database, and gives no reasons without a credential', async () => {
    const answer = await health(ENVIRONMENT)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      status: 'error',
      version: 'development',
      checks: {
        database: { status: 'error' },
        configuration: { status: 'ok' },
        lastSync: { status: 'error' },
        schedule: { status: 'error' },
        unsettled: { status: 'error' },
        observer: { status: 'ok' },
        openMoney: { status: 'ok' },
        anchors: { status: 'error' },
        platform: { status: 'ok' },
        events: { status: 'ok' },
        webhooks: { status: 'ok' },
      },
    })
  })

  test('answers 503 with a configuration that cannot be read', async () => {
    const answer = await health({ ...ENVIRONMENT, STELLAR_NETWORK: 'moonnet' })
    expect(answer.status).toBe(503)
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'configuration_invalid' })
    expect(text).not.toContain('moonnet')
  })
})

// In this file, because each function is built once per file.
describeBuiltDeployment()
