-- The routes that read the catalog call these functions.

create function public.read_catalog(
  p_network text,
  p_country text,
  p_currency text,
  p_type text,
  p_sep text,
  p_min_step text,
  p_asset text,
  p_issuer text,
  p_updated_since timestamptz,
  p_operational_only boolean,
  p_limit integer,
  p_cursor text,
  p_search text default null
) returns jsonb
language plpgsql stable security invoker
set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
-- Each call is planned with its values, so that a filter that is not given costs nothing, and the one that few rows pass
-- decides which index is read.
set plan_cache_mode = 'force_custom_plan' set jit = off
-- The rows come from an index, and each finds its home domain by its key, also where a table is so small that reading it
-- whole looks cheaper.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set random_page_cost = 1.1
as $$
declare
  v_like constant text := '%' || regexp_replace(lower(p_search), '([\\%_])', '\\\1', 'g') || '%';
  v_ids text[];
  v_listings text[];
  v_domains text[];
  v_count integer;
begin
  select array_agg(row.id order by row.id), array_agg(row.listing order by row.id), array_agg(row.domain order by row.id),
    -- Vercel refuses an answer of more than 4.5 MB.
    count(*) filter (where row.place <= greatest(p_limit, 1) and (row.place = 1 or row.bytes <= 3000000))
  into v_ids, v_listings, v_domains, v_count
  from (
    select
      said.id,
      said.listing,
      case when lag(said.domain) over in_order is distinct from said.domain then said.domain_text end as domain,
      row_number() over in_order as place,
      sum(octet_length(said.listing) + octet_length(said.domain_text)) over in_order as bytes
    from (
      select
        listed.id,
        listed.domain,
        -- Only what time, a person or the other table may change without the row itself is written here.
        listed.shown_text
          || case when listed.operational_now then ', "operational": true, "why": ' else ', "operational": false, "why": ' end
          || array_to_json(listed.why_now)::text
          || ', "step": ' || coalesce((listed.domain_shown #> array['sep', listed.rail])::text, '"absent"') as listing,
        listed.domain_shown_text as domain_text
      from (
        select * from anchor_ops.judged_listing as judged
        where judged.network = p_network and judged.active
          and judged.id > coalesce(p_cursor, '')
          and (p_country is null or judged.country = p_country)
          and (p_currency is null or upper(judged.currency) = upper(p_currency))
          and (p_type is null or judged.type = p_type)
          and (p_sep is null or judged.steps @> array[p_sep || ':' || coalesce(p_min_step, 'declared')])
          -- The planner takes what it cannot look into for true every second time, and a step that it does not know for rare.
          and (p_sep is not null or p_min_step is null
            or coalesce(judged.steps @> array[judged.rail || ':' || p_min_step], false))
          and (p_asset is null or judged.asset_code = p_asset)
          and (p_issuer is null or judged.asset_issuer = p_issuer)
          and (p_updated_since is null or judged.updated_at >= p_updated_since)
          -- The index of words finds it, unless so many rows have it that a page is full before.
          and (p_search is null or lower(judged.domain) like v_like or lower(judged.name) like v_like)
          -- Whatever puts a listing into operation notes it in the same step; time alone may have taken it out since.
          and (not coalesce(p_operational_only, false) or judged.shown_operational and judged.operational_now)
        order by judged.id
        limit greatest(p_limit, 1) + 1
      ) as listed
    ) as said
    window in_order as (order by said.id rows unbounded preceding)
  ) as row;
  return jsonb_build_object(
    'listings', coalesce(to_jsonb(v_listings[:v_count]), '[]'),
    'domains', coalesce(to_jsonb(v_domains[:v_count]), '[]'),
    'next', case when cardinality(v_ids) > v_count then v_ids[v_count] end
  );
end $$;
comment on function public.read_catalog is
  'A page of active listings in the order of their ids. p_sep selects those whose anchor has reached p_min_step (default: declared) there; without p_sep, p_min_step is asked of the rail that carries the listing. p_search is a part of the name or of the home domain, in any letter case. Each row is two texts of JSON without braces, which callers need not parse: what it says itself, in listings, and what it says of its home domain, in domains, where null says the same as in the row above. A page has at most p_limit rows and 3 MB, but one row at least. next is the p_cursor of the following page.';

create function public.read_countries(p_network text, p_include_non_operational boolean) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'code', summary.country,
      'currencies', to_jsonb(summary.currencies),
      'onRampCount', summary.on_ramps,
      'offRampCount', summary.off_ramps,
      'operationalAnchors', coalesce(working.anchors, 0)
    ) order by summary.country
  ), '[]')
  from anchor_ops.country_summary as summary
    left join anchor_ops.country_summary as working
      on working.network = summary.network and working.country = summary.country and working.operational
  where summary.network = p_network and summary.operational = not coalesce(p_include_non_operational, false)
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
    'operational', exists (
      select from anchor_ops.judged_listing as listing
      where listing.network = home_domain.network and listing.domain = home_domain.domain and listing.operational_now
    ),
    'capability', home_domain.capability,
    'evidence', coalesce(home_domain.shown -> 'evidence', '{}'),
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
          'stellarAsset', listing.shown -> 'stellarAsset',
          'railUrl', listing.shown ->> 'railUrl',
          'fees', listing.shown -> 'fees',
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
    'days', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'day', recent.day,
          'checks', recent.checks,
          'ok', recent.ok,
          'medianMs', recent.median_ms,
          'p95Ms', recent.p95_ms,
          'steps', recent.steps
        ) order by recent.day desc
      ), '[]')
      from (
        select last_day.day, counted.*
        from (select anchor_ops.utc_day(home_domain.last_checked_at) as day) as last_day,
          lateral anchor_ops.day_of(home_domain.network, home_domain.domain, last_day.day) as counted
        union all (
          select rolled_up.day, rolled_up.checks, rolled_up.ok, rolled_up.median_ms, rolled_up.p95_ms,
            coalesce(rolled_up.steps, anchor_ops.steps_of(rolled_up.network, rolled_up.domain, rolled_up.day))
          from anchor_ops.home_domain_day as rolled_up
          where rolled_up.network = home_domain.network and rolled_up.domain = home_domain.domain
            and rolled_up.day <> anchor_ops.utc_day(home_domain.last_checked_at)
          order by rolled_up.day desc
          limit 89
        )
      ) as recent
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
          'findings', coalesce(recent.findings,
            anchor_ops.findings_of(recent.network, recent.domain, recent.checked_at), '[]')
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
  'One home domain with its evidence, whether one of its listings is operational now, all its listings, its last 50 checks and what they said of its last 90 days; null when it is not known.';

create function public.read_catalog_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('homeDomains', (select count(*) from anchor_ops.home_domain))
$$;
comment on function public.read_catalog_health is 'How many home domains are known.';

grant execute on function public.read_catalog, public.read_countries, public.read_home_domain,
  public.read_catalog_health to service_role;

notify pgrst, 'reload schema';
