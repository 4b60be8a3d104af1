import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { normaliseRows } from '../../../../lib/anchors/discovery/directory-row.ts'
import {
  type HorizonWalkSettings,
  walkHorizonAssets,
} from '../../../../lib/anchors/discovery/horizon-assets.ts'
import { type FetchAnswer, FetchError } from '../../../../lib/net/fetch-untrusted.ts'
import { fetchAnswer } from '../../../helpers/fetch-answer.ts'

const HORIZON = 'https://horizon.example.org'
const FIRST = `${HORIZON}/assets?limit=200&order=asc&cursor=`
const SECOND = `${HORIZON}/assets?cursor=EURT_3&limit=200&order=asc`
const EURO_ISSUER = 'GABQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQHGPC'
const ISSUERS = [
  'GAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDZ7H',
  'GABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEJXA',
  EURO_ISSUER,
  'GACAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAJJHP',
  'GACQKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKG7N',
  'GADAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDANWXK',
]

const SETTINGS: HorizonWalkSettings = {
  horizonUrl: HORIZON,
  cursor: null,
  assetPages: 4,
  issuerLimit: 250,
  issuerConcurrency: 2,
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../../fixtures/horizon/${name}`, import.meta.url), 'utf8')
}

type Reply = string | number | { status: number; retryAfter: string } | FetchError

/** A Horizon whose URLs answer the given replies one after the other; the last one stays. Others answer 404. */
function horizon(replies: Record<string, Reply | Reply[]>) {
  const asked: string[] = []
  const slept: number[] = []
  const queues = new Map(Object.entries(replies).map(([url, list]) => [url, [list].flat()]))
  let running = 0
  let mostRunning = 0
  const fetch = async (url: string): Promise<FetchAnswer> => {
    asked.push(url)
    running += 1
    mostRunning = Math.max(mostRunning, running)
    await Promise.resolve()
    running -= 1
    const queue = queues.get(url) ?? [404]
    const reply = (queue.length > 1 ? queue.shift() : queue[0]) ?? 404
    if (reply instanceof FetchError) throw reply
    if (typeof reply === 'string') return fetchAnswer(url, { text: reply })
    return fetchAnswer(url, typeof reply === 'number' ? { status: reply } : reply)
  }
  const sleep = async (ms: number) => {
    slept.push(ms)
  }
  return { fetch, sleep, isOver: () => false, asked, slept, mostRunning: () => mostRunning }
}

interface Page {
  next?: string
  records: { issuer: string; code?: string; toml?: string; token?: string }[]
}

function pageOf({ next, records }: Page): string {
  return JSON.stringify({
    _links: next === undefined ? {} : { next: { href: next } },
    _embedded: {
      records: records.map(({ issuer, code = 'USD', toml, token = 't' }) => ({
        ...(toml === undefined ? {} : { _links: { toml: { href: toml } } }),
        asset_code: code,
        asset_issuer: issuer,
        paging_token: token,
      })),
    },
  })
}

const tomlOf = (domain: string) => `https://${domain}/.well-known/stellar.toml`

test('a walk names home domains, asks only issuers without a toml link, and wraps at the end', async () => {
  const io = horizon({
    [FIRST]: fixture('assets-first.json'),
    [SECOND]: fixture('assets-empty.json'),
    [`${HORIZON}/accounts/${EURO_ISSUER}`]: fixture('account.json'),
  })
  expect(await walkHorizonAssets(SETTINGS, io)).toEqual({
    rows: [
      { domain: 'plata.example.com', name: 'plata.example.com', currency: 'MXN' },
      { domain: 'euro.example.net', name: 'euro.example.net', currency: 'EURt' },
    ],
    issuers: new Map([
      [ISSUERS[0], 'plata.example.com'],
      [EURO_ISSUER, 'euro.example.net'],
    ]),
    cursor: null,
    pages: 1,
    skippedRecords: 1,
    stopped: 'end_of_list',
  })
  expect(io.asked).toEqual([FIRST, `${HORIZON}/accounts/${EURO_ISSUER}`, SECOND])
})

test('the rows of a walk are worldwide listings in both directions', async () => {
  const { rows } = await walkHorizonAssets(
    SETTINGS,
    horizon({ [FIRST]: fixture('assets-first.json') }),
  )
  const { listings, rejected } = normaliseRows(rows, { network: 'testnet', allowedDomains: [] })
  expect(rejected).toEqual([])
  expect(listings.map(({ id }) => id)).toEqual([
    'testnet:plata.example.com:on-ramp:ZZ:MXN',
    'testnet:plata.example.com:off-ramp:ZZ:MXN',
  ])
})

test('only public names and valid codes pass, even from a hostile issuer or Horizon', async () => {
  const io = horizon({ [FIRST]: fixture('assets-hostile.json') })
  const walk = await walkHorizonAssets({ ...SETTINGS, assetPages: 1 }, io)
  expect(walk.rows).toEqual([
    { domain: 'good.example.com', name: 'good.example.com', currency: 'GOOD' },
  ])
  expect(walk.skippedRecords).toBe(9)
  // It is the last readable token, even though its record and the next one give no row.
  expect(walk.cursor).toBe('8')
  expect(io.asked).toEqual([FIRST])
})

describe('the cursor', () => {
  test('starts the walk where the last one stopped', async () => {
    const cursor = 'EUR_T&x=1'
    const io = horizon({})
    await walkHorizonAssets({ ...SETTINGS, cursor }, io).catch(() => {})
    expect(io.asked).toEqual([`${HORIZON}/assets?limit=200&order=asc&cursor=EUR_T%26x%3D1`])
  })

  test('is after the last page when the page limit ends the walk', async () => {
    const walk = await walkHorizonAssets(
      { ...SETTINGS, assetPages: 1 },
      horizon({ [FIRST]: fixture('assets-first.json') }),
    )
    expect(walk).toMatchObject({ cursor: 'EURT_3', pages: 1, stopped: 'page_limit' })
  })

  test('starts over when Horizon does not know it any more', async () => {
    const io = horizon({
      [`${FIRST}gone`]: 400,
      [FIRST]: pageOf({ records: [{ issuer: EURO_ISSUER, toml: tomlOf('a.example.org') }] }),
    })
    const walk = await walkHorizonAssets({ ...SETTINGS, cursor: 'gone' }, io)
    expect(walk).toMatchObject({ pages: 1, cursor: null, stopped: 'end_of_list' })
  })

  test.each([[500], [fixture('account.json')], ['<html>']])(
    'stays after the last good page, with its rows, when a later page fails: %#',
    async (reply) => {
      const io = horizon({ [FIRST]: fixture('assets-first.json'), [SECOND]: reply })
      const walk = await walkHorizonAssets(SETTINGS, io)
      expect(walk).toMatchObject({ cursor: 'EURT_3', pages: 1, stopped: 'page_failed' })
      expect(walk.rows).toHaveLength(1)
    },
  )
})

describe('a first page that fails is an error with its status', () => {
  test.each([
    [503, 'Horizon unavailable (503)'],
    [404, 'Horizon unavailable (404)'],
    [400, 'Horizon unavailable (400)'],
    [new FetchError('dns_failed', FIRST, FIRST), 'Horizon unavailable (dns_failed)'],
  ])('%s', async (reply, message) => {
    await expect(walkHorizonAssets(SETTINGS, horizon({ [FIRST]: reply }))).rejects.toMatchObject({
      code: 'source_unavailable',
      message,
    })
  })

  test.each([
    ...['', '<html>', '{}', '[]', '{"_embedded":{"records":5}}'],
    `{"_embedded":{"records":[${Array(201).fill(1)}]}}`,
  ])('or says that it is not a page of assets: %#', async (reply) => {
    await expect(walkHorizonAssets(SETTINGS, horizon({ [FIRST]: reply }))).rejects.toMatchObject({
      code: 'source_unusable',
    })
  })
})

describe('a busy Horizon gets one more request, after the wait it asks for', () => {
  const good = pageOf({ records: [{ issuer: EURO_ISSUER, toml: tomlOf('a.example.org') }] })

  test.each([
    [{ status: 429, retryAfter: '3' }, 3_000],
    [{ status: 503, retryAfter: '0' }, 0],
    [503, 500],
    [new FetchError('timeout', FIRST, FIRST), 500],
  ])('%j', async (reply, delayMs) => {
    const io = horizon({ [FIRST]: [reply, good] })
    expect((await walkHorizonAssets(SETTINGS, io)).rows).toHaveLength(1)
    expect(io.slept).toEqual([delayMs])
  })

  test('but no third one, none after a wait of more than 10 s, and none after a 404', async () => {
    const cases: [Reply, number][] = [
      [{ status: 429, retryAfter: '1' }, 2],
      [{ status: 429, retryAfter: '11' }, 1],
      [404, 1],
    ]
    for (const [reply, times] of cases) {
      const io = horizon({ [FIRST]: reply })
      await expect(walkHorizonAssets(SETTINGS, io)).rejects.toThrow('Horizon unavailable')
      expect(io.asked).toHaveLength(times)
    }
  })

  test('but none when the time of the walk is over', async () => {
    let over = false
    const io = horizon({ [FIRST]: { status: 503, retryAfter: '5' } })
    const sleep = async () => {
      over = true
    }
    await expect(walkHorizonAssets(SETTINGS, { ...io, sleep, isOver: () => over })).rejects.toThrow(
      '(503)',
    )
    expect(io.asked).toHaveLength(1)
  })
})

describe('the next page is followed only on the configured Horizon', () => {
  const records = [{ issuer: EURO_ISSUER, toml: tomlOf('a.example.org'), token: 'x' }]

  test.each([
    'https://evil.example.net/assets?cursor=x',
    'http://horizon.example.org/assets?cursor=x',
    'https://horizon.example.org:8443/assets?cursor=x',
    'https://user@horizon.example.org/assets?cursor=x',
    '//evil.example.net/assets?cursor=x',
    '/accounts?cursor=x',
    '/assets/../friendbot?addr=x',
    'https://horizon.example.org/assets2?cursor=x',
    'javascript:alert(1)',
    'http://[',
    FIRST,
  ])('%s ends the walk', async (next) => {
    const io = horizon({ [FIRST]: pageOf({ next, records }) })
    const walk = await walkHorizonAssets(SETTINGS, io)
    expect(walk).toMatchObject({ pages: 1, cursor: 'x', stopped: 'next_refused' })
    expect(io.asked).toEqual([FIRST])
  })

  test('below its base path', async () => {
    const horizonUrl = 'https://node.example.org/horizon/'
    const first = 'https://node.example.org/horizon/assets?limit=200&order=asc&cursor='
    const inside = horizon({ [first]: pageOf({ next: '/horizon/assets?cursor=x', records }) })
    await walkHorizonAssets({ ...SETTINGS, horizonUrl }, inside)
    expect(inside.asked).toContain('https://node.example.org/horizon/assets?cursor=x')
    const outside = horizon({ [first]: pageOf({ next: '/assets?cursor=x', records }) })
    expect((await walkHorizonAssets({ ...SETTINGS, horizonUrl }, outside)).stopped).toBe(
      'next_refused',
    )
  })
})

describe('issuers without a toml link', () => {
  const accounts = Object.fromEntries(
    ISSUERS.map((issuer, at) => [
      `${HORIZON}/accounts/${issuer}`,
      JSON.stringify({ home_domain: `a${at}.example.org` }),
    ]),
  )

  test('are asked once each, a few at a time', async () => {
    const records = [...ISSUERS, ...ISSUERS].map((issuer, at) => ({ issuer, code: `C${at}` }))
    const io = horizon({ ...accounts, [FIRST]: pageOf({ records }) })
    const walk = await walkHorizonAssets(SETTINGS, io)
    expect(walk.rows).toHaveLength(12)
    expect(io.asked).toHaveLength(1 + 6)
    expect(io.mostRunning()).toBe(2)
  })

  test('above the limit wait with their page for the next walk', async () => {
    const limited = { ...SETTINGS, issuerLimit: 4 }
    const first = `${HORIZON}/assets?limit=4&order=asc&cursor=`
    const half = (from: number) =>
      ISSUERS.slice(from, from + 3).map((issuer) => ({ issuer, token: `t${from}` }))
    const io = horizon({
      ...accounts,
      [first]: pageOf({ next: '/assets?cursor=t0', records: half(0) }),
      [`${HORIZON}/assets?cursor=t0`]: pageOf({ records: half(3) }),
    })
    const walk = await walkHorizonAssets(limited, io)
    expect(walk).toMatchObject({ pages: 1, cursor: 't0', stopped: 'issuer_limit' })
    expect(io.asked.filter((url) => url.includes('/accounts/'))).toHaveLength(3)
  })

  test('never stop the first page, even when it names too many', async () => {
    const records = ISSUERS.map((issuer) => ({ issuer, token: 'end' }))
    const first = `${HORIZON}/assets?limit=2&order=asc&cursor=`
    const io = horizon({ ...accounts, [first]: pageOf({ next: '/assets?cursor=end', records }) })
    const walk = await walkHorizonAssets({ ...SETTINGS, issuerLimit: 2, assetPages: 1 }, io)
    expect(walk).toMatchObject({ pages: 1, cursor: 'end', skippedRecords: 4 })
    expect(io.asked).toHaveLength(1 + 2)
  })

  test.each([
    ...[404, '<html>', '{}', '{"home_domain":5}', '{"home_domain":""}'],
    '{"home_domain":"10.0.0.1"}',
  ])('and without a usable home domain are skipped: %j', async (reply) => {
    const io = horizon({
      [FIRST]: pageOf({ records: [{ issuer: EURO_ISSUER }] }),
      [`${HORIZON}/accounts/${EURO_ISSUER}`]: reply,
    })
    expect(await walkHorizonAssets(SETTINGS, io)).toMatchObject({ rows: [], skippedRecords: 1 })
  })
})

test('an issuer without an answer from a busy Horizon is asked for again by the next walk', async () => {
  const account = `${HORIZON}/accounts/${EURO_ISSUER}`
  const io = horizon({
    [FIRST]: pageOf({ records: [{ issuer: EURO_ISSUER, token: 'end' }] }),
    [account]: { status: 429, retryAfter: '1' },
  })
  const walk = await walkHorizonAssets(SETTINGS, io)
  expect(walk).toMatchObject({ rows: [], cursor: null, pages: 0, stopped: 'page_failed' })
  expect(io.asked).toEqual([FIRST, account, account])
  expect(io.slept).toEqual([1_000])
})

test('a walk without time left stops before the next page and keeps its rows', async () => {
  const io = horizon({ [FIRST]: fixture('assets-first.json') })
  const isOver = () => io.asked.length >= 2
  const walk = await walkHorizonAssets(SETTINGS, { ...io, isOver })
  expect(walk).toMatchObject({ cursor: 'EURT_3', pages: 1, stopped: 'deadline' })
  expect(io.asked).toEqual([FIRST, `${HORIZON}/accounts/${EURO_ISSUER}`])
  const late = horizon({})
  expect(await walkHorizonAssets(SETTINGS, { ...late, isOver: () => true })).toMatchObject({
    rows: [],
    cursor: null,
    stopped: 'deadline',
  })
  expect(late.asked).toEqual([])
})

test('a page whose issuers could not all be asked in time does not move the cursor', async () => {
  const records = ISSUERS.map((issuer) => ({ issuer, token: 'end' }))
  const io = horizon({ [FIRST]: pageOf({ next: '/assets?cursor=end', records }) })
  const walk = await walkHorizonAssets(SETTINGS, { ...io, isOver: () => io.asked.length >= 3 })
  expect(walk).toMatchObject({ pages: 0, cursor: null, stopped: 'deadline' })
})
