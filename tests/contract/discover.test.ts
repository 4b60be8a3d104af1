import { afterEach, describe, expect, test } from 'vitest'
import { jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { BEARER, useService } from './service.ts'

const HORIZON = 'https://horizon.stellar.org'
const PAGE = 200
const ISSUERS = Array.from({ length: 500 }, (_, at) => simulatedAccountId(`issuer ${at}`))

const service = useService({ sleep: 'pass' })
afterEach(() => service.interceptDatabase(null))

const discover = () => service.call({ path: '/api/anchors/discover', headers: BEARER })
const domains = async () =>
  (await service.query('select domain from anchor_ops.home_domain')).map(({ domain }) =>
    String(domain),
  )

/**
 * A Horizon with this number of assets, of which every 20th has a home domain. Each page takes a second.
 *
 * @returns the first assets of the pages that were asked for, in order
 */
function horizon(count: number, answered: (first: number) => boolean = () => true): number[] {
  const asked: number[] = []
  const record = (at: number) => ({
    asset_code: `A${at.toString(36)}`,
    asset_issuer: ISSUERS[at % ISSUERS.length],
    paging_token: `${at}`,
    _links: {
      toml: { href: at % 20 === 0 ? `https://d${at}.com/.well-known/stellar.toml` : '' },
    },
  })
  service.sites.set('horizon.stellar.org', {
    answer: (url) => {
      if (url.pathname !== '/assets') return statusAnswer(404)
      const cursor = url.searchParams.get('cursor')
      const first = cursor ? Number(cursor) + 1 : 0
      service.passTime(1_000)
      if (!answered(first)) return statusAnswer(404)
      asked.push(first)
      const length = Math.min(PAGE, count - first)
      const next = `${HORIZON}/assets?cursor=${first + length - 1}&limit=${PAGE}&order=asc`
      return jsonAnswer({
        _links: { next: { href: next } },
        _embedded: { records: Array.from({ length }, (_, at) => record(first + at)) },
      })
    },
  })
  return asked
}

describe('a walk over the assets of the network', () => {
  test('reads 200,000 assets within the calls of a day, and a death in the middle costs less than 50 pages and no anchor', async () => {
    const asked = horizon(200_000)
    let imports = 0
    service.interceptDatabase(async ({ name }) => {
      imports += name === 'import_listings' ? 1 : 0
      // The function dies before this step is stored.
      const isLost = name === 'import_listings' && imports === 13
      return isLost ? Response.json({ message: 'no' }, { status: 500 }) : undefined
    })
    const stopped: unknown[] = []
    do {
      const { status, body } = await discover()
      stopped.push(status === 200 ? body.stopped : status)
    } while (stopped.at(-1) !== 'end_of_list' && stopped.length < 24)
    // How far one call comes depends on the machine. The scheduler makes 24 of them a day.
    expect(new Set(stopped)).toEqual(new Set(['deadline', 503, 'end_of_list']))
    expect(stopped.filter((one) => one === 503)).toHaveLength(1)
    expect(new Set(asked).size).toBe(1_001)
    expect(asked.length - 1_001).toBeLessThan(50)
    const found = new Set(await domains())
    expect(found.size).toBe(10_000)
    expect(found.has('d0.com') && found.has('d199980.com')).toBe(true)
  }, 240_000)

  test('begins again only after 20 h', async () => {
    const asked = horizon(400)
    expect((await discover()).body).toMatchObject({
      status: 'ok',
      action: 'discover',
      source: `horizon:${HORIZON}`,
      pages: 2,
      listings: 40,
      new: 40,
      stopped: 'end_of_list',
    })
    expect((await discover()).body).toMatchObject({ pages: 0, stopped: 'walked_recently' })
    await service.query(
      `update anchor_ops.discovery_cursor set started_at = now() - interval '20 hours'`,
    )
    expect((await discover()).body).toMatchObject({ pages: 2, new: 0, stopped: 'end_of_list' })
    expect(asked).toEqual([0, 200, 400, 0, 200, 400])
  })

  test('is a 502 if its first page cannot be read, and goes on there the next time', async () => {
    let isDown = false
    const asked = horizon(20_000, (first) => !(isDown && first >= 5_000))
    isDown = true
    const first = await discover()
    expect([first.status, first.body]).toMatchObject([200, { pages: 25, stopped: 'page_failed' }])
    expect([(await discover()).status, asked.length]).toEqual([502, 25])
    isDown = false
    expect((await discover()).body).toMatchObject({ pages: 75, stopped: 'end_of_list' })
    expect(await domains()).toHaveLength(1_000)
  })

  test('takes place beside a sync, and never twice at the same time', async () => {
    horizon(400)
    const begin = `select public.start_run($1, 'manual', gen_random_uuid(), 60, 0, 'start', null)`
    await service.query(begin, ['sync'])
    expect((await discover()).body).toMatchObject({ pages: 2 })
    await service.query(begin, ['discover'])
    expect((await discover()).body).toMatchObject({ pages: 0, skipped: 'already_running' })
  })

  test('adds at most 50 home domains below one registrable domain, in all its steps together', async () => {
    const record = (at: number) => ({
      asset_code: `A${at}`,
      asset_issuer: ISSUERS[at % ISSUERS.length],
      paging_token: `${at}`,
      _links: { toml: { href: `https://d${at}.flood.com/.well-known/stellar.toml` } },
    })
    service.sites.set('horizon.stellar.org', {
      answer: (url) => {
        const first = Number(url.searchParams.get('cursor') || -1) + 1
        const records = first < 300 ? [0, 1, 2, 3, 4].map((at) => record(first + at)) : []
        const next = `${HORIZON}/assets?cursor=${first + 4}&limit=${PAGE}&order=asc`
        return jsonAnswer({ _links: { next: { href: next } }, _embedded: { records } })
      },
    })
    expect((await discover()).body).toMatchObject({ pages: 60, stopped: 'end_of_list' })
    expect(await domains()).toHaveLength(50)
  })
})
