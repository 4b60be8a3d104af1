import { expect, test } from 'vitest'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { simulatedSigner } from '../../local/world/simulated-keys.ts'
import { createWebAuthServer } from '../../local/world/web-auth-server.ts'
import type { SiteRequest } from '../../local/world/world-server.ts'
import { BEARER, useService } from './service.ts'
import { row, TOML_PATH, tomlOf } from './sites.ts'

const service = useService({ clock: 'hours' })
const DOMAIN = 'echo.example.org'
const PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const OPEN = { USDC: { enabled: true } }

/** An anchor that repeats everything that it was sent, and what it gave, in every answer that may hold a text. */
function echoingAnchor() {
  const asked: string[] = []
  const said = new Set<string>()
  const signer = simulatedSigner(DOMAIN)
  const about = { signer, homeDomain: DOMAIN, webAuthDomain: DOMAIN, passphrase: PASSPHRASE }
  const webAuth = createWebAuthServer({ ...about, now: service.now })
  const keep = (text: string | null | undefined) => {
    if (!text) return
    said.add(text)
    // A challenge that is cut anywhere still holds its nonce.
    service.canaries.push(text.length > 200 ? text.slice(120, 200) : text)
  }
  const echo = (answer: Answer): Answer => {
    if (answer.kind !== 'body') return answer
    const repeated = [...said].join(' ').slice(0, 3_000)
    const origin = { 'access-control-allow-origin': `https://${repeated.slice(0, 100)}` }
    return { ...answer, headers: { ...answer.headers, ...origin, allow: repeated.slice(0, 100) } }
  }
  const answerOf = (url: URL, { method, body, bearer }: SiteRequest): Answer => {
    const { pathname } = url
    keep(bearer)
    if (method === 'POST') keep(JSON.parse(body).transaction)
    if (pathname === TOML_PATH) {
      const more = ['ANCHOR_QUOTE_SERVER', 'KYC_SERVER', 'DIRECT_PAYMENT_SERVER']
      const servers = more.map((field) => `${field} = "https://${DOMAIN}/${field}"`).join('\n')
      return bodyAnswer('text/plain', tomlOf(DOMAIN, servers))
    }
    if (pathname === '/auth') {
      const answer = webAuth.answer(url, { method, body })
      const given = answer.kind === 'body' ? JSON.parse(String(answer.body)) : {}
      keep(given.token ?? given.transaction)
      return answer
    }
    // The account of a request is repeated in its own answer: a later one may name any account, as an issuer.
    const account = url.searchParams.get('account') ?? 'account'
    const echoed = Object.fromEntries([account, ...said].map((text) => [text, text]))
    if (pathname === '/sep24/info') return jsonAnswer({ deposit: OPEN, withdraw: OPEN })
    if (pathname === '/ANCHOR_QUOTE_SERVER/info') {
      if (bearer === undefined) return jsonAnswer({ error: 'forbidden' }, 403)
      const methods = [...said].map((text) => ({ name: text, description: text }))
      return jsonAnswer({ assets: [{ asset: 'iso4217:USD', sell_delivery_methods: methods }] })
    }
    if (pathname === '/sep24/transactions') return jsonAnswer({ error: echoed })
    return pathname.includes('KYC') ? jsonAnswer(echoed, 403) : statusAnswer(404)
  }
  return {
    asked,
    answer: (url: URL, request: SiteRequest = { method: 'GET', body: '' }): Answer => {
      asked.push(`${request.bearer ? 'token ' : ''}${request.method} ${url.pathname}`)
      return echo(answerOf(url, request))
    },
  }
}

test('no challenge, no token and no account of ours is in an answer, a row or the log', async () => {
  const site = echoingAnchor()
  service.sites.set(DOMAIN, site)
  service.sites.set('list.example.org', { answer: () => jsonAnswer({ anchors: [row(DOMAIN)] }) })
  const sourceUrl = 'https://list.example.org/'
  const synced = await service.ops({ action: 'sync', mode: 'directory', sourceUrl })
  expect([synced.status, synced.body.refresh.ok]).toEqual([200, 1])
  expect(site.asked).toEqual(
    expect.arrayContaining(['POST /auth', 'token GET /sep24/transactions']),
  )
  expect(site.asked).toContain('token GET /ANCHOR_QUOTE_SERVER/info')

  const signedInOnce = site.asked.length
  const before = site.asked.filter((asked) => /POST|token/.test(asked)).length
  const path = '/api/anchors/diagnostics'
  const checked = await service.call({
    ...{ method: 'POST', path, headers: BEARER, body: { domain: DOMAIN } },
  })
  expect(checked.status).toBe(200)
  expect(site.asked.length).toBeGreaterThan(signedInOnce)
  expect(site.asked.filter((asked) => /POST|token/.test(asked))).toHaveLength(before)

  service.passTime(25 * 3_600_000)
  expect((await service.ops({ action: 'refresh_capabilities' })).status).toBe(200)
  expect(site.asked.filter((asked) => asked === 'POST /auth')).toHaveLength(2)
  for (const read of [`/api/anchors/${DOMAIN}`, '/api/anchors/catalog', '/api/health']) {
    expect((await service.call({ path: read, headers: BEARER })).status).toBe(200)
  }
  expect(service.canaries.length).toBeGreaterThan(6)
  expect(await service.leaks()).toEqual([])
})

test('a token that is found in a row fails the test that left it there', async () => {
  service.canaries.push('canary-of-this-test')
  await service.ops({
    ...{ action: 'import_directory', dryRun: false },
    anchors: [row(DOMAIN, { name: 'canary-of-this-test' })],
  })
  expect((await service.leaks()).join(' ')).toMatch(/answers: .* rows: /s)
  service.canaries.length = 0
})
