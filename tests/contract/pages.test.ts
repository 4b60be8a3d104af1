import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodyAnswer, statusAnswer } from '../../local/world/answer.ts'
import { servePages } from './page-server.ts'
import { useService } from './service.ts'
import { anchor, row, tomlAnswered, tomlOf } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none', reset: 'once' })
let pages: Awaited<ReturnType<typeof servePages>>

/** A name of a stranger: markup, an attribute's end, and marks that turn the direction of writing. */
const HOSTILE = `<img src=x onerror=alert(1)>" '&amp; \u202eelbatsurt\u2066`

beforeAll(async () => {
  pages = await servePages(service)
  service.sites.set('one.example.org', anchor('one.example.org'))
  service.sites.set('gone.example.org', tomlAnswered(statusAnswer(404)))
  const hostile = `[DOCUMENTATION]\nORG_NAME = "<script>alert(1)</script>"`
  service.sites.set(
    'hostile.example.org',
    tomlAnswered(
      bodyAnswer(
        'text/html',
        tomlOf('hostile.example.org', `TRANSFER_SERVER = "<b>x</b>"\n${hostile}`),
      ),
    ),
  )
  const anchors = [
    row('one.example.org', { countries: 'MX;PE', currencies: 'MXN' }),
    row('gone.example.org', { country: 'BR', type: 'on' }),
    row('hostile.example.org', { name: HOSTILE, country: 'DE', type: 'off' }),
  ]
  await service.ops({ action: 'import_directory', anchors, dryRun: false })
  await service.ops({ action: 'refresh_capabilities' })
})
afterAll(() => pages.close())

/** Every page that anybody may read. */
const PUBLIC = [
  '/',
  '/anchors/one.example.org',
  '/anchors/hostile.example.org',
  '/anchors/none.example.org',
  '/?type=x',
]

describe('every page', () => {
  test.each(PUBLIC)(
    '%s allows no script and no style but the stylesheet, and has neither inline',
    async (path) => {
      const { headers, text } = await pages.get(path)
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(text).not.toMatch(
        /<script|<style|\sstyle=|\son[a-z]+=["']|javascript:|<iframe|<object/i,
      )
    },
  )

  test.each(PUBLIC)('%s shows no markup and no mark of direction of a stranger', async (path) => {
    const { text } = await pages.get(path)
    expect(text).not.toContain('<img')
    expect(text).not.toMatch(/\p{Bidi_Control}/u)
  })
})

describe('the catalog as a page', () => {
  test('shows each anchor with its state, its offers and why it does not work', async () => {
    const { status, text } = await pages.get('/')
    expect(status).toBe(200)
    expect(text).toContain('href="/anchors/one.example.org"')
    expect(text).toContain('<span class="state partly">4 of 8 work</span>')
    expect(text).toContain('The stellar.toml answered 404 or 410 at the last conclusive check.')
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })

  test.each([
    ['search=GONE', ['gone.example.org']],
    ['search=anchor+one', ['one.example.org']],
    ['country=MX', ['one.example.org']],
    ['country=mx&currency=&type=&sep=&minStep=&search=', ['one.example.org']],
    ['currency=MXN', ['one.example.org']],
    ['type=on-ramp', ['gone.example.org', 'one.example.org']],
    ['sep=sep10&minStep=verified', ['hostile.example.org', 'one.example.org']],
    ['operationalOnly=true', ['one.example.org']],
    ['country=KE', []],
    ['utm_source=letter&country=BR', ['gone.example.org']],
  ])('?%s shows the anchors %j, and the form keeps the filters', async (query, domains) => {
    const { status, text } = await pages.get(`/?${query}`)
    expect(status).toBe(200)
    expect(
      [...text.matchAll(/<th role="rowheader" scope="row"><a href="\/anchors\/([^"]+)"/g)].map(
        ([, one]) => one,
      ),
    ).toEqual(domains)
    const given = new URLSearchParams(query)
    if (given.get('search')) expect(text).toContain(`name="search" value="${given.get('search')}"`)
    if (given.get('type')) expect(text).toContain(`<option value="${given.get('type')}" selected>`)
  })

  test('is answered with 304 to who has it, and is stored by caches for a minute', async () => {
    const first = await pages.get('/')
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    const again = await pages.get('/', { 'if-none-match': first.headers.get('etag') ?? '' })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('refuses a filter that it cannot read with a page that says what is allowed', async () => {
    const { status, text } = await pages.get('/?type=sideways')
    expect(status).toBe(400)
    expect(text).toContain(
      'type is &quot;sideways&quot; in the query string; allowed: on-ramp, off-ramp',
    )
  })
})

describe('the page of an anchor', () => {
  test('shows evidence, findings, and no percentage from a single day', async () => {
    const { status, text } = await pages.get('/anchors/one.example.org')
    expect(status).toBe(200)
    expect(text).toContain('<h1><bdi>Anchor one.example.org</bdi></h1>')
    expect(text).toContain('Not enough data: 1 day with checks')
    expect(text).toContain('https://one.example.org/sep24')
  })

  test('answers 404 as a page for a home domain that is not listed', async () => {
    const { status, text } = await pages.get('/anchors/none.example.org')
    expect(status).toBe(404)
    expect(text).toContain('is not in the catalog of mainnet')
  })
})

describe('a file of the pages', () => {
  test('is kept for a year under the URL that the page names, and a day under another', async () => {
    const { text } = await pages.get('/')
    const url = /href="(\/assets\/style\.css\?v=[^"]+)"/.exec(text)?.[1] ?? ''
    const named = await pages.get(url)
    expect([named.status, named.headers.get('content-type')]).toEqual([
      200,
      'text/css; charset=utf-8',
    ])
    expect(named.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const bare = await pages.get('/assets/style.css')
    expect(bare.headers.get('cache-control')).toBe('public, max-age=86400')
  })

  test('is one of those that the pages name', async () => {
    for (const file of ['../deps.ts', '..%2fdeps.ts', '__proto__', 'none.css']) {
      expect((await pages.get(`/assets/${file}`)).status).toBe(404)
    }
  })
})
