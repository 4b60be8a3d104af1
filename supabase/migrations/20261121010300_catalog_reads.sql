-- The routes that read the catalog call these functions.

create function anchor_ops.sep_names() returns text[]
language sql immutable security invoker set search_path = ''
as $$
  select array['sep6', 'sep10', 'sep12', 'sep24', 'sep31', 'sep38', 'sep45', 'sep59']
$$;
comment on function anchor_ops.sep_names is 'The protocols whose endpoints a stellar.toml may name.';

create function anchor_ops.evidence_ages(p_capability jsonb) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(jsonb_object_agg(sep.key, jsonb_build_object(
    'seenAt', sep.value #> '{seen,at}',
    'lastOkAt', sep.value -> 'lastOkAt',
    'protected', coalesce(sep.value -> 'protected', 'false'),
    'kept', coalesce(sep.value -> 'kept', 'false'),
    'signedIn', sep.value -> 'signedIn'
  )), '{}')
  from jsonb_each(p_capability -> 'sep') as sep
  where sep.value ->> 'step' <> 'absent'
$$;
comment on function anchor_ops.evidence_ages is
  'For each declared protocol of a capability: when it was seen, when it was last seen well, whether it refuses strangers, whether its step rests on an earlier check, and what the last sign-in saw.';

create function public.read_catalog(
  p_network text,
  p_country text,
  p_currency text,
  p_type text,
  p_sep text,
  p_operational_only boolean,
  p_limit integer,
  p_cursor text
) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select anchor_ops.page(
    'anchors', p_limit,
    array_agg(jsonb_build_object(
      'id', listed.id,
      'name', listed.name,
      'domain', listed.domain,
      'network', listed.network,
      'country', listed.country,
      'currency', listed.currency,
      'type', listed.type,
      'operational', listed.operational,
      'why', to_jsonb(listed.why),
      'rail', listed.rail,
      'asset', listed.asset,
      'basis', listed.basis,
      'pairing', listed.pairing,
      'sep', (
        select jsonb_object_agg(sep.name, coalesce(listed.capability #>> array['sep', sep.name, 'step'], 'absent'))
        from unnest(anchor_ops.sep_names()) as sep (name)
      ),
      'evidence', anchor_ops.evidence_ages(listed.capability),
      'fees', coalesce(
        listed.capability #> array['sep', listed.rail, 'assets', listed.asset, direction.name],
        listed.capability #> array['sep', listed.rail, 'assets', listed.asset, direction.name || 'Exchange'],
        listed.capability #> array['sep', listed.rail, 'assets', listed.asset, 'receive'],
        listed.capability #> array['sep', 'sep24', 'assets', listed.currency, direction.name],
        listed.capability #> array['sep', 'sep6', 'assets', listed.currency, direction.name]
      ),
      'lastCheckedAt', anchor_ops.iso_time(listed.last_checked_at)
    ) order by listed.id),
    array_agg(listed.id order by listed.id)
  )
  from (
    select * from anchor_ops.catalog
    where catalog.network = p_network
      and (p_country is null or catalog.country = p_country)
      and (p_currency is null or catalog.currency = p_currency)
      and (p_type is null or catalog.type = p_type)
      and (p_sep is null or coalesce(catalog.capability #>> array['sep', p_sep, 'step'], 'absent') <> 'absent')
      and (catalog.operational or not coalesce(p_operational_only, false))
      and catalog.id > coalesce(p_cursor, '')
    order by catalog.id
    limit greatest(p_limit, 1) + 1
  ) as listed,
    lateral (select case listed.type when 'on-ramp' then 'deposit' else 'withdraw' end) as direction (name)
$$;
comment on function public.read_catalog is
  'A page of active listings in the order of their ids. p_sep selects those whose stellar.toml at least declares that SEP. fees is what the rail of the listing answers for its asset, else what SEP-24 or SEP-6 answers for its currency and direction. next is the p_cursor of the following page.';

create function public.read_countries(p_network text, p_include_non_operational boolean) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'code', country.code,
      'currencies', country.currencies,
      'onRampCount', country.on_ramp_count,
      'offRampCount', country.off_ramp_count,
      'operationalAnchors', country.operational_anchors
    ) order by country.code
  ), '[]')
  from (
    select
      catalog.country as code,
      jsonb_agg(distinct catalog.currency) as currencies,
      count(distinct catalog.domain) filter (where catalog.type = 'on-ramp') as on_ramp_count,
      count(distinct catalog.domain) filter (where catalog.type = 'off-ramp') as off_ramp_count,
      count(distinct catalog.domain) filter (where catalog.operational) as operational_anchors
    from anchor_ops.catalog
    where catalog.network = p_network and (catalog.operational or coalesce(p_include_non_operational, false))
    group by catalog.country
  ) as country
$$;
comment on function public.read_countries is
  'Countries of active listings. The counts are of anchors, by home domain: one with three currencies counts once. Without p_include_non_operational only operational listings count.';

create function public.read_home_domain(p_network text, p_domain text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'network', home_domain.network,
    'domain', home_domain.domain,
    'firstSeenAt', anchor_ops.iso_time(home_domain.first_seen_at),
    'lastCheckedAt', anchor_ops.iso_time(home_domain.last_checked_at),
    'lastOkAt', anchor_ops.iso_time(home_domain.last_ok_at),
    'durationMs', home_domain.duration_ms,
    'outcome', home_domain.outcome,
    'error', home_domain.error,
    'operational', home_domain.operational,
    'capability', home_domain.capability,
    'evidence', anchor_ops.evidence_ages(home_domain.capability),
    'trust', home_domain.trust,
    'findings', home_domain.findings,
    'evidenceAt', anchor_ops.iso_time(home_domain.evidence_at),
    'health', home_domain.health,
    'autoDisabledAt', anchor_ops.iso_time(home_domain.auto_disabled_at),
    'listings', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'id', listing.id,
          'name', listing.name,
          'country', listing.country,
          'currency', listing.currency,
          'type', listing.type,
          'active', listing.active,
          'operational', listing.operational_now,
          'why', to_jsonb(listing.why_now),
          'rail', listing.rail,
          'asset', listing.asset,
          'basis', listing.basis,
          'operationalUntil', anchor_ops.iso_time(listing.operational_until),
          'personSays', listing.person_says,
          'pairing', listing.pairing,
          'source', listing.source,
          'firstListedAt', anchor_ops.iso_time(listing.first_listed_at),
          'lastListedAt', anchor_ops.iso_time(case listing.missed
            -- An import does not write the rows that it finds unchanged.
            when 0 then coalesce((
              select greatest(directory.imported_at, listing.last_listed_at) from anchor_ops.directory
              where directory.network = listing.network and directory.source = listing.source
            ), listing.last_listed_at)
            else listing.last_listed_at
          end)
        ) order by listing.id
      ), '[]')
      from anchor_ops.judged_listing as listing
      where listing.network = home_domain.network and listing.domain = home_domain.domain
    ),
    'personSays', home_domain.person_says,
    'decisions', anchor_ops.decisions_on_anchor(home_domain.network, home_domain.domain),
    'checks', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'checkedAt', anchor_ops.iso_time(recent.checked_at),
          'runId', recent.run_id,
          'outcome', recent.outcome,
          'error', recent.error,
          'durationMs', recent.duration_ms,
          'findings', recent.findings
        ) order by recent.checked_at desc
      ), '[]')
      from (
        select * from anchor_ops.home_domain_check as history
        where history.network = home_domain.network and history.domain = home_domain.domain
        order by history.checked_at desc
        limit 50
      ) as recent
    )
  )
  from anchor_ops.home_domain
  where home_domain.network = p_network and home_domain.domain = p_domain
$$;
comment on function public.read_home_domain is
  'One home domain with its evidence, all its listings and its last 50 checks; null when it is not known.';

create function public.read_catalog_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'homeDomains', (select count(*) from anchor_ops.home_domain),
    'lastRuns', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'runId', latest.id,
          'kind', latest.kind,
          'trigger', latest.trigger,
          'startedAt', anchor_ops.iso_time(latest.started_at),
          'finishedAt', anchor_ops.iso_time(latest.finished_at)
        ) order by latest.kind
      ), '[]')
      from (
        select distinct on (run.kind) run.* from anchor_ops.run
        where run.finished_at is not null
        order by run.kind, run.finished_at desc
      ) as latest
    )
  )
$$;
comment on function public.read_catalog_health is 'The last finished run of each kind, and how many home domains are known.';

grant execute on function anchor_ops.sep_names, anchor_ops.evidence_ages, public.read_catalog, public.read_countries, public.read_home_domain,
  public.read_catalog_health to service_role;

notify pgrst, 'reload schema';
