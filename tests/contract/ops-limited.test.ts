import { describe, expect, test } from 'vitest'
import { jsonAnswer } from '../../local/world/answer.ts'
import type { Site } from '../../local/world/world-server.ts'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { logLines } from './rows.ts'
import { BEARER, OPS, type Service } from './service.ts'
import { anchor, paths, row } from './sites.ts'

const FORGED = { 'x-vercel-cron': '1' }
const DIRECTORY = 'https://directory.example.org/anchors.json'
const ADDRESS = '192.0.2.7'

describeOnReal('the cron header alone, on two instances and after a restart', (kind) => {
  const sites = new Map<string, Site>()
  const { a, b, proxy } = useInstances(kind, { sites, sleep: 'none' })

  /** Both instances are new, and the directory has one anchor that works. */
  const restart = () => {
    sites.set(
      'directory.example.org',
      paths({ '/anchors.json': jsonAnswer([row('a.example.org')]) }),
    )
    sites.set('a.example.org', anchor('a.example.org'))
    for (const one of [a, b]) one.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY })
  }
  const forge = (service: Service) =>
    service.call({ path: OPS, headers: { ...FORGED, 'x-forwarded-for': ADDRESS } })
  const authorized = (service: Service) =>
    service.call({ path: OPS, headers: { ...FORGED, ...BEARER } })
  const runs = async () => (await a.query('select from anchor_ops.run')).length
  const refused = (service: Service) => logLines(service, 'request_refused')
  const passSeconds = (seconds: number) =>
    a.query('update anchor_ops.run set started_at = started_at - make_interval(secs => $1)', [
      seconds,
    ])
  const endLease = () =>
    a.query(`update anchor_ops.lease set expires_at = now() - interval '1 second'`)

  test('of 50 calls at once exactly one runs, and an instance logs 10 refused ones of a kind', async () => {
    restart()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, at) => forge(at % 2 === 0 ? a : b)),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(replies.filter(({ body }) => body.skipped === undefined)).toHaveLength(1)
    expect(await runs()).toBe(1)
    for (const one of [a, b]) {
      const kinds = Map.groupBy(refused(one), ({ kind }) => kind)
      for (const [what, lines] of kinds) {
        expect([
          'limited, x-vercel-cron recent',
          'limited, x-vercel-cron already_running',
        ]).toContain(what)
        expect(lines.length).toBeLessThanOrEqual(10)
        expect(lines[0]).toMatchObject({ path: OPS, status: 200, address: ADDRESS })
      }
      expect(logLines(one, 'run_skipped')).toEqual([])
    }
    expect([a, b].flatMap((one) => logLines(one, 'request'))).toHaveLength(1)
  })

  test('after a minute the next line says how many had none', async () => {
    restart()
    await forge(a)
    for (let nth = 0; nth < 25; nth += 1) await forge(b)
    expect(refused(b)).toHaveLength(10)
    b.passTime(60_000)
    const { body } = await forge(b)
    expect(body).toMatchObject({ status: 'ok', skipped: 'recent' })
    expect(refused(b)).toHaveLength(11)
    expect(refused(b).at(-1)).toMatchObject({
      kind: 'limited, x-vercel-cron recent',
      refusals: [{ credential: 'x-vercel-cron', why: 'recent' }],
      leftOut: 15,
    })
  })

  describe('a run holds off the next forged call for 10 minutes since it began', () => {
    const failing = async (call: string, times: number) => {
      proxy.setFaults([{ call, kind: 'cut', times }])
      expect((await authorized(a)).status).toBe(503)
      proxy.setFaults([])
    }
    test.each<[string, () => Promise<unknown>, boolean, number?]>([
      ['that a forged call began', () => forge(a), false],
      ['that a person began', () => a.ops({ action: 'sync' }), false],
      [
        'whose directory failed',
        async () => {
          sites.delete('directory.example.org')
          expect((await authorized(a)).status).toBe(502)
        },
        false,
        502,
      ],
      ['that failed', () => failing('import_listings', 2), true],
      ['that could not store its answer', () => failing('finish_run', 9).then(endLease), true],
      [
        'that was killed as soon as it had begun',
        async () => {
          proxy.setFaults([{ call: 'start_run', kind: 'lose_answer', times: 1 }])
          expect((await authorized(a)).status).toBe(503)
          await endLease()
        },
        true,
      ],
    ])('%s', async (_, begin, runsAgain, answered = 200) => {
      restart()
      await begin()
      const [first] = await a.query('select id from anchor_ops.run')
      restart()
      for (const seconds of [0, 570]) {
        await passSeconds(seconds)
        for (const one of [a, b]) {
          const { status, body } = await forge(one)
          expect([status, body]).toMatchObject([
            answered,
            { skipped: 'recent', runId: first?.['id'] },
          ])
        }
      }
      expect(await runs()).toBe(1)
      if (runsAgain) {
        expect((await authorized(b)).body.skipped).toBeUndefined()
        await passSeconds(570)
        expect((await forge(b)).body.skipped).toBe('recent')
      }
      await passSeconds(600)
      expect((await forge(b)).body.skipped).toBeUndefined()
      expect((await forge(a)).body.skipped).toBe('recent')
    })
  })

  test('a run under way refuses a forged call as already running', async () => {
    restart()
    const began = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    a.interceptDatabase(async ({ name }) => {
      if (name !== 'import_listings') return undefined
      began.resolve()
      await end.promise
      return undefined
    })
    const running = authorized(a)
    await began.promise
    expect((await forge(b)).body).toMatchObject({ status: 'ok', skipped: 'already_running' })
    expect(refused(b)).toMatchObject([
      { refusals: [{ credential: 'x-vercel-cron', why: 'already_running' }], address: ADDRESS },
    ])
    end.resolve()
    expect((await running).body.skipped).toBeUndefined()
  })
})
