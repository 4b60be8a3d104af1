import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { load } from 'cheerio'
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
  '/check',
  '/check?domain=one.example.org',
  '/check?domain=hostile.example.org',
  '/check?domain=%3Cimg%20src=x%3E',
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
    expect(text).not.toContain('<img src=x')
    expect(text).not.toMatch(/\p{Bidi_Control}/u)
  })
})

/** `fetch` refuses to send such a method. */
const askWith = async (method: string, path: string) => {
  const asked = request(`${pages.origin}${path}`, { method })
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage]
  answer.resume()
  return answer
}

test.each(['/', '/ops', '/ops/sign-in', '/badge/one.example.org.svg', '/api/health', '/docs'])(
  'a method that %s does not serve is refused in one way, with the methods that it serves',
  async (path) => {
    const served = (await askWith('OPTIONS', path)).headers.allow
    for (const method of ['TRACE', 'PROPFIND', 'DELETE', 'PUT']) {
      const { statusCode, headers } = await askWith(method, path)
      expect([method, statusCode, headers.allow]).toEqual([method, 405, served])
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['x-request-id']).toMatch(/./)
    }
  },
)

test.each(['/nowhere', '/ops/nowhere', '/api/health', '/api/openapi', '/api/events', '/docs/none'])(
  'the answer of %s is no page, and lets a browser load nothing and frame it nowhere',
  async (path) => {
    const { headers } = await pages.get(path)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('cache-control')).toMatch(/./)
  },
)

test.each(['/', '/anchors/one.example.org', '/feed.xml'])(
  '%s names its own origin, so a cache keeps it apart for each host that a proxy names',
  async (path) => {
    const { headers } = await pages.get(path)
    expect(headers.get('cache-control')).toContain('public')
    expect(headers.get('vary')).toBe('x-forwarded-host, x-forwarded-proto')
  },
)

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

describe('a picture and a feed of an anchor', () => {
  test('the badge says the state in a text of its own, and that a home domain is not listed', async () => {
    const { headers, text } = await pages.get('/badge/one.example.org.svg')
    expect(headers.get('content-type')).toBe('image/svg+xml')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'")
    expect(text).toContain(
      '<title>Stellar anchor one.example.org: 4 of 8 work, not enough data</title>',
    )
    expect((await pages.get('/badge/gone.example.org.svg')).text).toContain('does not work now')
    expect((await pages.get('/badge/none.example.org.svg')).text).toContain('not listed')
    expect((await pages.get('/badge/one.example.org')).status).toBe(400)
  })

  test('the feed tells the switches of one step as one entry, the newest first, and can be read by an XML parser', async () => {
    const { headers, text } = await pages.get('/feed.xml?domain=one.example.org')
    expect(headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
    expect(text.match(/<entry>/g)).toHaveLength(1)
    expect(text).toContain('Deposit USDC in Mexico')
    const all = await pages.get('/feed.xml')
    expect(all.text).toContain('<link rel="self" type="application/atom+xml"')
    expect(all.text).not.toMatch(/[^\x20-\x7e\s\ufffd…]/)
    expect(load(all.text, { xml: true })('entry > id').length).toBeGreaterThan(0)
  })

  test('the feed tells of a step that changed more listings than it reads', async () => {
    await service.query(
      `insert into anchor_ops.catalog_change (network, domain, listing, kind, after)
      select 'mainnet', 'many.example.org', 'many.example.org:on-ramp:MX:C' || place, 'listing_off', '{"why": []}'
      from generate_series(1, 400) as place`,
    )
    const { text } = await pages.get('/feed.xml?domain=many.example.org')
    expect(text.match(/<entry>/g)).toHaveLength(1)
    expect(text).toContain(', 296 more listings do not work any more')
  })

  test('the page of an anchor names its picture, its feed and what changed', async () => {
    const { text } = await pages.get('/anchors/one.example.org')
    expect(text).toContain(
      `<meta property="og:image" content="${pages.origin}/assets/card-works.png">`,
    )
    expect(text).toContain(
      '<meta property="og:title" content="Anchor one.example.org: works · Anchor Ops">',
    )
    expect(text).toContain('href="/feed.xml?domain=one.example.org"')
    expect(text).toContain('Deposit USDC in Mexico')
    for (const card of ['card', 'card-works', 'card-not']) {
      const { status, headers } = await pages.get(`/assets/${card}.png`)
      expect([status, headers.get('content-type')]).toEqual([200, 'image/png'])
    }
  })
})

describe('a check that anybody may ask for', () => {
  const count = async () => {
    const [row] = await service.query(
      'select count(*)::int as checks from anchor_ops.requested_check',
    )
    return row?.['checks']
  }

  test('shows each finding with what to do about it, the same as a page, as JSON and as Markdown, of one check', async () => {
    await service.query('delete from anchor_ops.requested_check')
    const before = service.requests()['hostile.example.org'] ?? 0
    const { status, body } = await service.call({
      path: '/api/check',
      query: 'domain=hostile.example.org',
    })
    expect(status).toBe(200)
    const [finding] = body.findings
    expect(finding).toMatchObject({ meaning: expect.any(String), advice: expect.any(String) })
    const asked = service.requests()['hostile.example.org'] ?? 0
    expect(asked).toBeGreaterThan(before)
    const markdown = await pages.get('/api/check?domain=hostile.example.org&format=markdown')
    expect(markdown.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    const page = await pages.get('/check?domain=https://hostile.example.org/')
    for (const { code, advice } of body.findings) {
      expect(markdown.text).toContain(advice)
      expect(markdown.text).toContain(code)
      expect(page.text).toContain(code)
    }
    expect(service.requests()['hostile.example.org']).toBe(asked)
    expect(await count()).toBe(1)
  })

  test('is refused after 10 of one caller, of one owner, with the seconds to wait, and others are served', async () => {
    await service.query('delete from anchor_ops.requested_check')
    const from = (address: string) => ({ 'x-forwarded-for': address })
    for (let place = 0; place < 10; place += 1) {
      const { status } = await pages.get(`/check?domain=a.owner-${place}.com`, from('198.51.100.7'))
      expect(status).toBe(200)
    }
    const refused = await pages.get('/check?domain=a.owner-11.com', from('198.51.100.7'))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.text).toContain('You have asked for 10 checks in the last 10 minutes')
    expect((await pages.get('/check?domain=a.owner-12.com', from('198.51.100.8'))).status).toBe(200)
    for (let place = 0; place < 10; place += 1) {
      await pages.get(`/check?domain=n${place}.owner.com`, from(`2001:db8:0:${place}::1`))
    }
    const { status, body } = await service.call({
      path: '/api/check',
      query: 'domain=other.owner.com',
    })
    expect([status, body.code]).toEqual([429, 'too_many_checks'])
    expect(body.error).toContain('Home domains of this owner were checked 10 times')
    expect(await count()).toBe(21)
  })

  test('counts all addresses of one IPv6 network as one caller, and stores none', async () => {
    await service.query('delete from anchor_ops.requested_check')
    for (const address of ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:0DB8:0:0::3']) {
      await pages.get(`/check?domain=a${address.length}.com`, { 'x-forwarded-for': address })
    }
    const rows = await service.query('select distinct caller from anchor_ops.requested_check')
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('2001')
  })

  test('reaches no host that may not be fetched', async () => {
    for (const domain of [
      'localhost',
      '127.0.0.1',
      '169.254.169.254',
      'metadata.google.internal',
      'a b',
      '',
    ]) {
      const { status } = await pages.get(
        `/check?domain=${encodeURIComponent(domain)}x`.slice(0, -1),
      )
      expect([domain, status]).toEqual([domain, domain === '' ? 200 : 400])
    }
  })
})
