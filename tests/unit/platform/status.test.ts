import { expect, test } from 'vitest'
import {
  isErrorStatus,
  isFinalStatus,
  isTransactionStatus,
  TRANSACTION_STATUSES,
} from '../../../lib/platform/status.ts'

test('20 statuses, of which two are final and two are failures', () => {
  expect(new Set(TRANSACTION_STATUSES).size).toBe(20)
  expect(TRANSACTION_STATUSES.filter(isFinalStatus)).toEqual(['completed', 'refunded'])
  expect(TRANSACTION_STATUSES.filter(isErrorStatus)).toEqual(['expired', 'error'])
})

test.each(['Completed', '', 'toString', 'pending', null, 1])('%j is no status', (value) => {
  expect(isTransactionStatus(value)).toBe(false)
})
