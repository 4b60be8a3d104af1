-- A home domain is what is checked; a listing is one row of the catalogue that stands on it. Each table has one
-- writer, so that an import can never undo a decision and a check can never rename an anchor.

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
  trust jsonb,
  findings jsonb not null default '[]',
  evidence_at timestamptz,
  not_found_count integer not null default 0,
  policy_failure_count integer not null default 0,
  ok_streak integer not null default 0,
  auto_disabled_at timestamptz,
  auto_disabled_reason text,
  primary key (network, domain),
  constraint home_domain_network_known check (network in ('mainnet', 'testnet')),
  constraint home_domain_lower_case_host check (
    char_length(domain) between 3 and 253
    and domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'
  ),
  constraint home_domain_duration_not_negative check (duration_ms >= 0),
  constraint home_domain_outcome_known check (outcome in ('ok', 'definite', 'policy', 'unsure')),
  constraint home_domain_error_length check (char_length(error) <= 1000),
  constraint home_domain_counts_not_negative check (
    not_found_count >= 0 and policy_failure_count >= 0 and ok_streak >= 0
  ),
  constraint home_domain_capability_object check (jsonb_typeof(capability) = 'object'),
  constraint home_domain_trust_object check (jsonb_typeof(trust) = 'object'),
  constraint home_domain_findings_array check (jsonb_typeof(findings) = 'array'),
  constraint home_domain_auto_disabled_reason_known check (auto_disabled_reason in ('sep1_not_found', 'policy')),
  constraint home_domain_auto_disabled_whole check ((auto_disabled_at is null) = (auto_disabled_reason is null))
);
comment on table anchor_ops.home_domain is 'What is known of one home domain. Writers: record_checks; import_listings only adds rows.';
comment on column anchor_ops.home_domain.network is 'mainnet or testnet.';
comment on column anchor_ops.home_domain.domain is 'Canonical host: lower case, A-labels, no port, no trailing dot.';
comment on column anchor_ops.home_domain.first_seen_at is 'When a listing first named it.';
comment on column anchor_ops.home_domain.last_checked_at is 'When it was last checked; null before the first check. Never later than the server clock.';
comment on column anchor_ops.home_domain.last_ok_at is 'When a check last had the outcome ok.';
comment on column anchor_ops.home_domain.duration_ms is 'How long the last check took, in milliseconds.';
comment on column anchor_ops.home_domain.outcome is 'Class of the last check: ok, definite (stellar.toml gone), policy (not trusted), unsure (could not be told).';
comment on column anchor_ops.home_domain.error is 'What the last check says went wrong, at most 1,000 characters; null when ok.';
comment on column anchor_ops.home_domain.operational is 'Whether the last check that could tell found it usable.';
comment on column anchor_ops.home_domain.capability is 'What the last stellar.toml that could be read, and the services it names, support. Kept when a later check cannot tell.';
comment on column anchor_ops.home_domain.trust is 'Verdict of the trust rules on that capability.';
comment on column anchor_ops.home_domain.findings is 'Coded findings of the last check.';
comment on column anchor_ops.home_domain.evidence_at is 'When the capability was seen.';
comment on column anchor_ops.home_domain.not_found_count is 'Definite failures since the last ok.';
comment on column anchor_ops.home_domain.policy_failure_count is 'Policy failures since the last ok.';
comment on column anchor_ops.home_domain.ok_streak is 'Checks with the outcome ok since the last definite or policy failure.';
comment on column anchor_ops.home_domain.auto_disabled_at is 'When a machine took it out of service; null while in service. A person decides with listing.active.';
comment on column anchor_ops.home_domain.auto_disabled_reason is 'Why a machine took it out of service.';

create index home_domain_oldest_check on anchor_ops.home_domain (network, last_checked_at nulls first, domain);

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
  first_listed_at timestamptz not null default now(),
  last_listed_at timestamptz not null default now(),
  constraint listing_identity unique (network, domain, country, currency, type),
  constraint listing_home_domain foreign key (network, domain) references anchor_ops.home_domain (network, domain),
  constraint listing_country_alpha_2 check (country ~ '^[A-Z]{2}$'),
  constraint listing_currency_form check (currency ~ '^[A-Za-z0-9]{1,12}$'),
  constraint listing_type_known check (type in ('on-ramp', 'off-ramp')),
  constraint listing_name_length check (char_length(name) between 1 and 100),
  constraint listing_source_length check (char_length(source) between 1 and 2048),
  constraint listing_id_from_identity check (
    id = case network when 'mainnet' then '' else network || ':' end
      || domain || ':' || type || ':' || country || ':' || currency
  )
);
comment on table anchor_ops.listing is 'One row of the catalogue: an anchor in one country, currency and direction. Writer: import_listings; active is a person''s.';
comment on column anchor_ops.listing.id is 'domain:type:country:currency, with testnet: before it on testnet. Opaque to callers.';
comment on column anchor_ops.listing.network is 'mainnet or testnet.';
comment on column anchor_ops.listing.domain is 'The home domain it stands on.';
comment on column anchor_ops.listing.country is 'ISO 3166-1 alpha-2 code; ZZ is worldwide.';
comment on column anchor_ops.listing.currency is 'Currency or asset code, letter case as listed.';
comment on column anchor_ops.listing.type is 'on-ramp (deposit) or off-ramp (withdraw).';
comment on column anchor_ops.listing.name is 'Name of the anchor as last listed.';
comment on column anchor_ops.listing.active is 'A person''s decision. An import sets it for a new row and never touches it again.';
comment on column anchor_ops.listing.source is 'Where the row was last listed: the URL of a directory, or request-body.';
comment on column anchor_ops.listing.first_listed_at is 'When it was first imported.';
comment on column anchor_ops.listing.last_listed_at is 'When it was last imported.';

create table anchor_ops.home_domain_check (
  network text not null,
  domain text collate "C" not null,
  checked_at timestamptz not null,
  run_id uuid not null,
  outcome text not null,
  error text,
  duration_ms integer not null,
  findings jsonb not null,
  primary key (network, domain, checked_at),
  constraint home_domain_check_home_domain foreign key (network, domain)
    references anchor_ops.home_domain (network, domain),
  constraint home_domain_check_outcome_known check (outcome in ('ok', 'definite', 'policy', 'unsure')),
  constraint home_domain_check_error_length check (char_length(error) <= 1000),
  constraint home_domain_check_duration_not_negative check (duration_ms >= 0),
  constraint home_domain_check_findings_array check (jsonb_typeof(findings) = 'array')
);
comment on table anchor_ops.home_domain_check is 'History of checks, the newest 50 of each home domain. Writer: record_checks.';
comment on column anchor_ops.home_domain_check.network is 'mainnet or testnet.';
comment on column anchor_ops.home_domain_check.domain is 'The home domain that was checked.';
comment on column anchor_ops.home_domain_check.checked_at is 'When it was checked.';
comment on column anchor_ops.home_domain_check.run_id is 'The run that checked it; its row may have been pruned since.';
comment on column anchor_ops.home_domain_check.outcome is 'Class of the outcome, as in home_domain.outcome.';
comment on column anchor_ops.home_domain_check.error is 'What went wrong, at most 1,000 characters; null when ok.';
comment on column anchor_ops.home_domain_check.duration_ms is 'How long the check took, in milliseconds.';
comment on column anchor_ops.home_domain_check.findings is 'Coded findings of the check.';

create table anchor_ops.discovery_cursor (
  source text primary key,
  cursor text not null,
  updated_at timestamptz not null default now(),
  constraint discovery_cursor_source_length check (char_length(source) between 1 and 2048),
  constraint discovery_cursor_cursor_length check (char_length(cursor) between 1 and 2048)
);
comment on table anchor_ops.discovery_cursor is 'Where a walk through a source goes on next time. Writer: import_listings, in one step with the rows that were found.';
comment on column anchor_ops.discovery_cursor.source is 'The source that is walked through.';
comment on column anchor_ops.discovery_cursor.cursor is 'Its own word for the place reached.';
comment on column anchor_ops.discovery_cursor.updated_at is 'When the cursor last moved. Server clock.';

alter table anchor_ops.home_domain enable row level security;
alter table anchor_ops.home_domain force row level security;
create policy home_domain_service_role on anchor_ops.home_domain to service_role using (true) with check (true);
alter table anchor_ops.listing enable row level security;
alter table anchor_ops.listing force row level security;
create policy listing_service_role on anchor_ops.listing to service_role using (true) with check (true);
alter table anchor_ops.home_domain_check enable row level security;
alter table anchor_ops.home_domain_check force row level security;
create policy home_domain_check_service_role on anchor_ops.home_domain_check to service_role
  using (true) with check (true);
alter table anchor_ops.discovery_cursor enable row level security;
alter table anchor_ops.discovery_cursor force row level security;
create policy discovery_cursor_service_role on anchor_ops.discovery_cursor to service_role
  using (true) with check (true);

revoke all on anchor_ops.home_domain, anchor_ops.listing, anchor_ops.home_domain_check, anchor_ops.discovery_cursor
  from public, anon, authenticated, service_role;
grant select, insert, update on anchor_ops.home_domain, anchor_ops.listing to service_role;
grant select, insert, delete on anchor_ops.home_domain_check to service_role;
grant select, insert, update, delete on anchor_ops.discovery_cursor to service_role;
