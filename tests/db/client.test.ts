import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCatalogHealth, startRun } from '../../lib/anchors/store.ts'
import { createDatabase } from '../../lib/db/client.ts'
import { AppError } from '../../lib/errors.ts'
import { databases, describeOnReal, startSupabaseUrl, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'

describe.each(databases())('client: $name', (kind) => {
  const database = useDatabase(kind)

  const failure = async (call: Promise<unknown>): Promise<AppError> => {
    const error = await call.then(
      () => 'no error',
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof AppError)) throw new Error(`not an AppError: ${error}`)
    return error
  }

  test('the text of a database error stays in the cause', async () => {
    const error = await failure(database.db.call('start_run', { wrong: 'secret-argument' }))
    expect(error.code).toBe('database_unavailable')
    expect(error.message).toBe('The database did not answer "start_run" as expected.')
    expect(String(error.cause)).toContain('PGRST202')
  })

  test('the public key may call nothing', async () => {
    const anon = createDatabase({ ...database, serviceKey: database.anonKey })
    const error = await failure(readCatalogHealth(anon))
    expect(error.code).toBe('database_unavailable')
    expect(String(error.cause)).toContain('42501')
  })

  test('concurrent requests keep their own roles', async () => {
    const anon = createDatabase({ ...database, serviceKey: database.anonKey })
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        readCatalogHealth(place % 2 === 0 ? database.db : anon).then(
          () => 'ok',
          () => 'refused',
        ),
      ),
    )
    expect(outcomes).toEqual(
      Array.from({ length: 100 }, (_, place) => (place % 2 === 0 ? 'ok' : 'refused')),
    )
  })

  test('an answer of another shape is an error', async () => {
    const odd = { call: async <T>() => ({ started: 'yes' }) as T }
    const error = await failure(
      startRun(odd, {
        kind: 'sync',
        trigger: 'manual',
        holder: crypto.randomUUID(),
        leaseSeconds: 60,
        quietSeconds: 0,
        quietFrom: 'finish',
        cursorSource: null,
      }),
    )
    expect(error).toMatchObject({
      code: 'database_unavailable',
      message: 'The database answered "start_run" in another shape.',
    })
  })

  test('another process reaches the database through a loopback URL', async () => {
    const server = await startSupabaseUrl(database)
    try {
      expect(new URL(server.url).hostname).toBe('127.0.0.1')
      const { serviceKey } = database
      expect(
        await readCatalogHealth(createDatabase({ url: server.url, serviceKey })),
      ).toMatchObject({
        homeDomains: 0,
      })
    } finally {
      await server.close()
    }
  })
})

test('an unreachable database is database_unavailable, asked once', async () => {
  let calls = 0
  const db = createDatabase({
    url: 'http://nowhere.invalid',
    serviceKey: 'sb_secret_x',
    fetch: async () => {
      calls += 1
      throw new TypeError('fetch failed')
    },
  })
  await mustFail(readCatalogHealth(db), 'database_unavailable')
  expect(calls).toBe(1)
})

test.each([500, 502, 503])(
  'an answer of %d that is not JSON is database_unavailable, asked once',
  async (status) => {
    let calls = 0
    const db = createDatabase({
      url: 'http://nowhere.invalid',
      serviceKey: 'sb_secret_x',
      fetch: async () => {
        calls += 1
        return new Response('<html>gateway</html>', { status })
      },
    })
    await mustFail(readCatalogHealth(db), 'database_unavailable')
    expect(calls).toBe(1)
  },
)

describeOnReal('what only the real pair can show', (kind) => {
  const database = useDatabase(kind, { own: true })

  beforeAll(async () => {
    await database.query(`
      create function public.t_slow() returns jsonb language plpgsql set statement_timeout = '50ms' as
      $$ begin perform pg_sleep(60); return '{}'; end $$`)
    await database.query(`
      create function public.t_locked() returns jsonb language plpgsql set lock_timeout = '50ms' as
      $$ begin update anchor_ops.lease set fence = fence; return '{}'; end $$`)
    await database.query('grant execute on function public.t_slow, public.t_locked to service_role')
    await database.reloadSchema()
  })

  test('PostgREST applies the statement_timeout of a function', async () => {
    const error = await database.db.call('t_slow', {}).catch((thrown: unknown) => thrown)
    expect(String((error as AppError).cause)).toContain('57014')
  })

  test('the lock_timeout of a function ends its wait for the lease', async () => {
    const holder = new pg.Client(database.connection ?? {})
    await holder.connect()
    await holder.query('begin')
    await holder.query('update anchor_ops.lease set fence = fence')
    const error = await database.db.call('t_locked', {}).catch((thrown: unknown) => thrown)
    await holder.end()
    expect(String((error as AppError).cause)).toContain('55P03')
  })
})
