import { expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { resolveMethod } from '../../../lib/platform/methods.ts'
import { RELEASES } from '../../../lib/platform/releases/families.ts'
import { takeFee } from '../../../lib/updates/fee-form.ts'
import { warningsOf, withWarnings } from '../../../lib/updates/warnings.ts'

const METHOD = 'notify_amounts_updated'
const NEWER = { release: '4.2', custody: false } as const
const OLDER = { release: '2.8', custody: false } as const
const newer = (params: unknown) => takeFee(resolveMethod(METHOD, NEWER), params)
const given = (fee: string) => parseLosslessJson(`{"transaction_id":"t","amount_fee":${fee}}`)

test('a fee is written in the form of the release, with every digit', () => {
  const written = newer(given('{"amount":1.10000000000000000001,"asset":"iso4217:USD"}'))
  expect(JSON.stringify(written)).toBe(
    '{"params":{"transaction_id":"t","fee_details":{"total":1.10000000000000000001,"asset":"iso4217:USD"}},"isRewritten":true}',
  )
})

test.each(['{"amount":"5"}', '{"amount":"5","asset":""}', '{"asset":"iso4217:USD"}', '"5"', '[]'])(
  'the fee %s cannot be written otherwise and is refused',
  (fee) => {
    expect(newer(given(fee))).toMatchObject({
      refusal: {
        code: -32602,
        message: expect.stringMatching(/^amount_fee refused: .*; allowed: amount_fee with amount/),
        data: { problems: [{ field: 'amount_fee' }] },
      },
    })
  },
)

test.each([
  { transaction_id: 't' },
  { amount_fee: null },
  { amount_fee: { amount: '5', asset: 'a' }, fee_details: { total: '4', asset: 'a' } },
  null,
  [],
])('the params %j stay as they are', (params) => {
  expect(newer(params)).toEqual({ params, isRewritten: false })
})

test('a release that has amount_fee takes fee_details too, so that nothing is written otherwise', () => {
  const params = { amount_fee: { amount: '5' } }
  for (const release of RELEASES) {
    const method = resolveMethod(METHOD, { release, custody: false })
    if (!('amount_fee' in method.params)) continue
    expect(method.params).toHaveProperty('fee_details')
    expect(takeFee(method, params)).toEqual({ params, isRewritten: false })
  }
})

test('the answer names a fee that is sent in another form, beside unknown params', () => {
  const params = { amount_fee: { amount: '5', asset: 'iso4217:USD' }, mesage: 'm' }
  const update = { method: METHOD, params }
  const messages = warningsOf(update, NEWER).map(({ message }) => message)
  expect(messages[0]).toBe('amount_fee is sent as fee_details, the only form of this release')
  expect(messages[1]).toContain('mesage is not a param')
  expect(warningsOf({ method: METHOD, params: { amount_fee: params.amount_fee } }, OLDER)).toEqual(
    [],
  )
})

test('an attempt that was sent before an upgrade is not said to be sent in the new form', () => {
  const params = { amount_fee: { amount: '5', asset: 'iso4217:USD' }, mesage: 'm' }
  const names = (state: 'READY' | 'APPLIED') =>
    Reflect.get(withWarnings({ method: METHOD, params, state }, NEWER), 'warnings').map(
      ({ param }: { param: string }) => param,
    )
  expect(names('READY')).toEqual(['amount_fee', 'mesage'])
  expect(names('APPLIED')).toEqual(['mesage'])
})
