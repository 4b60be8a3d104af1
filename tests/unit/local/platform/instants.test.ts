import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatInstant,
  nanosecondClock,
  parseInstant,
  roundToMicroseconds,
} from '../../../../local/platform/instants.ts'
import { startPlatformEmulator } from '../../../../local/platform/server.ts'
import { item, post, stateWith, transactionOf } from './fixtures.ts'

test.each([
  ['2023-07-04T12:34:56Z', '2023-07-04T12:34:56Z'],
  ['2023-07-04T14:34:56+02:00', '2023-07-04T12:34:56Z'],
  ['2023-07-04T12:34:56.10z', '2023-07-04T12:34:56.100Z'],
  ['2023-07-04T12:34:56.1234Z', '2023-07-04T12:34:56.123400Z'],
  ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
])('the instant %s is shown as %s', (text, shown) => {
  expect(formatInstant(parseInstant(text))).toBe(shown)
})

test.each([
  ['tomorrow', 'could not be parsed at index 0'],
  ['2023-07-04', 'could not be parsed at index 10'],
  ['2023-07-04T12:34Z', 'could not be parsed at index 16'],
  ['2023-07-04T12:34:56', 'could not be parsed at index 19'],
  ['2023-02-30T12:34:56Z', 'could not be parsed at index 0'],
  ['2023-07-04T12:34:56Zz', 'could not be parsed, unparsed text found at index 20'],
])('refuses the instant %s', (text, reason) => {
  expect(() => parseInstant(text)).toThrow(`Text '${text}' ${reason}`)
})

test.each([
  ['2031-01-01T00:00:00.123456789Z', '2031-01-01T00:00:00.123457Z'],
  ['2031-01-01T00:00:00.0000005Z', '2031-01-01T00:00:00.000001Z'],
  ['2031-01-01T00:00:00.000000499Z', '2031-01-01T00:00:00Z'],
  ['2031-12-31T23:59:59.9999995Z', '2032-01-01T00:00:00Z'],
  ['2031-01-01T00:00:00.12Z', '2031-01-01T00:00:00.12Z'],
])('the database keeps %s as %s', (text, kept) => {
  expect(roundToMicroseconds(text)).toBe(kept)
})

test('the answer to an update has nanoseconds, and a reading shows them rounded', async () => {
  await using resources = new AsyncDisposableStack()
  const emulator = resources.adopt(await startPlatformEmulator(), (it) => it.close())
  const deposit = transactionOf({ sep: '6', kind: 'deposit' }, 'pending_user_transfer_start')
  emulator.setState(stateWith([deposit]))
  const params = {
    transaction_id: 'tx-1',
    external_transaction_id: 'x',
    funds_sent_at: '2031-01-01T00:00:00.123456789Z',
  }
  const { answers } = await post(emulator.url, [item('notify_offchain_funds_sent', params)])
  const answer = answers[0]?.result
  expect(answer).toMatchObject({
    transfer_received_at: params.funds_sent_at,
    updated_at: expect.stringMatching(/\.\d{9}Z$/),
  })
  const reading = await fetch(`${emulator.url}/transactions/tx-1`)
  expect(await reading.json()).toEqual({
    ...answer,
    transfer_received_at: '2031-01-01T00:00:00.123457Z',
    updated_at: roundToMicroseconds(String(answer?.['updated_at'])),
  })
})

test('every reading of the clock is at least a microsecond later, even if its source stands still', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 50 }), (steps) => {
      let at = 1_800_000_000_000
      const clock = nanosecondClock(() => at)
      let before = clock()
      for (const step of steps) {
        at += step
        const now = clock()
        expect(now - before).toBeGreaterThan(1_000n)
        expect(now - BigInt(at) * 1_000_000n).toBeLessThan(4_000_000n)
        before = now
      }
    }),
  )
})
