import { addedRoundTrips, headStartRatio, perSecond } from '../goals.ts'
import { formatTable } from '../table.ts'
import type {
  EmbeddedFigures,
  EventsFigures,
  HeadStartFigures,
  HeadStartTimes,
  HintFigures,
  Load,
  LostAnswerFigures,
  StoredFigures,
  StoredRuns,
  UpdateFigures,
} from './figures.ts'

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

export function hintTable({ answeredMs, storedMs, slowestMs, stormMs }: HintFigures): string {
  return formatTable(
    ['events of transactions that another writer saved', 'ms'],
    [
      ['from the delivery to its answer, median', answeredMs.toFixed(0)],
      ['from the delivery to the stored reading, median', storedMs.toFixed(0)],
      ['the slowest of 100', slowestMs.toFixed(0)],
      ['100 delivered at once: until the last is stored', stormMs.toFixed(0)],
    ],
  )
}

/** The figures before a platform that publishes events. */
export function eventsTable({ batchMs, directTenMs, offered }: EventsFigures): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(2)
  return formatTable(
    ['each accepted call of the platform takes 1.05 s', 's'],
    [
      ['40 updates of 40 transactions in one request', seconds(batchMs)],
      ['10 updates in one request to the platform itself', seconds(directTenMs)],
      ['40 of them, by extrapolation', seconds(directTenMs * 4)],
      [
        `200 a second offered: ${offered.perSecond.toFixed(0)} a second, median`,
        seconds(offered.medianMs),
      ],
      [`p99, ${offered.errors} errors`, seconds(offered.p99Ms)],
    ],
  )
}

/** The figures of the settler and the payment observer. */
export function storedTable({ settler, looks, observer }: StoredRuns): string {
  const row = (name: string, count: number, figures: StoredFigures) => [
    name,
    String(count),
    (figures.durationMs / 1_000).toFixed(1),
    perSecond(figures, count).toFixed(0),
    (figures.databaseCalls / count).toFixed(2),
    (figures.cpuMs / count).toFixed(1),
    figures.peakAboveIdleMb.toFixed(0),
  ]
  return formatTable(
    [
      '1.05 s a call',
      'updates',
      's',
      'a second',
      'database calls each',
      'CPU ms each',
      'MB above idle',
    ],
    [
      row('settler sends', settler.applied, settler),
      row('settler looks once more', looks.count, looks),
      row('payment observer sends', observer.applied, observer),
    ],
  )
}

/** The figures of the embedded database and of lost answers. */
export function otherTable(embedded: EmbeddedFigures, lost: LostAnswerFigures): string {
  return formatTable(
    ['medians', 'ms'],
    [
      ['update on the embedded database', embedded.updateMs.toFixed(1)],
      ['bare POST beside it', embedded.barePostMs.toFixed(1)],
      ...Object.entries(lost.byLossMs).map(([kind, ms]) => [
        `applied, then ${kind}: until the next update is applied`,
        ms.toFixed(0),
      ]),
    ],
  )
}
