create function public.read_due_home_domains(
  p_network text,
  p_run_id uuid,
  p_fence bigint,
  p_limit integer,
  p_country text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
begin
  if not anchor_ops.holds_lease(p_run_id, p_fence) then
    raise exception 'lease_lost' using errcode = 'AO001';
  end if;

  return (
    with listed as (
      select listing.domain, jsonb_agg(listing.id order by listing.id) as listings
      from anchor_ops.listing
      where listing.network = p_network and listing.active and (p_country is null or listing.country = p_country)
      group by listing.domain
    ),
    claimed as (
      select home_domain.*, listed.listings
      from listed join anchor_ops.home_domain
        on home_domain.network = p_network and home_domain.domain = listed.domain
      order by home_domain.last_checked_at nulls first, home_domain.domain
      limit p_limit
    )
    select jsonb_build_object(
      'due', (select count(*) from listed),
      'domains', coalesce(jsonb_agg(
        jsonb_build_object(
          'domain', claimed.domain,
          'listings', claimed.listings,
          'capability', claimed.capability,
          'durationMs', claimed.duration_ms,
          'health', jsonb_build_object(
            'notFoundCount', claimed.not_found_count,
            'policyFailureCount', claimed.policy_failure_count,
            'okStreak', claimed.ok_streak,
            'autoDisabledReason', claimed.auto_disabled_reason,
            'lastOutcome', claimed.outcome
          )
        ) order by claimed.last_checked_at nulls first, claimed.domain
      ), '[]')
    )
    from claimed
  );
end $$;
comment on function public.read_due_home_domains is
  'The home domains that a run is to check next: those with an active listing (in the country, where one is given), the longest unchecked first. Domains a machine took out of service are among them, so that they can come back. Raises AO001 when the run lost the lease.';

create function public.record_checks(
  p_network text,
  p_run_id uuid,
  p_fence bigint,
  p_lease_seconds integer,
  p_checks jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_domains text[];
begin
  -- Extending the lease locks its row until commit: a run that takes over waits, or this one finds 0 rows here.
  update anchor_ops.lease
  set expires_at = greatest(lease.expires_at, clock_timestamp() + make_interval(secs => p_lease_seconds))
  where lease.name = 'catalog' and lease.fence = p_fence and lease.holder is not null
    and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
  if not found then
    raise exception 'lease_lost' using errcode = 'AO001';
  end if;

  with incoming as (
    -- A check cannot have been made later than now, whatever the clock of the caller says: a domain dated ahead
    -- would not be checked again until then.
    select distinct on (row.domain)
      row.domain, least(row."checkedAt", clock_timestamp()) as checked_at, row."durationMs" as duration_ms,
      row.outcome, left(row.error, 1000) as error, row.operational, row.capability, row.trust,
      coalesce(row.findings, '[]') as findings, health."notFoundCount" as not_found_count,
      health."policyFailureCount" as policy_failure_count, health."okStreak" as ok_streak,
      health."autoDisabledReason" as auto_disabled_reason
    from jsonb_to_recordset(p_checks)
      as row (domain text collate "C", "checkedAt" timestamptz, "durationMs" integer, outcome text, error text,
        operational boolean, capability jsonb, trust jsonb, findings jsonb, health jsonb),
      jsonb_to_record(row.health)
      as health ("notFoundCount" integer, "policyFailureCount" integer, "okStreak" integer, "autoDisabledReason" text)
    order by row.domain, row."checkedAt" desc
  ),
  recorded as (
    update anchor_ops.home_domain
    set
      last_checked_at = incoming.checked_at,
      last_ok_at = case when incoming.outcome = 'ok' then incoming.checked_at else home_domain.last_ok_at end,
      duration_ms = incoming.duration_ms,
      outcome = incoming.outcome,
      error = incoming.error,
      operational = coalesce(incoming.operational, home_domain.operational),
      capability = coalesce(incoming.capability, home_domain.capability),
      trust = coalesce(incoming.trust, home_domain.trust),
      findings = incoming.findings,
      evidence_at = case when incoming.capability is null then home_domain.evidence_at else incoming.checked_at end,
      not_found_count = incoming.not_found_count,
      policy_failure_count = incoming.policy_failure_count,
      ok_streak = incoming.ok_streak,
      auto_disabled_at = case
        when incoming.auto_disabled_reason is null then null
        else coalesce(home_domain.auto_disabled_at, clock_timestamp())
      end,
      auto_disabled_reason = incoming.auto_disabled_reason
    from incoming
    where home_domain.network = p_network and home_domain.domain = incoming.domain
    returning incoming.domain, incoming.checked_at, incoming.outcome, incoming.error, incoming.duration_ms,
      incoming.findings
  ),
  history as (
    insert into anchor_ops.home_domain_check
      (network, domain, checked_at, run_id, outcome, error, duration_ms, findings)
    select p_network, recorded.domain, recorded.checked_at, p_run_id, recorded.outcome, recorded.error,
      recorded.duration_ms, recorded.findings
    from recorded
    on conflict (network, domain, checked_at) do nothing
  )
  select coalesce(array_agg(recorded.domain), '{}') into v_domains from recorded;

  delete from anchor_ops.home_domain_check as old
  using unnest(v_domains) as recorded (domain),
    lateral (
      select kept.checked_at from anchor_ops.home_domain_check as kept
      where kept.network = p_network and kept.domain = recorded.domain
      order by kept.checked_at desc offset 50 limit 1
    ) as newest_to_go
  where old.network = p_network and old.domain = recorded.domain and old.checked_at <= newest_to_go.checked_at;

  return jsonb_build_object('recorded', cardinality(v_domains));
end $$;
comment on function public.record_checks is
  'Stores the outcome of checks, adds them to the history (the newest 50 of a domain stay) and extends the lease; no checks at all is a heartbeat. A null capability, trust or operational keeps what was last known. Raises AO001, and stores nothing, when the run lost the lease.';

revoke all on function public.read_due_home_domains, public.record_checks from public, anon, authenticated, service_role;
grant execute on function public.read_due_home_domains, public.record_checks to service_role;
