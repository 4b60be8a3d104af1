-- What the checks found is stored here, and nowhere else. A check is a fact; the health of its home domain is judged once
-- per window, and failures of many healthy home domains in one window count against nobody.

create function anchor_ops.window_lock(p_network text) returns bigint
language sql immutable security invoker set search_path = ''
as $$
  select hashtextextended('check_window:' || p_network, 0)
$$;
comment on function anchor_ops.window_lock is
  'The advisory lock that record_checks shares and brake_window takes alone, so that no failure is stored beside the brake.';

create function anchor_ops.health_after(p_judged jsonb, p_before jsonb, p_window_outcome text, p_spared boolean)
returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select case when p_spared then p_before || jsonb_build_object('lastOutcome', p_window_outcome) else p_judged end
$$;
comment on function anchor_ops.health_after is
  'The health after a window: as it was judged, or, when failures of the window count against nobody, as it was before.';

create function anchor_ops.fails_more(p_capability jsonb, p_before jsonb) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select exists (
    select from jsonb_each(p_capability -> 'sep') as shown (name, sep), unnest(array['signedIn', 'pricesAsked']) as part
    where coalesce((shown.sep #>> array[part, 'failures'])::integer, 0)
      > coalesce((p_before #>> array['sep', shown.name, part, 'failures'])::integer, 0)
  )
$$;
comment on function anchor_ops.fails_more is
  'Whether one of the failures that a capability counts (sign-ins, prices) is counted higher than before. They happen also in a check whose stellar.toml is as ever.';

create function anchor_ops.with_sign_in(p_before jsonb, p_capability jsonb) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select case when p_capability ? 'signedInAt'
    then p_before || jsonb_build_object('signedInAt', p_capability -> 'signedInAt') else p_before end
$$;
comment on function anchor_ops.with_sign_in is
  'The capability before a check that counts against nobody. The sign-in took place all the same, so that the next check does not sign in again.';

create function public.record_checks(
  p_network text,
  p_run_id uuid,
  p_token uuid,
  p_window_hours integer,
  p_checks jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_domains text[];
  v_windows timestamptz[];
  v_changes jsonb;
begin
  perform pg_advisory_xact_lock_shared(anchor_ops.window_lock(p_network));
  insert into anchor_ops.check_window (network, started_at, healthy_before, failed_now)
  select distinct p_network, row."windowStartedAt", 0, 0
  from jsonb_to_recordset(p_checks) as row ("windowStartedAt" timestamptz)
  order by row."windowStartedAt"
  on conflict (network, started_at) do nothing;

  -- The first check of a day ends the day of the check before.
  perform anchor_ops.roll_up(p_network, array_agg(passed.domain), array_agg(passed.day))
  from (
    select home_domain.domain, anchor_ops.utc_day(home_domain.last_checked_at) as day
    from jsonb_to_recordset(p_checks) as row (domain text collate "C", "checkedAt" timestamptz)
      join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = row.domain
    where anchor_ops.utc_day(home_domain.last_checked_at) <> anchor_ops.utc_day(least(row."checkedAt", clock_timestamp()))
  ) as passed;

  with incoming as (
    -- The clock of the caller may be ahead. A check dated in the future would delay the next check until then.
    select distinct on (row.domain)
      row.domain, least(row."checkedAt", clock_timestamp()) as checked_at,
      -- A check is recorded within minutes. Where more lies between, the clock of the caller is wrong: it tells the age of the
      -- evidence, and from now on the clock of the database counts.
      case
        when clock_timestamp() - row."checkedAt" between interval '0' and interval '15 minutes' then interval '0'
        else clock_timestamp() - row."checkedAt"
      end as clock_fault,
      row."durationMs" as duration_ms, row.listings,
      row.outcome, left(row.error, 1000) as error, row.operational, row.capability, row.trust,
      coalesce(row.findings, '[]') as findings,
      row.health, row.before, row."windowStartedAt" as window_start, row."windowOutcome" as window_outcome,
      row."windowsUntilNext" as windows_until_next, row.priority,
      -- A day at most, so that no header takes an anchor out of the catalog.
      make_interval(secs => least(coalesce(row."patienceSeconds", 0), 86400)) as patience,
      row.identity, coalesce(row.events, '[]') as events
    from jsonb_to_recordset(p_checks)
      as row (domain text collate "C", "checkedAt" timestamptz, "durationMs" integer, outcome text, error text,
        operational boolean, capability jsonb, trust jsonb, findings jsonb, listings jsonb, health jsonb,
        before jsonb, "windowStartedAt" timestamptz, "windowOutcome" text, "windowsUntilNext" integer, priority smallint,
        identity jsonb, events jsonb, "patienceSeconds" integer)
    order by row.domain, row."checkedAt" desc
  ),
  -- The fence: a claim that another invocation took over meanwhile stores nothing.
  held as (
    update anchor_ops.due_check
    set
      -- The clock of the caller says how far away the window is, and the clock of the database when that will be.
      due_at = clock_timestamp() + greatest(incoming.patience, least(
        incoming.window_start + make_interval(hours => p_window_hours * incoming.windows_until_next) - incoming.checked_at,
        make_interval(hours => p_window_hours * incoming.windows_until_next)
      )),
      patient_until = clock_timestamp() + incoming.patience,
      priority = incoming.priority,
      checked_at = clock_timestamp(),
      claimed_until = '-infinity',
      token = null
    from incoming
    where due_check.network = p_network and due_check.domain = incoming.domain and due_check.token = p_token
    returning incoming.*
  ),
  compared as (
    select
      held.*,
      -- An anchor that only Horizon names costs its owner nothing, and with many of them he would pull the brake for all.
      -- Whoever is listed within a window counts from the next one on, so that the two numbers stay of the same anchors.
      held.before ->> 'lastOutcome' = 'ok' and case
        when home_domain.window_start = held.window_start then home_domain.window_counted
        else anchor_ops.is_listed(p_network, held.domain)
      end as was_healthy,
      -- In a braked window a failure that would count is a fact without a consequence.
      held.window_outcome in ('definite', 'policy') and check_window.braked_at is not null as spared,
      check_window.braked_at is not null
        and (held.window_outcome in ('definite', 'policy')
          or home_domain.capability is not null and anchor_ops.fails_more(held.capability, home_domain.capability)
        ) as unheeded,
      coalesce(home_domain.window_start = held.window_start, false) as again,
      home_domain.window_outcome as earlier_outcome,
      -- Most checks find what the last one found, which then is stored once a month.
      home_domain.findings = held.findings
        and anchor_ops.utc_month(home_domain.last_checked_at) = anchor_ops.utc_month(held.checked_at) as finds_the_same,
      home_domain.health ->> 'autoDisabledReason' as earlier_reason,
      case
        when home_domain.window_start = held.window_start and home_domain.replaced is not null then
          case when held.outcome <> 'ok' or anchor_ops.fails_more(held.capability, home_domain.replaced -> 'capability')
            then home_domain.replaced end
        when check_window.braked_at is null
          and (held.outcome in ('definite', 'policy') and held.before ->> 'lastOutcome' = 'ok'
            or home_domain.capability is not null and anchor_ops.fails_more(held.capability, home_domain.capability))
        then jsonb_build_object(
          'capability', home_domain.capability,
          'trust', home_domain.trust,
          'operational', home_domain.operational,
          'listings', (
            select coalesce(jsonb_agg(jsonb_build_object('id', listing.id, 'operational', listing.operational,
              'until', listing.operational_until, 'stale', listing.stale_why, 'why', listing.why, 'rail', listing.rail,
              'asset', listing.asset, 'basis', listing.basis, 'shown', listing.shown)), '[]')
            from anchor_ops.listing where listing.network = p_network and listing.domain = held.domain
          )
        )
      end as replaced
    from held
      join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = held.domain
      left join anchor_ops.check_window
        on check_window.network = p_network and check_window.started_at = held.window_start
  ),
  recorded as (
    update anchor_ops.home_domain
    set
      last_checked_at = compared.checked_at,
      last_ok_at = case when compared.outcome = 'ok' then compared.checked_at else home_domain.last_ok_at end,
      duration_ms = compared.duration_ms,
      outcome = compared.outcome,
      error = compared.error,
      findings = compared.findings,
      operational = case when compared.unheeded then home_domain.operational
        else coalesce(compared.operational, home_domain.operational) end,
      capability = case when compared.unheeded
        then anchor_ops.with_sign_in(home_domain.capability, compared.capability)
        else coalesce(compared.capability, home_domain.capability) end,
      trust = case when compared.unheeded then home_domain.trust else coalesce(compared.trust, home_domain.trust) end,
      evidence_at = case when compared.unheeded or compared.capability is null then home_domain.evidence_at
        else compared.checked_at end,
      health = anchor_ops.health_after(compared.health, compared.before, compared.window_outcome, compared.spared),
      window_start = compared.window_start,
      window_outcome = compared.window_outcome,
      window_counted = coalesce(compared.was_healthy, false),
      window_health = compared.before,
      replaced = compared.replaced,
      identity = case when compared.identity is null then home_domain.identity else compared.identity -> 'known' end,
      held = case when compared.identity is null then home_domain.held
        else nullif(compared.identity -> 'held', 'null') end,
      auto_disabled_at = case
        when anchor_ops.health_after(compared.health, compared.before, compared.window_outcome, compared.spared)
          ->> 'autoDisabledReason' is null then null
        else coalesce(home_domain.auto_disabled_at, clock_timestamp())
      end
    from compared
    where home_domain.network = p_network and home_domain.domain = compared.domain
    returning compared.domain, compared.checked_at, compared.outcome, compared.error, compared.duration_ms,
      case when not coalesce(compared.finds_the_same, false) then compared.findings end as new_findings,
      compared.events, anchor_ops.reason_change(compared.domain, compared.earlier_reason,
        home_domain.health ->> 'autoDisabledReason',
        jsonb_build_object('outcome', compared.outcome, 'error', compared.error)) as reason_change
  ),
  judged as (
    update anchor_ops.listing
    set
      operational = verdict.operational,
      operational_until = verdict.until + compared.clock_fault,
      stale_why = verdict.stale,
      why = verdict.why,
      rail = verdict.rail,
      asset = verdict.asset,
      basis = verdict.basis,
      shown = coalesce(verdict.shown, listing.shown)
    from compared, jsonb_to_recordset(compared.listings) as verdict (
        id text collate "C", operational boolean, until timestamptz, stale text, why text[], rail text, asset text,
        basis text, shown jsonb
      )
    where not compared.unheeded
      and listing.id = verdict.id and listing.network = p_network and listing.domain = compared.domain
  ),
  history as (
    insert into anchor_ops.home_domain_check
      (network, domain, checked_at, run_id, outcome, error, duration_ms, findings)
    select p_network, recorded.domain, recorded.checked_at, p_run_id, recorded.outcome, recorded.error,
      recorded.duration_ms, recorded.new_findings
    from recorded
    on conflict (network, domain, checked_at) do nothing
  ),
  counted as (
    update anchor_ops.check_window
    set healthy_before = check_window.healthy_before + found.healthy_before,
      failed_now = check_window.failed_now + found.failed_now
    from (
      select compared.window_start,
        count(*) filter (where compared.was_healthy and not compared.again) as healthy_before,
        count(*) filter (where compared.was_healthy and compared.window_outcome <> 'ok')
          - count(*) filter (where compared.was_healthy and compared.again and compared.earlier_outcome <> 'ok')
          as failed_now
      from compared
      group by compared.window_start
    ) as found
    where check_window.network = p_network and check_window.started_at = found.window_start
    returning check_window.started_at
  )
  select coalesce((select array_agg(recorded.domain) from recorded), '{}'),
    coalesce((select array_agg(counted.started_at) from counted), '{}'),
    coalesce((select jsonb_agg(change.value order by recorded.domain)
      from recorded, lateral (
        select event.value || jsonb_build_object('domain', recorded.domain) as value
        from jsonb_array_elements(recorded.events) as event (value)
        union all select recorded.reason_change where recorded.reason_change is not null
      ) as change), '[]')
  into v_domains, v_windows, v_changes;

  perform anchor_ops.prune_checks(p_network, v_domains);
  perform anchor_ops.note_changes(p_network, v_domains, v_changes);
  return jsonb_build_object(
    'recorded', to_jsonb(v_domains),
    'windows', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'startedAt', anchor_ops.iso_time(check_window.started_at),
        'healthyBefore', check_window.healthy_before,
        'failedNow', check_window.failed_now,
        'braked', check_window.braked_at is not null
      ) order by check_window.started_at), '[]')
      from anchor_ops.check_window
      where check_window.network = p_network and check_window.started_at = any (v_windows)
    )
  );
end $$;
comment on function public.record_checks is
  'Stores the outcome of checks that the token still holds, adds them to the history and to its roll-ups, and says when each is due again. recorded names them; a check that is missing there was claimed by another invocation meanwhile. A null capability, trust or operational leaves the stored one, and a listing that a check does not name keeps its verdict. windows counts what the caller needs to tell whether the fault is likely ours.';

create function public.brake_window(p_network text, p_started_at timestamptz) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '5s'
as $$
declare
  v_domains text[];
  v_changes jsonb;
begin
  perform pg_advisory_xact_lock(anchor_ops.window_lock(p_network));
  update anchor_ops.check_window set braked_at = clock_timestamp()
  where check_window.network = p_network and check_window.started_at = p_started_at and check_window.braked_at is null;
  if not found then
    return jsonb_build_object('braked', false, 'spared', 0);
  end if;

  with failed as (
    select home_domain.domain, home_domain.window_health, home_domain.window_outcome, home_domain.replaced,
      home_domain.window_outcome in ('definite', 'policy') as is_counted,
      home_domain.health ->> 'autoDisabledReason' as reason
    from anchor_ops.home_domain
    where home_domain.network = p_network and home_domain.window_start = p_started_at
      and (home_domain.window_outcome in ('definite', 'policy') or home_domain.replaced is not null)
    order by home_domain.domain
    for no key update
  ),
  spared as (
    update anchor_ops.home_domain
    set
      health = anchor_ops.health_after(home_domain.health, failed.window_health, failed.window_outcome, failed.is_counted),
      auto_disabled_at = case when not failed.is_counted then home_domain.auto_disabled_at
        when failed.window_health ->> 'autoDisabledReason' is null then null
        else coalesce(home_domain.auto_disabled_at, clock_timestamp()) end,
      capability = coalesce(
        anchor_ops.with_sign_in(nullif(failed.replaced -> 'capability', 'null'), home_domain.capability),
        home_domain.capability
      ),
      trust = coalesce(nullif(failed.replaced -> 'trust', 'null'), home_domain.trust),
      operational = coalesce((failed.replaced -> 'operational')::boolean, home_domain.operational),
      replaced = null
    from failed
    where home_domain.network = p_network and home_domain.domain = failed.domain
    returning home_domain.domain, anchor_ops.reason_change(home_domain.domain, failed.reason,
      home_domain.health ->> 'autoDisabledReason', '{"braked": true}') as reason_change
  ),
  restored as (
    update anchor_ops.listing
    set operational = verdict.operational, operational_until = verdict.until, stale_why = verdict.stale,
      why = verdict.why, rail = verdict.rail, asset = verdict.asset, basis = verdict.basis, shown = verdict.shown
    from failed, jsonb_to_recordset(failed.replaced -> 'listings') as verdict (
        id text collate "C", operational boolean, until timestamptz, stale text, why text[], rail text, asset text,
        basis text, shown jsonb
      )
    where listing.id = verdict.id and listing.network = p_network and listing.domain = failed.domain
  )
  select coalesce(array_agg(spared.domain), '{}'),
    coalesce(jsonb_agg(spared.reason_change) filter (where spared.reason_change is not null), '[]')
  into v_domains, v_changes from spared;
  perform anchor_ops.note_changes(p_network, v_domains, v_changes);
  return jsonb_build_object('braked', true, 'spared', cardinality(v_domains));
end $$;
comment on function public.brake_window is
  'Says that the failures of a window count against nobody: those that were stored are undone, and later ones are facts without a consequence. braked is false when it was said before.';

grant execute on function anchor_ops.window_lock, anchor_ops.health_after,
  anchor_ops.fails_more, anchor_ops.with_sign_in,
  public.record_checks, public.brake_window to service_role;

notify pgrst, 'reload schema';
