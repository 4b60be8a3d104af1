import type { TestDatabase } from '../helpers/database.ts'

type Query = TestDatabase['query']

/** Moves every open attempt, running request and observer into the past. */
export async function ageOpen(query: Query, seconds: number): Promise<void> {
  await query(
    `update anchor_ops.attempt set sent_at = sent_at - make_interval(secs => $1),
      updated_at = updated_at - make_interval(secs => $1), settle_at = settle_at - make_interval(secs => $1),
      unreadable_since = unreadable_since - make_interval(secs => $1),
      claimed_until = claimed_until - make_interval(secs => $1)
      where state in ('READY', 'SENDING', 'UNKNOWN') or state = 'APPLIED' and settle_at is not null`,
    [seconds],
  )
  await query(
    `update anchor_ops.update_request set taken_at = taken_at - make_interval(secs => $1)
      where state = 'running'`,
    [seconds],
  )
  await query(
    `update anchor_ops.transaction set earlier_since = earlier_since - make_interval(secs => $1),
      went_back = went_back || jsonb_build_object('takenAt',
        anchor_ops.iso_time((went_back ->> 'takenAt')::timestamptz - make_interval(secs => $1)))`,
    [seconds],
  )
  await query(
    `update anchor_ops.observer set lease_until = lease_until - make_interval(secs => $1),
      swept_at = swept_at - make_interval(secs => $1)`,
    [seconds],
  )
  await query(
    `update anchor_ops.side_look set next_at = next_at - make_interval(secs => $1),
      looked_at = looked_at - make_interval(secs => $1)`,
    [seconds],
  )
}

const TABLES = `select string_agg(
    format('%L, (select coalesce(jsonb_agg(t order by t::text), ''[]'') from anchor_ops.%I as t)', tablename, tablename),
    ', ') as list from pg_tables where schemaname = 'anchor_ops'`

/** Every row of every table, in one statement. */
export async function readTables(query: Query): Promise<Record<string, Record<string, unknown>[]>> {
  const [names] = await query(TABLES)
  const [row] = await query(`select jsonb_build_object(${names?.['list']}) as tables`)
  return row?.['tables'] as Record<string, Record<string, unknown>[]>
}

/** The log lines of one event, in order. */
export function logLines(
  { log }: { log: readonly string[] },
  event: string,
): Record<string, unknown>[] {
  return log
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => line['event'] === event)
}

/** The ways in which a text may be written: as it is, percent-encoded, in base64 at any place of a longer text. */
export function writtenForms(text: string): string[] {
  const inBase64 = ['', 'x', 'xx'].map((before) =>
    // The ends also hold bits of the neighbours.
    Buffer.from(`${before}${text}`).toString('base64').slice(4, -4),
  )
  return [text, encodeURIComponent(text), ...inBase64]
}

/** Finds texts in named places, and returns each find with the characters around it. */
export function findTexts(texts: readonly string[], places: Record<string, string>): string[] {
  return Object.entries(places).flatMap(([place, content]) =>
    texts
      .filter((text) => content.includes(text))
      .map((text) => {
        const at = content.indexOf(text)
        return `${place}: …${content.slice(Math.max(0, at - 200), at + 100)}`
      }),
  )
}
