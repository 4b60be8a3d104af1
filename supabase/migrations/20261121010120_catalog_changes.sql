-- Every switch of a listing, and what else changed of an anchor, is a row that anybody may read. What switches a listing
-- calls note_changes as its last step.

create table anchor_ops.catalog_change (
  seq bigint generated always as identity primary key,
  network text not null,
  domain text collate "C" not null,
  listing text collate "C",
  kind text not null,
  at timestamptz not null default clock_timestamp(),
  before jsonb,
  after jsonb,
  constraint catalog_change_network_known check (network in ('mainnet', 'testnet')),
  constraint catalog_change_kind_known check (
    kind in ('listing_on', 'listing_off', 'domain_disabled', 'domain_returned', 'domain_flapping', 'drift', 'held', 'released',
      'accepted', 'step_gained', 'step_lost', 'delisted', 'relisted')
  ),
  constraint catalog_change_of_a_listing check (
    (listing is not null) = (kind in ('listing_on', 'listing_off', 'delisted', 'relisted'))
  ),
  constraint catalog_change_before_object check (jsonb_typeof(before) = 'object'),
  constraint catalog_change_after_object check (jsonb_typeof(after) = 'object')
);
comment on table anchor_ops.catalog_change is 'What changed of an anchor or a listing, the newest 5,000 changes of each home domain. The order of seq is the order in which the changes of a network were committed. Writer: note_changes.';

create index catalog_change_in_order on anchor_ops.catalog_change (network, seq);
create index catalog_change_of_domain on anchor_ops.catalog_change (network, domain, seq);
create index catalog_change_of_kind on anchor_ops.catalog_change (network, kind, seq);
create index catalog_change_by_time on anchor_ops.catalog_change (network, at);

create function anchor_ops.sides_of(p_changes jsonb, p_side text) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(jsonb_object_agg(change.key, change.value -> p_side), '{}')
  from (select * from jsonb_each(p_changes) order by key limit 20) as change
$$;
comment on function anchor_ops.sides_of is 'One side, before or after, of the first 20 changes that are held.';

create function anchor_ops.reason_change(p_domain text, p_before text, p_after text, p_what jsonb) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select case when p_before is distinct from p_after then jsonb_build_object(
    'domain', p_domain,
    'kind', case when p_after is null then 'domain_returned' when p_after = 'flapping' then 'domain_flapping'
      else 'domain_disabled' end,
    'before', jsonb_build_object('reason', p_before),
    'after', jsonb_strip_nulls(coalesce(p_what, '{}')) || jsonb_build_object('reason', p_after)
  ) end
$$;
comment on function anchor_ops.reason_change is
  'The change to note when the rules took a home domain out of service or back; null when they did not.';

create function anchor_ops.is_listed(p_network text, p_domain text) returns boolean
language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from anchor_ops.listing
    where listing.network = p_network and listing.domain = p_domain and listing.active
      and listing.source not like 'horizon:%'
  )
$$;
comment on function anchor_ops.is_listed is 'Whether a directory or a person lists the home domain.';

create function anchor_ops.summarise_countries(p_network text, p_countries text[]) returns void
language sql volatile security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.summarise_countries is
  'Counts the active listings of these countries anew, or of all. The caller holds the lock under which changes are noted.';

create function anchor_ops.lock_changes(p_network text) returns void
language sql volatile security invoker set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('catalog_change:' || p_network, 0))
$$;
comment on function anchor_ops.lock_changes is
  'The last lock of every step. Who waits for it holds all that the step needs, so the changes of a network are numbered in the order in which they are committed, and a reader who stands behind a number misses none.';

create function anchor_ops.note_countries(p_network text, p_countries text[]) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  if p_countries <> '{}' then
    perform anchor_ops.lock_changes(p_network);
    perform anchor_ops.summarise_countries(p_network, p_countries);
  end if;
end $$;
comment on function anchor_ops.note_countries is 'Counts these countries anew, as the last step of whatever lists or switches off listings there.';

create function anchor_ops.note_changes(p_network text, p_domains text[], p_changes jsonb) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
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
end $$;
comment on function anchor_ops.note_changes is
  'Notes these changes, each with domain, kind, before, after and the listing if it is of one, and every listing of p_domains that is operational now and was not when it was last shown, or the reverse. It is the last step of whatever changes them.';

create function public.note_expired_listings(p_network text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_domains text[] := array(
    select distinct listing.domain from anchor_ops.listing
    where listing.network = p_network and listing.shown_operational and listing.operational_until <= now()
    limit 1000
  );
begin
  perform anchor_ops.note_changes(p_network, v_domains, '[]');
  return jsonb_build_object('domains', cardinality(v_domains));
end $$;
comment on function public.note_expired_listings is
  'Notes the listings whose evidence became too old, which no check switches. domains is how many home domains were looked at.';

create function public.read_changes(
  p_network text,
  p_since timestamptz,
  p_domain text,
  p_kind text,
  p_limit integer,
  p_cursor bigint
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
set plan_cache_mode = force_custom_plan
as $$
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
end $$;
comment on function public.read_changes is
  'A page of changes in the order in which they were committed, behind the change p_cursor and not before p_since. next is the id of the last change of a page that is not the last one.';

create function public.read_latest_changes(p_network text, p_domain text, p_kinds text[], p_limit integer) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.read_latest_changes is
  'The newest p_limit changes of these kinds, of one home domain or of all, the newest first.';

grant execute on function public.read_latest_changes, anchor_ops.sides_of, anchor_ops.is_listed, anchor_ops.reason_change, anchor_ops.summarise_countries,
  anchor_ops.lock_changes, anchor_ops.note_countries, anchor_ops.note_changes,
  public.note_expired_listings, public.read_changes to service_role;

notify pgrst, 'reload schema';
