import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readState, reportState } from '../../../../local/platform/emulator-state.ts'
import { METHODS, type MethodName } from '../../../../local/platform/methods/table.ts'
import { answerBatch } from '../../../../local/platform/rpc-endpoint.ts'
import { STATUSES } from '../../../../local/platform/stored-transaction.ts'
import {
  clock,
  goodParams,
  item,
  PAID_AT,
  SEP_KINDS,
  stateWith,
  transactionOf,
  USD,
  USDC,
} from './fixtures.ts'

const OPTIONS = { now: clock, failToPublish: () => undefined }

const amount = fc.oneof(
  fc.constantFrom('0', '1', '100', '95.5', '-1', '1e2', '.5', '', ' ', '1.123456789', 'x'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue(),
)
const amountAsset = fc.record(
  { amount, asset: fc.constantFrom(USD, USDC, 'iso4217:EUR', '', null) },
  { requiredKeys: [] },
)
const overlay = fc.dictionary(
  fc.constantFrom(...new Set(Object.values(METHODS).flatMap(({ params }) => Object.keys(params)))),
  fc.oneof(amountAsset, amount, fc.record({ amount: amountAsset, amount_fee: amountAsset })),
  { maxKeys: 3 },
)

test('every call is answered with a known code, and a refused one changes nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(METHODS) as MethodName[])),
      fc.constantFrom(...SEP_KINDS),
      fc.constantFrom(...STATUSES),
      fc.boolean(),
      overlay,
      (method, sepKind, status, received, params) => {
        const columns = received ? { transfer_received_at: PAID_AT } : {}
        const state = readState(stateWith([transactionOf(sepKind, status, columns)]))
        const before = reportState(state)
        const call = item(method, { ...goodParams(method, sepKind.kind), ...params })
        const { items, applied } = answerBatch(JSON.stringify([call]), state, OPTIONS)
        const answer = items?.[0]
        if (answer?.result === undefined) {
          if (answer !== undefined) expect([-32600, -32602, -32603]).toContain(answer.error?.code)
          expect(applied).toBe(0)
          expect(reportState(state)).toEqual(before)
        } else {
          expect(applied).toBe(1)
          expect(reportState(state).events_published).toBe(1)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('every body is answered', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.array(fc.jsonValue()).map((values) => JSON.stringify(values)),
      ),
      (body) => {
        const { status } = answerBatch(body, readState({}), OPTIONS)
        expect([200, 400, 500]).toContain(status)
      },
    ),
  )
})
