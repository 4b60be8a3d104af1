import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { resolveMethod, rpcMethods } from '../../../lib/platform/methods.ts'
import { asksForce, missingForce, takeForce } from '../../../lib/updates/force.ts'

const PROFILE = { release: '2.8', custody: false } as const
const SENT = resolveMethod('notify_onchain_funds_sent', PROFILE)
const RECEIVED = resolveMethod('notify_onchain_funds_received', PROFILE)
const OTHERS = [...rpcMethods('2.8').values()].filter(
  ({ name }) => name !== SENT.name && name !== RECEIVED.name,
)
const own = { transaction_id: 'T', stellar_transaction_id: 'a' }
const note = 'paid by hand, see ticket 7'

test('a force and its note are taken out of the params', () => {
  for (const method of [SENT, RECEIVED]) {
    const reading = takeForce(method, { ...own, force: true, note })
    expect(reading).toEqual({ params: own, force: { note } })
  }
  expect(takeForce(SENT, { ...own, force: true, note: `  ${note}\n` })).toEqual({
    params: own,
    force: { note },
  })
})

test.each([[{}], [{ force: false }], [{ force: null }], [{ note }], [{ force: false, note }]])(
  'an update with %j is not forced',
  (more) => {
    expect(takeForce(SENT, { ...own, ...more })).toEqual({ params: own, force: null })
  },
)

describe('a force that is not true with a note is refused', () => {
  test.each([
    ['note', { force: true }],
    ['note', { force: true, note: '' }],
    ['note', { force: true, note: ' \n ' }],
    ['note', { force: true, note: 'x'.repeat(501) }],
    ['note', { force: true, note: null }],
    ['note', { force: true, note: ['x'] }],
    ['note', { force: true, note: parseLosslessJson('7') }],
    ['force', { force: 'true', note }],
    ['force', { force: 'false' }],
    ['force', { force: parseLosslessJson('1'), note }],
    ['force', { force: {}, note }],
  ])('%s: %j', (field, more) => {
    const reading = takeForce(SENT, { ...own, ...more })
    expect(reading).toMatchObject({
      refusal: { code: -32602, data: { problems: [{ field }] } },
    })
    const { message } = (reading as { refusal: { message: string } }).refusal
    expect(message).toMatch(new RegExp(`^${field} refused: .+; allowed: .+\\.$`, 's'))
  })

  test('a note of 500 characters is accepted', () => {
    const longest = 'x'.repeat(500)
    expect(takeForce(SENT, { ...own, force: true, note: longest })).toMatchObject({
      force: { note: longest },
    })
  })
})

test.each(OTHERS)('$name is refused with force, and keeps its other params', (method) => {
  expect(takeForce(method, { ...own, force: true, note })).toMatchObject({
    refusal: {
      code: -32602,
      message: `force refused: true; allowed: only with ${SENT.name}, ${RECEIVED.name}.`,
    },
  })
  const params = { ...own, note }
  expect(takeForce(method, params)).toEqual({ params, force: null })
  expect(takeForce(method, { ...params, force: false })).toEqual({ params, force: null })
})

test.each([[null], [undefined], ['text'], [[{ force: true }]], [parseLosslessJson('1')]])(
  'params that are not an object stay as they are: %j',
  (params) => {
    expect(takeForce(SENT, params)).toEqual({ params, force: null })
  },
)

test.each<[unknown, boolean]>([
  [{ force: true }, true],
  [{ force: 'true' }, false],
  [{ force: false }, false],
  [{}, false],
  [null, false],
  [[true], false],
])('the params %j ask for the scope force: %s', (params, expected) => {
  expect(asksForce(params)).toBe(expected)
})

test('a key without the scope force is told so', () => {
  expect(missingForce({ keyName: 'clerk', rights: new Set() })).toEqual({
    code: -32600,
    message: 'force needs a key with the scope force; the key "clerk" has no such scope',
    data: { reason: 'missing_scope', scope: 'force' },
  })
})
