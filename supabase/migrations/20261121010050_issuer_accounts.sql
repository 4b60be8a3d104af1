-- The accounts of issuers, as the ledger showed them: a cache, so that a check asks no ledger.

create table anchor_ops.issuer_account (
  network text not null,
  account text collate "C" not null,
  home_domain text collate "C",
  flags text[],
  locked boolean,
  missing boolean not null,
  seen_at timestamptz not null,
  primary key (network, account),
  constraint issuer_account_network_known check (network in ('mainnet', 'testnet')),
  constraint issuer_account_form check (account ~ '^G[A-Z2-7]{55}$'),
  constraint issuer_account_home_domain_length check (char_length(home_domain) between 3 and 253),
  constraint issuer_account_flags_known check (
    flags <@ array['auth_required', 'auth_revocable', 'auth_immutable', 'clawback_enabled']
  ),
  constraint issuer_account_missing_is_empty check (
    not missing or (home_domain is null and flags is null and locked is null)
  )
);
comment on table anchor_ops.issuer_account is 'The accounts that issue the assets of anchors, as the ledger last showed them. Writer: record_issuers.';
comment on column anchor_ops.issuer_account.home_domain is 'Canonical host; null when the account names no usable one.';
comment on column anchor_ops.issuer_account.flags is 'What the issuer may do with its assets; null when only the home domain was seen.';
comment on column anchor_ops.issuer_account.locked is 'Whether nothing about the account can change any more; null when only the home domain was seen.';
comment on column anchor_ops.issuer_account.seen_at is 'Never later than the clock of the database.';

create function public.record_issuers(p_network text, p_accounts jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.record_issuers is
  'Stores accounts of issuers. An older sight of an account leaves a newer one, and a sight without flags leaves the flags. recorded counts the stored rows.';

create function public.read_issuers(p_network text, p_accounts text[], p_domains text[]) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
$$;
comment on function public.read_issuers is
  'The stored ones of these accounts, and those that name one of these home domains, in the order of the accounts. tomlSha256 and confirmedCodes are of the home domain that the account names: the hash of its stellar.toml and the codes of this issuer that it lists.';

create function public.read_due_issuers(p_network text, p_older_than_seconds integer, p_limit integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
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
$$;
comment on function public.read_due_issuers is
  'The issuers to read next: those that the stellar.toml of a listed home domain names and that were never seen or longer ago than p_older_than_seconds. Each home domain has its turn, so that one that names hundreds cannot keep the others waiting, and within a turn never seen accounts alternate with the longest unseen. due is their number in all.';

grant execute on function public.record_issuers, public.read_issuers, public.read_due_issuers to service_role;

notify pgrst, 'reload schema';
