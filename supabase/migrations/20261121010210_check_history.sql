-- Single checks are kept for 90 days, and what they say of a day for good.

create function anchor_ops.utc_day(p_at timestamptz) returns date
language sql immutable security invoker set search_path = ''
as $$
  select (p_at at time zone 'UTC')::date
$$;
comment on function anchor_ops.utc_day is 'The day in UTC that holds p_at.';

create function anchor_ops.utc_month(p_at timestamptz) returns timestamp
language sql immutable security invoker set search_path = ''
as $$
  select date_trunc('month', p_at at time zone 'UTC')
$$;
comment on function anchor_ops.utc_month is 'The beginning of the month in UTC that holds p_at.';

create function anchor_ops.prune_checks(p_network text, p_domains text[]) returns void
language sql volatile security invoker set search_path = ''
as $$
  delete from anchor_ops.home_domain_check as old
  using unnest(p_domains) as recorded (domain),
    lateral (
      select max(kept.checked_at) - interval '90 days' as oldest from anchor_ops.home_domain_check as kept
      where kept.network = p_network and kept.domain = recorded.domain
    ) as limits
  where old.network = p_network and old.domain = recorded.domain and old.checked_at < limits.oldest;
$$;
comment on function anchor_ops.prune_checks is 'Deletes what is older than 90 days before the last check of each of these home domains.';

create function anchor_ops.day_of(p_network text, p_domain text, p_day date)
returns table (checks integer, ok integer, median_ms integer, p95_ms integer, steps text)
language sql stable security invoker set search_path = ''
as $$
  select count(*)::integer, (count(*) filter (where made.outcome = 'ok'))::integer,
    percentile_disc(0.5) within group (order by made.duration_ms),
    percentile_disc(0.95) within group (order by made.duration_ms),
    coalesce((
      select string_agg(sep.key || ':' || sep.value, ' ' order by sep.key)
      from anchor_ops.home_domain, jsonb_each_text(home_domain.shown -> 'sep') as sep
      where home_domain.network = p_network and home_domain.domain = p_domain and sep.value <> 'absent'
    ), '')
  from anchor_ops.home_domain_check as made
  where made.network = p_network and made.domain = p_domain
    and made.checked_at >= p_day::timestamp at time zone 'UTC'
    and made.checked_at < (p_day + 1)::timestamp at time zone 'UTC'
  having count(*) > 0
$$;
comment on function anchor_ops.day_of is
  'What the checks of a day say of a home domain, with the steps that are known of it now; no row for a day without checks.';

create function anchor_ops.steps_of(p_network text, p_domain text, p_day date) returns text
language sql stable security invoker set search_path = ''
as $$
  select earlier.steps from anchor_ops.home_domain_day as earlier
  where earlier.network = p_network and earlier.domain = p_domain and earlier.steps is not null
    and earlier.day between date_trunc('month', p_day)::date and p_day
  order by earlier.day desc
  limit 1
$$;
comment on function anchor_ops.steps_of is 'The steps of a day, which may stand at an earlier one of its month.';

create function anchor_ops.roll_up(p_network text, p_domains text[], p_days date[]) returns void
language sql volatile security invoker set search_path = ''
as $$
  insert into anchor_ops.home_domain_day (network, domain, day, checks, ok, median_ms, p95_ms, steps)
  select p_network, passed.domain, passed.day, counted.checks, counted.ok, counted.median_ms, counted.p95_ms,
    case when anchor_ops.steps_of(p_network, passed.domain, passed.day - 1) is distinct from counted.steps
      or extract(day from passed.day) = 1 then counted.steps end
  from (select distinct unnest(p_domains) as domain, unnest(p_days) as day) as passed,
    lateral anchor_ops.day_of(p_network, passed.domain, passed.day) as counted
  order by passed.domain, passed.day
  on conflict (network, domain, day) do update set
    checks = excluded.checks, ok = excluded.ok, median_ms = excluded.median_ms, p95_ms = excluded.p95_ms,
    steps = excluded.steps;
$$;
comment on function anchor_ops.roll_up is 'Stores what the checks of these home domains say, each of its day.';

create function anchor_ops.findings_of(p_network text, p_domain text, p_checked_at timestamptz) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select earlier.findings from anchor_ops.home_domain_check as earlier
  where earlier.network = p_network and earlier.domain = p_domain and earlier.checked_at <= p_checked_at
    and earlier.findings is not null
  order by earlier.checked_at desc
  limit 1
$$;
comment on function anchor_ops.findings_of is 'The findings of a check, which may stand at an earlier one of its month.';

grant execute on function anchor_ops.utc_day, anchor_ops.utc_month, anchor_ops.prune_checks, anchor_ops.day_of, anchor_ops.steps_of, anchor_ops.roll_up, anchor_ops.findings_of to service_role;

notify pgrst, 'reload schema';
