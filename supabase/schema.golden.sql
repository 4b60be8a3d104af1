-- What the migrations add up to. Written by `npm run schema`; a test compares it with the database.

-- Schemas
create schema anchor_ops; -- Tables of the anchor catalogue. Not exposed over HTTP: reached only through the functions in schema public.

-- Tables
create table anchor_ops.discovery_cursor (
  source text not null,
  cursor text not null,
  updated_at timestamp with time zone not null default now()
);
create table anchor_ops.home_domain (
  network text not null,
  domain text collate "C" not null,
  first_seen_at timestamp with time zone not null default now(),
  last_checked_at timestamp with time zone,
  last_ok_at timestamp with time zone,
  duration_ms integer,
  outcome text,
  error text,
  operational boolean not null default false,
  capability jsonb,
  trust jsonb,
  findings jsonb not null default '[]'::jsonb,
  evidence_at timestamp with time zone,
  not_found_count integer not null default 0,
  policy_failure_count integer not null default 0,
  ok_streak integer not null default 0,
  auto_disabled_at timestamp with time zone,
  auto_disabled_reason text
);
create table anchor_ops.home_domain_check (
  network text not null,
  domain text collate "C" not null,
  checked_at timestamp with time zone not null,
  run_id uuid not null,
  outcome text not null,
  error text,
  duration_ms integer not null,
  findings jsonb not null
);
create table anchor_ops.lease (
  name text not null,
  holder uuid,
  fence bigint not null default 0,
  expires_at timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.listing (
  id text collate "C" not null,
  network text not null,
  domain text collate "C" not null,
  country text not null,
  currency text collate "C" not null,
  type text not null,
  name text not null,
  active boolean not null,
  source text not null,
  first_listed_at timestamp with time zone not null default now(),
  last_listed_at timestamp with time zone not null default now()
);
create table anchor_ops.run (
  id uuid not null default gen_random_uuid(),
  kind text not null,
  trigger text not null,
  fence bigint not null,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  answer jsonb
);

-- Views
create view anchor_ops.catalogue with (security_invoker=true) as
 SELECT listing.id,
    listing.name,
    listing.domain,
    listing.network,
    listing.country,
    listing.currency,
    listing.type,
    (listing.active AND home_domain.operational AND (home_domain.auto_disabled_at IS NULL)) AS operational,
    home_domain.capability,
    home_domain.last_checked_at
   FROM (anchor_ops.listing
     JOIN anchor_ops.home_domain USING (network, domain))
  WHERE listing.active;

-- Constraints
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_cursor_length CHECK (((char_length(cursor) >= 1) AND (char_length(cursor) <= 2048)));
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_pkey PRIMARY KEY (source);
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 2048)));
alter table anchor_ops.home_domain add constraint home_domain_auto_disabled_reason_known CHECK ((auto_disabled_reason = ANY (ARRAY['sep1_not_found'::text, 'policy'::text])));
alter table anchor_ops.home_domain add constraint home_domain_auto_disabled_whole CHECK (((auto_disabled_at IS NULL) = (auto_disabled_reason IS NULL)));
alter table anchor_ops.home_domain add constraint home_domain_capability_object CHECK ((jsonb_typeof(capability) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_counts_not_negative CHECK (((not_found_count >= 0) AND (policy_failure_count >= 0) AND (ok_streak >= 0)));
alter table anchor_ops.home_domain add constraint home_domain_duration_not_negative CHECK ((duration_ms >= 0));
alter table anchor_ops.home_domain add constraint home_domain_error_length CHECK ((char_length(error) <= 1000));
alter table anchor_ops.home_domain add constraint home_domain_findings_array CHECK ((jsonb_typeof(findings) = 'array'::text));
alter table anchor_ops.home_domain add constraint home_domain_lower_case_host CHECK ((((char_length(domain) >= 3) AND (char_length(domain) <= 253)) AND (domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'::text)));
alter table anchor_ops.home_domain add constraint home_domain_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.home_domain add constraint home_domain_outcome_known CHECK ((outcome = ANY (ARRAY['ok'::text, 'definite'::text, 'policy'::text, 'unsure'::text])));
alter table anchor_ops.home_domain add constraint home_domain_pkey PRIMARY KEY (network, domain);
alter table anchor_ops.home_domain add constraint home_domain_trust_object CHECK ((jsonb_typeof(trust) = 'object'::text));
alter table anchor_ops.home_domain_check add constraint home_domain_check_duration_not_negative CHECK ((duration_ms >= 0));
alter table anchor_ops.home_domain_check add constraint home_domain_check_error_length CHECK ((char_length(error) <= 1000));
alter table anchor_ops.home_domain_check add constraint home_domain_check_findings_array CHECK ((jsonb_typeof(findings) = 'array'::text));
alter table anchor_ops.home_domain_check add constraint home_domain_check_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.home_domain_check add constraint home_domain_check_outcome_known CHECK ((outcome = ANY (ARRAY['ok'::text, 'definite'::text, 'policy'::text, 'unsure'::text])));
alter table anchor_ops.home_domain_check add constraint home_domain_check_pkey PRIMARY KEY (network, domain, checked_at);
alter table anchor_ops.lease add constraint lease_fence_not_negative CHECK ((fence >= 0));
alter table anchor_ops.lease add constraint lease_name_known CHECK ((name = 'catalogue'::text));
alter table anchor_ops.lease add constraint lease_pkey PRIMARY KEY (name);
alter table anchor_ops.listing add constraint listing_country_alpha_2 CHECK ((country ~ '^[A-Z]{2}$'::text));
alter table anchor_ops.listing add constraint listing_currency_form CHECK ((currency ~ '^[A-Za-z0-9]{1,12}$'::text));
alter table anchor_ops.listing add constraint listing_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.listing add constraint listing_id_from_identity CHECK ((id = (((((((
CASE network
    WHEN 'mainnet'::text THEN ''::text
    ELSE (network || ':'::text)
END || domain) || ':'::text) || type) || ':'::text) || country) || ':'::text) || currency)));
alter table anchor_ops.listing add constraint listing_identity UNIQUE (network, domain, country, currency, type);
alter table anchor_ops.listing add constraint listing_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)));
alter table anchor_ops.listing add constraint listing_pkey PRIMARY KEY (id);
alter table anchor_ops.listing add constraint listing_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 2048)));
alter table anchor_ops.listing add constraint listing_type_known CHECK ((type = ANY (ARRAY['on-ramp'::text, 'off-ramp'::text])));
alter table anchor_ops.run add constraint run_answer_when_finished CHECK (((answer IS NULL) OR (finished_at IS NOT NULL)));
alter table anchor_ops.run add constraint run_fence_once UNIQUE (fence);
alter table anchor_ops.run add constraint run_kind_known CHECK ((kind = ANY (ARRAY['sync'::text, 'refresh_capabilities'::text, 'import_directory'::text])));
alter table anchor_ops.run add constraint run_pkey PRIMARY KEY (id);
alter table anchor_ops.run add constraint run_trigger_form CHECK ((trigger ~ '^[a-z_]{1,32}$'::text));

-- Indexes
CREATE UNIQUE INDEX discovery_cursor_pkey ON anchor_ops.discovery_cursor USING btree (source);
CREATE UNIQUE INDEX home_domain_check_pkey ON anchor_ops.home_domain_check USING btree (network, domain, checked_at);
CREATE INDEX home_domain_oldest_check ON anchor_ops.home_domain USING btree (network, last_checked_at NULLS FIRST, domain);
CREATE UNIQUE INDEX home_domain_pkey ON anchor_ops.home_domain USING btree (network, domain);
CREATE UNIQUE INDEX lease_pkey ON anchor_ops.lease USING btree (name);
CREATE UNIQUE INDEX listing_identity ON anchor_ops.listing USING btree (network, domain, country, currency, type);
CREATE UNIQUE INDEX listing_pkey ON anchor_ops.listing USING btree (id);
CREATE UNIQUE INDEX run_fence_once ON anchor_ops.run USING btree (fence);
CREATE INDEX run_finished_by_kind ON anchor_ops.run USING btree (kind, finished_at DESC) WHERE (finished_at IS NOT NULL);
CREATE UNIQUE INDEX run_pkey ON anchor_ops.run USING btree (id);
CREATE INDEX run_started_by_kind ON anchor_ops.run USING btree (kind, started_at DESC);

-- Row level security
alter table anchor_ops.discovery_cursor enable row level security, force row level security;
alter table anchor_ops.home_domain enable row level security, force row level security;
alter table anchor_ops.home_domain_check enable row level security, force row level security;
alter table anchor_ops.lease enable row level security, force row level security;
alter table anchor_ops.listing enable row level security, force row level security;
alter table anchor_ops.run enable row level security, force row level security;

-- Policies
create policy discovery_cursor_service_role on anchor_ops.discovery_cursor as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy home_domain_service_role on anchor_ops.home_domain as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy home_domain_check_service_role on anchor_ops.home_domain_check as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy lease_service_role on anchor_ops.lease as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy listing_service_role on anchor_ops.listing as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy run_service_role on anchor_ops.run as PERMISSIVE for ALL to service_role using (true) with check (true);

-- Functions
CREATE OR REPLACE FUNCTION anchor_ops.holds_lease(p_run_id uuid, p_fence bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select exists (
    select from anchor_ops.lease join anchor_ops.run using (fence)
    where lease.name = 'catalogue' and lease.holder is not null and lease.fence = p_fence and run.id = p_run_id
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.iso_time(p_time timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$ select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.recent_run(p_kind text, p_quiet_seconds integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('started', false, 'skipped', 'recent', 'runId', run.id, 'answer', run.answer)
  from anchor_ops.run
  where run.kind = p_kind and run.answer is not null and run.finished_at > now() - make_interval(secs => p_quiet_seconds)
  order by run.finished_at desc
  limit 1
$function$
;
CREATE OR REPLACE FUNCTION public.claim_home_domains(p_network text, p_run_id uuid, p_fence bigint, p_limit integer, p_country text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.finish_run(p_run_id uuid, p_fence bigint, p_answer jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.lease set holder = null, expires_at = '-infinity'
  where lease.name = 'catalogue' and lease.fence = p_fence and lease.holder is not null
    and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
  if not found then
    return jsonb_build_object('finished', false);
  end if;

  update anchor_ops.run set finished_at = clock_timestamp(), answer = p_answer where run.id = p_run_id;
  return jsonb_build_object('finished', true);
end $function$
;
CREATE OR REPLACE FUNCTION public.import_listings(p_network text, p_rows jsonb, p_active boolean, p_source text, p_dry_run boolean, p_cursor_source text, p_cursor text, p_run_id uuid, p_fence bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '30s'
 SET lock_timeout TO '5s'
AS $function$
declare
  v_counts jsonb;
begin
  if p_network is null or p_dry_run is null then
    raise exception 'import_listings: needs a network and p_dry_run' using errcode = 'invalid_parameter_value';
  end if;

  -- Shared: the run itself may renew its lease meanwhile, but nobody takes it over before this import is committed.
  if p_fence is not null then
    perform from anchor_ops.lease join anchor_ops.run using (fence)
    where lease.name = 'catalogue' and lease.holder is not null and lease.fence = p_fence and run.id = p_run_id
    for share of lease;
    if not found then
      raise exception 'lease_lost' using errcode = 'AO001';
    end if;
  end if;

  -- One statement: every part of it sees the table as it was before, so a dry run counts what a real one does.
  -- Ordered inserts keep two imports at once from locking the same rows in opposite order.
  with incoming as (
    select distinct on (row.id) row.id, row.name, row.domain, row.country, row.currency, row.type
    from jsonb_to_recordset(p_rows)
      as row (id text collate "C", name text, domain text collate "C", country text, currency text collate "C", type text)
    order by row.id
  ),
  -- An issuer on Horizon may name any home domain. What a directory or a person listed keeps its name and source.
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
    insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source)
    select incoming.id, p_network, incoming.domain, incoming.country, incoming.currency, incoming.type, incoming.name,
      p_active, p_source
    from incoming where not p_dry_run order by incoming.id
    on conflict (id) do update
      set
        name = case when excluded.source like 'horizon:%' and listing.source not like 'horizon:%'
          then listing.name else excluded.name end,
        source = case when excluded.source like 'horizon:%' and listing.source not like 'horizon:%'
          then listing.source else excluded.source end,
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
end $function$
;
CREATE OR REPLACE FUNCTION public.read_catalog(p_network text, p_country text, p_currency text, p_type text, p_sep text, p_operational_only boolean, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  with page as (
    select catalogue.*, row_number() over (order by catalogue.id) as place
    from anchor_ops.catalogue
    where catalogue.network = p_network
      and (p_country is null or catalogue.country = p_country)
      and (p_currency is null or catalogue.currency = p_currency)
      and (p_type is null or catalogue.type = p_type)
      and (p_sep is null or coalesce(catalogue.capability #>> array['sep', p_sep, 'step'], 'absent') <> 'absent')
      and (catalogue.operational or not coalesce(p_operational_only, false))
      and (p_cursor is null or catalogue.id > p_cursor)
    order by catalogue.id
    limit greatest(p_limit, 1) + 1
  )
  select jsonb_build_object(
    'anchors', coalesce(jsonb_agg(
      jsonb_build_object(
        'id', page.id,
        'name', page.name,
        'domain', page.domain,
        'network', page.network,
        'country', page.country,
        'currency', page.currency,
        'type', page.type,
        'operational', page.operational,
        'sep', (
          select jsonb_object_agg(sep.name, coalesce(page.capability #>> array['sep', sep.name, 'step'], 'absent'))
          from unnest(array['sep6', 'sep10', 'sep12', 'sep24', 'sep31', 'sep38', 'sep45']) as sep (name)
        ),
        'fees', coalesce(
          page.capability #> array['sep', 'sep24', 'assets', page.currency, direction.name],
          page.capability #> array['sep', 'sep6', 'assets', page.currency, direction.name]
        ),
        'lastCheckedAt', anchor_ops.iso_time(page.last_checked_at)
      ) order by page.id
    ) filter (where page.place <= greatest(p_limit, 1)), '[]'),
    'next', case when count(*) > greatest(p_limit, 1)
      then max(page.id) filter (where page.place <= greatest(p_limit, 1)) end
  )
  from page, lateral (select case page.type when 'on-ramp' then 'deposit' else 'withdraw' end) as direction (name)
$function$
;
CREATE OR REPLACE FUNCTION public.read_countries(p_network text, p_include_non_operational boolean)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
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
      catalogue.country as code,
      jsonb_agg(distinct catalogue.currency) as currencies,
      count(*) filter (where catalogue.type = 'on-ramp') as on_ramp_count,
      count(*) filter (where catalogue.type = 'off-ramp') as off_ramp_count,
      count(*) filter (where catalogue.operational) as operational_anchors
    from anchor_ops.catalogue
    where catalogue.network = p_network and (catalogue.operational or coalesce(p_include_non_operational, false))
    group by catalogue.country
  ) as country
$function$
;
CREATE OR REPLACE FUNCTION public.read_health()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'homeDomains', (select count(*) from anchor_ops.home_domain),
    'running', (
      select jsonb_build_object(
        'runId', run.id,
        'kind', run.kind,
        'startedAt', anchor_ops.iso_time(run.started_at),
        'leaseExpiresAt', anchor_ops.iso_time(lease.expires_at)
      )
      from anchor_ops.lease join anchor_ops.run using (fence)
      where lease.name = 'catalogue' and lease.holder is not null and lease.expires_at > clock_timestamp()
    ),
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
$function$
;
CREATE OR REPLACE FUNCTION public.read_home_domain(p_network text, p_domain text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
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
    'trust', home_domain.trust,
    'findings', home_domain.findings,
    'evidenceAt', anchor_ops.iso_time(home_domain.evidence_at),
    'health', jsonb_build_object(
      'notFoundCount', home_domain.not_found_count,
      'policyFailureCount', home_domain.policy_failure_count,
      'okStreak', home_domain.ok_streak,
      'autoDisabledReason', home_domain.auto_disabled_reason,
      'lastOutcome', home_domain.outcome
    ),
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
          'source', listing.source,
          'firstListedAt', anchor_ops.iso_time(listing.first_listed_at),
          'lastListedAt', anchor_ops.iso_time(listing.last_listed_at)
        ) order by listing.id
      ), '[]')
      from anchor_ops.listing
      where listing.network = home_domain.network and listing.domain = home_domain.domain
    ),
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
$function$
;
CREATE OR REPLACE FUNCTION public.record_checks(p_network text, p_run_id uuid, p_fence bigint, p_lease_seconds integer, p_checks jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_domains text[];
begin
  -- Extending the lease locks its row until commit: a run that takes over waits, or this one finds 0 rows here.
  update anchor_ops.lease
  set expires_at = greatest(lease.expires_at, clock_timestamp() + make_interval(secs => p_lease_seconds))
  where lease.name = 'catalogue' and lease.fence = p_fence and lease.holder is not null
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
end $function$
;
CREATE OR REPLACE FUNCTION public.start_run(p_kind text, p_trigger text, p_holder uuid, p_lease_seconds integer, p_quiet_seconds integer, p_cursor_source text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_recent jsonb;
  v_fence bigint;
  v_run_id uuid;
begin
  if p_holder is null or p_lease_seconds not between 1 and 3600 or p_quiet_seconds < 0 then
    raise exception 'start_run: needs a holder, 1 to 3600 lease seconds and no negative quiet time'
      using errcode = 'invalid_parameter_value';
  end if;

  v_recent := anchor_ops.recent_run(p_kind, p_quiet_seconds);
  if v_recent is not null then
    return v_recent;
  end if;

  -- A lease that is held does not match, so nobody waits for its holder; contenders for an expired one queue on
  -- the row and look again when the first has committed.
  update anchor_ops.lease
  set holder = p_holder, fence = lease.fence + 1, expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where lease.name = 'catalogue' and lease.expires_at <= clock_timestamp()
  returning lease.fence into v_fence;

  if not found then
    return jsonb_build_object('started', false, 'skipped', 'already_running', 'answer', null, 'runId', (
      select run.id from anchor_ops.run join anchor_ops.lease using (fence) where lease.name = 'catalogue'
    ));
  end if;

  -- The run before may have finished between the first look and the lease.
  v_recent := anchor_ops.recent_run(p_kind, p_quiet_seconds);
  if v_recent is not null then
    update anchor_ops.lease set holder = null, expires_at = '-infinity' where lease.name = 'catalogue';
    return v_recent;
  end if;

  insert into anchor_ops.run (kind, trigger, fence) values (p_kind, p_trigger, v_fence) returning id into v_run_id;

  delete from anchor_ops.run
  where run.id in (
    select old.id from anchor_ops.run as old where old.kind = p_kind order by old.started_at desc offset 200
  );

  return jsonb_build_object('started', true, 'runId', v_run_id, 'fence', v_fence::text, 'cursor', (
    select discovery_cursor.cursor from anchor_ops.discovery_cursor where discovery_cursor.source = p_cursor_source
  ));
end $function$
;

-- Triggers

-- Grants to anybody but the owner
grant EXECUTE on function anchor_ops.holds_lease(uuid,bigint) to service_role;
grant EXECUTE on function anchor_ops.iso_time(timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.recent_run(text,integer) to service_role;
grant EXECUTE on function claim_home_domains(text,uuid,bigint,integer,text) to service_role;
grant EXECUTE on function finish_run(uuid,bigint,jsonb) to service_role;
grant EXECUTE on function import_listings(text,jsonb,boolean,text,boolean,text,text,uuid,bigint) to service_role;
grant EXECUTE on function read_catalog(text,text,text,text,text,boolean,integer,text) to service_role;
grant EXECUTE on function read_countries(text,boolean) to service_role;
grant EXECUTE on function read_health() to service_role;
grant EXECUTE on function read_home_domain(text,text) to service_role;
grant EXECUTE on function record_checks(text,uuid,bigint,integer,jsonb) to service_role;
grant EXECUTE on function start_run(text,text,uuid,integer,integer,text) to service_role;
grant USAGE on schema anchor_ops to service_role;
grant SELECT on table anchor_ops.catalogue to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.discovery_cursor to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.home_domain to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.home_domain_check to service_role;
grant SELECT, UPDATE on table anchor_ops.lease to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.listing to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.run to service_role;

-- Default privileges of anybody but the owner

-- Comments
comment on function anchor_ops.holds_lease(pg_catalog.uuid,bigint) is 'Whether the run still holds the lease. An expired lease that nobody took still counts: no other run can have written.';
comment on function anchor_ops.iso_time(timestamp with time zone) is 'ISO 8601 in UTC with milliseconds, whatever the time zone of the session.';
comment on function anchor_ops.recent_run(pg_catalog.text,integer) is 'What start_run answers when a run of that kind finished with an answer less than so many seconds ago; null otherwise. A run that broke off has none and does not count.';
comment on function public.claim_home_domains(pg_catalog.text,pg_catalog.uuid,bigint,integer,pg_catalog.text) is 'The home domains that a run is to check next: those with an active listing (in the country, where one is given), the longest unchecked first. Domains a machine took out of service are among them, so that they can come back. Raises AO001 when the run lost the lease.';
comment on function public.finish_run(pg_catalog.uuid,bigint,pg_catalog.jsonb) is 'Keeps the answer of a run (null when it broke off) and gives the lease back; finished is false when the run no longer holds it.';
comment on function public.import_listings(pg_catalog.text,pg_catalog.jsonb,boolean,pg_catalog.text,boolean,pg_catalog.text,pg_catalog.text,pg_catalog.uuid,bigint) is 'Stores listings in one step with the cursor of their source. p_active is for new rows only: an existing row keeps what a person decided. written counts every stored row, changed or not; a dry run writes nothing. Rows found on Horizon change no name and source that came from elsewhere. With a fence the rows come from a run: raises AO001, and stores nothing, when that run lost the lease. A person''s import has none.';
comment on function public.read_catalog(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,boolean,integer,pg_catalog.text) is 'A page of active listings in the order of their ids. p_sep keeps those whose stellar.toml at least declares that SEP. next is the p_cursor of the following page, null on the last. fees is what SEP-24, else SEP-6, says of the listing''s currency and direction.';
comment on function public.read_countries(pg_catalog.text,boolean) is 'Countries of active listings. Counts are of listings, as read_catalog gives them; without p_include_non_operational only operational ones are counted.';
comment on function public.read_health() is 'The last finished run of each kind, the run that holds the lease (null when none does), and how many home domains are known.';
comment on function public.read_home_domain(pg_catalog.text,pg_catalog.text) is 'The evidence on one home domain, all its listings and its last 50 checks; null when it is not known.';
comment on function public.record_checks(pg_catalog.text,pg_catalog.uuid,bigint,integer,pg_catalog.jsonb) is 'Stores the outcome of checks, adds them to the history (the newest 50 of a domain stay) and extends the lease; no checks at all is a heartbeat. A null capability, trust or operational keeps what was last known. Raises AO001, and stores nothing, when the run lost the lease.';
comment on function public.start_run(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,integer,pg_catalog.text) is 'Takes the lease of the catalogue and begins a run, or says why not: recent (a run of this kind finished less than p_quiet_seconds ago; its answer comes back) or already_running. A lease that has expired is taken over.';
comment on table anchor_ops.discovery_cursor is 'Where a walk through a source goes on next time. Writer: import_listings, in one step with the rows that were found.';
comment on table anchor_ops.home_domain is 'What is known of one home domain. Writers: record_checks; import_listings only adds rows.';
comment on table anchor_ops.home_domain_check is 'History of checks, the newest 50 of each home domain. Writer: record_checks.';
comment on table anchor_ops.lease is 'The right to write to the catalogue: at most one holder at a time. Writers: start_run, record_checks, finish_run.';
comment on table anchor_ops.listing is 'One row of the catalogue: an anchor in one country, currency and direction. Writer: import_listings; active is a person''s.';
comment on table anchor_ops.run is 'One row per run that got the lease; the newest 200 of each kind are kept. Writers: start_run, finish_run.';
comment on table column anchor_ops.discovery_cursor.cursor is 'Its own word for the place reached.';
comment on table column anchor_ops.discovery_cursor.source is 'The source that is walked through.';
comment on table column anchor_ops.discovery_cursor.updated_at is 'When the cursor last moved. Server clock.';
comment on table column anchor_ops.home_domain.auto_disabled_at is 'When a machine took it out of service; null while in service. A person decides with listing.active.';
comment on table column anchor_ops.home_domain.auto_disabled_reason is 'Why a machine took it out of service.';
comment on table column anchor_ops.home_domain.capability is 'What the last stellar.toml that could be read, and the services it names, support. Kept when a later check cannot tell.';
comment on table column anchor_ops.home_domain.domain is 'Canonical host: lower case, A-labels, no port, no trailing dot.';
comment on table column anchor_ops.home_domain.duration_ms is 'How long the last check took, in milliseconds.';
comment on table column anchor_ops.home_domain.error is 'What the last check says went wrong, at most 1,000 characters; null when ok.';
comment on table column anchor_ops.home_domain.evidence_at is 'When the capability was seen.';
comment on table column anchor_ops.home_domain.findings is 'Coded findings of the last check.';
comment on table column anchor_ops.home_domain.first_seen_at is 'When a listing first named it.';
comment on table column anchor_ops.home_domain.last_checked_at is 'When it was last checked; null before the first check. Never later than the server clock.';
comment on table column anchor_ops.home_domain.last_ok_at is 'When a check last had the outcome ok.';
comment on table column anchor_ops.home_domain.network is 'mainnet or testnet.';
comment on table column anchor_ops.home_domain.not_found_count is 'Definite failures since the last ok.';
comment on table column anchor_ops.home_domain.ok_streak is 'Checks with the outcome ok since the last definite or policy failure.';
comment on table column anchor_ops.home_domain.operational is 'Whether the last check that could tell found it usable.';
comment on table column anchor_ops.home_domain.outcome is 'Class of the last check: ok, definite (stellar.toml gone), policy (not trusted), unsure (could not be told).';
comment on table column anchor_ops.home_domain.policy_failure_count is 'Policy failures since the last ok.';
comment on table column anchor_ops.home_domain.trust is 'Verdict of the trust rules on that capability.';
comment on table column anchor_ops.home_domain_check.checked_at is 'When it was checked.';
comment on table column anchor_ops.home_domain_check.domain is 'The home domain that was checked.';
comment on table column anchor_ops.home_domain_check.duration_ms is 'How long the check took, in milliseconds.';
comment on table column anchor_ops.home_domain_check.error is 'What went wrong, at most 1,000 characters; null when ok.';
comment on table column anchor_ops.home_domain_check.findings is 'Coded findings of the check.';
comment on table column anchor_ops.home_domain_check.network is 'mainnet or testnet.';
comment on table column anchor_ops.home_domain_check.outcome is 'Class of the outcome, as in home_domain.outcome.';
comment on table column anchor_ops.home_domain_check.run_id is 'The run that checked it; its row may have been pruned since.';
comment on table column anchor_ops.lease.expires_at is 'From then on another run may take the lease. Server clock.';
comment on table column anchor_ops.lease.fence is 'Grows by one whenever the lease is taken. A writer with an older fence is refused.';
comment on table column anchor_ops.lease.holder is 'Chosen by the caller of start_run; null once the run has finished.';
comment on table column anchor_ops.lease.name is 'What is leased; one row per thing.';
comment on table column anchor_ops.listing.active is 'A person''s decision. An import sets it for a new row and never touches it again.';
comment on table column anchor_ops.listing.country is 'ISO 3166-1 alpha-2 code; ZZ is worldwide.';
comment on table column anchor_ops.listing.currency is 'Currency or asset code, letter case as listed.';
comment on table column anchor_ops.listing.domain is 'The home domain it stands on.';
comment on table column anchor_ops.listing.first_listed_at is 'When it was first imported.';
comment on table column anchor_ops.listing.id is 'domain:type:country:currency, with testnet: before it on testnet. Opaque to callers.';
comment on table column anchor_ops.listing.last_listed_at is 'When it was last imported.';
comment on table column anchor_ops.listing.name is 'Name of the anchor as last listed.';
comment on table column anchor_ops.listing.network is 'mainnet or testnet.';
comment on table column anchor_ops.listing.source is 'Where the row was last listed: the URL of a directory, or request-body.';
comment on table column anchor_ops.listing.type is 'on-ramp (deposit) or off-ramp (withdraw).';
comment on table column anchor_ops.run.answer is 'What the run answered, given again to a caller who asks too soon.';
comment on table column anchor_ops.run.fence is 'The fence this run got with the lease.';
comment on table column anchor_ops.run.finished_at is 'When finish_run was called; null for a run that is under way or died.';
comment on table column anchor_ops.run.id is 'Shown to callers as runId.';
comment on table column anchor_ops.run.kind is 'The action that was asked for.';
comment on table column anchor_ops.run.started_at is 'When the lease was taken. Server clock.';
comment on table column anchor_ops.run.trigger is 'What started it, such as a schedule or a person.';
comment on view anchor_ops.catalogue is 'Active listings with what is known of their home domain. An anchor is operational when a person lists it, the last check that could tell found it usable, and no machine took it out of service.';
comment on view column anchor_ops.catalogue.capability is 'As in home_domain.';
comment on view column anchor_ops.catalogue.country is 'As in listing.';
comment on view column anchor_ops.catalogue.currency is 'As in listing.';
comment on view column anchor_ops.catalogue.domain is 'As in listing.';
comment on view column anchor_ops.catalogue.id is 'As in listing.';
comment on view column anchor_ops.catalogue.last_checked_at is 'As in home_domain.';
comment on view column anchor_ops.catalogue.name is 'As in listing.';
comment on view column anchor_ops.catalogue.network is 'As in listing.';
comment on view column anchor_ops.catalogue.operational is 'The one definition of operational, for every reader.';
comment on view column anchor_ops.catalogue.type is 'As in listing.';
