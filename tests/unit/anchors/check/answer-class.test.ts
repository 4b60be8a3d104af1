import { describe, expect, test } from 'vitest'
import {
  type AnswerSubject,
  classifyAnswer,
  isPassing,
} from '../../../../lib/anchors/check/answer-class.ts'
import type {
  FetchAnswer,
  FetchErrorCode,
  ShownHeaders,
} from '../../../../lib/net/fetch-untrusted.ts'

const NO_HEADERS: ShownHeaders = {
  ...{ accessControlAllowOrigin: null, wwwAuthenticate: null, allow: null, cfMitigated: null },
}

type Given = Partial<Omit<FetchAnswer, 'headers'>> & { headers?: Partial<ShownHeaders> }

function classOf(status: number, given: Given = {}, subject: AnswerSubject = 'info') {
  const base = { status, contentType: 'application/json', retryAfter: null, text: '' }
  const headers = { ...NO_HEADERS, ...given.headers }
  const found = classifyAnswer({ ...base, ...given, headers }, subject)
  return found.kind === 'ok' ? ['ok'] : [found.kind, found.ending]
}

const error = (words: string): Given => ({ text: JSON.stringify({ error: words }) })
const FORBIDDEN = error('forbidden')
const NEEDS_TOKEN: Given = { text: '{"type":"authentication_required"}' }
const PAGE: Given = { text: '<html><body>Forbidden</body></html>', contentType: 'text/html' }
const EMPTY: Given = { contentType: '' }

describe('the class of an answer', () => {
  test.each<[string, string, FetchErrorCode]>([
    ['transient', 'timeout', 'timeout'],
    ['transient', 'timeout', 'aborted'],
    ['transient', 'unreachable', 'dns_failed'],
    ['transient', 'unreachable', 'connect_failed'],
    ['transient', 'unreachable', 'tls_failed'],
    ['transient', 'unreachable', 'connection_lost'],
    ['definite', 'blocked', 'url_blocked'],
    ['definite', 'blocked', 'host_blocked'],
    ['definite', 'blocked', 'address_blocked'],
    ['definite', 'blocked', 'redirect_blocked'],
    ['definite', 'blocked', 'redirect_limit'],
    ['definite', 'too_large', 'too_large'],
    ['definite', 'encoding', 'encoding_unsupported'],
    ['definite', 'encoding', 'not_utf8'],
  ])('is %s, %s, when there is none because of %s', (kind, ending, code) => {
    expect(classifyAnswer({ error: code }, 'info')).toEqual({ kind, ending })
  })

  test.each<[string, string, number[], Given]>([
    ['transient', 'status', [408, 425, 429, 500, 502, 503, 504, 520, 525, 529], {}],
    ['transient', 'status', [500, 502], FORBIDDEN],
    ['transient', 'status', [503], PAGE],
    ['transient', 'status', [300, 304], {}],
    ['throttled', 'throttled', [429], { retryAfter: '30' }],
    ['transient', 'status', [503], { retryAfter: '30' }],
    ['protected', 'protected', [401, 403], FORBIDDEN],
    ['protected', 'protected', [401, 403], NEEDS_TOKEN],
    ['protected', 'protected', [403], { text: '\ufeff\n {\n  "error": "forbidden"\n}' }],
    ['protected', 'protected', [403], { text: `{"error": "${'x'.repeat(4_090)}` }],
    ['protected', 'protected', [401], { ...EMPTY, headers: { wwwAuthenticate: 'Bearer' } }],
    ['protected', 'protected', [401], { ...PAGE, headers: { wwwAuthenticate: 'Basic realm="x"' } }],
    ['walled', 'walled', [400, 401, 403, 404], PAGE],
    ['walled', 'walled', [403], { text: 'Just a moment...', contentType: 'text/html' }],
    [
      'walled',
      'walled',
      [403, 200],
      { text: '{"error":"x"}', headers: { cfMitigated: 'challenge' } },
    ],
    ['walled', 'walled', [403], { text: '{"type":"https://x","cloudflare_error":true}' }],
    [
      'walled',
      'walled',
      [403],
      { text: '<?xml version="1.0"?><Error/>', contentType: 'application/xml' },
    ],
    ['walled', 'walled', [403], { text: '{"message":"Forbidden"}' }],
    ['walled', 'walled', [400, 401, 403], EMPTY],
    ['walled', 'walled', [402, 451], PAGE],
    ['definite', 'status', [400, 422], error('unsupported')],
    ['definite', 'status', [402, 409, 418, 451], {}],
    ['definite', 'status', [201, 202, 204, 206], {}],
    ['definite', 'not_found', [404, 405, 406, 410, 501], {}],
    ['definite', 'not_found', [404], error('No static resource sep24/info.')],
    ['definite', 'not_found', [405, 406, 410, 501], PAGE],
    ['definite', 'html', [200], { text: '\n<!doctype html>' }],
    ['definite', 'html', [200], { text: '<html>', headers: { wwwAuthenticate: 'Basic' } }],
  ])('is %s, %s, for the statuses %j of an /info with %j', (kind, ending, statuses, given) => {
    for (const status of statuses)
      expect([status, classOf(status, given)]).toEqual([status, [kind, ending]])
  })

  test.each<Given>([
    { text: '{"deposit":{}}' },
    { text: '{"error":"x"}' },
    { text: '{}', contentType: 'text/html' },
    EMPTY,
  ])('is ok for status 200 with %j, whatever its content says', (given) => {
    expect(classOf(200, given)).toEqual(['ok'])
  })

  test.each<[string, string, AnswerSubject, number, string]>([
    ['protected', 'refused', 'challenge', 400, 'client_domain is required'],
    ['protected', 'refused', 'challenge', 400, "'client_domain' is required"],
    ['protected', 'refused', 'challenge', 400, 'Missing Authorization header'],
    ['protected', 'protected', 'challenge', 401, 'Authorization header is required'],
    ['protected', 'protected', 'challenge', 403, 'unable to process'],
    ['definite', 'home_domain', 'challenge', 400, 'home_domain [a.co] is not supported.'],
    [
      'definite',
      'home_domain',
      'challenge',
      400,
      'home_domain [authorization.co] is not supported.',
    ],
    ['definite', 'home_domain', 'challenge', 400, "invalid 'home_domain' value"],
    ['definite', 'refused', 'challenge', 400, 'Invalid account.'],
    ['definite', 'not_found', 'challenge', 404, 'No static resource auth.'],
    ['alive', 'refused', 'customer', 400, 'type is required'],
    ['alive', 'refused', 'prices', 400, 'amount below minimum'],
    ['alive', 'refused', 'prices', 404, 'sell_asset not found'],
    ['transient', 'failing', 'prices', 404, 'Not Found'],
    ['definite', 'not_found', 'prices', 404, 'No static resource sep38/prices.'],
    ['transient', 'failing', 'prices', 502, 'service not available'],
    ['transient', 'failing', 'prices', 500, ''],
    ['definite', 'not_found', 'customer', 404, 'No static resource sep12/customer.'],
    ['transient', 'status', 'customer', 500, ''],
  ])(
    'is %s, %s, for a %s with status %i and the words %j',
    (kind, ending, subject, status, words) => {
      expect(classOf(status, error(words), subject)).toEqual([kind, ending])
    },
  )

  test('lets earlier evidence be kept only when the next check may meet something else', () => {
    const kinds = [
      'ok',
      'alive',
      'protected',
      'definite',
      'transient',
      'throttled',
      'walled',
    ] as const
    expect(kinds.filter(isPassing)).toEqual(['transient', 'throttled', 'walled'])
  })
})
