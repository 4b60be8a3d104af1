-- A run, or a person with a list, writes to the catalog through these functions.

create function public.import_listings(
  p_network text,
  p_listings jsonb,
  p_active boolean,
  p_source text,
  p_dry_run boolean,
  p_cursor_source text,
  p_cursor text,
  p_run_id uuid,
  p_fence bigint
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '30s' set lock_timeout = '5s'
as $$
declare
  v_counts jsonb;
begin
  if p_network is null or p_dry_run is null then
    raise exception 'import_listings: needs a network and p_dry_run' using errcode = 'invalid_parameter_value';
  end if;

  -- One import stores at a time. Two that insert the same new listing would both pass the check for its id, and the second
  -- would break listing_identity, for which "on conflict (id)" does not stand in.
  if not p_dry_run then
    perform anchor_ops.lock_names(array['import_listings']);
  end if;

  -- A shared lock: the run may renew its lease meanwhile, but no other run takes it over before this import commits.
  if p_fence is not null then
    perform from anchor_ops.lease join anchor_ops.run using (fence)
    where lease.name = 'catalog' and lease.holder is not null and lease.fence = p_fence and run.id = p_run_id
    for share of lease;
    if not found then
      raise exception 'lease_lost' using errcode = 'AO001';
    end if;
  end if;

  -- Every part of this one statement sees the tables as they were before it, so a dry run counts what a real one counts.
  with incoming as (
    select distinct on (row.id) row.id, row.name, row.domain, row.country, row.currency, row.type,
      coalesce(row.pairing, 'given') as pairing
    from jsonb_to_recordset(p_listings)
      as row (id text collate "C", name text, domain text collate "C", country text, currency text collate "C", type text,
        pairing text)
    order by row.id
  ),
  -- An issuer on Horizon may name any home domain, so its listings never rename what a directory or a person listed.
  compared as (
    select
      count(*) filter (where known.id is null) as added,
      count(*) filter (where judged.renames) as changed,
      count(*) filter (where known.id is not null and not judged.renames) as unchanged
    from incoming left join anchor_ops.listing as known on known.id = incoming.id,
      lateral (
        select coalesce(known.name <> incoming.name and (p_source not like 'horizon:%' or known.source like 'horizon:%'), false)
          as renames
      ) as judged
  ),
  new_domains as (
    insert into anchor_ops.home_domain (network, domain)
    select distinct p_network, incoming.domain from incoming where not p_dry_run order by incoming.domain
    on conflict (network, domain) do nothing
  ),
  stored as (
    insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source, pairing)
    select incoming.id, p_network, incoming.domain, incoming.country, incoming.currency, incoming.type, incoming.name,
      p_active, p_source, incoming.pairing
    from incoming where not p_dry_run order by incoming.id
    on conflict (id) do update
      set
        name = case when excluded.source like 'horizon:%' and listing.source not like 'horizon:%'
          then listing.name else excluded.name end,
        source = case when excluded.source like 'horizon:%' and listing.source not like 'horizon:%'
          then listing.source else excluded.source end,
        pairing = case when excluded.source like 'horizon:%' and listing.source not like 'horizon:%'
          then listing.pairing else excluded.pairing end,
        last_listed_at = excluded.last_listed_at
    returning listing.id
  )
  select jsonb_build_object(
    'written', (select count(*) from stored),
    'new', compared.added,
    'changed', compared.changed,
    'unchanged', compared.unchanged
  ) into v_counts from compared;

  if p_cursor_source is not null and not p_dry_run then
    if p_cursor is null then
      delete from anchor_ops.discovery_cursor where discovery_cursor.source = p_cursor_source;
    else
      insert into anchor_ops.discovery_cursor (source, cursor) values (p_cursor_source, p_cursor)
      on conflict (source) do update set cursor = excluded.cursor, updated_at = excluded.updated_at;
    end if;
  end if;

  return v_counts;
end $$;
comment on function public.import_listings is
  'Stores listings in one step with the cursor of their source. p_active is for new rows only. written counts every stored row, changed or not; a dry run writes nothing. A listing found on Horizon leaves a name, a source and a pairing that came from elsewhere. p_fence is of the run that found the listings, or null; when that run lost the lease, the function raises AO001 and stores nothing.';

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
      select listing.domain, jsonb_agg(jsonb_build_object(
        'id', listing.id,
        'country', listing.country,
        'currency', listing.currency,
        'type', listing.type,
        'source', listing.source,
        'active', listing.active
      ) order by listing.id) as listings
      from anchor_ops.listing
      where listing.network = p_network
      group by listing.domain
      having bool_or(listing.active and (p_country is null or listing.country = p_country))
    ),
    due as (
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
          'domain', due.domain,
          'listings', due.listings,
          'capability', due.capability,
          'durationMs', due.duration_ms,
          'health', jsonb_build_object(
            'notFoundCount', due.not_found_count,
            'policyFailureCount', due.policy_failure_count,
            'okStreak', due.ok_streak,
            'autoDisabledReason', due.auto_disabled_reason,
            'lastOutcome', due.outcome
          )
        ) order by due.last_checked_at nulls first, due.domain
      ), '[]')
    )
    from due
  );
end $$;
comment on function public.read_due_home_domains is
  'The home domains to check next, the longest unchecked first: those with an active listing, in p_country if it is given. due is their number in all. All listings of each come with it, because a check judges them all. Domains that the health rules took out of service are checked too, so that they can return. Raises AO001 when the run lost the lease.';

create function anchor_ops.prune_checks(p_network text, p_domains text[]) returns void
language sql volatile security invoker set search_path = ''
as $$
  delete from anchor_ops.home_domain_check as old
  using unnest(p_domains) as recorded (domain),
    lateral (
      select kept.checked_at from anchor_ops.home_domain_check as kept
      where kept.network = p_network and kept.domain = recorded.domain
      order by kept.checked_at desc offset 50 limit 1
    ) as newest_to_go
  where old.network = p_network and old.domain = recorded.domain and old.checked_at <= newest_to_go.checked_at;
$$;
comment on function anchor_ops.prune_checks is 'Deletes all but the newest 50 checks of each of these home domains.';

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
  -- The update locks the row of the lease until commit: a run that takes it over waits, or this run finds no row here.
  update anchor_ops.lease
  set expires_at = greatest(lease.expires_at, clock_timestamp() + make_interval(secs => p_lease_seconds))
  where lease.name = 'catalog' and lease.fence = p_fence and lease.holder is not null
    and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
  if not found then
    raise exception 'lease_lost' using errcode = 'AO001';
  end if;

  with incoming as (
    -- The clock of the caller may be ahead. A check dated in the future would delay the next check until then.
    select distinct on (row.domain)
      row.domain, least(row."checkedAt", clock_timestamp()) as checked_at, row."checkedAt" as claimed_at,
      row."durationMs" as duration_ms, row.listings,
      row.outcome, left(row.error, 1000) as error, row.operational, row.capability, row.trust,
      coalesce(row.findings, '[]') as findings, health."notFoundCount" as not_found_count,
      health."policyFailureCount" as policy_failure_count, health."okStreak" as ok_streak,
      health."autoDisabledReason" as auto_disabled_reason
    from jsonb_to_recordset(p_checks)
      as row (domain text collate "C", "checkedAt" timestamptz, "durationMs" integer, outcome text, error text,
        operational boolean, capability jsonb, trust jsonb, findings jsonb, listings jsonb, health jsonb),
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
  judged as (
    update anchor_ops.listing
    set
      operational = verdict.operational,
      -- The caller's clock told the age of the evidence. From now on the clock of the database counts.
      operational_until = clock_timestamp() + (verdict.until - incoming.claimed_at),
      why = verdict.why,
      rail = verdict.rail,
      asset = verdict.asset,
      basis = verdict.basis
    from incoming, jsonb_to_recordset(incoming.listings) as verdict (
        id text collate "C", operational boolean, until timestamptz, why text[], rail text, asset text, basis text
      )
    where listing.id = verdict.id and listing.network = p_network and listing.domain = incoming.domain
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

  perform anchor_ops.prune_checks(p_network, v_domains);
  return jsonb_build_object('recorded', cardinality(v_domains));
end $$;
comment on function public.record_checks is
  'Stores the outcome of checks, adds them to the history (the newest 50 of a domain stay) and extends the lease; a call without checks is a heartbeat. A null capability, trust or operational leaves the stored one, and a listing that a check does not name keeps its verdict. Raises AO001, and stores nothing, when the run lost the lease.';

grant execute on function public.import_listings, public.read_due_home_domains, anchor_ops.prune_checks,
  public.record_checks to service_role;

notify pgrst, 'reload schema';
