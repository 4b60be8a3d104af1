import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { describeOnReal, useDatabase } from '../helpers/database.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const { crons } = JSON.parse(read('vercel.json')) as { crons: { path: string; schedule: string }[] }
const TEMPLATE = read('supabase/templates/schedules.sql')

/** What the extensions and the Vault of a hosted project offer, with the signatures of pg_cron 1.6 and pg_net 0.20. */
const PROJECT = `
  create schema cron;
  create table cron.job (jobname text primary key, schedule text, command text);
  create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
    insert into cron.job values (job_name, schedule, command)
    on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command
    returning 1::bigint $$;
  create schema vault;
  create table vault.decrypted_secrets (name text, decrypted_secret text);
  create schema net;
  create table net.asked (id bigserial, url text, headers jsonb, timeout_milliseconds integer);
  create function net.http_get(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
  ) returns bigint strict language sql as $$
    insert into net.asked (url, headers, timeout_milliseconds) values ($1, $3, $4) returning id $$;`

describeOnReal('supabase/templates/schedules.sql', (kind) => {
  const { query } = useDatabase(kind, { own: true })
  const jobs = () => query('select jobname as name, schedule, command from cron.job order by 1')
  beforeAll(async () => {
    await query(PROJECT)
    // The PostgreSQL of the tests has neither extension.
    const statements = TEMPLATE.replace(/^create extension if not exists pg_(cron|net);$/gm, '')
    expect(statements).not.toContain('create extension')
    await query(statements)
    const first = await jobs()
    await query(statements)
    expect(await jobs()).toEqual(first)
  })

  test('a call without its secrets fails and names the one that is missing', async () => {
    const call = () => query(`select anchor_ops.call_on_schedule('/api/anchors/check')`)
    await expect(call()).rejects.toThrow('the Vault has no secret "anchor_ops_url"')
    await query(
      `insert into vault.decrypted_secrets values ('anchor_ops_url', 'https://ops.example/')`,
    )
    await expect(call()).rejects.toThrow('the Vault has no secret "anchor_ops_cron_secret"')
    await query(
      `insert into vault.decrypted_secrets values ('anchor_ops_cron_secret', 'correct-horse')`,
    )
  })

  test('each schedule of vercel.json is a job, and there is no other', async () => {
    const made: { path: string; schedule: string }[] = []
    for (const { schedule, command } of await jobs()) {
      await query('truncate net.asked')
      await query(String(command))
      const asked = await query('select url, headers, timeout_milliseconds as ms from net.asked')
      expect(asked).toEqual([
        {
          url: expect.stringMatching(/^https:\/\/ops\.example\/api\//),
          headers: {
            authorization: 'Bearer correct-horse',
            'user-agent': 'vercel-cron/1.0 (pg_cron)',
          },
          ms: 10_000,
        },
      ])
      const { pathname, search } = new URL(String(asked[0]?.['url']))
      made.push({ path: pathname + search, schedule: String(schedule) })
    }
    const sorted = (all: typeof crons) => all.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    expect(sorted(made)).toEqual(sorted(crons))
  })

  test('no secret stands in a job, and only the owner of the database may make the call', async () => {
    expect(JSON.stringify(await jobs())).not.toContain('correct-horse')
    const may = await query(`select rolname from pg_roles
      where rolname in ('anon', 'authenticated', 'service_role')
        and has_function_privilege(rolname, 'anchor_ops.call_on_schedule(text)', 'execute')`)
    expect(may).toEqual([])
  })
})
