import { expect, test } from 'vitest'
import { describeOnReal, useDatabase } from '../helpers/database.ts'

const DOMAINS = 300
const CHECKS_A_DAY = 4
const DAYS = 365
const MOST_MB = 50
const YEAR_BEGINS = '2025-01-01'

describeOnReal('a year of a catalog of 300 home domains', (kind) => {
  const database = useDatabase(kind)

  const addDomains = () =>
    database.query(`
      with added as (
        insert into anchor_ops.home_domain (network, domain, capability, last_checked_at, evidence_at, outcome, findings)
        select 'mainnet', 'anchor-' || place || '.example', jsonb_build_object('sep', jsonb_build_object(
          'sep10', '{"step": "verified"}'::jsonb, 'sep24', '{"step": "verified"}'::jsonb, 'sep6', '{"step": "conformant"}'::jsonb,
          'sep38', '{"step": "reachable"}'::jsonb
        )), now(), now(), 'ok', '[]'
        from generate_series(1, ${DOMAINS}) as place
        returning network, domain
      )
      insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source)
      select domain || ':on-ramp:MX:MXN', network, domain, 'MX', 'MXN', 'on-ramp', domain, true, 'https://directory.example/'
      from added`)
  /** The checks of a day as record_checks stores them, its roll-up, and the runs with their answers. */
  const passDay = (day: number) =>
    database.query(`do $$
      declare
        v_day date := date '${YEAR_BEGINS}' + ${day};
        v_domains text[] := array(select domain from anchor_ops.home_domain order by domain);
      begin
        for v_place in 0..${CHECKS_A_DAY - 1} loop
          insert into anchor_ops.home_domain_check (network, domain, checked_at, run_id, outcome, error, duration_ms, findings)
          select 'mainnet', name, v_day::timestamp at time zone 'UTC' + make_interval(hours => 6 * v_place), gen_random_uuid(),
            case when hashtextextended(name, ${day} * 10 + v_place) & 31 = 0 then 'unsure' else 'ok' end,
            case when hashtextextended(name, ${day} * 10 + v_place) & 31 = 0 then 'stellar.toml unavailable (503)' end,
            250 + (hashtextextended(name, ${day} * 10 + v_place) & 255)::integer,
            case when v_place = 0 and extract(day from v_day) = 1 then jsonb_build_array(
              jsonb_build_object('code', 'info_funding_methods_missing', 'sep', 6, 'field', 'deposit.USDC.funding_methods'),
              jsonb_build_object('code', 'currency_without_issuer', 'sep', 1, 'field', 'CURRENCIES[2]', 'actual', 'BTC')
            ) end
          from unnest(v_domains) as name;
        end loop;
        perform anchor_ops.roll_up('mainnet', v_domains, array_fill(v_day, array[cardinality(v_domains)]));
        perform anchor_ops.prune_checks('mainnet', v_domains);

        insert into anchor_ops.run (kind, trigger, started_at, finished_at, answer)
        select 'check', 'scheduled', at, at, '{"status": "ok", "action": "check", "processed": 0, "ok": 0, "errors": 0, "remaining": 0}'
        from generate_series(0, 143) as place, lateral (
          select now() - make_interval(days => ${DAYS} - ${day}) + make_interval(mins => 10 * place) as at
        ) as time;
        insert into anchor_ops.run (kind, trigger, started_at, finished_at, answer)
        select 'sync', 'scheduled', at, at, jsonb_build_object('results', (
          select jsonb_agg(jsonb_build_object('id', id, 'domain', domain, 'status', 'ok')) from anchor_ops.listing))
        from generate_series(0, 3) as place, lateral (
          select now() - make_interval(days => ${DAYS} - ${day}) + make_interval(hours => 6 * place) as at
        ) as time;
        perform anchor_ops.prune_runs();
      end $$`)
  const sizes = async () =>
    Object.fromEntries(
      (
        await database.query(
          `select relname, pg_total_relation_size(oid)::float8 / 1e6 as mb from pg_class
           where relnamespace = 'anchor_ops'::regnamespace and relkind = 'r'`,
        )
      ).map(({ relname, mb }) => [relname, Number(mb)]),
    ) as Record<string, number>

  test('takes less than 50 MB, keeps 90 days of checks, 30 of answers and every day', async () => {
    await addDomains()
    const before = await sizes()
    for (let day = 0; day < DAYS; day += 1) {
      await passDay(day)
      // As autovacuum does in production. The tests run without it.
      if (day % 10 === 9)
        await database.query(
          'vacuum anchor_ops.home_domain_check, anchor_ops.home_domain_day, anchor_ops.run',
        )
    }
    const after = await sizes()
    const grown = Object.entries(after).reduce(
      (sum, [name, mb]) => sum + mb - (before[name] ?? 0),
      0,
    )
    expect(grown).toBeLessThan(MOST_MB)

    const [kept] = await database.query(`
      select
        (select count(*)::int from anchor_ops.home_domain_check) as checks,
        (select count(*)::int from anchor_ops.home_domain_day) as days,
        (select sum(checks)::int from anchor_ops.home_domain_day) as counted,
        (select max(extract(epoch from now() - started_at) / 86400)::int from anchor_ops.run) as oldest_run`)
    expect(kept).toEqual({
      // The day in which the 90 days begin is not whole.
      checks: DOMAINS * (90 * CHECKS_A_DAY + 1),
      days: DOMAINS * DAYS,
      counted: DOMAINS * DAYS * CHECKS_A_DAY,
      oldest_run: 30,
    })
  }, 120_000)
})
