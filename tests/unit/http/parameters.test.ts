import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import {
  alienInQuery,
  boolean,
  choice,
  choices,
  integer,
  mergeParameters,
  parseDecision,
  parseParameters,
  textList,
} from '../../../lib/http/parameters.ts'

const SCHEMA = z.object({
  limit: integer(1, 500).default(100),
  dryRun: boolean().default(true),
  mode: choice(['directory', 'horizon']).optional(),
  allowedDomains: textList(3).optional(),
  country: z.string().optional(),
  state: choices(['READY', 'done']).optional(),
})

const read = (query: string, body: Record<string, unknown> = {}) =>
  parseParameters(SCHEMA, mergeParameters(body, new URLSearchParams(query)))

describe('a value that is allowed', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['', {}, { limit: 100, dryRun: true }],
    ['limit=3', {}, { limit: 3 }],
    ['', { limit: '3' }, { limit: 3 }],
    ['', { limit: 3 }, { limit: 3 }],
    ['limit=', {}, { limit: 100 }],
    ['limit=&limit=4', {}, { limit: 4 }],
    ['limit=9', { limit: 4 }, { limit: 4 }],
    ['dryRun=FALSE', {}, { dryRun: false }],
    ['dryRun=0', {}, { dryRun: false }],
    ['dryRun=1', {}, { dryRun: true }],
    ['', { dryRun: false }, { dryRun: false }],
    ['mode=Horizon', {}, { mode: 'horizon' }],
    ['allowedDomains=a.example,*.b.example', {}, { allowedDomains: ['a.example', '*.b.example'] }],
    ['allowedDomains=a&allowedDomains=b', {}, { allowedDomains: ['a', 'b'] }],
    ['', { allowedDomains: ['a', 'b'] }, { allowedDomains: ['a', 'b'] }],
    ['state=ready', {}, { state: ['READY'] }],
    ['state=done,%20Ready,DONE', {}, { state: ['done', 'READY'] }],
    ['state=done&state=ready', {}, { state: ['done', 'READY'] }],
    ['', { state: ['done'] }, { state: ['done'] }],
    ['unknown=1&__proto__=2&constructor=3', {}, { limit: 100 }],
  ])('%j with the body %j', (query, body, expected) => {
    expect(read(query, body)).toMatchObject(expected)
  })
})

describe('a value that is not allowed is named and not replaced by a default', () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ['limit=x', {}, 'limit', 'limit is "x" in the query string; allowed: an integer from 1 to 500'],
    ['limit=0', {}, 'limit', 'limit is "0" in the query string; allowed: an integer from 1 to 500'],
    [
      'limit=1e2',
      {},
      'limit',
      'limit is "1e2" in the query string; allowed: an integer from 1 to 500',
    ],
    [
      'limit=%203',
      {},
      'limit',
      'limit is " 3" in the query string; allowed: an integer from 1 to 500',
    ],
    ['', { limit: 2.5 }, 'limit', 'limit is 2.5 in the body; allowed: an integer from 1 to 500'],
    ['', { limit: true }, 'limit', 'limit is true in the body; allowed: an integer from 1 to 500'],
    ['', { limit: null }, 'limit', 'limit is null in the body; allowed: an integer from 1 to 500'],
    ['', { limit: '' }, 'limit', 'limit is "" in the body; allowed: an integer from 1 to 500'],
    ['limit=1&limit=2', {}, 'limit', 'limit is given 2 times in the query string; allowed: once'],
    [
      'country=a&country=b',
      {},
      'country',
      'country is given 2 times in the query string; allowed: once',
    ],
    [
      'dryRun=1&dryRun=0',
      {},
      'dryRun',
      'dryRun is given 2 times in the query string; allowed: once',
    ],
    [
      'dryRun=maybe',
      {},
      'dryRun',
      'dryRun is "maybe" in the query string; allowed: true, false, 1 or 0',
    ],
    ['', { dryRun: 2 }, 'dryRun', 'dryRun is 2 in the body; allowed: true, false, 1 or 0'],
    [
      'mode=horizno',
      {},
      'mode',
      'mode is "horizno" in the query string (did you mean horizon?); allowed: directory, horizon',
    ],
    ['mode=mode', {}, 'mode', 'mode is "mode" in the query string; allowed: directory, horizon'],
    [
      'state=done,x,y',
      {},
      'state',
      'state is "x" in the query string; allowed: one or several of READY, done',
    ],
    [
      'state=done&state=x',
      {},
      'state',
      'state is "x" in the query string; allowed: one or several of READY, done',
    ],
    [
      'state=,',
      {},
      'state',
      'state is "" in the query string; allowed: one or several of READY, done',
    ],
    ['', { state: 5 }, 'state', 'state is 5 in the body; allowed: one or several of READY, done'],
    [
      'allowedDomains=a,b,c,d',
      {},
      'allowedDomains',
      'allowedDomains is "a,b,c,d" in the query string; allowed: a list of at most 3 texts',
    ],
    [
      '',
      { allowedDomains: [1] },
      'allowedDomains',
      'allowedDomains is [1] in the body; allowed: a list of at most 3 texts',
    ],
  ])('%j with the body %j', (query, body, path, message) => {
    expect(() => read(query, body)).toThrow(
      expect.objectContaining({ code: 'invalid_parameter', message, details: [{ path, message }] }),
    )
  })

  test('all wrong values are named at once', () => {
    expect(() => read('limit=x&dryRun=y')).toThrow(
      expect.objectContaining({
        details: [
          { path: 'limit', message: expect.anything() },
          { path: 'dryRun', message: expect.anything() },
        ],
      }),
    )
  })

  test('a long value is shown cut', () => {
    expect(() => read(`limit=${'9'.repeat(10_000)}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,200}$/) }),
    )
  })

  test('any text for an integer is read as that integer or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)),
        (text) => {
          const query = new URLSearchParams({ limit: text }).toString()
          const right = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 500
          if (right) expect(read(query).limit).toBe(Number(text))
          else if (text === '') expect(read(query).limit).toBe(100)
          else
            expect(() => read(query)).toThrow(
              expect.objectContaining({ code: 'invalid_parameter' }),
            )
        },
      ),
    )
  })
})

test.each([
  ['the query string', 'secret=hunter2&limit=x', {}],
  ['the body', 'limit=x', { secret: 'hunter2' }],
])(
  'the credential in %s becomes neither a parameter nor part of an error',
  (_place, query, body) => {
    const parameters = mergeParameters(body, new URLSearchParams(query))
    expect(JSON.stringify(parameters)).not.toContain('hunter2')
    const strict = z.strictObject({ limit: integer(1, 2) })
    expect(() => parseParameters(strict, parameters)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    )
  },
)

describe('parseDecision', () => {
  const decisions = {
    pay: z.object({ note: z.string(), force: boolean().default(false) }),
    close: z.object({ note: z.string({ error: 'a note' }) }),
  }
  const asked = (body: object) => () => parseDecision(decisions, body)

  test('reads the keys of the decision', () => {
    const body = { decision: 'PAY', note: 'n', force: 'true' }
    expect(parseDecision(decisions, body)).toEqual({ decision: 'pay', note: 'n', force: true })
  })

  test.each([
    [
      { decision: 'close', note: 'n', force: true },
      '"force" in the body is not a key of the decision "close"; allowed: decision, note',
    ],
    [
      { decision: 'pay', note: 'n', not: 'n' },
      '"not" in the body is not a key of the decision "pay" (did you mean note?); allowed: decision, note, force',
    ],
    [
      { decision: 'close', note: 5, x: 1 },
      '"x" in the body is not a key of the decision "close"; allowed: decision, note. note is 5 in the body; allowed: a note',
    ],
    [{ note: 'n' }, 'decision is missing in the body; allowed: pay, close'],
  ])('refuses %j', (body, message) => {
    expect(asked(body)).toThrow(expect.objectContaining({ code: 'invalid_parameter', message }))
  })

  test('refuses a body that is an array', () => {
    expect(asked([])).toThrow('Invalid request body')
  })
})

describe('alienInQuery', () => {
  const told = (query: string) => {
    const faults = alienInQuery(['limit'], ['id'], new URLSearchParams(query))
    return faults.map(({ what, problem }) => `${what} ${problem}`)
  }

  test.each([
    ['limit=1&id=7&secret=s', []],
    ['id=8&id=7', ['"id" is a parameter of the path']],
    ['id=7&note=9', ['"note" is not a parameter of this route']],
  ])('of %s', (query, expected) => {
    expect(told(query)).toEqual(expected)
  })
})

test('a value of the path is named with its place, and no key of the body replaces it', () => {
  const query = new URLSearchParams({ limit: 'x' })
  const parameters = mergeParameters({ limit: 4 }, query, ['limit'])
  expect(() => parseParameters(SCHEMA, parameters)).toThrow(
    'limit is "x" in the path; allowed: an integer from 1 to 500',
  )
})
