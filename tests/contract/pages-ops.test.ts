import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PageReply, servePages } from './page-server.ts'
import { BUSINESS_KEY, CRON_SECRET, PREVIOUS_KEY, useService } from './service.ts'
import { anchor, row } from './sites.ts'

const service = useService()
let pages: Awaited<ReturnType<typeof servePages>>
beforeAll(async () => {
  pages = await servePages(service)
})
afterAll(() => pages.close())

const COOKIE = '__Host-session'

/** What a browser would send back. */
const cookieOf = ({ headers }: PageReply) => (headers.get('set-cookie') ?? '').split(';')[0] ?? ''

async function signIn(key: string, cookie = ''): Promise<string> {
  const reply = await pages.post('/ops/sign-in', { key }, cookie === '' ? {} : { cookie })
  expect([reply.status, reply.headers.get('location')]).toEqual([303, '/ops'])
  return cookieOf(reply)
}
const show = async (cookie: string) => (await pages.get('/ops', { cookie })).text
const tokenIn = (text: string) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
const isSignedOut = (text: string) =>
  text.includes('action="/ops/sign-in"') && !text.includes('Signed in as')

/** An anchor that a person may decide about, by a form as the page would show it. */
async function listAnchor(): Promise<Record<string, string>> {
  service.sites.set('one.example.org', anchor('one.example.org'))
  const anchors = [row('one.example.org', { country: 'MX', type: 'on' })]
  await service.ops({ action: 'import_directory', anchors, dryRun: false })
  return {
    target: '/api/anchors/one.example.org/decisions?network=mainnet',
    action: 'disable',
    body_disable: JSON.stringify({ decision: 'disable', note: 'how it is known' }),
    note: 'It is a test',
  }
}
const decisions = () =>
  service.query("select decision, key_name, note from anchor_ops.decision where about = 'anchor'")

describe('signing in', () => {
  test('sets a cookie that no script reads, no other site sends and that holds no secret', async () => {
    const reply = await pages.post('/ops/sign-in', { key: BUSINESS_KEY })
    const cookie = reply.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^__Host-session=[\w.-]+; Path=\/; HttpOnly; Secure; SameSite=Strict; Max-Age=28800$/,
    )
    const payload = Buffer.from(cookie.split('=')[1]?.split('.')[0] ?? '', 'base64url').toString()
    expect(JSON.parse(payload)).toEqual({ name: 'BUSINESS_API_KEY', until: expect.any(Number) })
    expect(cookie).not.toContain(BUSINESS_KEY)
    expect(reply.headers.get('cache-control')).toBe('no-store')
  })

  test('with npm start sets a cookie that every browser takes on http://localhost, and no deployment reads it', async () => {
    service.deploy({}, { development: true })
    const reply = await pages.post('/ops/sign-in', { key: BUSINESS_KEY })
    expect(reply.headers.get('set-cookie')).toMatch(
      /^local-session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800$/,
    )
    const cookie = cookieOf(reply)
    const shown = await show(cookie)
    expect(shown).toContain('Signed in as BUSINESS_API_KEY.')
    const out = await pages.post('/ops/sign-out', { csrf: tokenIn(shown) }, { cookie })
    expect(out.headers.get('set-cookie')).toBe(
      'local-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    )
    service.deploy()
    expect(isSignedOut(await show(cookie))).toBe(true)
  })

  test.each([
    ['an unknown key', 'wrong'],
    ['no key', ''],
    ['a key with one more character', `${BUSINESS_KEY}x`],
    ['the database’s own text', 'undefined'],
    ['a named key that is none', `aok_${'A'.repeat(43)}`],
  ])('with %s is refused, and the log does not hold it', async (_, key) => {
    const { status, headers, text } = await pages.post('/ops/sign-in', { key })
    expect([status, headers.get('set-cookie')]).toEqual([401, null])
    expect(text).toContain('This key is not known')
    if (key.length > 9) expect(service.log.join('')).not.toContain(key)
  })

  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of a sandbox', { origin: 'null' }],
    ['that a browser calls foreign', { 'sec-fetch-site': 'cross-site' }],
    ['of another port', { 'sec-fetch-site': 'same-site' }],
  ])('by a form %s is refused', async (_, headers) => {
    const reply = await pages.post('/ops/sign-in', { key: BUSINESS_KEY }, headers)
    expect([reply.status, reply.headers.get('set-cookie')]).toEqual([403, null])
  })

  test('shows the parts that the key opens, and both with two keys', async () => {
    const business = await signIn(BUSINESS_KEY)
    expect(await show(business)).toContain('Nothing waits for a person.')
    const operator = await signIn(CRON_SECRET)
    const shown = await show(operator)
    expect(shown).toContain('Signed in as CRON_SECRET.')
    expect(shown).toContain('This needs a key of the business with the scope read.')
    const both = await show(await signIn(CRON_SECRET, business))
    expect(both).toContain('Signed in as CRON_SECRET and BUSINESS_API_KEY.')
  })

  test('shows how it runs only to the secret of the scheduler and to a key with the scope read', async () => {
    const figures = '<dt>Unsettled updates</dt>'
    expect(await show(await signIn(await service.makeKey('reader', ['read'])))).toContain(figures)
    expect(await show(await signIn(CRON_SECRET))).toContain(figures)
    const shown = await show(await signIn(await service.makeKey('writer', ['update'])))
    expect(shown).toContain('Signed in as writer.')
    expect(shown).not.toMatch(/<dt>|Last runs|Observed accounts/)
  })

  test('ends with the time, with a new secret, with the revocation of a named key, and by the button', async () => {
    const cookie = await signIn(BUSINESS_KEY)
    const secret = await service.makeKey('reader', ['read'])
    const named = await signIn(secret)
    expect(await show(named)).toContain('Signed in as reader.')
    await service.revokeKey('reader')
    expect(isSignedOut(await show(named))).toBe(true)

    const out = await pages.post('/ops/sign-out', { csrf: tokenIn(await show(cookie)) }, { cookie })
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      303,
      `${COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0`,
    ])
    service.deploy({ BUSINESS_API_KEY: PREVIOUS_KEY })
    expect(isSignedOut(await show(cookie))).toBe(true)
    service.deploy()
    expect(isSignedOut(await show(cookie))).toBe(false)
    service.passTime(8 * 3_600_000)
    expect(isSignedOut(await show(cookie))).toBe(true)
  })
})

describe('a forged cookie', () => {
  const claimed = (claim: object, mac: string) =>
    `${COOKIE}=${Buffer.from(JSON.stringify(claim)).toString('base64url')}.${mac}`
  const until = 4_000_000_000

  test('is no session, whatever it claims', async () => {
    const right = await signIn(BUSINESS_KEY)
    const [payload = '', mac = ''] = right.slice(COOKIE.length + 1).split('.')
    const forged = [
      `${COOKIE}=`,
      `${COOKIE}=.`,
      `${COOKIE}=${payload}`,
      `${COOKIE}=${payload}.`,
      `${COOKIE}=${payload}.${mac.slice(0, -2)}`,
      `${COOKIE}=${payload}.${mac}x`,
      `${COOKIE}=${payload}.${mac}.${mac}`,
      `${right}; ${right}`,
      `${COOKIE}=${'A'.repeat(4_000)}`,
      `${COOKIE}=%00~%00~%00`,
      claimed({ name: 'BUSINESS_API_KEY', until }, mac),
      claimed({ name: 'CRON_SECRET', until }, mac),
      claimed({ name: 'named', hash: '0'.repeat(64), until }, mac),
      claimed({ name: '__proto__', until }, mac),
      claimed(
        { name: 'CRON_SECRET_PREVIOUS', until },
        createHmac('sha256', '').update('x').digest('base64url'),
      ),
      claimed([], mac),
      claimed({ name: 'BUSINESS_API_KEY', until: '9' }, mac),
    ]
    for (const cookie of forged) {
      const { status, text } = await pages.get('/ops', { cookie })
      expect([cookie.slice(0, 200), status, isSignedOut(text)]).toEqual([
        cookie.slice(0, 200),
        200,
        true,
      ])
    }
    expect(isSignedOut(await show(right))).toBe(false)
  })

  test('under a setting that is not set is no session', async () => {
    service.deploy({ CRON_SECRET: '' })
    const digest = (text: string) => createHmac('sha256', 'x').update(text).digest('base64url')
    for (const name of ['CRON_SECRET', 'CRON_SECRET_PREVIOUS', 'BUSINESS_API_KEY_PREVIOUS']) {
      expect(isSignedOut(await show(claimed({ name, until }, digest(name))))).toBe(true)
    }
    expect((await pages.post('/ops/sign-in', { key: '' })).status).toBe(401)
  })
})

describe('the form of a decision', () => {
  test('decides with the rights of its session, and is kept with the name of its key', async () => {
    const form = await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const { status, headers } = await pages.post('/ops/decisions', { ...form, csrf }, { cookie })
    expect([status, headers.get('location')]).toEqual([303, '/ops?done=disable'])
    expect(await decisions()).toEqual([
      { decision: 'disable', key_name: 'BUSINESS_API_KEY', note: 'It is a test' },
    ])
    expect(await show(cookie)).toContain('It is a test')
  })

  test('that is sent again and again, as by a second click, decides once', async () => {
    const form = await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const click = (change = {}) =>
      pages.post('/ops/decisions', { ...form, csrf, ...change }, { cookie })
    const clicks = await Promise.all(Array.from({ length: 5 }, () => click()))
    expect(clicks.map(({ status }) => status)).toEqual(Array(5).fill(303))
    expect(await decisions()).toHaveLength(1)
    await click({ note: 'It is another test' })
    await click()
    expect((await decisions()).map(({ note }) => note)).toEqual([
      'It is a test',
      'It is another test',
      'It is a test',
    ])
  })

  test('of another site, of another session, without its token or without a session decides nothing', async () => {
    const form = await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const other = await signIn(CRON_SECRET)
    const tries: [Record<string, string>, Record<string, string>, number][] = [
      [{ ...form }, { cookie }, 403],
      [{ ...form, csrf: '' }, { cookie }, 403],
      [{ ...form, csrf: `${csrf}x` }, { cookie }, 403],
      [{ ...form, csrf: tokenIn(await show(other)) }, { cookie }, 403],
      [{ ...form, csrf }, { cookie, origin: 'https://evil.example' }, 403],
      [{ ...form, csrf }, { cookie, origin: 'null' }, 403],
      [{ ...form, csrf }, { cookie, 'sec-fetch-site': 'cross-site' }, 403],
      [{ ...form, csrf }, {}, 401],
      [{ ...form, csrf }, { cookie: other }, 403],
    ]
    for (const [given, headers, status] of tries) {
      expect((await pages.post('/ops/decisions', given, headers)).status).toBe(status)
    }
    const bare = await fetch(`${pages.origin}/ops/decisions`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, csrf }),
      headers: { cookie },
    })
    expect(bare.status).toBe(403)
    expect(await decisions()).toEqual([])
  })

  test('is refused without a note of the person, and for a key without the scope', async () => {
    const form = await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const { note: _, ...silent } = form
    const refused = await pages.post('/ops/decisions', { ...silent, csrf }, { cookie })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('content-type')).toContain('text/html')
    const reader = await signIn(await service.makeKey('reader', ['read']))
    const own = tokenIn(await show(reader))
    const forbidden = await pages.post('/ops/decisions', { ...form, csrf: own }, { cookie: reader })
    expect(forbidden.status).toBe(403)
    expect(forbidden.text).toContain('a key with the scope decide')
    expect(await decisions()).toEqual([])
  })

  test.each([
    ['/api/keys', '{"decision":"revoked"}'],
    ['/api/anchors/ops', '{}'],
    ['https://evil.example/api/transactions/settle', '{}'],
    ['//evil.example/x', '{}'],
    ['/api/payments/x', '{"decision":"ignored"}'],
    ['/api/anchors/one.example.org/decisions', 'no JSON'],
    ['/api/anchors/one.example.org/decisions', '[]'],
    ['/api/anchors/%E0%A4%A/decisions', '{"decision":"disable"}'],
  ])('for %s with the body %s does nothing', async (target, body) => {
    await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const form = { csrf, target, action: 'disable', body_disable: body, note: 'n' }
    const { status } = await pages.post('/ops/decisions', form, { cookie })
    expect([400, 403]).toContain(status)
    expect(await decisions()).toEqual([])
  })

  test('shows no markup of a note', async () => {
    const form = await listAnchor()
    const cookie = await signIn(BUSINESS_KEY)
    const csrf = tokenIn(await show(cookie))
    const note = '<script>alert(1)</script>\u202e'
    await pages.post('/ops/decisions', { ...form, note, csrf }, { cookie })
    const shown = await show(cookie)
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(shown).not.toMatch(/<script|\p{Bidi_Control}/u)
  })
})

test('the page of operators is stored by no cache, and allows no script', async () => {
  for (const cookie of ['', await signIn(BUSINESS_KEY)]) {
    const { headers } = await pages.get('/ops', { cookie })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/)
  }
})
