-- A check reads a home domain; a listing is one row of the catalog and belongs to a home domain. Each table has one
-- writer, so that an import never undoes a decision and a check never renames an anchor.

create table anchor_ops.lease (
  name text primary key,
  holder uuid,
  fence bigint not null default 0,
  expires_at timestamptz not null default '-infinity',
  constraint lease_name_known check (name in ('catalog', 'horizon')),
  constraint lease_fence_not_negative check (fence >= 0)
);
comment on table anchor_ops.lease is 'The right of a run to write what it discovers to the catalog. At most one run holds each: catalog a sync, horizon a walk over all assets. An import by a person needs no lease, nor does a check. Writers: start_run, renew_lease, finish_run.';
comment on column anchor_ops.lease.holder is 'A UUID that the caller of start_run chose; null once the run has finished.';
comment on column anchor_ops.lease.fence is 'Grows whenever a run takes the lease, and belongs to one lease alone. The database refuses a run with an older fence.';
comment on column anchor_ops.lease.expires_at is 'From this time on another run may take the lease.';

insert into anchor_ops.lease (name) values ('catalog'), ('horizon');

create sequence anchor_ops.lease_fence;

create table anchor_ops.run (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  trigger text not null,
  fence bigint,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  answer jsonb,
  constraint run_kind_known check (kind in ('sync', 'refresh_capabilities', 'check', 'discover')),
  constraint run_trigger_form check (trigger ~ '^[a-z_]{1,32}$'),
  constraint run_fence_once unique (fence),
  constraint run_answer_when_finished check (answer is null or finished_at is not null)
);
comment on table anchor_ops.run is 'One row per run that began, kept for 30 days; the last one that finished of each kind stays. Writers: start_run, finish_run.';
comment on column anchor_ops.run.fence is 'Null for a run that only checks, which needs no lease.';
comment on column anchor_ops.run.trigger is 'scheduled or manual.';
comment on column anchor_ops.run.finished_at is 'Null for a run that is under way or died.';
comment on column anchor_ops.run.answer is 'The answer of the run. A scheduled call that comes again within 600 s gets it too.';

create index run_finished_by_kind on anchor_ops.run (kind, finished_at desc) where finished_at is not null;
create index run_started_by_kind on anchor_ops.run (kind, started_at desc);

-- The next two are declared immutable although iso_time is not: it always writes UTC, and in digits. Written in SQL, which
-- starts anew for each row, they made an import of 20,000 new rows take 1.9 s in place of 1.3 s.
create function anchor_ops.listing_text(
  p_id text, p_name text, p_domain text, p_network text, p_country text, p_currency text, p_type text, p_rail text,
  p_asset text, p_basis text, p_pairing text, p_updated_at timestamptz, p_shown jsonb
) returns text
language plpgsql immutable security invoker set search_path = ''
as $$
declare
  v_text text := (jsonb_build_object(
    'id', p_id, 'name', p_name, 'domain', p_domain, 'network', p_network, 'country', p_country, 'currency', p_currency,
    'type', p_type, 'rail', p_rail, 'asset', p_asset, 'basis', p_basis, 'pairing', p_pairing,
    'updatedAt', anchor_ops.iso_time(p_updated_at)
  ) || p_shown)::text;
begin
  return substr(v_text, 2, length(v_text) - 2);
end $$;
comment on function anchor_ops.listing_text is
  'What a page says of a listing whatever the time and its home domain, as JSON without the braces: all but operational, why, step and what domain_text says.';

create function anchor_ops.domain_text(p_shown jsonb, p_last_checked_at timestamptz) returns text
language plpgsql immutable security invoker set search_path = ''
as $$
declare
  v_text text := (p_shown || jsonb_build_object('lastCheckedAt', anchor_ops.iso_time(p_last_checked_at)))::text;
begin
  return substr(v_text, 2, length(v_text) - 2);
end $$;
comment on function anchor_ops.domain_text is 'What a page says of the home domain of each listing, as JSON without the braces.';

create table anchor_ops.home_domain (
  network text not null,
  domain text collate "C" not null,
  first_seen_at timestamptz not null default now(),
  last_checked_at timestamptz,
  last_ok_at timestamptz,
  duration_ms integer,
  outcome text,
  error text,
  operational boolean not null default false,
  capability jsonb,
  shown jsonb not null default '{"signingKey": null, "sep": {"sep6": "absent", "sep10": "absent", "sep12": "absent", "sep24": "absent", "sep31": "absent", "sep38": "absent", "sep45": "absent", "sep59": "absent"}, "evidence": {}}',
  steps text[] not null default '{}',
  shown_text text not null generated always as (anchor_ops.domain_text(shown, last_checked_at)) stored,
  trust jsonb,
  findings jsonb not null default '[]',
  evidence_at timestamptz,
  health jsonb not null default '{}',
  window_start timestamptz,
  window_outcome text,
  window_counted boolean not null default false,
  window_health jsonb,
  replaced jsonb,
  identity jsonb,
  held jsonb,
  auto_disabled_at timestamptz,
  person_says text,
  primary key (network, domain),
  constraint home_domain_network_known check (network in ('mainnet', 'testnet')),
  constraint home_domain_lower_case_host check (
    char_length(domain) between 3 and 253
    and domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'
  ),
  constraint home_domain_duration_not_negative check (duration_ms >= 0),
  constraint home_domain_outcome_known check (outcome in ('ok', 'definite', 'policy', 'unsure')),
  constraint home_domain_error_length check (char_length(error) <= 1000),
  constraint home_domain_health_object check (jsonb_typeof(health) = 'object'),
  constraint home_domain_window_whole check (
    (window_start is null) = (window_outcome is null) and (window_start is null) = (window_health is null)
  ),
  constraint home_domain_window_outcome_known check (window_outcome in ('ok', 'definite', 'policy', 'unsure')),
  constraint home_domain_window_health_object check (jsonb_typeof(window_health) = 'object'),
  constraint home_domain_replaced_object check (jsonb_typeof(replaced) = 'object'),
  constraint home_domain_identity_object check (jsonb_typeof(identity) = 'object'),
  constraint home_domain_held_object check (jsonb_typeof(held) = 'object'),
  constraint home_domain_auto_disabled_reason_known check (
    health ->> 'autoDisabledReason' in ('sep1_not_found', 'policy', 'flapping')
  ),
  constraint home_domain_capability_object check (jsonb_typeof(capability) = 'object'),
  constraint home_domain_trust_object check (jsonb_typeof(trust) = 'object'),
  constraint home_domain_findings_array check (jsonb_typeof(findings) = 'array'),
  constraint home_domain_auto_disabled_whole check (
    (auto_disabled_at is null) = ((health ->> 'autoDisabledReason') is null)
  ),
  constraint home_domain_person_says_known check (person_says in ('enable', 'disable'))
);
create index home_domain_disabled on anchor_ops.home_domain (network, domain) where auto_disabled_at is not null;
create index home_domain_flapping on anchor_ops.home_domain (network, domain)
  where auto_disabled_at is not null and health ->> 'autoDisabledReason' = 'flapping' and person_says is null;
-- A page reads these columns, and the others are large.
alter table anchor_ops.home_domain alter column shown set storage main;
alter table anchor_ops.home_domain alter column shown_text set storage main;
create index home_domain_steps on anchor_ops.home_domain using gin (steps);
create index home_domain_held on anchor_ops.home_domain (network, domain) where held is not null;
comment on table anchor_ops.home_domain is 'The evidence of the checks on one home domain. Writers: record_checks; decide_anchor writes person_says; import_listings only adds rows.';

-- Home domains below one registrable domain stand together.
create index home_domain_reversed on anchor_ops.home_domain (network, reverse(domain));
comment on column anchor_ops.home_domain.domain is 'Canonical host: lower case, A-labels, no port, no trailing dot.';
comment on column anchor_ops.home_domain.first_seen_at is 'When a listing first named the home domain.';
comment on column anchor_ops.home_domain.last_checked_at is 'Never later than the clock of the database; null before the first check.';
comment on column anchor_ops.home_domain.outcome is 'Outcome of the last check: ok, definite (the stellar.toml is gone), policy (not trusted) or unsure.';
comment on column anchor_ops.home_domain.operational is 'Whether the last check that was not unsure found one of the listings served. The age of the evidence, the switch and people are not asked.';
comment on column anchor_ops.home_domain.capability is 'The protocols and assets of the last readable stellar.toml and of its endpoints. An unsure check leaves them.';
comment on column anchor_ops.home_domain.shown is 'What a page of the catalog shows of the capability, which is too large to be read for every row. A trigger writes it.';
comment on column anchor_ops.home_domain.shown_text is 'What a page says of the home domain of each listing, as JSON without the braces. The database writes it with the row: building these texts while reading took most of the time of a page.';
comment on column anchor_ops.home_domain.steps is 'Each step that a protocol has reached, such as sep24:conformant, with the steps below it. A trigger writes it.';
comment on column anchor_ops.home_domain.trust is 'Verdict of the trust rules on that capability.';
comment on column anchor_ops.home_domain.evidence_at is 'When a check read the capability.';
comment on column anchor_ops.home_domain.health is 'The state that the health rules left the home domain in: counts of failures, and why it is out of service. {} before the first check.';
comment on column anchor_ops.home_domain.window_start is 'When the window of the last check began.';
comment on column anchor_ops.home_domain.window_outcome is 'What the checks of that window say together: ok if one was ok, else the last failure that was not unsure.';
comment on column anchor_ops.home_domain.window_counted is 'Whether check_window counts the home domain in that window: it was well before, and a directory or a person listed it.';
comment on column anchor_ops.home_domain.window_health is 'The health before that window. A further check in the window judges from it again, so that a window counts once.';
comment on column anchor_ops.home_domain.replaced is 'What a failure in that window took the place of, while the home domain was well before: capability, trust, operational, verdicts of listings. brake_window restores it.';
comment on column anchor_ops.home_domain.identity is 'Who the anchor is: signing key, passphrase, hosts and issuers that count, and the organisation, fees and steps that changes are told against. A check with the outcome ok writes it, and a person who accepts what is held.';
comment on column anchor_ops.home_domain.held is 'An identity that was seen and does not count yet: since when, what changed, and who the anchor is once it counts. No listing is operational meanwhile, unless a person says so.';
comment on column anchor_ops.home_domain.auto_disabled_at is 'When the health rules took the home domain out of service; null while it is in service.';
comment on column anchor_ops.home_domain.person_says is 'What a person decided for all listings of the home domain: enable or disable; null leaves it to the rules. A decision on one listing stands above it.';

create table anchor_ops.due_check (
  network text not null,
  domain text collate "C" not null,
  due_at timestamptz not null,
  priority smallint not null,
  checked_at timestamptz,
  claimed_until timestamptz not null default '-infinity',
  token uuid,
  patient_until timestamptz not null default '-infinity',
  primary key (network, domain),
  constraint due_check_home_domain foreign key (network, domain) references anchor_ops.home_domain (network, domain),
  constraint due_check_priority_known check (priority between 0 and 2)
) with (fillfactor = 80);
comment on table anchor_ops.due_check is 'The work queue of the checks: one row for each home domain with an active listing. It is narrow, because each claim writes it. Writers: schedule_checks, claim_checks, renew_claims, release_claims, record_checks, brake_window.';
comment on column anchor_ops.due_check.priority is '0: listed by a directory or a person, and in service. 1: listed so, and never checked. 2: out of service, or found on Horizon alone.';
comment on column anchor_ops.due_check.checked_at is 'When it was last checked, by the clock of the database; null before the first check.';
comment on column anchor_ops.due_check.claimed_until is 'From this time on another invocation may claim the check.';
comment on column anchor_ops.due_check.patient_until is 'A server of the anchor asked to be left alone until then (Retry-After), for a day at most.';
comment on column anchor_ops.due_check.token is 'The claim. What an invocation records under another token is not stored.';

create index due_check_next on anchor_ops.due_check (network, priority, due_at, domain);
create index due_check_oldest on anchor_ops.due_check (network, checked_at nulls first, domain);

create table anchor_ops.check_window (
  network text not null,
  started_at timestamptz not null,
  healthy_before integer not null default 0,
  failed_now integer not null default 0,
  braked_at timestamptz,
  primary key (network, started_at),
  constraint check_window_counts check (failed_now between 0 and healthy_before)
);
comment on table anchor_ops.check_window is 'One row per window with checks, kept for 90 days. Writers: record_checks, brake_window.';
comment on column anchor_ops.check_window.healthy_before is 'The home domains checked in the window that were ok in the window before and that a directory or a person lists.';
comment on column anchor_ops.check_window.failed_now is 'Those of them that were not ok in this window.';
comment on column anchor_ops.check_window.braked_at is 'Since when failures of this window count against nobody, because so many failed that the fault is likely ours.';

create table anchor_ops.listing (
  id text collate "C" primary key,
  network text not null,
  domain text collate "C" not null,
  country text not null,
  currency text collate "C" not null,
  type text not null,
  name text not null,
  active boolean not null,
  source text not null,
  pairing text not null default 'given',
  first_listed_at timestamptz not null default now(),
  last_listed_at timestamptz not null default now(),
  missed smallint not null default 0,
  delisted_at timestamptz,
  operational boolean not null default false,
  operational_until timestamptz,
  stale_why text,
  why text[] not null default '{unchecked}',
  rail text,
  asset text,
  basis text,
  shown jsonb not null default '{"stellarAsset": null, "railUrl": null, "fees": null, "features": null}',
  asset_code text collate "C" generated always as (shown #>> '{stellarAsset,code}') stored,
  asset_issuer text collate "C" generated always as (shown #>> '{stellarAsset,issuer}') stored,
  updated_at timestamptz not null default clock_timestamp(),
  person_says text,
  shown_operational boolean not null default false,
  shown_why text[] not null default '{unchecked}',
  shown_text text not null generated always as (
    anchor_ops.listing_text(id, name, domain, network, country, currency, type, rail, asset, basis, pairing, updated_at, shown)
  ) stored,
  constraint listing_identity unique (network, domain, country, currency, type),
  constraint listing_home_domain foreign key (network, domain) references anchor_ops.home_domain (network, domain),
  constraint listing_country_alpha_2 check (country ~ '^[A-Z]{2}$'),
  constraint listing_currency_form check (currency ~ '^[A-Za-z0-9]{1,12}$'),
  constraint listing_type_known check (type in ('on-ramp', 'off-ramp')),
  constraint listing_name_length check (char_length(name) between 1 and 100),
  constraint listing_source_length check (char_length(source) between 1 and 2048),
  constraint listing_pairing_known check (pairing in ('given', 'multiplied')),
  constraint listing_delisted_after_three check (missed between 0 and 3 and (missed = 3) = (delisted_at is not null)),
  constraint listing_operational_by_a_rail check (
    not operational or (operational_until is not null and rail is not null)
  ),
  constraint listing_why_bounded check (cardinality(why) <= 40),
  constraint listing_rail_known check (rail in ('sep6', 'sep24', 'sep31', 'sep59')),
  constraint listing_asset_length check (char_length(asset) between 1 and 100),
  constraint listing_basis_known check (basis in ('code', 'anchor_asset', 'known_asset', 'quote', 'offering')),
  constraint listing_person_says_known check (person_says in ('enable', 'disable')),
  constraint listing_id_from_identity check (
    id = case network when 'mainnet' then '' else network || ':' end
      || domain || ':' || type || ':' || country || ':' || currency
  )
);
-- A page reads this column, and not shown, which may be as large.
alter table anchor_ops.listing alter column shown_text set storage main;
create index listing_by_id on anchor_ops.listing (network, id) where active;
create index listing_by_country on anchor_ops.listing (network, country, id) where active;
create index listing_by_currency on anchor_ops.listing (network, upper(currency), id) where active;
create index listing_by_asset on anchor_ops.listing (network, asset_code, id) where active and asset_code is not null;
create index listing_by_issuer on anchor_ops.listing (network, asset_issuer, id) where active and asset_issuer is not null;
create index listing_by_update on anchor_ops.listing (network, updated_at) where active;
create index listing_in_operation on anchor_ops.listing (network, id) where active and shown_operational;
-- Any three letters in a row of names and home domains. It holds every row, because the planner takes how often a word occurs
-- from its statistics, and does not look into those of a part.
create index listing_by_words on anchor_ops.listing
  using gin (lower(domain) extensions.gin_trgm_ops, lower(name) extensions.gin_trgm_ops);
create index listing_shown_operational on anchor_ops.listing (network, domain) where shown_operational;
comment on table anchor_ops.listing is 'One row of the catalog: an anchor in one country, currency and direction. Writers: import_listings; record_checks writes the verdict; decide_anchor writes person_says.';
comment on column anchor_ops.listing.country is 'ISO 3166-1 alpha-2 code; ZZ is worldwide.';
comment on column anchor_ops.listing.currency is 'Currency or asset code, letter case as listed.';
comment on column anchor_ops.listing.type is 'on-ramp (deposit) or off-ramp (withdraw).';
comment on column anchor_ops.listing.active is 'A person''s decision. An import sets it for a new row and never changes it later.';
comment on column anchor_ops.listing.operational is 'Whether the last check that was not unsure found the listing served. The view judged_listing also asks the age of the evidence, the switch of the home domain, held identities, what is delisted, and people.';
comment on column anchor_ops.listing.operational_until is 'When the evidence that the verdict rests on is too old.';
comment on column anchor_ops.listing.stale_why is 'The reason from operational_until on; null is that the rail is stale.';
comment on column anchor_ops.listing.why is 'The reasons of the verdict, as codes of docs/reasons.md.';
comment on column anchor_ops.listing.rail is 'The protocol that carries the listing.';
comment on column anchor_ops.listing.asset is 'The asset of that protocol, as its /info spells it.';
comment on column anchor_ops.listing.basis is 'What links that asset with the currency of the listing.';
comment on column anchor_ops.listing.shown is 'What a page of the catalog shows beside the verdict: the asset on the ledger, the URL of the rail, fees, features. All are null before the first readable stellar.toml.';
comment on column anchor_ops.listing.updated_at is 'When something that a page shows of the listing changed last, other than the ages of the evidence. A trigger writes it.';
comment on column anchor_ops.listing.person_says is 'What a person decided for this listing: enable or disable; null leaves it to the home domain and the rules.';
comment on column anchor_ops.listing.shown_operational is 'Whether the last noted switch put the listing into operation. note_changes compares it with the present verdict.';
comment on column anchor_ops.listing.shown_why is 'The reasons at that switch.';
comment on column anchor_ops.listing.shown_text is 'What a page says of the listing whatever the time and its home domain, as JSON without the braces. The database writes it with the row.';
comment on column anchor_ops.listing.pairing is 'given: the source names this country with this currency. multiplied: it names several of each in one row, and nothing says which belong together.';
comment on column anchor_ops.listing.last_listed_at is 'When an import last wrote the row as listed. A directory that still lists it was imported later: see directory.imported_at.';
comment on column anchor_ops.listing.missed is 'How many times in a row its source was read as a whole and did not list it.';
comment on column anchor_ops.listing.delisted_at is 'When its source had dropped it for the third time in a row; null while it is listed.';
comment on column anchor_ops.listing.source is 'Where the row was last listed: the URL of a directory, a Horizon (horizon:…), or request-body.';

create table anchor_ops.home_domain_check (
  network text not null,
  domain text collate "C" not null,
  checked_at timestamptz not null,
  run_id uuid not null,
  outcome text not null,
  error text,
  duration_ms integer not null,
  findings jsonb,
  primary key (network, domain, checked_at),
  constraint home_domain_check_home_domain foreign key (network, domain)
    references anchor_ops.home_domain (network, domain),
  constraint home_domain_check_outcome_known check (outcome in ('ok', 'definite', 'policy', 'unsure')),
  constraint home_domain_check_error_length check (char_length(error) <= 1000),
  constraint home_domain_check_duration_not_negative check (duration_ms >= 0),
  constraint home_domain_check_findings_array check (jsonb_typeof(findings) = 'array')
);
comment on table anchor_ops.home_domain_check is 'History of checks: of each home domain those of the 90 days up to its last one. Writer: record_checks.';
comment on column anchor_ops.home_domain_check.findings is 'Null when they are those of the check before, in the same month of UTC: most checks find what the last one found.';
comment on column anchor_ops.home_domain_check.run_id is 'The run that checked it. No foreign key: start_run deletes old runs.';

create table anchor_ops.home_domain_day (
  network text not null,
  domain text collate "C" not null,
  day date not null,
  checks integer not null,
  ok integer not null,
  median_ms integer not null,
  p95_ms integer not null,
  steps text,
  primary key (network, domain, day),
  constraint home_domain_day_home_domain foreign key (network, domain)
    references anchor_ops.home_domain (network, domain),
  constraint home_domain_day_counts check (ok between 0 and checks)
);
comment on table anchor_ops.home_domain_day is 'What the checks of a UTC day said of a home domain, stored by the first check of a later day and kept for good. It is narrow, because 300 home domains add 110,000 rows a year. Writer: roll_up.';
comment on column anchor_ops.home_domain_day.ok is 'The checks with the outcome ok.';
comment on column anchor_ops.home_domain_day.steps is 'The step of each declared protocol after the last check of the day, such as sep10:verified sep24:conformant. Null when they are those of the stored day before in the same month.';

create table anchor_ops.discovery_cursor (
  source text primary key,
  cursor text,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint discovery_cursor_source_length check (char_length(source) between 1 and 2048),
  constraint discovery_cursor_cursor_length check (char_length(cursor) between 1 and 2048)
);
comment on table anchor_ops.discovery_cursor is 'Where the next walk through a source begins. Writer: import_listings, in one step with the listings that were found.';
comment on column anchor_ops.discovery_cursor.cursor is 'Null when the last walk has reached the end.';
comment on column anchor_ops.discovery_cursor.started_at is 'When the walk that is under way, or the last one, began.';

create table anchor_ops.country_summary (
  network text not null,
  country text not null,
  operational boolean not null,
  currencies text[] not null,
  on_ramps integer not null,
  off_ramps integer not null,
  anchors integer not null,
  listings integer not null,
  primary key (network, country, operational)
);
comment on table anchor_ops.country_summary is 'The active listings of each country, counted by anchor: all of them, and those in operation. Writer: summarise_countries.';

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
  ) || case when sep.value ? 'silentSince' then jsonb_build_object('silentSince', sep.value -> 'silentSince') else '{}' end), '{}')
  from jsonb_each(p_capability -> 'sep') as sep
  where sep.value ->> 'step' <> 'absent'
$$;
comment on function anchor_ops.evidence_ages is
  'For each declared protocol of a capability: when it was seen, when it was last seen well, whether it refuses strangers, whether its step rests on an earlier check, what the last sign-in saw, and since when SEP-10 has been silent, if it is.';

create function anchor_ops.show_capability() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  new.steps := coalesce((
    select array_agg(sep.key || ':' || reached.step order by sep.key, reached.place)
    from jsonb_each(new.capability -> 'sep') as sep,
      unnest(array['declared', 'reachable', 'conformant', 'verified']) with ordinality as reached (step, place)
    where reached.place <= array_position(array['declared', 'reachable', 'conformant', 'verified'], sep.value ->> 'step')
  ), '{}');
  new.shown := jsonb_build_object(
    'signingKey', new.capability -> 'signingKey',
    'sep', (
      select jsonb_object_agg(sep.name, coalesce(new.capability #> array['sep', sep.name, 'step'], '"absent"'))
      from unnest(anchor_ops.sep_names()) as sep (name)
    ),
    'evidence', coalesce(anchor_ops.evidence_ages(new.capability), '{}')
  );
  return new;
end $$;
comment on function anchor_ops.show_capability is 'Writes shown and steps of a home domain from its capability, whoever changes it.';

create trigger show_new_capability before insert on anchor_ops.home_domain
  for each row when (new.capability is not null) execute function anchor_ops.show_capability();
create trigger show_capability before update on anchor_ops.home_domain
  for each row when (new.capability is distinct from old.capability) execute function anchor_ops.show_capability();

create function anchor_ops.date_listing() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end $$;
comment on function anchor_ops.date_listing is 'Dates the last change of what a page shows of a listing.';

create trigger date_listing before update on anchor_ops.listing
  for each row when (
    (new.name, new.active, new.why, new.rail, new.asset, new.basis, new.shown, new.pairing, new.person_says,
      new.shown_operational, new.shown_why)
    is distinct from (old.name, old.active, old.why, old.rail, old.asset, old.basis, old.shown, old.pairing, old.person_says,
      old.shown_operational, old.shown_why)
  ) execute function anchor_ops.date_listing();

create view anchor_ops.judged_listing with (security_invoker = true) as
select
  listing.*,
  home_domain.shown as domain_shown,
  home_domain.shown_text as domain_shown_text,
  home_domain.steps,
  home_domain.last_checked_at,
  case coalesce(listing.person_says, home_domain.person_says)
    when 'enable' then listing.active
    when 'disable' then false
    else listing.active and listing.operational and listing.operational_until > now()
      and home_domain.auto_disabled_at is null and home_domain.held is null and listing.delisted_at is null
  end as operational_now,
  case coalesce(listing.person_says, home_domain.person_says)
    when 'enable' then '{enabled_by_person}'::text[]
    when 'disable' then '{disabled_by_person}'::text[]
    else '{}'::text[]
  end || case
    when home_domain.auto_disabled_at is null then '{}'::text[]
    else '{domain_disabled}'::text[]
  end || case
    when home_domain.held is null then '{}'::text[]
    else '{identity_changed}'::text[]
  end || case
    when listing.delisted_at is null then '{}'::text[]
    else '{delisted}'::text[]
  end || case
    when listing.operational and listing.operational_until <= now() then array[coalesce(listing.stale_why, listing.rail || '_stale')]
    else listing.why
  end as why_now
from anchor_ops.listing join anchor_ops.home_domain using (network, domain);
comment on view anchor_ops.judged_listing is
  'Each listing with what is said of it now, and why. A person stands above the rules. Without one, a listing is operational when it is active, the last check that was not unsure found it served, its evidence is not too old, its source still lists it, the health rules did not take the home domain out of service, and no new identity is held.';

grant execute on function anchor_ops.listing_text, anchor_ops.domain_text, anchor_ops.sep_names, anchor_ops.evidence_ages, anchor_ops.show_capability, anchor_ops.date_listing
  to service_role;

notify pgrst, 'reload schema';
