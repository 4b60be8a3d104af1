-- The schema after all migrations. Written by `npm run schema`; a test compares it with the database.

-- Schemas
create schema anchor_ops; -- Tables and inner functions of Anchor Ops. HTTP reaches them only through the functions in schema public.

-- Tables
create table anchor_ops.api_key (
  name text collate "C" not null,
  secret_sha256 text collate "C" not null,
  scopes text[] not null,
  created_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone,
  revoked_by text,
  revoked_at timestamp with time zone
);
create table anchor_ops.archived_payment (
  epoch integer not null,
  operation_id text collate "C" not null,
  account text collate "C" not null,
  kind text not null,
  transaction_hash text collate "C" not null,
  asset text collate "C",
  amount text collate "C",
  verdict text not null,
  state text not null,
  transaction_id text collate "C",
  closed_at timestamp with time zone not null,
  archived_at timestamp with time zone not null
);
create table anchor_ops.attempt (
  id uuid not null default gen_random_uuid(),
  seq bigint not null generated always as identity,
  transaction_id text collate "C" not null,
  method text not null,
  params jsonb not null,
  natural_key text collate "C",
  custody boolean not null,
  origin text not null,
  key_name text,
  request_key text collate "C",
  update_index integer not null,
  state text not null default 'READY'::text,
  tries integer not null default 0,
  rpc_id text,
  pre jsonb,
  post jsonb,
  sent_at timestamp with time zone,
  settle_at timestamp with time zone,
  expires_at timestamp with time zone,
  unreadable_since timestamp with time zone,
  outcome jsonb,
  note text,
  forced text,
  ledger jsonb,
  claimed_by uuid,
  claimed_until timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp()
);
create table anchor_ops.attempt_move (
  seq bigint not null generated always as identity,
  attempt_id uuid not null,
  at timestamp with time zone not null default clock_timestamp(),
  from_state text,
  to_state text not null,
  detail jsonb not null
);
create table anchor_ops.balance_snapshot (
  epoch integer not null,
  account text collate "C" not null,
  ledger bigint not null,
  closed_at timestamp with time zone not null,
  is_whole boolean not null,
  balances jsonb not null,
  reconciled_at timestamp with time zone,
  taken_at timestamp with time zone not null default clock_timestamp()
);
create table anchor_ops.book (
  epoch integer not null,
  account text collate "C" not null,
  from_ledger bigint not null,
  source text collate "C" not null,
  cursor text collate "C" not null,
  to_ledger bigint not null,
  read_at timestamp with time zone not null default clock_timestamp(),
  is_complete boolean not null default false
);
create table anchor_ops.catalog_change (
  seq bigint not null generated always as identity,
  network text not null,
  domain text collate "C" not null,
  listing text collate "C",
  kind text not null,
  at timestamp with time zone not null default clock_timestamp(),
  before jsonb,
  after jsonb
);
create table anchor_ops.check_window (
  network text not null,
  started_at timestamp with time zone not null,
  healthy_before integer not null default 0,
  failed_now integer not null default 0,
  braked_at timestamp with time zone
);
create table anchor_ops.country_summary (
  network text not null,
  country text not null,
  operational boolean not null,
  currencies text[] not null,
  on_ramps integer not null,
  off_ramps integer not null,
  anchors integer not null,
  listings integer not null
);
create table anchor_ops.decision (
  seq bigint not null generated always as identity,
  id uuid not null default gen_random_uuid(),
  at timestamp with time zone not null default clock_timestamp(),
  key_name text not null,
  about text not null,
  subject text collate "C" not null,
  transaction_id text collate "C",
  decision text not null,
  note text,
  reading jsonb not null,
  new_attempt_id uuid
);
create table anchor_ops.directory (
  network text not null,
  source text collate "C" not null,
  imported_at timestamp with time zone not null,
  counted_at timestamp with time zone
);
create table anchor_ops.discovery_cursor (
  source text not null,
  cursor text,
  started_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);
create table anchor_ops.due_check (
  network text not null,
  domain text collate "C" not null,
  due_at timestamp with time zone not null,
  priority smallint not null,
  checked_at timestamp with time zone,
  claimed_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  token uuid,
  patient_until timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.due_name (
  seq bigint not null generated always as identity,
  type text not null,
  value text collate "C" not null,
  is_dust boolean not null,
  start timestamp with time zone not null,
  after text collate "C" not null default ''::text
);
create table anchor_ops.dust_limit (
  asset text collate "C" not null,
  amount numeric not null
);
create table anchor_ops.event_arrival (
  is_only boolean not null default true,
  arrived_at timestamp with time zone not null
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
  shown jsonb not null default '{"sep": {"sep6": "absent", "sep10": "absent", "sep12": "absent", "sep24": "absent", "sep31": "absent", "sep38": "absent", "sep45": "absent", "sep59": "absent"}, "evidence": {}, "signingKey": null}'::jsonb,
  steps text[] not null default '{}'::text[],
  shown_text text not null generated always as (anchor_ops.domain_text(shown, last_checked_at)) stored,
  trust jsonb,
  findings jsonb not null default '[]'::jsonb,
  evidence_at timestamp with time zone,
  health jsonb not null default '{}'::jsonb,
  window_start timestamp with time zone,
  window_outcome text,
  window_counted boolean not null default false,
  window_health jsonb,
  replaced jsonb,
  identity jsonb,
  held jsonb,
  auto_disabled_at timestamp with time zone,
  person_says text
);
create table anchor_ops.home_domain_check (
  network text not null,
  domain text collate "C" not null,
  checked_at timestamp with time zone not null,
  run_id uuid not null,
  outcome text not null,
  error text,
  duration_ms integer not null,
  findings jsonb
);
create table anchor_ops.home_domain_day (
  network text not null,
  domain text collate "C" not null,
  day date not null,
  checks integer not null,
  ok integer not null,
  median_ms integer not null,
  p95_ms integer not null,
  steps text
);
create table anchor_ops.issuer_account (
  network text not null,
  account text collate "C" not null,
  home_domain text collate "C",
  flags text[],
  locked boolean,
  missing boolean not null,
  seen_at timestamp with time zone not null
);
create table anchor_ops.lease (
  name text not null,
  holder uuid,
  fence bigint not null default 0,
  expires_at timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.ledger_epoch (
  epoch integer not null,
  began_at timestamp with time zone not null default clock_timestamp(),
  seen_sequence bigint,
  seen_hash text collate "C",
  seen_closed_at timestamp with time zone
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
  pairing text not null default 'given'::text,
  first_listed_at timestamp with time zone not null default now(),
  last_listed_at timestamp with time zone not null default now(),
  missed smallint not null default 0,
  delisted_at timestamp with time zone,
  operational boolean not null default false,
  operational_until timestamp with time zone,
  stale_why text,
  why text[] not null default '{unchecked}'::text[],
  rail text,
  asset text,
  basis text,
  shown jsonb not null default '{"fees": null, "railUrl": null, "features": null, "stellarAsset": null}'::jsonb,
  asset_code text collate "C" generated always as ((shown #>> '{stellarAsset,code}'::text[])) stored,
  asset_issuer text collate "C" generated always as ((shown #>> '{stellarAsset,issuer}'::text[])) stored,
  updated_at timestamp with time zone not null default clock_timestamp(),
  person_says text,
  shown_operational boolean not null default false,
  shown_why text[] not null default '{unchecked}'::text[],
  shown_text text not null generated always as (anchor_ops.listing_text(id, name, domain, network, country, currency, type, rail, asset, basis, pairing, updated_at, shown)) stored
);
create table anchor_ops.movement (
  epoch integer not null,
  account text collate "C" not null,
  ledger bigint not null,
  id text collate "C" not null,
  source text collate "C" not null,
  asset text collate "C" not null,
  stroops numeric(20,0) not null,
  kind text not null,
  operation_id text collate "C",
  transaction_hash text collate "C" not null,
  closed_at timestamp with time zone not null
);
create table anchor_ops.noted_event (
  transaction_id text collate "C" not null,
  is_known boolean not null,
  events bigint not null default 1,
  noted_at timestamp with time zone not null,
  due_at timestamp with time zone not null
);
create table anchor_ops.observer (
  account text collate "C" not null,
  source text collate "C" not null,
  epoch integer not null,
  cursor text collate "C",
  started_from text,
  started_at timestamp with time zone,
  note text,
  checkpoint_sequence bigint,
  checkpoint_hash text collate "C",
  complete_until timestamp with time zone,
  observed_at timestamp with time zone,
  alarm jsonb,
  sweep_cursor text collate "C",
  swept_at timestamp with time zone,
  holder uuid,
  lease_until timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.observer_jump (
  seq bigint not null generated always as identity,
  account text collate "C" not null,
  source text collate "C" not null,
  epoch integer not null,
  from_cursor text collate "C",
  to_cursor text collate "C" not null,
  started_from text not null,
  note text,
  alarm jsonb,
  jumped_at timestamp with time zone not null default clock_timestamp()
);
create table anchor_ops.open_list (
  sep text not null,
  status text not null,
  next_page integer not null default 0,
  listed jsonb not null default '[]'::jsonb,
  began_at timestamp with time zone,
  whole_at timestamp with time zone,
  whole_listed integer
);
create table anchor_ops.operation_claim (
  seq bigint not null generated always as identity,
  stellar_transaction text collate "C" not null,
  operation_id text collate "C" not null,
  transaction_id text collate "C",
  attempt_id uuid,
  decision_id uuid,
  beside bigint not null default 0,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  released_at timestamp with time zone
);
create table anchor_ops.outbox (
  id uuid not null default gen_random_uuid(),
  seq bigint not null generated always as identity,
  type text not null,
  subject text collate "C" not null,
  at timestamp with time zone not null default clock_timestamp(),
  data jsonb not null,
  "position" bigint,
  published_at timestamp with time zone,
  kept_until timestamp with time zone,
  replay_of uuid,
  replayed_by text,
  only_to text[]
);
create table anchor_ops.parked_event (
  endpoint text collate "C" not null,
  "position" bigint not null,
  event_id uuid not null,
  subject text collate "C" not null,
  tries integer not null,
  failure text,
  parked_at timestamp with time zone not null default clock_timestamp(),
  told_at timestamp with time zone,
  replayed_at timestamp with time zone
);
create table anchor_ops.payment (
  epoch integer not null,
  operation_id text collate "C" not null,
  account text collate "C" not null,
  source text collate "C" not null,
  cursor text collate "C" not null,
  ledger bigint not null,
  closed_at timestamp with time zone not null,
  transaction_hash text collate "C" not null,
  successful boolean not null,
  kind text not null,
  from_account text collate "C",
  from_muxed_id text collate "C",
  to_account text collate "C",
  to_muxed_id text collate "C",
  to_muxed_account text collate "C",
  asset text collate "C",
  amount text collate "C",
  memo_type text not null,
  memo text collate "C",
  verdict text not null,
  sentence text not null,
  evidence jsonb not null,
  transaction_id text collate "C",
  attempt_id uuid,
  recorded_at timestamp with time zone not null,
  judged_at timestamp with time zone not null,
  is_dust boolean not null default false,
  open_since timestamp with time zone,
  closed_by uuid,
  assigned_by uuid,
  due_at timestamp with time zone
);
create table anchor_ops.payment_verdict (
  seq bigint not null generated always as identity,
  epoch integer not null,
  operation_id text collate "C" not null,
  account text collate "C" not null,
  source text collate "C" not null,
  verdict text not null,
  sentence text not null,
  evidence jsonb not null,
  transaction_id text collate "C",
  judged_at timestamp with time zone not null
);
create table anchor_ops.platform_release (
  platform text not null,
  release text not null,
  found_at timestamp with time zone not null
);
create table anchor_ops.query_secret_use (
  minute timestamp with time zone not null,
  calls bigint not null
);
create table anchor_ops.reconciliation (
  epoch integer not null,
  account text collate "C" not null,
  asset text collate "C" not null,
  closing_ledger bigint not null,
  opening_ledger bigint not null,
  opening numeric(20,0) not null,
  moved numeric not null,
  closing numeric(20,0) not null,
  difference numeric not null,
  found_at timestamp with time zone,
  explained_at timestamp with time zone,
  reconciled_at timestamp with time zone not null default clock_timestamp()
);
create table anchor_ops.refund (
  transaction_id text collate "C" not null,
  refund_id text collate "C" not null,
  method text not null,
  amount numeric not null,
  fee numeric not null,
  asset text not null,
  attempt_id uuid not null
);
create table anchor_ops.requested_check (
  id bigint not null generated always as identity,
  network text not null,
  domain text collate "C" not null,
  owner text collate "C" not null,
  caller text not null,
  asked_at timestamp with time zone not null default clock_timestamp(),
  result jsonb
);
create table anchor_ops.run (
  id uuid not null default gen_random_uuid(),
  kind text not null,
  trigger text not null,
  fence bigint,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  answer jsonb
);
create table anchor_ops.scheduled_run (
  kind text not null,
  watched_since timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  ok_at timestamp with time zone,
  failure text,
  failing_since timestamp with time zone,
  failures_in_a_row integer not null default 0
);
create table anchor_ops.side_look (
  account text collate "C" not null,
  source text collate "C" not null,
  jump_seq bigint not null,
  balance_cursor text collate "C",
  effect_cursor text collate "C",
  began_at timestamp with time zone not null default clock_timestamp(),
  next_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  looked_at timestamp with time zone,
  failure jsonb,
  holder uuid,
  lease_until timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.transaction (
  id text collate "C" not null,
  document jsonb not null,
  sep text generated always as ((document ->> 'sep'::text)) stored,
  kind text generated always as ((document ->> 'kind'::text)) stored,
  status text not null generated always as ((document ->> 'status'::text)) stored,
  amount_expected text generated always as ((document #>> '{amount_expected,amount}'::text[])) stored,
  amount_expected_asset text generated always as ((document #>> '{amount_expected,asset}'::text[])) stored,
  amount_in text generated always as ((document #>> '{amount_in,amount}'::text[])) stored,
  amount_in_asset text generated always as ((document #>> '{amount_in,asset}'::text[])) stored,
  memo text generated always as ((document ->> 'memo'::text)) stored,
  memo_type text generated always as ((document ->> 'memo_type'::text)) stored,
  memo_value text generated always as (anchor_ops.memo_value((document ->> 'memo_type'::text), (document ->> 'memo'::text))) stored,
  source_account text generated always as ((document ->> 'source_account'::text)) stored,
  destination_account text generated always as ((document ->> 'destination_account'::text)) stored,
  withdraw_anchor_account text generated always as ((document ->> 'withdraw_anchor_account'::text)) stored,
  external_transaction_id text generated always as ((document ->> 'external_transaction_id'::text)) stored,
  refunds jsonb generated always as ((document -> 'refunds'::text)) stored,
  stellar_transactions jsonb generated always as ((document -> 'stellar_transactions'::text)) stored,
  started_at timestamp with time zone,
  platform_updated_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  transfer_received_at timestamp with time zone,
  first_seen_at timestamp with time zone not null default now(),
  seen_at timestamp with time zone not null default now(),
  gone_at timestamp with time zone,
  earlier_since timestamp with time zone,
  earlier_count integer not null default 0,
  went_back jsonb
);
create table anchor_ops.transaction_status (
  seq bigint not null generated always as identity,
  transaction_id text collate "C" not null,
  status text not null,
  platform_updated_at timestamp with time zone not null,
  seen_at timestamp with time zone not null default now(),
  attempt_id uuid
);
create table anchor_ops.unlisted (
  sep text not null,
  status text not null,
  newer_id text collate "C" not null,
  older_id text collate "C",
  transactions integer not null,
  reason text not null,
  since timestamp with time zone not null default clock_timestamp(),
  found_at timestamp with time zone not null default clock_timestamp()
);
create table anchor_ops.update_request (
  key text collate "C" not null,
  body_sha256 text not null,
  state text not null default 'running'::text,
  answer jsonb,
  created_at timestamp with time zone not null default now(),
  taken_at timestamp with time zone not null default now(),
  taken_by uuid not null,
  taken_over boolean not null default false,
  finished_at timestamp with time zone
);
create table anchor_ops.webhook_endpoint (
  id text collate "C" not null,
  host text not null,
  types text[],
  configured_at timestamp with time zone not null default clock_timestamp(),
  began_after bigint not null,
  delivered_at timestamp with time zone,
  failures integer not null default 0,
  failing_since timestamp with time zone,
  last_failure text,
  paused_until timestamp with time zone not null default '-infinity'::timestamp with time zone
);
create table anchor_ops.webhook_lane (
  endpoint text collate "C" not null,
  subject text collate "C" not null,
  after bigint not null,
  last bigint not null,
  due_at timestamp with time zone not null,
  tries integer not null default 0,
  failed_at timestamp with time zone,
  refused_since timestamp with time zone,
  last_failure text,
  claimed_at timestamp with time zone,
  claimed_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  token uuid
);

-- Views
create view anchor_ops.judged_listing with (security_invoker=true) as
 SELECT listing.id,
    listing.network,
    listing.domain,
    listing.country,
    listing.currency,
    listing.type,
    listing.name,
    listing.active,
    listing.source,
    listing.pairing,
    listing.first_listed_at,
    listing.last_listed_at,
    listing.missed,
    listing.delisted_at,
    listing.operational,
    listing.operational_until,
    listing.stale_why,
    listing.why,
    listing.rail,
    listing.asset,
    listing.basis,
    listing.shown,
    listing.asset_code,
    listing.asset_issuer,
    listing.updated_at,
    listing.person_says,
    listing.shown_operational,
    listing.shown_why,
    listing.shown_text,
    home_domain.shown AS domain_shown,
    home_domain.shown_text AS domain_shown_text,
    home_domain.steps,
    home_domain.last_checked_at,
        CASE COALESCE(listing.person_says, home_domain.person_says)
            WHEN 'enable'::text THEN listing.active
            WHEN 'disable'::text THEN false
            ELSE (listing.active AND listing.operational AND (listing.operational_until > now()) AND (home_domain.auto_disabled_at IS NULL) AND (home_domain.held IS NULL) AND (listing.delisted_at IS NULL))
        END AS operational_now,
    ((((
        CASE COALESCE(listing.person_says, home_domain.person_says)
            WHEN 'enable'::text THEN '{enabled_by_person}'::text[]
            WHEN 'disable'::text THEN '{disabled_by_person}'::text[]
            ELSE '{}'::text[]
        END ||
        CASE
            WHEN (home_domain.auto_disabled_at IS NULL) THEN '{}'::text[]
            ELSE '{domain_disabled}'::text[]
        END) ||
        CASE
            WHEN (home_domain.held IS NULL) THEN '{}'::text[]
            ELSE '{identity_changed}'::text[]
        END) ||
        CASE
            WHEN (listing.delisted_at IS NULL) THEN '{}'::text[]
            ELSE '{delisted}'::text[]
        END) ||
        CASE
            WHEN (listing.operational AND (listing.operational_until <= now())) THEN ARRAY[COALESCE(listing.stale_why, (listing.rail || '_stale'::text))]
            ELSE listing.why
        END) AS why_now
   FROM (anchor_ops.listing
     JOIN anchor_ops.home_domain USING (network, domain));
create view anchor_ops.shown_movement with (security_invoker=true) as
 SELECT movement.epoch,
    movement.account,
    movement.asset,
    movement.ledger,
    movement.id,
    named.kind,
        CASE
            WHEN ((movement.stroops < (0)::numeric) OR (named.kind = ANY (ARRAY['fee'::text, 'trade'::text, 'liquidity_pool'::text, 'other'::text]))) THEN NULL::text
            WHEN (payment.operation_id IS NULL) THEN COALESCE(anchor_ops.archived_state(archived.*), 'not_observed'::text)
            WHEN ((payment.verdict = 'credited'::text) AND payment.successful AND (payment.closed_by IS NULL) AND ((own.state = 'APPLIED'::text) OR (NOT COALESCE(anchor_ops.ended_without_effect(own.state), false)))) THEN
            CASE
                WHEN (own.state IS DISTINCT FROM 'APPLIED'::text) THEN 'being_credited'::text
                WHEN (payment.assigned_by IS NULL) THEN 'credited'::text
                ELSE 'assigned'::text
            END
            ELSE anchor_ops.payment_state(payment.*, ( SELECT attempt.state
               FROM anchor_ops.attempt
              WHERE (attempt.id = anchor_ops.last_replay(payment.attempt_id))))
        END AS state,
    (movement.stroops >= (0)::numeric) AS incoming,
    movement.stroops,
    movement.operation_id,
    movement.transaction_hash,
    movement.closed_at,
    COALESCE(payment.verdict, archived.verdict) AS verdict,
    COALESCE(payment.transaction_id, archived.transaction_id) AS transaction_id,
    payment.attempt_id
   FROM ((((anchor_ops.movement
     LEFT JOIN anchor_ops.payment ON (((payment.epoch = movement.epoch) AND (payment.operation_id = movement.operation_id))))
     LEFT JOIN anchor_ops.archived_payment archived ON (((archived.epoch = movement.epoch) AND (archived.operation_id = movement.operation_id))))
     LEFT JOIN anchor_ops.attempt own ON ((own.id = payment.attempt_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN ((movement.kind = ANY (ARRAY['payment_in'::text, 'payment_out'::text])) AND (COALESCE(payment.kind, archived.kind) = ANY (ARRAY['path_payment'::text, 'create_account'::text, 'account_merge'::text, 'clawback'::text, 'contract_transfer'::text]))) THEN COALESCE(payment.kind, archived.kind)
                    WHEN ((movement.kind = 'trade'::text) AND (payment.kind = 'path_payment'::text) AND (payment.from_account = movement.account)) THEN payment.kind
                    WHEN ((movement.kind = 'trade'::text) AND (archived.kind = 'path_payment'::text) AND ((archived.state = 'outgoing'::text) = (archived.account = movement.account)) AND (archived.state = ANY (ARRAY['outgoing'::text, 'own'::text]))) THEN archived.kind
                    ELSE movement.kind
                END AS kind) named);

-- Constraints
alter table anchor_ops.api_key add constraint api_key_name_form CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text));
alter table anchor_ops.api_key add constraint api_key_pkey PRIMARY KEY (name);
alter table anchor_ops.api_key add constraint api_key_revoked_whole CHECK (((revoked_at IS NULL) = (revoked_by IS NULL)));
alter table anchor_ops.api_key add constraint api_key_scopes_known CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['read'::text, 'update'::text, 'force'::text, 'decide'::text])));
alter table anchor_ops.api_key add constraint api_key_secret_once UNIQUE (secret_sha256);
alter table anchor_ops.api_key add constraint api_key_secret_sha256_form CHECK ((secret_sha256 ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.archived_payment add constraint archived_payment_epoch_fkey FOREIGN KEY (epoch) REFERENCES anchor_ops.ledger_epoch(epoch);
alter table anchor_ops.archived_payment add constraint archived_payment_pkey PRIMARY KEY (epoch, operation_id);
alter table anchor_ops.attempt add constraint attempt_forced_length CHECK (((char_length(forced) >= 1) AND (char_length(forced) <= 500)));
alter table anchor_ops.attempt add constraint attempt_key_name_length CHECK (((char_length(key_name) >= 1) AND (char_length(key_name) <= 64)));
alter table anchor_ops.attempt add constraint attempt_method_form CHECK ((method ~ '^[a-z_]{1,64}$'::text));
alter table anchor_ops.attempt add constraint attempt_natural_key_length CHECK (((char_length(natural_key) >= 1) AND (char_length(natural_key) <= 512)));
alter table anchor_ops.attempt add constraint attempt_note_length CHECK ((char_length(note) <= 1000));
alter table anchor_ops.attempt add constraint attempt_origin_length CHECK (((char_length(origin) >= 1) AND (char_length(origin) <= 64)));
alter table anchor_ops.attempt add constraint attempt_params_object CHECK ((jsonb_typeof(params) = 'object'::text));
alter table anchor_ops.attempt add constraint attempt_params_size CHECK ((octet_length((params)::text) <= 1048576));
alter table anchor_ops.attempt add constraint attempt_pkey PRIMARY KEY (id);
alter table anchor_ops.attempt add constraint attempt_request_key_length CHECK (((char_length(request_key) >= 1) AND (char_length(request_key) <= 255)));
alter table anchor_ops.attempt add constraint attempt_rpc_id_length CHECK (((char_length(rpc_id) >= 1) AND (char_length(rpc_id) <= 255)));
alter table anchor_ops.attempt add constraint attempt_sent_whole CHECK (((state <> ALL (ARRAY['SENDING'::text, 'UNKNOWN'::text])) OR ((rpc_id IS NOT NULL) AND (pre IS NOT NULL) AND (sent_at IS NOT NULL))));
alter table anchor_ops.attempt add constraint attempt_seq_once UNIQUE (seq);
alter table anchor_ops.attempt add constraint attempt_state_known CHECK ((state = ANY (ARRAY['READY'::text, 'SENDING'::text, 'UNKNOWN'::text, 'APPLIED'::text, 'REJECTED'::text, 'NOT_APPLIED'::text, 'MANUAL'::text, 'LOST'::text, 'EXPIRED'::text, 'WITHDRAWN'::text])));
alter table anchor_ops.attempt add constraint attempt_transaction_id_length CHECK (((char_length(transaction_id) >= 1) AND (char_length(transaction_id) <= 255)));
alter table anchor_ops.attempt add constraint attempt_tries_within_three CHECK (((tries >= 0) AND (tries <= 3)));
alter table anchor_ops.attempt add constraint attempt_unknown_is_settled CHECK (((state <> 'UNKNOWN'::text) OR (settle_at IS NOT NULL)));
alter table anchor_ops.attempt add constraint attempt_update_index_not_negative CHECK ((update_index >= 0));
alter table anchor_ops.attempt add constraint attempt_update_once UNIQUE (request_key, update_index);
alter table anchor_ops.attempt_move add constraint attempt_move_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES anchor_ops.attempt(id);
alter table anchor_ops.attempt_move add constraint attempt_move_pkey PRIMARY KEY (seq);
alter table anchor_ops.balance_snapshot add constraint balance_snapshot_account_form CHECK ((account ~ '^G[A-Z2-7]{55}$'::text));
alter table anchor_ops.balance_snapshot add constraint balance_snapshot_balances_object CHECK ((jsonb_typeof(balances) = 'object'::text));
alter table anchor_ops.balance_snapshot add constraint balance_snapshot_epoch_fkey FOREIGN KEY (epoch) REFERENCES anchor_ops.ledger_epoch(epoch);
alter table anchor_ops.balance_snapshot add constraint balance_snapshot_pkey PRIMARY KEY (epoch, account, ledger);
alter table anchor_ops.book add constraint book_cursor_length CHECK (((char_length(cursor) >= 1) AND (char_length(cursor) <= 255)));
alter table anchor_ops.book add constraint book_ledgers_ordered CHECK ((from_ledger <= to_ledger));
alter table anchor_ops.book add constraint book_pkey PRIMARY KEY (epoch, account, from_ledger);
alter table anchor_ops.book add constraint book_source_known CHECK ((source = ANY (ARRAY['horizon'::text, 'rpc'::text])));
alter table anchor_ops.catalog_change add constraint catalog_change_after_object CHECK ((jsonb_typeof(after) = 'object'::text));
alter table anchor_ops.catalog_change add constraint catalog_change_before_object CHECK ((jsonb_typeof(before) = 'object'::text));
alter table anchor_ops.catalog_change add constraint catalog_change_kind_known CHECK ((kind = ANY (ARRAY['listing_on'::text, 'listing_off'::text, 'domain_disabled'::text, 'domain_returned'::text, 'domain_flapping'::text, 'drift'::text, 'held'::text, 'released'::text, 'accepted'::text, 'step_gained'::text, 'step_lost'::text, 'delisted'::text, 'relisted'::text])));
alter table anchor_ops.catalog_change add constraint catalog_change_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.catalog_change add constraint catalog_change_of_a_listing CHECK (((listing IS NOT NULL) = (kind = ANY (ARRAY['listing_on'::text, 'listing_off'::text, 'delisted'::text, 'relisted'::text]))));
alter table anchor_ops.catalog_change add constraint catalog_change_pkey PRIMARY KEY (seq);
alter table anchor_ops.check_window add constraint check_window_counts CHECK (((failed_now >= 0) AND (failed_now <= healthy_before)));
alter table anchor_ops.check_window add constraint check_window_pkey PRIMARY KEY (network, started_at);
alter table anchor_ops.country_summary add constraint country_summary_pkey PRIMARY KEY (network, country, operational);
alter table anchor_ops.decision add constraint decision_id_once UNIQUE (id);
alter table anchor_ops.decision add constraint decision_key_name_length CHECK (((char_length(key_name) >= 1) AND (char_length(key_name) <= 64)));
alter table anchor_ops.decision add constraint decision_known CHECK ((((((((((((((((((((((((about = 'attempt'::text) AND (decision = 'applied'::text)) OR ((about = 'attempt'::text) AND (decision = 'rejected'::text))) OR ((about = 'attempt'::text) AND (decision = 'not_applied'::text))) OR ((about = 'attempt'::text) AND (decision = 'withdrawn'::text))) OR ((about = 'attempt'::text) AND (decision = 'forced'::text))) OR ((about = 'attempt'::text) AND (decision = 'replayed'::text))) OR ((about = 'payment'::text) AND (decision = 'assign'::text))) OR ((about = 'payment'::text) AND (decision = 'refunded'::text))) OR ((about = 'payment'::text) AND (decision = 'reported'::text))) OR ((about = 'payment'::text) AND (decision = 'ignored'::text))) OR ((about = 'payment'::text) AND (decision = 'reopen'::text))) OR ((about = 'observer'::text) AND (decision = 'restarted'::text))) OR ((about = 'books'::text) AND (decision = 'explained'::text))) OR ((about = 'anchor'::text) AND (decision = 'enable'::text))) OR ((about = 'anchor'::text) AND (decision = 'disable'::text))) OR ((about = 'anchor'::text) AND (decision = 'forget'::text))) OR ((about = 'anchor'::text) AND (decision = 'accept'::text))) OR ((about = 'listing'::text) AND (decision = 'enable'::text))) OR ((about = 'listing'::text) AND (decision = 'disable'::text))) OR ((about = 'listing'::text) AND (decision = 'forget'::text))) OR ((about = 'key'::text) AND (decision = 'created'::text))) OR ((about = 'key'::text) AND (decision = 'revoked'::text))));
alter table anchor_ops.decision add constraint decision_new_attempt_of_replay CHECK (((decision = 'replayed'::text) = (new_attempt_id IS NOT NULL)));
alter table anchor_ops.decision add constraint decision_note_length CHECK (((char_length(note) >= 1) AND (char_length(note) <= 1000)));
alter table anchor_ops.decision add constraint decision_pkey PRIMARY KEY (seq);
alter table anchor_ops.decision add constraint decision_reading_object CHECK ((jsonb_typeof(reading) = 'object'::text));
alter table anchor_ops.decision add constraint decision_subject_length CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 255)));
alter table anchor_ops.directory add constraint directory_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.directory add constraint directory_pkey PRIMARY KEY (network, source);
alter table anchor_ops.directory add constraint directory_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 2048)));
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_cursor_length CHECK (((char_length(cursor) >= 1) AND (char_length(cursor) <= 2048)));
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_pkey PRIMARY KEY (source);
alter table anchor_ops.discovery_cursor add constraint discovery_cursor_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 2048)));
alter table anchor_ops.due_check add constraint due_check_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.due_check add constraint due_check_pkey PRIMARY KEY (network, domain);
alter table anchor_ops.due_check add constraint due_check_priority_known CHECK (((priority >= 0) AND (priority <= 2)));
alter table anchor_ops.due_name add constraint due_name_pkey PRIMARY KEY (seq);
alter table anchor_ops.dust_limit add constraint dust_limit_pkey PRIMARY KEY (asset);
alter table anchor_ops.dust_limit add constraint dust_limit_positive CHECK ((amount > (0)::numeric));
alter table anchor_ops.event_arrival add constraint event_arrival_one CHECK (is_only);
alter table anchor_ops.event_arrival add constraint event_arrival_pkey PRIMARY KEY (is_only);
alter table anchor_ops.home_domain add constraint home_domain_auto_disabled_reason_known CHECK (((health ->> 'autoDisabledReason'::text) = ANY (ARRAY['sep1_not_found'::text, 'policy'::text, 'flapping'::text])));
alter table anchor_ops.home_domain add constraint home_domain_auto_disabled_whole CHECK (((auto_disabled_at IS NULL) = ((health ->> 'autoDisabledReason'::text) IS NULL)));
alter table anchor_ops.home_domain add constraint home_domain_capability_object CHECK ((jsonb_typeof(capability) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_duration_not_negative CHECK ((duration_ms >= 0));
alter table anchor_ops.home_domain add constraint home_domain_error_length CHECK ((char_length(error) <= 1000));
alter table anchor_ops.home_domain add constraint home_domain_findings_array CHECK ((jsonb_typeof(findings) = 'array'::text));
alter table anchor_ops.home_domain add constraint home_domain_health_object CHECK ((jsonb_typeof(health) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_held_object CHECK ((jsonb_typeof(held) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_identity_object CHECK ((jsonb_typeof(identity) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_lower_case_host CHECK ((((char_length(domain) >= 3) AND (char_length(domain) <= 253)) AND (domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'::text)));
alter table anchor_ops.home_domain add constraint home_domain_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.home_domain add constraint home_domain_outcome_known CHECK ((outcome = ANY (ARRAY['ok'::text, 'definite'::text, 'policy'::text, 'unsure'::text])));
alter table anchor_ops.home_domain add constraint home_domain_person_says_known CHECK ((person_says = ANY (ARRAY['enable'::text, 'disable'::text])));
alter table anchor_ops.home_domain add constraint home_domain_pkey PRIMARY KEY (network, domain);
alter table anchor_ops.home_domain add constraint home_domain_replaced_object CHECK ((jsonb_typeof(replaced) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_trust_object CHECK ((jsonb_typeof(trust) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_window_health_object CHECK ((jsonb_typeof(window_health) = 'object'::text));
alter table anchor_ops.home_domain add constraint home_domain_window_outcome_known CHECK ((window_outcome = ANY (ARRAY['ok'::text, 'definite'::text, 'policy'::text, 'unsure'::text])));
alter table anchor_ops.home_domain add constraint home_domain_window_whole CHECK ((((window_start IS NULL) = (window_outcome IS NULL)) AND ((window_start IS NULL) = (window_health IS NULL))));
alter table anchor_ops.home_domain_check add constraint home_domain_check_duration_not_negative CHECK ((duration_ms >= 0));
alter table anchor_ops.home_domain_check add constraint home_domain_check_error_length CHECK ((char_length(error) <= 1000));
alter table anchor_ops.home_domain_check add constraint home_domain_check_findings_array CHECK ((jsonb_typeof(findings) = 'array'::text));
alter table anchor_ops.home_domain_check add constraint home_domain_check_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.home_domain_check add constraint home_domain_check_outcome_known CHECK ((outcome = ANY (ARRAY['ok'::text, 'definite'::text, 'policy'::text, 'unsure'::text])));
alter table anchor_ops.home_domain_check add constraint home_domain_check_pkey PRIMARY KEY (network, domain, checked_at);
alter table anchor_ops.home_domain_day add constraint home_domain_day_counts CHECK (((ok >= 0) AND (ok <= checks)));
alter table anchor_ops.home_domain_day add constraint home_domain_day_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.home_domain_day add constraint home_domain_day_pkey PRIMARY KEY (network, domain, day);
alter table anchor_ops.issuer_account add constraint issuer_account_flags_known CHECK ((flags <@ ARRAY['auth_required'::text, 'auth_revocable'::text, 'auth_immutable'::text, 'clawback_enabled'::text]));
alter table anchor_ops.issuer_account add constraint issuer_account_form CHECK ((account ~ '^G[A-Z2-7]{55}$'::text));
alter table anchor_ops.issuer_account add constraint issuer_account_home_domain_length CHECK (((char_length(home_domain) >= 3) AND (char_length(home_domain) <= 253)));
alter table anchor_ops.issuer_account add constraint issuer_account_missing_is_empty CHECK (((NOT missing) OR ((home_domain IS NULL) AND (flags IS NULL) AND (locked IS NULL))));
alter table anchor_ops.issuer_account add constraint issuer_account_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.issuer_account add constraint issuer_account_pkey PRIMARY KEY (network, account);
alter table anchor_ops.lease add constraint lease_fence_not_negative CHECK ((fence >= 0));
alter table anchor_ops.lease add constraint lease_name_known CHECK ((name = ANY (ARRAY['catalog'::text, 'horizon'::text])));
alter table anchor_ops.lease add constraint lease_pkey PRIMARY KEY (name);
alter table anchor_ops.ledger_epoch add constraint ledger_epoch_pkey PRIMARY KEY (epoch);
alter table anchor_ops.ledger_epoch add constraint ledger_epoch_positive CHECK ((epoch > 0));
alter table anchor_ops.ledger_epoch add constraint ledger_epoch_seen_whole CHECK ((((seen_sequence IS NULL) = (seen_hash IS NULL)) AND ((seen_sequence IS NULL) = (seen_closed_at IS NULL))));
alter table anchor_ops.listing add constraint listing_asset_length CHECK (((char_length(asset) >= 1) AND (char_length(asset) <= 100)));
alter table anchor_ops.listing add constraint listing_basis_known CHECK ((basis = ANY (ARRAY['code'::text, 'anchor_asset'::text, 'known_asset'::text, 'quote'::text, 'offering'::text])));
alter table anchor_ops.listing add constraint listing_country_alpha_2 CHECK ((country ~ '^[A-Z]{2}$'::text));
alter table anchor_ops.listing add constraint listing_currency_form CHECK ((currency ~ '^[A-Za-z0-9]{1,12}$'::text));
alter table anchor_ops.listing add constraint listing_delisted_after_three CHECK ((((missed >= 0) AND (missed <= 3)) AND ((missed = 3) = (delisted_at IS NOT NULL))));
alter table anchor_ops.listing add constraint listing_home_domain FOREIGN KEY (network, domain) REFERENCES anchor_ops.home_domain(network, domain);
alter table anchor_ops.listing add constraint listing_id_from_identity CHECK ((id = (((((((
CASE network
    WHEN 'mainnet'::text THEN ''::text
    ELSE (network || ':'::text)
END || domain) || ':'::text) || type) || ':'::text) || country) || ':'::text) || currency)));
alter table anchor_ops.listing add constraint listing_identity UNIQUE (network, domain, country, currency, type);
alter table anchor_ops.listing add constraint listing_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)));
alter table anchor_ops.listing add constraint listing_operational_by_a_rail CHECK (((NOT operational) OR ((operational_until IS NOT NULL) AND (rail IS NOT NULL))));
alter table anchor_ops.listing add constraint listing_pairing_known CHECK ((pairing = ANY (ARRAY['given'::text, 'multiplied'::text])));
alter table anchor_ops.listing add constraint listing_person_says_known CHECK ((person_says = ANY (ARRAY['enable'::text, 'disable'::text])));
alter table anchor_ops.listing add constraint listing_pkey PRIMARY KEY (id);
alter table anchor_ops.listing add constraint listing_rail_known CHECK ((rail = ANY (ARRAY['sep6'::text, 'sep24'::text, 'sep31'::text, 'sep59'::text])));
alter table anchor_ops.listing add constraint listing_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 2048)));
alter table anchor_ops.listing add constraint listing_type_known CHECK ((type = ANY (ARRAY['on-ramp'::text, 'off-ramp'::text])));
alter table anchor_ops.listing add constraint listing_why_bounded CHECK ((cardinality(why) <= 40));
alter table anchor_ops.movement add constraint movement_kind_known CHECK ((kind = ANY (ARRAY['payment_in'::text, 'payment_out'::text, 'path_payment'::text, 'create_account'::text, 'account_merge'::text, 'fee'::text, 'trade'::text, 'claim'::text, 'claimable_balance'::text, 'clawback'::text, 'liquidity_pool'::text, 'contract_transfer'::text, 'other'::text])));
alter table anchor_ops.movement add constraint movement_operation_id_form CHECK ((operation_id ~ '^[0-9]{1,20}$'::text));
alter table anchor_ops.movement add constraint movement_pkey PRIMARY KEY (epoch, account, ledger, id);
alter table anchor_ops.movement add constraint movement_transaction_hash_form CHECK ((transaction_hash ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.noted_event add constraint noted_event_id_length CHECK (((char_length(transaction_id) >= 1) AND (char_length(transaction_id) <= 255)));
alter table anchor_ops.noted_event add constraint noted_event_pkey PRIMARY KEY (transaction_id);
alter table anchor_ops.observer add constraint observer_account_form CHECK ((account ~ '^G[A-Z2-7]{55}$'::text));
alter table anchor_ops.observer add constraint observer_alarm_form CHECK ((alarm ?& ARRAY['code'::text, 'message'::text, 'since'::text]));
alter table anchor_ops.observer add constraint observer_checkpoint_whole CHECK (((checkpoint_sequence IS NULL) = (checkpoint_hash IS NULL)));
alter table anchor_ops.observer add constraint observer_cursor_length CHECK (((char_length(cursor) >= 1) AND (char_length(cursor) <= 255)));
alter table anchor_ops.observer add constraint observer_epoch_fkey FOREIGN KEY (epoch) REFERENCES anchor_ops.ledger_epoch(epoch);
alter table anchor_ops.observer add constraint observer_note_length CHECK ((char_length(note) <= 1000));
alter table anchor_ops.observer add constraint observer_pkey PRIMARY KEY (account, source);
alter table anchor_ops.observer add constraint observer_source_known CHECK ((source = ANY (ARRAY['horizon'::text, 'rpc'::text])));
alter table anchor_ops.observer add constraint observer_started_from_length CHECK (((char_length(started_from) >= 1) AND (char_length(started_from) <= 100)));
alter table anchor_ops.observer add constraint observer_started_whole CHECK ((((cursor IS NULL) = (started_at IS NULL)) AND ((cursor IS NULL) = (started_from IS NULL))));
alter table anchor_ops.observer add constraint observer_sweep_cursor_length CHECK (((char_length(sweep_cursor) >= 1) AND (char_length(sweep_cursor) <= 255)));
alter table anchor_ops.observer_jump add constraint observer_jump_epoch_fkey FOREIGN KEY (epoch) REFERENCES anchor_ops.ledger_epoch(epoch);
alter table anchor_ops.observer_jump add constraint observer_jump_observer FOREIGN KEY (account, source) REFERENCES anchor_ops.observer(account, source);
alter table anchor_ops.observer_jump add constraint observer_jump_pkey PRIMARY KEY (account, source, seq);
alter table anchor_ops.open_list add constraint open_list_listed_array CHECK ((jsonb_typeof(listed) = 'array'::text));
alter table anchor_ops.open_list add constraint open_list_pkey PRIMARY KEY (sep, status);
alter table anchor_ops.open_list add constraint open_list_place_whole CHECK ((((next_page = 0) = (began_at IS NULL)) AND (next_page >= 0)));
alter table anchor_ops.operation_claim add constraint operation_claim_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES anchor_ops.attempt(id);
alter table anchor_ops.operation_claim add constraint operation_claim_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES anchor_ops.decision(id);
alter table anchor_ops.operation_claim add constraint operation_claim_of_one CHECK ((((attempt_id IS NULL) <> (decision_id IS NULL)) AND ((attempt_id IS NULL) = (transaction_id IS NULL))));
alter table anchor_ops.operation_claim add constraint operation_claim_operation_id_form CHECK ((operation_id ~ '^[0-9]{0,20}$'::text));
alter table anchor_ops.operation_claim add constraint operation_claim_pkey PRIMARY KEY (seq);
alter table anchor_ops.operation_claim add constraint operation_claim_stellar_transaction_form CHECK ((stellar_transaction ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.outbox add constraint outbox_data_object CHECK ((jsonb_typeof(data) = 'object'::text));
alter table anchor_ops.outbox add constraint outbox_pkey PRIMARY KEY (id);
alter table anchor_ops.outbox add constraint outbox_published_whole CHECK ((("position" IS NULL) = (published_at IS NULL)));
alter table anchor_ops.outbox add constraint outbox_replayed_whole CHECK (((replay_of IS NULL) = (replayed_by IS NULL)));
alter table anchor_ops.outbox add constraint outbox_subject_length CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 400)));
alter table anchor_ops.outbox add constraint outbox_type_form CHECK ((type ~ '^[a-z_]{1,32}\.[a-z_]{1,32}$'::text));
alter table anchor_ops.parked_event add constraint parked_event_endpoint_fkey FOREIGN KEY (endpoint) REFERENCES anchor_ops.webhook_endpoint(id);
alter table anchor_ops.parked_event add constraint parked_event_pkey PRIMARY KEY (endpoint, "position");
alter table anchor_ops.payment add constraint payment_assigned_by_fkey FOREIGN KEY (assigned_by) REFERENCES anchor_ops.decision(id);
alter table anchor_ops.payment add constraint payment_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES anchor_ops.attempt(id);
alter table anchor_ops.payment add constraint payment_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES anchor_ops.decision(id);
alter table anchor_ops.payment add constraint payment_credited_whole CHECK ((((verdict = 'credited'::text) = (attempt_id IS NOT NULL)) AND ((verdict <> 'credited'::text) OR (transaction_id IS NOT NULL))));
alter table anchor_ops.payment add constraint payment_epoch_fkey FOREIGN KEY (epoch) REFERENCES anchor_ops.ledger_epoch(epoch);
alter table anchor_ops.payment add constraint payment_evidence_object CHECK ((jsonb_typeof(evidence) = 'object'::text));
alter table anchor_ops.payment add constraint payment_kind_known CHECK ((kind = ANY (ARRAY['payment'::text, 'path_payment'::text, 'create_account'::text, 'account_merge'::text, 'claimable_balance'::text, 'clawback'::text, 'contract_transfer'::text, 'unknown'::text])));
alter table anchor_ops.payment add constraint payment_memo_type_known CHECK ((memo_type = ANY (ARRAY['none'::text, 'text'::text, 'id'::text, 'hash'::text, 'other'::text])));
alter table anchor_ops.payment add constraint payment_operation_id_form CHECK ((operation_id ~ '^[0-9]{1,20}$'::text));
alter table anchor_ops.payment add constraint payment_pkey PRIMARY KEY (epoch, operation_id);
alter table anchor_ops.payment add constraint payment_transaction_hash_form CHECK ((transaction_hash ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.payment add constraint payment_transaction_id_length CHECK (((char_length(transaction_id) >= 1) AND (char_length(transaction_id) <= 255)));
alter table anchor_ops.payment add constraint payment_verdict_known CHECK ((verdict = ANY (ARRAY['credited'::text, 'transaction_failed'::text, 'outgoing'::text, 'no_memo'::text, 'no_match'::text, 'catching_up'::text, 'not_awaiting'::text, 'paid_outside_window'::text, 'ambiguous'::text, 'wrong_account'::text, 'wrong_asset'::text, 'amount_unknown'::text, 'amount_short'::text, 'amount_over'::text, 'already_paid'::text, 'sep31_path_payment'::text, 'manual_review'::text, 'update_refused'::text])));
alter table anchor_ops.payment_verdict add constraint payment_verdict_payment FOREIGN KEY (epoch, operation_id) REFERENCES anchor_ops.payment(epoch, operation_id);
alter table anchor_ops.payment_verdict add constraint payment_verdict_pkey PRIMARY KEY (seq);
alter table anchor_ops.platform_release add constraint platform_release_pkey PRIMARY KEY (platform);
alter table anchor_ops.platform_release add constraint platform_release_platform_check CHECK (((char_length(platform) >= 1) AND (char_length(platform) <= 2048)));
alter table anchor_ops.platform_release add constraint platform_release_release_check CHECK ((release ~ '^[0-9]{1,3}\.[0-9]{1,3}$'::text));
alter table anchor_ops.query_secret_use add constraint query_secret_use_calls_positive CHECK ((calls > 0));
alter table anchor_ops.query_secret_use add constraint query_secret_use_pkey PRIMARY KEY (minute);
alter table anchor_ops.reconciliation add constraint reconciliation_difference_exact CHECK ((difference = ((opening + moved) - closing)));
alter table anchor_ops.reconciliation add constraint reconciliation_epoch_account_closing_ledger_fkey FOREIGN KEY (epoch, account, closing_ledger) REFERENCES anchor_ops.balance_snapshot(epoch, account, ledger);
alter table anchor_ops.reconciliation add constraint reconciliation_epoch_account_opening_ledger_fkey FOREIGN KEY (epoch, account, opening_ledger) REFERENCES anchor_ops.balance_snapshot(epoch, account, ledger);
alter table anchor_ops.reconciliation add constraint reconciliation_found_of_difference CHECK (((difference <> (0)::numeric) = (found_at IS NOT NULL)));
alter table anchor_ops.reconciliation add constraint reconciliation_pkey PRIMARY KEY (epoch, account, asset, closing_ledger);
alter table anchor_ops.refund add constraint refund_amount_finite CHECK (((amount >= (0)::numeric) AND (amount < 'Infinity'::numeric)));
alter table anchor_ops.refund add constraint refund_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES anchor_ops.attempt(id);
alter table anchor_ops.refund add constraint refund_fee_finite CHECK (((fee >= (0)::numeric) AND (fee < 'Infinity'::numeric)));
alter table anchor_ops.refund add constraint refund_id_length CHECK (((char_length(refund_id) >= 1) AND (char_length(refund_id) <= 255)));
alter table anchor_ops.refund add constraint refund_pkey PRIMARY KEY (transaction_id, refund_id, method);
alter table anchor_ops.requested_check add constraint requested_check_caller_hash CHECK ((caller ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.requested_check add constraint requested_check_domain_length CHECK (((char_length(domain) >= 3) AND (char_length(domain) <= 253)));
alter table anchor_ops.requested_check add constraint requested_check_network_known CHECK ((network = ANY (ARRAY['mainnet'::text, 'testnet'::text])));
alter table anchor_ops.requested_check add constraint requested_check_owner_length CHECK (((char_length(owner) >= 1) AND (char_length(owner) <= 253)));
alter table anchor_ops.requested_check add constraint requested_check_pkey PRIMARY KEY (id);
alter table anchor_ops.requested_check add constraint requested_check_result_object CHECK ((jsonb_typeof(result) = 'object'::text));
alter table anchor_ops.run add constraint run_answer_when_finished CHECK (((answer IS NULL) OR (finished_at IS NOT NULL)));
alter table anchor_ops.run add constraint run_fence_once UNIQUE (fence);
alter table anchor_ops.run add constraint run_kind_known CHECK ((kind = ANY (ARRAY['sync'::text, 'refresh_capabilities'::text, 'check'::text, 'discover'::text])));
alter table anchor_ops.run add constraint run_pkey PRIMARY KEY (id);
alter table anchor_ops.run add constraint run_trigger_form CHECK ((trigger ~ '^[a-z_]{1,32}$'::text));
alter table anchor_ops.scheduled_run add constraint scheduled_run_failure_form CHECK ((failure ~ '^[a-z_]{1,64}$'::text));
alter table anchor_ops.scheduled_run add constraint scheduled_run_failure_whole CHECK ((((failure IS NULL) = (failing_since IS NULL)) AND ((failure IS NULL) = (failures_in_a_row = 0))));
alter table anchor_ops.scheduled_run add constraint scheduled_run_kind_known CHECK ((kind = ANY (ARRAY['sync'::text, 'check'::text, 'discover'::text, 'settle'::text, 'observe'::text, 'deliver'::text])));
alter table anchor_ops.scheduled_run add constraint scheduled_run_pkey PRIMARY KEY (kind);
alter table anchor_ops.side_look add constraint side_look_cursors_length CHECK ((((char_length(balance_cursor) >= 1) AND (char_length(balance_cursor) <= 255)) AND ((char_length(effect_cursor) >= 1) AND (char_length(effect_cursor) <= 255))));
alter table anchor_ops.side_look add constraint side_look_failure_form CHECK ((failure ?& ARRAY['code'::text, 'message'::text, 'since'::text]));
alter table anchor_ops.side_look add constraint side_look_observer FOREIGN KEY (account, source) REFERENCES anchor_ops.observer(account, source);
alter table anchor_ops.side_look add constraint side_look_pkey PRIMARY KEY (account, source);
alter table anchor_ops.transaction add constraint transaction_document_object CHECK ((jsonb_typeof(document) = 'object'::text));
alter table anchor_ops.transaction add constraint transaction_id_length CHECK (((char_length(id) >= 1) AND (char_length(id) <= 255)));
alter table anchor_ops.transaction add constraint transaction_pkey PRIMARY KEY (id);
alter table anchor_ops.transaction add constraint transaction_status_length CHECK (((char_length(status) >= 1) AND (char_length(status) <= 64)));
alter table anchor_ops.transaction_status add constraint transaction_status_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES anchor_ops.attempt(id);
alter table anchor_ops.transaction_status add constraint transaction_status_pkey PRIMARY KEY (seq);
alter table anchor_ops.transaction_status add constraint transaction_status_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES anchor_ops.transaction(id);
alter table anchor_ops.unlisted add constraint unlisted_pkey PRIMARY KEY (sep, status, newer_id);
alter table anchor_ops.unlisted add constraint unlisted_reason_length CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 1000)));
alter table anchor_ops.unlisted add constraint unlisted_transactions_some CHECK ((transactions > 0));
alter table anchor_ops.update_request add constraint update_request_answer_when_done CHECK (((state = 'done'::text) = ((answer IS NOT NULL) AND (finished_at IS NOT NULL))));
alter table anchor_ops.update_request add constraint update_request_body_sha256_form CHECK ((body_sha256 ~ '^[0-9a-f]{64}$'::text));
alter table anchor_ops.update_request add constraint update_request_key_length CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255)));
alter table anchor_ops.update_request add constraint update_request_pkey PRIMARY KEY (key);
alter table anchor_ops.update_request add constraint update_request_state_known CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])));
alter table anchor_ops.webhook_endpoint add constraint webhook_endpoint_failures_not_negative CHECK ((failures >= 0));
alter table anchor_ops.webhook_endpoint add constraint webhook_endpoint_id_form CHECK ((id ~ '^[0-9a-f]{16}$'::text));
alter table anchor_ops.webhook_endpoint add constraint webhook_endpoint_pkey PRIMARY KEY (id);
alter table anchor_ops.webhook_lane add constraint webhook_lane_endpoint_fkey FOREIGN KEY (endpoint) REFERENCES anchor_ops.webhook_endpoint(id);
alter table anchor_ops.webhook_lane add constraint webhook_lane_pkey PRIMARY KEY (endpoint, subject);
alter table anchor_ops.webhook_lane add constraint webhook_lane_waits CHECK ((after <= last));

-- Indexes
CREATE UNIQUE INDEX api_key_pkey ON anchor_ops.api_key USING btree (name);
CREATE UNIQUE INDEX api_key_secret_once ON anchor_ops.api_key USING btree (secret_sha256);
CREATE UNIQUE INDEX archived_payment_credited_once ON anchor_ops.archived_payment USING btree (transaction_id) WHERE (verdict = 'credited'::text);
CREATE UNIQUE INDEX archived_payment_pkey ON anchor_ops.archived_payment USING btree (epoch, operation_id);
CREATE INDEX attempt_by_change ON anchor_ops.attempt USING btree (updated_at);
CREATE INDEX attempt_by_method ON anchor_ops.attempt USING btree (method, seq);
CREATE INDEX attempt_by_state ON anchor_ops.attempt USING btree (state, seq);
CREATE INDEX attempt_by_stellar_transaction ON anchor_ops.attempt USING btree (lower(COALESCE((params ->> 'stellar_transaction_id'::text), (params #>> '{refund,id}'::text[]))), transaction_id) WHERE (char_length(COALESCE((params ->> 'stellar_transaction_id'::text), (params #>> '{refund,id}'::text[]))) = 64);
CREATE INDEX attempt_by_transaction ON anchor_ops.attempt USING btree (transaction_id, seq);
CREATE INDEX attempt_by_transaction_state ON anchor_ops.attempt USING btree (transaction_id, state);
CREATE INDEX attempt_for_person ON anchor_ops.attempt USING btree (updated_at, id) WHERE (state = ANY (ARRAY['MANUAL'::text, 'LOST'::text]));
CREATE INDEX attempt_move_by_attempt ON anchor_ops.attempt_move USING btree (attempt_id, seq);
CREATE UNIQUE INDEX attempt_move_pkey ON anchor_ops.attempt_move USING btree (seq);
CREATE UNIQUE INDEX attempt_natural_key_once ON anchor_ops.attempt USING btree (natural_key) WHERE ((natural_key IS NOT NULL) AND (NOT anchor_ops.ended_without_effect(state)));
CREATE UNIQUE INDEX attempt_one_open_per_transaction ON anchor_ops.attempt USING btree (transaction_id) WHERE (state = ANY (ARRAY['SENDING'::text, 'UNKNOWN'::text, 'MANUAL'::text]));
CREATE UNIQUE INDEX attempt_pkey ON anchor_ops.attempt USING btree (id);
CREATE UNIQUE INDEX attempt_seq_once ON anchor_ops.attempt USING btree (seq);
CREATE INDEX attempt_to_look_for ON anchor_ops.attempt USING btree (settle_at) WHERE ((state = 'APPLIED'::text) AND (settle_at IS NOT NULL));
CREATE INDEX attempt_unfinished ON anchor_ops.attempt USING btree (state, seq) WHERE (state = ANY (ARRAY['READY'::text, 'SENDING'::text, 'UNKNOWN'::text, 'MANUAL'::text, 'LOST'::text]));
CREATE INDEX attempt_unfinished_by_age ON anchor_ops.attempt USING btree (created_at, id) WHERE (state = ANY (ARRAY['READY'::text, 'SENDING'::text, 'UNKNOWN'::text]));
CREATE INDEX attempt_unfinished_by_transaction ON anchor_ops.attempt USING btree (transaction_id, seq) WHERE ((state = ANY (ARRAY['READY'::text, 'SENDING'::text, 'UNKNOWN'::text, 'MANUAL'::text, 'LOST'::text])) OR ((state = 'APPLIED'::text) AND (settle_at IS NOT NULL)));
CREATE UNIQUE INDEX attempt_update_once ON anchor_ops.attempt USING btree (request_key, update_index);
CREATE INDEX balance_snapshot_by_time ON anchor_ops.balance_snapshot USING btree (account, epoch, closed_at);
CREATE UNIQUE INDEX balance_snapshot_pkey ON anchor_ops.balance_snapshot USING btree (epoch, account, ledger);
CREATE INDEX balance_snapshot_unreconciled ON anchor_ops.balance_snapshot USING btree (account, epoch, ledger) WHERE (reconciled_at IS NULL);
CREATE UNIQUE INDEX book_pkey ON anchor_ops.book USING btree (epoch, account, from_ledger);
CREATE INDEX catalog_change_by_time ON anchor_ops.catalog_change USING btree (network, at);
CREATE INDEX catalog_change_in_order ON anchor_ops.catalog_change USING btree (network, seq);
CREATE INDEX catalog_change_of_domain ON anchor_ops.catalog_change USING btree (network, domain, seq);
CREATE INDEX catalog_change_of_kind ON anchor_ops.catalog_change USING btree (network, kind, seq);
CREATE UNIQUE INDEX catalog_change_pkey ON anchor_ops.catalog_change USING btree (seq);
CREATE UNIQUE INDEX check_window_pkey ON anchor_ops.check_window USING btree (network, started_at);
CREATE UNIQUE INDEX country_summary_pkey ON anchor_ops.country_summary USING btree (network, country, operational);
CREATE INDEX decision_by_subject ON anchor_ops.decision USING btree (about, subject, seq);
CREATE UNIQUE INDEX decision_id_once ON anchor_ops.decision USING btree (id);
CREATE UNIQUE INDEX decision_pkey ON anchor_ops.decision USING btree (seq);
CREATE UNIQUE INDEX decision_replayed_once ON anchor_ops.decision USING btree (subject) WHERE (decision = 'replayed'::text);
CREATE UNIQUE INDEX directory_pkey ON anchor_ops.directory USING btree (network, source);
CREATE UNIQUE INDEX discovery_cursor_pkey ON anchor_ops.discovery_cursor USING btree (source);
CREATE INDEX due_check_next ON anchor_ops.due_check USING btree (network, priority, due_at, domain);
CREATE INDEX due_check_oldest ON anchor_ops.due_check USING btree (network, checked_at NULLS FIRST, domain);
CREATE UNIQUE INDEX due_check_pkey ON anchor_ops.due_check USING btree (network, domain);
CREATE UNIQUE INDEX due_name_pkey ON anchor_ops.due_name USING btree (seq);
CREATE UNIQUE INDEX dust_limit_pkey ON anchor_ops.dust_limit USING btree (asset);
CREATE UNIQUE INDEX event_arrival_pkey ON anchor_ops.event_arrival USING btree (is_only);
CREATE UNIQUE INDEX home_domain_check_pkey ON anchor_ops.home_domain_check USING btree (network, domain, checked_at);
CREATE UNIQUE INDEX home_domain_day_pkey ON anchor_ops.home_domain_day USING btree (network, domain, day);
CREATE INDEX home_domain_disabled ON anchor_ops.home_domain USING btree (network, domain) WHERE (auto_disabled_at IS NOT NULL);
CREATE INDEX home_domain_flapping ON anchor_ops.home_domain USING btree (network, domain) WHERE ((auto_disabled_at IS NOT NULL) AND ((health ->> 'autoDisabledReason'::text) = 'flapping'::text) AND (person_says IS NULL));
CREATE INDEX home_domain_held ON anchor_ops.home_domain USING btree (network, domain) WHERE (held IS NOT NULL);
CREATE UNIQUE INDEX home_domain_pkey ON anchor_ops.home_domain USING btree (network, domain);
CREATE INDEX home_domain_reversed ON anchor_ops.home_domain USING btree (network, reverse(domain));
CREATE INDEX home_domain_steps ON anchor_ops.home_domain USING gin (steps);
CREATE UNIQUE INDEX issuer_account_pkey ON anchor_ops.issuer_account USING btree (network, account);
CREATE UNIQUE INDEX lease_pkey ON anchor_ops.lease USING btree (name);
CREATE UNIQUE INDEX ledger_epoch_pkey ON anchor_ops.ledger_epoch USING btree (epoch);
CREATE INDEX listing_by_asset ON anchor_ops.listing USING btree (network, asset_code, id) WHERE (active AND (asset_code IS NOT NULL));
CREATE INDEX listing_by_country ON anchor_ops.listing USING btree (network, country, id) WHERE active;
CREATE INDEX listing_by_currency ON anchor_ops.listing USING btree (network, upper(currency), id) WHERE active;
CREATE INDEX listing_by_id ON anchor_ops.listing USING btree (network, id) WHERE active;
CREATE INDEX listing_by_issuer ON anchor_ops.listing USING btree (network, asset_issuer, id) WHERE (active AND (asset_issuer IS NOT NULL));
CREATE INDEX listing_by_update ON anchor_ops.listing USING btree (network, updated_at) WHERE active;
CREATE INDEX listing_by_words ON anchor_ops.listing USING gin (lower(domain) extensions.gin_trgm_ops, lower(name) extensions.gin_trgm_ops);
CREATE UNIQUE INDEX listing_identity ON anchor_ops.listing USING btree (network, domain, country, currency, type);
CREATE INDEX listing_in_operation ON anchor_ops.listing USING btree (network, id) WHERE (active AND shown_operational);
CREATE UNIQUE INDEX listing_pkey ON anchor_ops.listing USING btree (id);
CREATE INDEX listing_shown_operational ON anchor_ops.listing USING btree (network, domain) WHERE shown_operational;
CREATE INDEX movement_by_asset ON anchor_ops.movement USING btree (epoch, account, asset, ledger, id);
CREATE UNIQUE INDEX movement_pkey ON anchor_ops.movement USING btree (epoch, account, ledger, id);
CREATE INDEX noted_event_due ON anchor_ops.noted_event USING btree (is_known DESC, due_at);
CREATE UNIQUE INDEX noted_event_pkey ON anchor_ops.noted_event USING btree (transaction_id);
CREATE UNIQUE INDEX observer_jump_pkey ON anchor_ops.observer_jump USING btree (account, source, seq);
CREATE UNIQUE INDEX observer_pkey ON anchor_ops.observer USING btree (account, source);
CREATE UNIQUE INDEX open_list_pkey ON anchor_ops.open_list USING btree (sep, status);
CREATE INDEX operation_claim_by_attempt ON anchor_ops.operation_claim USING btree (attempt_id) WHERE (released_at IS NULL);
CREATE INDEX operation_claim_by_decision ON anchor_ops.operation_claim USING btree (decision_id) WHERE ((released_at IS NULL) AND (decision_id IS NOT NULL));
CREATE UNIQUE INDEX operation_claim_pkey ON anchor_ops.operation_claim USING btree (seq);
CREATE UNIQUE INDEX operation_claimed_once ON anchor_ops.operation_claim USING btree (stellar_transaction, operation_id, beside) WHERE (released_at IS NULL);
CREATE UNIQUE INDEX outbox_by_position ON anchor_ops.outbox USING btree ("position") WHERE ("position" IS NOT NULL);
CREATE INDEX outbox_by_publication ON anchor_ops.outbox USING btree (published_at, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX outbox_by_subject ON anchor_ops.outbox USING btree (subject, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX outbox_by_type ON anchor_ops.outbox USING btree (type, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX outbox_kept_until ON anchor_ops.outbox USING btree (kept_until) WHERE (kept_until IS NOT NULL);
CREATE UNIQUE INDEX outbox_pkey ON anchor_ops.outbox USING btree (id);
CREATE INDEX outbox_unpublished ON anchor_ops.outbox USING btree (seq) WHERE ("position" IS NULL);
CREATE INDEX parked_event_by_event ON anchor_ops.parked_event USING btree (event_id);
CREATE INDEX parked_event_by_position ON anchor_ops.parked_event USING btree ("position");
CREATE INDEX parked_event_by_time ON anchor_ops.parked_event USING btree (parked_at);
CREATE UNIQUE INDEX parked_event_pkey ON anchor_ops.parked_event USING btree (endpoint, "position");
CREATE INDEX parked_event_untold ON anchor_ops.parked_event USING btree (endpoint, subject, "position") WHERE (told_at IS NULL);
CREATE INDEX parked_event_waiting ON anchor_ops.parked_event USING btree ("position") WHERE (replayed_at IS NULL);
CREATE INDEX payment_by_judged_at ON anchor_ops.payment USING btree (judged_at, operation_id);
CREATE INDEX payment_by_memo ON anchor_ops.payment USING btree (memo, memo_type, epoch, is_dust, closed_at, operation_id) WHERE anchor_ops.may_change(verdict);
CREATE INDEX payment_by_muxed_account ON anchor_ops.payment USING btree (to_muxed_account, epoch, is_dust, closed_at, operation_id) WHERE ((to_muxed_account IS NOT NULL) AND anchor_ops.may_change(verdict));
CREATE INDEX payment_by_muxed_id ON anchor_ops.payment USING btree (to_muxed_id, epoch, is_dust, closed_at, operation_id) WHERE ((to_muxed_id IS NOT NULL) AND anchor_ops.may_change(verdict));
CREATE INDEX payment_by_transaction_hash ON anchor_ops.payment USING btree (transaction_hash);
CREATE INDEX payment_by_verdict ON anchor_ops.payment USING btree (verdict, judged_at, operation_id);
CREATE UNIQUE INDEX payment_credited_once ON anchor_ops.payment USING btree (transaction_id) WHERE (verdict = 'credited'::text);
CREATE INDEX payment_due ON anchor_ops.payment USING btree (epoch, account, due_at, ledger, operation_id) WHERE (due_at IS NOT NULL);
CREATE INDEX payment_dust_by_asset ON anchor_ops.payment USING btree (asset) WHERE is_dust;
CREATE INDEX payment_final ON anchor_ops.payment USING btree (judged_at, epoch, operation_id) WHERE ((open_since IS NULL) AND (due_at IS NULL));
CREATE INDEX payment_open ON anchor_ops.payment USING btree (open_since, epoch, operation_id) WHERE (open_since IS NOT NULL);
CREATE INDEX payment_open_by_asset ON anchor_ops.payment USING btree (asset) WHERE (open_since IS NOT NULL);
CREATE UNIQUE INDEX payment_pkey ON anchor_ops.payment USING btree (epoch, operation_id);
CREATE INDEX payment_verdict_by_operation ON anchor_ops.payment_verdict USING btree (epoch, operation_id, seq);
CREATE UNIQUE INDEX payment_verdict_pkey ON anchor_ops.payment_verdict USING btree (seq);
CREATE UNIQUE INDEX platform_release_pkey ON anchor_ops.platform_release USING btree (platform);
CREATE UNIQUE INDEX query_secret_use_pkey ON anchor_ops.query_secret_use USING btree (minute);
CREATE INDEX reconciliation_different ON anchor_ops.reconciliation USING btree (found_at, account, asset, closing_ledger) WHERE ((difference <> (0)::numeric) AND (explained_at IS NULL));
CREATE UNIQUE INDEX reconciliation_pkey ON anchor_ops.reconciliation USING btree (epoch, account, asset, closing_ledger);
CREATE INDEX refund_by_attempt ON anchor_ops.refund USING btree (attempt_id);
CREATE UNIQUE INDEX refund_pkey ON anchor_ops.refund USING btree (transaction_id, refund_id, method);
CREATE INDEX requested_check_by_time ON anchor_ops.requested_check USING btree (asked_at);
CREATE INDEX requested_check_of_caller ON anchor_ops.requested_check USING btree (caller, asked_at);
CREATE INDEX requested_check_of_domain ON anchor_ops.requested_check USING btree (network, domain, asked_at);
CREATE INDEX requested_check_of_owner ON anchor_ops.requested_check USING btree (owner, asked_at);
CREATE UNIQUE INDEX requested_check_pkey ON anchor_ops.requested_check USING btree (id);
CREATE UNIQUE INDEX run_fence_once ON anchor_ops.run USING btree (fence);
CREATE INDEX run_finished_by_kind ON anchor_ops.run USING btree (kind, finished_at DESC) WHERE (finished_at IS NOT NULL);
CREATE UNIQUE INDEX run_pkey ON anchor_ops.run USING btree (id);
CREATE INDEX run_started_by_kind ON anchor_ops.run USING btree (kind, started_at DESC);
CREATE UNIQUE INDEX scheduled_run_pkey ON anchor_ops.scheduled_run USING btree (kind);
CREATE UNIQUE INDEX side_look_pkey ON anchor_ops.side_look USING btree (account, source);
CREATE INDEX transaction_awaiting ON anchor_ops.transaction USING btree (COALESCE(started_at, first_seen_at)) WHERE (anchor_ops.awaits_payment(sep, kind, status) AND (gone_at IS NULL));
CREATE INDEX transaction_by_anchor_account ON anchor_ops.transaction USING btree (withdraw_anchor_account, platform_updated_at, id) WHERE (char_length(withdraw_anchor_account) <= 255);
CREATE INDEX transaction_by_destination ON anchor_ops.transaction USING btree (destination_account, platform_updated_at, id) WHERE (char_length(destination_account) <= 255);
CREATE INDEX transaction_by_external_id ON anchor_ops.transaction USING btree (external_transaction_id, platform_updated_at, id) WHERE (char_length(external_transaction_id) <= 255);
CREATE INDEX transaction_by_kind ON anchor_ops.transaction USING btree (kind, platform_updated_at, id) WHERE (char_length(kind) <= 255);
CREATE INDEX transaction_by_memo ON anchor_ops.transaction USING btree (memo, platform_updated_at, id) WHERE (char_length(memo) <= 255);
CREATE INDEX transaction_by_memo_value ON anchor_ops.transaction USING btree (memo_value) WHERE (char_length(memo_value) <= 255);
CREATE INDEX transaction_by_muxed_account ON anchor_ops.transaction USING btree (COALESCE(NULLIF(withdraw_anchor_account, ''::text), destination_account)) WHERE (octet_length(COALESCE(NULLIF(withdraw_anchor_account, ''::text), destination_account)) = 69);
CREATE INDEX transaction_by_sep ON anchor_ops.transaction USING btree (sep, platform_updated_at, id) WHERE (char_length(sep) <= 255);
CREATE INDEX transaction_by_source ON anchor_ops.transaction USING btree (source_account, platform_updated_at, id) WHERE (char_length(source_account) <= 255);
CREATE INDEX transaction_by_status ON anchor_ops.transaction USING btree (status, platform_updated_at, id);
CREATE INDEX transaction_by_stellar_transaction ON anchor_ops.transaction USING gin (anchor_ops.stellar_hashes(stellar_transactions)) WITH (fastupdate=off) WHERE (stellar_transactions IS NOT NULL);
CREATE INDEX transaction_by_update ON anchor_ops.transaction USING btree (platform_updated_at, id);
CREATE UNIQUE INDEX transaction_pkey ON anchor_ops.transaction USING btree (id);
CREATE INDEX transaction_status_by_transaction ON anchor_ops.transaction_status USING btree (transaction_id, seq);
CREATE UNIQUE INDEX transaction_status_pkey ON anchor_ops.transaction_status USING btree (seq);
CREATE UNIQUE INDEX unlisted_pkey ON anchor_ops.unlisted USING btree (sep, status, newer_id);
CREATE UNIQUE INDEX update_request_pkey ON anchor_ops.update_request USING btree (key);
CREATE UNIQUE INDEX webhook_endpoint_pkey ON anchor_ops.webhook_endpoint USING btree (id);
CREATE INDEX webhook_lane_by_subject ON anchor_ops.webhook_lane USING btree (subject);
CREATE INDEX webhook_lane_due ON anchor_ops.webhook_lane USING btree (endpoint, due_at, subject);
CREATE UNIQUE INDEX webhook_lane_pkey ON anchor_ops.webhook_lane USING btree (endpoint, subject);

-- Row level security
alter table anchor_ops.api_key enable row level security, force row level security;
alter table anchor_ops.archived_payment enable row level security, force row level security;
alter table anchor_ops.attempt enable row level security, force row level security;
alter table anchor_ops.attempt_move enable row level security, force row level security;
alter table anchor_ops.balance_snapshot enable row level security, force row level security;
alter table anchor_ops.book enable row level security, force row level security;
alter table anchor_ops.catalog_change enable row level security, force row level security;
alter table anchor_ops.check_window enable row level security, force row level security;
alter table anchor_ops.country_summary enable row level security, force row level security;
alter table anchor_ops.decision enable row level security, force row level security;
alter table anchor_ops.directory enable row level security, force row level security;
alter table anchor_ops.discovery_cursor enable row level security, force row level security;
alter table anchor_ops.due_check enable row level security, force row level security;
alter table anchor_ops.due_name enable row level security, force row level security;
alter table anchor_ops.dust_limit enable row level security, force row level security;
alter table anchor_ops.event_arrival enable row level security, force row level security;
alter table anchor_ops.home_domain enable row level security, force row level security;
alter table anchor_ops.home_domain_check enable row level security, force row level security;
alter table anchor_ops.home_domain_day enable row level security, force row level security;
alter table anchor_ops.issuer_account enable row level security, force row level security;
alter table anchor_ops.lease enable row level security, force row level security;
alter table anchor_ops.ledger_epoch enable row level security, force row level security;
alter table anchor_ops.listing enable row level security, force row level security;
alter table anchor_ops.movement enable row level security, force row level security;
alter table anchor_ops.noted_event enable row level security, force row level security;
alter table anchor_ops.observer enable row level security, force row level security;
alter table anchor_ops.observer_jump enable row level security, force row level security;
alter table anchor_ops.open_list enable row level security, force row level security;
alter table anchor_ops.operation_claim enable row level security, force row level security;
alter table anchor_ops.outbox enable row level security, force row level security;
alter table anchor_ops.parked_event enable row level security, force row level security;
alter table anchor_ops.payment enable row level security, force row level security;
alter table anchor_ops.payment_verdict enable row level security, force row level security;
alter table anchor_ops.platform_release enable row level security, force row level security;
alter table anchor_ops.query_secret_use enable row level security, force row level security;
alter table anchor_ops.reconciliation enable row level security, force row level security;
alter table anchor_ops.refund enable row level security, force row level security;
alter table anchor_ops.requested_check enable row level security, force row level security;
alter table anchor_ops.run enable row level security, force row level security;
alter table anchor_ops.scheduled_run enable row level security, force row level security;
alter table anchor_ops.side_look enable row level security, force row level security;
alter table anchor_ops.transaction enable row level security, force row level security;
alter table anchor_ops.transaction_status enable row level security, force row level security;
alter table anchor_ops.unlisted enable row level security, force row level security;
alter table anchor_ops.update_request enable row level security, force row level security;
alter table anchor_ops.webhook_endpoint enable row level security, force row level security;
alter table anchor_ops.webhook_lane enable row level security, force row level security;

-- Policies
create policy service_role_only on anchor_ops.api_key as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.archived_payment as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.attempt as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.attempt_move as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.balance_snapshot as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.book as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.catalog_change as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.check_window as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.country_summary as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.decision as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.directory as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.discovery_cursor as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.due_check as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.due_name as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.dust_limit as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.event_arrival as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.home_domain as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.home_domain_check as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.home_domain_day as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.issuer_account as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.lease as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.ledger_epoch as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.listing as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.movement as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.noted_event as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.observer as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.observer_jump as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.open_list as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.operation_claim as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.outbox as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.parked_event as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.payment as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.payment_verdict as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.platform_release as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.query_secret_use as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.reconciliation as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.refund as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.requested_check as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.run as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.scheduled_run as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.side_look as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.transaction as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.transaction_status as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.unlisted as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.update_request as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.webhook_endpoint as PERMISSIVE for ALL to service_role using (true) with check (true);
create policy service_role_only on anchor_ops.webhook_lane as PERMISSIVE for ALL to service_role using (true) with check (true);

-- Functions
CREATE OR REPLACE FUNCTION anchor_ops."decimal"(p_text text)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when p_text ~ '^[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$' then p_text::numeric end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.accept_identity(p_network text, p_domain text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with held as (
    select home_domain.held from anchor_ops.home_domain
    where home_domain.network = p_network and home_domain.domain = p_domain and home_domain.held is not null
  ),
  accepted as (
    update anchor_ops.home_domain
    set identity = home_domain.identity || (held.held -> 'identity'), held = null
    from held
    where home_domain.network = p_network and home_domain.domain = p_domain
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'domain', p_domain,
    'kind', 'accepted',
    'before', anchor_ops.sides_of(held.held -> 'changes', 'before'),
    'after', anchor_ops.sides_of(held.held -> 'changes', 'after') || '{"by": "person"}'
  )), '[]')
  from held
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.anchor_subject(p_network text, p_domain text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_network || ':' || p_domain
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.api_key_json(p_key anchor_ops.api_key)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'name', p_key.name,
    'scopes', to_jsonb(p_key.scopes),
    'createdBy', p_key.created_by,
    'createdAt', anchor_ops.iso_time(p_key.created_at),
    'expiresAt', anchor_ops.iso_time(p_key.expires_at),
    'revokedBy', p_key.revoked_by,
    'revokedAt', anchor_ops.iso_time(p_key.revoked_at),
    'state', case when p_key.revoked_at is not null then 'revoked'
      when p_key.expires_at <= clock_timestamp() then 'expired' else 'usable' end
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.archived_state(p_archived anchor_ops.archived_payment)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return case
    -- A payment is closed by the last decision about it.
    when p_archived.state = 'closed' then (
      select made.decision from anchor_ops.decision as made
      where made.about = 'payment'
        and made.subject = anchor_ops.payment_subject(p_archived.epoch, p_archived.operation_id)
      order by made.seq desc limit 1
    )
    when p_archived.state = 'credited' and exists (
      select from anchor_ops.decision as made
      where made.about = 'payment' and made.decision = 'assign'
        and made.subject = anchor_ops.payment_subject(p_archived.epoch, p_archived.operation_id)
    ) then 'assigned'
    else p_archived.state end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.attempt_json(p_attempt anchor_ops.attempt)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object(
    'attemptId', p_attempt.id,
    'seq', p_attempt.seq::text,
    'transactionId', p_attempt.transaction_id,
    'method', p_attempt.method,
    'params', p_attempt.params,
    'naturalKey', p_attempt.natural_key,
    'custody', p_attempt.custody,
    'origin', p_attempt.origin,
    'keyName', p_attempt.key_name,
    'requestKey', p_attempt.request_key,
    'itemIndex', p_attempt.update_index,
    'state', p_attempt.state,
    'tries', p_attempt.tries,
    'rpcId', p_attempt.rpc_id,
    'pre', p_attempt.pre,
    'post', p_attempt.post,
    'sentAt', anchor_ops.iso_time(p_attempt.sent_at),
    'settleAt', anchor_ops.iso_time(p_attempt.settle_at),
    'expiresAt', anchor_ops.iso_time(p_attempt.expires_at),
    'outcome', p_attempt.outcome,
    'note', p_attempt.note,
    'forced', p_attempt.forced,
    'ledger', p_attempt.ledger,
    'createdAt', anchor_ops.iso_time(p_attempt.created_at),
    'updatedAt', anchor_ops.iso_time(p_attempt.updated_at)
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.attempt_may_move(p_from text, p_to text, p_custody boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  -- PL/pgSQL keeps the plan. An SQL function is planned at each call, which took a twentieth of record_outcome.
  return (p_from, p_to) in (
    ('READY', 'SENDING'), ('READY', 'APPLIED'), ('READY', 'REJECTED'), ('READY', 'EXPIRED'), ('READY', 'WITHDRAWN'),
    ('READY', 'MANUAL'),
    ('SENDING', 'READY'), ('SENDING', 'UNKNOWN'), ('SENDING', 'APPLIED'), ('SENDING', 'REJECTED'),
    ('UNKNOWN', 'APPLIED'), ('UNKNOWN', 'REJECTED'), ('UNKNOWN', 'MANUAL'),
    ('MANUAL', 'APPLIED'), ('MANUAL', 'REJECTED'), ('MANUAL', 'NOT_APPLIED'),
    ('APPLIED', 'LOST'), ('LOST', 'APPLIED'), ('LOST', 'REJECTED'), ('LOST', 'NOT_APPLIED')
  ) or not p_custody and (p_from, p_to) in (('UNKNOWN', 'READY'), ('UNKNOWN', 'NOT_APPLIED'));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.attempts_of(p_transaction_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with known as (
    select attempt.seq, anchor_ops.attempt_json(attempt) || jsonb_build_object('moves', (
      select jsonb_agg(
        jsonb_build_object(
          'at', anchor_ops.iso_time(move.at),
          'from', move.from_state,
          'to', move.to_state,
          'detail', move.detail
        ) order by move.seq
      )
      from anchor_ops.attempt_move as move where move.attempt_id = attempt.id
    )) as attempt
    from anchor_ops.attempt
    where attempt.id = any (array(
      select newest.id from anchor_ops.attempt as newest
      where newest.transaction_id = p_transaction_id order by newest.seq desc limit 200
    ) || array(
      select open.id from anchor_ops.attempt as open
      where open.transaction_id = p_transaction_id
        and (open.state in ('SENDING', 'UNKNOWN', 'MANUAL', 'LOST') or open.state = 'APPLIED' and open.settle_at is not null)
      order by open.seq desc limit 100
    ))
  ),
  shown as (
    select known.seq, known.attempt from (
      select known.seq, known.attempt, sum(octet_length(known.attempt::text)) over (
        order by known.attempt ->> 'state' in ('SENDING', 'UNKNOWN', 'MANUAL', 'LOST') desc, known.seq desc
      ) as bytes
      from known
    ) as known
    where known.bytes <= 3000000 or known.seq = (select max(known.seq) from known)
  )
  select jsonb_build_object(
    'attempts', coalesce(jsonb_agg(shown.attempt order by shown.seq), '[]'),
    'moreAttempts', count(*) < (
      select count(*) from anchor_ops.attempt where attempt.transaction_id = p_transaction_id
    )
  )
  from shown
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.awaits_payment(p_sep text, p_kind text, p_status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(
    p_sep in ('6', '24') and p_kind in ('withdrawal', 'withdrawal-exchange')
      and p_status = 'pending_user_transfer_start'
    or p_sep = '31' and p_status = 'pending_sender', false)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.balance_at(p_snapshot anchor_ops.balance_snapshot, p_asset text)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(p_snapshot.balances ->> p_asset, case when p_snapshot.is_whole then '0' end)::numeric
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.begin_attempts(p_key text, p_updates jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (
    select count(row."naturalKey") <> count(distinct row."naturalKey")
    from jsonb_to_recordset(p_updates) as row ("naturalKey" text)
  ) then
    raise exception 'begin_attempts: two updates have the same natural key; the second can be judged only when the outcome of the first is known'
      using errcode = 'invalid_parameter_value';
  end if;

  perform anchor_ops.lock_names(array(
    select name.text
    from jsonb_to_recordset(p_updates) as row ("transactionId" text, "naturalKey" text, params jsonb, replay jsonb),
      unnest(array['transaction ' || row."transactionId", 'natural key ' || row."naturalKey",
        -- A person may assign the payment of the update meanwhile.
        case when row.replay is not null then 'stellar transaction ' || lower(row.params ->> 'stellar_transaction_id') end
      ]) as name (text)
  ));

  -- An attempt stays READY when the ledger contradicts it or could not be read. A person then repeats its update with
  -- "force".
  if jsonb_path_exists(p_updates, '$[*].forced ? (@ != null)') then
    with forced as (
      update anchor_ops.attempt set forced = row.forced
      from jsonb_to_recordset(p_updates)
        as row ("transactionId" text, params jsonb, "naturalKey" text, forced text, "keyName" text)
      where attempt.natural_key = row."naturalKey" and attempt.transaction_id = row."transactionId"
        and attempt.params = row.params and attempt.state = 'READY' and attempt.forced is null and row.forced is not null
      returning attempt.id, attempt.transaction_id, attempt.outcome, row.forced, row."keyName" as key_name
    )
    insert into anchor_ops.decision (key_name, about, subject, transaction_id, decision, note, reading)
    select forced.key_name, 'attempt', forced.id::text, forced.transaction_id, 'forced', forced.forced,
      jsonb_build_object('state', 'READY', 'outcome', forced.outcome, 'transaction', transaction.document)
    from forced left join anchor_ops.transaction on transaction.id = forced.transaction_id;
  end if;

  return anchor_ops.insert_attempts(p_key, p_updates);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.begin_credits(p_fresh jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return (
    with credit as (
      select fresh.payment ->> 'operationId' as operation_id, fresh.payment -> 'update' as update,
        row_number() over (order by fresh.place) - 1 as index
      from jsonb_array_elements(p_fresh) with ordinality as fresh (payment, place)
      where fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId'
    )
    select coalesce(jsonb_object_agg(credit.operation_id, begun.answer), '{}')
    from jsonb_array_elements(anchor_ops.begin_attempts(null, (
        select coalesce(jsonb_agg(credit.update || jsonb_build_object('index', credit.index) order by credit.index), '[]')
        from credit
      ))) as begun (answer)
      join credit on credit.index = (begun.answer ->> 'index')::bigint
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.begin_send(p_attempt anchor_ops.attempt, p_send jsonb, p_seen jsonb, p_live_seconds integer, p_is_alone boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_first anchor_ops.attempt;
  v_rejected jsonb;
  v_end text;
  v_look_for jsonb;
  v_stale boolean := p_seen -> 'earlier' <> '[]';
  v_claimed jsonb;
  v_ledger jsonb := nullif(p_send -> 'ledger', 'null');
begin
  select * into v_first from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and (
    attempt.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(attempt.state)
  )
  order by attempt.seq limit 1;
  if found then
    return p_seen || jsonb_build_object('started', false, 'reason', 'busy', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', v_first.id,
      'isLive', v_first.state = 'SENDING' and v_first.sent_at > v_now - make_interval(secs => p_live_seconds));
  end if;
  if p_attempt.state <> 'READY' then
    return p_seen || jsonb_build_object('started', false, 'reason', 'state', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', null, 'isLive', false);
  end if;

  -- An expired attempt is never sent, so it waits for no other attempt, and no other attempt waits for it.
  select * into v_first from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'READY'
    and attempt.seq < p_attempt.seq
    and (attempt.expires_at is null or attempt.expires_at > clock_timestamp() or anchor_ops.may_be_applied(attempt.outcome))
    and (p_attempt.expires_at is null or p_attempt.expires_at > clock_timestamp())
  order by attempt.seq limit 1;
  if found then
    return p_seen || jsonb_build_object('started', false, 'reason', 'order', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', v_first.id,
      'isLive', (v_first.settle_at is null or v_first.settle_at <= v_now)
        and v_first.updated_at > v_now - make_interval(secs => p_live_seconds));
  end if;

  v_rejected := anchor_ops.why_rejected(p_attempt);
  if v_rejected is null and not v_stale and jsonb_typeof(p_send -> 'claim') = 'object' then
    v_claimed := anchor_ops.claim_operations(p_attempt, p_send -> 'claim');
    v_rejected := v_claimed -> 'refusal';
    v_ledger := coalesce(v_ledger, '{}') || jsonb_build_object('claimed', v_claimed);
  end if;
  if v_rejected is not null then
    -- The end of an attempt may open its payments, which are locked in the order of their keys.
    if not p_is_alone then
      return null;
    end if;
    v_end := case when anchor_ops.may_be_applied(p_attempt.outcome) then 'MANUAL'
      when v_rejected ->> 'reason' = 'expired' then 'EXPIRED' else 'REJECTED' end;
    v_rejected := v_rejected || jsonb_strip_nulls(jsonb_build_object('mayBeApplied', p_attempt.outcome -> 'mayBeApplied'));
    update anchor_ops.attempt set state = v_end, outcome = v_rejected, settle_at = null
    where attempt.id = p_attempt.id;
    return p_seen || jsonb_build_object('started', false, 'reason', 'state', 'state', v_end, 'outcome', v_rejected,
      'openAttemptId', null, 'isLive', false);
  end if;

  -- Another update of the transaction took effect after it was read. Its effect would be taken for an effect of this
  -- attempt. Or the platform went back, and its later state may come again.
  if v_stale then
    return p_seen || jsonb_build_object('started', false, 'reason', 'stale', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', null,
      'isLive', not (p_seen #>> '{earlier,0,confirmed}')::boolean);
  end if;

  update anchor_ops.attempt
  set state = 'SENDING', tries = attempt.tries + 1, rpc_id = p_send ->> 'rpcId', pre = nullif(p_send -> 'pre', 'null'),
    sent_at = clock_timestamp(), settle_at = null, ledger = v_ledger
  where attempt.id = p_attempt.id;

  -- The caller looks for the update that was applied before this one in pre. Another look that runs now may see what this
  -- attempt changes, so it must find another settle_at.
  update anchor_ops.attempt set settle_at = clock_timestamp()
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'APPLIED'
    and attempt.settle_at is not null;
  select coalesce(jsonb_agg(anchor_ops.attempt_json(attempt) order by attempt.seq), '[]') into v_look_for
  from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'APPLIED'
    and attempt.settle_at is not null;
  return p_seen || jsonb_build_object('started', true, 'tries', p_attempt.tries + 1, 'ledger', v_ledger, 'lookFor', v_look_for);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.book_json(p_period anchor_ops.book_period)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'epoch', (p_period).epoch,
    'account', (p_period).account,
    'asset', (p_period).asset,
    'opening', anchor_ops.snapshot_json((p_period).opening, (p_period).asset),
    'closing', anchor_ops.snapshot_json((p_period).closing, (p_period).asset),
    'isRead', anchor_ops.has_movements((p_period).epoch, (p_period).account, (p_period).opening.ledger,
      (p_period).closing.ledger),
    'readUpTo', (
      select max(book.to_ledger) from anchor_ops.book
      where book.epoch = (p_period).epoch and book.account = (p_period).account
    ),
    'groups', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kind', grouped.kind, 'state', grouped.state, 'incoming', grouped.incoming, 'movements', grouped.movements,
        'stroops', grouped.stroops::text
      ) order by grouped.kind, grouped.state nulls first, grouped.incoming desc), '[]')
      from (
        select shown.kind, shown.state, shown.incoming, count(*) as movements, sum(shown.stroops) as stroops
        from anchor_ops.shown_movement as shown
        where shown.epoch = (p_period).epoch and shown.account = (p_period).account and shown.asset = (p_period).asset
          and shown.ledger > coalesce((p_period).opening.ledger, -1)
          and shown.ledger <= coalesce((p_period).closing.ledger, 9223372036854775807)
          and ((p_period).opening.ledger is not null or (p_period).since is null or shown.closed_at >= (p_period).since)
          and ((p_period).closing.ledger is not null or (p_period).until is null or shown.closed_at < (p_period).until)
        group by shown.kind, shown.state, shown.incoming
      ) as grouped
    )
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.book_period_of(p_epoch integer, p_account text, p_asset text, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS anchor_ops.book_period
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_period anchor_ops.book_period;
begin
  v_period.epoch := p_epoch;
  v_period.account := p_account;
  v_period.asset := p_asset;
  v_period.since := p_from;
  v_period.until := p_to;
  v_period.opening := case when p_from is null then (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account
      and anchor_ops.balance_at(snapshot, p_asset) is not null
    order by snapshot.ledger limit 1
  ) else (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account and snapshot.closed_at <= p_from
      and anchor_ops.balance_at(snapshot, p_asset) is not null
    order by snapshot.ledger desc limit 1
  ) end;
  v_period.closing := (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account and (p_to is null or snapshot.closed_at <= p_to)
      and anchor_ops.balance_at(snapshot, p_asset) is not null
      and snapshot.ledger > coalesce((v_period.opening).ledger, 0)
    order by snapshot.ledger desc limit 1
  );
  return v_period;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.changed_payments(p_account text, p_epoch integer, p_judged jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(judged.payment order by judged.place), '[]')
    from jsonb_array_elements(p_judged) with ordinality as judged (payment, place)
    left join lateral (
      select payment.verdict, payment.account, payment.sentence, payment.evidence, payment.transaction_id
      from anchor_ops.payment
      where payment.epoch = p_epoch and payment.operation_id = judged.payment ->> 'operationId' limit 1
    ) as known on true
    where (known.verdict, known.sentence, known.evidence, known.transaction_id) is distinct from
      (judged.payment ->> 'code', judged.payment ->> 'sentence', judged.payment -> 'evidence', judged.payment ->> 'transactionId')
      -- A credit may have become the verdict that the payment has by another account.
      and (known.verdict is null
        or anchor_ops.may_rejudge(known.verdict, known.account, judged.payment ->> 'code', p_account))
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.check_credits(p_epoch integer, p_payments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if exists (
    select from jsonb_to_recordset(p_payments)
      as row ("operationId" text, code text, "transactionId" text, update jsonb)
    where case when row.code = 'credited'
      then row.update ->> 'transactionId' is distinct from row."transactionId"
        or row.update ->> 'naturalKey' is distinct from format('operation %s of epoch %s', row."operationId", p_epoch)
      else jsonb_typeof(row.update) = 'object' end
  ) then
    raise exception 'record_payments: a credited payment, and no other, has the update of its transaction and operation'
      using errcode = 'invalid_parameter_value';
  end if;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.check_operations(p_epoch integer, p_payments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_changed_operation text;
begin
  select row."operationId" into v_changed_operation
  from jsonb_to_recordset(p_payments) as row ("operationId" text, "transactionHash" text)
  left join lateral anchor_ops.recorded_hash(p_epoch, row."operationId") as known (transaction_hash) on true
  group by row."operationId"
  having count(distinct row."transactionHash") > 1 or bool_or(known.transaction_hash <> row."transactionHash")
  limit 1;
  if found then
    raise exception 'operation %: is of another transaction than it was', v_changed_operation using errcode = 'AO004';
  end if;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.claim_json(p_claim anchor_ops.operation_claim)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_made anchor_ops.decision;
begin
  select * into v_made from anchor_ops.decision as made where made.id = p_claim.decision_id;
  return jsonb_strip_nulls(jsonb_build_object(
    'operationId', nullif(p_claim.operation_id, ''), 'transactionId', p_claim.transaction_id, 'attemptId', p_claim.attempt_id)
    || case when split_part(v_made.subject, '/', 2) = p_claim.operation_id
      then jsonb_build_object('closedAs', v_made.decision) else jsonb_build_object('refundOf', v_made.subject) end);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.claim_operations(p_attempt anchor_ops.attempt, p_claim jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_hash text := p_claim ->> 'stellarTransaction';
  -- An empty operation id stands for the whole Stellar transaction.
  v_choices jsonb := case when p_claim -> 'choices' = '[]' then '[[""]]' else p_claim -> 'choices' end;
  v_ids text[];
  v_taken jsonb;
  v_earlier uuid;
begin
  select choice.ids, choice.taken into v_ids, v_taken
  from (
    select each.place, ids.ids, (
      select jsonb_agg(anchor_ops.claim_json(claim) order by claim.seq)
      from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = v_hash and claim.released_at is null
        and claim.transaction_id is distinct from p_attempt.transaction_id
        and (claim.operation_id = any (ids.ids) or claim.operation_id = '' or '' = any (ids.ids))
    ) as taken, exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = v_hash and claim.released_at is null
        and claim.transaction_id = p_attempt.transaction_id and claim.operation_id = any (ids.ids)
    ) as is_own
    from jsonb_array_elements(v_choices) with ordinality as each (ids, place),
      lateral (select array(select jsonb_array_elements_text(each.ids)) as ids) as ids
  ) as choice
  order by choice.taken is not null, choice.is_own desc, choice.place
  limit 1;

  if v_taken is not null and p_attempt.forced is null then
    return jsonb_build_object('refusal', jsonb_build_object('reason', 'stellar_operation_claimed',
      'stellarTransaction', v_hash, 'claimedBy', v_taken));
  end if;

  -- A late repeat of a report must not count as a new one. A new report has an Idempotency-Key of its own, or is forced.
  select claim.attempt_id into v_earlier from anchor_ops.operation_claim as claim
  where claim.stellar_transaction = v_hash and claim.released_at is null
    and claim.transaction_id = p_attempt.transaction_id and claim.attempt_id <> p_attempt.id
    and (claim.operation_id = any (v_ids) or claim.operation_id = '' or '' = any (v_ids))
  order by claim.seq limit 1;
  if v_earlier is not null and p_attempt.forced is null and not exists (
    select from anchor_ops.update_request where update_request.key = p_attempt.request_key
  ) then
    return jsonb_build_object('refusal', jsonb_build_object('reason', 'reported_before',
      'stellarTransaction', v_hash, 'attemptId', v_earlier));
  end if;

  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, transaction_id, attempt_id, beside)
  select v_hash, each.id, p_attempt.transaction_id, p_attempt.id, case when exists (
    select from anchor_ops.operation_claim as held
    where held.stellar_transaction = v_hash and held.operation_id = each.id and held.released_at is null
  ) then p_attempt.seq else 0 end
  from unnest(v_ids) as each (id)
  -- A later send of an attempt finds the claims of the first one.
  where not exists (
    select from anchor_ops.operation_claim as own
    where own.stellar_transaction = v_hash and own.operation_id = each.id and own.released_at is null
      and own.attempt_id = p_attempt.id
  )
  order by each.id;
  return jsonb_strip_nulls(jsonb_build_object('stellarTransaction', v_hash,
    'operationIds', case when v_ids <> '{""}' then to_jsonb(v_ids) end, 'overridden', v_taken));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.claims_on(p_hash text, p_operation_ids text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select jsonb_agg(anchor_ops.claim_json(claim) order by claim.seq) from anchor_ops.operation_claim as claim
    where claim.stellar_transaction = p_hash and claim.released_at is null
      and (claim.operation_id = any (p_operation_ids) or claim.operation_id = '')
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.compare_balances(p_snapshot anchor_ops.balance_snapshot)
 RETURNS TABLE(asset text, opening_ledger bigint, opening numeric, moved numeric, closing numeric)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select each.asset, before.ledger, before.balance, coalesce((
    select sum(movement.stroops) from anchor_ops.movement
    where movement.epoch = p_snapshot.epoch and movement.account = p_snapshot.account and movement.asset = each.asset
      and movement.ledger > before.ledger and movement.ledger <= p_snapshot.ledger
  ), 0), each.balance
  from (
    select known.asset, anchor_ops.balance_at(p_snapshot, known.asset) as balance
    from (
      select jsonb_object_keys(p_snapshot.balances) as asset
      union
      select jsonb_object_keys(earlier.balances) from (
        select last.balances from anchor_ops.balance_snapshot as last
        where last.epoch = p_snapshot.epoch and last.account = p_snapshot.account and last.ledger < p_snapshot.ledger
        order by last.ledger desc limit 1
      ) as earlier
    ) as known
  ) as each
  cross join lateral (
    select earlier.ledger, anchor_ops.balance_at(earlier, each.asset) as balance
    from anchor_ops.balance_snapshot as earlier
    where earlier.epoch = p_snapshot.epoch and earlier.account = p_snapshot.account
      and earlier.ledger < p_snapshot.ledger and anchor_ops.balance_at(earlier, each.asset) is not null
    order by earlier.ledger desc limit 1
  ) as before
  where each.balance is not null and anchor_ops.has_movements(p_snapshot.epoch, p_snapshot.account, before.ledger,
    p_snapshot.ledger)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.compare_import(p_network text, p_listings jsonb, p_source text)
 RETURNS TABLE(id text, name text, domain text, country text, currency text, type text, active boolean, pairing text, known_source text, fate text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with incoming as (
    select distinct on (row.id) row.id, row.name, row.domain, row.country, row.currency, row.type,
      coalesce(row.active, true) as active, coalesce(row.pairing, 'given') as pairing
    from jsonb_to_recordset(p_listings)
      as row (id text collate "C", name text, domain text collate "C", country text, currency text collate "C", type text,
        active boolean, pairing text)
    order by row.id
  )
  select incoming.*, known.source,
    case
      when known.id is null then 'new'
      -- An issuer on Horizon may name any home domain, so its listings change nothing of what a directory or a person listed.
      when p_source like 'horizon:%' and known.source not like 'horizon:%' then 'unchanged'
      when (known.name, known.pairing) is distinct from (incoming.name, incoming.pairing) then 'changed'
      when known.source <> p_source or known.missed > 0 then 'moved'
      -- No row says when Horizon was last walked as a whole, so its listings say it themselves, once a week.
      when p_source like 'horizon:%' and known.last_listed_at < now() - interval '7 days' then 'moved'
      else 'unchanged'
    end
  from incoming
    left join anchor_ops.listing as known on known.id = incoming.id and known.network = p_network
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.count_due(p_network text, p_country text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select count(*) from anchor_ops.due_check
  where due_check.network = p_network and due_check.due_at <= clock_timestamp()
    and (p_country is null or exists (
      select from anchor_ops.listing
      where listing.network = p_network and listing.domain = due_check.domain and listing.active
        and listing.country = p_country
    ))
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.credit_holds(p_attempt_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return not exists (
    select from anchor_ops.attempt
    where attempt.id = anchor_ops.last_replay(p_attempt_id) and anchor_ops.ended_without_effect(attempt.state)
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.credited_operation(p_transaction_id text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce((
    select anchor_ops.shown_operation(payment.epoch, payment.operation_id) from anchor_ops.payment
    where payment.transaction_id = p_transaction_id and payment.verdict = 'credited' limit 1
  ), (
    select anchor_ops.shown_operation(archived.epoch, archived.operation_id) from anchor_ops.archived_payment as archived
    where archived.transaction_id = p_transaction_id and archived.verdict = 'credited' limit 1
  ));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.cursor_id(p_cursor text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select coalesce(substr(p_cursor, strpos(p_cursor, '.') + 1), '') $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.cursor_of(p_time timestamp with time zone, p_id text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select (extract(epoch from p_time) * 1000000)::bigint || '.' || p_id $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.cursor_time(p_cursor text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(
    timestamptz 'epoch' + split_part(p_cursor, '.', 1)::bigint * interval '1 microsecond', '-infinity'
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.date_listing()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.updated_at := clock_timestamp();
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.day_of(p_network text, p_domain text, p_day date)
 RETURNS TABLE(checks integer, ok integer, median_ms integer, p95_ms integer, steps text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.decided_payment(p_payment anchor_ops.payment, p_decided boolean, p_refusal jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object(
    'decided', p_decided,
    'refusal', p_refusal,
    'payment', anchor_ops.payment_json(p_payment),
    'decision', anchor_ops.last_decision('payment', anchor_ops.payment_subject(p_payment.epoch, p_payment.operation_id))
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.decision_json(p_decision anchor_ops.decision)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'id', p_decision.id,
    'at', anchor_ops.iso_time(p_decision.at),
    'keyName', p_decision.key_name,
    'about', p_decision.about,
    'subject', p_decision.subject,
    'transactionId', p_decision.transaction_id,
    'decision', p_decision.decision,
    'note', p_decision.note,
    'reading', p_decision.reading,
    'newAttemptId', p_decision.new_attempt_id
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.decisions_on_anchor(p_network text, p_domain text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq desc), '[]')
  from anchor_ops.decision as made
  where made.seq in (
    select recent.seq from anchor_ops.decision as recent
    where (recent.about = 'anchor' and recent.subject = anchor_ops.anchor_subject(p_network, p_domain))
      or (recent.about = 'listing' and recent.subject in (
        select listing.id from anchor_ops.listing where listing.network = p_network and listing.domain = p_domain
      ))
    order by recent.seq desc
    limit 50
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.deliveries_json(p_event anchor_ops.outbox, p_endpoints text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object(
    'endpoint', known.id,
    'host', known.host,
    'state', case when parked.position is not null then 'parked' when lane.subject is not null then 'waiting' else 'delivered' end,
    'tries', coalesce(parked.tries, case when lane.tries > 0 and p_event.position = (
      select min(event.position) from anchor_ops.lane_events(known, lane) as event
    ) then lane.tries end, 0),
    'failure', coalesce(parked.failure, lane.last_failure)
  ) order by known.id), '[]')
  from anchor_ops.webhook_endpoint as known
    left join anchor_ops.parked_event as parked on parked.endpoint = known.id and parked.position = p_event.position
    left join anchor_ops.webhook_lane as lane
      on lane.endpoint = known.id and lane.subject = p_event.subject and lane.after < p_event.position
  where known.id = any (p_endpoints) and known.began_after < p_event.position
    and anchor_ops.is_for(known, p_event.type, p_event.only_to)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.domain_text(p_shown jsonb, p_last_checked_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_text text := (p_shown || jsonb_build_object('lastCheckedAt', anchor_ops.iso_time(p_last_checked_at)))::text;
begin
  return substr(v_text, 2, length(v_text) - 2);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.dropped_listings(p_network text, p_listings jsonb, p_passed_over text[], p_source text, p_counted boolean)
 RETURNS TABLE(id text, domain text, missed smallint, source text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select known.id, known.domain, known.missed, known.source
  from anchor_ops.listing as known
  where known.network = p_network and known.delisted_at is null
    and (known.source = p_source or (p_counted and exists (
      select from anchor_ops.directory
      where directory.network = p_network and directory.source = known.source
        and directory.imported_at < now() - interval '30 days'
    )))
    and not exists (
      select from jsonb_to_recordset(p_listings) as row (id text collate "C") where row.id = known.id
    )
    and not exists (select from unnest(p_passed_over) as passed (id) where passed.id collate "C" = known.id)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.due_mark(p_due_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select (extract(epoch from p_due_at) * 1000000)::bigint::text $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.end_send(p_attempt anchor_ops.attempt, p_move jsonb, p_look_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_from text := p_move ->> 'from';
  v_to text := p_move ->> 'to';
  v_outcome jsonb := coalesce(nullif(p_move -> 'outcome', 'null'), p_attempt.outcome);
  v_seconds double precision := (p_move ->> 'settleInSeconds')::double precision;
  v_settle_at timestamptz := case
    when v_to in ('READY', 'APPLIED') then clock_timestamp() + make_interval(secs => v_seconds)
    when v_to = 'UNKNOWN' then clock_timestamp() + make_interval(secs => coalesce(v_seconds, 0))
  end;
begin
  if p_attempt.state <> v_from or p_attempt.rpc_id is distinct from p_move ->> 'rpcId'
    or v_from = 'APPLIED' and date_trunc('milliseconds', p_attempt.settle_at) is distinct from p_look_at then
    return jsonb_build_object('recorded', false, 'state', p_attempt.state, 'outcome', p_attempt.outcome,
      'settleAt', anchor_ops.iso_time(p_attempt.settle_at));
  end if;

  update anchor_ops.attempt
  set state = v_to,
    tries = attempt.tries - case when v_from = 'SENDING' and v_to = 'READY' then 1 else 0 end,
    outcome = v_outcome,
    settle_at = v_settle_at,
    unreadable_since = null,
    post = case when v_to = 'APPLIED' and v_from <> 'APPLIED' then nullif(p_move -> 'transaction', 'null') else attempt.post end,
    claimed_by = null,
    claimed_until = null
  where attempt.id = p_attempt.id;
  -- A sender that died says nothing here: it may not have looked.
  if v_to = 'APPLIED' and v_from <> 'APPLIED' or v_from = 'SENDING' and v_to in ('REJECTED', 'UNKNOWN') then
    perform anchor_ops.forget_looks(p_attempt);
  end if;
  return jsonb_build_object('recorded', true, 'state', v_to, 'outcome', v_outcome,
    'settleAt', anchor_ops.iso_time(v_settle_at));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.ended_at(p_transaction anchor_ops.transaction)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case when anchor_ops.is_closed(p_transaction.status) then coalesce(p_transaction.completed_at, (
    select min(history.seen_at) from anchor_ops.transaction_status as history
    where history.transaction_id = p_transaction.id and history.seq > coalesce((
      select max(open.seq) from anchor_ops.transaction_status as open
      where open.transaction_id = p_transaction.id and not anchor_ops.is_closed(open.status)
    ), 0)
  )) else p_transaction.gone_at end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.ended_without_effect(p_state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select p_state in ('REJECTED', 'NOT_APPLIED', 'EXPIRED', 'WITHDRAWN') $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.equals(p_column text, p_values text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- The planner does not see the value in the subselect. It would else leave the index where it takes a value for common.
  select anchor_ops.filter_json(
    format('t.%I = any (%L::text[])', p_column, p_values),
    array(
      select format('t.%1$I = (select %2$L) and char_length(t.%1$I) <= 255', p_column, wanted.value)
      from (select distinct unnest(p_values) as value) as wanted
    )
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.event_json(p_event anchor_ops.outbox)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'id', coalesce(p_event.replay_of, p_event.id),
    'type', p_event.type,
    'subject', p_event.subject,
    'at', anchor_ops.iso_time(p_event.at),
    'position', p_event.position::text,
    'replayed', p_event.replay_of is not null,
    'data', p_event.data
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.evidence_ages(p_capability jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_object_agg(sep.key, jsonb_build_object(
    'seenAt', sep.value #> '{seen,at}',
    'lastOkAt', sep.value -> 'lastOkAt',
    'protected', coalesce(sep.value -> 'protected', 'false'),
    'kept', coalesce(sep.value -> 'kept', 'false'),
    'signedIn', sep.value -> 'signedIn'
  ) || case when sep.value ? 'silentSince' then jsonb_build_object('silentSince', sep.value -> 'silentSince') else '{}' end), '{}')
  from jsonb_each(p_capability -> 'sep') as sep
  where sep.value ->> 'step' <> 'absent'
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.fails_more(p_capability jsonb, p_before jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select exists (
    select from jsonb_each(p_capability -> 'sep') as shown (name, sep), unnest(array['signedIn', 'pricesAsked']) as part
    where coalesce((shown.sep #>> array[part, 'failures'])::integer, 0)
      > coalesce((p_before #>> array['sep', shown.name, part, 'failures'])::integer, 0)
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.filter_json(p_where text, p_streams text[] DEFAULT NULL::text[], p_few text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('where', p_where, 'streams', coalesce(p_streams, array[p_where]), 'few', p_few)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.filtered_page(p_name text, p_table text, p_filters jsonb, p_behind text, p_key text, p_order text, p_row text, p_cursor text, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET random_page_cost TO '1.1'
AS $function$
declare
  v_most constant integer := 5000;
  v_filter record;
  v_chosen integer := 0;
  v_streams text[] := array['true'];
  v_others text;
  v_count integer;
  v_limit integer := greatest(p_limit, 1);
  v_window integer;
  v_select text;
  v_rows jsonb[];
  v_cursors text[];
  v_end text;
begin
  for v_filter in
    select filter.value ->> 'few' as few, filter.place, array(
      select jsonb_array_elements_text(filter.value -> 'streams')
    ) as streams
    from jsonb_array_elements(p_filters) with ordinality as filter (value, place)
    order by filter.place
  loop
    if v_filter.few is null and jsonb_array_length(p_filters) = 1 then
      v_count := 0;
    else
      execute format('select count(*) from (%s limit %s) as few', coalesce(v_filter.few, (
        select string_agg(format('select 1 from anchor_ops.%I as t where %s and %s', p_table, stream, p_behind), ' union all ')
        from unnest(v_filter.streams) as stream
      )), v_most + 1) into v_count;
    end if;
    if v_count <= v_most or v_filter.few is null and v_chosen = 0 then
      v_chosen := v_filter.place;
      v_streams := v_filter.streams;
    end if;
    exit when v_count <= v_most;
  end loop;

  select string_agg(filter.value ->> 'where', ' and ') into v_others
  from jsonb_array_elements(p_filters) with ordinality as filter (value, place)
  where filter.place <> v_chosen;

  -- Of each stream an index gives the rows in their order, and they are merged as far as they are needed.
  v_window := case when v_others is null then v_limit else v_most end + 1;
  select format('select distinct on (%s) t.* from (%s) as t order by %s limit %s', p_key, string_agg(format(
    '(select t.* from anchor_ops.%I as t where %s and %s order by %s limit %s)', p_table, stream, p_behind, p_order, v_window
  ), ' union all '), p_order, v_window)
  into v_select from unnest(v_streams) as stream;

  execute format(
    'select array_agg(%1$s order by %2$s), array_agg(%3$s order by %2$s)
    from (select t.* from (%4$s) as t where %5$s order by %2$s limit %6$s) as t',
    p_row, p_order, p_cursor, v_select, coalesce(v_others, 'true'), v_limit + 1
  ) into v_rows, v_cursors;
  if v_others is not null and coalesce(cardinality(v_rows), 0) <= v_limit then
    execute format(
      'select case when count(*) > 1 then (array_agg(%1$s order by %2$s))[1] end
      from (select t.* from (%3$s) as t order by %2$s offset %4$s) as t',
      p_cursor, p_order, v_select, v_most - 1
    ) into v_end;
  end if;
  return anchor_ops.page(p_name, p_limit, v_rows, v_cursors, v_end);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.final_verdicts(p_fresh jsonb, p_begun jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(
      fresh.payment || case
        when fresh.payment ->> 'code' <> 'credited' then '{}'
        -- If the update of the first payment of a transaction was refused, so are those of its other payments.
        when jsonb_typeof(begun.refusal) = 'object' then jsonb_build_object(
          'code', 'update_refused',
          'sentence', format('The payment is as expected, but its update was refused: %s.', begun.refusal ->> 'code'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('refusal', begun.refusal)
        )
        when fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId' then
          jsonb_build_object('attemptId', begun.attempt_id)
        -- The judge says the same of a credit that ended before it looked.
        when exists (
          select from anchor_ops.payment
          where payment.transaction_id = fresh.payment ->> 'transactionId' and payment.verdict = 'credited'
            and not anchor_ops.credit_holds(payment.attempt_id)
        ) then jsonb_build_object(
          'code', 'ambiguous',
          'sentence', format('%s Operation %s was credited to it before, but that update ended without effect, so a person decides which of them pays it.',
            fresh.payment ->> 'sentence', fresh.payment ->> 'creditedBy'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('creditedBy', fresh.payment -> 'creditedBy')
        )
        else jsonb_build_object(
          'code', 'already_paid',
          'sentence', format('The transaction is already credited with operation %s.', fresh.payment ->> 'creditedBy'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('creditedBy', fresh.payment -> 'creditedBy')
        )
      end order by fresh.place
    ), '[]')
    from jsonb_array_elements(p_fresh) with ordinality as fresh (payment, place)
    cross join lateral (
      select p_begun -> (fresh.payment ->> 'creditedBy') -> 'attemptId' as attempt_id,
        p_begun -> (fresh.payment ->> 'creditedBy') -> 'refusal' as refusal
    ) as begun
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.findings_of(p_network text, p_domain text, p_checked_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select earlier.findings from anchor_ops.home_domain_check as earlier
  where earlier.network = p_network and earlier.domain = p_domain and earlier.checked_at <= p_checked_at
    and earlier.findings is not null
  order by earlier.checked_at desc
  limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.forget_looks(p_attempt anchor_ops.attempt)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update anchor_ops.attempt set settle_at = null
  where attempt.transaction_id = p_attempt.transaction_id and attempt.id <> p_attempt.id
    and attempt.state = 'APPLIED' and attempt.settle_at is not null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.forgive_flapping(p_network text, p_domain text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with forgiven as (
    update anchor_ops.home_domain
    set
      health = home_domain.health || '{"autoDisabledReason": null, "flips": []}',
      -- A further check in the window judges from this one.
      window_health = home_domain.window_health || '{"flips": []}' || case
        when home_domain.window_health ->> 'autoDisabledReason' = 'flapping' then '{"autoDisabledReason": null}'::jsonb
        else '{}'
      end,
      auto_disabled_at = null
    where home_domain.network = p_network and home_domain.domain = p_domain
      and home_domain.health ->> 'autoDisabledReason' = 'flapping'
    returning home_domain.domain
  )
  select coalesce(jsonb_agg(anchor_ops.reason_change(forgiven.domain, 'flapping', null, '{"by": "person"}')), '[]')
  from forgiven
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.fresh_payments(p_account text, p_epoch integer, p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    with incoming as (
      select distinct on (each.payment ->> 'operationId') each.payment, each.payment ->> 'operationId' as operation_id,
        each.payment ->> 'code' as code, each.payment ->> 'transactionId' as transaction_id, each.place
      from jsonb_array_elements(p_payments) with ordinality as each (payment, place)
      order by each.payment ->> 'operationId', each.place
    ),
    fresh as (
      select incoming.*, known.operation_id is null as is_new from incoming
      left join lateral (
        select payment.operation_id, payment.verdict, payment.account, payment.closed_by from anchor_ops.payment
        where payment.epoch = p_epoch and payment.operation_id = incoming.operation_id limit 1
      ) as known on true
      -- An operation that is archived is never recorded again.
      where case when known.operation_id is null then anchor_ops.recorded_hash(p_epoch, incoming.operation_id) is null
        else known.closed_by is null and anchor_ops.may_rejudge(known.verdict, known.account, incoming.code, p_account) end
    )
    select coalesce(jsonb_agg(
      fresh.payment || jsonb_build_object('isNew', fresh.is_new, 'creditedBy', case when fresh.code = 'credited' then
        coalesce(credited.operation_id, fresh.first_operation_id) end)
      order by fresh.place
    ), '[]')
    from (
      select fresh.*,
        first_value(fresh.operation_id) over (partition by fresh.code, fresh.transaction_id order by fresh.place)
          as first_operation_id
      from fresh
    ) as fresh
    left join lateral anchor_ops.credited_operation(
      case when fresh.code = 'credited' then fresh.transaction_id end
    ) as credited (operation_id) on true
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.given_up_credit(p_attempt_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    with recursive sent as (
      select attempt.* from anchor_ops.attempt where attempt.id = p_attempt_id
      union
      select earlier.* from sent
      join anchor_ops.attempt as earlier on earlier.transaction_id = sent.transaction_id
      join anchor_ops.decision as made on made.about = 'attempt' and made.subject = earlier.id::text
        and made.decision = 'replayed' and made.new_attempt_id = sent.id
    ),
    credit as (
      select sent.id, sent.transaction_id, reported.operation[1] as operation_id, reported.operation[2]::integer as epoch
      from sent, regexp_match(sent.natural_key, '^operation ([0-9]+) of epoch ([0-9]+)$') as reported (operation)
      where sent.origin in ('payment_observer', 'assignment')
    )
    select jsonb_build_object('operationId', anchor_ops.shown_operation(credit.epoch, credit.operation_id),
      'creditedBy', anchor_ops.credited_operation(credit.transaction_id))
    from credit
    where not exists (
      select from anchor_ops.payment
      where payment.epoch = credit.epoch and payment.operation_id = credit.operation_id and payment.attempt_id = credit.id
    )
    limit 1
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_against_archive()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'DELETE' then
    if not exists (
      select from anchor_ops.archived_payment as archived
      where archived.epoch = old.epoch and archived.operation_id = old.operation_id
    ) then
      raise exception 'payment %: a payment is deleted only once it is archived', old.operation_id using errcode = 'AO002';
    end if;
    return old;
  end if;
  if tg_op = 'INSERT' and exists (
    select from anchor_ops.archived_payment as archived
    where archived.epoch = new.epoch and archived.operation_id = new.operation_id
  ) then
    raise exception 'payment %: is archived', new.operation_id using errcode = 'AO002';
  end if;
  if new.verdict = 'credited' and exists (
    select from anchor_ops.archived_payment as archived
    where archived.transaction_id = new.transaction_id and archived.verdict = 'credited'
  ) then
    raise exception 'payment %: an archived payment is credited to transaction %', new.operation_id, new.transaction_id
      using errcode = 'unique_violation', constraint = 'archived_payment_credited_once';
  end if;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_api_key()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'DELETE' or old.revoked_at is not null
    or (new.name, new.secret_sha256, new.scopes, new.created_by, new.created_at, new.expires_at)
      is distinct from (old.name, old.secret_sha256, old.scopes, old.created_by, old.created_at, old.expires_at) then
    raise exception 'api_key %: a key is revoked once, and changes in nothing else', old.name using errcode = 'AO002';
  end if;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_archive()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_payment anchor_ops.payment;
begin
  if tg_op <> 'INSERT' then
    raise exception 'archived payment %: is never edited or deleted', old.operation_id using errcode = 'AO002';
  end if;
  select * into v_payment from anchor_ops.payment
  where payment.epoch = new.epoch and payment.operation_id = new.operation_id;
  if not found or not anchor_ops.may_archive(v_payment, clock_timestamp())
    or (new.account, new.kind, new.transaction_hash, new.asset, new.amount, new.verdict, new.state, new.transaction_id,
        new.closed_at)
      is distinct from (v_payment.account, v_payment.kind, v_payment.transaction_hash, v_payment.asset, v_payment.amount,
        v_payment.verdict, anchor_ops.why_not_open(v_payment), v_payment.transaction_id, v_payment.closed_at) then
    raise exception 'archived payment %: is not a payment that is final, as it is stored', new.operation_id
      using errcode = 'AO002';
  end if;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_tries integer;
begin
  if tg_op = 'DELETE' then
    raise exception 'attempt %: attempts are never deleted', old.id using errcode = 'AO002';
  end if;
  if tg_op = 'INSERT' then
    if (new.state, new.tries, new.rpc_id is null) not in (('READY', 0, true), ('SENDING', 1, false)) then
      raise exception 'attempt %: begins READY and unsent or SENDING for the first time, not %', new.id, new.state
        using errcode = 'AO002';
    end if;
    return new;
  end if;

  if (new.id, new.seq, new.transaction_id, new.method, new.params, new.natural_key, new.custody, new.origin,
      new.key_name, new.request_key, new.update_index, new.expires_at, new.created_at)
    is distinct from (old.id, old.seq, old.transaction_id, old.method, old.params, old.natural_key, old.custody,
      old.origin, old.key_name, old.request_key, old.update_index, old.expires_at, old.created_at) then
    raise exception 'attempt %: what was asked for does not change', old.id using errcode = 'AO002';
  end if;

  if new.forced is distinct from old.forced and (old.forced is not null or old.state <> 'READY') then
    raise exception 'attempt %: forced is set once, before it is sent', old.id using errcode = 'AO002';
  end if;
  if new.state <> old.state and not anchor_ops.attempt_may_move(old.state, new.state, old.custody) then
    raise exception 'attempt %: may not move from % to %', old.id, old.state, new.state using errcode = 'AO002';
  end if;
  if old.state = 'UNKNOWN' and new.state = 'READY' and old.tries >= 3 then
    raise exception 'attempt %: was sent 3 times already', old.id using errcode = 'AO002';
  end if;

  -- A send counts when it begins. It no longer counts once it is certain that it had no effect.
  v_tries := old.tries + case
    when old.state = 'READY' and new.state = 'SENDING' then 1
    when old.state = 'SENDING' and new.state = 'READY' then -1
    else 0
  end;
  if new.tries <> v_tries then
    raise exception 'attempt %: tries goes from % to %, not %', old.id, old.tries, v_tries, new.tries
      using errcode = 'AO002';
  end if;
  if (new.rpc_id is distinct from old.rpc_id) <> (old.state = 'READY' and new.state = 'SENDING') then
    raise exception 'attempt %: a send, and nothing else, has a new rpc id', old.id using errcode = 'AO002';
  end if;

  if new.state <> old.state then
    new.updated_at := clock_timestamp();
    new.unreadable_since := null;
    new.claimed_by := null;
    new.claimed_until := null;
  end if;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_decision()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception 'decision %: decisions are never edited or deleted', old.id using errcode = 'AO002';
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.guard_payment()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (new.epoch, new.operation_id, new.ledger, new.closed_at, new.transaction_hash, new.successful, new.kind, new.from_account,
      new.from_muxed_id, new.to_account, new.to_muxed_id, new.asset, new.amount, new.memo_type, new.memo,
      new.recorded_at)
    is distinct from (old.epoch, old.operation_id, old.ledger, old.closed_at, old.transaction_hash, old.successful, old.kind,
      old.from_account, old.from_muxed_id, old.to_account, old.to_muxed_id, old.asset, old.amount, old.memo_type,
      old.memo, old.recorded_at) then
    raise exception 'payment %: what the ledger shows does not change', old.operation_id using errcode = 'AO002';
  end if;
  -- A change of what is stored beside the verdict makes no earlier verdict.
  if (new.account, new.source, new.cursor, new.verdict, new.sentence, new.evidence, new.transaction_id, new.attempt_id,
      new.judged_at) is not distinct from (old.account, old.source, old.cursor, old.verdict, old.sentence, old.evidence,
      old.transaction_id, old.attempt_id, old.judged_at) then
    return new;
  end if;
  if not (old.closed_by is null and anchor_ops.may_rejudge(old.verdict, old.account, new.verdict, new.account)
    or new.assigned_by is distinct from old.assigned_by and new.verdict = 'credited'
    -- A person credits another payment to the transaction (assign_payment).
    or old.verdict = 'credited' and new.verdict = 'update_refused' and not anchor_ops.credit_holds(old.attempt_id)) then
    raise exception 'payment %: % may not become %', old.operation_id, old.verdict, new.verdict
      using errcode = 'AO002';
  end if;
  insert into anchor_ops.payment_verdict
    (epoch, operation_id, account, source, verdict, sentence, evidence, transaction_id, judged_at)
  values (old.epoch, old.operation_id, old.account, old.source, old.verdict, old.sentence, old.evidence, old.transaction_id,
    old.judged_at);
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.has_movements(p_epoch integer, p_account text, p_from bigint, p_to bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select exists (
    select from anchor_ops.book
    where book.epoch = p_epoch and book.account = p_account and book.from_ledger <= p_from and book.to_ledger >= p_to
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.health_after(p_judged jsonb, p_before jsonb, p_window_outcome text, p_spared boolean)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when p_spared then p_before || jsonb_build_object('lastOutcome', p_window_outcome) else p_judged end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.insert_attempts(p_key text, p_updates jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_answers jsonb;
begin
  with judged as materialized (
    select matched.*, coalesce(matched.own_id, matched.same_id) as known_id, gen_random_uuid() as new_id,
      row_number() over (partition by matched.transaction_id order by matched.index) = 1 as is_first,
      case
        when matched.own_id is not null then null
        -- A payment that was given up may be assigned anew, which looks at what else is credited to the transaction.
        when matched.replay is not null and given.up is not null then jsonb_build_object('code', 'credit_given_up',
          'detail', given.up)
        when matched.refund_attempt_id is not null then jsonb_build_object('code', 'refund_repeated',
          'detail', jsonb_build_object('refundId', matched.refund_id, 'attemptId', matched.refund_attempt_id))
        when matched.is_same then null
        when matched.same_id is not null then jsonb_build_object('code', 'natural_key_used',
          'detail', jsonb_build_object('naturalKey', matched.natural_key, 'attemptId', matched.same_id))
        when matched.manual_id is not null then jsonb_build_object('code', 'blocked_by_manual',
          'detail', jsonb_build_object('attemptId', matched.manual_id))
        when matched.amount_in < matched.refund_amount + matched.refund_fee + matched.refunded_before
        then jsonb_build_object('code', 'refund_exceeds', 'detail', jsonb_build_object(
          'refund', (matched.refund_amount + matched.refund_fee)::text,
          'refundedBefore', matched.refunded_before::text, 'amountIn', matched.amount_in::text))
      end as refusal
    from anchor_ops.match_updates(p_key, p_updates) as matched
    left join lateral (
      select anchor_ops.given_up_credit((matched.replay ->> 'attemptId')::uuid) as up where matched.replay is not null
    ) as given on true
  ),
  fresh as (
    select judged.*,
      -- The send begins in this step when nothing of the transaction is unfinished. Refunds and custody money take the
      -- longer way through start_sending, which checks more.
      judged.rpc_id is not null and judged.is_first and judged.is_free and judged.document is not null
        and judged.expires_at is null and not judged.has_refund and not judged.custody as starts
    from judged
    where judged.known_id is null and judged.refusal is null
  ),
  made as (
    insert into anchor_ops.attempt
      (id, transaction_id, method, params, natural_key, custody, origin, key_name, request_key, update_index, expires_at, forced,
        state, tries, rpc_id, pre, sent_at)
    select fresh.new_id, fresh.transaction_id, fresh.method, fresh.params, fresh.natural_key, fresh.custody, fresh.origin,
      fresh.key_name, p_key, fresh.index, fresh.expires_at, fresh.forced, case when fresh.starts then 'SENDING' else 'READY' end,
      fresh.starts::integer, case when fresh.starts then fresh.rpc_id end, case when fresh.starts then fresh.document end,
      case when fresh.starts then clock_timestamp() end
    from fresh order by fresh.index
    returning attempt.id, attempt.seq, attempt.state, attempt.rpc_id
  ),
  refunds as (
    insert into anchor_ops.refund (transaction_id, refund_id, method, amount, fee, asset, attempt_id)
    select fresh.transaction_id, coalesce(fresh.refund_id, fresh.new_id::text), fresh.method, fresh.refund_amount,
      fresh.refund_fee, fresh.refund_asset, fresh.new_id
    from fresh where fresh.has_refund order by fresh.index
    -- The attempt that had this refund was rejected or not applied, so the refund was not paid.
    on conflict (transaction_id, refund_id, method) do update
      set amount = excluded.amount, fee = excluded.fee, asset = excluded.asset, attempt_id = excluded.attempt_id
  ),
  decisions as (
    insert into anchor_ops.decision
      (id, key_name, about, subject, transaction_id, decision, note, reading, new_attempt_id)
    select gen_random_uuid(), fresh.key_name, 'attempt', fresh.new_id::text, fresh.transaction_id, 'forced', fresh.forced,
      jsonb_build_object('transaction', fresh.document), null
    from fresh where fresh.forced is not null
    union all
    select (fresh.replay ->> 'decisionId')::uuid, fresh.key_name, 'attempt', fresh.replay ->> 'attemptId',
      fresh.transaction_id, 'replayed', fresh.replay ->> 'note',
      jsonb_build_object('transaction', fresh.document, 'state', failed.state, 'outcome', failed.outcome), fresh.new_id
    from fresh join anchor_ops.attempt as failed on failed.id = (fresh.replay ->> 'attemptId')::uuid
    where fresh.replay is not null
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'index', judged.index,
    'attemptId', coalesce(known.id, made.id),
    'seq', coalesce(known.seq, made.seq)::text,
    'created', made.id is not null,
    'state', coalesce(known.state, made.state),
    'rpcId', case when known.id is null then made.rpc_id else known.rpc_id end,
    'outcome', known.outcome,
    'refusal', judged.refusal,
    'transaction', case when judged.own_id is not null and known.state = 'SENDING' then known.pre
      else judged.document end
  ) order by judged.index), '[]') into v_answers
  from judged
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.id = coalesce(
      case when judged.own_id is null then judged.refund_attempt_id end, judged.known_id
    )
    limit 1
  ) as known on judged.refusal is null or judged.refusal ->> 'code' in ('refund_repeated', 'natural_key_used')
  left join made on made.id = judged.new_id;
  return v_answers;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.instant(p_text text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_time timestamptz;
begin
  -- The form keeps words like "now" and "infinity" out.
  if p_text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,40}(Z|[+-][0-9:]{2,6})$' then
    v_time := p_text::timestamptz;
  end if;
  return case when v_time >= '0001-01-01T00:00:00Z' and v_time < '9999-12-31T00:00:00Z' then v_time end;
exception when data_exception then
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.is_closed(p_status text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_status in ('completed', 'refunded', 'expired', 'error', 'no_market', 'too_small', 'too_large')
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.is_directory(p_source text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_source not like 'horizon:%' and p_source <> 'request-body'
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.is_for(p_endpoint anchor_ops.webhook_endpoint, p_type text, p_only_to text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select (p_endpoint.types is null or p_type = any (p_endpoint.types)) and (p_only_to is null or p_endpoint.id = any (p_only_to))
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.is_listed(p_network text, p_domain text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select exists (
    select from anchor_ops.listing
    where listing.network = p_network and listing.domain = p_domain and listing.active
      and listing.source not like 'horizon:%'
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.iso_time(p_time timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lane_events(p_endpoint anchor_ops.webhook_endpoint, p_lane anchor_ops.webhook_lane, p_limit integer DEFAULT NULL::integer)
 RETURNS SETOF anchor_ops.outbox
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select event.* from anchor_ops.outbox as event
  where event.subject = p_lane.subject and event.position > p_lane.after and event.position <= p_lane.last
    and anchor_ops.is_for(p_endpoint, event.type, event.only_to)
  order by event.position
  limit p_limit
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.last_decision(p_about text, p_subject text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select anchor_ops.decision_json(made) from anchor_ops.decision as made
  where made.about = p_about and made.subject = p_subject
  order by made.seq desc limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.last_jump(p_account text, p_source text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select observer_jump.seq from anchor_ops.observer_jump
  where observer_jump.account = p_account and observer_jump.source = p_source
  order by observer_jump.seq desc limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.last_replay(p_attempt_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_last uuid := p_attempt_id;
  v_next uuid;
begin
  loop
    select made.new_attempt_id into v_next from anchor_ops.decision as made
    where made.subject = v_last::text and made.decision = 'replayed' limit 1;
    exit when not found;
    v_last := v_next;
  end loop;
  return v_last;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.listing_text(p_id text, p_name text, p_domain text, p_network text, p_country text, p_currency text, p_type text, p_rail text, p_asset text, p_basis text, p_pairing text, p_updated_at timestamp with time zone, p_shown jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_text text := (jsonb_build_object(
    'id', p_id, 'name', p_name, 'domain', p_domain, 'network', p_network, 'country', p_country, 'currency', p_currency,
    'type', p_type, 'rail', p_rail, 'asset', p_asset, 'basis', p_basis, 'pairing', p_pairing,
    'updatedAt', anchor_ops.iso_time(p_updated_at)
  ) || p_shown)::text;
begin
  return substr(v_text, 2, length(v_text) - 2);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_attempt(p_attempt_id uuid, p_name text)
 RETURNS anchor_ops.attempt
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_attempt anchor_ops.attempt;
begin
  perform anchor_ops.lock_names(array(
    select name.text from anchor_ops.attempt, unnest(array['transaction ' || attempt.transaction_id,
      'stellar transaction ' || lower(attempt.params ->> 'stellar_transaction_id')]) as name (text)
    where attempt.id = p_attempt_id
    union all
    select p_name
  ));
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;
  return v_attempt;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_changes(p_network text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select pg_advisory_xact_lock(hashtextextended('catalog_change:' || p_network, 0))
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_credits(p_payments jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- One page is recorded at a time, of whichever account, because an operation may stand in the pages of two accounts.
  -- The names that begin_attempts needs are locked in the same call, so that all are taken in one order.
  perform anchor_ops.lock_names(array(
    select 'payments'
    union all
    select name.text
    from jsonb_to_recordset(p_payments) as row (code text, "transactionId" text, update jsonb),
      unnest(array['transaction ' || row."transactionId", 'natural key ' || (row.update ->> 'naturalKey')]) as name (text)
    where row.code = 'credited'
    union all
    -- Whether a payment is open depends on the claims of its operation.
    select 'stellar transaction ' || (row.payment ->> 'transactionHash') from jsonb_array_elements(p_payments) as row (payment)
  ));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_imported(p_network text, p_domains text[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select from anchor_ops.due_check
    join unnest(p_domains) as imported (domain) on imported.domain collate "C" = due_check.domain
  where due_check.network = p_network
  order by due_check.domain
  for update of due_check;
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_names(p_names text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Every caller takes the locks in one order, so concurrent requests with names in opposite order do not deadlock.
  perform pg_advisory_xact_lock(name.key)
  from (
    select distinct hashtextextended(each.name, 0) as key from unnest(p_names) as each (name)
    where each.name is not null order by key
  ) as name;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_payment(p_operation_id text, p_epoch integer, p_names text[], p_credited_transaction text DEFAULT NULL::text)
 RETURNS anchor_ops.payment
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch integer := coalesce(p_epoch, anchor_ops.present_epoch());
  v_payment anchor_ops.payment;
  v_key record;
begin
  perform anchor_ops.lock_names(p_names || array['payments', 'stellar transaction ' || (
    select payment.transaction_hash from anchor_ops.payment
    where payment.epoch = v_epoch and payment.operation_id = p_operation_id
  )]);
  -- Payments are locked in the order of their operations, as everywhere.
  for v_key in
    select v_epoch as epoch, p_operation_id as operation_id
    union
    select credited.epoch, credited.operation_id from anchor_ops.payment as credited
    where credited.transaction_id = p_credited_transaction and credited.verdict = 'credited'
    order by operation_id, epoch
  loop
    perform from anchor_ops.payment
    where payment.epoch = v_key.epoch and payment.operation_id = v_key.operation_id for update;
  end loop;
  select * into v_payment from anchor_ops.payment
  where payment.epoch = v_epoch and payment.operation_id = p_operation_id;
  return v_payment;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_payments(p_epoch integer, p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_id text;
  v_due_at timestamptz;
  v_marks jsonb := '{}'::jsonb;
begin
  -- One by one: each is found by its key, whatever the planner knows of the table, and all are locked in one order.
  for v_id in select distinct each.payment ->> 'operationId' from jsonb_array_elements(p_payments) as each (payment) order by 1
  loop
    select payment.due_at into v_due_at from anchor_ops.payment
    where payment.epoch = p_epoch and payment.operation_id = v_id for no key update;
    if v_due_at is not null then
      v_marks := v_marks || jsonb_build_object(v_id, anchor_ops.due_mark(v_due_at));
    end if;
  end loop;
  return v_marks;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_payments_of(p_hashes text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_payment record;
begin
  for v_payment in
    select payment.epoch, payment.operation_id from anchor_ops.payment
    where payment.transaction_hash = any (p_hashes) order by payment.operation_id, payment.epoch
  loop
    perform from anchor_ops.payment
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id for no key update;
  end loop;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.lock_sends(p_sends jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if jsonb_array_length(p_sends) <> (
    select count(distinct attempt.transaction_id)
    from jsonb_array_elements(p_sends) as each (send) join anchor_ops.attempt on attempt.id = (each.send ->> 'attemptId')::uuid
  ) then
    raise exception 'send_together: needs known attempts of different transactions' using errcode = 'AO003';
  end if;
  perform anchor_ops.lock_names(array(
    select name.text
    from jsonb_array_elements(p_sends) as each (send) join anchor_ops.attempt on attempt.id = (each.send ->> 'attemptId')::uuid,
      unnest(array['transaction ' || attempt.transaction_id, 'transaction ' || (each.send #>> '{transaction,id}'),
        'stellar transaction ' || lower(attempt.params ->> 'stellar_transaction_id'),
        'stellar transaction ' || (each.send #>> '{claim,stellarTransaction}')]) as name (text)
  ));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.mark_due()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_epoch integer := anchor_ops.present_epoch();
  -- 5,000 are marked in about 0.3 s. The next call goes on.
  v_most constant integer := 5000;
  v_most_of_name constant integer := 1000;
  v_now timestamptz := clock_timestamp();
  v_name anchor_ops.due_name;
  v_found record;
  v_marked integer := 0;
  v_of_name integer;
  v_start timestamptz;
  v_after text;
begin
  if not exists (select from anchor_ops.due_name) then
    return;
  end if;
  -- One step marks at a time, and no page is recorded meanwhile.
  perform anchor_ops.lock_names(array['payments']);
  for v_name in select noted.* from anchor_ops.due_name as noted order by noted.is_dust, noted.seq limit v_most loop
    delete from anchor_ops.due_name where due_name.seq = v_name.seq;
    v_of_name := 0;
    for v_found in
      select named.operation_id, named.closed_at from anchor_ops.named_payments(v_name.type, v_name.value, v_name.is_dust,
        v_name.start, v_name.after, v_most_of_name) as named
    loop
      v_of_name := v_of_name + 1;
      v_start := v_found.closed_at;
      v_after := v_found.operation_id;
      perform from anchor_ops.payment
      where payment.epoch = v_epoch and payment.operation_id = v_found.operation_id for no key update skip locked;
      if found then
        update anchor_ops.payment set due_at = v_now
        where payment.epoch = v_epoch and payment.operation_id = v_found.operation_id
          and anchor_ops.may_change(payment.verdict) and payment.closed_by is null;
      else
        insert into anchor_ops.due_name (type, value, is_dust, start)
        values ('operation', v_found.operation_id, v_name.is_dust, v_name.start);
      end if;
    end loop;
    -- A name with a flood of payments goes on behind the other names.
    if v_of_name = v_most_of_name then
      insert into anchor_ops.due_name (type, value, is_dust, start, after)
      values (v_name.type, v_name.value, v_name.is_dust, v_start, v_after);
    end if;
    v_marked := v_marked + v_of_name;
    exit when v_marked >= v_most;
  end loop;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.mark_due_for_closing()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.due_at := case when new.closed_by is null and anchor_ops.may_change(new.verdict) then clock_timestamp() end;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.match_updates(p_key text, p_updates jsonb)
 RETURNS TABLE(index integer, transaction_id text, method text, params jsonb, natural_key text, custody boolean, origin text, key_name text, expires_at timestamp with time zone, rpc_id text, forced text, replay jsonb, has_refund boolean, refund_id text, refund_amount numeric, refund_fee numeric, refund_asset text, own_id uuid, same_id uuid, is_same boolean, refund_attempt_id uuid, manual_id uuid, is_free boolean, document jsonb, amount_in numeric, refunded_before numeric)
 LANGUAGE plpgsql
 STABLE ROWS 40
 SET search_path TO ''
AS $function$
-- The output columns have the names of table columns; a name in the query is the column.
#variable_conflict use_column
begin
  return query
  with asked as materialized (
    select row.index, row."transactionId" as transaction_id, row.method, row.params, row."naturalKey" as natural_key,
      row.custody, row.origin, row."keyName" as key_name,
      clock_timestamp() + make_interval(secs => row."expiresInSeconds") as expires_at, row."rpcId" as rpc_id, row.forced, row.replay,
      coalesce(jsonb_typeof(row.refund) = 'object', false) as has_refund, refund.id as refund_id,
      refund.amount as refund_amount, coalesce(refund.fee, 0) as refund_fee, refund.asset as refund_asset
    from jsonb_to_recordset(p_updates)
      as row (index integer, "transactionId" text, method text, params jsonb, "naturalKey" text, custody boolean,
        origin text, "keyName" text, refund jsonb, "expiresInSeconds" double precision, "rpcId" text, forced text,
        replay jsonb)
    left join lateral jsonb_to_record(case when jsonb_typeof(row.refund) = 'object' then row.refund else '{}' end)
      as refund (id text, amount numeric, fee numeric, asset text) on true
  )
  select asked.*, own.id, coalesce(same.id, twin.id),
    twin.id is not null or same.id is not null and (same.transaction_id, same.method, same.params)
      is not distinct from (asked.transaction_id, asked.method, asked.params),
    repeated.attempt_id, unfinished.manual_id, unfinished.is_free, transaction.document,
    -- Amounts in two assets cannot be compared. The platform refuses such a refund by the name of its asset.
    case when asked.has_refund and asked.refund_asset = coalesce(transaction.amount_in_asset, asked.refund_asset)
      then anchor_ops.decimal(transaction.amount_in) end,
    case when asked.has_refund
      then anchor_ops.refunded_before(asked.transaction_id, asked.method, asked.refund_id, null) end
  from asked
  -- With limit 1 each lookup is by an index. A plan that was made while the tables were small would read all of them.
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.request_key = p_key and attempt.update_index = asked.index
    limit 1
  ) as own on true
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.natural_key = asked.natural_key
      and not anchor_ops.ended_without_effect(attempt.state)
    limit 1
  ) as same on true
  left join lateral (
    -- A caller without a key repeats an update that waits. After an update of another request it is meant again.
    select waiting.id from anchor_ops.attempt as waiting
    where asked.natural_key is null and waiting.transaction_id = asked.transaction_id and waiting.state = 'READY'
      and waiting.tries = 0 and waiting.method = asked.method and waiting.params = asked.params
      and waiting.request_key <> p_key
      and not exists (
        select from anchor_ops.update_request where update_request.key in (p_key, waiting.request_key)
      )
      and not exists (
        select from anchor_ops.attempt as later
        where later.transaction_id = waiting.transaction_id and later.seq > waiting.seq
          and later.request_key is distinct from p_key and later.request_key is distinct from waiting.request_key
      )
    order by waiting.seq limit 1
  ) as twin on true
  left join lateral (
    select refund.attempt_id from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
    where refund.transaction_id = asked.transaction_id and refund.refund_id = asked.refund_id
      and refund.method = asked.method and not anchor_ops.ended_without_effect(attempt.state)
    limit 1
  ) as repeated on asked.refund_id is not null
  left join lateral (
    select transaction.* from anchor_ops.transaction where transaction.id = asked.transaction_id limit 1
  ) as transaction on true
  left join lateral (
    select count(*) = 0 as is_free,
      (array_agg(attempt.id) filter (where anchor_ops.waits_for_person(attempt.state)))[1] as manual_id
    from anchor_ops.attempt
    where attempt.transaction_id = asked.transaction_id and (
      attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')
      -- start_sending looks for this attempt, because the transaction has changed since.
      or attempt.state = 'APPLIED' and attempt.settle_at is not null and attempt.post is distinct from transaction.document
    )
  ) as unfinished on true;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.may_archive(p_payment anchor_ops.payment, p_before timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if p_payment.due_at is not null then
    return false;
  end if;
  -- Another payment may still be credited to its transaction, and the archive never changes.
  if p_payment.verdict = 'credited' and not anchor_ops.credit_holds(p_payment.attempt_id) then
    return false;
  end if;
  -- An applied update that is still to be looked for may turn out to be lost, and a person may correct what a person said.
  return case anchor_ops.why_not_open(p_payment)
    when 'failed' then true
    -- The receiver's side may not have been read yet, because its observer stands or started later.
    when 'outgoing' then p_payment.to_account = p_payment.account or not exists (
      select from anchor_ops.observer where observer.account = p_payment.to_account
    )
    when 'own' then true
    when 'dust' then true
    when 'closed' then exists (
      select from anchor_ops.decision where decision.id = p_payment.closed_by and decision.at < p_before
    )
    when 'credited' then exists (
      select from anchor_ops.attempt
      where attempt.id = p_payment.attempt_id and attempt.state = 'APPLIED' and attempt.settle_at is null
        and attempt.outcome -> 'decision' is null
    )
    when 'reported_by_hand' then not exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = p_payment.transaction_hash and claim.released_at is null
        and claim.operation_id in ('', p_payment.operation_id)
        and exists (
          select from anchor_ops.attempt
          where attempt.id = claim.attempt_id and (attempt.state <> 'APPLIED' or attempt.settle_at is not null
            or attempt.outcome -> 'decision' is not null)
        )
    )
    else false end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.may_be_applied(p_outcome jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select coalesce(p_outcome -> 'mayBeApplied' = 'true', false) $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.may_change(p_verdict text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_verdict in ('no_match', 'catching_up', 'not_awaiting', 'paid_outside_window', 'ambiguous', 'wrong_account',
    'wrong_asset', 'amount_unknown', 'amount_short', 'amount_over', 'already_paid')
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.may_rejudge(p_verdict text, p_account text, p_new_verdict text, p_new_account text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    -- The reasons of the last judgement count, also where the verdict is the same.
    when p_new_verdict = p_verdict then anchor_ops.may_change(p_verdict) and p_new_account = p_account
    when p_verdict = 'outgoing' then p_new_account <> p_account
    when not anchor_ops.may_change(p_verdict) or p_new_verdict in ('catching_up', 'outgoing') then false
    when p_verdict in ('catching_up', 'no_match', 'not_awaiting', 'already_paid') then true
    when p_verdict = 'paid_outside_window' then p_new_verdict <> 'no_match'
    else p_new_verdict not in ('no_match', 'not_awaiting', 'paid_outside_window')
  end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.memo_value(p_type text, p_memo text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    when p_type = 'id' and p_memo ~ '^\+?[0-9]{1,40}$' then coalesce(nullif(ltrim(ltrim(p_memo, '+'), '0'), ''), '0')
    when p_type = 'hash' and p_memo ~ '^[0-9A-Fa-f]{64}$' then lower(p_memo)
    when p_type = 'hash' and p_memo ~ '^[A-Za-z0-9+/]{43}=?$' then encode(decode(rpad(p_memo, 44, '='), 'base64'), 'hex')
    else p_memo end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.miss_listings(p_network text, p_dropped text[])
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with missed as (
    update anchor_ops.listing
    set
      missed = listing.missed + 1,
      delisted_at = case when listing.missed >= 2 then now() end,
      last_listed_at = case when listing.missed = 0 then coalesce(directory.imported_at, listing.last_listed_at)
        else listing.last_listed_at end
    from unnest(p_dropped) as dropped (id)
      join anchor_ops.listing as known on known.id = dropped.id collate "C"
      left join anchor_ops.directory on directory.network = p_network and directory.source = known.source
    where listing.id = known.id and listing.network = p_network and listing.delisted_at is null
    returning listing.id, listing.domain, listing.source, listing.last_listed_at, listing.delisted_at
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'domain', missed.domain, 'listing', missed.id, 'kind', 'delisted',
      'before', jsonb_build_object('source', missed.source, 'lastListedAt', anchor_ops.iso_time(missed.last_listed_at))
    ) order by missed.id) filter (where missed.delisted_at is not null), '[]')
  from missed
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.move_cursor(p_source text, p_cursor text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into anchor_ops.discovery_cursor as known (source, cursor, started_at) values (p_source, p_cursor, now())
  on conflict (source) do update set
    cursor = excluded.cursor,
    updated_at = now(),
    started_at = case when known.cursor is null then excluded.started_at else known.started_at end
  returning known.started_at
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.named_payments(p_type text, p_value text, p_is_dust boolean, p_start timestamp with time zone, p_after text, p_limit integer)
 RETURNS TABLE(operation_id text, closed_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_epoch integer := anchor_ops.present_epoch();
begin
  if p_type = 'operation' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.epoch = v_epoch and payment.operation_id = p_value limit 1;
  elsif p_type = 'muxed_id' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.to_muxed_id = p_value and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  elsif p_type = 'muxed_account' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.to_muxed_account = p_value and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  else
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.memo = p_value and payment.memo_type = p_type and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  end if;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.next_checks(p_network text, p_limit integer)
 RETURNS SETOF text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with reserved as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 0
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - p_limit / 4
    for update skip locked
  ),
  new as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 1
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved)
    for update skip locked
  ),
  others as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 2
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved) - (select count(*) from new)
    for update skip locked
  ),
  more as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 0
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
      and due_check.domain not in (select reserved.domain from reserved)
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved) - (select count(*) from new) - (select count(*) from others)
    for update skip locked
  )
  select domain from reserved union all select domain from new
  union all select domain from others union all select domain from more
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_changes(p_network text, p_domains text[], p_changes jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_switched text[];
begin
  select array_agg(judged.id) into v_switched
  from anchor_ops.judged_listing as judged
  where judged.network = p_network and judged.domain = any (p_domains) and judged.operational_now <> judged.shown_operational;
  if v_switched is null and jsonb_array_length(p_changes) = 0 then
    return;
  end if;
  perform from anchor_ops.listing where listing.id = any (v_switched) order by listing.id for no key update;
  perform anchor_ops.lock_changes(p_network);

  insert into anchor_ops.catalog_change (network, domain, listing, kind, before, after)
  select p_network, change.value ->> 'domain', change.value ->> 'listing', change.value ->> 'kind',
    nullif(change.value -> 'before', 'null'), nullif(change.value -> 'after', 'null')
  from jsonb_array_elements(p_changes) with ordinality as change (value, place)
  order by change.place;

  with switched as (
    select judged.id, judged.domain, judged.operational_now, judged.why_now, judged.shown_operational, judged.shown_why
    from anchor_ops.judged_listing as judged
    where judged.id = any (v_switched) and judged.operational_now <> judged.shown_operational
  ),
  noted as (
    insert into anchor_ops.catalog_change (network, domain, listing, kind, before, after)
    select p_network, switched.domain, switched.id,
      case when switched.operational_now then 'listing_on' else 'listing_off' end,
      jsonb_build_object('operational', switched.shown_operational, 'why', to_jsonb(switched.shown_why)),
      jsonb_build_object('operational', switched.operational_now, 'why', to_jsonb(switched.why_now))
    from switched order by switched.id
  )
  update anchor_ops.listing
  set shown_operational = switched.operational_now, shown_why = switched.why_now
  from switched where listing.id = switched.id;
  perform anchor_ops.summarise_countries(p_network,
    array(select distinct listing.country from anchor_ops.listing where listing.id = any (v_switched)));

  delete from anchor_ops.catalog_change as old
  using (select distinct changed.domain from unnest(p_domains) as changed (domain)) as changed,
    lateral (
      select kept.seq from anchor_ops.catalog_change as kept
      where kept.network = p_network and kept.domain = changed.domain
      order by kept.seq desc offset 5000 limit 1
    ) as newest_to_go
  where old.network = p_network and old.domain = changed.domain and old.seq <= newest_to_go.seq;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_countries(p_network text, p_countries text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if p_countries <> '{}' then
    perform anchor_ops.lock_changes(p_network);
    perform anchor_ops.summarise_countries(p_network, p_countries);
  end if;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_due(p_names jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Most transactions are stored before they are paid: then nothing is noted.
  insert into anchor_ops.due_name (type, value, is_dust, start)
  select name.type, name.value, dust.is_dust, name.start
  from (
    select wanted.type, each.value, min(coalesce(each.start, '-infinity')) as start
    from jsonb_to_recordset(p_names) as each (type text, value text, start timestamptz)
    cross join lateral unnest(case when each.type = 'id' then array['id', 'muxed_id'] else array[each.type] end) as wanted (type)
    group by wanted.type, each.value
  ) as name
  cross join (values (false), (true)) as dust (is_dust)
  cross join lateral anchor_ops.named_payments(name.type, name.value, dust.is_dust, name.start, '', 1)
  order by dust.is_dust, name.type, name.value;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_due_for_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.note_due((
    with changed as (
      select before.memo_type as memo_type_before, before.memo_value as memo_value_before,
        before.withdraw_anchor_account as withdraw_before, before.destination_account as destination_before, stored.*,
        -- A payment may have been in the time of the transaction before, or is now.
        case when before.started_at is not null and stored.started_at is not null then
          least(before.started_at, stored.started_at) end as start
      from before join stored using (id)
      where (before.sep, before.kind, before.memo_type, before.memo_value, before.amount_in, before.amount_in_asset,
          before.amount_expected, before.amount_expected_asset, before.withdraw_anchor_account, before.destination_account,
          before.started_at, before.completed_at, before.gone_at, anchor_ops.is_closed(before.status),
          anchor_ops.awaits_payment(before.sep, before.kind, before.status))
        is distinct from (stored.sep, stored.kind, stored.memo_type, stored.memo_value, stored.amount_in,
          stored.amount_in_asset, stored.amount_expected, stored.amount_expected_asset, stored.withdraw_anchor_account,
          stored.destination_account, stored.started_at, stored.completed_at, stored.gone_at,
          anchor_ops.is_closed(stored.status), anchor_ops.awaits_payment(stored.sep, stored.kind, stored.status))
    )
    select jsonb_agg(name.value)
    from changed, jsonb_array_elements(
      anchor_ops.payment_names(changed.memo_type_before, changed.memo_value_before, changed.withdraw_before,
        changed.destination_before, changed.start)
      || anchor_ops.payment_names(changed.memo_type, changed.memo_value, changed.withdraw_anchor_account,
        changed.destination_account, changed.start)
    ) as name
  ));
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_due_for_new()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.note_due((
    select jsonb_agg(name.value)
    from stored, jsonb_array_elements(anchor_ops.payment_names(stored.memo_type, stored.memo_value,
      stored.withdraw_anchor_account, stored.destination_account, stored.started_at)) as name
  ));
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_due_for_request()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.note_due(anchor_ops.payment_names(transaction.memo_type, transaction.memo_value,
    transaction.withdraw_anchor_account, transaction.destination_account, transaction.started_at))
  from anchor_ops.transaction where transaction.id = new.transaction_id;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.note_earlier(p_documents jsonb, p_stored text[], p_earlier jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_earlier jsonb;
begin
  with noted as (
    update anchor_ops.transaction as known
    set earlier_since = coalesce(known.earlier_since, clock_timestamp()),
      earlier_count = known.earlier_count + (known.earlier_since is null)::integer
    from (select distinct each.document ->> 'id' as id from jsonb_array_elements(p_documents) as each (document)) as shown
    where known.id = shown.id and known.id <> all (p_stored)
    returning known.id, known.earlier_count, known.earlier_since
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', noted.id,
    'count', noted.earlier_count,
    'confirmed', confirmed.id is not null,
    'takeAt', anchor_ops.iso_time(noted.earlier_since + anchor_ops.went_back_after())
  ) order by noted.id), '[]') into v_earlier
  from noted left join jsonb_to_recordset(p_earlier) as confirmed (id text, count integer)
    on confirmed.id = noted.id and confirmed.count = noted.earlier_count;
  return v_earlier;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.oldest_checks(p_network text, p_limit integer, p_country text, p_before timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select due_check.domain from anchor_ops.due_check
  where due_check.network = p_network and due_check.claimed_until <= clock_timestamp()
    and due_check.patient_until <= clock_timestamp()
    and (due_check.checked_at is null or due_check.checked_at < p_before)
    and (p_country is null or exists (
      select from anchor_ops.listing
      where listing.network = p_network and listing.domain = due_check.domain and listing.active
        and listing.country = p_country
    ))
  order by due_check.checked_at nulls first, due_check.domain
  limit p_limit
  for update of due_check skip locked
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.open_updates(p_answer jsonb)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object(
    'index', open.index,
    'attemptId', attempt.id,
    'seq', attempt.seq::text,
    'created', false,
    'state', attempt.state,
    'rpcId', attempt.rpc_id,
    'outcome', attempt.outcome,
    'refusal', null,
    'transaction', transaction.document
  ) order by open.index), '[]')
  from jsonb_to_recordset(p_answer -> 'open') as open (index integer, "attemptId" uuid)
  join anchor_ops.attempt on attempt.id = open."attemptId"
  left join anchor_ops.transaction on transaction.id = attempt.transaction_id
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.outdated_credits(p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(row."operationId" order by row."operationId"), '[]')
    from jsonb_to_recordset(p_payments) as row ("operationId" text, code text, "transactionId" text, "transactionMark" text)
    where row.code = 'credited' and row."transactionMark" is distinct from
      case when row."transactionMark" is not null then coalesce(anchor_ops.transaction_mark(row."transactionId"), '') end
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.page(p_name text, p_limit integer, p_rows jsonb[], p_cursors text[], p_end text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  -- Vercel refuses an answer of more than 4.5 MB.
  select count(*) into v_count
  from (
    select sum(octet_length(row.value::text)) over (order by row.place) as bytes, row.place
    from unnest(p_rows[:greatest(p_limit, 1)]) with ordinality as row (value, place)
  ) as row
  where row.place = 1 or row.bytes <= 3000000;
  return jsonb_build_object(
    p_name, coalesce(to_jsonb(p_rows[:v_count]), '[]'),
    'next', case when cardinality(p_rows) > v_count then p_cursors[v_count] else p_end end
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.park_old_events(p_endpoint anchor_ops.webhook_endpoint)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  -- In the order of positions events were published, so everything up to here is old.
  v_old constant bigint := (
    select event.position from anchor_ops.outbox as event
    where event.position is not null and event.published_at < clock_timestamp() - interval '3 days'
    order by event.published_at desc, event.position desc limit 1
  );
begin
  with lanes as (
    select lane.* from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint.id and lane.claimed_until <= clock_timestamp() and lane.after < v_old
    order by lane.due_at, lane.subject limit 500 for update skip locked
  ),
  old as (
    select event.position, coalesce(event.replay_of, event.id) as event_id, lanes.subject, lanes.last,
      case when row_number() over (partition by lanes.subject order by event.position) = 1 then lanes.tries else 0 end as tries
    from lanes, lateral anchor_ops.lane_events(
      p_endpoint, lanes::anchor_ops.webhook_lane, (select 10000 / greatest(count(*), 1) from lanes)::integer
    ) as event
    where event.position <= v_old
  ),
  parked as (
    insert into anchor_ops.parked_event (endpoint, position, event_id, subject, tries, failure)
    select p_endpoint.id, old.position, old.event_id, old.subject, old.tries, p_endpoint.last_failure from old
  ),
  through as (
    select old.subject, old.last, max(old.position) as position from old group by old.subject, old.last
  ),
  gone as (
    delete from anchor_ops.webhook_lane as lane using through
    where lane.endpoint = p_endpoint.id and lane.subject = through.subject and lane.last = through.position
  ),
  -- A lane with nothing old is not looked at again until something in it is.
  passed as (
    update anchor_ops.webhook_lane as lane set after = least(v_old, lane.last)
    from lanes
    where lane.endpoint = p_endpoint.id and lane.subject = lanes.subject
      and not exists (select from through where through.subject = lanes.subject)
  )
  update anchor_ops.webhook_lane as lane
  set after = through.position, tries = 0, failed_at = null, refused_since = null, last_failure = null, due_at = clock_timestamp()
  from through
  where lane.endpoint = p_endpoint.id and lane.subject = through.subject and lane.last > through.position;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.payment_json(p_payment anchor_ops.payment)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_state text;
  v_outcome jsonb;
  v_latest jsonb;
begin
  if p_payment.attempt_id is not null then
    select attempt.state, attempt.outcome into v_state, v_outcome from anchor_ops.attempt
    where attempt.id = p_payment.attempt_id limit 1;
    select jsonb_build_object('id', latest.id, 'state', latest.state) into v_latest from anchor_ops.attempt as latest
    where latest.id = anchor_ops.last_replay(p_payment.attempt_id) limit 1;
  end if;
  return jsonb_build_object(
    'epoch', p_payment.epoch,
    'isPresentEpoch', p_payment.epoch = anchor_ops.present_epoch(),
    'operationId', p_payment.operation_id,
    'account', p_payment.account,
    'source', p_payment.source,
    'ledger', p_payment.ledger,
    'closedAt', anchor_ops.iso_time(p_payment.closed_at),
    'transactionHash', p_payment.transaction_hash,
    'successful', p_payment.successful,
    'kind', p_payment.kind,
    'from', p_payment.from_account,
    'fromMuxedId', p_payment.from_muxed_id,
    'to', p_payment.to_account,
    'toMuxedId', p_payment.to_muxed_id,
    'asset', p_payment.asset,
    'amount', p_payment.amount,
    'memoType', p_payment.memo_type,
    'memo', p_payment.memo,
    'verdict', p_payment.verdict,
    'sentence', anchor_ops.shown_sentence(p_payment.sentence, p_payment.transaction_id, v_state, v_outcome),
    'evidence', p_payment.evidence,
    'transactionId', p_payment.transaction_id,
    'attemptId', p_payment.attempt_id,
    'attemptState', v_state,
    'latestAttempt', v_latest,
    'state', coalesce(anchor_ops.why_not_open(p_payment), 'open'),
    'openSince', anchor_ops.iso_time(p_payment.open_since),
    'recordedAt', anchor_ops.iso_time(p_payment.recorded_at),
    'judgedAt', anchor_ops.iso_time(p_payment.judged_at),
    'earlier', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'verdict', earlier.verdict,
          'sentence', earlier.sentence,
          'judgedAt', anchor_ops.iso_time(earlier.judged_at)
        ) order by earlier.seq
      ), '[]')
      from anchor_ops.payment_verdict as earlier
      where earlier.epoch = p_payment.epoch and earlier.operation_id = p_payment.operation_id
    )
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.payment_names(p_memo_type text, p_memo_value text, p_withdraw_anchor_account text, p_destination_account text, p_started_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  -- The clocks of the platform and of the ledger may be 60 s apart.
  v_start timestamptz := p_started_at - interval '60 seconds';
  v_address text := coalesce(nullif(p_withdraw_anchor_account, ''), p_destination_account);
begin
  return case when char_length(p_memo_value) between 1 and 255 then jsonb_build_array(
    jsonb_build_object('type', p_memo_type, 'value', p_memo_value, 'start', v_start)
  ) else '[]'::jsonb end || case when octet_length(v_address) = 69 then jsonb_build_array(
    jsonb_build_object('type', 'muxed_account', 'value', v_address, 'start', v_start)
  ) else '[]'::jsonb end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.payment_reading(p_payment anchor_ops.payment, p_asked jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object(
    'verdict', p_payment.verdict, 'sentence', p_payment.sentence, 'evidence', p_payment.evidence,
    'judgedAt', anchor_ops.iso_time(p_payment.judged_at), 'transactionId', p_payment.transaction_id,
    'attemptId', p_payment.attempt_id, 'asked', p_asked
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.payment_state(p_payment anchor_ops.payment, p_attempt_state text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_why text := anchor_ops.why_not_open(p_payment);
begin
  return case
    when v_why is null then 'open'
    when v_why = 'closed' then (
      select made.decision from anchor_ops.decision as made where made.id = p_payment.closed_by
    )
    when v_why = 'credited' and p_attempt_state is distinct from 'APPLIED' then 'being_credited'
    when v_why = 'credited' and p_payment.assigned_by is not null then 'assigned'
    else v_why end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.payment_subject(p_epoch integer, p_operation_id text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select format('%s/%s', p_epoch, p_operation_id)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.platform_time(p_document jsonb)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select greatest(
    coalesce(anchor_ops.instant(p_document ->> 'updated_at'), anchor_ops.instant(p_document ->> 'started_at')),
    '1970-01-01T00:00:00Z'
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.present_epoch()
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select coalesce(max(ledger_epoch.epoch), 1) from anchor_ops.ledger_epoch
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.prune_checks(p_network text, p_domains text[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  delete from anchor_ops.home_domain_check as old
  using unnest(p_domains) as recorded (domain),
    lateral (
      select max(kept.checked_at) - interval '90 days' as oldest from anchor_ops.home_domain_check as kept
      where kept.network = p_network and kept.domain = recorded.domain
    ) as limits
  where old.network = p_network and old.domain = recorded.domain and old.checked_at < limits.oldest;
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.prune_runs()
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  delete from anchor_ops.run as old
  where old.started_at < now() - interval '30 days' and exists (
    select from anchor_ops.run as newer
    where newer.kind = old.kind and newer.finished_at is not null and newer.started_at > old.started_at
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.publish_events()
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz;
  v_count bigint;
begin
  -- One transaction at a time numbers events, so that a reader who stands behind a position misses none.
  perform anchor_ops.lock_names(array['outbox']);
  v_now := clock_timestamp();
  with numbered as (
    select fresh.seq, nextval('anchor_ops.outbox_position') as position
    from (
      select outbox.seq from anchor_ops.outbox where outbox.position is null order by outbox.seq limit 5000
    ) as fresh
  ),
  published as (
    update anchor_ops.outbox set position = numbered.position, published_at = v_now, kept_until = v_now + interval '30 days'
    from numbered where outbox.seq = numbered.seq and outbox.position is null
    returning outbox.subject, outbox.position, outbox.type, outbox.only_to
  ),
  addressed as (
    select endpoint.id, published.subject, min(published.position) as first, max(published.position) as last
    from published join anchor_ops.webhook_endpoint as endpoint
      on anchor_ops.is_for(endpoint, published.type, published.only_to)
    group by endpoint.id, published.subject
  ),
  queued as (
    insert into anchor_ops.webhook_lane as lane (endpoint, subject, after, last, due_at)
    select addressed.id, addressed.subject, addressed.first - 1, addressed.last, v_now
    from addressed order by addressed.id, addressed.subject
    on conflict (endpoint, subject) do update set last = excluded.last
  )
  select count(*) into v_count from published;
  return v_count;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.reason_change(p_domain text, p_before text, p_after text, p_what jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when p_before is distinct from p_after then jsonb_build_object(
    'domain', p_domain,
    'kind', case when p_after is null then 'domain_returned' when p_after = 'flapping' then 'domain_flapping'
      else 'domain_disabled' end,
    'before', jsonb_build_object('reason', p_before),
    'after', jsonb_strip_nulls(coalesce(p_what, '{}')) || jsonb_build_object('reason', p_after)
  ) end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.recent_run(p_kind text, p_quiet_seconds integer, p_quiet_from text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'started', false,
    'skipped', case when exists (
      select from anchor_ops.lease
      where lease.fence = run.fence and lease.expires_at > clock_timestamp()
    ) then 'already_running' else 'recent' end,
    'runId', run.id,
    'answer', run.answer
  )
  from anchor_ops.run
  where run.kind = p_kind and case p_quiet_from
    when 'start' then run.started_at > now() - make_interval(secs => p_quiet_seconds)
    else run.answer is not null and run.finished_at > now() - make_interval(secs => p_quiet_seconds)
  end
  order by run.started_at desc
  limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.reconciliation_json(p_epoch integer, p_account text, p_asset text, p_closing_ledger bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'epoch', result.epoch,
    'account', result.account,
    'asset', result.asset,
    'openingLedger', result.opening_ledger,
    'closingLedger', result.closing_ledger,
    'opening', result.opening::text,
    'moved', result.moved::text,
    'closing', result.closing::text,
    'difference', result.difference::text,
    'foundAt', anchor_ops.iso_time(result.found_at)
  )
  from anchor_ops.reconciliation as result
  where result.epoch = p_epoch and result.account = p_account and result.asset = p_asset
    and result.closing_ledger = p_closing_ledger
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.record_attempt_move()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into anchor_ops.attempt_move (attempt_id, from_state, to_state, detail)
  values (new.id, case when tg_op = 'UPDATE' then old.state end, new.state, jsonb_strip_nulls(jsonb_build_object(
    'tries', new.tries, 'rpcId', new.rpc_id, 'outcome', new.outcome, 'note', new.note
  )));
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.record_decision(p_key_name text, p_about text, p_subject text, p_transaction_id text, p_decision text, p_note text, p_reading jsonb)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into anchor_ops.decision (key_name, about, subject, transaction_id, decision, note, reading)
  values (p_key_name, p_about, p_subject, p_transaction_id, p_decision, p_note, p_reading)
  returning decision.id
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.record_decision_once(p_key_name text, p_about text, p_subject text, p_decision text, p_note text, p_reading jsonb)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with last as (
    select made.* from anchor_ops.decision as made where made.about = p_about and made.subject = p_subject
    order by made.seq desc limit 1
  )
  select coalesce(
    (select last.id from last
      where (last.key_name, last.decision) = (p_key_name, p_decision) and last.note is not distinct from p_note),
    anchor_ops.record_decision(p_key_name, p_about, p_subject, null, p_decision, p_note, p_reading)
  )
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.recorded_hash(p_epoch integer, p_operation_id text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return coalesce((
    select payment.transaction_hash from anchor_ops.payment
    where payment.epoch = p_epoch and payment.operation_id = p_operation_id limit 1
  ), (
    select archived.transaction_hash from anchor_ops.archived_payment as archived
    where archived.epoch = p_epoch and archived.operation_id = p_operation_id limit 1
  ));
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.recorded_page(p_judged jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select jsonb_build_object(
      'recorded', true,
      'stored', count(*) filter (where (judged.payment ->> 'isNew')::boolean),
      'changed', count(*) filter (where not (judged.payment ->> 'isNew')::boolean),
      'credited', coalesce(jsonb_agg(jsonb_build_object(
        'operationId', judged.payment -> 'operationId',
        'attemptId', judged.payment -> 'attemptId',
        'transactionId', judged.payment -> 'transactionId',
        'method', judged.payment -> 'update' -> 'method',
        'params', judged.payment -> 'update' -> 'params'
      ) order by judged.place) filter (where judged.payment ->> 'code' = 'credited'), '[]'),
      'verdicts', (
        select coalesce(jsonb_object_agg(verdict.code, verdict.payments), '{}')
        from (
          select each.payment ->> 'code' as code, count(*) as payments
          from jsonb_array_elements(p_judged) as each (payment) group by 1
        ) as verdict
      )
    )
    from jsonb_array_elements(p_judged) with ordinality as judged (payment, place)
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.refunded_before(p_transaction_id text, p_method text, p_refund_id text, p_before_seq bigint)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with live as (
    select refund.refund_id, refund.method, refund.amount + refund.fee as total, attempt.seq
    from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
    where refund.transaction_id = p_transaction_id and not anchor_ops.ended_without_effect(attempt.state)
  )
  select coalesce((
    select sum(live.total) from live where live.method = p_method and (p_before_seq is null or live.seq < p_before_seq)
  ), 0) + coalesce((
    -- The platform also shows refunds of other methods, older refunds, and refunds that others reported.
    select sum(coalesce(anchor_ops.decimal(payment.item #>> '{amount,amount}'), 0)
      + coalesce(anchor_ops.decimal(payment.item #>> '{fee,amount}'), 0))
    from anchor_ops.transaction, jsonb_path_query(transaction.refunds, '$.payments[*]') as payment (item)
    where transaction.id = p_transaction_id
      and payment.item ->> 'id' is distinct from p_refund_id
      and not exists (select from live where live.method = p_method and live.refund_id = payment.item ->> 'id')
  ), 0)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.refuse_credit(p_payment anchor_ops.payment, p_instead text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_state text := (select attempt.state from anchor_ops.attempt where attempt.id = p_payment.attempt_id);
begin
  update anchor_ops.payment
  set verdict = 'update_refused', attempt_id = null, judged_at = clock_timestamp(),
    sentence = format('It was credited to transaction %s, but that update ended %s. A person credits operation %s to it instead.',
      p_payment.transaction_id, v_state, p_instead),
    evidence = p_payment.evidence || jsonb_build_object('refusal', jsonb_build_object(
      'code', 'ended_without_effect', 'attemptId', p_payment.attempt_id, 'state', v_state))
  where payment.epoch = p_payment.epoch and payment.operation_id = p_payment.operation_id;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.refused_import(p_network text, p_listings jsonb, p_source text, p_dropped text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with changed as (
    select compared.id from anchor_ops.compare_import(p_network, p_listings, p_source) as compared
    where compared.fate = 'changed'
  ),
  directories as (
    select known.source, count(*) as rows,
      count(*) filter (where changed.id is not null) as changed,
      count(*) filter (where known.source = p_source and dropped.id is not null) as dropped
    from anchor_ops.listing as known
      left join changed on changed.id = known.id
      left join unnest(p_dropped) as dropped (id) on dropped.id collate "C" = known.id
    where known.network = p_network and known.missed = 0 and anchor_ops.is_directory(known.source)
    group by known.source
  )
  select jsonb_build_object('source', source, 'rows', rows, 'changed', changed, 'dropped', dropped)
  from directories
  where (changed + dropped) * 2 > rows
  order by changed + dropped desc, source
  limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.release_operations()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update anchor_ops.operation_claim set released_at = clock_timestamp()
  where operation_claim.attempt_id = new.id and operation_claim.released_at is null;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.repeated_decision(p_payment anchor_ops.payment, p_decision text, p_note text, p_key_name text, p_asked jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_last anchor_ops.decision;
begin
  select * into v_last from anchor_ops.decision as made
  where made.about = 'payment' and made.subject = anchor_ops.payment_subject(p_payment.epoch, p_payment.operation_id)
  order by made.seq desc limit 1;
  return case when (v_last.decision, v_last.note, v_last.key_name, v_last.reading -> 'asked')
    is not distinct from (p_decision, p_note, p_key_name, p_asked) then anchor_ops.decision_json(v_last) end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.roll_up(p_network text, p_domains text[], p_days date[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.run_fault(p_answer jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    when p_answer is null then 'broke_off'
    when p_answer ->> 'status' = 'error' then 'source_failed'
    when p_answer -> 'degraded' = 'true' then 'degraded'
  end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.schedule_changed_listings()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.schedule_checks(touched.network, touched.domains)
  from (
    select changed.network, array_agg(distinct changed.domain) as domains from changed group by changed.network
  ) as touched;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.schedule_checks(p_network text, p_domains text[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- Joins, not "= any": an import touches 50,000 home domains, and a list is searched from its beginning for each row.
  delete from anchor_ops.due_check
  using unnest(p_domains) as touched (domain)
  where due_check.network = p_network and due_check.domain = touched.domain collate "C" and not exists (
    select from anchor_ops.listing
    where listing.network = p_network and listing.domain = due_check.domain and listing.active
  );

  insert into anchor_ops.due_check (network, domain, due_at, priority, checked_at)
  select p_network, listing.domain, clock_timestamp(),
    case when bool_or(listing.source not like 'horizon:%' and listing.delisted_at is null) then 1 else 2 end,
    max(home_domain.last_checked_at)
  from (select distinct one.domain from unnest(p_domains) as one (domain)) as touched
    join anchor_ops.listing on listing.network = p_network and listing.domain = touched.domain collate "C"
    join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = listing.domain
  where listing.active
  group by listing.domain
  order by listing.domain
  on conflict (network, domain) do update
    set priority = 1, due_at = greatest(least(due_check.due_at, excluded.due_at), due_check.patient_until)
    where due_check.priority = 2 and excluded.priority = 1;
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.schedule_switched_listings()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.schedule_checks(touched.network, touched.domains)
  from (
    select after.network, array_agg(distinct after.domain) as domains
    from before join after using (id)
    where (before.active, before.source like 'horizon:%', before.delisted_at is null)
      is distinct from (after.active, after.source like 'horizon:%', after.delisted_at is null)
    group by after.network
  ) as touched;
  perform anchor_ops.note_countries(switched.network, switched.countries)
  from (
    select after.network, array_agg(distinct after.country) as countries
    from before join after using (id)
    where before.active <> after.active
    group by after.network
  ) as switched;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.sep_names()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array['sep6', 'sep10', 'sep12', 'sep24', 'sep31', 'sep38', 'sep45', 'sep59']
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.set_open()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.open_since := case when anchor_ops.why_not_open(new) is null then
    case when tg_op = 'INSERT' then least(new.closed_at, new.recorded_at)
    else coalesce(old.open_since, clock_timestamp()) end
  end;
  return new;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.set_open_of_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_payment record;
begin
  -- Payments are locked in the order of their operations, as everywhere.
  for v_payment in
    select payment.epoch, payment.operation_id from anchor_ops.payment
    where payment.transaction_hash = lower(new.params ->> 'stellar_transaction_id')
    order by payment.operation_id, payment.epoch
  loop
    update anchor_ops.payment set open_since = payment.open_since
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id
      and (payment.open_since is null) = (anchor_ops.why_not_open(payment) is null);
  end loop;
  -- Other payments for the transaction were judged as if it was paid.
  if anchor_ops.ended_without_effect(new.state) then
    perform anchor_ops.note_due(anchor_ops.payment_names(unpaid.memo_type, unpaid.memo_value, unpaid.withdraw_anchor_account,
      unpaid.destination_account, unpaid.started_at))
    from anchor_ops.transaction as unpaid
    where unpaid.id = new.transaction_id and exists (
      select from anchor_ops.payment where payment.transaction_id = new.transaction_id and payment.verdict = 'credited'
    );
  end if;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.show_capability()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.shown_operation(p_epoch integer, p_operation_id text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case when p_epoch = anchor_ops.present_epoch() then p_operation_id
    else format('%s of epoch %s', p_operation_id, p_epoch) end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.shown_sentence(p_sentence text, p_transaction_id text, p_state text, p_outcome jsonb)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return case when p_state = 'REJECTED' and p_outcome ->> 'reason' = 'stellar_operation_claimed' then
    format('As transaction %s expects, but not credited: ', p_transaction_id) || case
      when p_outcome #>> '{claimedBy,0,transactionId}' is not null
        then format('it was reported before for transaction %s.', p_outcome #>> '{claimedBy,0,transactionId}')
      when p_outcome #>> '{claimedBy,0,refundOf}' is not null
        then format('it pays payment %s back.', p_outcome #>> '{claimedBy,0,refundOf}')
      else 'a person closed it.' end
    else p_sentence end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.side_look_json(p_account text, p_source text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('beganAt', anchor_ops.iso_time(side_look.began_at), 'lookedAt',
    anchor_ops.iso_time(side_look.looked_at), 'failure', side_look.failure)
  from anchor_ops.side_look where side_look.account = p_account and side_look.source = p_source
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.sides_of(p_changes jsonb, p_side text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_object_agg(change.key, change.value -> p_side), '{}')
  from (select * from jsonb_each(p_changes) order by key limit 20) as change
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.snapshot_json(p_snapshot anchor_ops.balance_snapshot, p_asset text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select case when p_snapshot.ledger is not null then jsonb_build_object(
    'ledger', p_snapshot.ledger,
    'closedAt', anchor_ops.iso_time(p_snapshot.closed_at),
    'stroops', anchor_ops.balance_at(p_snapshot, p_asset)::text
  ) end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.stellar_hashes(p_stellar_transactions jsonb)
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return case when jsonb_typeof(p_stellar_transactions) = 'array' then array(
    select lower(each.value ->> 'id') from jsonb_array_elements(p_stellar_transactions) as each
    where char_length(each.value ->> 'id') = 64
  ) else array[]::text[] end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.steps_of(p_network text, p_domain text, p_day date)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select earlier.steps from anchor_ops.home_domain_day as earlier
  where earlier.network = p_network and earlier.domain = p_domain and earlier.steps is not null
    and earlier.day between date_trunc('month', p_day)::date and p_day
  order by earlier.day desc
  limit 1
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.store_documents(p_documents jsonb, p_attempt_id uuid, p_after timestamp with time zone, p_earlier jsonb, p_attempts jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_went_back jsonb := '[]'::jsonb;
  v_stored text[];
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || (each.document ->> 'id') from jsonb_array_elements(p_documents) as each (document)
  ));
  if jsonb_array_length(p_earlier) > 0 then
    v_went_back := anchor_ops.take_earlier(p_documents, p_earlier);
  end if;

  with incoming as (
    select distinct on (each.document ->> 'id')
      each.document ->> 'id' as id,
      each.document,
      anchor_ops.instant(each.document ->> 'started_at') as started_at,
      anchor_ops.platform_time(each.document) as platform_updated_at,
      anchor_ops.instant(each.document ->> 'completed_at') as completed_at,
      anchor_ops.instant(each.document ->> 'transfer_received_at') as transfer_received_at
    from jsonb_array_elements(p_documents) with ordinality as each (document, place)
    order by each.document ->> 'id', platform_updated_at desc, each.place desc
  ),
  known as (
    -- With limit 1 the lookup is by the index. A plan that was made while the table was small would read all of it.
    select incoming.id, transaction.status
    from incoming, lateral (
      select transaction.status from anchor_ops.transaction where transaction.id = incoming.id limit 1
    ) as transaction
  ),
  stored as (
    insert into anchor_ops.transaction as known
      (id, document, started_at, platform_updated_at, completed_at, transfer_received_at)
    select incoming.id, incoming.document, incoming.started_at, incoming.platform_updated_at, incoming.completed_at,
      incoming.transfer_received_at
    from incoming order by incoming.id
    on conflict (id) do update set
      document = excluded.document,
      started_at = excluded.started_at,
      platform_updated_at = excluded.platform_updated_at,
      completed_at = excluded.completed_at,
      transfer_received_at = excluded.transfer_received_at,
      seen_at = excluded.seen_at,
      gone_at = null,
      earlier_since = null
    where excluded.platform_updated_at >= known.platform_updated_at
      or known.platform_updated_at = coalesce(p_after, (p_attempts -> excluded.id ->> 'after')::timestamptz)
    returning known.id, known.status, known.platform_updated_at
  ),
  history as (
    insert into anchor_ops.transaction_status (transaction_id, status, platform_updated_at, attempt_id)
    select stored.id, stored.status, stored.platform_updated_at,
      coalesce(p_attempt_id, (p_attempts -> stored.id ->> 'attemptId')::uuid)
    from stored left join known using (id)
    where known.status is distinct from stored.status
    order by stored.id
  )
  select coalesce(array_agg(stored.id), '{}') into v_stored from stored;
  return jsonb_build_object('stored', cardinality(v_stored), 'wentBack', v_went_back, 'earlier', case
    when cardinality(v_stored) < jsonb_array_length(p_documents)
    then anchor_ops.note_earlier(p_documents, v_stored, p_earlier) else '[]' end);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.store_import(p_network text, p_listings jsonb, p_source text, p_active boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_relisted jsonb;
begin
  insert into anchor_ops.home_domain (network, domain)
  select distinct p_network, compared.domain from anchor_ops.compare_import(p_network, p_listings, p_source) as compared
  where compared.fate = 'new'
  order by compared.domain
  on conflict (network, domain) do nothing;

  with compared as (
    select * from anchor_ops.compare_import(p_network, p_listings, p_source) as one where one.fate <> 'unchanged'
  ),
  added as (
    insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source, pairing)
    select compared.id, p_network, compared.domain, compared.country, compared.currency, compared.type, compared.name,
      p_active and compared.active, p_source, compared.pairing
    from compared where compared.fate = 'new' order by compared.id
  ),
  written as (
    update anchor_ops.listing
    set name = compared.name, source = p_source, pairing = compared.pairing, missed = 0, delisted_at = null,
      last_listed_at = now()
    from compared join anchor_ops.listing as known on known.id = compared.id
    where compared.fate <> 'new' and listing.id = known.id
    returning listing.id, listing.domain, known.delisted_at
  )
  select jsonb_agg(jsonb_build_object(
      'domain', written.domain, 'listing', written.id, 'kind', 'relisted',
      'before', jsonb_build_object('delistedAt', anchor_ops.iso_time(written.delisted_at)),
      'after', jsonb_build_object('source', p_source)
    ) order by written.id) filter (where written.delisted_at is not null)
  into v_relisted from written;
  return coalesce(v_relisted, '[]');
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.store_payments(p_account text, p_source text, p_epoch integer, p_judged jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into anchor_ops.payment (
    epoch, operation_id, account, source, cursor, ledger, closed_at, transaction_hash, successful, kind, from_account,
    from_muxed_id, to_account, to_muxed_id, to_muxed_account, asset, amount, memo_type, memo, verdict, sentence, evidence,
    transaction_id, attempt_id, recorded_at, judged_at, is_dust, due_at
  )
  select p_epoch, row."operationId", p_account, coalesce(row.source, p_source), row.cursor, row.ledger, row."closedAt", row."transactionHash",
    row.successful, row.kind, row."from", row."fromMuxedId", row."to", row."toMuxedId", row."toMuxedAccount", row.asset, row.amount,
    row."memoType", row.memo, row.code, row.sentence, row.evidence, row."transactionId", row."attemptId", p_now, p_now,
    coalesce(row."isDust", false),
    -- A step that stored a transaction while this payment was judged has not seen it. Each such step has ended after 30 s.
    case when row.code = 'catching_up' then p_now when anchor_ops.may_change(row.code) then p_now + interval '30 seconds' end
  from jsonb_to_recordset(p_judged)
    as row ("operationId" text, cursor text, ledger bigint, "closedAt" timestamptz, "transactionHash" text,
      successful boolean, kind text, "from" text, "fromMuxedId" text, "to" text, "toMuxedId" text, "toMuxedAccount" text,
      asset text, amount text, source text, "memoType" text, memo text, code text, sentence text, evidence jsonb, "transactionId" text, "attemptId" uuid, "isDust" boolean)
  on conflict (epoch, operation_id) do update set
    account = excluded.account,
    source = excluded.source,
    cursor = excluded.cursor,
    verdict = excluded.verdict,
    sentence = excluded.sentence,
    evidence = excluded.evidence,
    transaction_id = excluded.transaction_id,
    attempt_id = excluded.attempt_id,
    judged_at = excluded.judged_at,
    is_dust = excluded.is_dust,
    -- For the account that received it, a payment that only its payer's side had shown is as good as new.
    due_at = case when payment.verdict = 'outgoing' then excluded.due_at else payment.due_at end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.store_unlisted(p_sep text, p_status text, p_places jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into anchor_ops.unlisted as known (sep, status, newer_id, older_id, transactions, reason)
  select distinct on (coalesce(found."newerId", ''))
    p_sep, p_status, coalesce(found."newerId", ''), found."olderId", found.transactions, left(found.reason, 1000)
  from jsonb_to_recordset(p_places) as found ("newerId" text, "olderId" text, transactions integer, reason text)
  order by coalesce(found."newerId", '')
  on conflict (sep, status, newer_id) do update
    set older_id = excluded.older_id, transactions = excluded.transactions, reason = excluded.reason,
      found_at = excluded.found_at
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.summarise_countries(p_network text, p_countries text[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  delete from anchor_ops.country_summary
  where country_summary.network = p_network and (p_countries is null or country_summary.country = any (p_countries));

  insert into anchor_ops.country_summary (network, country, operational, currencies, on_ramps, off_ramps, anchors, listings)
  select p_network, listing.country, counted.operational,
    array_agg(distinct listing.currency order by listing.currency),
    count(distinct listing.domain) filter (where listing.type = 'on-ramp'),
    count(distinct listing.domain) filter (where listing.type = 'off-ramp'),
    count(distinct listing.domain),
    count(*)
  from anchor_ops.listing, (values (false), (true)) as counted (operational)
  where listing.network = p_network and listing.active and (listing.shown_operational or not counted.operational)
    and (p_countries is null or listing.country = any (p_countries))
  group by listing.country, counted.operational;
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.take_earlier(p_documents jsonb, p_earlier jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_taken jsonb;
begin
  with shown as (
    select distinct on (each.document ->> 'id') each.document ->> 'id' as id, each.document,
      anchor_ops.platform_time(each.document) as at
    from jsonb_array_elements(p_documents) as each (document)
    order by each.document ->> 'id', at desc
  ),
  earlier as (
    select known.id, shown.at, known.document ->> 'updated_at' as before, shown.document ->> 'updated_at' as now,
      known.earlier_since, known.earlier_since <= clock_timestamp() - anchor_ops.went_back_after() as is_due
    from jsonb_to_recordset(p_earlier) as confirmed (id text, count integer)
    join anchor_ops.transaction as known on known.id = confirmed.id and known.earlier_count = confirmed.count
      and known.earlier_since is not null
    join shown on shown.id = known.id and shown.at < known.platform_updated_at
  ),
  taken as (
    update anchor_ops.transaction as known
    set platform_updated_at = earlier.at, earlier_since = null, went_back = jsonb_build_object(
      'code', 'platform_went_back', 'from', earlier.before, 'to', earlier.now,
      'since', anchor_ops.iso_time(earlier.earlier_since), 'takenAt', anchor_ops.iso_time(clock_timestamp())
    )
    from earlier where known.id = earlier.id and earlier.is_due
    returning known.id, known.went_back
  ),
  looked_for as (
    update anchor_ops.attempt
    set settle_at = case when earlier.is_due then clock_timestamp()
      else coalesce(attempt.settle_at, earlier.earlier_since + anchor_ops.went_back_after()) end,
      claimed_by = case when not earlier.is_due then attempt.claimed_by end,
      claimed_until = case when not earlier.is_due then attempt.claimed_until end
    from earlier
    where attempt.transaction_id = earlier.id and attempt.state = 'APPLIED' and case
      when earlier.is_due then anchor_ops.platform_time(attempt.post) > earlier.at
      -- The settler reads the transaction once more for the last update, also when nobody else asks for it.
      else attempt.seq = (
        select max(applied.seq) from anchor_ops.attempt as applied
        where applied.transaction_id = earlier.id and applied.state = 'APPLIED'
      ) end
  )
  select coalesce(jsonb_agg(taken.went_back || jsonb_build_object('transactionId', taken.id) order by taken.id), '[]')
  into v_taken from taken;
  return v_taken;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.take_request(p_key text, p_body_sha256 text, p_holder uuid, p_takeover_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_known anchor_ops.update_request;
  v_request text;
begin
  if p_holder is null then
    -- The caller heard the key that was made for it and has repeated the request under it. This call comes too late.
    return jsonb_build_object('answer', null, 'request', case when exists (
      select from anchor_ops.update_request where update_request.key = p_key
    ) then 'running' else 'none' end);
  end if;
  insert into anchor_ops.update_request (key, body_sha256, taken_by) values (p_key, p_body_sha256, p_holder)
  on conflict (key) do nothing;
  if found then
    return jsonb_build_object('request', 'new', 'answer', null);
  end if;

  select * into v_known from anchor_ops.update_request where update_request.key = p_key for update;
  v_request := case
    when v_known.body_sha256 is distinct from p_body_sha256 then 'conflict'
    when v_known.state = 'done' then 'replay'
    when v_known.taken_by = p_holder then 'new'
    when v_known.taken_at > clock_timestamp() - make_interval(secs => p_takeover_seconds) then 'running'
    else 'new'
  end;
  if v_request = 'new' then
    update anchor_ops.update_request set taken_at = clock_timestamp(), taken_by = p_holder,
      taken_over = update_request.taken_over or update_request.taken_by <> p_holder
    where update_request.key = p_key
    returning * into v_known;
  end if;
  return jsonb_build_object('request', v_request, 'answer', case when v_request = 'replay' then v_known.answer end)
    || case when v_request = 'new' and v_known.taken_over then '{"takenOver": true}' else '{}'::jsonb end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell(p_type text, p_subject text, p_data jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into anchor_ops.outbox (type, subject, data) values (p_type, p_subject, p_data);
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.tell(
    case when anchor_ops.waits_for_person(new.state) then 'attempt.waiting' else 'attempt.settled' end,
    'transaction/' || new.transaction_id,
    jsonb_build_object('attemptId', new.id, 'transactionId', new.transaction_id, 'method', new.method,
      'from', old.state, 'to', new.state)
  );
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_catalog_changes()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into anchor_ops.outbox (type, subject, data)
  select case
      when change.kind in ('listing_on', 'listing_off') then 'anchor.switched'
      when change.kind = 'held' then 'anchor.held'
      when change.kind = 'domain_flapping' then 'anchor.flapping'
      else 'anchor.changed' end,
    format('anchor/%s:%s', change.network, change.domain),
    jsonb_build_object('network', change.network, 'domain', change.domain, 'listing', change.listing, 'change', change.kind,
      'changeId', change.seq::text)
  from changed as change order by change.seq;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_difference()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.tell(
    case when new.difference <> 0 and new.explained_at is null then 'difference.found' else 'difference.ended' end,
    format('books/%s/%s/%s', new.epoch, new.account, new.asset),
    jsonb_build_object('epoch', new.epoch, 'account', new.account, 'asset', new.asset, 'openingLedger', new.opening_ledger,
      'closingLedger', new.closing_ledger)
  );
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_observer()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.tell(
    case when new.alarm is null then 'observer.recovered' else 'observer.alarm' end,
    format('observer/%s/%s', new.account, new.source),
    jsonb_build_object('account', new.account, 'source', new.source, 'code', coalesce(new.alarm, old.alarm) ->> 'code')
  );
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_payment()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_subject text := 'payment/' || anchor_ops.payment_subject(new.epoch, new.operation_id);
  v_data jsonb := jsonb_build_object('operationId', new.operation_id, 'epoch', new.epoch, 'account', new.account,
    'verdict', new.verdict, 'transactionId', new.transaction_id);
  v_is_new boolean := tg_op = 'INSERT';
begin
  -- A flood of dust reaches nobody, unless it is credited.
  if (v_is_new or old.verdict <> new.verdict) and (not new.is_dust or new.verdict = 'credited') then
    perform anchor_ops.tell('payment.verdict', v_subject, v_data || jsonb_build_object(
      'attemptId', new.attempt_id, 'from', case when not v_is_new then old.verdict end
    ));
  end if;
  if new.open_since is not null and (v_is_new or old.open_since is null) then
    perform anchor_ops.tell('open_money.began', v_subject, v_data);
  elsif new.open_since is null and not v_is_new and old.open_since is not null then
    perform anchor_ops.tell('open_money.ended', v_subject, v_data);
  end if;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_fault text := anchor_ops.run_fault(new.answer);
  v_before text;
begin
  -- Of two runs of a kind that finish at once, the second one sees what the first one told.
  perform from anchor_ops.scheduled_run as scheduled where scheduled.kind = new.kind for no key update;
  select anchor_ops.run_fault(before.answer) into v_before from anchor_ops.run as before
  where before.kind = new.kind and before.finished_at is not null and before.id <> new.id
  order by before.finished_at desc limit 1;
  -- Checks run every ten minutes, so a fault is told when it begins and when it ends.
  if v_fault is distinct from v_before then
    perform anchor_ops.tell(case when v_fault is null then 'run.recovered' else 'run.degraded' end, 'run/' || new.kind,
      jsonb_build_object('runId', new.id, 'kind', new.kind, 'reason', coalesce(v_fault, v_before)));
  end if;
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.tell_transaction()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform anchor_ops.tell('transaction.status', 'transaction/' || new.id, jsonb_build_object(
    'transactionId', new.id, 'from', case when tg_op = 'UPDATE' then old.status end, 'to', new.status
  ));
  return null;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.transaction_mark(p_id text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select md5(jsonb_build_array(transaction.sep, transaction.kind, transaction.status, transaction.memo_type, transaction.memo,
      transaction.amount_in, transaction.amount_in_asset, transaction.amount_expected, transaction.amount_expected_asset,
      transaction.withdraw_anchor_account, transaction.destination_account, anchor_ops.iso_time(transaction.started_at),
      anchor_ops.iso_time(transaction.completed_at), anchor_ops.iso_time(transaction.gone_at), (
        select max(attempt.seq) from anchor_ops.attempt
        where attempt.transaction_id = p_id and attempt.state = 'APPLIED' and attempt.params ? 'destination_account'
      ))::text)
    from anchor_ops.transaction where transaction.id = p_id
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.transactions_reporting(p_hash text)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET enable_bitmapscan TO 'on'
AS $function$
  select transaction.id from anchor_ops.transaction
  where transaction.stellar_transactions is not null
    and anchor_ops.stellar_hashes(transaction.stellar_transactions) @> array[p_hash]
  union
  select attempt.transaction_id from anchor_ops.attempt
  where lower(coalesce(attempt.params ->> 'stellar_transaction_id', attempt.params #>> '{refund,id}')) = p_hash
    and char_length(coalesce(attempt.params ->> 'stellar_transaction_id', attempt.params #>> '{refund,id}')) = 64
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.unproven_repeats(p_fresh jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(repeat.payment -> 'operationId'), '[]')
    from jsonb_array_elements(p_fresh) as repeat (payment)
    where repeat.payment ->> 'code' = 'already_paid' and not (repeat.payment ->> 'isNew')::boolean
      and not exists (
        select from jsonb_array_elements(p_fresh) as credit (payment)
        where credit.payment ->> 'code' = 'credited'
          and credit.payment ->> 'transactionId' = repeat.payment ->> 'transactionId'
      )
      and anchor_ops.credited_operation(repeat.payment ->> 'transactionId') is null
  );
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.unseen_listings(p_network text, p_source text, p_walk_began_at timestamp with time zone)
 RETURNS TABLE(id text, domain text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select known.id, known.domain from anchor_ops.listing as known
  where known.network = p_network and known.source = p_source and known.delisted_at is null
    -- A listing that the walk saw was written when its last sight was a week old.
    and known.last_listed_at < p_walk_began_at - interval '7 days'
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.utc_day(p_at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select (p_at at time zone 'UTC')::date
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.utc_month(p_at timestamp with time zone)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select date_trunc('month', p_at at time zone 'UTC')
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.waits_for_person(p_state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select p_state in ('MANUAL', 'LOST') $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.webhook_wait(p_failures integer)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select make_interval(secs => least(60 * 2 ^ least(greatest(p_failures, 1) - 1, 10), 900))
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.went_back_after()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$ select interval '180 seconds' $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.why_not_open(p_payment anchor_ops.payment)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return case
    when p_payment.closed_by is not null then 'closed'
    when not p_payment.successful or p_payment.verdict = 'transaction_failed' then 'failed'
    when p_payment.verdict = 'outgoing' then 'outgoing'
    -- Its transaction may be one that is not known yet. It is judged when all are.
    when p_payment.verdict = 'catching_up' then 'catching_up'
    when p_payment.verdict = 'credited' and not exists (
      select from anchor_ops.attempt
      where attempt.id = p_payment.attempt_id and anchor_ops.ended_without_effect(attempt.state)
    ) then 'credited'
    -- An update that was lost waits for a person by itself.
    when exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = p_payment.transaction_hash and claim.released_at is null
        and claim.operation_id in ('', p_payment.operation_id)
        and (select attempt.state in ('APPLIED', 'LOST') from anchor_ops.attempt where attempt.id = claim.attempt_id)
    ) then 'reported_by_hand'
    -- A clawback takes from the observed account.
    when p_payment.kind <> 'clawback' and exists (
      select from anchor_ops.observer where observer.account = p_payment.from_account
    ) then 'own'
    when p_payment.is_dust then 'dust'
  end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.why_rejected(p_attempt anchor_ops.attempt)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_paid_by uuid;
begin
  -- A person said that the custody service had paid, although the transaction may not show it. Only a person pays again.
  if p_attempt.custody then
    select earlier.id into v_paid_by from anchor_ops.attempt as earlier
    where earlier.transaction_id = p_attempt.transaction_id and earlier.method = p_attempt.method and earlier.custody
      and earlier.seq < p_attempt.seq and earlier.state = 'APPLIED' and earlier.outcome ->> 'decision' = 'applied'
      and earlier.updated_at > p_attempt.created_at
    order by earlier.seq limit 1;
  end if;
  -- PL/pgSQL keeps the plan, which takes longer to make than to run.
  return case
    when p_attempt.expires_at <= clock_timestamp()
      then jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(p_attempt.expires_at))
    when v_paid_by is not null then jsonb_build_object('reason', 'custody_paid', 'attemptId', v_paid_by)
    else (
      select jsonb_build_object('reason', 'refund_exceeds', 'refund', (refund.amount + refund.fee)::text,
        'refundedBefore', before.total::text, 'amountIn', received.amount::text)
      from anchor_ops.refund
      join anchor_ops.transaction on transaction.id = refund.transaction_id,
        lateral (select anchor_ops.decimal(transaction.amount_in)) as received (amount),
        lateral (
          select anchor_ops.refunded_before(refund.transaction_id, refund.method, refund.refund_id, p_attempt.seq)
        ) as before (total)
      where refund.attempt_id = p_attempt.id
        and refund.asset = coalesce(transaction.amount_in_asset, refund.asset) and before.total + refund.amount + refund.fee > received.amount
    )
  end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.why_too_old(p_payment anchor_ops.payment, p_decision text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_present integer := anchor_ops.present_epoch();
begin
  return case when p_payment.epoch < v_present and p_decision in ('assign', 'refunded') then
    jsonb_build_object('code', 'older_epoch', 'epoch', p_payment.epoch, 'presentEpoch', v_present) end;
end $function$
;
CREATE OR REPLACE FUNCTION anchor_ops.window_lock(p_network text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select hashtextextended('check_window:' || p_network, 0)
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.window_start(p_at timestamp with time zone, p_hours integer)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select date_bin(make_interval(hours => p_hours), p_at, timestamptz 'epoch')
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.with_sign_in(p_before jsonb, p_capability jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when p_capability ? 'signedInAt'
    then p_before || jsonb_build_object('signedInAt', p_capability -> 'signedInAt') else p_before end
$function$
;
CREATE OR REPLACE FUNCTION anchor_ops.without_operations(p_payments jsonb, p_operations jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(each.payment order by each.place), '[]')
  from jsonb_array_elements(p_payments) with ordinality as each (payment, place)
  where not p_operations ? (each.payment ->> 'operationId')
$function$
;
CREATE OR REPLACE FUNCTION public.apply_dust(p_limits jsonb, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_asset text;
  v_amount numeric;
  v_changed integer := 0;
  v_payment record;
begin
  perform anchor_ops.lock_names(array['payments']);
  select coalesce(wanted.asset, known.asset), wanted.amount into v_asset, v_amount
  from jsonb_to_recordset(p_limits) as wanted (asset text, amount numeric)
  full join anchor_ops.dust_limit as known on known.asset = wanted.asset
  where wanted.amount is distinct from known.amount
  order by 1 limit 1;
  if not found then
    return jsonb_build_object('changed', 0, 'isDone', true);
  end if;

  -- Payments are locked in the order of their operations, as everywhere.
  for v_payment in
    select open.epoch, open.operation_id from (
      select row.epoch, row.operation_id from anchor_ops.payment as row
      where row.asset = v_asset and row.open_since is not null and not row.is_dust
        and anchor_ops.decimal(row.amount) < v_amount
      limit p_most
    ) as open
    union all
    select dust.epoch, dust.operation_id from (
      select row.epoch, row.operation_id from anchor_ops.payment as row
      where row.asset = v_asset and row.is_dust and (anchor_ops.decimal(row.amount) < v_amount) is not true
      limit p_most
    ) as dust
    order by operation_id, epoch
  loop
    update anchor_ops.payment set is_dust = not payment.is_dust
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id;
    v_changed := v_changed + 1;
  end loop;
  if v_changed < p_most then
    delete from anchor_ops.dust_limit where dust_limit.asset = v_asset;
    insert into anchor_ops.dust_limit (asset, amount) select v_asset, v_amount where v_amount is not null;
  end if;
  return jsonb_build_object('changed', v_changed, 'isDone', false);
end $function$
;
CREATE OR REPLACE FUNCTION public.archive_payments(p_older_than_days integer, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  v_epochs integer[];
  v_operations text[];
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := clock_timestamp() - make_interval(days => p_older_than_days);
begin
  if p_older_than_days is null or p_older_than_days < 0 or p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'archive_payments: needs an age in days and a limit of 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  -- Nothing is recorded meanwhile, so no page finds an operation in neither table.
  perform anchor_ops.lock_names(array['payments']);
  -- A payment that is to be marked as due may still change.
  perform anchor_ops.mark_due();

  with archived as (
    insert into anchor_ops.archived_payment (epoch, operation_id, account, kind, transaction_hash, asset, amount, verdict,
      state, transaction_id, closed_at, archived_at)
    select (final.payment).epoch, (final.payment).operation_id, (final.payment).account, (final.payment).kind,
      (final.payment).transaction_hash, (final.payment).asset, (final.payment).amount, (final.payment).verdict,
      anchor_ops.why_not_open(final.payment), (final.payment).transaction_id, (final.payment).closed_at, v_now
    from (
      select due as payment from anchor_ops.payment as due
      where due.open_since is null and due.due_at is null and due.judged_at < v_before and anchor_ops.may_archive(due, v_before)
      order by due.judged_at, due.epoch, due.operation_id
      limit p_limit
      -- A person may be deciding about it.
      for update skip locked
    ) as final
    returning archived_payment.epoch, archived_payment.operation_id
  )
  select coalesce(array_agg(archived.epoch), '{}'), coalesce(array_agg(archived.operation_id), '{}')
  into v_epochs, v_operations from archived;

  delete from anchor_ops.payment_verdict as earlier
  using unnest(v_epochs, v_operations) as archived (epoch, operation_id)
  where earlier.epoch = archived.epoch and earlier.operation_id = archived.operation_id;
  delete from anchor_ops.payment
  using unnest(v_epochs, v_operations) as archived (epoch, operation_id)
  where payment.epoch = archived.epoch and payment.operation_id = archived.operation_id;
  return jsonb_build_object('archived', cardinality(v_operations));
end $function$
;
CREATE OR REPLACE FUNCTION public.assign_payment(p_operation_id text, p_epoch integer, p_update jsonb, p_sentence text, p_evidence jsonb, p_note text, p_key_name text, p_asked jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_transaction_id text := p_update ->> 'transactionId';
  v_payment anchor_ops.payment;
  v_other anchor_ops.payment;
  v_why text;
  v_begun jsonb;
  v_refusal jsonb;
  v_id uuid;
begin
  v_payment := anchor_ops.lock_payment(p_operation_id, p_epoch,
    array['transaction ' || v_transaction_id, 'natural key ' || (p_update ->> 'naturalKey')], v_transaction_id);
  if v_payment.operation_id is null then
    return null;
  end if;
  v_why := anchor_ops.why_not_open(v_payment);
  if v_payment.assigned_by is not null
    and anchor_ops.repeated_decision(v_payment, 'assign', p_note, p_key_name, p_asked) is not null then
    return anchor_ops.decided_payment(v_payment, true, null);
  elsif v_why not in ('dust', 'catching_up') then
    return anchor_ops.decided_payment(v_payment, false, null);
  end if;

  select * into v_other from anchor_ops.payment as other
  where other.transaction_id = v_transaction_id and other.verdict = 'credited'
    and (other.epoch, other.operation_id) <> (v_payment.epoch, p_operation_id);
  select coalesce(
    anchor_ops.why_too_old(v_payment, 'assign'),
    (select jsonb_build_object('code', 'operation_claimed', 'claimedBy', claims.held)
      from anchor_ops.claims_on(v_payment.transaction_hash, array[p_operation_id]) as claims (held) where claims.held is not null),
    case when v_other.operation_id is not null and anchor_ops.credit_holds(v_other.attempt_id) then
      jsonb_build_object('code', 'transaction_credited', 'operationId', v_other.operation_id, 'epoch', v_other.epoch) end,
    (select jsonb_build_object('code', 'transaction_credited', 'operationId', other.operation_id, 'epoch', other.epoch)
      from anchor_ops.archived_payment as other
      where other.transaction_id = v_transaction_id and other.verdict = 'credited' limit 1)
  ) into v_refusal;
  if v_refusal is null then
    v_begun := anchor_ops.begin_attempts(null, jsonb_build_array(p_update)) -> 0;
    v_refusal := nullif(v_begun -> 'refusal', 'null');
  end if;
  if v_refusal is not null then
    return anchor_ops.decided_payment(v_payment, false, v_refusal);
  elsif v_begun -> 'created' <> 'true' then
    raise exception 'assign_payment: the natural key of payment % belongs to attempt % already', p_operation_id,
      v_begun ->> 'attemptId' using errcode = 'AO002';
  end if;

  v_id := anchor_ops.record_decision(p_key_name, 'payment', anchor_ops.payment_subject(v_payment.epoch, p_operation_id),
    v_transaction_id, 'assign', p_note,
    anchor_ops.payment_reading(v_payment, p_asked) || jsonb_build_object('assignedAttemptId', v_begun -> 'attemptId')
      || case when v_other.operation_id is null then '{}'
        else jsonb_build_object('insteadOf', anchor_ops.payment_subject(v_other.epoch, v_other.operation_id)) end);
  perform anchor_ops.refuse_credit(v_other, p_operation_id);
  -- The transaction that it was credited to is unpaid now, which other payments may be for.
  perform anchor_ops.note_due(anchor_ops.payment_names(before.memo_type, before.memo_value, before.withdraw_anchor_account,
    before.destination_account, before.started_at))
  from anchor_ops.transaction as before
  where before.id = v_payment.transaction_id and v_payment.verdict = 'credited' and before.id <> v_transaction_id;
  update anchor_ops.payment
  set verdict = 'credited', sentence = p_sentence, evidence = p_evidence, transaction_id = v_transaction_id,
    attempt_id = (v_begun ->> 'attemptId')::uuid, judged_at = clock_timestamp(), assigned_by = v_id
  where payment.epoch = v_payment.epoch and payment.operation_id = p_operation_id
  returning * into v_payment;
  return anchor_ops.decided_payment(v_payment, true, null);
end $function$
;
CREATE OR REPLACE FUNCTION public.begin_books(p_account text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_epoch integer := anchor_ops.present_epoch();
  v_book anchor_ops.book;
begin
  select * into v_book from anchor_ops.book where book.epoch = v_epoch and book.account = p_account
  order by book.from_ledger desc limit 1;
  return jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'epoch', v_epoch,
    'book', case when v_book.epoch is not null then jsonb_build_object(
      'source', v_book.source, 'cursor', v_book.cursor, 'fromLedger', v_book.from_ledger, 'toLedger', v_book.to_ledger,
      'readAt', anchor_ops.iso_time(v_book.read_at), 'isComplete', v_book.is_complete
    ) end,
    'snapshotAt', (
      select anchor_ops.iso_time(max(snapshot.taken_at)) from anchor_ops.balance_snapshot as snapshot
      where snapshot.epoch = v_epoch and snapshot.account = p_account
    )
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.begin_observation(p_account text, p_source text, p_holder uuid, p_lease_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_observer anchor_ops.observer;
  v_payment record;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 then
    raise exception 'begin_observation: needs a holder and at least 1 lease second'
      using errcode = 'invalid_parameter_value';
  end if;
  insert into anchor_ops.ledger_epoch (epoch) values (anchor_ops.present_epoch()) on conflict do nothing;
  insert into anchor_ops.observer (account, source, epoch)
  values (p_account, p_source, anchor_ops.present_epoch()) on conflict do nothing;
  if found then
    -- What the account paid to another observed one is our own money from now on. No page is recorded meanwhile.
    perform anchor_ops.lock_names(array['payments']);
    -- Payments are locked in the order of their operations, as everywhere.
    for v_payment in
      select payment.epoch, payment.operation_id from anchor_ops.payment
      where payment.open_since is not null and payment.from_account = p_account
      order by payment.operation_id, payment.epoch
    loop
      update anchor_ops.payment set open_since = payment.open_since
      where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id;
    end loop;
  end if;

  update anchor_ops.observer
  set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source
    and (observer.holder is null or observer.holder = p_holder or observer.lease_until <= clock_timestamp())
  returning * into v_observer;
  if not found then
    return jsonb_build_object('started', false);
  end if;

  return jsonb_build_object(
    'started', true,
    'epoch', v_observer.epoch,
    'present', (
      select jsonb_build_object('epoch', present.epoch, 'seen', case when present.seen_hash is not null then
        jsonb_build_object('sequence', present.seen_sequence, 'hash', present.seen_hash,
          'closedAt', anchor_ops.iso_time(present.seen_closed_at)) end)
      from anchor_ops.ledger_epoch as present order by present.epoch desc limit 1
    ),
    'alarm', v_observer.alarm ->> 'code',
    'cursor', v_observer.cursor,
    'checkpoint', case when v_observer.checkpoint_sequence is not null then
      jsonb_build_object('sequence', v_observer.checkpoint_sequence, 'hash', v_observer.checkpoint_hash) end,
    'sweepCursor', v_observer.sweep_cursor,
    'sweptAt', anchor_ops.iso_time(v_observer.swept_at),
    'oldestAwaitingAt', anchor_ops.iso_time((
      select min(coalesce(transaction.started_at, transaction.first_seen_at)) from anchor_ops.transaction
      where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
        and transaction.gone_at is null
    ))
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.begin_requested_check(p_network text, p_domain text, p_owner text, p_caller text, p_kept_seconds integer, p_running_seconds integer, p_window_seconds integer, p_per_caller integer, p_per_owner integer, p_in_all integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz;
  v_since timestamptz;
  v_last anchor_ops.requested_check;
  v_oldest timestamptz;
  v_limit text;
  v_id bigint;
begin
  -- Two calls at once must not both count the same checks.
  perform pg_advisory_xact_lock(hashtextextended('requested_check', 0));
  v_now := clock_timestamp();
  v_since := v_now - make_interval(secs => p_window_seconds);
  delete from anchor_ops.requested_check where requested_check.asked_at < v_since;

  select * into v_last from anchor_ops.requested_check as asked
  where asked.network = p_network and asked.domain = p_domain
  order by asked.asked_at desc limit 1;
  if v_last.result is not null and v_last.asked_at > v_now - make_interval(secs => p_kept_seconds) then
    return jsonb_build_object('state', 'kept', 'result', v_last.result);
  end if;
  if v_last.id is not null and v_last.result is null and v_last.asked_at > v_now - make_interval(secs => p_running_seconds) then
    return jsonb_build_object('state', 'refused', 'limit', 'running', 'retryAfterSeconds', p_running_seconds);
  end if;

  -- The oldest check that has to leave the window before another one may begin.
  select counted.limit_name, counted.oldest into v_limit, v_oldest
  from (
    select 'caller' as limit_name, (
      select asked.asked_at from anchor_ops.requested_check as asked where asked.caller = p_caller
      order by asked.asked_at desc offset greatest(p_per_caller, 1) - 1 limit 1
    ) as oldest
    union all
    select 'domain', (
      select asked.asked_at from anchor_ops.requested_check as asked where asked.owner = p_owner
      order by asked.asked_at desc offset greatest(p_per_owner, 1) - 1 limit 1
    )
    union all
    select 'all', (
      select asked.asked_at from anchor_ops.requested_check as asked
      order by asked.asked_at desc offset greatest(p_in_all, 1) - 1 limit 1
    )
  ) as counted
  where counted.oldest is not null
  order by counted.oldest desc
  limit 1;
  if v_limit is not null then
    return jsonb_build_object('state', 'refused', 'limit', v_limit,
      'retryAfterSeconds', greatest(1, ceil(extract(epoch from v_oldest - v_since)))::integer);
  end if;

  insert into anchor_ops.requested_check (network, domain, owner, caller) values (p_network, p_domain, p_owner, p_caller)
  returning requested_check.id into v_id;
  return jsonb_build_object('state', 'begun', 'id', v_id::text);
end $function$
;
CREATE OR REPLACE FUNCTION public.begin_side_look(p_account text, p_source text, p_holder uuid, p_lease_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_observer anchor_ops.observer;
  v_look anchor_ops.side_look;
  v_jump bigint := anchor_ops.last_jump(p_account, p_source);
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 then
    raise exception 'begin_side_look: needs a holder and at least 1 lease second' using errcode = 'invalid_parameter_value';
  end if;
  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.cursor is not null
    and observer.alarm is null and observer.epoch = anchor_ops.present_epoch();
  if not found or v_jump is null then
    return jsonb_build_object('started', false);
  end if;
  insert into anchor_ops.side_look (account, source, jump_seq) values (p_account, p_source, v_jump) on conflict do nothing;

  update anchor_ops.side_look
  set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds), jump_seq = v_jump,
    balance_cursor = case when side_look.jump_seq = v_jump then side_look.balance_cursor end,
    effect_cursor = case when side_look.jump_seq = v_jump then side_look.effect_cursor end,
    began_at = case when side_look.jump_seq = v_jump then side_look.began_at else clock_timestamp() end,
    looked_at = case when side_look.jump_seq = v_jump then side_look.looked_at end
  where side_look.account = p_account and side_look.source = p_source
    and (side_look.holder is null or side_look.holder = p_holder or side_look.lease_until <= clock_timestamp())
  returning * into v_look;
  if not found then
    return jsonb_build_object('started', false);
  end if;
  return jsonb_build_object(
    'started', true,
    'epoch', v_observer.epoch,
    'startCursor', (select observer_jump.to_cursor from anchor_ops.observer_jump
      where observer_jump.account = p_account and observer_jump.source = p_source and observer_jump.seq = v_jump),
    'cursor', v_observer.cursor,
    'checkpoint', case when v_observer.checkpoint_sequence is not null then
      jsonb_build_object('sequence', v_observer.checkpoint_sequence, 'hash', v_observer.checkpoint_hash) end,
    'balanceCursor', v_look.balance_cursor,
    'effectCursor', v_look.effect_cursor
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.begin_updates(p_key text, p_body_sha256 text, p_holder uuid, p_takeover_seconds integer, p_updates jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_request jsonb;
begin
  if p_updates is null or jsonb_typeof(p_updates) <> 'array' or jsonb_array_length(p_updates) > 40
    or p_takeover_seconds is null then
    raise exception 'begin_updates: needs takeover seconds and an array of at most 40 updates'
      using errcode = 'invalid_parameter_value';
  end if;
  v_request := anchor_ops.take_request(p_key, p_body_sha256, p_holder, p_takeover_seconds);
  return v_request || jsonb_build_object('updates', case
    when v_request ->> 'request' in ('none', 'new') then anchor_ops.begin_attempts(p_key, p_updates)
    when v_request ->> 'request' = 'replay' then anchor_ops.open_updates(v_request -> 'answer')
    else '[]' end);
end $function$
;
CREATE OR REPLACE FUNCTION public.brake_window(p_network text, p_started_at timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '5s'
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.claim_checks(p_network text, p_run_id uuid, p_token uuid, p_limit integer, p_claim_seconds integer, p_window_hours integer, p_now timestamp with time zone, p_only_due boolean, p_country text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_domains text[];
  v_window timestamptz := anchor_ops.window_start(least(p_now, clock_timestamp()), p_window_hours);
  v_started_at timestamptz := (select run.started_at from anchor_ops.run where run.id = p_run_id);
begin
  if p_token is null or p_limit not between 1 and 1000 or p_claim_seconds not between 1 and 3600 or v_window is null
    or v_started_at is null then
    raise exception 'claim_checks: needs a run, a token, a window, 1 to 1000 checks and 1 to 3600 seconds'
      using errcode = 'invalid_parameter_value';
  end if;

  if p_only_due then
    v_domains := array(select anchor_ops.next_checks(p_network, p_limit));
  else
    v_domains := array(select anchor_ops.oldest_checks(p_network, p_limit, p_country, v_started_at));
  end if;

  update anchor_ops.due_check
  set token = p_token, claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds)
  where due_check.network = p_network and due_check.domain = any (v_domains);

  return (
    select coalesce(jsonb_agg(
      jsonb_build_object(
        'domain', home_domain.domain,
        'listings', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'id', listing.id,
            'country', listing.country,
            'currency', listing.currency,
            'type', listing.type,
            'source', listing.source,
            'active', listing.active and listing.delisted_at is null
          ) order by listing.id), '[]')
          from anchor_ops.listing
          where listing.network = p_network and listing.domain = home_domain.domain
        ),
        'capability', home_domain.capability,
        'durationMs', home_domain.duration_ms,
        'window', jsonb_build_object(
          'startedAt', anchor_ops.iso_time(greatest(v_window, home_domain.window_start)),
          'outcome', case when home_domain.window_start >= v_window then home_domain.window_outcome end,
          'disabled', case when home_domain.window_start >= v_window then home_domain.health ->> 'autoDisabledReason' end
        ),
        'identity', home_domain.identity,
        'held', home_domain.held,
        'health', case when home_domain.window_start >= v_window
          then home_domain.window_health else home_domain.health end
      ) order by claimed.place
    ), '[]')
    from unnest(v_domains) with ordinality as claimed (domain, place)
      join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = claimed.domain
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.claim_lanes(p_endpoint text, p_token uuid, p_lanes integer, p_events integer, p_claim_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_endpoint anchor_ops.webhook_endpoint;
  v_now timestamptz;
  v_subjects text[];
begin
  if p_token is null or p_lanes not between 1 and 100 or p_events not between 1 and 100 or p_claim_seconds not between 1 and 3600 then
    raise exception 'claim_lanes: needs a token, 1 to 100 lanes, 1 to 100 events and 1 to 3600 seconds'
      using errcode = 'invalid_parameter_value';
  end if;
  perform anchor_ops.publish_events();
  select * into v_endpoint from anchor_ops.webhook_endpoint as endpoint where endpoint.id = p_endpoint for no key update;
  v_now := clock_timestamp();
  if not found or v_endpoint.paused_until > v_now then
    return '[]'::jsonb;
  end if;
  if v_endpoint.failing_since < v_now - interval '3 days' then
    perform anchor_ops.park_old_events(v_endpoint);
  end if;

  v_subjects := array(
    select lane.subject from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.due_at <= v_now and lane.claimed_until <= v_now
    -- What the host has refused says little of whether it takes anything, and must not stand before what it would take.
    order by case when v_endpoint.failures >= 5 then lane.tries end, lane.due_at, lane.subject
    limit case when v_endpoint.failures >= 5 then 1 else p_lanes end
    for update skip locked
  );
  -- An endpoint that fails is tried with one event at a time, by one instance.
  if v_endpoint.failures >= 5 and v_subjects <> '{}' then
    update anchor_ops.webhook_endpoint as endpoint
    set paused_until = v_now + anchor_ops.webhook_wait(v_endpoint.failures - 4) where endpoint.id = p_endpoint;
  end if;
  update anchor_ops.webhook_lane as lane
  set token = p_token, claimed_at = v_now, claimed_until = v_now + make_interval(secs => p_claim_seconds)
  where lane.endpoint = p_endpoint and lane.subject = any (v_subjects);

  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'subject', lane.subject,
      'events', (
        select coalesce(jsonb_agg(anchor_ops.event_json(event) order by event.position), '[]')
        from anchor_ops.lane_events(v_endpoint, lane, case when v_endpoint.failures >= 5 then 1 else p_events end) as event
      ),
      'missed', (
        select coalesce(jsonb_agg(parked.event_id order by parked.position), '[]')
        from (
          select parked.event_id, parked.position from anchor_ops.parked_event as parked
          where parked.endpoint = p_endpoint and parked.subject = lane.subject and parked.told_at is null
          order by parked.position limit 100
        ) as parked
      )
    ) order by lane.due_at, lane.subject), '[]')
    from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.subject = any (v_subjects)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.claim_noted_events(p_limit integer, p_claim_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_claimed jsonb := '[]'::jsonb;
begin
  with claimed as (
    update anchor_ops.noted_event set due_at = v_now + make_interval(secs => p_claim_seconds)
    where noted_event.transaction_id in (
      select due.transaction_id from anchor_ops.noted_event as due
      where due.due_at <= v_now
      order by due.is_known desc, due.due_at
      limit greatest(p_limit, 0)
      for update skip locked
    )
    returning noted_event.transaction_id, noted_event.events
  )
  select coalesce(jsonb_agg(jsonb_build_object('transactionId', claimed.transaction_id, 'events', claimed.events)), '[]'::jsonb)
  into v_claimed from claimed;
  return jsonb_build_object('claimed', v_claimed);
end $function$
;
CREATE OR REPLACE FUNCTION public.claim_unsettled(p_holder uuid, p_limit integer, p_sending_after_seconds integer, p_ready_after_seconds integer, p_paused_too boolean, p_claim_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_claimed uuid[];
  v_late uuid[];
  v_hashes text[];
begin
  if p_holder is null or p_limit is null or p_sending_after_seconds is null or p_ready_after_seconds is null
    or p_claim_seconds is null or p_claim_seconds < 1 then
    raise exception 'claim_unsettled: needs a holder, limits and at least 1 claim second'
      using errcode = 'invalid_parameter_value';
  end if;

  -- The sender of these attempts died, or is so late that its answer no longer tells the outcome for certain.
  update anchor_ops.attempt
  set state = 'UNKNOWN', settle_at = v_now, outcome = jsonb_strip_nulls(jsonb_build_object(
    'reason', 'sender_silent', 'mayBeApplied', attempt.outcome -> 'mayBeApplied'
  ))
  where attempt.id in (
    select stale.id from anchor_ops.attempt as stale
    where stale.state = 'SENDING' and stale.sent_at <= v_now - make_interval(secs => p_sending_after_seconds)
    order by stale.seq for update skip locked
  );

  select array_agg(expired.id), array_agg(expired.hash) into v_late, v_hashes
  from (
    select late.id, lower(late.params ->> 'stellar_transaction_id') as hash from anchor_ops.attempt as late
    where late.state = 'READY' and late.expires_at <= v_now and not anchor_ops.may_be_applied(late.outcome)
    order by late.seq for update skip locked
  ) as expired;
  if v_late is not null then
    -- The end of each may open its payments.
    perform anchor_ops.lock_payments_of(v_hashes);
    update anchor_ops.attempt
    set state = 'EXPIRED', settle_at = null,
      outcome = jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(attempt.expires_at))
    where attempt.id = any (v_late);
  end if;

  -- At most one open attempt of each transaction is claimed: the one that was sent, or else the oldest READY one.
  with claimed as (
    update anchor_ops.attempt
    set claimed_by = p_holder, claimed_until = v_now + make_interval(secs => p_claim_seconds)
    where attempt.id in (
      select due.id from anchor_ops.attempt as due
      where (due.state in ('READY', 'UNKNOWN') or due.state = 'APPLIED' and due.settle_at is not null)
        and (due.claimed_until is null or due.claimed_until <= v_now)
        and (due.settle_at is null or due.settle_at <= v_now
          or p_paused_too and due.state = 'READY' and due.outcome @> '{"paused": true}')
        and (due.state = 'UNKNOWN'
          or due.state = 'APPLIED' and not exists (
            select from anchor_ops.attempt as later
            where later.transaction_id = due.transaction_id and later.state in ('SENDING', 'UNKNOWN', 'MANUAL')
          )
          or due.state = 'READY' and (due.updated_at <= v_now - make_interval(secs => p_ready_after_seconds)
            or p_paused_too and due.outcome @> '{"paused": true}')
          and not exists (
            select from anchor_ops.attempt as first
            where first.transaction_id = due.transaction_id
              and (first.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(first.state)
                or first.state = 'READY' and first.seq < due.seq)
          ))
      -- Every update is looked for a minute after it was applied. Many looks must not hold up an update that waits.
      order by due.state = 'APPLIED', due.seq
      limit greatest(p_limit, 0)
      for update skip locked
    )
    returning attempt.id
  )
  select coalesce(array_agg(claimed.id), '{}') into v_claimed from claimed;

  return jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(
      anchor_ops.attempt_json(attempt) || jsonb_build_object(
        'transaction', transaction.document,
        'secondsSinceSent', floor(extract(epoch from clock_timestamp() - attempt.sent_at))
      ) order by attempt.state = 'APPLIED', attempt.seq
    ), '[]')
    from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
    where attempt.id = any (v_claimed)
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.count_attention(p_late_seconds integer, p_accounts text[], p_source text, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_late constant timestamptz := clock_timestamp() - make_interval(secs => p_late_seconds);
begin
  return jsonb_build_object(
    'update_manual', (select count(*) from (
      select from anchor_ops.attempt where attempt.state = 'MANUAL' limit p_most) as waiting),
    'update_lost', (select count(*) from (
      select from anchor_ops.attempt where attempt.state = 'LOST' limit p_most) as waiting),
    'update_late', (select count(*) from (
      select from anchor_ops.attempt
      where attempt.state in ('READY', 'SENDING', 'UNKNOWN') and attempt.created_at <= v_late
      order by attempt.created_at, attempt.id limit p_most) as waiting),
    'payment', (select count(*) from (
      select from anchor_ops.payment where payment.open_since is not null
      order by payment.open_since, payment.epoch, payment.operation_id limit p_most) as waiting),
    'observer_alarm', (select count(*) from anchor_ops.observer
      where observer.alarm is not null and observer.account = any (p_accounts) and observer.source = p_source),
    'difference', (select count(*) from (
      select from anchor_ops.reconciliation as result
      where result.difference <> 0 and result.explained_at is null and result.account = any (p_accounts)
        and result.epoch = anchor_ops.present_epoch() limit p_most) as waiting),
    'unlisted', (select count(*) from (
      select from anchor_ops.unlisted where p_source is not null and cardinality(p_accounts) > 0 limit p_most) as waiting),
    'anchor_held', (select count(*) from (
      select from anchor_ops.home_domain as held
      where held.held is not null and held.person_says is null and anchor_ops.is_listed(held.network, held.domain)
      limit p_most) as waiting),
    'anchor_flapping', (select count(*) from (
      select from anchor_ops.home_domain as flapping
      where flapping.auto_disabled_at is not null and flapping.health ->> 'autoDisabledReason' = 'flapping'
        and flapping.person_says is null and anchor_ops.is_listed(flapping.network, flapping.domain)
      limit p_most) as waiting)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.count_query_secret()
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_calls bigint;
begin
  insert into anchor_ops.query_secret_use as used (minute, calls)
  values (date_trunc('minute', clock_timestamp(), 'UTC'), 1)
  on conflict (minute) do update set calls = used.calls + 1
  returning used.calls into v_calls;

  -- The first call of a minute deletes. Two of them may meet at the change of the minute, and neither waits.
  if v_calls = 1 then
    delete from anchor_ops.query_secret_use
    where query_secret_use.minute in (
      select old.minute from anchor_ops.query_secret_use as old
      where old.minute < now() - interval '2 days' for update skip locked
    );
  end if;
  return jsonb_build_object('calls', v_calls);
end $function$
;
CREATE OR REPLACE FUNCTION public.create_key(p_name text, p_secret_sha256 text, p_scopes text[], p_expires_in_seconds double precision, p_note text, p_key_name text, p_most_keys integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_key anchor_ops.api_key;
begin
  perform anchor_ops.lock_names(array['keys']);
  select * into v_key from anchor_ops.api_key where api_key.name = p_name;
  if found then
    return jsonb_build_object('created', v_key.secret_sha256 = p_secret_sha256, 'refusal',
      case when v_key.secret_sha256 <> p_secret_sha256 then 'name_used' end, 'key', anchor_ops.api_key_json(v_key));
  end if;
  if (
    select count(*) from anchor_ops.api_key
    where api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > clock_timestamp())
  ) >= p_most_keys then
    return jsonb_build_object('created', false, 'refusal', 'too_many_keys', 'key', null);
  end if;
  insert into anchor_ops.api_key (name, secret_sha256, scopes, created_by, expires_at)
  values (p_name, p_secret_sha256, p_scopes, p_key_name, clock_timestamp() + make_interval(secs => p_expires_in_seconds))
  returning * into v_key;
  perform anchor_ops.record_decision(p_key_name, 'key', p_name, null, 'created', p_note, anchor_ops.api_key_json(v_key));
  return jsonb_build_object('created', true, 'refusal', null, 'key', anchor_ops.api_key_json(v_key));
end $function$
;
CREATE OR REPLACE FUNCTION public.decide_anchor(p_network text, p_domain text, p_listing text, p_decision text, p_note text, p_key_name text, p_held_since text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_says text := nullif(p_decision, 'forget');
  v_held_since text;
  v_reading jsonb;
  v_id uuid;
  v_changes jsonb := '[]'::jsonb;
begin
  if p_decision is null or p_decision not in ('enable', 'disable', 'forget', 'accept')
    or p_decision = 'accept' and p_listing is not null then
    raise exception 'decide_anchor: the decision is enable, disable or forget, or accept for all of a home domain'
      using errcode = 'invalid_parameter_value';
  end if;
  -- The lock comes before that of the home domain, as where a check is recorded.
  perform from anchor_ops.due_check
  where due_check.network = p_network and due_check.domain = p_domain for no key update;
  if p_decision = 'accept' then
    select home_domain.held ->> 'since' into v_held_since
    from anchor_ops.home_domain
    where home_domain.network = p_network and home_domain.domain = p_domain
      -- Without one of the two there is nothing to accept. A thief may have changed it again since the person looked.
      and (home_domain.held is not null or home_domain.health ->> 'autoDisabledReason' is distinct from 'flapping')
      and (home_domain.held is null
        or anchor_ops.instant(home_domain.held ->> 'since') is distinct from anchor_ops.instant(p_held_since));
    if found then
      return jsonb_build_object('decided', false, 'heldSince', v_held_since);
    end if;
  end if;
  -- What a check that is under way was told of the home domain is not true any more. It is not recorded, and made again.
  if p_listing is null and p_decision <> 'disable' then
    update anchor_ops.due_check
    set token = null, claimed_until = '-infinity', due_at = least(due_check.due_at, clock_timestamp())
    where due_check.network = p_network and due_check.domain = p_domain;
  end if;
  perform from anchor_ops.home_domain
  where home_domain.network = p_network and home_domain.domain = p_domain for no key update;
  if not found then
    return null;
  end if;

  if p_listing is null then
    select jsonb_build_object('personSays', home_domain.person_says, 'trust', home_domain.trust,
      'operational', home_domain.operational, 'lastCheckedAt', anchor_ops.iso_time(home_domain.last_checked_at),
      'disabled', home_domain.health -> 'autoDisabledReason', 'held', home_domain.held)
    into v_reading
    from anchor_ops.home_domain where home_domain.network = p_network and home_domain.domain = p_domain;
    if p_decision = 'accept' then
      v_changes := anchor_ops.accept_identity(p_network, p_domain);
    else
      update anchor_ops.home_domain set person_says = v_says
      where home_domain.network = p_network and home_domain.domain = p_domain;
    end if;
    if p_decision <> 'disable' then
      v_changes := v_changes || anchor_ops.forgive_flapping(p_network, p_domain);
    end if;
    v_id := anchor_ops.record_decision_once(p_key_name, 'anchor', anchor_ops.anchor_subject(p_network, p_domain),
      p_decision, p_note, v_reading);
  else
    select jsonb_build_object('personSays', listing.person_says, 'operational', listing.operational_now,
      'why', to_jsonb(listing.why_now))
    into v_reading
    from anchor_ops.judged_listing as listing
    where listing.id = p_listing and listing.network = p_network and listing.domain = p_domain;
    if not found then
      return jsonb_build_object('decided', false);
    end if;
    update anchor_ops.listing set person_says = v_says where listing.id = p_listing;
    v_id := anchor_ops.record_decision_once(p_key_name, 'listing', p_listing, p_decision, p_note, v_reading);
  end if;
  perform anchor_ops.note_changes(p_network, array[p_domain], v_changes);
  return jsonb_build_object(
    'decided', true,
    'decision', (select anchor_ops.decision_json(made) from anchor_ops.decision as made where made.id = v_id)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.decide_attempt(p_attempt_id uuid, p_decision text, p_note text, p_key_name text, p_quiet_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_attempt anchor_ops.attempt;
  v_state text := case p_decision
    when 'applied' then 'APPLIED' when 'rejected' then 'REJECTED' when 'not_applied' then 'NOT_APPLIED'
    when 'withdrawn' then 'WITHDRAWN' end;
  v_undecided jsonb;
begin
  if v_state is null or p_quiet_seconds is null then
    raise exception 'decide_attempt: needs quiet seconds and a decision: applied, rejected, not_applied or withdrawn, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  v_undecided := jsonb_build_object('decided', false, 'state', v_attempt.state,
    'decision', anchor_ops.last_decision('attempt', p_attempt_id::text));

  if v_state = 'WITHDRAWN' then
    if v_attempt.state <> 'READY' or anchor_ops.may_be_applied(v_attempt.outcome) then
      return v_undecided;
    end if;
  -- The settler sends a READY attempt again, but not while its transaction cannot be read.
  elsif (v_attempt.state = 'UNKNOWN' or v_attempt.state = 'READY' and anchor_ops.may_be_applied(v_attempt.outcome))
    and v_attempt.sent_at <= clock_timestamp() - make_interval(secs => p_quiet_seconds) then
    update anchor_ops.attempt set state = 'MANUAL', settle_at = null where attempt.id = p_attempt_id;
  -- A person who called it applied may have been wrong. Of two persons who decide at once, one hears of the other.
  elsif v_attempt.state = 'APPLIED' and v_state <> 'APPLIED' and (
    v_attempt.outcome ->> 'decision' = 'applied'
      and v_attempt.updated_at <= clock_timestamp() - make_interval(secs => p_quiet_seconds)
    or exists (
      select from anchor_ops.transaction where transaction.id = v_attempt.transaction_id
        and (transaction.went_back ->> 'takenAt')::timestamptz > v_attempt.updated_at
    )
  ) then
    update anchor_ops.attempt set state = 'LOST', settle_at = null where attempt.id = p_attempt_id;
  elsif not anchor_ops.waits_for_person(v_attempt.state) then
    return v_undecided;
  end if;

  if v_state = 'APPLIED' then
    perform anchor_ops.forget_looks(v_attempt);
  end if;
  update anchor_ops.attempt
  set state = v_state, note = p_note,
    settle_at = null,
    outcome = coalesce(attempt.outcome, '{}') || jsonb_build_object('decision', p_decision)
  where attempt.id = p_attempt_id;
  perform anchor_ops.record_decision(p_key_name, 'attempt', p_attempt_id::text, v_attempt.transaction_id, p_decision, p_note,
    jsonb_build_object('state', v_attempt.state, 'outcome', v_attempt.outcome) || coalesce((
      select jsonb_build_object('transaction', transaction.document, 'seenAt', anchor_ops.iso_time(transaction.seen_at))
      from anchor_ops.transaction where transaction.id = v_attempt.transaction_id
    ), '{}'));
  return jsonb_build_object('decided', true, 'state', v_state,
    'decision', anchor_ops.last_decision('attempt', p_attempt_id::text));
end $function$
;
CREATE OR REPLACE FUNCTION public.decide_payment(p_operation_id text, p_epoch integer, p_decision text, p_note text, p_key_name text, p_asked jsonb, p_refund jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_payment anchor_ops.payment;
  v_why text;
  v_taken jsonb;
  v_ids text[];
  v_id uuid;
begin
  if p_decision is null or p_decision not in ('refunded', 'reported', 'ignored', 'reopen')
    or (p_decision = 'refunded') <> coalesce(jsonb_typeof(p_refund) = 'object', false) then
    raise exception 'decide_payment: needs a decision: refunded with its refund, reported, ignored or reopen, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  v_payment := anchor_ops.lock_payment(p_operation_id, p_epoch,
    array['stellar transaction ' || (p_refund ->> 'stellarTransaction')]);
  if v_payment.operation_id is null then
    return null;
  end if;
  v_why := anchor_ops.why_not_open(v_payment);

  if (v_payment.closed_by is null) = (p_decision = 'reopen')
    and anchor_ops.repeated_decision(v_payment, p_decision, p_note, p_key_name, p_asked) is not null then
    return anchor_ops.decided_payment(v_payment, true, null);
  elsif p_decision = 'reopen' and v_payment.closed_by is null
    or p_decision <> 'reopen' and v_why not in ('dust', 'catching_up') then
    return anchor_ops.decided_payment(v_payment, false, null);
  end if;

  v_taken := anchor_ops.why_too_old(v_payment, p_decision);
  if v_taken is not null then
    return anchor_ops.decided_payment(v_payment, false, v_taken);
  end if;
  if p_decision <> 'reopen' then
    -- An update that is under way may still credit the payment.
    v_taken := anchor_ops.claims_on(v_payment.transaction_hash, array[p_operation_id]);
    if v_taken is not null then
      return anchor_ops.decided_payment(v_payment, false, jsonb_build_object('code', 'operation_claimed', 'claimedBy', v_taken));
    end if;
  end if;
  if p_decision = 'refunded' then
    select choice.ids, choice.taken into v_ids, v_taken
    from (
      select each.place, ids.ids, anchor_ops.claims_on(p_refund ->> 'stellarTransaction', ids.ids) as taken
      from jsonb_array_elements(p_refund -> 'choices') with ordinality as each (ids, place),
        lateral (select array(select jsonb_array_elements_text(each.ids)) as ids) as ids
    ) as choice
    order by choice.taken is not null, choice.place limit 1;
    if v_ids is null or v_ids = '{}' then
      raise exception 'decide_payment: a refund needs the operations that pay back' using errcode = 'invalid_parameter_value';
    end if;
    if v_taken is not null then
      return anchor_ops.decided_payment(v_payment, false, jsonb_build_object('code', 'operation_claimed', 'claimedBy', v_taken));
    end if;
  end if;

  v_id := anchor_ops.record_decision(p_key_name, 'payment', anchor_ops.payment_subject(v_payment.epoch, p_operation_id),
    v_payment.transaction_id, p_decision, p_note, anchor_ops.payment_reading(v_payment, p_asked)
      || jsonb_strip_nulls(jsonb_build_object('refund', (p_refund - 'choices') || jsonb_build_object('operationIds', v_ids))));
  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, decision_id)
  select p_refund ->> 'stellarTransaction', each.id, v_id from unnest(v_ids) as each (id) order by each.id;
  -- Nobody reports a closed payment, unless a person forces it.
  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, decision_id)
  select v_payment.transaction_hash, p_operation_id, v_id where p_decision <> 'reopen';
  update anchor_ops.operation_claim set released_at = clock_timestamp()
  where operation_claim.decision_id = v_payment.closed_by and operation_claim.released_at is null;
  update anchor_ops.payment set closed_by = case when p_decision <> 'reopen' then v_id end
  where payment.epoch = v_payment.epoch and payment.operation_id = p_operation_id
  returning * into v_payment;
  return anchor_ops.decided_payment(v_payment, true, null);
end $function$
;
CREATE OR REPLACE FUNCTION public.end_looks(p_looks jsonb, p_settle_in_seconds double precision)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_ended bigint;
begin
  -- A locked attempt belongs to a step that sends a later update or calls this one lost. To wait for it could deadlock.
  update anchor_ops.attempt
  set settle_at = clock_timestamp() + make_interval(secs => p_settle_in_seconds), claimed_by = null, claimed_until = null
  where attempt.id in (
    select looked.id from anchor_ops.attempt as looked
    join jsonb_to_recordset(p_looks) as look("attemptId" uuid, "settleAt" timestamptz) on look."attemptId" = looked.id
    where looked.state = 'APPLIED' and date_trunc('milliseconds', looked.settle_at) = look."settleAt"
    for update of looked skip locked
  );
  get diagnostics v_ended = row_count;
  return jsonb_build_object('ended', v_ended);
end $function$
;
CREATE OR REPLACE FUNCTION public.end_noted_events(p_readings jsonb, p_retry_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform from anchor_ops.noted_event
  where noted_event.transaction_id in (
    select each.transaction_id from jsonb_to_recordset(p_readings) as each (transaction_id text)
  )
  order by noted_event.transaction_id for update;
  -- After an hour of failed readings the lists and the settler are enough.
  delete from anchor_ops.noted_event using jsonb_to_recordset(p_readings) as each (transaction_id text, events bigint, is_read boolean)
  where noted_event.transaction_id = each.transaction_id
    and (each.is_read and noted_event.events = each.events
      or not each.is_read and noted_event.noted_at < v_now - interval '1 hour');
  -- An event that came during the reading may tell of a later save.
  update anchor_ops.noted_event
  set due_at = case when each.is_read then v_now else v_now + make_interval(secs => p_retry_seconds) end
  from jsonb_to_recordset(p_readings) as each (transaction_id text, events bigint, is_read boolean)
  where noted_event.transaction_id = each.transaction_id;
  return jsonb_build_object('paymentsDue', exists (select from anchor_ops.due_name));
end $function$
;
CREATE OR REPLACE FUNCTION public.end_observation(p_account text, p_source text, p_holder uuid, p_alarm jsonb, p_swept boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  update anchor_ops.observer
  set holder = null,
    lease_until = '-infinity',
    alarm = p_alarm || jsonb_build_object('since',
      case when observer.alarm ->> 'code' = p_alarm ->> 'code' then observer.alarm -> 'since'
      else to_jsonb(anchor_ops.iso_time(v_now)) end),
    observed_at = case when p_alarm is null then v_now else observer.observed_at end,
    sweep_cursor = case when p_swept then null else observer.sweep_cursor end,
    swept_at = case when p_swept then v_now else observer.swept_at end
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder;
  return jsonb_build_object('ended', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.end_scheduled_run(p_kind text, p_failure text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.scheduled_run as run
  set ended_at = clock_timestamp(),
    ok_at = case when p_failure is null then clock_timestamp() else run.ok_at end,
    failure = p_failure,
    failing_since = case when p_failure is not null then coalesce(run.failing_since, clock_timestamp()) end,
    failures_in_a_row = case when p_failure is null then 0 else run.failures_in_a_row + 1 end
  where run.kind = p_kind;
  return jsonb_build_object('noted', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.end_side_look(p_account text, p_source text, p_holder uuid, p_is_complete boolean, p_next_seconds integer, p_failure jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  update anchor_ops.side_look
  set holder = null,
    lease_until = '-infinity',
    next_at = v_now + make_interval(secs => p_next_seconds),
    looked_at = case when p_is_complete then v_now else side_look.looked_at end,
    failure = p_failure || jsonb_build_object('since',
      case when side_look.failure ->> 'code' = p_failure ->> 'code' then side_look.failure -> 'since'
      else to_jsonb(anchor_ops.iso_time(v_now)) end)
  where side_look.account = p_account and side_look.source = p_source and side_look.holder = p_holder;
  return jsonb_build_object('ended', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.explain_difference(p_account text, p_asset text, p_closing_ledger bigint, p_note text, p_key_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_result anchor_ops.reconciliation;
  v_subject text := p_account || ' ' || p_asset || ' ' || p_closing_ledger;
  v_explained boolean;
begin
  select * into v_result from anchor_ops.reconciliation as result
  where result.epoch = anchor_ops.present_epoch() and result.account = p_account and result.asset = p_asset
    and result.closing_ledger = p_closing_ledger for update;
  if not found then
    return null;
  end if;
  v_explained := v_result.difference <> 0 and v_result.explained_at is null;
  if v_explained then
    update anchor_ops.reconciliation as result set explained_at = clock_timestamp()
    where result.epoch = v_result.epoch and result.account = p_account and result.asset = p_asset
      and result.closing_ledger = p_closing_ledger;
    perform anchor_ops.record_decision(p_key_name, 'books', v_subject, null, 'explained', p_note,
      anchor_ops.reconciliation_json(v_result.epoch, p_account, p_asset, p_closing_ledger));
  end if;
  return jsonb_build_object('explained', v_explained, 'difference', v_result.difference::text,
    'decision', anchor_ops.last_decision('books', v_subject));
end $function$
;
CREATE OR REPLACE FUNCTION public.find_book_assets(p_account text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  with recursive moved (asset) as (
    (
      select movement.asset from anchor_ops.movement
      where movement.epoch = anchor_ops.present_epoch() and movement.account = p_account
      order by movement.asset limit 1
    )
    union all
    select (
      select movement.asset from anchor_ops.movement
      where movement.epoch = anchor_ops.present_epoch() and movement.account = p_account
        and movement.asset > moved.asset
      order by movement.asset limit 1
    )
    from moved where moved.asset is not null
  ),
  known as (
    select moved.asset from moved
    union
    select jsonb_object_keys(last.balances) from (
      select snapshot.balances from anchor_ops.balance_snapshot as snapshot
      where snapshot.epoch = anchor_ops.present_epoch() and snapshot.account = p_account
      order by snapshot.ledger desc limit 1
    ) as last
    union
    select each.asset from anchor_ops.transaction
    cross join lateral (values (transaction.amount_in_asset), (transaction.amount_expected_asset)) as each (asset)
    where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
      and transaction.gone_at is null
  )
  select jsonb_build_object('assets', coalesce(jsonb_agg(chosen.asset order by chosen.asset), '[]'))
  from (
    select known.asset from known where known.asset like 'stellar:%' order by known.asset limit 199
  ) as chosen
$function$
;
CREATE OR REPLACE FUNCTION public.find_candidates(p_memos jsonb, p_account_method text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('transactions', coalesce(jsonb_agg(
    jsonb_build_object(
      'id', transaction.id,
      'sep', coalesce(transaction.sep, ''),
      'kind', coalesce(transaction.kind, ''),
      'status', transaction.status,
      'account', coalesce(
        nullif(transaction.withdraw_anchor_account, ''),
        nullif(requested.destination_account, ''),
        case when transaction.sep = '31' or transaction.kind in ('withdrawal', 'withdrawal-exchange')
          then nullif(transaction.destination_account, '') end
      ),
      'memo', transaction.memo,
      'memoType', transaction.memo_type,
      'amountIn', transaction.amount_in,
      'amountInAsset', transaction.amount_in_asset,
      'amountExpected', transaction.amount_expected,
      'amountExpectedAsset', transaction.amount_expected_asset,
      'startedAt', anchor_ops.iso_time(transaction.started_at),
      'endedAt', anchor_ops.iso_time(anchor_ops.ended_at(
        (select whole from anchor_ops.transaction as whole where whole.id = transaction.id)
      )),
      'creditedBy', credited.shown,
      'creditRefused', case when credited.shown is null then false else exists (
        select from anchor_ops.payment
        where payment.transaction_id = transaction.id and payment.verdict = 'credited'
          and not anchor_ops.credit_holds(payment.attempt_id)
      ) end,
      'mark', anchor_ops.transaction_mark(transaction.id)
    ) order by transaction.id
  ), '[]'))
  from (
    select distinct on (newest.id) newest.*
    from (
      select distinct row.type, row.value, row.from, row.until
      from jsonb_to_recordset(p_memos) as row (type text, value text, "from" timestamptz, until timestamptz)
    ) as memo
    cross join lateral (
      select same.*
      from (
        select by_memo.* from anchor_ops.transaction as by_memo
        where by_memo.memo_value = memo.value and char_length(by_memo.memo_value) <= 255 and by_memo.memo_type = memo.type
        union all
        select by_address.* from anchor_ops.transaction as by_address
        where memo.type = 'muxed_account'
          and coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account) = memo.value
          and octet_length(coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account)) = 69
        union all
        select by_id.* from anchor_ops.transaction as by_id where memo.type = 'transaction_id' and by_id.id = memo.value
      ) as same
      -- Those that existed when it was paid come first, then those that wait, so the limit of 20 leaves out none of them for
      -- one that nobody can have meant. The clocks of the platform and of the ledger may be 60 s apart.
      order by coalesce(
          coalesce(same.started_at, '-infinity') <= memo.until + interval '60 seconds' and coalesce(anchor_ops.ended_at(
            (select whole from anchor_ops.transaction as whole where whole.id = same.id)
          ) > memo.from, true), false) desc,
        (anchor_ops.awaits_payment(same.sep, same.kind, same.status) and same.gone_at is null) desc,
        coalesce(same.started_at, same.first_seen_at) desc, same.id
      limit 20
    ) as newest
    order by newest.id
  ) as transaction
  left join lateral anchor_ops.credited_operation(transaction.id) as credited (shown) on true
  left join lateral (
    select attempt.params ->> 'destination_account' as destination_account from anchor_ops.attempt
    where attempt.transaction_id = transaction.id and attempt.method = p_account_method
      and attempt.state = 'APPLIED'
    order by attempt.seq desc limit 1
  ) as requested on true
$function$
;
CREATE OR REPLACE FUNCTION public.find_changed(p_transactions jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
begin
  return jsonb_build_object('ids', (
    select coalesce(jsonb_agg(each.document ->> 'id'), '[]')
    from jsonb_array_elements(p_transactions) as each (document)
    -- With limit 1 the lookup is by the index. A plan that was made while the table was small would read all of it.
    left join lateral (
      select transaction.document, transaction.gone_at, transaction.earlier_since from anchor_ops.transaction
      where transaction.id = each.document ->> 'id' limit 1
    ) as known on true
    where known.document is distinct from each.document or known.gone_at is not null
      or known.earlier_since is not null
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.find_due(p_account text, p_epoch integer, p_limit integer, p_before timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_before timestamptz;
begin
  perform anchor_ops.mark_due();
  v_before := coalesce(p_before, clock_timestamp());
  return jsonb_build_object('before', to_jsonb(v_before), 'payments', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'operationId', due.operation_id,
      'dueMark', anchor_ops.due_mark(due.due_at),
      'source', due.source,
      'cursor', due.cursor,
      'ledger', due.ledger,
      'closedAt', anchor_ops.iso_time(due.closed_at),
      'transactionHash', due.transaction_hash,
      'successful', due.successful,
      'kind', due.kind,
      'from', due.from_account,
      'fromMuxedId', due.from_muxed_id,
      'to', due.to_account,
      'toMuxedId', due.to_muxed_id,
      'asset', due.asset,
      'amount', due.amount,
      'memoType', due.memo_type,
      'memo', due.memo
    ) order by due.due_at, due.ledger, due.operation_id), '[]')
    from (
      select * from anchor_ops.payment
      where payment.epoch = p_epoch and payment.account = p_account and payment.due_at <= v_before
      order by payment.due_at, payment.ledger, payment.operation_id
      limit greatest(p_limit, 1)
    ) as due
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.find_key(p_secret_sha256 text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select anchor_ops.api_key_json(api_key) from anchor_ops.api_key where api_key.secret_sha256 = p_secret_sha256
$function$
;
CREATE OR REPLACE FUNCTION public.find_others(p_transaction_id text, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('ids', coalesce(
    jsonb_agg(other.id order by other.place, other.platform_updated_at desc, other.id desc), '[]'
  ))
  from (
    -- The transactions of an asset may fail together, so the newest of each asset comes first.
    select latest.id, latest.platform_updated_at, row_number() over (
      partition by latest.sep, latest.amount_expected_asset order by latest.platform_updated_at desc, latest.id desc
    ) as place
    from (
      select * from anchor_ops.transaction where transaction.id <> p_transaction_id and not exists (
        select from anchor_ops.attempt
        where attempt.transaction_id = transaction.id and attempt.unreadable_since is not null
      )
      order by transaction.platform_updated_at desc, transaction.id desc limit 100
    ) as latest
    order by place, latest.platform_updated_at desc, latest.id desc limit greatest(p_limit, 1)
  ) as other
$function$
;
CREATE OR REPLACE FUNCTION public.find_side_looks(p_accounts text[], p_source text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('accounts', coalesce(jsonb_agg(observer.account order by side_look.next_at nulls first, observer.account), '[]'))
  from anchor_ops.observer
  left join anchor_ops.side_look on side_look.account = observer.account and side_look.source = observer.source
  where observer.account = any (p_accounts) and observer.source = p_source
    and observer.cursor is not null and observer.alarm is null and observer.epoch = anchor_ops.present_epoch()
    and (side_look.account is null or side_look.next_at <= clock_timestamp()
      or side_look.jump_seq <> anchor_ops.last_jump(observer.account, observer.source))
$function$
;
CREATE OR REPLACE FUNCTION public.find_unrecorded(p_epoch integer, p_operation_ids text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  return jsonb_build_object('operationIds', (
    select coalesce(jsonb_agg(each.id order by each.place), '[]')
    from unnest(p_operation_ids) with ordinality as each (id, place)
    where anchor_ops.recorded_hash(p_epoch, each.id) is null
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.finish_request(p_key text, p_body_sha256 text, p_holder uuid, p_answer jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.update_request set state = 'done', answer = p_answer, finished_at = clock_timestamp()
  where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
    and update_request.taken_by = p_holder and update_request.state = 'running';
  return jsonb_build_object('finished', found, 'answer', (
    select update_request.answer from anchor_ops.update_request
    where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.finish_requested_check(p_id bigint, p_result jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.requested_check set result = p_result where requested_check.id = p_id;
  return jsonb_build_object('stored', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.finish_run(p_run_id uuid, p_fence bigint, p_answer jsonb, p_failure text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_kind text;
begin
  if p_fence is not null then
    update anchor_ops.lease set holder = null, expires_at = '-infinity'
    where lease.fence = p_fence and lease.holder is not null
      and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
    if not found then
      return jsonb_build_object('finished', false);
    end if;
  end if;

  update anchor_ops.run set finished_at = clock_timestamp(), answer = p_answer
  where run.id = p_run_id and run.fence is not distinct from p_fence and (run.fence is not null or run.finished_at is null)
  returning run.kind into v_kind;
  if v_kind is not null then
    perform public.end_scheduled_run(v_kind, p_failure);
  end if;
  return jsonb_build_object('finished', v_kind is not null);
end $function$
;
CREATE OR REPLACE FUNCTION public.import_listings(p_network text, p_listings jsonb, p_passed_over text[], p_active boolean, p_source text, p_counted_after_hours integer, p_force boolean, p_dry_run boolean, p_cursor_source text, p_cursor text, p_run_id uuid, p_fence bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '30s'
 SET lock_timeout TO '5s'
 SET enable_nestloop TO 'off'
AS $function$
declare
  v_is_directory boolean := anchor_ops.is_directory(p_source);
  v_counted boolean := v_is_directory and p_counted_after_hours is not null and not exists (
    select from anchor_ops.directory
    where directory.network = p_network and directory.source = p_source
      and directory.counted_at > now() - make_interval(hours => p_counted_after_hours)
  );
  v_counts jsonb;
  v_domains text[];
  v_touches boolean;
  v_dropped text[] := '{}'::text[];
  v_dropped_domains text[] := '{}'::text[];
  v_newly_dropped bigint := 0;
  v_refused jsonb;
  v_walk_began_at timestamptz;
  v_changes jsonb := '[]'::jsonb;
begin
  if p_network is null or p_dry_run is null or p_force is null then
    raise exception 'import_listings: needs a network, p_force and p_dry_run'
      using errcode = 'invalid_parameter_value';
  end if;

  -- One import stores at a time, so what is compared is what is stored.
  if not p_dry_run then
    perform anchor_ops.lock_names(array['import_listings']);
  end if;

  -- A shared lock: the run may renew its lease meanwhile, but no other run takes it over before this import commits.
  if p_fence is not null then
    perform from anchor_ops.lease join anchor_ops.run using (fence)
    where lease.holder is not null and lease.fence = p_fence and run.id = p_run_id
    for share of lease;
    if not found then
      raise exception 'lease_lost' using errcode = 'AO001';
    end if;
  end if;

  select jsonb_build_object(
      'new', count(*) filter (where compared.fate = 'new'),
      'changed', count(*) filter (where compared.fate = 'changed'),
      'unchanged', count(*) filter (where compared.fate in ('moved', 'unchanged')),
      'written', case when p_dry_run then 0 else count(*) end
    ),
    coalesce(array_agg(distinct compared.domain) filter (where compared.fate <> 'unchanged'), '{}')
  into v_counts, v_domains
  from anchor_ops.compare_import(p_network, p_listings, p_source) as compared;

  if v_is_directory then
    select coalesce(array_agg(dropped.id), '{}'), coalesce(array_agg(distinct dropped.domain), '{}'),
      count(*) filter (where dropped.missed = 0 and dropped.source = p_source)
    into v_dropped, v_dropped_domains, v_newly_dropped
    from anchor_ops.dropped_listings(p_network, p_listings, p_passed_over, p_source, v_counted) as dropped;
  end if;
  if p_source not like 'horizon:%' then
    v_refused := anchor_ops.refused_import(p_network, p_listings, p_source, v_dropped);
  end if;
  v_counts := v_counts || jsonb_build_object('dropped', v_newly_dropped, 'refused', v_refused);
  if p_dry_run then
    return v_counts;
  elsif v_refused is not null and not p_force then
    return v_counts || jsonb_build_object('written', 0);
  end if;

  if p_cursor_source is not null then
    v_walk_began_at := anchor_ops.move_cursor(p_cursor_source, p_cursor);
    if p_cursor is null then
      select coalesce(array_agg(unseen.id), '{}'), coalesce(array_agg(distinct unseen.domain), '{}')
      into v_dropped, v_dropped_domains
      from anchor_ops.unseen_listings(p_network, p_cursor_source, v_walk_began_at) as unseen
      where unseen.id not in (
        select row.id from jsonb_to_recordset(p_listings) as row (id text collate "C")
      );
    end if;
  end if;
  v_touches := v_domains <> '{}';
  v_domains := v_domains || v_dropped_domains;
  perform anchor_ops.lock_imported(p_network, v_domains);
  if v_touches then
    v_changes := anchor_ops.store_import(p_network, p_listings, p_source, p_active);
  end if;
  if v_counted or (p_cursor_source is not null and p_cursor is null) then
    v_changes := v_changes || anchor_ops.miss_listings(p_network, v_dropped);
  end if;
  if v_is_directory then
    insert into anchor_ops.directory as known (network, source, imported_at, counted_at)
    values (p_network, p_source, now(), case when v_counted then now() end)
    on conflict (network, source) do update
      set imported_at = excluded.imported_at, counted_at = coalesce(excluded.counted_at, known.counted_at);
  end if;
  perform anchor_ops.note_changes(p_network, v_domains, v_changes);
  if v_touches then
    perform anchor_ops.note_countries(p_network,
      array(select distinct row.country from jsonb_to_recordset(p_listings) as row (country text)));
  end if;
  return v_counts;
end $function$
;
CREATE OR REPLACE FUNCTION public.note_event(p_transaction_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  -- The emulated platform answers 10,000 readings in less than a minute.
  v_most_unknown constant integer := 10000;
  v_is_known boolean;
begin
  -- Once a second is enough. The row is read first, because an insert that meets it locks it even where it changes nothing.
  if not exists (select from anchor_ops.event_arrival where event_arrival.arrived_at >= v_now - interval '1 second') then
    insert into anchor_ops.event_arrival (arrived_at) values (v_now)
    on conflict (is_only) do update set arrived_at = excluded.arrived_at;
  end if;
  if p_transaction_id is null then
    return jsonb_build_object('noted', false);
  end if;
  update anchor_ops.noted_event set events = noted_event.events + 1 where noted_event.transaction_id = p_transaction_id;
  if found then
    return jsonb_build_object('noted', true);
  end if;
  v_is_known := exists (select from anchor_ops.transaction where transaction.id = p_transaction_id);
  if not v_is_known and (
    select count(*) from (select from anchor_ops.noted_event where not noted_event.is_known limit v_most_unknown) as unknown
  ) >= v_most_unknown then
    return jsonb_build_object('noted', false);
  end if;
  insert into anchor_ops.noted_event as noted (transaction_id, is_known, noted_at, due_at)
  values (p_transaction_id, v_is_known, v_now, v_now)
  on conflict (transaction_id) do update set events = noted.events + 1;
  return jsonb_build_object('noted', true);
end $function$
;
CREATE OR REPLACE FUNCTION public.note_expired_listings(p_network text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_domains text[] := array(
    select distinct listing.domain from anchor_ops.listing
    where listing.network = p_network and listing.shown_operational and listing.operational_until <= now()
    limit 1000
  );
begin
  perform anchor_ops.note_changes(p_network, v_domains, '[]');
  return jsonb_build_object('domains', cardinality(v_domains));
end $function$
;
CREATE OR REPLACE FUNCTION public.open_book(p_account text, p_epoch integer, p_source text, p_ledger bigint, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  insert into anchor_ops.book (epoch, account, from_ledger, source, cursor, to_ledger, is_complete)
  values (p_epoch, p_account, p_ledger, p_source, p_cursor, p_ledger, true)
  on conflict do nothing;
  return jsonb_build_object('opened', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.prune_events(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_deleted bigint;
begin
  delete from anchor_ops.parked_event as parked using (
    select old.endpoint, old.position from anchor_ops.parked_event as old
    where old.parked_at < v_now - interval '90 days' order by old.parked_at limit p_limit
  ) as gone where parked.endpoint = gone.endpoint and parked.position = gone.position;
  with due as (
    select event.id, event.subject, event.position from anchor_ops.outbox as event
    where event.kept_until < v_now order by event.kept_until limit p_limit for update skip locked
  ),
  looked_at as (
    select due.id,
      exists (select from anchor_ops.webhook_lane as lane where lane.subject = due.subject and lane.after < due.position)
        or exists (select from anchor_ops.parked_event as parked where parked.event_id = due.id)
        or exists (select from anchor_ops.parked_event as parked where parked.position = due.position) as is_needed
    from due
  ),
  -- Without this, events that are needed would be looked at in each call, before those that may go.
  kept as (
    update anchor_ops.outbox set kept_until = v_now + interval '1 day'
    from looked_at where outbox.id = looked_at.id and looked_at.is_needed
  ),
  deleted as (
    delete from anchor_ops.outbox using looked_at where outbox.id = looked_at.id and not looked_at.is_needed
    returning outbox.id
  )
  select count(*) into v_deleted from deleted;
  return jsonb_build_object('deleted', v_deleted);
end $function$
;
CREATE OR REPLACE FUNCTION public.read_archived_payment(p_operation_id text, p_epoch integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  return (
    select jsonb_build_object(
      'payment', jsonb_build_object(
        'epoch', archived.epoch,
        'operationId', archived.operation_id,
        'account', archived.account,
        'kind', archived.kind,
        'transactionHash', archived.transaction_hash,
        'asset', archived.asset,
        'amount', archived.amount,
        'verdict', archived.verdict,
        'transactionId', archived.transaction_id,
        'closedAt', anchor_ops.iso_time(archived.closed_at),
        'state', 'archived',
        'stateBefore', archived.state,
        'archivedAt', anchor_ops.iso_time(archived.archived_at)
      ),
      'decisions', (
        select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq), '[]') from anchor_ops.decision as made
        where made.about = 'payment' and made.subject = format('%s/%s', archived.epoch, archived.operation_id)
      )
    )
    from anchor_ops.archived_payment as archived
    where archived.epoch = coalesce(p_epoch, anchor_ops.present_epoch()) and archived.operation_id = p_operation_id
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_attempt(p_attempt_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select anchor_ops.attempt_json(attempt) || jsonb_build_object('transaction', transaction.document)
  from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
  where attempt.id = p_attempt_id
$function$
;
CREATE OR REPLACE FUNCTION public.read_attempts(p_states text[], p_transaction_id text, p_method text, p_since timestamp with time zone, p_order text, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_since constant text := format('a.updated_at >= %L::timestamptz', p_since);
begin
  return anchor_ops.filtered_page(
    'attempts', 'attempt',
    to_jsonb(array_remove(array[
      case when p_transaction_id is not null then
        anchor_ops.equals('transaction_id', array[p_transaction_id]) end,
      case when p_since is not null then anchor_ops.filter_json(
        format('t.updated_at >= %L::timestamptz', p_since),
        array['t.seq = any (array(select a.seq from anchor_ops.attempt as a where ' || v_since || '))'],
        'select 1 from anchor_ops.attempt as a where ' || v_since
      ) end,
      case when p_states is not null then anchor_ops.equals('state', p_states) end,
      case when p_method is not null then anchor_ops.equals('method', array[p_method]) end
    ], null)),
    case when p_order = 'desc' then format('t.seq < %s', coalesce(p_cursor::bigint, 9223372036854775807))
      else format('t.seq > %s', coalesce(p_cursor::bigint, 0)) end,
    't.seq',
    case when p_order = 'desc' then 't.seq desc' else 't.seq' end,
    'anchor_ops.attempt_json(t)',
    't.seq::text',
    p_limit
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_attention(p_late_seconds integer, p_accounts text[], p_source text, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  -- The newest first: a page begins before the row of its cursor. The values are constants of the plan, so that an index
  -- gives the rows of a page in their order from any place.
  v_before constant timestamptz := case when p_cursor is null then 'infinity' else anchor_ops.cursor_time(p_cursor) end;
  v_before_id constant text := anchor_ops.cursor_id(p_cursor);
  v_late constant timestamptz := clock_timestamp() - make_interval(secs => p_late_seconds);
begin
  return (
  with waiting as (
    (select 'update_' || lower(attempt.state) as kind, attempt.id::text as id, attempt.updated_at as since,
      attempt.transaction_id, attempt.id as attempt_id, null::integer as epoch, null as operation_id, null::jsonb as detail
    from anchor_ops.attempt
    where attempt.state in ('MANUAL', 'LOST')
      and attempt.updated_at <= v_before and (attempt.updated_at, attempt.id::text) < (v_before, v_before_id)
    order by attempt.updated_at desc, attempt.id desc
    limit greatest(p_limit, 1) + 1)
    union all
    (select 'update_late', attempt.id::text, attempt.created_at, attempt.transaction_id, attempt.id, null, null, null
    from anchor_ops.attempt
    where attempt.state in ('READY', 'SENDING', 'UNKNOWN') and attempt.created_at <= least(v_before, v_late)
      and (attempt.created_at, attempt.id::text) < (v_before, v_before_id)
    order by attempt.created_at desc, attempt.id desc
    limit greatest(p_limit, 1) + 1)
    union all
    (select 'payment', payment.operation_id, payment.open_since, payment.transaction_id, null, payment.epoch, payment.operation_id, null
    from anchor_ops.payment
    where payment.open_since is not null
      and payment.open_since <= v_before and (payment.open_since, payment.operation_id) < (v_before, v_before_id)
    order by payment.open_since desc, payment.operation_id desc
    limit greatest(p_limit, 1) + 1)
    union all
    select 'observer_alarm', observer.account || ' ' || observer.source, (observer.alarm ->> 'since')::timestamptz, null,
      null, null, null, observer.alarm || jsonb_build_object('account', observer.account, 'source', observer.source)
    from anchor_ops.observer
    where observer.alarm is not null and observer.account = any (p_accounts) and observer.source = p_source
    union all
    select 'difference', result.account || ' ' || result.asset || ' ' || result.closing_ledger, result.found_at, null, null,
      null, null,
      anchor_ops.reconciliation_json(result.epoch, result.account, result.asset, result.closing_ledger)
    from anchor_ops.reconciliation as result
    where result.difference <> 0 and result.explained_at is null and result.account = any (p_accounts)
      and result.epoch = anchor_ops.present_epoch()
    union all
    select 'unlisted', unlisted.sep || ' ' || unlisted.status || ' ' || unlisted.newer_id, unlisted.since, null, null, null, null,
      jsonb_build_object('sep', unlisted.sep, 'status', unlisted.status, 'newerId', nullif(unlisted.newer_id, ''),
        'olderId', unlisted.older_id, 'transactions', unlisted.transactions, 'message', unlisted.reason)
    from anchor_ops.unlisted
    where p_source is not null and cardinality(p_accounts) > 0
    union all
    select 'anchor_held', anchor_ops.anchor_subject(held.network, held.domain), anchor_ops.instant(held.held ->> 'since'), null,
      null, null, null, jsonb_build_object('network', held.network, 'domain', held.domain,
        'before', anchor_ops.sides_of(held.held -> 'changes', 'before'),
        'after', anchor_ops.sides_of(held.held -> 'changes', 'after'))
    from anchor_ops.home_domain as held
    where held.held is not null and held.person_says is null
      and anchor_ops.is_listed(held.network, held.domain)
    union all
    select 'anchor_flapping', anchor_ops.anchor_subject(flapping.network, flapping.domain), flapping.auto_disabled_at, null,
      null, null, null, jsonb_build_object('network', flapping.network, 'domain', flapping.domain,
        'flips', flapping.health -> 'flips', 'outcome', flapping.outcome, 'error', flapping.error)
    from anchor_ops.home_domain as flapping
    where flapping.auto_disabled_at is not null and flapping.health ->> 'autoDisabledReason' = 'flapping'
      and flapping.person_says is null and anchor_ops.is_listed(flapping.network, flapping.domain)
  ),
  page as (
    select waiting.* from waiting
    where (waiting.since, waiting.id) < (v_before, v_before_id)
    order by waiting.since desc, waiting.id desc
    limit greatest(p_limit, 1) + 1
  )
  select anchor_ops.page(
    'waiting', p_limit,
    array_agg(jsonb_build_object(
      'kind', page.kind,
      'id', page.id,
      'since', anchor_ops.iso_time(page.since),
      'transactionId', page.transaction_id,
      'detail', coalesce(
        page.detail,
        case when page.attempt_id is not null then jsonb_build_object(
          'state', attempt.state, 'method', attempt.method, 'params', attempt.params, 'custody', attempt.custody,
          'keyName', attempt.key_name, 'createdAt', anchor_ops.iso_time(attempt.created_at),
          'sentAt', anchor_ops.iso_time(attempt.sent_at), 'expiresAt', anchor_ops.iso_time(attempt.expires_at),
          'secondsSinceSent', floor(extract(epoch from clock_timestamp() - attempt.sent_at)),
          'outcome', attempt.outcome, 'ledger', attempt.ledger
        ) end,
        anchor_ops.payment_json(payment)
      )
    ) order by page.since desc, page.id desc),
    array_agg(anchor_ops.cursor_of(page.since, page.id) order by page.since desc, page.id desc)
  )
  from page
  left join anchor_ops.attempt on attempt.id = page.attempt_id
  left join anchor_ops.payment on (payment.epoch, payment.operation_id) = (page.epoch, page.operation_id)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_book_health(p_accounts text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'differences', (
      select count(*) from anchor_ops.reconciliation as result
      where result.difference <> 0 and result.explained_at is null and result.epoch = anchor_ops.present_epoch()
        and result.account = any (p_accounts)
    ),
    'accounts', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'account', last.account,
        'source', last.source,
        'readUpTo', last.to_ledger,
        'readAt', anchor_ops.iso_time(last.read_at),
        'isComplete', last.is_complete,
        'snapshotAt', (
          select anchor_ops.iso_time(max(snapshot.taken_at)) from anchor_ops.balance_snapshot as snapshot
          where snapshot.epoch = last.epoch and snapshot.account = last.account
        )
      ) order by last.account), '[]')
      from (
        select distinct on (book.account) book.* from anchor_ops.book
        where book.epoch = anchor_ops.present_epoch() and book.account = any (p_accounts)
        order by book.account, book.from_ledger desc
      ) as last
    )
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_book_lines(p_account text, p_asset text, p_epoch integer, p_from timestamp with time zone, p_to timestamp with time zone, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '30s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_period anchor_ops.book_period := anchor_ops.book_period_of(
    coalesce(p_epoch, anchor_ops.present_epoch()), p_account, p_asset, p_from, p_to
  );
  -- A page begins behind a place that its index finds, whatever came before.
  v_after bigint := coalesce(split_part(p_cursor, '.', 1)::bigint, (v_period.opening).ledger + 1, 0);
  v_after_id text := coalesce(anchor_ops.cursor_id(p_cursor), '');
begin
  return (
    select anchor_ops.page(
      'lines', p_limit,
      array_agg(jsonb_build_object(
        'ledger', line.ledger,
        'closedAt', anchor_ops.iso_time(line.closed_at),
        'kind', line.kind,
        'state', line.state,
        'stroops', line.stroops::text,
        'operationId', line.operation_id,
        'transactionHash', line.transaction_hash,
        'verdict', line.verdict,
        'transactionId', coalesce(line.transaction_id, claimed.transaction_id),
        'status', transaction.status,
        'externalTransactionId', transaction.external_transaction_id,
        'attemptId', attempt.id,
        'attemptState', attempt.state
      ) order by line.ledger, line.id),
      array_agg(line.ledger || '.' || line.id order by line.ledger, line.id)
    )
    from (
      select shown.* from anchor_ops.shown_movement as shown
      where shown.epoch = v_period.epoch and shown.account = p_account and shown.asset = p_asset
        and (shown.ledger, shown.id) > (v_after, v_after_id)
        and shown.ledger > coalesce((v_period.opening).ledger, -1)
        and shown.ledger <= coalesce((v_period.closing).ledger, 9223372036854775807)
        and ((v_period.opening).ledger is not null or p_from is null or shown.closed_at >= p_from)
        and ((v_period.closing).ledger is not null or p_to is null or shown.closed_at < p_to)
      order by shown.ledger, shown.id
      limit greatest(p_limit, 1) + 1
    ) as line
    left join lateral (
      select claim.transaction_id, claim.attempt_id from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = line.transaction_hash and claim.operation_id in (line.operation_id, '')
        and claim.released_at is null
      order by claim.operation_id desc, claim.seq limit 1
    ) as claimed on true
    left join anchor_ops.attempt
      on attempt.id = coalesce(anchor_ops.last_replay(line.attempt_id), claimed.attempt_id)
    left join anchor_ops.transaction on transaction.id = coalesce(line.transaction_id, claimed.transaction_id)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_books(p_account text, p_asset text, p_epoch integer, p_from timestamp with time zone, p_to timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '30s'
 SET lock_timeout TO '2s'
AS $function$
  with pair as (
    select distinct snapshot.account, each.asset
    from anchor_ops.balance_snapshot as snapshot cross join lateral jsonb_object_keys(snapshot.balances) as each (asset)
    where snapshot.epoch = coalesce(p_epoch, anchor_ops.present_epoch())
      and (p_account is null or snapshot.account = p_account) and (p_asset is null or each.asset = p_asset)
    union
    select p_account, p_asset where p_account is not null and p_asset is not null
  )
  select jsonb_build_object('presentEpoch', anchor_ops.present_epoch(), 'books', coalesce(jsonb_agg(
    anchor_ops.book_json(
      anchor_ops.book_period_of(coalesce(p_epoch, anchor_ops.present_epoch()), pair.account, pair.asset, p_from, p_to)
    ) order by pair.account, pair.asset
  ), '[]'))
  from pair
$function$
;
CREATE OR REPLACE FUNCTION public.read_catalog(p_network text, p_country text, p_currency text, p_type text, p_sep text, p_min_step text, p_asset text, p_issuer text, p_updated_since timestamp with time zone, p_operational_only boolean, p_limit integer, p_cursor text, p_search text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET plan_cache_mode TO 'force_custom_plan'
 SET jit TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET random_page_cost TO '1.1'
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.read_catalog_health()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('homeDomains', (select count(*) from anchor_ops.home_domain))
$function$
;
CREATE OR REPLACE FUNCTION public.read_changes(p_network text, p_since timestamp with time zone, p_domain text, p_kind text, p_limit integer, p_cursor bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_after bigint := greatest(coalesce(p_cursor, 0), case when p_since is not null then coalesce(
    (select change.seq - 1 from anchor_ops.catalog_change as change
      where change.network = p_network and change.at >= p_since order by change.at, change.seq limit 1),
    9223372036854775807
  ) end);
begin
  return (
    select anchor_ops.page(
      'changes', p_limit,
      array_agg(jsonb_build_object(
        'id', page.seq::text,
        'at', anchor_ops.iso_time(page.at),
        'kind', page.kind,
        'network', page.network,
        'domain', page.domain,
        'listing', page.listing,
        'before', page.before,
        'after', page.after
      ) order by page.seq),
      array_agg(page.seq::text order by page.seq)
    )
    from (
      select change.* from anchor_ops.catalog_change as change
      where change.network = p_network and change.seq > v_after
        and (p_domain is null or change.domain = p_domain) and (p_kind is null or change.kind = p_kind)
      order by change.seq
      limit greatest(p_limit, 1) + 1
    ) as page
  );
end $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.read_decisions(p_since timestamp with time zone, p_about text, p_subject text, p_descending boolean, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_made anchor_ops.decision[];
begin
  -- Each order has a query of its own, because an index gives no rows in an order that depends on an argument.
  if p_descending then
    v_made := array(
      select made from anchor_ops.decision as made
      where (p_since is null or made.at >= p_since) and (p_about is null or made.about = p_about)
        and (p_subject is null or made.subject = p_subject) and (p_cursor is null or made.seq < p_cursor::bigint)
      order by made.seq desc limit greatest(p_limit, 1) + 1
    );
  else
    v_made := array(
      select made from anchor_ops.decision as made
      where (p_since is null or made.at >= p_since) and (p_about is null or made.about = p_about)
        and (p_subject is null or made.subject = p_subject) and (p_cursor is null or made.seq > p_cursor::bigint)
      order by made.seq limit greatest(p_limit, 1) + 1
    );
  end if;
  return (
    select anchor_ops.page('decisions', p_limit,
      array_agg(anchor_ops.decision_json(v_made[made.place]) order by made.place),
      array_agg((v_made[made.place]).seq::text order by made.place))
    from generate_subscripts(v_made, 1) as made (place)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_domains_below(p_network text, p_owners text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
  select coalesce(jsonb_object_agg(owner.name, known.domains), '{}')
  from unnest(p_owners) as owner (name), lateral (
    select jsonb_agg(home_domain.domain order by home_domain.domain) as domains
    from anchor_ops.home_domain
    where home_domain.network = p_network
      and (home_domain.domain = owner.name collate "C" or (
        reverse(home_domain.domain) >= reverse('.' || owner.name) collate "C"
        and reverse(home_domain.domain) < reverse('~.' || owner.name) collate "C"
      ))
  ) as known
  where known.domains is not null
$function$
;
CREATE OR REPLACE FUNCTION public.read_due_issuers(p_network text, p_older_than_seconds integer, p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
  with listed as (
    select distinct home_domain.domain, currency.issuer as account
    from anchor_ops.home_domain
      cross join lateral jsonb_to_recordset(home_domain.capability -> 'currencies') as currency (issuer text)
    where home_domain.network = p_network and currency.issuer is not null
      and exists (
        select from anchor_ops.listing
        where listing.network = home_domain.network and listing.domain = home_domain.domain and listing.active
      )
  ),
  named as (
    -- The turn of an account among those that the same home domain names.
    select listed.account, known.seen_at,
      row_number() over (
        partition by listed.domain order by known.seen_at nulls first, listed.account collate "C"
      ) as turn
    from listed left join anchor_ops.issuer_account as known
      on known.network = p_network and known.account = listed.account
    where known.seen_at is null or known.seen_at < clock_timestamp() - make_interval(secs => p_older_than_seconds)
  ),
  due as (
    select named.account, named.seen_at, min(named.turn) as turn from named group by named.account, named.seen_at
  ),
  placed as (
    -- Within a turn, known accounts and those never seen alternate, so that neither kind can starve the other.
    select due.account,
      row_number() over (
        order by due.turn, due.of_kind, due.seen_at nulls first, due.account collate "C"
      ) as place
    from (
      select due.*, row_number() over (
        partition by due.turn, due.seen_at is null order by due.seen_at, due.account collate "C"
      ) as of_kind
      from due
    ) as due
  )
  select jsonb_build_object(
    'due', (select count(*) from due),
    'accounts', coalesce(
      (select jsonb_agg(placed.account order by placed.place) from placed where placed.place <= p_limit), '[]'
    )
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_event_health()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'lastEventAt', (select anchor_ops.iso_time(event_arrival.arrived_at) from anchor_ops.event_arrival),
    'waiting', (select count(*) from anchor_ops.noted_event)
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_events(p_since timestamp with time zone, p_type text, p_subject text, p_parked boolean, p_endpoints text[], p_limit integer, p_cursor bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_after bigint := greatest(coalesce(p_cursor, 0), case when p_since is not null then coalesce(
    (select event.position - 1 from anchor_ops.outbox as event
      where event.position is not null and event.published_at >= p_since order by event.published_at, event.position limit 1),
    9223372036854775807
  ) end);
begin
  return (
    select anchor_ops.page(
      'events', p_limit,
      array_agg(anchor_ops.event_json(page.event) || jsonb_build_object(
        'deliveries', anchor_ops.deliveries_json(page.event, p_endpoints)
      ) order by page.position),
      array_agg(page.position::text order by page.position)
    )
    from (
      select event, event.position from anchor_ops.outbox as event
      where event.position > v_after and (p_type is null or event.type = p_type)
        and (p_subject is null or event.subject = p_subject)
        and (not p_parked or event.position in (
          select parked.position from anchor_ops.parked_event as parked
          where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
        ))
      order by event.position
      limit greatest(p_limit, 1) + 1
    ) as page
  );
end $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.read_issuers(p_network text, p_accounts text[], p_domains text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'account', issuer.account,
      'homeDomain', issuer.home_domain,
      'flags', issuer.flags,
      'locked', issuer.locked,
      'missing', issuer.missing,
      'seenAt', anchor_ops.iso_time(issuer.seen_at),
      'tomlSha256', named.capability #>> '{toml,sha256}',
      'confirmedCodes', (
        select coalesce(jsonb_agg(distinct currency.code), '[]')
        from jsonb_to_recordset(named.capability -> 'currencies') as currency (code text, issuer text)
        where currency.issuer = issuer.account
      )
    ) order by issuer.account
  ), '[]')
  from anchor_ops.issuer_account as issuer
    left join anchor_ops.home_domain as named
      on named.network = issuer.network and named.domain = issuer.home_domain
  where issuer.network = p_network and (issuer.account = any(p_accounts) or issuer.home_domain = any(p_domains))
$function$
;
CREATE OR REPLACE FUNCTION public.read_key_hashes()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('hashes', coalesce(jsonb_agg(api_key.secret_sha256), '[]')) from anchor_ops.api_key
$function$
;
CREATE OR REPLACE FUNCTION public.read_keys()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('keys', coalesce(
    jsonb_agg(anchor_ops.api_key_json(api_key) order by api_key.created_at, api_key.name), '[]'
  ))
  from anchor_ops.api_key
$function$
;
CREATE OR REPLACE FUNCTION public.read_latest_changes(p_network text, p_domain text, p_kinds text[], p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_latest anchor_ops.catalog_change[];
begin
  if p_domain is null then
    v_latest := array(
      select of_kind from unnest(p_kinds) as wanted (kind),
        lateral (
          select change.* from anchor_ops.catalog_change as change
          -- As an equality the kind might be looked for in the order of all changes, and a rare one in each of them.
          where change.network = p_network and change.kind between wanted.kind and wanted.kind
          order by change.kind desc, change.seq desc
          limit greatest(p_limit, 1)
        ) as of_kind
      order by of_kind.seq desc
      limit greatest(p_limit, 1)
    );
  else
    -- Of one home domain there are 5,000 at most. By kind, those of all others might be read to find them.
    v_latest := array(
      select change from anchor_ops.catalog_change as change
      where change.network = p_network and change.domain = p_domain and change.kind = any (p_kinds)
      order by change.seq desc
      limit greatest(p_limit, 1)
    );
  end if;
  return (
    select jsonb_build_object('changes', coalesce(jsonb_agg(
      jsonb_build_object(
        'id', latest.seq::text,
        'at', anchor_ops.iso_time(latest.at),
        'kind', latest.kind,
        'network', latest.network,
        'domain', latest.domain,
        'listing', latest.listing,
        'before', latest.before,
        'after', latest.after
      ) order by latest.seq desc
    ), '[]'))
    from unnest(v_latest) as latest
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_latest_events(p_parked boolean, p_endpoints text[], p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('events', coalesce(jsonb_agg(
    anchor_ops.event_json(latest.event) || jsonb_build_object('deliveries', anchor_ops.deliveries_json(latest.event, p_endpoints))
    order by latest.position desc
  ), '[]'))
  from (
    select event, event.position from anchor_ops.outbox as event
    where event.position is not null and (not p_parked or event.position in (
      select parked.position from anchor_ops.parked_event as parked
      where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
    ))
    order by event.position desc
    limit greatest(p_limit, 1)
  ) as latest
$function$
;
CREATE OR REPLACE FUNCTION public.read_metrics(p_network text, p_accounts text[], p_source text, p_late_seconds integer, p_overdue_seconds integer, p_most integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_hour_ago constant timestamptz := now() - interval '1 hour';
  v_overdue constant timestamptz := now() - make_interval(secs => p_overdue_seconds);
begin
  return jsonb_build_object(
    'now', anchor_ops.iso_time(now()),
    'runs', public.read_scheduled_runs() -> 'runs',
    'openUpdates', (
      select jsonb_object_agg(open.state, (
        select count(*) from (
          select from anchor_ops.attempt where attempt.state = open.state limit p_most
        ) as one
      ))
      from unnest(array['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST']) as open (state)
    ),
    'oldestUnsettledAt', anchor_ops.iso_time((
      select attempt.created_at from anchor_ops.attempt
      where attempt.state in ('READY', 'SENDING', 'UNKNOWN') order by attempt.created_at, attempt.id limit 1
    )),
    'endedUpdates', (
      select jsonb_build_object(
        'isWhole', coalesce(sum(counted.updates), 0) <= p_most,
        'counts', coalesce(jsonb_object_agg(counted.state, counted.updates)
          filter (where counted.state not in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')), '{}')
      )
      from (
        select recent.state, count(*) as updates from (
          select attempt.state from anchor_ops.attempt
          where attempt.updated_at > v_hour_ago order by attempt.updated_at desc limit p_most + 1
        ) as recent group by recent.state
      ) as counted
    ),
    'judgedPayments', (
      select jsonb_build_object(
        'isWhole', coalesce(sum(counted.payments), 0) <= p_most,
        'counts', coalesce(jsonb_object_agg(counted.verdict, counted.payments), '{}')
      )
      from (
        select recent.verdict, count(*) as payments from (
          select payment.verdict from anchor_ops.payment
          where payment.judged_at > v_hour_ago
          order by payment.judged_at desc, payment.operation_id desc limit p_most + 1
        ) as recent group by recent.verdict
      ) as counted
    ),
    'openMoney', public.read_open_money(p_most, 20),
    'observed', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'account', observer.account,
        'completeUntil', anchor_ops.iso_time(observer.complete_until),
        'hasAlarm', observer.alarm is not null
      ) order by observer.account), '[]')
      from anchor_ops.observer where observer.account = any (p_accounts) and observer.source = p_source
    ),
    'catalog', (
      select jsonb_build_object(
        'listings', coalesce(sum(summary.listings) filter (where not summary.operational), 0),
        'operational', coalesce(sum(summary.listings) filter (where summary.operational), 0)
      )
      from anchor_ops.country_summary as summary where summary.network = p_network
    ),
    'checks', (
      select jsonb_agg(jsonb_build_object(
        'priority', waiting.priority,
        'due', (select count(*) from (
          select from anchor_ops.due_check
          where due_check.network = p_network and due_check.priority = waiting.priority and due_check.due_at <= now()
          order by due_check.due_at limit p_most) as one),
        'overdue', (select count(*) from (
          select from anchor_ops.due_check
          where due_check.network = p_network and due_check.priority = waiting.priority and due_check.due_at <= v_overdue
          order by due_check.due_at limit p_most) as one)
      ) order by waiting.priority)
      from generate_series(0, 2) as waiting (priority)
    ),
    'attention', public.count_attention(p_late_seconds, p_accounts, p_source, p_most)
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_observer_health()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'accounts', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'account', observer.account,
          'source', observer.source,
          'epoch', observer.epoch,
          'cursor', observer.cursor,
          'startedFrom', observer.started_from,
          'completeUntil', anchor_ops.iso_time(observer.complete_until),
          'observedAt', anchor_ops.iso_time(observer.observed_at),
          'alarm', observer.alarm,
          'sweptAt', anchor_ops.iso_time(observer.swept_at),
          'sideLook', anchor_ops.side_look_json(observer.account, observer.source)
        ) order by observer.account, observer.source
      ), '[]')
      from anchor_ops.observer
    ),
    'unlisted', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'sep', unlisted.sep,
          'status', unlisted.status,
          'newerId', nullif(unlisted.newer_id, ''),
          'olderId', unlisted.older_id,
          'transactions', unlisted.transactions,
          'reason', unlisted.reason,
          'since', anchor_ops.iso_time(unlisted.since)
        ) order by unlisted.sep, unlisted.status, unlisted.newer_id
      ), '[]')
      from anchor_ops.unlisted
    ),
    'openLists', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'sep', open_list.sep,
          'status', open_list.status,
          'listed', coalesce(open_list.whole_listed, jsonb_array_length(open_list.listed)),
          'beganAt', anchor_ops.iso_time(open_list.began_at),
          'wholeAt', anchor_ops.iso_time(open_list.whole_at)
        ) order by open_list.sep, open_list.status
      ), '[]')
      from anchor_ops.open_list
    )
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_open_lists()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'lists', coalesce(jsonb_agg(jsonb_build_object(
      'sep', open_list.sep,
      'status', open_list.status,
      'nextPage', open_list.next_page,
      'beganAt', anchor_ops.iso_time(open_list.began_at),
      'wholeAt', anchor_ops.iso_time(open_list.whole_at)
    ) order by open_list.sep, open_list.status), '[]')
  ) from anchor_ops.open_list
$function$
;
CREATE OR REPLACE FUNCTION public.read_open_money(p_most integer, p_most_assets integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  with open as materialized (
    -- The form is tested here, because 5,000 calls of anchor_ops.decimal take 20 ms.
    select payment.asset, payment.open_since,
      case when payment.amount ~ '^[0-9]{1,12}(\.[0-9]{1,7})?$' then payment.amount::numeric end as amount,
      row_number() over (order by payment.open_since, payment.epoch, payment.operation_id) as number
    from anchor_ops.payment where payment.open_since is not null
    order by payment.open_since, payment.epoch, payment.operation_id
    limit p_most + 1
  ),
  counted as (
    select open.asset, count(*) as payments, sum(open.amount) as amount, min(open.open_since) as oldest,
      count(*) filter (where open.open_since > clock_timestamp() - interval '1 hour') as under_an_hour,
      count(*) filter (where open.open_since <= clock_timestamp() - interval '1 day') as older
    from open where open.number <= p_most
    group by open.asset
    order by count(*) desc, open.asset
  )
  select jsonb_build_object(
    'payments', (select coalesce(sum(counted.payments), 0) from counted),
    'isWhole', (select count(*) <= p_most from open),
    'oldestSince', (select anchor_ops.iso_time(min(counted.oldest)) from counted),
    'assets', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'asset', shown.asset,
        'payments', shown.payments,
        'amount', trim_scale(shown.amount)::text,
        'underAnHour', shown.under_an_hour,
        'underADay', shown.payments - shown.under_an_hour - shown.older,
        'older', shown.older,
        'oldestSince', anchor_ops.iso_time(shown.oldest)
      ) order by shown.payments desc, shown.asset), '[]')
      from (select counted.* from counted limit p_most_assets) as shown
    ),
    'otherAssets', (select greatest(count(*) - p_most_assets, 0) from counted)
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_open_payments(p_verdict text, p_account text, p_asset text, p_since timestamp with time zone, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  with behind as materialized (
    select payment.* from anchor_ops.payment
    where payment.open_since is not null
      and (payment.open_since, payment.epoch, payment.operation_id) > (
        (select greatest(anchor_ops.cursor_time(p_cursor), p_since)),
        case when p_since > anchor_ops.cursor_time(p_cursor) then 0
          else coalesce(nullif(split_part(anchor_ops.cursor_id(p_cursor), '/', 1), '')::integer, 0) end,
        split_part(anchor_ops.cursor_id(p_cursor), '/', 2)
      )
    order by payment.open_since, payment.epoch, payment.operation_id
    -- A filter that few rows pass must not read every open payment for one page.
    limit 5000
  ),
  listed as (
    select behind.* from behind
    where (p_verdict is null or behind.verdict = p_verdict) and (p_account is null or behind.account = p_account)
      and (p_asset is null or behind.asset = p_asset)
    order by behind.open_since, behind.epoch, behind.operation_id
    limit greatest(p_limit, 1) + 1
  ),
  place as (
    select payment as whole, anchor_ops.cursor_of(
      listed.open_since, anchor_ops.payment_subject(listed.epoch, listed.operation_id)
    ) as cursor, row_number() over (order by listed.open_since, listed.epoch, listed.operation_id) as number
    from listed join anchor_ops.payment on (payment.epoch, payment.operation_id) = (listed.epoch, listed.operation_id)
  )
  select anchor_ops.page(
    'payments', p_limit,
    array_agg(anchor_ops.payment_json(place.whole) order by place.number),
    array_agg(place.cursor order by place.number),
    case when count(*) <= greatest(p_limit, 1) then (
      select anchor_ops.cursor_of(last.open_since, anchor_ops.payment_subject(last.epoch, last.operation_id))
      from behind as last order by last.open_since, last.epoch, last.operation_id offset 4999
    ) end
  )
  from place
$function$
;
CREATE OR REPLACE FUNCTION public.read_outbox_health(p_endpoints text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'parked', (
      select count(*) from anchor_ops.parked_event as parked
      where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
    ),
    'endpoints', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'endpoint', endpoint.id,
        'host', endpoint.host,
        'waiting', (select count(*) from anchor_ops.webhook_lane as lane where lane.endpoint = endpoint.id),
        'deliveredAt', anchor_ops.iso_time(endpoint.delivered_at),
        'failingSince', anchor_ops.iso_time(endpoint.failing_since),
        'failure', endpoint.last_failure
      ) order by endpoint.id), '[]')
      from anchor_ops.webhook_endpoint as endpoint where endpoint.id = any (p_endpoints)
    ),
    'now', anchor_ops.iso_time(clock_timestamp())
  )
$function$
;
CREATE OR REPLACE FUNCTION public.read_payment(p_operation_id text, p_epoch integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'payment', anchor_ops.payment_json(payment),
    'decisions', (
      select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq), '[]') from anchor_ops.decision as made
      where made.about = 'payment' and made.subject = anchor_ops.payment_subject(payment.epoch, payment.operation_id)
    ),
    'refundMemo', (
      select jsonb_build_object('transactionId', transaction.id, 'memo', transaction.document ->> 'refund_memo',
        'type', transaction.document ->> 'refund_memo_type')
      from anchor_ops.transaction
      where transaction.id = payment.transaction_id and nullif(transaction.document ->> 'refund_memo', '') is not null
    )
  )
  from anchor_ops.payment
  where payment.epoch = coalesce(p_epoch, anchor_ops.present_epoch()) and payment.operation_id = p_operation_id
$function$
;
CREATE OR REPLACE FUNCTION public.read_payments(p_verdict text, p_since timestamp with time zone, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  return anchor_ops.filtered_page(
    'payments', 'payment',
    to_jsonb(array_remove(array[
      case when p_verdict is not null then anchor_ops.equals('verdict', array[p_verdict]) end
    ], null)),
    -- One condition, so that the index search begins at the later of both places.
    case when p_since > anchor_ops.cursor_time(p_cursor)
      then format('t.judged_at >= %L::timestamptz', p_since)
      else format('(t.judged_at, t.operation_id) > (%L::timestamptz, %L)',
        anchor_ops.cursor_time(p_cursor), anchor_ops.cursor_id(p_cursor)) end,
    't.judged_at, t.operation_id',
    't.judged_at, t.operation_id',
    'anchor_ops.payment_json(t)',
    'anchor_ops.cursor_of(t.judged_at, t.operation_id)',
    p_limit
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_platform_release(p_platform text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('release', platform_release.release)
  from anchor_ops.platform_release where platform_release.platform = p_platform
$function$
;
CREATE OR REPLACE FUNCTION public.read_query_secret_calls()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object('calls', coalesce(sum(query_secret_use.calls), 0))
  from anchor_ops.query_secret_use
  where query_secret_use.minute > now() - interval '1 day'
$function$
;
CREATE OR REPLACE FUNCTION public.read_report_time(p_attempt_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'reportedAt', anchor_ops.iso_time(attempt.created_at),
    'secondsAgo', floor(extract(epoch from clock_timestamp() - attempt.created_at))
  )
  from anchor_ops.attempt where attempt.id = p_attempt_id
$function$
;
CREATE OR REPLACE FUNCTION public.read_scheduled_runs()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'runs', coalesce(jsonb_agg(jsonb_build_object(
      'kind', run.kind,
      'watchedSince', anchor_ops.iso_time(run.watched_since),
      'endedAt', anchor_ops.iso_time(run.ended_at),
      'okAt', anchor_ops.iso_time(run.ok_at),
      'failure', run.failure,
      'failingSince', anchor_ops.iso_time(run.failing_since),
      'failuresInARow', run.failures_in_a_row
    ) order by run.kind), '[]')
  )
  from anchor_ops.scheduled_run as run
$function$
;
CREATE OR REPLACE FUNCTION public.read_transaction(p_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'id', wanted.id,
    'transaction', transaction.document,
    'firstSeenAt', anchor_ops.iso_time(transaction.first_seen_at),
    'seenAt', anchor_ops.iso_time(transaction.seen_at),
    'earlierSince', anchor_ops.iso_time(transaction.earlier_since),
    'wentBack', transaction.went_back,
    'history', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'status', history.status,
          'platformUpdatedAt', anchor_ops.iso_time(history.platform_updated_at),
          'seenAt', anchor_ops.iso_time(history.seen_at),
          'attemptId', history.attempt_id
        ) order by history.seq
      ), '[]')
      from anchor_ops.transaction_status as history where history.transaction_id = wanted.id
    ),
    'refunds', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'refundId', refund.refund_id,
          'method', refund.method,
          'amount', refund.amount::text,
          'fee', refund.fee::text,
          'asset', refund.asset,
          'attemptId', refund.attempt_id,
          'state', attempt.state
        ) order by attempt.seq
      ), '[]')
      from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
      where refund.transaction_id = wanted.id
    )
  ) || anchor_ops.attempts_of(wanted.id)
  from (select p_id as id) as wanted left join anchor_ops.transaction using (id)
  where transaction.id is not null
    or exists (select from anchor_ops.attempt where attempt.transaction_id = p_id)
$function$
;
CREATE OR REPLACE FUNCTION public.read_transactions(p_statuses text[], p_kind text, p_sep text, p_updated_since timestamp with time zone, p_attempt_states text[], p_memos text[], p_external_transaction_id text, p_stellar_transaction text, p_account text, p_order text, p_limit integer, p_cursor text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_is_newest_first constant boolean := p_order = 'desc';
  v_states constant text := format('a.state = any (%L::text[])', p_attempt_states);
begin
  return anchor_ops.filtered_page(
    'transactions', 'transaction',
    to_jsonb(array_remove(array[
      case when p_stellar_transaction is not null then anchor_ops.filter_json(
        format('t.id = any (array(select anchor_ops.transactions_reporting(%L)))', p_stellar_transaction)
      ) end,
      case when p_external_transaction_id is not null then
        anchor_ops.equals('external_transaction_id', array[p_external_transaction_id]) end,
      case when p_memos is not null then anchor_ops.equals('memo', p_memos) end,
      case when p_account is not null then anchor_ops.filter_json(
        format('%L in (t.source_account, t.destination_account, t.withdraw_anchor_account)', p_account),
        array(
          select anchor_ops.equals(name, array[p_account]) #>> '{streams,0}'
          from unnest(array['source_account', 'destination_account', 'withdraw_anchor_account']) as name
        )
      ) end,
      case when p_attempt_states is not null then anchor_ops.filter_json(
        '(select true from anchor_ops.attempt as a where a.transaction_id = t.id and ' || v_states || ' limit 1)',
        array['t.id = any (array(select distinct a.transaction_id from anchor_ops.attempt as a where ' || v_states || '))'],
        'select 1 from anchor_ops.attempt as a where ' || v_states
      ) end,
      case when p_statuses is not null then anchor_ops.equals('status', p_statuses) end,
      case when p_kind is not null then anchor_ops.equals('kind', array[p_kind]) end,
      case when p_sep is not null then anchor_ops.equals('sep', array[p_sep]) end
    ], null)),
    case when v_is_newest_first
      then format('(t.platform_updated_at, t.id) < (%L::timestamptz, %L)',
        case when p_cursor is null then 'infinity' else anchor_ops.cursor_time(p_cursor) end, anchor_ops.cursor_id(p_cursor))
      else format('(t.platform_updated_at, t.id) > (%L::timestamptz, %L)',
        anchor_ops.cursor_time(p_cursor), anchor_ops.cursor_id(p_cursor))
    end || case when p_updated_since is null then ''
      else format(' and t.platform_updated_at >= %L::timestamptz', p_updated_since) end,
    't.platform_updated_at, t.id',
    case when v_is_newest_first then 't.platform_updated_at desc, t.id desc' else 't.platform_updated_at, t.id' end,
    $row$jsonb_build_object(
      'id', t.id,
      'transaction', t.document,
      'firstSeenAt', anchor_ops.iso_time(t.first_seen_at),
      'seenAt', anchor_ops.iso_time(t.seen_at)
    )$row$,
    'anchor_ops.cursor_of(t.platform_updated_at, t.id)',
    p_limit
  );
end $function$
;
CREATE OR REPLACE FUNCTION public.read_update_health()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'ready', count(*) filter (where attempt.state = 'READY'),
    'sending', count(*) filter (where attempt.state = 'SENDING'),
    'unknown', count(*) filter (where attempt.state = 'UNKNOWN'),
    'manual', count(*) filter (where anchor_ops.waits_for_person(attempt.state)),
    'wentBack', count(*) filter (where attempt.state = 'LOST' and attempt.outcome ->> 'code' = 'platform_went_back'),
    'oldestReadyAt', anchor_ops.iso_time(min(attempt.created_at) filter (where attempt.state = 'READY')),
    'oldestUnknownAt', anchor_ops.iso_time(min(attempt.sent_at) filter (where attempt.state = 'UNKNOWN')),
    'oldestManualAt', anchor_ops.iso_time(min(attempt.updated_at) filter (where anchor_ops.waits_for_person(attempt.state)))
  )
  from anchor_ops.attempt
  where attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')
$function$
;
CREATE OR REPLACE FUNCTION public.read_walk(p_source text, p_rest_hours integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  select coalesce(
    (select jsonb_build_object(
        'position', discovery_cursor.cursor,
        'isDue', discovery_cursor.cursor is not null
          or discovery_cursor.started_at <= now() - make_interval(hours => p_rest_hours)
      )
      from anchor_ops.discovery_cursor where discovery_cursor.source = p_source),
    jsonb_build_object('position', null, 'isDue', true)
  )
$function$
;
CREATE OR REPLACE FUNCTION public.reconcile_books(p_account text, p_epoch integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '30s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_snapshot anchor_ops.balance_snapshot;
  v_found jsonb := '[]'::jsonb;
  v_count bigint := 0;
  v_result record;
begin
  perform anchor_ops.lock_names(array['books ' || p_account]);
  for v_snapshot in
    select snapshot.* from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account
      and (snapshot.reconciled_at is null or exists (
        select from anchor_ops.reconciliation as open where open.difference <> 0 and open.explained_at is null
          and open.account = p_account and open.epoch = p_epoch and open.closing_ledger = snapshot.ledger
      ))
      and snapshot.ledger <= (
        select max(book.to_ledger) from anchor_ops.book where book.epoch = p_epoch and book.account = p_account
      )
    order by snapshot.ledger
  loop
    for v_result in
      insert into anchor_ops.reconciliation as known
        (epoch, account, asset, closing_ledger, opening_ledger, opening, moved, closing, difference, found_at)
      select p_epoch, p_account, compared.asset, v_snapshot.ledger, compared.opening_ledger, compared.opening,
        compared.moved, compared.closing, compared.opening + compared.moved - compared.closing,
        case when compared.opening + compared.moved <> compared.closing then clock_timestamp() end
      from anchor_ops.compare_balances(v_snapshot) as compared
      on conflict (epoch, account, asset, closing_ledger) do update
        set moved = excluded.moved, difference = excluded.difference,
          found_at = case when excluded.difference <> 0 then coalesce(known.found_at, excluded.found_at) end,
          reconciled_at = clock_timestamp()
        where known.explained_at is null
      returning *
    loop
      v_count := v_count + 1;
      if v_result.difference <> 0 then
        v_found := v_found || anchor_ops.reconciliation_json(v_result.epoch, v_result.account, v_result.asset,
          v_result.closing_ledger);
      end if;
    end loop;
    update anchor_ops.balance_snapshot as snapshot set reconciled_at = clock_timestamp()
    where snapshot.epoch = p_epoch and snapshot.account = p_account and snapshot.ledger = v_snapshot.ledger;
  end loop;
  return jsonb_build_object('reconciled', v_count, 'differences', v_found);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_checks(p_network text, p_run_id uuid, p_token uuid, p_window_hours integer, p_checks jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
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
end $function$
;
CREATE OR REPLACE FUNCTION public.record_delivery(p_endpoint text, p_subject text, p_token uuid, p_position bigint, p_missed uuid[], p_claim_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_lane anchor_ops.webhook_lane;
  v_now timestamptz := clock_timestamp();
  v_failures integer;
begin
  update anchor_ops.webhook_lane as lane
  set after = p_position, tries = 0, failed_at = null, refused_since = null, last_failure = null, due_at = v_now,
    claimed_at = v_now, claimed_until = v_now + make_interval(secs => p_claim_seconds)
  where lane.endpoint = p_endpoint and lane.subject = p_subject and lane.token = p_token and lane.after < p_position
    and lane.last >= p_position
  returning * into v_lane;
  if not found then
    return jsonb_build_object('held', false);
  end if;
  if v_lane.after = v_lane.last then
    delete from anchor_ops.webhook_lane as lane where lane.endpoint = p_endpoint and lane.subject = p_subject;
  end if;
  update anchor_ops.parked_event set told_at = v_now
  where parked_event.endpoint = p_endpoint and parked_event.subject = p_subject and parked_event.told_at is null
    and parked_event.event_id = any (p_missed);

  select endpoint.failures into v_failures from anchor_ops.webhook_endpoint as endpoint
  where endpoint.id = p_endpoint and (
    endpoint.failures > 0 or endpoint.delivered_at is null or endpoint.delivered_at < v_now - interval '1 second'
  ) for no key update;
  if found then
    update anchor_ops.webhook_endpoint as endpoint
    set failures = 0, failing_since = null, last_failure = null, paused_until = '-infinity', delivered_at = v_now
    where endpoint.id = p_endpoint;
  end if;
  if v_failures >= 5 then
    -- The host is back: what was put off because of it is due. The rest of more than that is due within 15 minutes.
    update anchor_ops.webhook_lane as lane set due_at = v_now
    where lane.endpoint = p_endpoint and lane.subject in (
      select late.subject from anchor_ops.webhook_lane as late
      where late.endpoint = p_endpoint and late.due_at > v_now
      order by late.due_at, late.subject limit 5000 for update skip locked
    );
  end if;
  return jsonb_build_object('held', true);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_due(p_account text, p_source text, p_holder uuid, p_lease_seconds integer, p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_observer anchor_ops.observer;
  v_marks jsonb;
  v_due jsonb;
  v_outdated jsonb;
  v_unproven jsonb;
  v_fresh jsonb;
  v_judged jsonb;
  v_id text;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_payments is null
    or jsonb_typeof(p_payments) <> 'array' or jsonb_array_length(p_payments) > 200 then
    raise exception 'record_due: needs a holder, at least 1 lease second and an array of at most 200 payments'
      using errcode = 'invalid_parameter_value';
  end if;
  perform anchor_ops.lock_credits(p_payments);

  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;

  perform anchor_ops.check_credits(v_observer.epoch, p_payments);
  perform anchor_ops.mark_due();
  v_marks := anchor_ops.lock_payments(v_observer.epoch, p_payments);
  v_outdated := anchor_ops.outdated_credits(p_payments);
  -- A payment that was marked again meanwhile, or is outdated, was judged by what is no longer so.
  select coalesce(jsonb_agg(judged.payment order by judged.place), '[]') into v_due
  from jsonb_array_elements(p_payments) with ordinality as judged (payment, place)
  where v_marks -> (judged.payment ->> 'operationId') = judged.payment -> 'dueMark'
    and not v_outdated ? (judged.payment ->> 'operationId');
  v_fresh := anchor_ops.fresh_payments(p_account, v_observer.epoch, v_due);
  v_unproven := anchor_ops.unproven_repeats(v_fresh);
  v_fresh := anchor_ops.without_operations(v_fresh, v_unproven);
  v_due := anchor_ops.without_operations(v_due, v_unproven);
  v_judged := anchor_ops.changed_payments(p_account, v_observer.epoch,
    anchor_ops.final_verdicts(v_fresh, anchor_ops.begin_credits(v_fresh)));
  perform anchor_ops.store_payments(p_account, p_source, v_observer.epoch, v_judged, clock_timestamp());
  for v_id in select distinct due.payment ->> 'operationId' from jsonb_array_elements(v_due) as due (payment) loop
    update anchor_ops.payment set due_at = null
    where payment.epoch = v_observer.epoch and payment.operation_id = v_id;
  end loop;

  update anchor_ops.observer
  set observed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;
  return anchor_ops.recorded_page(v_judged) || jsonb_build_object('outdated', v_outdated);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_failed_delivery(p_endpoint text, p_subject text, p_token uuid, p_position bigint, p_failure text, p_pause_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_lane anchor_ops.webhook_lane;
  v_endpoint anchor_ops.webhook_endpoint;
  v_now timestamptz := clock_timestamp();
  v_is_own_fault boolean;
  v_parks boolean;
begin
  select * into v_lane from anchor_ops.webhook_lane as lane
  where lane.endpoint = p_endpoint and lane.subject = p_subject and lane.token = p_token and lane.after < p_position
    and lane.last >= p_position
  for update;
  if not found then
    return jsonb_build_object('held', false, 'parked', false);
  end if;
  update anchor_ops.webhook_endpoint as endpoint
  set failures = endpoint.failures + 1, failing_since = coalesce(endpoint.failing_since, v_now), last_failure = p_failure,
    paused_until = greatest(endpoint.paused_until, v_now + make_interval(secs => p_pause_seconds),
      case when endpoint.failures + 1 >= 5 then v_now + anchor_ops.webhook_wait(endpoint.failures - 3) end)
  where endpoint.id = p_endpoint
  returning * into v_endpoint;

  -- The endpoint took another event between two tries of this one.
  v_is_own_fault := coalesce(v_endpoint.delivered_at > v_lane.failed_at, false);
  v_parks := v_is_own_fault and coalesce(v_lane.refused_since < v_now - interval '1 day', false);
  if v_parks then
    insert into anchor_ops.parked_event (endpoint, position, event_id, subject, tries, failure)
    select p_endpoint, p_position, coalesce(event.replay_of, event.id), p_subject, v_lane.tries + 1, p_failure
    from anchor_ops.outbox as event where event.position = p_position;
  end if;
  if v_parks and v_lane.last = p_position then
    delete from anchor_ops.webhook_lane as lane where lane.endpoint = p_endpoint and lane.subject = p_subject;
  else
    update anchor_ops.webhook_lane as lane
    set after = case when v_parks then p_position else lane.after end,
      tries = case when v_parks then 0 else lane.tries + 1 end,
      failed_at = case when not v_parks then lane.claimed_at end,
      refused_since = case when not v_parks then coalesce(lane.refused_since, case when v_is_own_fault then v_now end) end,
      last_failure = p_failure,
      due_at = case when v_parks then v_now else v_now + anchor_ops.webhook_wait(lane.tries + 1) end,
      claimed_until = '-infinity', token = null
    where lane.endpoint = p_endpoint and lane.subject = p_subject;
  end if;
  return jsonb_build_object('held', true, 'parked', v_parks);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_gone(p_ids jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_gone bigint;
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || each.id from jsonb_array_elements_text(p_ids) as each (id)
  ));
  update anchor_ops.transaction set gone_at = clock_timestamp()
  where transaction.id in (select jsonb_array_elements_text(p_ids)) and transaction.gone_at is null;
  get diagnostics v_gone = row_count;
  return jsonb_build_object('gone', v_gone);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_issuers(p_network text, p_accounts jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_recorded integer;
begin
  -- In the order of the accounts, so that two runs that record the same ones do not wait for each other in a circle.
  insert into anchor_ops.issuer_account (network, account, home_domain, flags, locked, missing, seen_at)
  select distinct on (row.account)
    p_network, row.account, row."homeDomain", row.flags, row.locked, row.missing,
    least(row."seenAt", clock_timestamp())
  from jsonb_to_recordset(p_accounts)
    as row (account text collate "C", "homeDomain" text, flags text[], locked boolean, missing boolean, "seenAt" timestamptz)
  order by row.account, row."seenAt" desc, row.locked nulls last
  on conflict (network, account) do update
    set
      home_domain = excluded.home_domain,
      -- A list of assets shows the home domain alone.
      flags = case when excluded.missing then null else coalesce(excluded.flags, issuer_account.flags) end,
      locked = case when excluded.missing then null else coalesce(excluded.locked, issuer_account.locked) end,
      missing = excluded.missing,
      seen_at = excluded.seen_at
    where issuer_account.seen_at <= excluded.seen_at;
  get diagnostics v_recorded = row_count;
  return jsonb_build_object('recorded', v_recorded);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_movements(p_account text, p_epoch integer, p_source text, p_expected_cursor text, p_cursor text, p_to_ledger bigint, p_is_complete boolean, p_movements jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_book anchor_ops.book;
  v_stored bigint;
begin
  select * into v_book from anchor_ops.book where book.epoch = p_epoch and book.account = p_account
  order by book.from_ledger desc limit 1 for update;
  if not found or v_book.cursor <> p_expected_cursor then
    return jsonb_build_object('recorded', false, 'movements', 0);
  end if;
  if v_book.source <> p_source then
    -- The other source gives other ids to the movements of the ledgers that are read again.
    delete from anchor_ops.movement where movement.epoch = p_epoch and movement.account = p_account
      and movement.ledger > v_book.to_ledger and movement.source <> p_source;
  end if;
  insert into anchor_ops.movement
    (epoch, account, ledger, id, source, asset, stroops, kind, operation_id, transaction_hash, closed_at)
  select p_epoch, p_account, row.ledger, row.id, p_source, row.asset, row.stroops::numeric, row.kind, row."operationId",
    row."transactionHash", row."closedAt"
  from jsonb_to_recordset(p_movements) as row (
    ledger bigint, id text, asset text, stroops text, kind text, "operationId" text, "transactionHash" text,
    "closedAt" timestamptz
  )
  -- The first ledgers of a page may lie before the book, which begins behind a snapshot.
  where row.ledger > v_book.from_ledger
  on conflict do nothing;
  get diagnostics v_stored = row_count;
  update anchor_ops.book
  set source = p_source, cursor = p_cursor, to_ledger = greatest(book.to_ledger, p_to_ledger),
    read_at = clock_timestamp(), is_complete = p_is_complete
  where book.epoch = p_epoch and book.account = p_account and book.from_ledger = v_book.from_ledger;
  return jsonb_build_object('recorded', true, 'movements', v_stored);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_open_list(p_sep text, p_status text, p_began_at timestamp with time zone, p_from_page integer, p_next_page integer, p_is_whole boolean, p_listed jsonb, p_unlisted jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_list anchor_ops.open_list;
  v_listed jsonb;
  v_vanished jsonb := '[]'::jsonb;
begin
  if p_began_at is null or p_from_page is null or p_is_whole is null or p_from_page < 0
    or not p_is_whole and coalesce(p_next_page, 0) <= p_from_page then
    raise exception 'record_open_list: needs the time at which the reading began, and a place that moves forward'
      using errcode = 'invalid_parameter_value';
  end if;
  insert into anchor_ops.open_list (sep, status) values (p_sep, p_status) on conflict do nothing;
  select * into v_list from anchor_ops.open_list
  where open_list.sep = p_sep and open_list.status = p_status for update;
  -- Another process has gone on with the reading. One that reads the list whole from its beginning needs no place.
  if p_from_page > 0 and (v_list.next_page, v_list.began_at) is distinct from (p_from_page, p_began_at)
    or p_from_page = 0 and not p_is_whole and v_list.next_page > 0 then
    return jsonb_build_object('recorded', false, 'wholeAt', anchor_ops.iso_time(v_list.whole_at), 'vanished', v_vanished);
  end if;

  perform anchor_ops.store_unlisted(p_sep, p_status, p_unlisted);
  v_listed := case when p_from_page > 0 then v_list.listed else '[]' end || p_listed;
  if p_is_whole then
    delete from anchor_ops.unlisted
    where unlisted.sep = p_sep and unlisted.status = p_status and unlisted.found_at < p_began_at;
    select coalesce(jsonb_agg(vanished.id order by vanished.id), '[]') into v_vanished
    from (
      select transaction.id from anchor_ops.transaction
      where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
        and transaction.gone_at is null and transaction.sep = p_sep and transaction.status = p_status
        and transaction.seen_at < p_began_at and transaction.id not in (select jsonb_array_elements_text(v_listed))
      -- Chance lets each one be read in some run, however many cannot be read.
      order by random() limit 100
    ) as vanished;
  end if;
  update anchor_ops.open_list
  set next_page = case when p_is_whole then 0 else p_next_page end,
    listed = case when p_is_whole then '[]' else v_listed end,
    began_at = case when not p_is_whole then p_began_at end,
    whole_at = case when p_is_whole then clock_timestamp() else open_list.whole_at end,
    -- A reading over several looks reads a page twice, so that an id may come twice.
    whole_listed = case when p_is_whole then (
      select count(distinct found.id) from jsonb_array_elements_text(v_listed) as found (id)
    ) else open_list.whole_listed end
  where open_list.sep = p_sep and open_list.status = p_status
  returning * into v_list;
  return jsonb_build_object('recorded', true, 'wholeAt', anchor_ops.iso_time(v_list.whole_at), 'vanished', v_vanished);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_outcome(p_attempt_id uuid, p_rpc_id text, p_from text, p_to text, p_outcome jsonb, p_transaction jsonb, p_settle_in_seconds double precision, p_look_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_attempt anchor_ops.attempt;
  v_moved jsonb;
begin
  if anchor_ops.waits_for_person(p_from) or p_to = 'SENDING' or (p_from, p_to) = ('READY', 'MANUAL') or p_from = p_to and p_from not in ('READY', 'UNKNOWN', 'APPLIED') then
    raise exception 'attempt %: record_outcome may not move it from % to %', p_attempt_id, p_from, p_to
      using errcode = 'AO002';
  end if;

  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  v_moved := anchor_ops.end_send(v_attempt, jsonb_build_object('rpcId', p_rpc_id, 'from', p_from, 'to', p_to,
    'outcome', p_outcome, 'transaction', p_transaction, 'settleInSeconds', p_settle_in_seconds), p_look_at);
  if (v_moved ->> 'recorded')::boolean and p_transaction is not null then
    -- The answer to an update is later than the reading before the send, whatever the clock of the server says.
    perform anchor_ops.store_documents(jsonb_build_array(p_transaction), p_attempt_id,
      case when p_from = 'SENDING' and p_to = 'APPLIED' then anchor_ops.platform_time(v_attempt.pre) end, null);
  end if;
  return v_moved;
end $function$
;
CREATE OR REPLACE FUNCTION public.record_outcomes(p_outcomes jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_outcome jsonb;
  v_attempt anchor_ops.attempt;
  v_moved jsonb;
  v_recorded jsonb := '[]'::jsonb;
  v_documents jsonb := '[]'::jsonb;
  v_attempts jsonb := '{}'::jsonb;
begin
  perform anchor_ops.lock_sends(p_outcomes);
  for v_outcome in
    select each.outcome from jsonb_array_elements(p_outcomes) with ordinality as each (outcome, place) order by each.place
  loop
    select * into v_attempt from anchor_ops.attempt where attempt.id = (v_outcome ->> 'attemptId')::uuid for update;
    -- Any other move may open payments.
    v_moved := case when v_attempt.origin = 'payment_observer' and v_outcome ->> 'from' = 'SENDING'
      and v_outcome ->> 'to' = 'APPLIED' then anchor_ops.end_send(v_attempt, v_outcome, null) end;
    v_recorded := v_recorded || jsonb_build_array(v_moved);
    if (v_moved ->> 'recorded')::boolean then
      v_documents := v_documents || jsonb_build_array(v_outcome -> 'transaction');
      v_attempts := v_attempts || jsonb_build_object(v_outcome #>> '{transaction,id}', jsonb_build_object(
        'attemptId', v_attempt.id, 'after', anchor_ops.platform_time(v_attempt.pre)));
    end if;
  end loop;
  perform anchor_ops.store_documents(v_documents, null, null, null, v_attempts);
  return jsonb_build_object('recorded', v_recorded);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_payments(p_account text, p_source text, p_holder uuid, p_lease_seconds integer, p_expected_cursor text, p_cursor text, p_sweep_cursor text, p_checkpoint jsonb, p_complete_until timestamp with time zone, p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_observer anchor_ops.observer;
  v_fresh jsonb;
  v_judged jsonb;
  v_now timestamptz;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_expected_cursor is null
    or p_cursor is null or p_payments is null or jsonb_typeof(p_payments) <> 'array'
    or jsonb_array_length(p_payments) > 200 then
    raise exception
      'record_payments: needs a holder, at least 1 lease second, two cursors and an array of at most 200 payments'
      using errcode = 'invalid_parameter_value';
  end if;

  perform anchor_ops.lock_credits(p_payments);

  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;
  if v_observer.cursor is distinct from p_expected_cursor then
    return jsonb_build_object('recorded', false, 'reason', 'cursor_moved');
  end if;
  if anchor_ops.outdated_credits(p_payments) <> '[]' then
    return jsonb_build_object('recorded', false, 'reason', 'transaction_changed');
  end if;

  perform anchor_ops.check_credits(v_observer.epoch, p_payments);
  perform anchor_ops.lock_payments(v_observer.epoch, p_payments);
  perform anchor_ops.check_operations(v_observer.epoch, p_payments);
  v_fresh := anchor_ops.fresh_payments(p_account, v_observer.epoch, p_payments);
  v_fresh := anchor_ops.without_operations(v_fresh, anchor_ops.unproven_repeats(v_fresh));
  v_judged := anchor_ops.changed_payments(p_account, v_observer.epoch,
    anchor_ops.final_verdicts(v_fresh, anchor_ops.begin_credits(v_fresh)));
  -- The clock is read after the lock, so a reader who pages by judged_at never misses a payment.
  v_now := clock_timestamp();
  perform anchor_ops.store_payments(p_account, p_source, v_observer.epoch, v_judged, v_now);

  update anchor_ops.observer
  set cursor = p_cursor,
    sweep_cursor = coalesce(p_sweep_cursor, observer.sweep_cursor),
    checkpoint_sequence = coalesce((p_checkpoint ->> 'sequence')::bigint, observer.checkpoint_sequence),
    checkpoint_hash = coalesce(p_checkpoint ->> 'hash', observer.checkpoint_hash),
    complete_until = greatest(p_complete_until, observer.complete_until),
    observed_at = v_now,
    lease_until = v_now + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;
  -- A checkpoint is the head of the source when the last page was read, and p_complete_until is when that ledger closed.
  update anchor_ops.ledger_epoch
  set seen_sequence = (p_checkpoint ->> 'sequence')::bigint, seen_hash = p_checkpoint ->> 'hash',
    seen_closed_at = p_complete_until
  where ledger_epoch.epoch = v_observer.epoch and p_complete_until is not null
    and (p_checkpoint ->> 'sequence')::bigint > coalesce(ledger_epoch.seen_sequence, 0);

  return anchor_ops.recorded_page(v_judged);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_platform_release(p_platform text, p_release text)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  insert into anchor_ops.platform_release (platform, release, found_at)
  values (p_platform, p_release, clock_timestamp())
  on conflict (platform) do update set release = excluded.release, found_at = excluded.found_at
  returning jsonb_build_object('release', platform_release.release)
$function$
;
CREATE OR REPLACE FUNCTION public.record_side_movements(p_account text, p_source text, p_holder uuid, p_lease_seconds integer, p_balance_cursor text, p_effect_cursor text, p_payments jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_look anchor_ops.side_look;
  v_epoch integer;
  v_judged jsonb;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_payments is null
    or jsonb_typeof(p_payments) <> 'array' or jsonb_array_length(p_payments) > 200
    or exists (select from jsonb_to_recordset(p_payments) as row (code text) where row.code = 'credited') then
    raise exception
      'record_side_movements: needs a holder, at least 1 lease second and an array of at most 200 payments, none of them credited'
      using errcode = 'invalid_parameter_value';
  end if;
  -- Whether a payment is open depends on the claims of its operation.
  perform anchor_ops.lock_names(array(
    select 'payments'
    union all
    select 'stellar transaction ' || (row.payment ->> 'transactionHash') from jsonb_array_elements(p_payments) as row (payment)
  ));
  select observer.epoch into v_epoch from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source for update;
  select * into v_look from anchor_ops.side_look
  where side_look.account = p_account and side_look.source = p_source and side_look.holder = p_holder for update;
  if not found or v_look.jump_seq <> anchor_ops.last_jump(p_account, p_source) then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;

  perform anchor_ops.lock_payments(v_epoch, p_payments);
  perform anchor_ops.check_operations(v_epoch, p_payments);
  v_judged := anchor_ops.final_verdicts(anchor_ops.fresh_payments(p_account, v_epoch, p_payments), '{}');
  perform anchor_ops.store_payments(p_account, p_source, v_epoch, v_judged, clock_timestamp());
  update anchor_ops.side_look
  set balance_cursor = coalesce(p_balance_cursor, side_look.balance_cursor),
    effect_cursor = coalesce(p_effect_cursor, side_look.effect_cursor),
    lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where side_look.account = p_account and side_look.source = p_source;
  return anchor_ops.recorded_page(v_judged);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_snapshot(p_account text, p_epoch integer, p_ledger bigint, p_closed_at timestamp with time zone, p_is_whole boolean, p_balances jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  insert into anchor_ops.balance_snapshot (epoch, account, ledger, closed_at, is_whole, balances)
  values (p_epoch, p_account, p_ledger, p_closed_at, p_is_whole, p_balances)
  on conflict do nothing;
  return jsonb_build_object('recorded', found);
end $function$
;
CREATE OR REPLACE FUNCTION public.record_unreadable(p_attempt_id uuid, p_rpc_id text, p_from text, p_outcome jsonb, p_others_are_read boolean, p_settle_in_seconds double precision, p_manual_after_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_attempt anchor_ops.attempt;
  v_now timestamptz := clock_timestamp();
  v_since timestamptz;
begin
  if p_from is null or p_from not in ('READY', 'UNKNOWN') or p_outcome is null or p_settle_in_seconds is null
    or p_manual_after_seconds is null then
    raise exception 'record_unreadable: needs READY or UNKNOWN, an outcome and seconds' using errcode = 'invalid_parameter_value';
  end if;
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  if v_attempt.state <> p_from or v_attempt.rpc_id is distinct from p_rpc_id or p_from = 'READY' and exists (
    select from anchor_ops.attempt as other
    where other.transaction_id = v_attempt.transaction_id
      and (other.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(other.state))
  ) then
    return jsonb_build_object('recorded', false, 'state', v_attempt.state, 'outcome', v_attempt.outcome,
      'settleAt', anchor_ops.iso_time(v_attempt.settle_at));
  end if;

  v_since := case when p_others_are_read then coalesce(v_attempt.unreadable_since, v_now) end;
  if v_since <= v_now - make_interval(secs => p_manual_after_seconds) then
    update anchor_ops.attempt
    set state = 'MANUAL', settle_at = null,
      outcome = p_outcome || jsonb_build_object('unreadableSince', anchor_ops.iso_time(v_since))
    where attempt.id = p_attempt_id returning * into v_attempt;
  else
    update anchor_ops.attempt
    set outcome = p_outcome, settle_at = v_now + make_interval(secs => p_settle_in_seconds), unreadable_since = v_since,
      claimed_by = null, claimed_until = null
    where attempt.id = p_attempt_id returning * into v_attempt;
  end if;
  return jsonb_build_object('recorded', true, 'state', v_attempt.state, 'outcome', v_attempt.outcome,
    'settleAt', anchor_ops.iso_time(v_attempt.settle_at));
end $function$
;
CREATE OR REPLACE FUNCTION public.register_endpoints(p_endpoints jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_changed text[];
  v_gone text[];
  v_published bigint;
begin
  perform anchor_ops.lock_names(array['outbox']);
  -- An endpoint that is known is not locked before the lanes: who records a delivery holds a lane and then wants its endpoint.
  insert into anchor_ops.webhook_endpoint (id, host, types, began_after)
  select each.id, each.host, each.types, coalesce((select max(outbox.position) from anchor_ops.outbox), 0)
  from jsonb_to_recordset(p_endpoints) as each (id text, host text, types text[])
  order by each.id
  on conflict (id) do nothing;
  -- Only another release names other types.
  with changed as (
    update anchor_ops.webhook_endpoint as known set types = each.types
    from jsonb_to_recordset(p_endpoints) as each (id text, types text[])
    where known.id = each.id and known.types is distinct from each.types
    returning known.id
  )
  select coalesce(array_agg(changed.id), '{}') into v_changed from changed;
  v_published := anchor_ops.publish_events();
  perform from anchor_ops.webhook_lane as lane where lane.endpoint = any (v_changed) order by lane.endpoint, lane.subject for update;
  -- A lane that ends behind its last event for the endpoint would be claimed again and again, before the others.
  delete from anchor_ops.webhook_lane as lane using anchor_ops.webhook_endpoint as known
  where known.id = any (v_changed) and lane.endpoint = known.id and not exists (select from anchor_ops.lane_events(known, lane, 1));
  update anchor_ops.webhook_lane as lane
  set last = (select max(event.position) from anchor_ops.lane_events(known, lane) as event)
  from anchor_ops.webhook_endpoint as known where known.id = any (v_changed) and lane.endpoint = known.id;

  update anchor_ops.webhook_endpoint as known set configured_at = clock_timestamp()
  from jsonb_to_recordset(p_endpoints) as each (id text)
  where known.id = each.id and known.configured_at < clock_timestamp() - interval '1 hour';
  -- Instances with older settings may still run beside this one, so an endpoint is not forgotten at once.
  v_gone := array(
    select known.id from anchor_ops.webhook_endpoint as known where known.configured_at < clock_timestamp() - interval '3 days'
  );
  -- What a removed URL leaves goes in parts: as much as a day tells may not fit into one call.
  delete from anchor_ops.webhook_lane as lane using (
    select left_over.endpoint, left_over.subject from anchor_ops.webhook_lane as left_over
    where left_over.endpoint = any (v_gone) order by left_over.endpoint, left_over.subject limit 5000
  ) as gone where lane.endpoint = gone.endpoint and lane.subject = gone.subject;
  delete from anchor_ops.parked_event as parked using (
    select left_over.endpoint, left_over.position from anchor_ops.parked_event as left_over
    where left_over.endpoint = any (v_gone) order by left_over.endpoint, left_over.position limit 5000
  ) as gone where parked.endpoint = gone.endpoint and parked.position = gone.position;
  delete from anchor_ops.webhook_endpoint as endpoint where endpoint.id = any (v_gone)
    and not exists (select from anchor_ops.webhook_lane as lane where lane.endpoint = endpoint.id)
    and not exists (select from anchor_ops.parked_event as parked where parked.endpoint = endpoint.id);
  return jsonb_build_object('published', v_published);
end $function$
;
CREATE OR REPLACE FUNCTION public.release_claims(p_network text, p_token uuid, p_domains text[], p_country text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.due_check set token = null, claimed_until = '-infinity'
  where due_check.network = p_network and due_check.domain = any (p_domains) and due_check.token = p_token;
  return jsonb_build_object('due', anchor_ops.count_due(p_network, p_country));
end $function$
;
CREATE OR REPLACE FUNCTION public.release_lanes(p_endpoint text, p_token uuid, p_subjects text[])
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  -- In the order in which publish_events reaches the lanes, so that neither waits for the other in a circle.
  with held as (
    select lane.subject from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.subject = any (p_subjects) and lane.token = p_token
    order by lane.subject for no key update
  ),
  released as (
    update anchor_ops.webhook_lane as lane set token = null, claimed_until = '-infinity'
    from held where lane.endpoint = p_endpoint and lane.subject = held.subject
    returning lane.subject
  )
  select jsonb_build_object('released', count(*)) from released
$function$
;
CREATE OR REPLACE FUNCTION public.renew_claims(p_network text, p_token uuid, p_domains text[], p_claim_seconds integer)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
  with renewed as (
    update anchor_ops.due_check set claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds)
    where due_check.network = p_network and due_check.domain = any (p_domains) and due_check.token = p_token
    returning due_check.domain
  )
  select jsonb_build_object('renewed', count(*)) from renewed
$function$
;
CREATE OR REPLACE FUNCTION public.renew_lease(p_run_id uuid, p_fence bigint, p_lease_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
begin
  update anchor_ops.lease
  set expires_at = greatest(lease.expires_at, clock_timestamp() + make_interval(secs => p_lease_seconds))
  where lease.fence = p_fence and lease.holder is not null
    and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
  if not found then
    raise exception 'lease_lost' using errcode = 'AO001';
  end if;
  return jsonb_build_object('renewed', true);
end $function$
;
CREATE OR REPLACE FUNCTION public.replay_event(p_id uuid, p_endpoints text[], p_by_default text[], p_key_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_event anchor_ops.outbox;
  v_only_to text[];
begin
  select * into v_event from anchor_ops.outbox as event where event.id = p_id and event.replay_of is null for update;
  if not found then
    return jsonb_build_object('event', null);
  end if;
  with replayed as (
    update anchor_ops.parked_event set replayed_at = clock_timestamp()
    where parked_event.event_id = p_id and parked_event.replayed_at is null and parked_event.endpoint = any (p_endpoints)
    returning parked_event.endpoint
  )
  select array_agg(distinct replayed.endpoint) into v_only_to from replayed;
  v_only_to := coalesce(v_only_to, p_by_default);
  insert into anchor_ops.outbox (type, subject, at, data, replay_of, replayed_by, only_to)
  values (v_event.type, v_event.subject, v_event.at, v_event.data, v_event.id, p_key_name, v_only_to);
  return jsonb_build_object('event', jsonb_build_object(
    'id', v_event.id, 'type', v_event.type, 'subject', v_event.subject, 'endpoints', v_only_to
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.revoke_key(p_name text, p_note text, p_key_name text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_key anchor_ops.api_key;
begin
  select * into v_key from anchor_ops.api_key where api_key.name = p_name for update;
  if not found then
    return null;
  end if;
  if v_key.revoked_at is not null then
    return jsonb_build_object('revoked', false, 'key', anchor_ops.api_key_json(v_key),
      'decision', anchor_ops.last_decision('key', p_name));
  end if;
  perform anchor_ops.record_decision(p_key_name, 'key', p_name, null, 'revoked', p_note, anchor_ops.api_key_json(v_key));
  update anchor_ops.api_key set revoked_at = clock_timestamp(), revoked_by = p_key_name where api_key.name = p_name
  returning * into v_key;
  return jsonb_build_object('revoked', true, 'key', anchor_ops.api_key_json(v_key),
    'decision', anchor_ops.last_decision('key', p_name));
end $function$
;
CREATE OR REPLACE FUNCTION public.set_observer_cursor(p_account text, p_source text, p_holder uuid, p_cursor text, p_started_from text, p_note text, p_key_name text, p_epoch integer, p_is_new_epoch boolean, p_seen jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_observer anchor_ops.observer;
  v_epoch integer;
  v_now timestamptz := clock_timestamp();
begin
  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('moved', false);
  end if;
  -- Two accounts may be restarted at once after a reset; only one of them begins the new epoch.
  perform from anchor_ops.ledger_epoch where ledger_epoch.epoch = p_epoch for update;
  if anchor_ops.present_epoch() is distinct from p_epoch then
    return jsonb_build_object('moved', false);
  end if;
  v_epoch := p_epoch + p_is_new_epoch::integer;
  insert into anchor_ops.ledger_epoch as known (epoch, seen_sequence, seen_hash, seen_closed_at)
  values (v_epoch, (p_seen ->> 'sequence')::bigint, p_seen ->> 'hash', (p_seen ->> 'closedAt')::timestamptz)
  on conflict (epoch) do update set seen_sequence = excluded.seen_sequence, seen_hash = excluded.seen_hash,
    seen_closed_at = excluded.seen_closed_at
    where known.seen_sequence is null or known.seen_sequence < excluded.seen_sequence;

  insert into anchor_ops.observer_jump
    (account, source, epoch, from_cursor, to_cursor, started_from, note, alarm, jumped_at)
  values (p_account, p_source, v_epoch, v_observer.cursor, p_cursor, p_started_from, p_note, v_observer.alarm, v_now);
  update anchor_ops.observer
  set epoch = v_epoch, cursor = p_cursor, started_from = p_started_from, started_at = v_now, note = p_note, checkpoint_sequence = null,
    checkpoint_hash = null, complete_until = null, alarm = null, sweep_cursor = null, swept_at = null
  where observer.account = p_account and observer.source = p_source;
  if p_key_name is not null then
    perform anchor_ops.record_decision(p_key_name, 'observer', p_account, null, 'restarted', p_note, jsonb_build_object(
      'source', p_source, 'from', v_observer.cursor, 'to', p_cursor, 'startedFrom', p_started_from, 'alarm', v_observer.alarm,
      'epoch', v_epoch
    ));
  end if;
  return jsonb_build_object('moved', true, 'epoch', v_epoch);
end $function$
;
CREATE OR REPLACE FUNCTION public.start_run(p_kind text, p_trigger text, p_holder uuid, p_lease_seconds integer, p_quiet_seconds integer, p_quiet_from text, p_cursor_source text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_recent jsonb;
  v_lease text := case p_kind when 'discover' then 'horizon' else 'catalog' end;
  v_fence bigint;
  v_run_id uuid;
begin
  if p_lease_seconds not between 1 and 3600 or (p_holder is null) <> (p_lease_seconds is null) or p_quiet_seconds < 0
    or p_quiet_from is null or p_quiet_from not in ('start', 'finish') then
    raise exception 'start_run: needs a holder with 1 to 3600 lease seconds or neither, no negative quiet time, and start or finish'
      using errcode = 'invalid_parameter_value';
  end if;

  v_recent := anchor_ops.recent_run(p_kind, p_quiet_seconds, p_quiet_from);
  if v_recent is not null then
    return v_recent;
  end if;

  if p_holder is null then
    insert into anchor_ops.run (kind, trigger) values (p_kind, p_trigger) returning id into v_run_id;
    perform anchor_ops.prune_runs();
    return jsonb_build_object('started', true, 'runId', v_run_id, 'fence', null, 'cursor', null);
  end if;

  -- A held lease does not match, so no caller waits for its holder. Callers who want an expired lease queue on the row
  -- and find it taken once the first of them has committed.
  update anchor_ops.lease
  set holder = p_holder, fence = nextval('anchor_ops.lease_fence'), expires_at = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where lease.name = v_lease and lease.expires_at <= clock_timestamp()
  returning lease.fence into v_fence;

  if not found then
    return jsonb_build_object('started', false, 'skipped', 'already_running', 'answer', null, 'runId', (
      select run.id from anchor_ops.run join anchor_ops.lease using (fence) where lease.name = v_lease
    ));
  end if;

  -- The previous run may have finished after the first query and before the lease was taken.
  v_recent := anchor_ops.recent_run(p_kind, p_quiet_seconds, p_quiet_from);
  if v_recent is not null then
    update anchor_ops.lease set holder = null, expires_at = '-infinity' where lease.name = v_lease;
    return v_recent;
  end if;

  insert into anchor_ops.run (kind, trigger, fence) values (p_kind, p_trigger, v_fence) returning id into v_run_id;

  perform anchor_ops.prune_runs();

  return jsonb_build_object('started', true, 'runId', v_run_id, 'fence', v_fence::text, 'cursor', (
    select discovery_cursor.cursor from anchor_ops.discovery_cursor where discovery_cursor.source = p_cursor_source
  ));
end $function$
;
CREATE OR REPLACE FUNCTION public.start_sending(p_attempt_id uuid, p_rpc_id text, p_pre jsonb, p_transaction jsonb, p_ledger jsonb, p_claim jsonb, p_earlier jsonb, p_live_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '5s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_attempt anchor_ops.attempt;
  v_seen jsonb := jsonb_build_object('wentBack', jsonb_build_array(), 'earlier', jsonb_build_array());
begin
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, 'stellar transaction ' || (p_claim ->> 'stellarTransaction'));
  if p_transaction is not null then
    v_seen := anchor_ops.store_documents(jsonb_build_array(p_transaction), p_attempt_id, null, p_earlier) - 'stored';
  end if;
  return anchor_ops.begin_send(v_attempt,
    jsonb_build_object('rpcId', p_rpc_id, 'pre', p_pre, 'ledger', p_ledger, 'claim', p_claim), v_seen, p_live_seconds, true);
end $function$
;
CREATE OR REPLACE FUNCTION public.start_sendings(p_sends jsonb, p_live_seconds integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$
declare
  v_seen jsonb;
  v_send jsonb;
  v_attempt anchor_ops.attempt;
  v_started jsonb := '[]'::jsonb;
begin
  perform anchor_ops.lock_sends(p_sends);
  v_seen := anchor_ops.store_documents(
    (select jsonb_agg(each.send -> 'transaction') from jsonb_array_elements(p_sends) as each (send)), null, null,
    (
      select jsonb_agg(earlier.value)
      from jsonb_array_elements(p_sends) as each (send), jsonb_array_elements(each.send -> 'earlier') as earlier
    ),
    (
      select jsonb_object_agg(each.send #>> '{transaction,id}', each.send) from jsonb_array_elements(p_sends) as each (send)
    )
  );
  for v_send in select each.send from jsonb_array_elements(p_sends) with ordinality as each (send, place) order by each.place
  loop
    select * into v_attempt from anchor_ops.attempt where attempt.id = (v_send ->> 'attemptId')::uuid for update;
    v_started := v_started || jsonb_build_array(anchor_ops.begin_send(v_attempt, v_send, jsonb_build_object(
      'wentBack', jsonb_path_query_array(v_seen -> 'wentBack', '$[*] ? (@.transactionId == $id)',
        jsonb_build_object('id', v_send #> '{transaction,id}')),
      'earlier', jsonb_path_query_array(v_seen -> 'earlier', '$[*] ? (@.id == $id)',
        jsonb_build_object('id', v_send #> '{transaction,id}'))
    ), p_live_seconds, false));
  end loop;
  return jsonb_build_object('started', v_started);
end $function$
;
CREATE OR REPLACE FUNCTION public.store_transactions(p_transactions jsonb, p_earlier jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE sql
 SET search_path TO ''
 SET statement_timeout TO '15s'
 SET lock_timeout TO '2s'
AS $function$ select anchor_ops.store_documents(p_transactions, null, null, p_earlier) $function$
;

-- Triggers
CREATE TRIGGER api_key_guard BEFORE DELETE OR UPDATE ON anchor_ops.api_key FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_api_key();
CREATE TRIGGER archived_payment_guard BEFORE INSERT OR DELETE OR UPDATE ON anchor_ops.archived_payment FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_archive();
CREATE TRIGGER attempt_due AFTER UPDATE OF state ON anchor_ops.attempt FOR EACH ROW WHEN (((old.state IS DISTINCT FROM new.state) AND (('APPLIED'::text = old.state) OR ('APPLIED'::text = new.state)) AND (new.params ? 'destination_account'::text))) EXECUTE FUNCTION anchor_ops.note_due_for_request();
CREATE TRIGGER attempt_guard BEFORE INSERT OR DELETE OR UPDATE ON anchor_ops.attempt FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_attempt();
CREATE TRIGGER attempt_made AFTER INSERT ON anchor_ops.attempt FOR EACH ROW EXECUTE FUNCTION anchor_ops.record_attempt_move();
CREATE TRIGGER attempt_moved AFTER UPDATE ON anchor_ops.attempt FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION anchor_ops.record_attempt_move();
CREATE TRIGGER attempt_released AFTER UPDATE ON anchor_ops.attempt FOR EACH ROW WHEN (((old.state IS DISTINCT FROM new.state) AND anchor_ops.ended_without_effect(new.state))) EXECUTE FUNCTION anchor_ops.release_operations();
CREATE TRIGGER attempt_sets_open AFTER UPDATE ON anchor_ops.attempt FOR EACH ROW WHEN (((old.state IS DISTINCT FROM new.state) AND (anchor_ops.ended_without_effect(new.state) OR ((new.state = 'APPLIED'::text) AND (new.origin <> 'payment_observer'::text))))) EXECUTE FUNCTION anchor_ops.set_open_of_attempt();
CREATE TRIGGER attempt_told AFTER UPDATE ON anchor_ops.attempt FOR EACH ROW WHEN (((old.state IS DISTINCT FROM new.state) AND (new.state <> ALL (ARRAY['READY'::text, 'SENDING'::text, 'UNKNOWN'::text])))) EXECUTE FUNCTION anchor_ops.tell_attempt();
CREATE TRIGGER catalog_change_told AFTER INSERT ON anchor_ops.catalog_change REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION anchor_ops.tell_catalog_changes();
CREATE TRIGGER decision_guard BEFORE DELETE OR UPDATE ON anchor_ops.decision FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_decision();
CREATE TRIGGER show_capability BEFORE UPDATE ON anchor_ops.home_domain FOR EACH ROW WHEN ((new.capability IS DISTINCT FROM old.capability)) EXECUTE FUNCTION anchor_ops.show_capability();
CREATE TRIGGER show_new_capability BEFORE INSERT ON anchor_ops.home_domain FOR EACH ROW WHEN ((new.capability IS NOT NULL)) EXECUTE FUNCTION anchor_ops.show_capability();
CREATE TRIGGER date_listing BEFORE UPDATE ON anchor_ops.listing FOR EACH ROW WHEN ((((((((((((new.name IS DISTINCT FROM old.name) OR (new.active IS DISTINCT FROM old.active)) OR (new.why IS DISTINCT FROM old.why)) OR (new.rail IS DISTINCT FROM old.rail)) OR (new.asset IS DISTINCT FROM old.asset)) OR (new.basis IS DISTINCT FROM old.basis)) OR (new.shown IS DISTINCT FROM old.shown)) OR (new.pairing IS DISTINCT FROM old.pairing)) OR (new.person_says IS DISTINCT FROM old.person_says)) OR (new.shown_operational IS DISTINCT FROM old.shown_operational)) OR (new.shown_why IS DISTINCT FROM old.shown_why))) EXECUTE FUNCTION anchor_ops.date_listing();
CREATE TRIGGER schedule_new_listings AFTER INSERT ON anchor_ops.listing REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION anchor_ops.schedule_changed_listings();
CREATE TRIGGER schedule_switched_listings AFTER UPDATE ON anchor_ops.listing REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION anchor_ops.schedule_switched_listings();
CREATE TRIGGER observer_told AFTER UPDATE ON anchor_ops.observer FOR EACH ROW WHEN (((old.alarm ->> 'code'::text) IS DISTINCT FROM (new.alarm ->> 'code'::text))) EXECUTE FUNCTION anchor_ops.tell_observer();
CREATE TRIGGER payment_archived BEFORE INSERT OR DELETE OR UPDATE ON anchor_ops.payment FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_against_archive();
CREATE TRIGGER payment_due_closing BEFORE UPDATE OF closed_by ON anchor_ops.payment FOR EACH ROW WHEN ((old.closed_by IS DISTINCT FROM new.closed_by)) EXECUTE FUNCTION anchor_ops.mark_due_for_closing();
CREATE TRIGGER payment_guard BEFORE UPDATE ON anchor_ops.payment FOR EACH ROW EXECUTE FUNCTION anchor_ops.guard_payment();
CREATE TRIGGER payment_open BEFORE INSERT OR UPDATE ON anchor_ops.payment FOR EACH ROW EXECUTE FUNCTION anchor_ops.set_open();
CREATE TRIGGER payment_told AFTER UPDATE ON anchor_ops.payment FOR EACH ROW WHEN (((old.verdict <> new.verdict) OR ((old.open_since IS NULL) <> (new.open_since IS NULL)))) EXECUTE FUNCTION anchor_ops.tell_payment();
CREATE TRIGGER payment_told_new AFTER INSERT ON anchor_ops.payment FOR EACH ROW EXECUTE FUNCTION anchor_ops.tell_payment();
CREATE TRIGGER difference_told AFTER UPDATE ON anchor_ops.reconciliation FOR EACH ROW WHEN ((((old.difference <> (0)::numeric) AND (old.explained_at IS NULL)) <> ((new.difference <> (0)::numeric) AND (new.explained_at IS NULL)))) EXECUTE FUNCTION anchor_ops.tell_difference();
CREATE TRIGGER difference_told_new AFTER INSERT ON anchor_ops.reconciliation FOR EACH ROW WHEN ((new.difference <> (0)::numeric)) EXECUTE FUNCTION anchor_ops.tell_difference();
CREATE TRIGGER run_told AFTER UPDATE ON anchor_ops.run FOR EACH ROW WHEN (((old.finished_at IS NULL) AND (new.finished_at IS NOT NULL))) EXECUTE FUNCTION anchor_ops.tell_run();
CREATE TRIGGER transaction_due_changed AFTER UPDATE ON anchor_ops.transaction REFERENCING OLD TABLE AS before NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION anchor_ops.note_due_for_changed();
CREATE TRIGGER transaction_due_new AFTER INSERT ON anchor_ops.transaction REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION anchor_ops.note_due_for_new();
CREATE TRIGGER transaction_told AFTER UPDATE ON anchor_ops.transaction FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION anchor_ops.tell_transaction();
CREATE TRIGGER transaction_told_new AFTER INSERT ON anchor_ops.transaction FOR EACH ROW EXECUTE FUNCTION anchor_ops.tell_transaction();

-- Grants to anybody but the owner
grant EXECUTE on function anchor_ops."decimal"(text) to service_role;
grant EXECUTE on function anchor_ops.accept_identity(text,text) to service_role;
grant EXECUTE on function anchor_ops.anchor_subject(text,text) to service_role;
grant EXECUTE on function anchor_ops.api_key_json(anchor_ops.api_key) to service_role;
grant EXECUTE on function anchor_ops.archived_state(anchor_ops.archived_payment) to service_role;
grant EXECUTE on function anchor_ops.attempt_json(anchor_ops.attempt) to service_role;
grant EXECUTE on function anchor_ops.attempt_may_move(text,text,boolean) to service_role;
grant EXECUTE on function anchor_ops.attempts_of(text) to service_role;
grant EXECUTE on function anchor_ops.awaits_payment(text,text,text) to service_role;
grant EXECUTE on function anchor_ops.balance_at(anchor_ops.balance_snapshot,text) to service_role;
grant EXECUTE on function anchor_ops.begin_attempts(text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.begin_credits(jsonb) to service_role;
grant EXECUTE on function anchor_ops.begin_send(anchor_ops.attempt,jsonb,jsonb,integer,boolean) to service_role;
grant EXECUTE on function anchor_ops.book_json(anchor_ops.book_period) to service_role;
grant EXECUTE on function anchor_ops.book_period_of(integer,text,text,timestamp with time zone,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.changed_payments(text,integer,jsonb) to service_role;
grant EXECUTE on function anchor_ops.check_credits(integer,jsonb) to service_role;
grant EXECUTE on function anchor_ops.check_operations(integer,jsonb) to service_role;
grant EXECUTE on function anchor_ops.claim_json(anchor_ops.operation_claim) to service_role;
grant EXECUTE on function anchor_ops.claim_operations(anchor_ops.attempt,jsonb) to service_role;
grant EXECUTE on function anchor_ops.claims_on(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.compare_balances(anchor_ops.balance_snapshot) to service_role;
grant EXECUTE on function anchor_ops.compare_import(text,jsonb,text) to service_role;
grant EXECUTE on function anchor_ops.count_due(text,text) to service_role;
grant EXECUTE on function anchor_ops.credit_holds(uuid) to service_role;
grant EXECUTE on function anchor_ops.credited_operation(text) to service_role;
grant EXECUTE on function anchor_ops.cursor_id(text) to service_role;
grant EXECUTE on function anchor_ops.cursor_of(timestamp with time zone,text) to service_role;
grant EXECUTE on function anchor_ops.cursor_time(text) to service_role;
grant EXECUTE on function anchor_ops.date_listing() to service_role;
grant EXECUTE on function anchor_ops.day_of(text,text,date) to service_role;
grant EXECUTE on function anchor_ops.decided_payment(anchor_ops.payment,boolean,jsonb) to service_role;
grant EXECUTE on function anchor_ops.decision_json(anchor_ops.decision) to service_role;
grant EXECUTE on function anchor_ops.decisions_on_anchor(text,text) to service_role;
grant EXECUTE on function anchor_ops.deliveries_json(anchor_ops.outbox,text[]) to service_role;
grant EXECUTE on function anchor_ops.domain_text(jsonb,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.dropped_listings(text,jsonb,text[],text,boolean) to service_role;
grant EXECUTE on function anchor_ops.due_mark(timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.end_send(anchor_ops.attempt,jsonb,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.ended_at(anchor_ops.transaction) to service_role;
grant EXECUTE on function anchor_ops.ended_without_effect(text) to service_role;
grant EXECUTE on function anchor_ops.equals(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.event_json(anchor_ops.outbox) to service_role;
grant EXECUTE on function anchor_ops.evidence_ages(jsonb) to service_role;
grant EXECUTE on function anchor_ops.fails_more(jsonb,jsonb) to service_role;
grant EXECUTE on function anchor_ops.filter_json(text,text[],text) to service_role;
grant EXECUTE on function anchor_ops.filtered_page(text,text,jsonb,text,text,text,text,text,integer) to service_role;
grant EXECUTE on function anchor_ops.final_verdicts(jsonb,jsonb) to service_role;
grant EXECUTE on function anchor_ops.findings_of(text,text,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.forget_looks(anchor_ops.attempt) to service_role;
grant EXECUTE on function anchor_ops.forgive_flapping(text,text) to service_role;
grant EXECUTE on function anchor_ops.fresh_payments(text,integer,jsonb) to service_role;
grant EXECUTE on function anchor_ops.given_up_credit(uuid) to service_role;
grant EXECUTE on function anchor_ops.guard_against_archive() to service_role;
grant EXECUTE on function anchor_ops.guard_api_key() to service_role;
grant EXECUTE on function anchor_ops.guard_archive() to service_role;
grant EXECUTE on function anchor_ops.guard_attempt() to service_role;
grant EXECUTE on function anchor_ops.guard_decision() to service_role;
grant EXECUTE on function anchor_ops.guard_payment() to service_role;
grant EXECUTE on function anchor_ops.has_movements(integer,text,bigint,bigint) to service_role;
grant EXECUTE on function anchor_ops.health_after(jsonb,jsonb,text,boolean) to service_role;
grant EXECUTE on function anchor_ops.insert_attempts(text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.instant(text) to service_role;
grant EXECUTE on function anchor_ops.is_closed(text) to service_role;
grant EXECUTE on function anchor_ops.is_directory(text) to service_role;
grant EXECUTE on function anchor_ops.is_for(anchor_ops.webhook_endpoint,text,text[]) to service_role;
grant EXECUTE on function anchor_ops.is_listed(text,text) to service_role;
grant EXECUTE on function anchor_ops.iso_time(timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.lane_events(anchor_ops.webhook_endpoint,anchor_ops.webhook_lane,integer) to service_role;
grant EXECUTE on function anchor_ops.last_decision(text,text) to service_role;
grant EXECUTE on function anchor_ops.last_jump(text,text) to service_role;
grant EXECUTE on function anchor_ops.last_replay(uuid) to service_role;
grant EXECUTE on function anchor_ops.listing_text(text,text,text,text,text,text,text,text,text,text,text,timestamp with time zone,jsonb) to service_role;
grant EXECUTE on function anchor_ops.lock_attempt(uuid,text) to service_role;
grant EXECUTE on function anchor_ops.lock_changes(text) to service_role;
grant EXECUTE on function anchor_ops.lock_credits(jsonb) to service_role;
grant EXECUTE on function anchor_ops.lock_imported(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.lock_names(text[]) to service_role;
grant EXECUTE on function anchor_ops.lock_payment(text,integer,text[],text) to service_role;
grant EXECUTE on function anchor_ops.lock_payments(integer,jsonb) to service_role;
grant EXECUTE on function anchor_ops.lock_payments_of(text[]) to service_role;
grant EXECUTE on function anchor_ops.lock_sends(jsonb) to service_role;
grant EXECUTE on function anchor_ops.mark_due() to service_role;
grant EXECUTE on function anchor_ops.mark_due_for_closing() to service_role;
grant EXECUTE on function anchor_ops.match_updates(text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.may_archive(anchor_ops.payment,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.may_be_applied(jsonb) to service_role;
grant EXECUTE on function anchor_ops.may_change(text) to service_role;
grant EXECUTE on function anchor_ops.may_rejudge(text,text,text,text) to service_role;
grant EXECUTE on function anchor_ops.memo_value(text,text) to service_role;
grant EXECUTE on function anchor_ops.miss_listings(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.move_cursor(text,text) to service_role;
grant EXECUTE on function anchor_ops.named_payments(text,text,boolean,timestamp with time zone,text,integer) to service_role;
grant EXECUTE on function anchor_ops.next_checks(text,integer) to service_role;
grant EXECUTE on function anchor_ops.note_changes(text,text[],jsonb) to service_role;
grant EXECUTE on function anchor_ops.note_countries(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.note_due(jsonb) to service_role;
grant EXECUTE on function anchor_ops.note_due_for_changed() to service_role;
grant EXECUTE on function anchor_ops.note_due_for_new() to service_role;
grant EXECUTE on function anchor_ops.note_due_for_request() to service_role;
grant EXECUTE on function anchor_ops.note_earlier(jsonb,text[],jsonb) to service_role;
grant EXECUTE on function anchor_ops.oldest_checks(text,integer,text,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.open_updates(jsonb) to service_role;
grant EXECUTE on function anchor_ops.outdated_credits(jsonb) to service_role;
grant EXECUTE on function anchor_ops.page(text,integer,jsonb[],text[],text) to service_role;
grant EXECUTE on function anchor_ops.park_old_events(anchor_ops.webhook_endpoint) to service_role;
grant EXECUTE on function anchor_ops.payment_json(anchor_ops.payment) to service_role;
grant EXECUTE on function anchor_ops.payment_names(text,text,text,text,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.payment_reading(anchor_ops.payment,jsonb) to service_role;
grant EXECUTE on function anchor_ops.payment_state(anchor_ops.payment,text) to service_role;
grant EXECUTE on function anchor_ops.payment_subject(integer,text) to service_role;
grant EXECUTE on function anchor_ops.platform_time(jsonb) to service_role;
grant EXECUTE on function anchor_ops.present_epoch() to service_role;
grant EXECUTE on function anchor_ops.prune_checks(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.prune_runs() to service_role;
grant EXECUTE on function anchor_ops.publish_events() to service_role;
grant EXECUTE on function anchor_ops.reason_change(text,text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.recent_run(text,integer,text) to service_role;
grant EXECUTE on function anchor_ops.reconciliation_json(integer,text,text,bigint) to service_role;
grant EXECUTE on function anchor_ops.record_attempt_move() to service_role;
grant EXECUTE on function anchor_ops.record_decision(text,text,text,text,text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.record_decision_once(text,text,text,text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.recorded_hash(integer,text) to service_role;
grant EXECUTE on function anchor_ops.recorded_page(jsonb) to service_role;
grant EXECUTE on function anchor_ops.refunded_before(text,text,text,bigint) to service_role;
grant EXECUTE on function anchor_ops.refuse_credit(anchor_ops.payment,text) to service_role;
grant EXECUTE on function anchor_ops.refused_import(text,jsonb,text,text[]) to service_role;
grant EXECUTE on function anchor_ops.release_operations() to service_role;
grant EXECUTE on function anchor_ops.repeated_decision(anchor_ops.payment,text,text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.roll_up(text,text[],date[]) to service_role;
grant EXECUTE on function anchor_ops.run_fault(jsonb) to service_role;
grant EXECUTE on function anchor_ops.schedule_changed_listings() to service_role;
grant EXECUTE on function anchor_ops.schedule_checks(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.schedule_switched_listings() to service_role;
grant EXECUTE on function anchor_ops.sep_names() to service_role;
grant EXECUTE on function anchor_ops.set_open() to service_role;
grant EXECUTE on function anchor_ops.set_open_of_attempt() to service_role;
grant EXECUTE on function anchor_ops.show_capability() to service_role;
grant EXECUTE on function anchor_ops.shown_operation(integer,text) to service_role;
grant EXECUTE on function anchor_ops.shown_sentence(text,text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.side_look_json(text,text) to service_role;
grant EXECUTE on function anchor_ops.sides_of(jsonb,text) to service_role;
grant EXECUTE on function anchor_ops.snapshot_json(anchor_ops.balance_snapshot,text) to service_role;
grant EXECUTE on function anchor_ops.stellar_hashes(jsonb) to service_role;
grant EXECUTE on function anchor_ops.steps_of(text,text,date) to service_role;
grant EXECUTE on function anchor_ops.store_documents(jsonb,uuid,timestamp with time zone,jsonb,jsonb) to service_role;
grant EXECUTE on function anchor_ops.store_import(text,jsonb,text,boolean) to service_role;
grant EXECUTE on function anchor_ops.store_payments(text,text,integer,jsonb,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.store_unlisted(text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.summarise_countries(text,text[]) to service_role;
grant EXECUTE on function anchor_ops.take_earlier(jsonb,jsonb) to service_role;
grant EXECUTE on function anchor_ops.take_request(text,text,uuid,integer) to service_role;
grant EXECUTE on function anchor_ops.tell(text,text,jsonb) to service_role;
grant EXECUTE on function anchor_ops.tell_attempt() to service_role;
grant EXECUTE on function anchor_ops.tell_catalog_changes() to service_role;
grant EXECUTE on function anchor_ops.tell_difference() to service_role;
grant EXECUTE on function anchor_ops.tell_observer() to service_role;
grant EXECUTE on function anchor_ops.tell_payment() to service_role;
grant EXECUTE on function anchor_ops.tell_run() to service_role;
grant EXECUTE on function anchor_ops.tell_transaction() to service_role;
grant EXECUTE on function anchor_ops.transaction_mark(text) to service_role;
grant EXECUTE on function anchor_ops.transactions_reporting(text) to service_role;
grant EXECUTE on function anchor_ops.unproven_repeats(jsonb) to service_role;
grant EXECUTE on function anchor_ops.unseen_listings(text,text,timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.utc_day(timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.utc_month(timestamp with time zone) to service_role;
grant EXECUTE on function anchor_ops.waits_for_person(text) to service_role;
grant EXECUTE on function anchor_ops.webhook_wait(integer) to service_role;
grant EXECUTE on function anchor_ops.went_back_after() to service_role;
grant EXECUTE on function anchor_ops.why_not_open(anchor_ops.payment) to service_role;
grant EXECUTE on function anchor_ops.why_rejected(anchor_ops.attempt) to service_role;
grant EXECUTE on function anchor_ops.why_too_old(anchor_ops.payment,text) to service_role;
grant EXECUTE on function anchor_ops.window_lock(text) to service_role;
grant EXECUTE on function anchor_ops.window_start(timestamp with time zone,integer) to service_role;
grant EXECUTE on function anchor_ops.with_sign_in(jsonb,jsonb) to service_role;
grant EXECUTE on function anchor_ops.without_operations(jsonb,jsonb) to service_role;
grant EXECUTE on function apply_dust(jsonb,integer) to service_role;
grant EXECUTE on function archive_payments(integer,integer) to service_role;
grant EXECUTE on function assign_payment(text,integer,jsonb,text,jsonb,text,text,jsonb) to service_role;
grant EXECUTE on function begin_books(text) to service_role;
grant EXECUTE on function begin_observation(text,text,uuid,integer) to service_role;
grant EXECUTE on function begin_requested_check(text,text,text,text,integer,integer,integer,integer,integer,integer) to service_role;
grant EXECUTE on function begin_side_look(text,text,uuid,integer) to service_role;
grant EXECUTE on function begin_updates(text,text,uuid,integer,jsonb) to service_role;
grant EXECUTE on function brake_window(text,timestamp with time zone) to service_role;
grant EXECUTE on function claim_checks(text,uuid,uuid,integer,integer,integer,timestamp with time zone,boolean,text) to service_role;
grant EXECUTE on function claim_lanes(text,uuid,integer,integer,integer) to service_role;
grant EXECUTE on function claim_noted_events(integer,integer) to service_role;
grant EXECUTE on function claim_unsettled(uuid,integer,integer,integer,boolean,integer) to service_role;
grant EXECUTE on function count_attention(integer,text[],text,integer) to service_role;
grant EXECUTE on function count_query_secret() to service_role;
grant EXECUTE on function create_key(text,text,text[],double precision,text,text,integer) to service_role;
grant EXECUTE on function decide_anchor(text,text,text,text,text,text,text) to service_role;
grant EXECUTE on function decide_attempt(uuid,text,text,text,integer) to service_role;
grant EXECUTE on function decide_payment(text,integer,text,text,text,jsonb,jsonb) to service_role;
grant EXECUTE on function end_looks(jsonb,double precision) to service_role;
grant EXECUTE on function end_noted_events(jsonb,integer) to service_role;
grant EXECUTE on function end_observation(text,text,uuid,jsonb,boolean) to service_role;
grant EXECUTE on function end_scheduled_run(text,text) to service_role;
grant EXECUTE on function end_side_look(text,text,uuid,boolean,integer,jsonb) to service_role;
grant EXECUTE on function explain_difference(text,text,bigint,text,text) to service_role;
grant EXECUTE on function find_book_assets(text) to service_role;
grant EXECUTE on function find_candidates(jsonb,text) to service_role;
grant EXECUTE on function find_changed(jsonb) to service_role;
grant EXECUTE on function find_due(text,integer,integer,timestamp with time zone) to service_role;
grant EXECUTE on function find_key(text) to service_role;
grant EXECUTE on function find_others(text,integer) to service_role;
grant EXECUTE on function find_side_looks(text[],text) to service_role;
grant EXECUTE on function find_unrecorded(integer,text[]) to service_role;
grant EXECUTE on function finish_request(text,text,uuid,jsonb) to service_role;
grant EXECUTE on function finish_requested_check(bigint,jsonb) to service_role;
grant EXECUTE on function finish_run(uuid,bigint,jsonb,text) to service_role;
grant EXECUTE on function import_listings(text,jsonb,text[],boolean,text,integer,boolean,boolean,text,text,uuid,bigint) to service_role;
grant EXECUTE on function note_event(text) to service_role;
grant EXECUTE on function note_expired_listings(text) to service_role;
grant EXECUTE on function open_book(text,integer,text,bigint,text) to service_role;
grant EXECUTE on function prune_events(integer) to service_role;
grant EXECUTE on function read_archived_payment(text,integer) to service_role;
grant EXECUTE on function read_attempt(uuid) to service_role;
grant EXECUTE on function read_attempts(text[],text,text,timestamp with time zone,text,integer,text) to service_role;
grant EXECUTE on function read_attention(integer,text[],text,integer,text) to service_role;
grant EXECUTE on function read_book_health(text[]) to service_role;
grant EXECUTE on function read_book_lines(text,text,integer,timestamp with time zone,timestamp with time zone,integer,text) to service_role;
grant EXECUTE on function read_books(text,text,integer,timestamp with time zone,timestamp with time zone) to service_role;
grant EXECUTE on function read_catalog(text,text,text,text,text,text,text,text,timestamp with time zone,boolean,integer,text,text) to service_role;
grant EXECUTE on function read_catalog_health() to service_role;
grant EXECUTE on function read_changes(text,timestamp with time zone,text,text,integer,bigint) to service_role;
grant EXECUTE on function read_countries(text,boolean) to service_role;
grant EXECUTE on function read_decisions(timestamp with time zone,text,text,boolean,integer,text) to service_role;
grant EXECUTE on function read_domains_below(text,text[]) to service_role;
grant EXECUTE on function read_due_issuers(text,integer,integer) to service_role;
grant EXECUTE on function read_event_health() to service_role;
grant EXECUTE on function read_events(timestamp with time zone,text,text,boolean,text[],integer,bigint) to service_role;
grant EXECUTE on function read_home_domain(text,text) to service_role;
grant EXECUTE on function read_issuers(text,text[],text[]) to service_role;
grant EXECUTE on function read_key_hashes() to service_role;
grant EXECUTE on function read_keys() to service_role;
grant EXECUTE on function read_latest_changes(text,text,text[],integer) to service_role;
grant EXECUTE on function read_latest_events(boolean,text[],integer) to service_role;
grant EXECUTE on function read_metrics(text,text[],text,integer,integer,integer) to service_role;
grant EXECUTE on function read_observer_health() to service_role;
grant EXECUTE on function read_open_lists() to service_role;
grant EXECUTE on function read_open_money(integer,integer) to service_role;
grant EXECUTE on function read_open_payments(text,text,text,timestamp with time zone,integer,text) to service_role;
grant EXECUTE on function read_outbox_health(text[]) to service_role;
grant EXECUTE on function read_payment(text,integer) to service_role;
grant EXECUTE on function read_payments(text,timestamp with time zone,integer,text) to service_role;
grant EXECUTE on function read_platform_release(text) to service_role;
grant EXECUTE on function read_query_secret_calls() to service_role;
grant EXECUTE on function read_report_time(uuid) to service_role;
grant EXECUTE on function read_scheduled_runs() to service_role;
grant EXECUTE on function read_transaction(text) to service_role;
grant EXECUTE on function read_transactions(text[],text,text,timestamp with time zone,text[],text[],text,text,text,text,integer,text) to service_role;
grant EXECUTE on function read_update_health() to service_role;
grant EXECUTE on function read_walk(text,integer) to service_role;
grant EXECUTE on function reconcile_books(text,integer) to service_role;
grant EXECUTE on function record_checks(text,uuid,uuid,integer,jsonb) to service_role;
grant EXECUTE on function record_delivery(text,text,uuid,bigint,uuid[],integer) to service_role;
grant EXECUTE on function record_due(text,text,uuid,integer,jsonb) to service_role;
grant EXECUTE on function record_failed_delivery(text,text,uuid,bigint,text,integer) to service_role;
grant EXECUTE on function record_gone(jsonb) to service_role;
grant EXECUTE on function record_issuers(text,jsonb) to service_role;
grant EXECUTE on function record_movements(text,integer,text,text,text,bigint,boolean,jsonb) to service_role;
grant EXECUTE on function record_open_list(text,text,timestamp with time zone,integer,integer,boolean,jsonb,jsonb) to service_role;
grant EXECUTE on function record_outcome(uuid,text,text,text,jsonb,jsonb,double precision,timestamp with time zone) to service_role;
grant EXECUTE on function record_outcomes(jsonb) to service_role;
grant EXECUTE on function record_payments(text,text,uuid,integer,text,text,text,jsonb,timestamp with time zone,jsonb) to service_role;
grant EXECUTE on function record_platform_release(text,text) to service_role;
grant EXECUTE on function record_side_movements(text,text,uuid,integer,text,text,jsonb) to service_role;
grant EXECUTE on function record_snapshot(text,integer,bigint,timestamp with time zone,boolean,jsonb) to service_role;
grant EXECUTE on function record_unreadable(uuid,text,text,jsonb,boolean,double precision,integer) to service_role;
grant EXECUTE on function register_endpoints(jsonb) to service_role;
grant EXECUTE on function release_claims(text,uuid,text[],text) to service_role;
grant EXECUTE on function release_lanes(text,uuid,text[]) to service_role;
grant EXECUTE on function renew_claims(text,uuid,text[],integer) to service_role;
grant EXECUTE on function renew_lease(uuid,bigint,integer) to service_role;
grant EXECUTE on function replay_event(uuid,text[],text[],text) to service_role;
grant EXECUTE on function revoke_key(text,text,text) to service_role;
grant EXECUTE on function set_observer_cursor(text,text,uuid,text,text,text,text,integer,boolean,jsonb) to service_role;
grant EXECUTE on function start_run(text,text,uuid,integer,integer,text,text) to service_role;
grant EXECUTE on function start_sending(uuid,text,jsonb,jsonb,jsonb,jsonb,jsonb,integer) to service_role;
grant EXECUTE on function start_sendings(jsonb,integer) to service_role;
grant EXECUTE on function store_transactions(jsonb,jsonb) to service_role;
grant USAGE on schema anchor_ops to service_role;
grant USAGE on sequence anchor_ops.lease_fence to service_role;
grant USAGE on sequence anchor_ops.outbox_position to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.api_key to service_role;
grant INSERT, SELECT on table anchor_ops.archived_payment to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.attempt to service_role;
grant INSERT, SELECT on table anchor_ops.attempt_move to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.balance_snapshot to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.book to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.catalog_change to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.check_window to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.country_summary to service_role;
grant INSERT, SELECT on table anchor_ops.decision to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.directory to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.discovery_cursor to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.due_check to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.due_name to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.dust_limit to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.event_arrival to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.home_domain to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.home_domain_check to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.home_domain_day to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.issuer_account to service_role;
grant SELECT on table anchor_ops.judged_listing to service_role;
grant SELECT, UPDATE on table anchor_ops.lease to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.ledger_epoch to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.listing to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.movement to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.noted_event to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.observer to service_role;
grant INSERT, SELECT on table anchor_ops.observer_jump to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.open_list to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.operation_claim to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.outbox to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.parked_event to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.payment to service_role;
grant DELETE, INSERT, SELECT on table anchor_ops.payment_verdict to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.platform_release to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.query_secret_use to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.reconciliation to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.refund to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.requested_check to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.run to service_role;
grant SELECT, UPDATE on table anchor_ops.scheduled_run to service_role;
grant SELECT on table anchor_ops.shown_movement to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.side_look to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.transaction to service_role;
grant INSERT, SELECT on table anchor_ops.transaction_status to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.unlisted to service_role;
grant INSERT, SELECT, UPDATE on table anchor_ops.update_request to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.webhook_endpoint to service_role;
grant DELETE, INSERT, SELECT, UPDATE on table anchor_ops.webhook_lane to service_role;

-- Default privileges of anybody but the owner

-- Comments
comment on function anchor_ops."decimal"(pg_catalog.text) is 'A decimal as the Anchor Platform accepts it, exactly; null for any other text.';
comment on function anchor_ops.accept_identity(pg_catalog.text,pg_catalog.text) is 'Makes the identity count that is held. The result is the change to note, if one was held.';
comment on function anchor_ops.anchor_subject(pg_catalog.text,pg_catalog.text) is 'The subject of decisions about a home domain.';
comment on function anchor_ops.api_key_json(anchor_ops.api_key) is 'A key in the form of the answers, without its hash.';
comment on function anchor_ops.archived_state(anchor_ops.archived_payment) is 'What payment_state said of an archived payment; null without one. The books of an old period are the same before and after archiving.';
comment on function anchor_ops.attempt_json(anchor_ops.attempt) is 'An attempt in the form of the answers.';
comment on function anchor_ops.attempt_may_move(pg_catalog.text,pg_catalog.text,boolean) is 'The moves of an attempt. The custody service may have paid although the platform shows nothing, so only evidence or a person ends an unknown custody attempt.';
comment on function anchor_ops.attempts_of(pg_catalog.text) is 'The newest 200 attempts of a transaction with their moves, and older ones that are open, lost or still to be looked for, up to 3 MB of text, because Vercel refuses an answer of more than 4.5 MB. moreAttempts says whether there are others.';
comment on function anchor_ops.awaits_payment(pg_catalog.text,pg_catalog.text,pg_catalog.text) is 'Whether a transaction waits for a payment on the ledger.';
comment on function anchor_ops.balance_at(anchor_ops.balance_snapshot,pg_catalog.text) is 'The balance of an asset in a snapshot, in stroops; null when the snapshot does not show it.';
comment on function anchor_ops.begin_attempts(pg_catalog.text,pg_catalog.jsonb) is 'Stores updates as attempts and returns an answer for each, in the form that begin_updates describes.';
comment on function anchor_ops.begin_credits(pg_catalog.jsonb) is 'Stores the updates of the payments that are their own creditedBy. Returns the answers of begin_attempts by operation.';
comment on function anchor_ops.begin_send(anchor_ops.attempt,pg_catalog.jsonb,pg_catalog.jsonb,integer,boolean) is 'The step of start_sending for an attempt that is locked, after the transaction was stored: p_seen is what store_documents answered. Without p_is_alone it ends no attempt, and returns null for one that would end.';
comment on function anchor_ops.book_json(anchor_ops.book_period) is 'The books of a period in stroops: opening and closing balance, and what moved in groups of one kind, state and direction. isRead says whether every movement between the snapshots is recorded.';
comment on function anchor_ops.book_period_of(integer,pg_catalog.text,pg_catalog.text,timestamp with time zone,timestamp with time zone) is 'The period between the last snapshot at or before p_from and the last one at or before p_to, so that two periods in a row share a snapshot. Without p_from it begins with the first snapshot, without p_to it ends with the last one.';
comment on function anchor_ops.changed_payments(pg_catalog.text,integer,pg_catalog.jsonb) is 'The payments without those that are stored with the same verdict, for the same reasons or by another account.';
comment on function anchor_ops.check_credits(integer,pg_catalog.jsonb) is 'Refuses a page whose credits do not match their updates.';
comment on function anchor_ops.check_operations(integer,pg_catalog.jsonb) is 'Refuses, with AO004, a page with an operation that belonged to another transaction before: the ledger was reset.';
comment on function anchor_ops.claim_json(anchor_ops.operation_claim) is 'A claim in the form of the answers. closedAs says how a person closed the payment that the operation made; refundOf is the payment that the operation pays back, as the subject of decisions.';
comment on function anchor_ops.claim_operations(anchor_ops.attempt,pg_catalog.jsonb) is 'Claims, for an attempt, the first choice of p_claim whose operations no other transaction has: stellarTransaction is the hash, choices are lists of operation ids, and no choices mean the whole Stellar transaction. Returns refusal with its reason when every choice is taken, or when the same transaction reported the operation before and the attempt is neither of a request with an Idempotency-Key nor forced. A forced attempt claims what others have too, and overridden names their claims. Each attempt has a claim of its own, so that an operation which two of them report counts until both have ended without effect. The caller holds the lock "stellar transaction <hash>".';
comment on function anchor_ops.claims_on(pg_catalog.text,pg_catalog.text[]) is 'The claims that hold on these operations of a Stellar transaction; null without one.';
comment on function anchor_ops.compare_balances(anchor_ops.balance_snapshot) is 'For each asset of a snapshot: its balance in the last snapshot before that shows it, and what moved since. Periods of which not all movements are recorded are left out.';
comment on function anchor_ops.compare_import(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text) is 'Each of the listings once, with what the import does to it: new; changed (the name or the pairing); moved (another source lists it now, or it is back); unchanged, and then no row is written.';
comment on function anchor_ops.count_due(pg_catalog.text,pg_catalog.text) is 'How many home domains are due now, those too that an invocation is checking.';
comment on function anchor_ops.credit_holds(pg_catalog.uuid) is 'Whether the update of a credit, or the last one by which it was sent anew, did not end without effect. While it holds, its transaction is credited with no other payment.';
comment on function anchor_ops.credited_operation(pg_catalog.text) is 'The operation that was credited to a transaction, also if it is archived, as it is shown; null without one.';
comment on function anchor_ops.cursor_id(pg_catalog.text) is 'The id of the row behind which a page begins; empty for the first page.';
comment on function anchor_ops.cursor_of(timestamp with time zone,pg_catalog.text) is 'The cursor of a row: microseconds since 1970, a dot, the id.';
comment on function anchor_ops.cursor_time(pg_catalog.text) is 'The time of the row behind which a page begins; -infinity for the first page.';
comment on function anchor_ops.date_listing() is 'Dates the last change of what a page shows of a listing.';
comment on function anchor_ops.day_of(pg_catalog.text,pg_catalog.text,pg_catalog.date) is 'What the checks of a day say of a home domain, with the steps that are known of it now; no row for a day without checks.';
comment on function anchor_ops.decided_payment(anchor_ops.payment,boolean,pg_catalog.jsonb) is 'The answer of decide_payment and assign_payment.';
comment on function anchor_ops.decision_json(anchor_ops.decision) is 'A decision in the form of the answers.';
comment on function anchor_ops.decisions_on_anchor(pg_catalog.text,pg_catalog.text) is 'The newest 50 decisions about a home domain and its listings, the newest first.';
comment on function anchor_ops.deliveries_json(anchor_ops.outbox,pg_catalog.text[]) is 'What became of an event at each of these endpoints that it is for: delivered, waiting or parked, with the tries so far and the last failure.';
comment on function anchor_ops.domain_text(pg_catalog.jsonb,timestamp with time zone) is 'What a page says of the home domain of each listing, as JSON without the braces.';
comment on function anchor_ops.dropped_listings(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text[],pg_catalog.text,boolean) is 'The listings of this directory that it does not list any more, and with p_counted those of directories that nobody has imported for 30 days, unless this one lists them.';
comment on function anchor_ops.due_mark(timestamp with time zone) is 'A mark, exactly, as text: microseconds since 1970.';
comment on function anchor_ops.end_send(anchor_ops.attempt,pg_catalog.jsonb,timestamp with time zone) is 'The step of record_outcome for an attempt that is locked. The caller stores the transaction afterwards.';
comment on function anchor_ops.ended_at(anchor_ops.transaction) is 'When a transaction ended: the platform''s completed_at, else when it was first seen closed or gone; null while it is neither.';
comment on function anchor_ops.ended_without_effect(pg_catalog.text) is 'Whether an attempt in this state certainly had no effect. What it took, such as its natural key, is free again.';
comment on function anchor_ops.equals(pg_catalog.text,pg_catalog.text[]) is 'The filter of filtered_page for a column that has one of the values. A text of more than 255 characters is not found.';
comment on function anchor_ops.event_json(anchor_ops.outbox) is 'An event as it is shown. A replay has the id of the event that it repeats, so that receivers know it.';
comment on function anchor_ops.evidence_ages(pg_catalog.jsonb) is 'For each declared protocol of a capability: when it was seen, when it was last seen well, whether it refuses strangers, whether its step rests on an earlier check, what the last sign-in saw, and since when SEP-10 has been silent, if it is.';
comment on function anchor_ops.fails_more(pg_catalog.jsonb,pg_catalog.jsonb) is 'Whether one of the failures that a capability counts (sign-ins, prices) is counted higher than before. They happen also in a check whose stellar.toml is as ever.';
comment on function anchor_ops.filter_json(pg_catalog.text,pg_catalog.text[],pg_catalog.text) is 'A filter of filtered_page. Where an index answers it alone, it is the only stream.';
comment on function anchor_ops.filtered_page(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,integer) is 'A page of the rows t of p_table that pass every filter, in p_order, behind the place p_behind. It reads at most 5,000 rows and those that few counts; a page that has not found p_limit rows by then names the place it reached. Each of p_filters has where, a condition, and streams: conditions of which each row that passes fulfils one, and an index answers each in p_order, which is the order of p_key. The first filter that at most 5,000 rows pass decides which rows are read; if there is none, the first one does. A filter with few decides only then: few is a select with one row for each that its streams read.';
comment on function anchor_ops.final_verdicts(pg_catalog.jsonb,pg_catalog.jsonb) is 'The payments with their final verdict: credited becomes update_refused when the update was refused, already_paid when another payment is credited to the transaction, and ambiguous when the update of that one ended without effect.';
comment on function anchor_ops.findings_of(pg_catalog.text,pg_catalog.text,timestamp with time zone) is 'The findings of a check, which may stand at an earlier one of its month.';
comment on function anchor_ops.forget_looks(anchor_ops.attempt) is 'Ends the looks for earlier updates of a transaction after another one was sent: it may have changed what they left, and the reading before it showed them.';
comment on function anchor_ops.forgive_flapping(pg_catalog.text,pg_catalog.text) is 'Lets a home domain return that the rules switched too often, and forgets those switches. The result is the change to note.';
comment on function anchor_ops.fresh_payments(pg_catalog.text,integer,pg_catalog.jsonb) is 'The payments of a page that are new (isNew), or may get another verdict or other reasons. For a payment with the code credited, creditedBy is the operation that is, or will be, credited to its transaction: the stored one, else the first one of the page.';
comment on function anchor_ops.given_up_credit(pg_catalog.uuid) is 'The operation that an update, or the first one of those by which it was sent anew, was to credit, if its payment is not credited with it any more: its transaction is credited with another payment (creditedBy), or the payment is assigned to another transaction. Null for every other update.';
comment on function anchor_ops.guard_against_archive() is 'Refuses to delete a payment that is not archived (AO002), to record one that is (AO002), and to credit a transaction that an archived payment was credited to.';
comment on function anchor_ops.guard_api_key() is 'Refuses, with AO002, a deletion and every change but the first revocation.';
comment on function anchor_ops.guard_archive() is 'Refuses, with AO002, a change of the archive, and everything but a payment that may be archived, as it is stored.';
comment on function anchor_ops.guard_attempt() is 'Refuses, with AO002, a deletion, a change of what was asked for, a move that is not allowed and a fourth send.';
comment on function anchor_ops.guard_decision() is 'Refuses, with AO002, every change and deletion of a decision.';
comment on function anchor_ops.guard_payment() is 'Stores the verdict that a payment had. Refuses, with AO002, a change of what the ledger shows and a verdict that may not change: nothing but a person changes it once a person has closed the payment. A credit whose update ended without effect may become update_refused.';
comment on function anchor_ops.has_movements(integer,pg_catalog.text,bigint,bigint) is 'Whether every movement behind p_from up to p_to is recorded.';
comment on function anchor_ops.health_after(pg_catalog.jsonb,pg_catalog.jsonb,pg_catalog.text,boolean) is 'The health after a window: as it was judged, or, when failures of the window count against nobody, as it was before.';
comment on function anchor_ops.insert_attempts(pg_catalog.text,pg_catalog.jsonb) is 'Stores an attempt for each update that is neither stored nor refused, all in one statement. Returns an answer for each update, in the order of index.';
comment on function anchor_ops.instant(pg_catalog.text) is 'A time of the Anchor Platform, in the years 1 to 9999; null for any other text. The platform stores times that PostgreSQL cannot read, and one such time must not make a document unusable.';
comment on function anchor_ops.is_closed(pg_catalog.text) is 'Whether a transaction in this status has ended. After an error it may begin again.';
comment on function anchor_ops.is_directory(pg_catalog.text) is 'Whether a source is a directory, which lists all that it knows each time. Horizon shows parts, and a person sends what is to be added.';
comment on function anchor_ops.is_for(anchor_ops.webhook_endpoint,pg_catalog.text,pg_catalog.text[]) is 'Whether an event of this type is delivered to the endpoint.';
comment on function anchor_ops.is_listed(pg_catalog.text,pg_catalog.text) is 'Whether a directory or a person lists the home domain.';
comment on function anchor_ops.iso_time(timestamp with time zone) is 'ISO 8601 in UTC with milliseconds, whatever the time zone of the session.';
comment on function anchor_ops.lane_events(anchor_ops.webhook_endpoint,anchor_ops.webhook_lane,integer) is 'The events that a lane still holds, in their order: the first p_limit, or all.';
comment on function anchor_ops.last_decision(pg_catalog.text,pg_catalog.text) is 'The last decision about a subject; null without one.';
comment on function anchor_ops.last_jump(pg_catalog.text,pg_catalog.text) is 'The last start of an account that an operator chose; null if none was.';
comment on function anchor_ops.last_replay(pg_catalog.uuid) is 'The attempt by which an update was last sent anew; the attempt itself if it never was.';
comment on function anchor_ops.listing_text(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,timestamp with time zone,pg_catalog.jsonb) is 'What a page says of a listing whatever the time and its home domain, as JSON without the braces: all but operational, why, step and what domain_text says.';
comment on function anchor_ops.lock_attempt(pg_catalog.uuid,pg_catalog.text) is 'Locks an attempt, its transaction, the Stellar transaction that it reports and the name p_name, which may be null. Raises AO003 when there is no such attempt.';
comment on function anchor_ops.lock_changes(pg_catalog.text) is 'The last lock of every step. Who waits for it holds all that the step needs, so the changes of a network are numbered in the order in which they are committed, and a reader who stands behind a number misses none.';
comment on function anchor_ops.lock_credits(pg_catalog.jsonb) is 'Takes every name that recording these payments needs.';
comment on function anchor_ops.lock_imported(pg_catalog.text,pg_catalog.text[]) is 'Locks these home domains in the queue before their listings are written, as record_checks does, so that the two never wait for each other in a circle.';
comment on function anchor_ops.lock_names(pg_catalog.text[]) is 'Lets one transaction at a time pass with any of these names, until it commits. It is called before any row is locked.';
comment on function anchor_ops.lock_payment(pg_catalog.text,integer,pg_catalog.text[],pg_catalog.text) is 'Locks a payment, its Stellar transaction and more names, so that no page is recorded and no update of its transaction moves. The payment that is credited to p_credited_transaction is locked too. A null p_epoch is the present one. Null for an unknown payment.';
comment on function anchor_ops.lock_payments(integer,pg_catalog.jsonb) is 'Locks those of the payments that are stored, in the order of their operations. Returns the marks of those that are due.';
comment on function anchor_ops.lock_payments_of(pg_catalog.text[]) is 'Locks the payments of these Stellar transactions. Every step that locks several payments does so in the order of their operations, so that no two steps wait for each other.';
comment on function anchor_ops.lock_sends(pg_catalog.jsonb) is 'Takes every name lock that start_sending or record_outcome take for these attempts, in one order. Raises AO003 unless each attempt is known and is the only one of its transaction.';
comment on function anchor_ops.mark_due() is 'Marks the payments with noted names as due, at most 1,000 of each name and about 5,000 in one call; dust comes last. What is left stays noted.';
comment on function anchor_ops.mark_due_for_closing() is 'A payment that a person closed is not due. When it is open again, it is judged by what changed meanwhile.';
comment on function anchor_ops.match_updates(pg_catalog.text,pg_catalog.jsonb) is 'The updates of a request, each with what is stored about it: own_id is the attempt that this request made of it before its process died, same_id the attempt with its natural key (is_same when transaction, method and params are equal too) or, if neither request has a key of its caller, an equal attempt that was never sent, refund_attempt_id the attempt with its refund, manual_id an attempt of its transaction that waits for a person. is_free says that no attempt of its transaction is unfinished, and that the last one is still shown.';
comment on function anchor_ops.may_archive(anchor_ops.payment,timestamp with time zone) is 'Whether nothing will become of a payment any more. It is not due, is no credit that ended without effect, and it failed, is outgoing, our own, dust, or closed by a person before p_before, or the update that credits or reports it is applied.';
comment on function anchor_ops.may_be_applied(pg_catalog.jsonb) is 'Whether an earlier send of the attempt with this outcome may have been applied. Then it ends without effect only by a person.';
comment on function anchor_ops.may_change(pg_catalog.text) is 'Whether a payment with this verdict is judged again when a transaction with its memo changes.';
comment on function anchor_ops.may_rejudge(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text) is 'Whether a payment may get another verdict, or the same one for other reasons: when its transaction was not known, not ready, paid by another payment or expected something else before, or when it went from one observed account to another and only the payer''s side had been read.';
comment on function anchor_ops.memo_value(pg_catalog.text,pg_catalog.text) is 'The value of a memo, whatever its spelling: an id without leading zeros and +, a hash in hexadecimal; any other text as it is. memoValue in lib/stellar/memo.ts makes the same of it.';
comment on function anchor_ops.miss_listings(pg_catalog.text,pg_catalog.text[]) is 'Counts that a source lists these no more. After the third time in a row they are delisted, until a source lists them again; the result is these changes.';
comment on function anchor_ops.move_cursor(pg_catalog.text,pg_catalog.text) is 'Moves the cursor of a walk and returns when the walk began. A null cursor says that it has reached the end.';
comment on function anchor_ops.named_payments(pg_catalog.text,pg_catalog.text,boolean,timestamp with time zone,pg_catalog.text,integer) is 'The payments of the present epoch with a name whose verdict may change, dust or not, from a place on, the oldest first.';
comment on function anchor_ops.next_checks(pg_catalog.text,integer) is 'Locks up to p_limit home domains that are due and not claimed. Three of four places are for anchors that are listed and in service, as long as they are due, so that new and dead ones cannot starve them; what one kind leaves free the others get.';
comment on function anchor_ops.note_changes(pg_catalog.text,pg_catalog.text[],pg_catalog.jsonb) is 'Notes these changes, each with domain, kind, before, after and the listing if it is of one, and every listing of p_domains that is operational now and was not when it was last shown, or the reverse. It is the last step of whatever changes them.';
comment on function anchor_ops.note_countries(pg_catalog.text,pg_catalog.text[]) is 'Counts these countries anew, as the last step of whatever lists or switches off listings there.';
comment on function anchor_ops.note_due(pg_catalog.jsonb) is 'Notes the names of payments that are to be marked as due: those with one of these memos by value, with a muxed id that is one of these memo ids, or to one of these muxed addresses (type muxed_account), made at start or later. A payment that was paid earlier can be for no such transaction. It locks no payment, so that no flood of payments keeps a transaction from being stored.';
comment on function anchor_ops.note_due_for_changed() is 'Notes the names of payments that may be for transactions which began or ceased to wait, or expect something else than before.';
comment on function anchor_ops.note_due_for_new() is 'Notes the names of payments that may be for transactions that were not known before.';
comment on function anchor_ops.note_due_for_request() is 'Notes the names of payments that may be for a transaction after an update named the account that is to be paid.';
comment on function anchor_ops.note_earlier(pg_catalog.jsonb,pg_catalog.text[],pg_catalog.jsonb) is 'Notes that documents showed an earlier state than the stored one, all but p_stored. confirmed says that p_earlier proves that the document is no late answer; takeAt is the time from which the earlier state counts.';
comment on function anchor_ops.oldest_checks(pg_catalog.text,integer,pg_catalog.text,timestamp with time zone) is 'Locks up to p_limit home domains that were not checked since p_before and are not claimed, due or not, and whose servers do not ask for patience, the longest unchecked first: those with an active listing in p_country, if it is given.';
comment on function anchor_ops.open_updates(pg_catalog.jsonb) is 'The updates whose outcome was not known when the answer of their request was stored, as they are now.';
comment on function anchor_ops.outdated_credits(pg_catalog.jsonb) is 'The operations that would be credited to a transaction which has changed since the judge read it with transactionMark.';
comment on function anchor_ops.page(pg_catalog.text,integer,pg_catalog.jsonb[],pg_catalog.text[],pg_catalog.text) is 'A page of at most p_limit rows and 3 MB of text, but of one row at least. p_rows and p_cursors hold one row more when there is a next page; next is null on the last. p_end is the cursor of the place up to which rows were looked for, if p_rows holds all that were found and there may be more.';
comment on function anchor_ops.park_old_events(anchor_ops.webhook_endpoint) is 'Parks what an endpoint that takes nothing has not taken for 3 days: 10,000 events of up to 500 lanes, each the same share. The next call goes on.';
comment on function anchor_ops.payment_json(anchor_ops.payment) is 'A payment in the form of the answers. attemptState is the state of the update that credits it, latestAttempt the last one by which that was sent anew; state is open, or why the payment is not open money; sentence names the transaction that has the operation when the update was refused for it.';
comment on function anchor_ops.payment_names(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,timestamp with time zone) is 'The names by which payments can mean a transaction, as note_due takes them. A null p_started_at means at any time.';
comment on function anchor_ops.payment_reading(anchor_ops.payment,pg_catalog.jsonb) is 'What is stored of a payment when a person decides about it, and what was asked.';
comment on function anchor_ops.payment_state(anchor_ops.payment,pg_catalog.text) is 'What became of a payment: open, credited, being_credited, assigned, reported_by_hand, dust, own, or the decision by which a person closed it.';
comment on function anchor_ops.payment_subject(integer,pg_catalog.text) is 'The subject of the decisions about a payment: its epoch and its operation id, parted by a slash.';
comment on function anchor_ops.platform_time(pg_catalog.jsonb) is 'The time that tells an older answer from a newer one.';
comment on function anchor_ops.present_epoch() is 'The epoch of the ledger that is observed now.';
comment on function anchor_ops.prune_checks(pg_catalog.text,pg_catalog.text[]) is 'Deletes what is older than 90 days before the last check of each of these home domains.';
comment on function anchor_ops.prune_runs() is 'Deletes runs that are older than 30 days, except the last of a kind.';
comment on function anchor_ops.publish_events() is 'Numbers up to 5,000 events whose transactions have committed, and puts them into the lanes of the endpoints that they are for. Returns how many.';
comment on function anchor_ops.reason_change(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'The change to note when the rules took a home domain out of service or back; null when they did not.';
comment on function anchor_ops.recent_run(pg_catalog.text,integer,pg_catalog.text) is 'The answer of start_run when a run of this kind is less than p_quiet_seconds ago; else null. From start, every run counts since it began, also one that failed or died. From finish, a run counts since it ended with an answer.';
comment on function anchor_ops.reconciliation_json(integer,pg_catalog.text,pg_catalog.text,bigint) is 'A stored comparison in the form of the answers, in stroops.';
comment on function anchor_ops.record_attempt_move() is 'Records every move of an attempt, whoever made it.';
comment on function anchor_ops.record_decision(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Stores a decision in the step that carries it out, and returns its id.';
comment on function anchor_ops.record_decision_once(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Stores a decision unless it says again what the last one about the subject says, by the same key and with the same note, as the second click on a button does. Returns the id of the one that is stored. The caller holds the lock of the subject.';
comment on function anchor_ops.recorded_hash(integer,pg_catalog.text) is 'The hash of the Stellar transaction of an operation that is stored or archived; null for an unknown one.';
comment on function anchor_ops.recorded_page(pg_catalog.jsonb) is 'The answer of record_payments.';
comment on function anchor_ops.refunded_before(pg_catalog.text,pg_catalog.text,pg_catalog.text,bigint) is 'The sum that was refunded of a transaction, with fees, not rounded. It counts the attempts with this method that may have had an effect (those before p_before_seq, if it is given) and every other payment that the platform shows, without the refund p_refund_id itself.';
comment on function anchor_ops.refuse_credit(anchor_ops.payment,pg_catalog.text) is 'Gives the transaction of a credit that ended without effect free for the operation p_instead: the payment becomes update_refused. A null payment changes nothing.';
comment on function anchor_ops.refused_import(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text,pg_catalog.text[]) is 'The directory of which an import would drop or change more than half of the rows, with their numbers; null if there is none. A row that was dropped before is not counted again.';
comment on function anchor_ops.release_operations() is 'Releases the claims of an attempt that ended without effect.';
comment on function anchor_ops.repeated_decision(anchor_ops.payment,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'The last decision about a payment if the same key asked for the same with the same note; else null.';
comment on function anchor_ops.roll_up(pg_catalog.text,pg_catalog.text[],pg_catalog.date[]) is 'Stores what the checks of these home domains say, each of its day.';
comment on function anchor_ops.run_fault(pg_catalog.jsonb) is 'What was wrong with a run that finished with this answer; null for nothing.';
comment on function anchor_ops.schedule_changed_listings() is 'Keeps the queue in step with the listings, whoever writes them.';
comment on function anchor_ops.schedule_checks(pg_catalog.text,pg_catalog.text[]) is 'Gives each of these home domains that has an active listing a row in the queue, due at once when it is new or newly listed by a directory or a person, and takes the others out.';
comment on function anchor_ops.schedule_switched_listings() is 'The same for listings that were switched, that a directory lists after Horizon, or that are listed again. A verdict changes nothing here.';
comment on function anchor_ops.sep_names() is 'The protocols whose endpoints a stellar.toml may name.';
comment on function anchor_ops.set_open() is 'Sets open_since: a payment that is recorded as open is open since its ledger closed, another one since it came to be open.';
comment on function anchor_ops.set_open_of_attempt() is 'Sets open_since of the payments whose update, or whose claim, changed with an attempt. Whoever moves an attempt holds the lock of its Stellar transaction, so that no payment is recorded meanwhile. Notes the names of the payments for a transaction whose credit ended without effect.';
comment on function anchor_ops.show_capability() is 'Writes shown and steps of a home domain from its capability, whoever changes it.';
comment on function anchor_ops.shown_operation(integer,pg_catalog.text) is 'An operation id as it is shown; outside the present epoch with its epoch, so that it is never taken for an operation of today.';
comment on function anchor_ops.shown_sentence(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'The sentence of a payment. When the update that credits it was refused because its operation counts for something else, that is named.';
comment on function anchor_ops.side_look_json(pg_catalog.text,pg_catalog.text) is 'The side look of an account in the form of health; null if there was none.';
comment on function anchor_ops.sides_of(pg_catalog.jsonb,pg_catalog.text) is 'One side, before or after, of the first 20 changes that are held.';
comment on function anchor_ops.snapshot_json(anchor_ops.balance_snapshot,pg_catalog.text) is 'The balance of an asset in a snapshot; null without a snapshot.';
comment on function anchor_ops.stellar_hashes(pg_catalog.jsonb) is 'The hashes of the Stellar transactions that a document of the platform shows.';
comment on function anchor_ops.steps_of(pg_catalog.text,pg_catalog.text,pg_catalog.date) is 'The steps of a day, which may stand at an earlier one of its month.';
comment on function anchor_ops.store_documents(pg_catalog.jsonb,pg_catalog.uuid,timestamp with time zone,pg_catalog.jsonb,pg_catalog.jsonb) is 'Stores transactions as the platform shows them, in one step, with a row of history for each status that differs. Of two answers the one that the platform updated later stays, unless the earlier one counts (take_earlier), or is the answer to an update that was sent when p_after was the time of the stored one. p_attempts names the attempt (attemptId) and p_after (after) of each transaction by its id, for documents that were read with several attempts. Returns how many were stored, what went back, and which documents show an earlier state (note_earlier).';
comment on function anchor_ops.store_import(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text,boolean) is 'Writes the listings that are new, changed or moved. The result is the changes of those that are listed again.';
comment on function anchor_ops.store_payments(pg_catalog.text,pg_catalog.text,integer,pg_catalog.jsonb,timestamp with time zone) is 'Stores payments. A payment that is stored already gets its new verdict and the account of that verdict. A new one whose verdict may change is judged once more 30 s later.';
comment on function anchor_ops.store_unlisted(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Stores places where the list does not show a transaction. A place between the same transactions keeps its since.';
comment on function anchor_ops.summarise_countries(pg_catalog.text,pg_catalog.text[]) is 'Counts the active listings of these countries anew, or of all. The caller holds the lock under which changes are noted.';
comment on function anchor_ops.take_earlier(pg_catalog.jsonb,pg_catalog.jsonb) is 'Lets the documents that show an earlier state replace the stored ones, if the platform has shown nothing else for went_back_after. p_earlier names transactions with their earlier_count: their documents were read after earlier_since, so they are no late answers. The applied attempts that the earlier state may lack are then due to be looked for. Returns what went back.';
comment on function anchor_ops.take_request(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer) is 'Takes an Idempotency-Key for p_holder. request is none without a holder, unless the key was taken already; new, also when p_holder has the key already, or when it was taken p_takeover_seconds ago and has no answer, since its process died (then with takenOver); replay with the stored answer; running; or conflict when the key came with another body.';
comment on function anchor_ops.tell(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Writes an event into the outbox. It takes no lock, so that no change waits for those who are told of it.';
comment on function anchor_ops.tell_attempt() is 'Tells that an attempt was settled, or that it waits for a person. Its subject is its transaction, so that both are told in order.';
comment on function anchor_ops.tell_catalog_changes() is 'Tells each change of the catalog. The change itself is read from /api/anchors/changes.';
comment on function anchor_ops.tell_difference() is 'Tells that the movements of a period do not explain its balances, and that they do or that a person explained it.';
comment on function anchor_ops.tell_observer() is 'Tells that the observer of an account stopped with an alarm, or that the alarm is over.';
comment on function anchor_ops.tell_payment() is 'Tells the verdict of a payment, and that it became open money or is none any more. Dust is told only where it is credited.';
comment on function anchor_ops.tell_run() is 'Tells that runs of a kind became degraded, for another reason than before, or have recovered.';
comment on function anchor_ops.tell_transaction() is 'Tells that the platform first showed a transaction, or showed it in another status.';
comment on function anchor_ops.transaction_mark(pg_catalog.text) is 'Tells the state of a stored transaction that a payment is judged by from every other one; null for an unknown transaction.';
comment on function anchor_ops.transactions_reporting(pg_catalog.text) is 'The transactions in which the platform shows a Stellar transaction, by its hash in lower case, or for which an attempt reported it.';
comment on function anchor_ops.unproven_repeats(pg_catalog.jsonb) is 'The stored payments of a page that were judged already_paid by a credit which is not stored: a person closed the payment meanwhile, or it has to be judged again. Such a verdict is not stored.';
comment on function anchor_ops.unseen_listings(pg_catalog.text,pg_catalog.text,timestamp with time zone) is 'The listings that a walk over a whole source did not see.';
comment on function anchor_ops.utc_day(timestamp with time zone) is 'The day in UTC that holds p_at.';
comment on function anchor_ops.utc_month(timestamp with time zone) is 'The beginning of the month in UTC that holds p_at.';
comment on function anchor_ops.waits_for_person(pg_catalog.text) is 'Whether only a person ends an attempt in this state.';
comment on function anchor_ops.webhook_wait(integer) is 'The wait after so many failures in a row: 1, 2, 4, 8, then 15 minutes, so that a host that is back gets its events within 15 minutes.';
comment on function anchor_ops.went_back_after() is 'For so long the platform must show nothing but earlier states before an earlier state counts.';
comment on function anchor_ops.why_not_open(anchor_ops.payment) is 'Why a payment is not open money: closed by a person, failed, outgoing, catching_up, credited with an update that did not end without effect, reported_by_hand in an applied update that holds a claim on its operation, own if another observed account paid, dust. Null for open money.';
comment on function anchor_ops.why_rejected(anchor_ops.attempt) is 'Why an attempt may no longer be sent: it has expired, it would refund more than came in, or it is custody money that waited while a person found that an earlier attempt with its method had paid. Null when it may.';
comment on function anchor_ops.why_too_old(anchor_ops.payment,pg_catalog.text) is 'The refusal of a decision that needs the ledger on which the payment was made: after a reset of the network nothing of an older epoch is credited or paid back. Null for any other.';
comment on function anchor_ops.window_lock(pg_catalog.text) is 'The advisory lock that record_checks shares and brake_window takes alone, so that no failure is stored beside the brake.';
comment on function anchor_ops.window_start(timestamp with time zone,integer) is 'The beginning of the window that holds p_at. Windows of a length that divides 24 hours begin at midnight UTC.';
comment on function anchor_ops.with_sign_in(pg_catalog.jsonb,pg_catalog.jsonb) is 'The capability before a check that counts against nobody. The sign-in took place all the same, so that the next check does not sign in again.';
comment on function anchor_ops.without_operations(pg_catalog.jsonb,pg_catalog.jsonb) is 'The payments without those of these operations, in their order.';
comment on function public.apply_dust(pg_catalog.jsonb,integer) is 'Lets stored payments of one asset whose limit has changed follow p_limits: open money below the limit becomes dust, and dust that is not below it is open money again. It changes at most p_most of each. isDone is false until the payments of every asset follow.';
comment on function public.archive_payments(integer,integer) is 'Moves up to p_limit payments that may be archived and were judged more than p_older_than_days ago to the archive, the oldest first. Their evidence and their earlier verdicts are deleted.';
comment on function public.assign_payment(pg_catalog.text,integer,pg_catalog.jsonb,pg_catalog.text,pg_catalog.jsonb,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Credits open money to the transaction that a person named, with the update p_update, which has the natural key of the operation. decided is false for a payment that is neither open, dust nor catching_up; with a refusal if it is of an older epoch, if another transaction has a claim on its operation, if the transaction was credited with another payment whose credit holds (one that ended without effect becomes update_refused), or if the update cannot be stored. The same again by the same key is answered as the first time. A null p_epoch is the present one. The result is null for an unknown payment.';
comment on function public.begin_books(pg_catalog.text) is 'Up to where the movements of an account are read, and when its last snapshot was taken. book is null when none was opened.';
comment on function public.begin_observation(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer) is 'Takes an account of one source to observe it, unless another process holds it; the first call makes its row. cursor is null until the operator has chosen a start. epoch is that of the cursor; present is the present epoch with the newest ledger that was seen of it. alarm is the code of the alarm that stands. oldestAwaitingAt is the start of the oldest transaction that waits for a payment.';
comment on function public.begin_requested_check(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,integer,integer,integer,integer,integer,integer) is 'Counts a check that somebody asks for. kept: the result of one that was asked for in the last p_kept_seconds; nothing is counted. begun: the caller may check, and stores the result under id. refused: one is under way since less than p_running_seconds, or within p_window_seconds p_per_caller checks of this caller, p_per_owner below this registrable domain or p_in_all of everybody were counted.';
comment on function public.begin_side_look(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer) is 'Takes the side look of an account, unless another process has it, the account has an alarm or it has no start. cursor and checkpoint are those of the observer, startCursor is where its operator let it start.';
comment on function public.begin_updates(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,pg_catalog.jsonb) is 'Stores updates of one HTTP request before anything is sent. p_key names the request and, with the index, each of its updates: what is stored already under both is not stored again, and its attempt is answered with created false. So the call may be repeated when its answer is lost. p_holder is null when the caller gave no Idempotency-Key and p_key was made for it. request is as in take_request; a replay has the updates of open_updates. An update whose natural key is in use gets the attempt that has the key. refusal says why an update was not stored. An update with an rpcId starts SENDING under that id when its transaction is stored and no attempt of it is unfinished, unless it refunds or pays through custody; transaction is then its pre; so it is when the call is repeated.';
comment on function public.brake_window(pg_catalog.text,timestamp with time zone) is 'Says that the failures of a window count against nobody: those that were stored are undone, and later ones are facts without a consequence. braked is false when it was said before.';
comment on function public.claim_checks(pg_catalog.text,pg_catalog.uuid,pg_catalog.uuid,integer,integer,integer,timestamp with time zone,boolean,pg_catalog.text) is 'Claims home domains to check, each with all its listings, because a check judges them all: those that are due, or with p_only_due false the longest unchecked that this run has not checked yet. The health is the one before the window, and outcome what the window said so far, so that a window is judged once, however many checks fall into it. Domains out of service are checked too, so that they can return.';
comment on function public.claim_lanes(pg_catalog.text,pg_catalog.uuid,integer,integer,integer) is 'Publishes events, then claims lanes of an endpoint that are due, the longest due first, each with its next events and with the first 100 parked events of the subject that the endpoint was not told of (missed). Empty while the endpoint is paused. After 5 failures in a row one event at a time is tried, at growing intervals, and first those that were tried least.';
comment on function public.claim_noted_events(integer,integer) is 'Claims noted transactions that are due for p_claim_seconds: those that were stored when they were noted first, then the longest due.';
comment on function public.claim_unsettled(pg_catalog.uuid,integer,integer,integer,boolean,integer) is 'Claims unfinished attempts for p_claim_seconds, open ones before those that are only to be looked for, and the oldest first. A SENDING attempt becomes UNKNOWN after p_sending_after_seconds, and a READY attempt EXPIRED after its expires_at, unless an earlier send may have been applied. A READY attempt is claimed after p_ready_after_seconds without a change, or with p_paused_too at once if an open breaker put it off (paused in its outcome), an APPLIED attempt to be looked for once more while no later update of its transaction is open. secondsSinceSent is by the clock of the database.';
comment on function public.count_attention(integer,pg_catalog.text[],pg_catalog.text,integer) is 'How much of each kind read_attention would list, each counted up to p_most.';
comment on function public.count_query_secret() is 'Counts one call in its minute, and deletes the counts that are older than two days.';
comment on function public.create_key(pg_catalog.text,pg_catalog.text,pg_catalog.text[],double precision,pg_catalog.text,pg_catalog.text,integer) is 'Stores a named key, unless its name was ever used (name_used) or p_most_keys keys are usable (too_many_keys). The same call again changes nothing and is answered with created.';
comment on function public.decide_anchor(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text) is 'Stores what a person says of a home domain, or of the one listing p_listing, once for a repeat: enable and disable stand above the rules until forget gives them back. accept makes the identity count that has been held since p_held_since. All but disable let a home domain return that was switched too often. The result is null for an unknown home domain; decided is false for a listing that is not of it, and for accept where another identity is held than that one, with heldSince, or none is and the home domain was not switched too often.';
comment on function public.decide_attempt(pg_catalog.uuid,pg_catalog.text,pg_catalog.text,pg_catalog.text,integer) is 'Ends an attempt by a person''s decision. The attempt must be MANUAL or LOST; or, p_quiet_seconds since its send, when the request can no longer arrive, UNKNOWN, or READY if an earlier send may have been applied. An APPLIED attempt may be called rejected or not applied after the platform went back, or p_quiet_seconds after a person called it applied. Withdrawn is for a READY attempt of which no earlier send may have been applied; it is not sent then. Any other attempt does not change, decided is false, and decision is the last one about it. A decision is recorded with the transaction as it was stored then. Raises AO003 when there is no such attempt.';
comment on function public.decide_payment(pg_catalog.text,integer,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,pg_catalog.jsonb) is 'Closes open money as refunded, reported or ignored, or opens a closed payment again. A refund claims the first of the choices of p_refund that nobody has, so that one Stellar refund closes one payment and is no payout; a closed payment claims its own operation, so that no update credits it; reopen gives the claims back. decided is false for a payment that is neither open, dust nor catching_up, or not closed, and with a refusal if the payment or the refund is claimed, or if a payment of an older epoch was refunded; decision is the last one about it. The same again by the same key is answered as the first time. A null p_epoch is the present one. The result is null for an unknown payment.';
comment on function public.end_looks(pg_catalog.jsonb,double precision) is 'Notes that APPLIED attempts were looked for once more; with p_settle_in_seconds it puts that off. An attempt that is locked, or whose settleAt is not the one under which it was looked for, does not change.';
comment on function public.end_noted_events(pg_catalog.jsonb,integer) is 'Ends the readings of claimed transactions: transaction_id, events as claimed, is_read. One that was read goes, unless another event came meanwhile; one that could not be read is due again after p_retry_seconds, until an hour after it was noted. paymentsDue says whether payments are noted that the readings may concern.';
comment on function public.end_observation(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,pg_catalog.jsonb,boolean) is 'Gives the account back, with the alarm that ended the observation or none; an alarm with the same code keeps its first time. p_swept says that a sweep has reached its end. ended is false, and nothing changed, when another process has taken over.';
comment on function public.end_scheduled_run(pg_catalog.text,pg_catalog.text) is 'Notes how a run ended: with the code of an error, or well if p_failure is null. noted is false for a kind that no scheduler starts.';
comment on function public.end_side_look(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,boolean,integer,pg_catalog.jsonb) is 'Gives the side look back, with its failure or none; a failure with the same code keeps its first time. The next one is due after p_next_seconds.';
comment on function public.explain_difference(pg_catalog.text,pg_catalog.text,bigint,pg_catalog.text,pg_catalog.text) is 'Records that a person has explained a difference of the present epoch, which ends its alarm. explained is false when there is no difference or it was explained before; the result is null for a period that was not compared.';
comment on function public.find_book_assets(pg_catalog.text) is 'The assets of which an account may have a balance: those of its movements, of its last snapshot and of transactions that await a payment. At most 199, which one call of Stellar RPC shows.';
comment on function public.find_candidates(pg_catalog.jsonb,pg_catalog.text) is 'The stored transactions, of any status, that a payment may be for: those with one of these memos by value, or with a muxed address (M…) that is given as type muxed_account, or with the id that is given as type transaction_id. Of each memo at most 20 are returned: first those that existed at some time between from and until of the memo, where these are given, then those that wait for a payment, then the newest. account is the account to be paid: the platform''s withdraw_anchor_account, else the destination in our last applied update of p_account_method, else the destination of a withdrawal or of a SEP-31 transaction, else null. creditedBy is the operation that was credited to the transaction, and creditRefused says that its update ended without effect; startedAt and endedAt say when it existed; mark tells its state from a later one.';
comment on function public.find_changed(pg_catalog.jsonb) is 'The ids of those documents that are not stored as they are shown here. It locks and writes nothing: 10,000 transactions of which none changed take 0.7 s.';
comment on function public.find_due(pg_catalog.text,integer,integer,timestamp with time zone) is 'The payments of an account that were due at p_before, or are now, the longest due first, as the ledger shows them.';
comment on function public.find_key(pg_catalog.text) is 'The key with this hash as it is now; null for an unknown hash.';
comment on function public.find_others(pg_catalog.text,integer) is 'Ids of other transactions, to find out whether the platform can be read at all: of the last changed ones first one of each asset, and none whose own reading failed last.';
comment on function public.find_side_looks(pg_catalog.text[],pg_catalog.text) is 'The accounts whose side look is due, the longest due first. An account with an alarm, or without a start, has none.';
comment on function public.find_unrecorded(integer,pg_catalog.text[]) is 'Those of some operations, in their order, that are not recorded as payments.';
comment on function public.finish_request(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,pg_catalog.jsonb) is 'Stores the answer of a request, once, if p_holder still has its key. Everybody else gets the stored answer, or null while the process that has the key works on it.';
comment on function public.finish_requested_check(bigint,pg_catalog.jsonb) is 'Stores what a check that somebody asked for found, for who asks next.';
comment on function public.finish_run(pg_catalog.uuid,bigint,pg_catalog.jsonb,pg_catalog.text) is 'Stores the answer of a run (null when it broke off), notes whether it failed (p_failure is the code of the error, also of an answer that tells of one), and gives the lease back; finished is false when the run no longer holds it. A run without a lease has no fence.';
comment on function public.import_listings(pg_catalog.text,pg_catalog.jsonb,pg_catalog.text[],boolean,pg_catalog.text,integer,boolean,boolean,pg_catalog.text,pg_catalog.text,pg_catalog.uuid,bigint) is 'Stores listings in one step with the cursor of their source. p_active is for new rows only. A directory lists all that it knows: p_passed_over are ids that it lists and that are not wanted, and with p_counted_after_hours its listings that it has dropped are counted as missed, if that was last done so long ago. refused names a directory of which more than half of the rows would be dropped or changed; then nothing is written unless p_force. written counts the listings that are in the catalog now, changed or not; a dry run writes nothing. p_fence is of the run that found the listings, or null; when that run lost the lease, the function raises AO001 and stores nothing.';
comment on function public.note_event(pg_catalog.text) is 'Notes that an event came, and the transaction to be read because of it; null if the event names none. noted is false for an id that is not stored while 10,000 such ids are noted.';
comment on function public.note_expired_listings(pg_catalog.text) is 'Notes the listings whose evidence became too old, which no check switches. domains is how many home domains were looked at.';
comment on function public.open_book(pg_catalog.text,integer,pg_catalog.text,bigint,pg_catalog.text) is 'Begins a span of recorded movements behind the ledger of a snapshot.';
comment on function public.prune_events(integer) is 'Looks at up to p_limit events that were published more than 30 days ago, and deletes those that no endpoint waits for and that are not parked; the others are looked at again a day later. Deletes up to p_limit parked events that are older than 90 days.';
comment on function public.read_archived_payment(pg_catalog.text,integer) is 'A payment that is archived, with the decisions about it, the oldest first. A null p_epoch is the present one. Null for a payment that is not archived.';
comment on function public.read_attempt(pg_catalog.uuid) is 'One attempt with its transaction as it is stored now, which is null if it was never read. The result is null for an unknown id.';
comment on function public.read_attempts(pg_catalog.text[],pg_catalog.text,pg_catalog.text,timestamp with time zone,pg_catalog.text,integer,pg_catalog.text) is 'A page of the attempts that pass every given filter, in the order in which they were stored, or with the order desc the newest first. p_since is compared with updated_at. next is the p_cursor of the following page in the same order; a page may be short before the last one (filtered_page).';
comment on function public.read_attention(integer,pg_catalog.text[],pg_catalog.text,integer,pg_catalog.text) is 'A page of what waits for a person, the newest first: updates that only a person may end, updates that have been open for p_late_seconds, open money, alarms of the observer, differences in its books, places where the platform does not list a transaction, and anchors of directories and people that are held or flapping. The observer says something of p_accounts in p_source only: what it left of other accounts and sources no run of it can end. next is the p_cursor of the following page.';
comment on function public.read_book_health(pg_catalog.text[]) is 'How many differences of the present epoch nobody has explained, and up to where the books of each of the accounts are kept.';
comment on function public.read_book_lines(pg_catalog.text,pg_catalog.text,integer,timestamp with time zone,timestamp with time zone,integer,pg_catalog.text) is 'A page of the movements of a period, the oldest first. next is the p_cursor of the following page.';
comment on function public.read_books(pg_catalog.text,pg_catalog.text,integer,timestamp with time zone,timestamp with time zone) is 'The books of a period, one for each account and asset that a snapshot shows, or for the given ones. p_epoch null is the present epoch.';
comment on function public.read_catalog(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,timestamp with time zone,boolean,integer,pg_catalog.text,pg_catalog.text) is 'A page of active listings in the order of their ids. p_sep selects those whose anchor has reached p_min_step (default: declared) there; without p_sep, p_min_step is asked of the rail that carries the listing. p_search is a part of the name or of the home domain, in any letter case. Each row is two texts of JSON without braces, which callers need not parse: what it says itself, in listings, and what it says of its home domain, in domains, where null says the same as in the row above. A page has at most p_limit rows and 3 MB, but one row at least. next is the p_cursor of the following page.';
comment on function public.read_catalog_health() is 'How many home domains are known.';
comment on function public.read_changes(pg_catalog.text,timestamp with time zone,pg_catalog.text,pg_catalog.text,integer,bigint) is 'A page of changes in the order in which they were committed, behind the change p_cursor and not before p_since. next is the id of the last change of a page that is not the last one.';
comment on function public.read_countries(pg_catalog.text,boolean) is 'Countries of active listings. The counts are of anchors, by home domain: one with three currencies counts once. Without p_include_non_operational only operational listings count.';
comment on function public.read_decisions(timestamp with time zone,pg_catalog.text,pg_catalog.text,boolean,integer,pg_catalog.text) is 'A page of the decisions, the oldest first or, with p_descending, the newest. next is the p_cursor of the following page.';
comment on function public.read_domains_below(pg_catalog.text,pg_catalog.text[]) is 'The known home domains that are one of these registrable domains, or below it.';
comment on function public.read_due_issuers(pg_catalog.text,integer,integer) is 'The issuers to read next: those that the stellar.toml of a listed home domain names and that were never seen or longer ago than p_older_than_seconds. Each home domain has its turn, so that one that names hundreds cannot keep the others waiting, and within a turn never seen accounts alternate with the longest unseen. due is their number in all.';
comment on function public.read_event_health() is 'When the last event came, to the second, and how many transactions are noted.';
comment on function public.read_events(timestamp with time zone,pg_catalog.text,pg_catalog.text,boolean,pg_catalog.text[],integer,bigint) is 'A page of events in the order of their positions, behind the position p_cursor and not published before p_since; with p_parked only those that one of p_endpoints did not take and that nobody had sent again.';
comment on function public.read_home_domain(pg_catalog.text,pg_catalog.text) is 'One home domain with its evidence, whether one of its listings is operational now, all its listings, its last 50 checks and what they said of its last 90 days; null when it is not known.';
comment on function public.read_issuers(pg_catalog.text,pg_catalog.text[],pg_catalog.text[]) is 'The stored ones of these accounts, and those that name one of these home domains, in the order of the accounts. tomlSha256 and confirmedCodes are of the home domain that the account names: the hash of its stellar.toml and the codes of this issuer that it lists.';
comment on function public.read_key_hashes() is 'The hashes of all keys, so that a wrong key costs no call of the database.';
comment on function public.read_keys() is 'Every named key, the oldest first, revoked and expired ones too.';
comment on function public.read_latest_changes(pg_catalog.text,pg_catalog.text,pg_catalog.text[],integer) is 'The newest p_limit changes of these kinds, of one home domain or of all, the newest first.';
comment on function public.read_latest_events(boolean,pg_catalog.text[],integer) is 'The last events, the newest first; with p_parked only those that one of p_endpoints did not take and that nobody had sent again.';
comment on function public.read_metrics(pg_catalog.text,pg_catalog.text[],pg_catalog.text,integer,integer,integer) is 'The figures of the metrics: how the last runs ended, updates by state and those that ended within the last hour, payments judged within it, open money, the observer of p_accounts in p_source, the catalog of p_network, checks that are due and those due for p_overdue_seconds, and what waits for a person. A count that may be larger ends at p_most.';
comment on function public.read_observer_health() is 'How far each account is observed, its alarm, the places in the platform''s lists where a transaction is not shown, and how far each list was read.';
comment on function public.read_open_lists() is 'How far each list of the platform is read. now is the p_began_at of a reading that begins now.';
comment on function public.read_open_money(integer,integer) is 'Open money by asset and age. Anybody can send payments, in any number of assets: it counts the oldest p_most payments (isWhole says that these are all) and shows p_most_assets assets, those with the most payments first; otherAssets is how many more there are. amount is the sum of what the ledger shows, null when it shows no amount.';
comment on function public.read_open_payments(pg_catalog.text,pg_catalog.text,pg_catalog.text,timestamp with time zone,integer,pg_catalog.text) is 'A page of open money, the oldest first. p_since is compared with open_since. It reads at most 5,000 open payments: a page that has not found p_limit of them by then names the place it reached in next.';
comment on function public.read_outbox_health(pg_catalog.text[]) is 'How deliveries go: how many events are parked, and of each endpoint how many subjects wait and since when it fails.';
comment on function public.read_payment(pg_catalog.text,integer) is 'A payment with the decisions about it, the oldest first, and the memo that its transaction names for a refund. A null p_epoch is the present one. Null for an unknown payment.';
comment on function public.read_payments(pg_catalog.text,timestamp with time zone,integer,pg_catalog.text) is 'A page of the observed payments in the order of judged_at, so that a payment with a new verdict comes again at the end. p_since is compared with judged_at. next is the p_cursor of the following page.';
comment on function public.read_platform_release(pg_catalog.text) is 'The release that a platform was last found to be; null if none was.';
comment on function public.read_query_secret_calls() is 'How many calls were counted in the last day, to the minute.';
comment on function public.read_report_time(pg_catalog.uuid) is 'When an update was stored, and how many seconds ago.';
comment on function public.read_scheduled_runs() is 'How the last run of each kind that a scheduler starts ended, and the time of the database.';
comment on function public.read_transaction(pg_catalog.text) is 'One transaction, whether the platform shows an earlier state and whether it went back, its statuses, its attempts (attempts_of) and its refunds. transaction is null when it has attempts but was never read from the platform. The result is null when nothing is stored.';
comment on function public.read_transactions(pg_catalog.text[],pg_catalog.text,pg_catalog.text,timestamp with time zone,pg_catalog.text[],pg_catalog.text[],pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,integer,pg_catalog.text) is 'A page of the stored transactions that pass every given filter, the longest unchanged first, so that a transaction that changes while pages are read comes again at the end; with the order desc, the last changed first. p_memos are the spellings of one memo. next is the p_cursor of the following page in the same order; a page may be short before the last one (filtered_page).';
comment on function public.read_update_health() is 'The number of unfinished attempts by state, and when the oldest READY attempt was stored, the oldest UNKNOWN attempt was sent and the oldest MANUAL attempt became MANUAL. A LOST attempt counts as MANUAL: it waits for a person too; wentBack counts those that were lost because the platform went back.';
comment on function public.read_walk(pg_catalog.text,integer) is 'Where the walk through a source goes on. isDue is false while the last walk has reached the end and began less than p_rest_hours ago.';
comment on function public.reconcile_books(pg_catalog.text,integer) is 'Compares the snapshots of an account that were not compared yet, or showed a difference, with the movements since the snapshot before. It stores the results and returns those that differ.';
comment on function public.record_checks(pg_catalog.text,pg_catalog.uuid,pg_catalog.uuid,integer,pg_catalog.jsonb) is 'Stores the outcome of checks that the token still holds, adds them to the history and to its roll-ups, and says when each is due again. recorded names them; a check that is missing there was claimed by another invocation meanwhile. A null capability, trust or operational leaves the stored one, and a listing that a check does not name keeps its verdict. windows counts what the caller needs to tell whether the fault is likely ours.';
comment on function public.record_delivery(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,bigint,pg_catalog.uuid[],integer) is 'Records that the endpoint took an event, which named the events p_missed as parked, and extends the claim. held is false, and nothing changed, when the lane is claimed under another token.';
comment on function public.record_due(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,pg_catalog.jsonb) is 'Records payments that were due and were judged again, as record_payments does, and moves no cursor. A payment is due no longer, unless it was marked again since dueMark, would be credited to a transaction that has changed since (outdated), or was judged by a credit that is not stored.';
comment on function public.record_failed_delivery(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,bigint,pg_catalog.text,integer) is 'Records that the endpoint did not take an event, and gives the lane back: it is due again later, or behind the event, which is parked if it was refused for a day while the endpoint took others. The endpoint gets nothing for p_pause_seconds, and after 5 failures in a row for the time of webhook_wait. held is false, and nothing changed, when the lane is claimed under another token.';
comment on function public.record_gone(pg_catalog.jsonb) is 'Records that the platform has no transactions with these ids, so that they wait no longer. A document that is stored later takes it back. Returns how many were not known to be gone.';
comment on function public.record_issuers(pg_catalog.text,pg_catalog.jsonb) is 'Stores accounts of issuers. An older sight of an account leaves a newer one, and a sight without flags leaves the flags. recorded counts the stored rows.';
comment on function public.record_movements(pg_catalog.text,integer,pg_catalog.text,pg_catalog.text,pg_catalog.text,bigint,boolean,pg_catalog.jsonb) is 'Stores a page of movements and moves the cursor of the last span, all or nothing. Every movement up to p_to_ledger is stored then. recorded is false, and nothing was written, when the cursor is not the expected one. A movement that is stored already stays.';
comment on function public.record_open_list(pg_catalog.text,pg_catalog.text,timestamp with time zone,integer,integer,boolean,pg_catalog.jsonb,pg_catalog.jsonb) is 'Records that a look read a list from p_from_page on, to its end (p_is_whole) or up to p_next_page, with the ids that it found and the places where a transaction is not shown. Places that the whole reading did not find again are deleted. vanished has up to 100 transactions, chosen by chance, that wait for a payment here, were last stored before the reading began, and that the whole list lacks. recorded is false, and nothing changed, when another process has gone on with the reading.';
comment on function public.record_outcome(pg_catalog.uuid,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,pg_catalog.jsonb,double precision,timestamp with time zone) is 'Moves an attempt from the state and the send that the caller names, and stores the transaction read with it; a late process changes nothing and gets the state. READY, UNKNOWN or APPLIED to itself puts the attempt off by p_settle_in_seconds, which this clock measures: that of the caller may be wrong. An APPLIED attempt without p_settle_in_seconds is not looked for again. p_look_at is the settleAt under which the caller looked for an APPLIED attempt; another one means that a later update was sent meanwhile. SENDING to READY means that the send had no effect, so the try does not count. Raises AO002 for a move that is not allowed, AO003 when there is no such attempt.';
comment on function public.record_outcomes(pg_catalog.jsonb) is 'record_outcome for many applied credits of the payment observer in one step: p_outcomes has the arguments of each call, each with its transaction, and recorded the answers in their order. The answer is null for any other move, which the caller records alone.';
comment on function public.record_payments(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,timestamp with time zone,pg_catalog.jsonb) is 'Records one page, if the caller still holds the observer (else lease_lost), the cursor is p_expected_cursor (else cursor_moved), and each credited transaction is as it was judged (else transaction_changed). A stored payment changes only if may_rejudge allows it. One payment is credited to a transaction. A null p_sweep_cursor, p_checkpoint or p_complete_until leaves the stored value. Raises AO004 as check_operations does.';
comment on function public.record_platform_release(pg_catalog.text,pg_catalog.text) is 'Stores the release that a platform was found to be.';
comment on function public.record_side_movements(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) is 'Records claimable balances and clawbacks as record_payments does, and moves the places of the side look; a null cursor leaves its place. An operation that is recorded stays as it is. lease_lost: another process has the look, or the account was restarted.';
comment on function public.record_snapshot(pg_catalog.text,integer,bigint,timestamp with time zone,boolean,pg_catalog.jsonb) is 'Stores the balances of an account at a ledger. recorded is false when a snapshot of that ledger is stored.';
comment on function public.record_unreadable(pg_catalog.uuid,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,boolean,double precision,integer) is 'Puts off a READY or UNKNOWN attempt whose transaction could not be read. It becomes MANUAL when every reading for p_manual_after_seconds has failed while other transactions could be read; one time at which they could not be read either begins the time anew. A late process, or one behind an open attempt, changes nothing. Raises AO003 when there is no such attempt.';
comment on function public.register_endpoints(pg_catalog.jsonb) is 'Names the endpoints of this deployment (id, host, types or null), forgets those that nobody has named for 3 days, 5,000 of their lanes and parked events at a time, and publishes events.';
comment on function public.release_claims(pg_catalog.text,pg_catalog.uuid,pg_catalog.text[],pg_catalog.text) is 'Gives claims back whose checks did not take place; due is how many home domains are due now, in p_country if it is given.';
comment on function public.release_lanes(pg_catalog.text,pg_catalog.uuid,pg_catalog.text[]) is 'Gives lanes back whose events were not all sent.';
comment on function public.renew_claims(pg_catalog.text,pg_catalog.uuid,pg_catalog.text[],integer) is 'Extends the claims that the token still holds.';
comment on function public.renew_lease(pg_catalog.uuid,bigint,integer) is 'Extends the lease to p_lease_seconds from now. Raises AO001 when the run lost it.';
comment on function public.replay_event(pg_catalog.uuid,pg_catalog.text[],pg_catalog.text[],pg_catalog.text) is 'Writes an event once more, behind the other events of its subject: for those of p_endpoints where it is parked, and where it is parked nowhere for p_by_default. event is null if no event has the id.';
comment on function public.revoke_key(pg_catalog.text,pg_catalog.text,pg_catalog.text) is 'Revokes a key for good. revoked is false for a key that was revoked before, with the decision that did it. The result is null for an unknown name.';
comment on function public.set_observer_cursor(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text,integer,boolean,pg_catalog.jsonb) is 'Sets the cursor to the start that the operator chose, at first or after an alarm, and records the jump. Alarm, checkpoint and sweep are cleared. With p_key_name a person restarted the account, and the decision is recorded. p_epoch is the present epoch that the caller compared with the source, and p_seen the head of the source; with p_is_new_epoch the source shows another ledger, and the cursor is the first of a new epoch. moved is false when another process has taken over or has begun another epoch.';
comment on function public.start_run(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,integer,integer,pg_catalog.text,pg_catalog.text) is 'Takes the lease that runs of this kind need (a walk over Horizon has one of its own) and begins a run. Otherwise skipped says why not: recent (a run of this kind began or finished, as p_quiet_from says, less than p_quiet_seconds ago; the answer that it has comes with it) or already_running. An expired lease is taken over. Without a holder the run takes no lease.';
comment on function public.start_sending(pg_catalog.uuid,pg_catalog.text,pg_catalog.jsonb,pg_catalog.jsonb,pg_catalog.jsonb,pg_catalog.jsonb,pg_catalog.jsonb,integer) is 'Moves an attempt from READY to SENDING under a new rpc id. lookFor are the APPLIED attempts of the transaction that nobody has looked for again; a look that began earlier then changes nothing. started is false when an attempt of the transaction is open (busy, possibly this one), when an older attempt waits (order), when p_transaction is older than the stored transaction (stale), or when the attempt is not READY (state). p_earlier and earlier are as in store_documents: a caller reads a stale transaction once more and repeats the call with earlier. isLive says that asking again soon may help: the transaction was stale and not confirmed, or a process may be at work on the other attempt, which was sent or put in order less than p_live_seconds ago and is not put off. An attempt that has expired, would refund more than came in, would pay by custody what a person says was paid, or reports operations that p_claim cannot have (claim_operations) ends here, EXPIRED or REJECTED, with the reason in outcome; if an earlier send may have been applied, it is MANUAL. Raises AO003 when there is no such attempt.';
comment on function public.start_sendings(pg_catalog.jsonb,integer) is 'start_sending for many attempts of different transactions in one step: p_sends has the arguments of each call, none without its transaction, and started the answers in their order. An attempt that would end is not ended: its answer is null, and the caller begins it alone.';
comment on function public.store_transactions(pg_catalog.jsonb,pg_catalog.jsonb) is 'Stores transactions that were read from the platform, as store_documents does. A caller reads what it finds in earlier once more, and repeats the call with that list as p_earlier.';
comment on table anchor_ops.api_key is 'The named keys of the business. Only revoked_at and revoked_by change, once; no row is deleted, so that a name always means the same key. Writers: create_key, revoke_key.';
comment on table anchor_ops.archived_payment is 'Payments that were final for PAYMENT_RETENTION_DAYS, in a short form; its columns are those of payment. No row is edited or deleted. Writer: archive_payments.';
comment on table anchor_ops.attempt is 'One update of one transaction. The columns that describe the update never change, and no row is deleted. Writers: begin_updates, record_payments, start_sending, record_outcome, record_unreadable, claim_unsettled, decide_attempt.';
comment on table anchor_ops.attempt_move is 'Every state that an attempt was in. No row is deleted. Writer: the trigger of attempt.';
comment on table anchor_ops.balance_snapshot is 'The balances of an account when a ledger had closed, because no source serves past ones. Only reconciled_at changes, and no row is deleted. Writers: record_snapshot, reconcile_books.';
comment on table anchor_ops.book is 'A span of ledgers of which every movement of an account is recorded: those behind from_ledger up to to_ledger. The last span of an account grows; a new one begins where the source has no history any more. No row is deleted. Writers: open_book, record_movements.';
comment on table anchor_ops.catalog_change is 'What changed of an anchor or a listing, the newest 5,000 changes of each home domain. The order of seq is the order in which the changes of a network were committed. Writer: note_changes.';
comment on table anchor_ops.check_window is 'One row per window with checks, kept for 90 days. Writers: record_checks, brake_window.';
comment on table anchor_ops.country_summary is 'The active listings of each country, counted by anchor: all of them, and those in operation. Writer: summarise_countries.';
comment on table anchor_ops.decision is 'What people did: who, when, about what, with what note, and what the service showed of it then. No row is edited or deleted. Writer: record_decision.';
comment on table anchor_ops.directory is 'One row per directory that was imported as a whole. What a listing does not say is here, so that an import need not write the rows that it finds unchanged. Writer: import_listings.';
comment on table anchor_ops.discovery_cursor is 'Where the next walk through a source begins. Writer: import_listings, in one step with the listings that were found.';
comment on table anchor_ops.due_check is 'The work queue of the checks: one row for each home domain with an active listing. It is narrow, because each claim writes it. Writers: schedule_checks, claim_checks, renew_claims, release_claims, record_checks, brake_window.';
comment on table anchor_ops.due_name is 'Names whose payments are to be marked as due. Writers: note_due, mark_due.';
comment on table anchor_ops.dust_limit is 'The dust limits that all stored payments follow. Writer: apply_dust.';
comment on table anchor_ops.event_arrival is 'When the last event came, to the second. One row. Writer: note_event.';
comment on table anchor_ops.home_domain is 'The evidence of the checks on one home domain. Writers: record_checks; decide_anchor writes person_says; import_listings only adds rows.';
comment on table anchor_ops.home_domain_check is 'History of checks: of each home domain those of the 90 days up to its last one. Writer: record_checks.';
comment on table anchor_ops.home_domain_day is 'What the checks of a UTC day said of a home domain, stored by the first check of a later day and kept for good. It is narrow, because 300 home domains add 110,000 rows a year. Writer: roll_up.';
comment on table anchor_ops.issuer_account is 'The accounts that issue the assets of anchors, as the ledger last showed them. Writer: record_issuers.';
comment on table anchor_ops.lease is 'The right of a run to write what it discovers to the catalog. At most one run holds each: catalog a sync, horizon a walk over all assets. An import by a person needs no lease, nor does a check. Writers: start_run, renew_lease, finish_run.';
comment on table anchor_ops.ledger_epoch is 'The ledgers that were observed one after another: a reset of testnet begins a new epoch, in which operation ids come again. The highest epoch is the present one. No row is deleted. Writers: begin_observation, set_observer_cursor, record_payments.';
comment on table anchor_ops.listing is 'One row of the catalog: an anchor in one country, currency and direction. Writers: import_listings; record_checks writes the verdict; decide_anchor writes person_says.';
comment on table anchor_ops.movement is 'Every change of a balance of an observed account. A row is deleted when its ledger is read again from another source. Writer: record_movements.';
comment on table anchor_ops.noted_event is 'The transactions to be read because of an event of the platform. Writers: note_event, claim_noted_events, end_noted_events.';
comment on table anchor_ops.observer is 'How far the payments of one account are recorded from one source, and which process observes it. Writers: begin_observation, set_observer_cursor, record_payments, end_observation.';
comment on table anchor_ops.observer_jump is 'Every start that an operator chose. No row is deleted. Writer: set_observer_cursor.';
comment on table anchor_ops.open_list is 'How far each list of the platform is read. A reading that ends in the look that began it leaves only whole_at and whole_listed. Writer: record_open_list.';
comment on table anchor_ops.operation_claim is 'The operations on the ledger that updates report, that pay payments back, or whose payments a person closed. An operation counts for one transaction or one decision, unless a person forces another report. No row is deleted. Writers: claim_operations, the trigger of attempt, decide_payment.';
comment on table anchor_ops.outbox is 'Events that tell others of a change. They hold ids, codes and times, no secret and no person. Writers: tell (called by triggers), replay_event, publish_events; prune_events deletes what is old.';
comment on table anchor_ops.parked_event is 'The dead letters: events that an endpoint did not take and that are not tried any more. Writers: record_failed_delivery, park_old_events, record_delivery, replay_event.';
comment on table anchor_ops.payment is 'Every operation that moved value to or from an observed account, with its verdict. The columns that the ledger shows never change. Writers: record_payments, archive_payments.';
comment on table anchor_ops.payment_verdict is 'Earlier verdicts of payments. Writers: the trigger of payment, archive_payments.';
comment on table anchor_ops.platform_release is 'The release that was last found behind each platform. Writer: record_platform_release.';
comment on table anchor_ops.query_secret_use is 'How many calls showed the right secret in the query string alone, one row per minute of the last two days. Writer: count_query_secret.';
comment on table anchor_ops.reconciliation is 'Whether the movements of an asset between two snapshots explain its balances, in stroops. One that does not is an alarm until a later look finds the missing movement or a person explains it. No row is deleted. Writers: reconcile_books, explain_difference.';
comment on table anchor_ops.refund is 'Recorded refunds. One counts until its attempt ends without an effect. The sums of the platform are rounded to 4 decimals, these amounts are exact. Writer: begin_updates.';
comment on table anchor_ops.requested_check is 'The checks that somebody asked for in the last minutes. Writers: begin_requested_check, finish_requested_check.';
comment on table anchor_ops.run is 'One row per run that began, kept for 30 days; the last one that finished of each kind stays. Writers: start_run, finish_run.';
comment on table anchor_ops.scheduled_run is 'How the last run of each kind that a scheduler starts ended, whoever started it. Writers: finish_run and end_scheduled_run.';
comment on table anchor_ops.side_look is 'How far the claimable balances and the clawbacks of an observed account are recorded, and which process reads them. Writers: begin_side_look, record_side_movements, end_side_look.';
comment on table anchor_ops.transaction is 'Transactions of the Anchor Platform as an answer last showed them; an older answer replaces a newer one only after the platform has shown nothing newer for went_back_after. Writers: store_documents, note_earlier, take_earlier.';
comment on table anchor_ops.transaction_status is 'Statuses in which answers showed a transaction, one row for each change. Writer: store_documents.';
comment on table anchor_ops.unlisted is 'Places in the platform''s lists of transactions that await a payment where it fails to show one. Writer: record_open_list.';
comment on table anchor_ops.update_request is 'One row per Idempotency-Key, never deleted. Writers: begin_updates, finish_request.';
comment on table anchor_ops.webhook_endpoint is 'The URLs that events are delivered to. The URLs themselves are settings and may hold a secret, so they are not stored. Writers: register_endpoints, claim_lanes, record_delivery, record_failed_delivery.';
comment on table anchor_ops.webhook_lane is 'The work queue of deliveries: one row for each subject with events that an endpoint has not taken. Who claims it delivers them in order, so any number of instances at once keep the order of a subject. Writers: publish_events, claim_lanes, record_delivery, record_failed_delivery, release_lanes, park_old_events.';
comment on table column anchor_ops.api_key.secret_sha256 is 'The secret itself has 256 random bits and is not stored.';
comment on table column anchor_ops.archived_payment.state is 'Why it was not open money (why_not_open).';
comment on table column anchor_ops.archived_payment.transaction_id is 'The update that credited it is the attempt with the natural key of the operation.';
comment on table column anchor_ops.attempt.claimed_by is 'The settler that last claimed the attempt.';
comment on table column anchor_ops.attempt.claimed_until is 'No other settler claims the attempt before this time.';
comment on table column anchor_ops.attempt.custody is 'Whether the platform''s custody service pays at once. Only evidence or a person ends such an attempt when its outcome is unknown.';
comment on table column anchor_ops.attempt.expires_at is 'The attempt is not sent after this time; null if it never expires.';
comment on table column anchor_ops.attempt.forced is 'The note of a person who overrode the ledger check; null without one.';
comment on table column anchor_ops.attempt.key_name is 'The name of the key with which the update was asked for; null for the payment observer.';
comment on table column anchor_ops.attempt.ledger is 'The evidence of the ledger check before the last send; null for a method without a ledger check.';
comment on table column anchor_ops.attempt.natural_key is 'Two updates with the same key are one update, such as one method with one Stellar hash; null when an update may be meant twice.';
comment on table column anchor_ops.attempt.note is 'The note of the person who ended the attempt.';
comment on table column anchor_ops.attempt.origin is 'Where the update came from: a route or the payment observer.';
comment on table column anchor_ops.attempt.outcome is 'The result, the error or the reason that ended the attempt.';
comment on table column anchor_ops.attempt.params is 'The params as they are sent; numbers are text.';
comment on table column anchor_ops.attempt.post is 'The transaction as it showed the update when the attempt became APPLIED. A later reading is compared with it once.';
comment on table column anchor_ops.attempt.pre is 'The transaction just before the last send. A comparison with a later reading shows whether the send had an effect.';
comment on table column anchor_ops.attempt.request_key is 'The Idempotency-Key of the request, or the key that the service made for a request without one; update_request has a row for the first kind. Null for the payment observer.';
comment on table column anchor_ops.attempt.rpc_id is 'JSON-RPC id of the last send; each send has a new one. A process that names an older id changes nothing.';
comment on table column anchor_ops.attempt.seq is 'The attempts of one transaction are sent one after the other in this order.';
comment on table column anchor_ops.attempt.settle_at is 'No settler claims the attempt before this time. An APPLIED attempt with it is still to be looked for once more.';
comment on table column anchor_ops.attempt.state is 'The function attempt_may_move lists the allowed moves.';
comment on table column anchor_ops.attempt.transaction_id is 'No foreign key: the platform may not have shown the transaction yet.';
comment on table column anchor_ops.attempt.tries is 'How many sends may have reached the platform.';
comment on table column anchor_ops.attempt.unreadable_since is 'Since when every reading of the transaction has failed while another transaction could be read; null if the last reading succeeded, or if no transaction could be read.';
comment on table column anchor_ops.attempt.update_index is 'The place of the update in its request, from 0.';
comment on table column anchor_ops.attempt.updated_at is 'When the state last changed.';
comment on table column anchor_ops.attempt_move.detail is 'tries, rpcId, outcome and note after the move.';
comment on table column anchor_ops.attempt_move.from_state is 'Null for the row that the insert of the attempt wrote.';
comment on table column anchor_ops.balance_snapshot.balances is 'Stroops as decimal text, by asset as in SEP-38.';
comment on table column anchor_ops.balance_snapshot.is_whole is 'Whether balances holds every balance; an asset that is missing had a balance of 0 then.';
comment on table column anchor_ops.balance_snapshot.reconciled_at is 'When the movements up to this snapshot were compared with it.';
comment on table column anchor_ops.book.cursor is 'The place in the source up to which movements were read.';
comment on table column anchor_ops.book.is_complete is 'Whether the last look read to the end of the ledger.';
comment on table column anchor_ops.book.read_at is 'When movements were last read.';
comment on table column anchor_ops.book.source is 'horizon or rpc; each has cursors of its own.';
comment on table column anchor_ops.check_window.braked_at is 'Since when failures of this window count against nobody, because so many failed that the fault is likely ours.';
comment on table column anchor_ops.check_window.failed_now is 'Those of them that were not ok in this window.';
comment on table column anchor_ops.check_window.healthy_before is 'The home domains checked in the window that were ok in the window before and that a directory or a person lists.';
comment on table column anchor_ops.decision.key_name is 'The name of the key that the person used.';
comment on table column anchor_ops.decision.new_attempt_id is 'The update that a replay stored.';
comment on table column anchor_ops.decision.reading is 'What was stored about the subject when it was decided.';
comment on table column anchor_ops.decision.subject is 'The id of the attempt or payment, the account of the observer, the account, asset and closing ledger of books, the network and home domain of an anchor, the id of a listing, or the name of the key.';
comment on table column anchor_ops.directory.counted_at is 'When its listings that it does not list were last counted as missed.';
comment on table column anchor_ops.directory.imported_at is 'When it was last imported, and so when it last listed each of its listings that it has not dropped.';
comment on table column anchor_ops.discovery_cursor.cursor is 'Null when the last walk has reached the end.';
comment on table column anchor_ops.discovery_cursor.started_at is 'When the walk that is under way, or the last one, began.';
comment on table column anchor_ops.due_check.checked_at is 'When it was last checked, by the clock of the database; null before the first check.';
comment on table column anchor_ops.due_check.claimed_until is 'From this time on another invocation may claim the check.';
comment on table column anchor_ops.due_check.patient_until is 'A server of the anchor asked to be left alone until then (Retry-After), for a day at most.';
comment on table column anchor_ops.due_check.priority is '0: listed by a directory or a person, and in service. 1: listed so, and never checked. 2: out of service, or found on Horizon alone.';
comment on table column anchor_ops.due_check.token is 'The claim. What an invocation records under another token is not stored.';
comment on table column anchor_ops.due_name.is_dust is 'Whether its dust is to be marked, or its other payments, which come first.';
comment on table column anchor_ops.due_name.start is 'Payments that were made at this time, with an operation id behind after, or later.';
comment on table column anchor_ops.due_name.type is 'The type of a memo, muxed_id, muxed_account, or operation for one payment.';
comment on table column anchor_ops.home_domain.auto_disabled_at is 'When the health rules took the home domain out of service; null while it is in service.';
comment on table column anchor_ops.home_domain.capability is 'The protocols and assets of the last readable stellar.toml and of its endpoints. An unsure check leaves them.';
comment on table column anchor_ops.home_domain.domain is 'Canonical host: lower case, A-labels, no port, no trailing dot.';
comment on table column anchor_ops.home_domain.evidence_at is 'When a check read the capability.';
comment on table column anchor_ops.home_domain.first_seen_at is 'When a listing first named the home domain.';
comment on table column anchor_ops.home_domain.health is 'The state that the health rules left the home domain in: counts of failures, and why it is out of service. {} before the first check.';
comment on table column anchor_ops.home_domain.held is 'An identity that was seen and does not count yet: since when, what changed, and who the anchor is once it counts. No listing is operational meanwhile, unless a person says so.';
comment on table column anchor_ops.home_domain.identity is 'Who the anchor is: signing key, passphrase, hosts and issuers that count, and the organisation, fees and steps that changes are told against. A check with the outcome ok writes it, and a person who accepts what is held.';
comment on table column anchor_ops.home_domain.last_checked_at is 'Never later than the clock of the database; null before the first check.';
comment on table column anchor_ops.home_domain.operational is 'Whether the last check that was not unsure found one of the listings served. The age of the evidence, the switch and people are not asked.';
comment on table column anchor_ops.home_domain.outcome is 'Outcome of the last check: ok, definite (the stellar.toml is gone), policy (not trusted) or unsure.';
comment on table column anchor_ops.home_domain.person_says is 'What a person decided for all listings of the home domain: enable or disable; null leaves it to the rules. A decision on one listing stands above it.';
comment on table column anchor_ops.home_domain.replaced is 'What a failure in that window took the place of, while the home domain was well before: capability, trust, operational, verdicts of listings. brake_window restores it.';
comment on table column anchor_ops.home_domain.shown is 'What a page of the catalog shows of the capability, which is too large to be read for every row. A trigger writes it.';
comment on table column anchor_ops.home_domain.shown_text is 'What a page says of the home domain of each listing, as JSON without the braces. The database writes it with the row: building these texts while reading took most of the time of a page.';
comment on table column anchor_ops.home_domain.steps is 'Each step that a protocol has reached, such as sep24:conformant, with the steps below it. A trigger writes it.';
comment on table column anchor_ops.home_domain.trust is 'Verdict of the trust rules on that capability.';
comment on table column anchor_ops.home_domain.window_counted is 'Whether check_window counts the home domain in that window: it was well before, and a directory or a person listed it.';
comment on table column anchor_ops.home_domain.window_health is 'The health before that window. A further check in the window judges from it again, so that a window counts once.';
comment on table column anchor_ops.home_domain.window_outcome is 'What the checks of that window say together: ok if one was ok, else the last failure that was not unsure.';
comment on table column anchor_ops.home_domain.window_start is 'When the window of the last check began.';
comment on table column anchor_ops.home_domain_check.findings is 'Null when they are those of the check before, in the same month of UTC: most checks find what the last one found.';
comment on table column anchor_ops.home_domain_check.run_id is 'The run that checked it. No foreign key: start_run deletes old runs.';
comment on table column anchor_ops.home_domain_day.ok is 'The checks with the outcome ok.';
comment on table column anchor_ops.home_domain_day.steps is 'The step of each declared protocol after the last check of the day, such as sep10:verified sep24:conformant. Null when they are those of the stored day before in the same month.';
comment on table column anchor_ops.issuer_account.flags is 'What the issuer may do with its assets; null when only the home domain was seen.';
comment on table column anchor_ops.issuer_account.home_domain is 'Canonical host; null when the account names no usable one.';
comment on table column anchor_ops.issuer_account.locked is 'Whether nothing about the account can change any more; null when only the home domain was seen.';
comment on table column anchor_ops.issuer_account.seen_at is 'Never later than the clock of the database.';
comment on table column anchor_ops.lease.expires_at is 'From this time on another run may take the lease.';
comment on table column anchor_ops.lease.fence is 'Grows whenever a run takes the lease, and belongs to one lease alone. The database refuses a run with an older fence.';
comment on table column anchor_ops.lease.holder is 'A UUID that the caller of start_run chose; null once the run has finished.';
comment on table column anchor_ops.ledger_epoch.seen_sequence is 'The newest ledger of the epoch that was seen; another seen_hash at its sequence means another epoch.';
comment on table column anchor_ops.listing.active is 'A person''s decision. An import sets it for a new row and never changes it later.';
comment on table column anchor_ops.listing.asset is 'The asset of that protocol, as its /info spells it.';
comment on table column anchor_ops.listing.basis is 'What links that asset with the currency of the listing.';
comment on table column anchor_ops.listing.country is 'ISO 3166-1 alpha-2 code; ZZ is worldwide.';
comment on table column anchor_ops.listing.currency is 'Currency or asset code, letter case as listed.';
comment on table column anchor_ops.listing.delisted_at is 'When its source had dropped it for the third time in a row; null while it is listed.';
comment on table column anchor_ops.listing.last_listed_at is 'When an import last wrote the row as listed. A directory that still lists it was imported later: see directory.imported_at.';
comment on table column anchor_ops.listing.missed is 'How many times in a row its source was read as a whole and did not list it.';
comment on table column anchor_ops.listing.operational is 'Whether the last check that was not unsure found the listing served. The view judged_listing also asks the age of the evidence, the switch of the home domain, held identities, what is delisted, and people.';
comment on table column anchor_ops.listing.operational_until is 'When the evidence that the verdict rests on is too old.';
comment on table column anchor_ops.listing.pairing is 'given: the source names this country with this currency. multiplied: it names several of each in one row, and nothing says which belong together.';
comment on table column anchor_ops.listing.person_says is 'What a person decided for this listing: enable or disable; null leaves it to the home domain and the rules.';
comment on table column anchor_ops.listing.rail is 'The protocol that carries the listing.';
comment on table column anchor_ops.listing.shown is 'What a page of the catalog shows beside the verdict: the asset on the ledger, the URL of the rail, fees, features. All are null before the first readable stellar.toml.';
comment on table column anchor_ops.listing.shown_operational is 'Whether the last noted switch put the listing into operation. note_changes compares it with the present verdict.';
comment on table column anchor_ops.listing.shown_text is 'What a page says of the listing whatever the time and its home domain, as JSON without the braces. The database writes it with the row.';
comment on table column anchor_ops.listing.shown_why is 'The reasons at that switch.';
comment on table column anchor_ops.listing.source is 'Where the row was last listed: the URL of a directory, a Horizon (horizon:…), or request-body.';
comment on table column anchor_ops.listing.stale_why is 'The reason from operational_until on; null is that the rail is stale.';
comment on table column anchor_ops.listing.type is 'on-ramp (deposit) or off-ramp (withdraw).';
comment on table column anchor_ops.listing.updated_at is 'When something that a page shows of the listing changed last, other than the ages of the evidence. A trigger writes it.';
comment on table column anchor_ops.listing.why is 'The reasons of the verdict, as codes of docs/reasons.md.';
comment on table column anchor_ops.movement.id is 'The id in the source: of an effect, an event or a fee.';
comment on table column anchor_ops.movement.operation_id is 'Null for a fee.';
comment on table column anchor_ops.movement.stroops is 'What the balance gained; below 0 for what left the account.';
comment on table column anchor_ops.noted_event.due_at is 'When it may be read. A claim and a failed reading move it into the future.';
comment on table column anchor_ops.noted_event.events is 'How many events named the transaction since it was noted.';
comment on table column anchor_ops.noted_event.is_known is 'Whether the transaction was stored when the event came. Other ids wait behind these.';
comment on table column anchor_ops.observer.alarm is 'Why the observer stopped: code, message and since when it has had that code; null when it runs.';
comment on table column anchor_ops.observer.checkpoint_sequence is 'A ledger that was read. Another checkpoint_hash at its sequence means that the ledger was reset.';
comment on table column anchor_ops.observer.complete_until is 'Every payment of the ledgers that closed until this time is recorded. It only grows until the operator chooses another start.';
comment on table column anchor_ops.observer.cursor is 'Every payment up to here is recorded. It is text of the source, never read as a number; null until an operator has chosen the start.';
comment on table column anchor_ops.observer.epoch is 'The epoch of the ledger to which the cursor belongs.';
comment on table column anchor_ops.observer.holder is 'The process that observes; null when it has ended.';
comment on table column anchor_ops.observer.lease_until is 'From this time on another process may take over.';
comment on table column anchor_ops.observer.note is 'Why the operator chose this start.';
comment on table column anchor_ops.observer.observed_at is 'When payments were last recorded or an observation ended without an alarm.';
comment on table column anchor_ops.observer.source is 'horizon or rpc; each has cursors of its own.';
comment on table column anchor_ops.observer.started_at is 'When the operator last chose the start.';
comment on table column anchor_ops.observer.started_from is 'The start that the operator chose: now, a ledger, the oldest open transaction.';
comment on table column anchor_ops.observer.sweep_cursor is 'The place that the current sweep has reached; null between two sweeps.';
comment on table column anchor_ops.observer.swept_at is 'When a sweep last reached its end.';
comment on table column anchor_ops.observer_jump.alarm is 'The alarm of the account before the jump; null without one.';
comment on table column anchor_ops.observer_jump.epoch is 'The epoch of to_cursor.';
comment on table column anchor_ops.observer_jump.from_cursor is 'Null at the first start.';
comment on table column anchor_ops.open_list.began_at is 'When the present reading began; null between two readings.';
comment on table column anchor_ops.open_list.listed is 'The ids that the present reading found so far.';
comment on table column anchor_ops.open_list.next_page is 'The first page of 100 that the present reading has not read; 0 between two readings.';
comment on table column anchor_ops.open_list.whole_at is 'When the list was last read to its end; null if it never was.';
comment on table column anchor_ops.open_list.whole_listed is 'How many ids the last reading found that ended.';
comment on table column anchor_ops.operation_claim.attempt_id is 'The attempt that reports the operation; null for a decision.';
comment on table column anchor_ops.operation_claim.beside is '0 for the first claim of the operation. Else the seq of the attempt, which reported an operation that was claimed: by the same transaction, or by force. Its claim holds when the first one is released.';
comment on table column anchor_ops.operation_claim.decision_id is 'The decision that closed the payment of the operation, or a payment as refunded by it; null for an update.';
comment on table column anchor_ops.operation_claim.operation_id is 'Empty for the whole Stellar transaction, where its operations were not read.';
comment on table column anchor_ops.operation_claim.released_at is 'When the attempt ended without effect, or the payment was opened again; null while the claim holds.';
comment on table column anchor_ops.operation_claim.stellar_transaction is 'The hash. After a reset of the network an operation id belongs to another hash, so that both together name one operation of one epoch of the ledger.';
comment on table column anchor_ops.outbox."position" is 'The place in the order in which events are read and delivered; null until publish_events has seen the commit.';
comment on table column anchor_ops.outbox.kept_until is 'When prune_events looks whether it may go; null until it is published.';
comment on table column anchor_ops.outbox.only_to is 'The endpoints that get a replay; null for all.';
comment on table column anchor_ops.outbox.replay_of is 'The first event that this one repeats; null for a first one.';
comment on table column anchor_ops.outbox.replayed_by is 'The name of the key of the person who asked for the replay.';
comment on table column anchor_ops.outbox.seq is 'The order in which the events were written. A transaction that began earlier may commit later, so readers go by position.';
comment on table column anchor_ops.outbox.subject is 'What the event is about, such as transaction/ID. The events of one subject are delivered one after the other.';
comment on table column anchor_ops.parked_event.event_id is 'The id that a replay of it has too.';
comment on table column anchor_ops.parked_event.replayed_at is 'When a person last had it sent again; null while it waits for that.';
comment on table column anchor_ops.parked_event.told_at is 'When the endpoint took a later event of the subject, which names this one as missed.';
comment on table column anchor_ops.payment.account is 'The observed account for which the verdict was found.';
comment on table column anchor_ops.payment.amount is 'Decimal text, digit for digit as the source gave it.';
comment on table column anchor_ops.payment.asset is 'The received asset, as in SEP-38.';
comment on table column anchor_ops.payment.assigned_by is 'The last decision by which a person assigned it to a transaction.';
comment on table column anchor_ops.payment.attempt_id is 'The update that credits it.';
comment on table column anchor_ops.payment.closed_by is 'The decision of a person that closed the payment; null while none does.';
comment on table column anchor_ops.payment.cursor is 'The cursor of the page that follows this payment.';
comment on table column anchor_ops.payment.due_at is 'The payment is to be judged again from this time on; null for one whose transaction did not change. Writers: mark_due, store_payments, record_due.';
comment on table column anchor_ops.payment.from_muxed_id is 'The id within the muxed account that paid, decimal text; a refund goes back to it.';
comment on table column anchor_ops.payment.is_dust is 'Whether the amount was below the dust limit of its asset when it was judged.';
comment on table column anchor_ops.payment.judged_at is 'When the payment got this verdict.';
comment on table column anchor_ops.payment.kind is 'The kind of operation; only payment, path_payment and contract_transfer are credited.';
comment on table column anchor_ops.payment.memo is 'A hash is hexadecimal.';
comment on table column anchor_ops.payment.memo_type is 'none, text, id, hash, or other for a memo that the platform cannot expect.';
comment on table column anchor_ops.payment.open_since is 'Since when the payment has been open money, which belongs to nobody; null while it is not. The trigger of payment sets it.';
comment on table column anchor_ops.payment.operation_id is 'Ledger, transaction and operation in one number (SEP-35), as text: unique in an epoch of the ledger.';
comment on table column anchor_ops.payment.sentence is 'The verdict in words, for a person.';
comment on table column anchor_ops.payment.successful is 'Whether its Stellar transaction succeeded.';
comment on table column anchor_ops.payment.to_account is 'The base account of a muxed one; to_muxed_id is the id within it, or the one that a contract''s transfer carries, decimal text.';
comment on table column anchor_ops.payment.to_muxed_account is 'The muxed address that was paid (M…), if one was.';
comment on table column anchor_ops.payment.transaction_id is 'The platform''s transaction that the payment is for; null when none or several could be meant.';
comment on table column anchor_ops.payment.verdict is 'credited, or the reason why the payment was not credited.';
comment on table column anchor_ops.platform_release.platform is 'Host and path of its URL.';
comment on table column anchor_ops.reconciliation.explained_at is 'When a person explained the difference; the decision has the note.';
comment on table column anchor_ops.reconciliation.found_at is 'When the difference was found; null without one.';
comment on table column anchor_ops.refund.amount is 'Without the fee.';
comment on table column anchor_ops.refund.attempt_id is 'The last attempt with this refund.';
comment on table column anchor_ops.refund.method is 'A refund is announced, paid and confirmed by different methods, so each has its row.';
comment on table column anchor_ops.refund.refund_id is 'Id of the refund payment; the id of the attempt where the method has none.';
comment on table column anchor_ops.requested_check.caller is 'A keyed hash of the address of the caller, which is stored nowhere.';
comment on table column anchor_ops.requested_check.owner is 'The registrable domain: all names below it share a limit.';
comment on table column anchor_ops.requested_check.result is 'Null while the check is under way, or if it broke off.';
comment on table column anchor_ops.run.answer is 'The answer of the run. A scheduled call that comes again within 600 s gets it too.';
comment on table column anchor_ops.run.fence is 'Null for a run that only checks, which needs no lease.';
comment on table column anchor_ops.run.finished_at is 'Null for a run that is under way or died.';
comment on table column anchor_ops.run.trigger is 'scheduled or manual.';
comment on table column anchor_ops.scheduled_run.ended_at is 'When a run last ended, well or not; null before the first. A run that died never ends.';
comment on table column anchor_ops.scheduled_run.failing_since is 'When the first of the failures in a row ended.';
comment on table column anchor_ops.scheduled_run.failure is 'The code of the error with which the last run ended; null if it ended well.';
comment on table column anchor_ops.scheduled_run.ok_at is 'When a run last ended well.';
comment on table column anchor_ops.scheduled_run.watched_since is 'When the database was set up: a kind that never ran is overdue some time after it.';
comment on table column anchor_ops.side_look.balance_cursor is 'Every claimable balance up to here is recorded; text of Horizon, null at the beginning.';
comment on table column anchor_ops.side_look.began_at is 'When the first side look of this start began.';
comment on table column anchor_ops.side_look.effect_cursor is 'The debits of the account up to here are examined; text of Horizon, null at the beginning.';
comment on table column anchor_ops.side_look.failure is 'Why the last side look failed: code, message and since when; null if it did not.';
comment on table column anchor_ops.side_look.jump_seq is 'The start of the observer (observer_jump) to which the places belong. Another start begins at the first balance and at its own ledger.';
comment on table column anchor_ops.side_look.looked_at is 'When a side look last reached both ends.';
comment on table column anchor_ops.side_look.next_at is 'When the next side look is due.';
comment on table column anchor_ops.transaction.amount_expected is 'Amounts are decimal text, digit for digit as the platform gave it; their assets are as in SEP-38.';
comment on table column anchor_ops.transaction.earlier_count is 'How often earlier_since was set. A caller who names this number has read the platform after earlier_since.';
comment on table column anchor_ops.transaction.earlier_since is 'When the platform first showed an earlier state than the document; null once it shows the document or a later state.';
comment on table column anchor_ops.transaction.external_transaction_id is 'Id of the transfer outside Stellar.';
comment on table column anchor_ops.transaction.gone_at is 'When the platform was first found to have no transaction with this id; null once it shows one.';
comment on table column anchor_ops.transaction.memo is 'Memo of the Stellar payment; a hash is base64.';
comment on table column anchor_ops.transaction.platform_updated_at is 'The platform''s updated_at, else started_at, else 1970. It tells an older answer from a newer one.';
comment on table column anchor_ops.transaction.seen_at is 'When the document was last stored.';
comment on table column anchor_ops.transaction.transfer_received_at is 'When the user''s money came in.';
comment on table column anchor_ops.transaction.went_back is 'The last time that an earlier state replaced the document: updated_at before (from) and after (to), since, takenAt.';
comment on table column anchor_ops.transaction_status.attempt_id is 'The attempt whose answers showed it; null for a plain read.';
comment on table column anchor_ops.unlisted.found_at is 'When a reading last found the place.';
comment on table column anchor_ops.unlisted.newer_id is 'The id that the list shows before the place; empty at its beginning.';
comment on table column anchor_ops.unlisted.older_id is 'The id that the list shows behind the place; null at its end.';
comment on table column anchor_ops.unlisted.since is 'Since when each reading of the list has found the place.';
comment on table column anchor_ops.unlisted.transactions is 'How many transactions in a row are not shown.';
comment on table column anchor_ops.update_request.answer is 'The HTTP answer. A caller who repeats the request gets the same answer.';
comment on table column anchor_ops.update_request.body_sha256 is 'In hexadecimal. The same key with another body is a conflict.';
comment on table column anchor_ops.update_request.taken_at is 'When a process last began to work on the request.';
comment on table column anchor_ops.update_request.taken_by is 'The HTTP request of that process. Only this one stores updates under the key and ends it.';
comment on table column anchor_ops.update_request.taken_over is 'Whether an earlier HTTP request had the key and died.';
comment on table column anchor_ops.webhook_endpoint.began_after is 'The last position when it was first named. Earlier events are not delivered to it.';
comment on table column anchor_ops.webhook_endpoint.configured_at is 'When an instance last named it, to the hour. Three days later it is forgotten, with its lanes.';
comment on table column anchor_ops.webhook_endpoint.delivered_at is 'When it last took an event, to the second.';
comment on table column anchor_ops.webhook_endpoint.failures is 'How many deliveries in a row have failed, of whatever subject.';
comment on table column anchor_ops.webhook_endpoint.id is 'The beginning of the SHA-256 of the URL.';
comment on table column anchor_ops.webhook_endpoint.last_failure is 'A code; null while the last delivery succeeded.';
comment on table column anchor_ops.webhook_endpoint.paused_until is 'Nothing is delivered to it before this time.';
comment on table column anchor_ops.webhook_endpoint.types is 'The types of events that it gets; null for all.';
comment on table column anchor_ops.webhook_lane.after is 'The position of the last event that was taken or parked.';
comment on table column anchor_ops.webhook_lane.claimed_at is 'When the claim, or under it the sending of the next event, began.';
comment on table column anchor_ops.webhook_lane.claimed_until is 'From this time on another instance may claim the lane.';
comment on table column anchor_ops.webhook_lane.failed_at is 'When the last try in vain began; null before one.';
comment on table column anchor_ops.webhook_lane.last is 'The position of the last event for the endpoint. The row goes when after reaches it.';
comment on table column anchor_ops.webhook_lane.refused_since is 'When the first event behind after failed again although the endpoint had taken another since the try before: the fault is its own, and not the host''s. Null until then.';
comment on table column anchor_ops.webhook_lane.token is 'The claim. What an instance records under another token is not stored.';
comment on table column anchor_ops.webhook_lane.tries is 'How often the first event behind after was sent in vain.';
comment on type anchor_ops.book_period is 'A period of the books of one asset. With both snapshots it holds the ledgers behind the first up to the second, else what closed from since on before until.';
comment on view anchor_ops.judged_listing is 'Each listing with what is said of it now, and why. A person stands above the rules. Without one, a listing is operational when it is active, the last check that was not unsure found it served, its evidence is not too old, its source still lists it, the health rules did not take the home domain out of service, and no new identity is held.';
comment on view anchor_ops.shown_movement is 'Each movement with the observed payment of its operation, and what became of it. Effects and events do not show every kind of operation, and the observed payment of the same operation does.';
