import { isoTime, type Json } from '../../model-database/tables.ts'
import { invalid, type OpenListRow, type PaymentTables, waits } from './tables.ts'

/** `read_open_lists`. */
export function readOpenLists({ openLists, now }: PaymentTables) {
  const lists = [...openLists]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { sep, status, nextPage, beganAt, wholeAt }]) => ({
      sep,
      status,
      nextPage,
      beganAt: isoTime(beganAt),
      wholeAt: isoTime(wholeAt),
    }))
  return { now: isoTime(now()), lists }
}

/** `record_open_list`. No transaction of a simulated world fails to be listed. */
export function recordOpenList(tables: PaymentTables, args: Json) {
  const { sep, status, fromPage, nextPage, isWhole } = args as Reading
  if (!isWhole && nextPage <= fromPage) throw invalid('record_open_list')
  const name = `${sep} ${status}`
  const row = tables.openLists.get(name) ?? newOpenList(sep, status)
  tables.openLists.set(name, row)
  const beganAt = Date.parse(String(args['beganAt']))
  const isOvertaken =
    fromPage > 0
      ? row.nextPage !== fromPage || row.beganAt !== beganAt
      : !isWhole && row.nextPage > 0
  if (isOvertaken) return { recorded: false, wholeAt: isoTime(row.wholeAt), vanished: [] }
  const listed = [...(fromPage > 0 ? row.listed : []), ...(args['listed'] as string[])]
  const between = { nextPage: 0, listed: [], beganAt: null, wholeAt: tables.now() }
  Object.assign(row, isWhole ? between : { nextPage, listed, beganAt })
  const vanished = isWhole ? vanishedFrom(tables, { sep, status, listed, beganAt }) : []
  return { recorded: true, wholeAt: isoTime(row.wholeAt), vanished }
}

interface Reading extends Json {
  sep: string
  status: string
  fromPage: number
  nextPage: number
  isWhole: boolean
}

function vanishedFrom(
  { base }: PaymentTables,
  {
    sep,
    status,
    listed,
    beganAt,
  }: { sep: string; status: string; listed: string[]; beganAt: number },
) {
  const ids = [...base.transactions().values()]
    .filter((row) => waits(row) && row.seenAt < beganAt)
    .map(({ document }) => document)
    .filter((one) => one['sep'] === sep && one['status'] === status)
    .map(({ id }) => String(id))
    .filter((id) => !listed.includes(id))
  return ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

const newOpenList = (sep: string, status: string): OpenListRow => ({
  sep,
  status,
  nextPage: 0,
  listed: [],
  beganAt: null,
  wholeAt: null,
})
