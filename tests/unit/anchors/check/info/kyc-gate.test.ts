import { describe, expect, test } from 'vitest'
import { askKycGate } from '../../../../../lib/anchors/check/info/kyc-gate.ts'
import type { FetchRequest } from '../../../../../lib/net/fetch-untrusted.ts'
import { fetchAnswer, type Scripted, scriptedFetch } from '../../../../helpers/fetch-answer.ts'

const now = (): Date => new Date('2026-01-02T03:04:05Z')
const CUSTOMER = 'https://a.co/kyc/customer'
const refusal = (error: string) => JSON.stringify({ error })

async function ask(answer: Scripted, options: Scripted = { status: 200 }) {
  const plain = scriptedFetch({ [CUSTOMER]: answer })
  const preflight = scriptedFetch({ [CUSTOMER]: options })
  const fetch = (url: string, request: FetchRequest) =>
    (request.method === 'OPTIONS' ? preflight : plain).fetch(url, request)
  const gate = await askKycGate('https://a.co/kyc/', { now, fetch })
  return { ...gate, codes: gate.findings.map(({ code }) => code), asked: plain.asked }
}

describe('the gate of SEP-12', () => {
  test.each<[string, Scripted]>([
    ['403 with an error', { status: 403, text: refusal('forbidden') }],
    ['401 with an error', { status: 401, text: refusal('no token') }],
    ['403 with a type', { status: 403, text: '{"type":"authentication_required"}' }],
    [
      '401 with www-authenticate',
      { status: 401, headers: { ...fetchAnswer('').headers, wwwAuthenticate: 'Bearer' } },
    ],
  ])('that answers %s is reachable and protected, without a finding', async (_what, answer) => {
    const { step, protected: isProtected, transient, codes, asked } = await ask(answer)
    expect({ step, isProtected, transient, codes }).toEqual({
      ...{ step: 'reachable', isProtected: true, transient: false, codes: [] },
    })
    expect(asked.map(({ url }) => url)).toEqual([CUSTOMER])
    expect(asked[0]?.request).not.toHaveProperty('bearer')
  })

  test('that answers OPTIONS with 404 belongs to a protocol that is off', async () => {
    const off = { status: 404, text: refusal('No static resource sep12/customer.') }
    const gate = await ask({ status: 403, text: refusal('forbidden') }, off)
    expect(gate).toMatchObject({ step: 'declared', transient: false, codes: ['kyc_off'] })
    expect(gate).not.toHaveProperty('protected')
  })

  test.each<Scripted>([403, 405, 500, 'timeout', { status: 404, text: '<html>' }])(
    'that answers OPTIONS with %j stays protected',
    async (options) => {
      const gate = await ask({ status: 403, text: refusal('forbidden') }, options)
      expect(gate).toMatchObject({ step: 'reachable', protected: true, codes: [] })
    },
  )

  test.each<[string, Scripted]>([
    ['a customer', { status: 200, text: '{"id":"c","status":"ACCEPTED","provided_fields":{}}' }],
    ['a customer with an error', { status: 200, text: '{"status":"REJECTED","error":"x"}' }],
    ['an empty object', '{}'],
    ['a list', '[{"id":"c"}]'],
    ['202 and a customer', { status: 202, text: '{"id":"c"}' }],
  ])('that hands out %s is open, which is grave', async (_what, answer) => {
    const gate = await ask(answer)
    expect(gate).toMatchObject({ step: 'reachable', transient: false, codes: ['kyc_open'] })
    expect(gate).not.toHaveProperty('protected')
  })

  test('that hands out a customer shows nothing of it in the finding', async () => {
    const { findings } = await ask({ status: 200, text: '{"id":"c","email":"ana@example.org"}' })
    expect(JSON.stringify(findings)).not.toMatch(/ana|example/)
  })

  test.each<[Scripted, string, string, boolean]>([
    [{ status: 200, text: refusal('forbidden') }, 'reachable', 'kyc_refused_with_200', false],
    ['<html>', 'declared', 'kyc_html', false],
    ['', 'declared', 'kyc_not_json', false],
    [{ status: 204 }, 'declared', 'kyc_not_json', false],
    ['['.repeat(40), 'declared', 'kyc_too_deep', false],
    [404, 'declared', 'kyc_not_found', false],
    [{ status: 404, text: refusal('x') }, 'declared', 'kyc_not_found', false],
    [{ status: 404, text: '<html>' }, 'declared', 'kyc_walled', true],
    [{ status: 403, text: '<html>' }, 'declared', 'kyc_walled', true],
    [403, 'declared', 'kyc_walled', true],
    [{ status: 429, retryAfter: '5' }, 'declared', 'kyc_throttled', true],
    [502, 'declared', 'kyc_status', true],
    [409, 'declared', 'kyc_status', false],
    ['timeout', 'declared', 'kyc_timeout', true],
    ['tls_failed', 'declared', 'kyc_unreachable', true],
    ['address_blocked', 'declared', 'kyc_blocked', false],
    ['too_large', 'declared', 'kyc_too_large', false],
    ['not_utf8', 'declared', 'kyc_encoding', false],
  ])('that answers %j is %s: %s, transient: %s', async (answer, step, code, transient) => {
    const gate = await ask(answer)
    expect(gate).toMatchObject({ step, codes: [code], transient })
    expect(gate.findings[0]).toMatchObject({ sep: 12, field: 'KYC_SERVER' })
  })

  test('that answers 400 by a rule of its own is reachable, without a finding', async () => {
    const gate = await ask({ status: 400, text: refusal('type is required') })
    expect(gate).toMatchObject({ step: 'reachable', transient: false, codes: [] })
    expect(gate).not.toHaveProperty('protected')
  })
})
