import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Database } from '../../lib/db/client.ts'
import { FetchError, type FetchUntrusted } from '../../lib/net/fetch-untrusted.ts'
import { deliverOnSchedule } from '../../lib/outbox/deliver.ts'
import { type Site, startWorldServer } from '../../local/world/world-server.ts'
import { describeOnReal, emptyDatabase, useDatabase } from '../helpers/database.ts'
import { createReceiver, type Hook, WEBHOOK_SECRET } from './webhook-receiver.ts'

const URL_OF_HOOK = 'https://hooks.example.org/'
const SUBJECTS = ['a', 'b', 'c']
const EVENTS = 3
const CHILD = fileURLToPath(new URL('../helpers/deliver-child.ts', import.meta.url))

/** A life that ends at one of its awaits: what it waits for never comes, and it does nothing more. */
function lifeOf(last: number) {
  const end = Promise.withResolvers<void>()
  const life = {
    steps: 0,
    ended: end.promise,
    step: (): Promise<void> => {
      life.steps += 1
      if (life.steps < last) return Promise.resolve()
      end.resolve()
      return new Promise(() => {})
    },
  }
  return life
}

/** Nothing is lost, and no event of a subject comes before an earlier one, not even as a repeat. */
function judge(got: readonly Hook[]): void {
  for (const one of SUBJECTS) {
    const told = got.filter(({ subject }) => subject === one).map(({ data }) => data.n)
    expect([...new Set(told)], `events of ${one}`).toEqual(
      Array.from({ length: EVENTS }, (_, n) => n),
    )
    expect(told, `repeats of ${one}`).toEqual(told.toSorted((x, y) => x - y))
  }
}

describeOnReal('deliveries whose process dies', (kind) => {
  const database = useDatabase(kind)
  const tellAll = async () => {
    for (let n = 0; n < EVENTS; n += 1) {
      for (const subject of SUBJECTS) {
        await database.query('select anchor_ops.tell($1, $2, $3)', ['run.degraded', subject, { n }])
      }
    }
  }
  /** Ends the claims that a dead process left, as 60 s do, and every wait. */
  const passTime = async () => {
    await database.query(
      `update anchor_ops.webhook_lane set claimed_until = '-infinity', due_at = '-infinity'`,
    )
    await database.query(`update anchor_ops.webhook_endpoint set paused_until = '-infinity'`)
  }

  /** Runs a delivery that dies at its `last` await: before or behind a database call or a request. */
  async function run(last: number, got: Hook[], fails: (hook: Hook) => boolean = () => false) {
    const life = lifeOf(last)
    /** The database ends the calls of a dead process, before its claims end. */
    const begun: Promise<unknown>[] = []
    const around = async <T>(work: () => Promise<T>): Promise<T> => {
      await life.step()
      const working = work()
      begun.push(working)
      const result = await working
      await life.step()
      return result
    }
    const db: Database = { call: (name, args) => around(() => database.db.call(name, args)) }
    const fetchWebhook: FetchUntrusted = (url, { json }) =>
      around(async () => {
        const hook = JSON.parse(json ?? '') as Hook
        if (fails(hook)) throw new FetchError('timeout', url, '10000 ms')
        got.push(hook)
        return { status: 204, retryAfter: null } as Awaited<ReturnType<FetchUntrusted>>
      })
    const webhooks = { urls: [URL_OF_HOOK], secrets: [WEBHOOK_SECRET], alertUrl: null }
    const now = () => new Date()
    const ended = deliverOnSchedule({ config: { webhooks }, db, fetchWebhook, now, log: () => {} })
    await Promise.race([ended, life.ended])
    await Promise.allSettled(begun)
    return life.steps
  }

  test('a death at any await loses no event and puts none before an earlier one', {
    timeout: 120_000,
  }, async () => {
    await run(Infinity, [])
    await tellAll()
    const steps = await run(Infinity, [])
    expect(steps).toBeGreaterThan(2 * 2 * EVENTS * SUBJECTS.length)
    for (let last = 1; last <= steps; last += 1) {
      await emptyDatabase(database)
      await run(Infinity, [])
      await tellAll()
      const got: Hook[] = []
      await run(last, got)
      await passTime()
      await run(Infinity, got)
      judge(got)
    }
  })

  test('any number of instances that die, and a host that fails, lose no event and reorder none', {
    timeout: 120_000,
  }, async () => {
    const life = fc.record({ last: fc.integer({ min: 1, max: 40 }) })
    const round = fc.array(life, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: 1, maxLength: 3 }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (rounds, failures) => {
          await emptyDatabase(database)
          await run(Infinity, [])
          await tellAll()
          const got: Hook[] = []
          const left = [...failures]
          const fails = () => left.shift() ?? false
          for (const lives of rounds) {
            await Promise.all(lives.map(({ last }) => run(last, got, fails)))
            await passTime()
          }
          for (let n = 0; n <= failures.length; n += 1) {
            await run(Infinity, got, fails)
            await passTime()
          }
          judge(got)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('a process that gets SIGKILL in the middle of a request loses no event and reorders none', {
    timeout: 120_000,
  }, async () => {
    const receiver = createReceiver()
    const world = await startWorldServer(
      new Map<string, Site>([['hooks.example.org', receiver.site]]),
    )
    const start = (): ChildProcess =>
      fork(CHILD, [], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: {
          PATH: process.env['PATH'],
          SUPABASE_URL: database.url,
          SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
          WEBHOOK_URLS: URL_OF_HOOK,
          WEBHOOK_SECRET,
          WORLD_PORT: String(world.policy.port),
          WORLD_CA: String(world.policy.ca),
        },
      })
    try {
      await run(Infinity, [])
      await tellAll()
      // Each process is killed at its second request, of which the host hears all the same.
      for (let lives = 0; lives < 3; lives += 1) {
        const child = start()
        const before = receiver.got.length
        receiver.answer = () => {
          if (receiver.got.length < before + 2) return null
          child.kill('SIGKILL')
          return { kind: 'hang' }
        }
        expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
        await passTime()
      }
      receiver.answer = () => null
      const [answer] = await once(start(), 'message')
      expect(answer).toMatchObject({ failed: 0, parked: 0 })
      judge(receiver.got)
      expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(SUBJECTS.length * EVENTS)
    } finally {
      await world.close()
    }
  })
})
