import type pg from 'pg'
import type { Database } from '../../lib/db/client.ts'

/** What a call of the database read and how, with everything that ran within its functions. */
export interface QueryCost {
  /** The most rows of one table, or entries of one index, that it read. */
  most: number
  /** Tables of anchor_ops that it read from the beginning. */
  scanned: string[]
  /** The most rows that it sorted at a time. */
  sorted: number
}

/**
 * How the planner may plan, with the statement that makes it so, in the order in which tests must take them. Without statistics
 * it takes every value for rare. After five calls on a connection it may take a plan that fits every value, and the chance
 * of the statistics decides whether it does.
 */
export const PLANNINGS = [
  ['without statistics', ''],
  ['with statistics', 'analyze'],
  ['with plans for every value', 'set plan_cache_mode = force_generic_plan'],
] as const

/** Runs a statement in a transaction that is rolled back, and counts what it reads. */
export async function countReads(
  client: pg.Client,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<{ rows: Record<string, unknown>[]; most: number }> {
  await client.query('begin')
  try {
    const before = await readSoFar(client)
    const { rows } = await client.query(sql, [...parameters])
    const after = await readSoFar(client)
    const most = Math.max(...[...after].map(([name, read]) => read - (before.get(name) ?? 0)))
    return { rows, most }
  } finally {
    await client.query('rollback')
  }
}

/** How many rows of each table, and entries of each index, this connection has read. */
async function readSoFar(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query(
    `select relname as name,
      pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid) * (relkind = 'r')::int as read
    from pg_class where relnamespace = 'anchor_ops'::regnamespace and relkind in ('r', 'i')`,
  )
  return new Map(rows.map(({ name, read }) => [name, Number(read)]))
}

/**
 * Calls database functions over one connection, each in a transaction that is rolled back, and says what the costliest
 * of them cost. The plans are those that were carried out, also of the statements within functions.
 */
export async function costOf(
  client: pg.Client,
  use: (db: Database) => Promise<unknown>,
): Promise<QueryCost> {
  const nodes: PlanNode[] = []
  const collect = ({ message = '' }: { message?: string | undefined }) => {
    const plan = /^duration: [^{]*(\{.*\})\s*$/s.exec(message)?.[1]
    if (plan !== undefined) nodes.push(...nodesOf((JSON.parse(plan) as { Plan: PlanNode }).Plan))
  }
  let most = 0
  const db: Database = {
    call: async <T>(name: string, args: Record<string, unknown>) => {
      const { sql, parameters } = await statementOf(client, name, args)
      const read = await countReads(client, sql, parameters)
      most = Math.max(most, read.most)
      return read.rows[0]?.['answer'] as T
    },
  }
  await showPlans(client)
  client.on('notice', collect)
  try {
    await use(db)
  } finally {
    client.off('notice', collect)
  }
  const scanned = nodes.filter(isScan).flatMap((node) => node['Relation Name'] ?? [])
  const sorted = Math.max(0, ...nodes.filter(isSort).map(sortedRows))
  return { most, sorted, scanned: [...new Set(scanned)].filter((name) => name !== 'pg_class') }
}

/** The call of a function as PostgREST makes it: each argument by its name and of its type. */
async function statementOf(client: pg.Client, name: string, args: Record<string, unknown>) {
  const { rows } = await client.query<{ name: string; type: string }>(
    `select unnest(proargnames) as name, format_type(unnest(proargtypes), null) as type
    from pg_proc where pronamespace = 'public'::regnamespace and proname = $1`,
    [name],
  )
  const types = new Map(rows.map((row) => [row.name, row.type]))
  const given = Object.entries(args).map(([key, value]) => {
    const parameter = `p_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
    const isJson = types.get(parameter) === 'jsonb' && value !== null
    return { parameter, value: isJson ? JSON.stringify(value) : value }
  })
  const named = given.map(({ parameter }, place) => `${parameter} => $${place + 1}`)
  return {
    sql: `select public.${name}(${named.join(', ')}) as answer`,
    parameters: given.map(({ value }) => value),
  }
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows'?: number
  Plans?: PlanNode[]
}

const PLAN_SETTINGS = {
  log_min_duration: '0',
  log_nested_statements: 'on',
  log_analyze: 'on',
  log_timing: 'off',
  log_format: 'json',
  log_level: 'notice',
}

/** Lets PostgreSQL send the plan of every statement, as it was carried out. */
async function showPlans(client: pg.Client): Promise<void> {
  const settings = Object.entries(PLAN_SETTINGS).map(
    ([name, value]) => `set auto_explain.${name} = ${value}`,
  )
  await client.query(["load 'auto_explain'", ...settings].join('; '))
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]
const isScan = (node: PlanNode) => node['Node Type'] === 'Seq Scan'
const isSort = (node: PlanNode) => /Sort$/.test(node['Node Type'])
/** A sort below a limit gives fewer rows than it takes. */
const sortedRows = ({ Plans = [] }: PlanNode) =>
  Math.max(0, ...Plans.map((child) => child['Actual Rows'] ?? 0))
