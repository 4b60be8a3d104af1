import { addedRoundTrips, headStartRatio } from '../goals.ts'
import { formatTable } from '../table.ts'
import type { HeadStartFigures, HeadStartTimes, Load, UpdateFigures } from './figures.ts'

/** The figures of transaction updates. */
export function updateTables({ latency, batch, greatest, offered }: UpdateFigures): string {
  const { updateMs, keyedMs, bareMs, barePostMs, roundTripMs, inDatabaseMs } = latency
  const ms = (value: number) => value.toFixed(1)
  const added = (value: number) => addedRoundTrips(value, latency).toFixed(2)
  const latencyTable = formatTable(
    ['one at a time, medians', 'ms', 'above the bare calls, round trips', 'database calls'],
    [
      ['update', ms(updateMs), added(updateMs), String(latency.databaseCalls)],
      ['  of it in database calls', ms(inDatabaseMs), '', ''],
      ['with Idempotency-Key', ms(keyedMs), added(keyedMs), String(latency.keyedDatabaseCalls)],
      ['bare GET and POST', ms(bareMs), '', ''],
      ['bare POST', ms(barePostMs), '', ''],
      ['database round trip', ms(roundTripMs), '', ''],
      ['batch of 40', ms(batch.batchMs), '', ''],
      ['update, in turn with batches', ms(batch.updateMs), '', ''],
    ],
  )
  const load = (name: string, figures: Load) => [
    name,
    figures.perSecond.toFixed(0),
    ms(figures.medianMs),
    ms(figures.p99Ms),
    String(figures.errors),
    figures.databaseCallsEach.toFixed(1),
    ms(figures.cpuMsEach),
  ]
  const loadTable = formatTable(
    [
      '50 transactions',
      'updates a second',
      'median ms',
      'p99 ms',
      'errors',
      'database calls each',
      'CPU ms each',
    ],
    [load('205 a second offered', offered), load('highest rate', greatest)],
  )
  return `${latencyTable}\n\n${loadTable}`
}

/** The figures of the head start. */
export function headStartTable(figures: HeadStartFigures): string {
  const row = (name: string, update: keyof HeadStartTimes) => [
    name,
    figures.without[update].toFixed(1),
    figures.with[update].toFixed(1),
    headStartRatio(figures, update).toFixed(2),
  ]
  return formatTable(
    ['medians', 'ms without head start', 'ms with it', '× without'],
    [
      row('first update of a transaction', 'firstMs'),
      row('update after one of our own', 'followingMs'),
      row('update after a change by others', 'changedMs'),
    ],
  )
}
