import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readBootstrap } from '../../local/embedded-database.ts'
import { installSupabase, runSupabase, SUPABASE_VERSION } from '../../scripts/supabase.ts'

/** What the advisors may report, by the name of the finding or of its foreign key, with the reason why it stays. */
const ACCEPTED_INFOS: Readonly<Record<string, string>> = {
  unused_index: 'A database that was made a second ago has not run a query yet.',
  payment_attempt_id_fkey:
    'Attempts are never deleted, and no function looks for the payment of an attempt.',
  observer_epoch_fkey: 'Epochs are never deleted, and there are few observers.',
  observer_jump_epoch_fkey: 'Epochs are never deleted, and no function looks for the jumps of one.',
  payment_assigned_by_fkey:
    'Decisions are never deleted, and no function looks for the payment of a decision.',
  payment_closed_by_fkey:
    'Decisions are never deleted, and no function looks for the payment of a decision.',
  reconciliation_epoch_account_closing_ledger_fkey:
    'Snapshots are never deleted, and a comparison is found by its own key.',
  reconciliation_epoch_account_opening_ledger_fkey:
    'Snapshots are never deleted, and a comparison is found by its own key.',
  transaction_status_attempt_id_fkey:
    'Attempts are never deleted, and no function looks for the statuses that an attempt showed.',
}

let command: string
let url: string
let database: pg.Client

beforeAll(async () => {
  const postgres = inject('realPostgres')
  if (postgres === null) throw new Error('These tests need the real PostgreSQL of the test run.')
  const { port, user, password } = postgres
  const name = `push_${randomUUID().replaceAll('-', '')}`
  const connection = { host: '127.0.0.1', port, user, password }
  const server = new pg.Client({ ...connection, database: 'postgres' })
  await server.connect()
  await server.query(`create database ${name}`)
  await server.end()
  database = new pg.Client({ ...connection, database: name })
  await database.connect()
  // The roles belong to the server, which has them since the start of the test run.
  await database.query((await readBootstrap()).replaceAll(/^create role .*$/gm, ''))
  url = `postgresql://${user}:${password}@127.0.0.1:${port}/${name}?sslmode=disable`
  command = await installSupabase()
}, 300_000)

afterAll(() => database.end())

const push = () => runSupabase(command, ['db', 'push', '--remote', url, '--yes'])

test('the README deploys with the command and the version that is tested here', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`npx supabase@${SUPABASE_VERSION} db push --remote`)
})

test('db push applies every migration, and a second push finds nothing to do', async () => {
  const first = push()
  expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('Finished') })
  const functions = await database.query(
    "select count(*)::int as n from pg_proc where pronamespace = 'public'::regnamespace",
  )
  expect(functions.rows[0].n).toBeGreaterThan(0)
  expect(push()).toMatchObject({ status: 0, stdout: expect.stringContaining('is up to date') })
})

test('the advisors of Supabase find nothing but infos that have a reason', () => {
  const flags = ['--level', 'info', '--fail-on', 'info']
  const { stdout } = runSupabase(command, ['db', 'advisors', '--remote', url, ...flags])
  const findings: { name: string; level: string; detail: string }[] = JSON.parse(stdout)
  const unexplained = findings.filter(
    ({ name, level, detail }) =>
      level !== 'INFO' ||
      !Object.keys(ACCEPTED_INFOS).some((key) => key === name || detail.includes(`\`${key}\``)),
  )
  expect(unexplained.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([])
})
