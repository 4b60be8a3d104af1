-- An import stores what a directory, a person or Horizon lists. It is the only writer of new listings, and writes only rows
-- that it changes. Rows of several tables are locked in one order: due_check, home_domain, listing.

create table anchor_ops.directory (
  network text not null,
  source text collate "C" not null,
  imported_at timestamptz not null,
  counted_at timestamptz,
  primary key (network, source),
  constraint directory_network_known check (network in ('mainnet', 'testnet')),
  constraint directory_source_length check (char_length(source) between 1 and 2048)
);
comment on table anchor_ops.directory is 'One row per directory that was imported as a whole. What a listing does not say is here, so that an import need not write the rows that it finds unchanged. Writer: import_listings.';
comment on column anchor_ops.directory.counted_at is 'When its listings that it does not list were last counted as missed.';
comment on column anchor_ops.directory.imported_at is 'When it was last imported, and so when it last listed each of its listings that it has not dropped.';

create function anchor_ops.is_directory(p_source text) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select p_source not like 'horizon:%' and p_source <> 'request-body'
$$;
comment on function anchor_ops.is_directory is
  'Whether a source is a directory, which lists all that it knows each time. Horizon shows parts, and a person sends what is to be added.';

create function anchor_ops.compare_import(p_network text, p_listings jsonb, p_source text) returns table (
  id text, name text, domain text, country text, currency text, type text, active boolean, pairing text,
  known_source text, fate text
)
language sql stable security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.compare_import is
  'Each of the listings once, with what the import does to it: new; changed (the name or the pairing); moved (another source lists it now, or it is back); unchanged, and then no row is written.';

create function anchor_ops.dropped_listings(
  p_network text,
  p_listings jsonb,
  p_passed_over text[],
  p_source text,
  p_counted boolean
) returns table (id text, domain text, missed smallint, source text)
language sql stable security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.dropped_listings is
  'The listings of this directory that it does not list any more, and with p_counted those of directories that nobody has imported for 30 days, unless this one lists them.';

create function anchor_ops.refused_import(p_network text, p_listings jsonb, p_source text, p_dropped text[]) returns jsonb
language sql stable security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.refused_import is
  'The directory of which an import would drop or change more than half of the rows, with their numbers; null if there is none. A row that was dropped before is not counted again.';

create function anchor_ops.miss_listings(p_network text, p_dropped text[]) returns jsonb
language sql volatile security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.miss_listings is
  'Counts that a source lists these no more. After the third time in a row they are delisted, until a source lists them again; the result is these changes.';

create function anchor_ops.move_cursor(p_source text, p_cursor text) returns timestamptz
language sql volatile security invoker set search_path = ''
as $$
  insert into anchor_ops.discovery_cursor as known (source, cursor, started_at) values (p_source, p_cursor, now())
  on conflict (source) do update set
    cursor = excluded.cursor,
    updated_at = now(),
    started_at = case when known.cursor is null then excluded.started_at else known.started_at end
  returning known.started_at
$$;
comment on function anchor_ops.move_cursor is
  'Moves the cursor of a walk and returns when the walk began. A null cursor says that it has reached the end.';

create function anchor_ops.unseen_listings(p_network text, p_source text, p_walk_began_at timestamptz)
returns table (id text, domain text)
language sql stable security invoker set search_path = ''
as $$
  select known.id, known.domain from anchor_ops.listing as known
  where known.network = p_network and known.source = p_source and known.delisted_at is null
    -- A listing that the walk saw was written when its last sight was a week old.
    and known.last_listed_at < p_walk_began_at - interval '7 days'
$$;
comment on function anchor_ops.unseen_listings is 'The listings that a walk over a whole source did not see.';

create function anchor_ops.lock_imported(p_network text, p_domains text[]) returns void
language sql volatile security invoker set search_path = ''
as $$
  select from anchor_ops.due_check
    join unnest(p_domains) as imported (domain) on imported.domain collate "C" = due_check.domain
  where due_check.network = p_network
  order by due_check.domain
  for update of due_check;
$$;
comment on function anchor_ops.lock_imported is
  'Locks these home domains in the queue before their listings are written, as record_checks does, so that the two never wait for each other in a circle.';

create function anchor_ops.store_import(p_network text, p_listings jsonb, p_source text, p_active boolean) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
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
end $$;
comment on function anchor_ops.store_import is 'Writes the listings that are new, changed or moved. The result is the changes of those that are listed again.';

-- The planner takes every list for a short one. With nested loops a list of 20,000 took more than 30 s.
create function public.import_listings(
  p_network text,
  p_listings jsonb,
  p_passed_over text[],
  p_active boolean,
  p_source text,
  p_counted_after_hours integer,
  p_force boolean,
  p_dry_run boolean,
  p_cursor_source text,
  p_cursor text,
  p_run_id uuid,
  p_fence bigint
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '30s' set lock_timeout = '5s'
set enable_nestloop = off
as $$
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
end $$;
comment on function public.import_listings is
  'Stores listings in one step with the cursor of their source. p_active is for new rows only. A directory lists all that it knows: p_passed_over are ids that it lists and that are not wanted, and with p_counted_after_hours its listings that it has dropped are counted as missed, if that was last done so long ago. refused names a directory of which more than half of the rows would be dropped or changed; then nothing is written unless p_force. written counts the listings that are in the catalog now, changed or not; a dry run writes nothing. p_fence is of the run that found the listings, or null; when that run lost the lease, the function raises AO001 and stores nothing.';

create function public.read_walk(p_source text, p_rest_hours integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select coalesce(
    (select jsonb_build_object(
        'position', discovery_cursor.cursor,
        'isDue', discovery_cursor.cursor is not null
          or discovery_cursor.started_at <= now() - make_interval(hours => p_rest_hours)
      )
      from anchor_ops.discovery_cursor where discovery_cursor.source = p_source),
    jsonb_build_object('position', null, 'isDue', true)
  )
$$;
comment on function public.read_walk is
  'Where the walk through a source goes on. isDue is false while the last walk has reached the end and began less than p_rest_hours ago.';

create function public.read_domains_below(p_network text, p_owners text[]) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
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
$$;
comment on function public.read_domains_below is 'The known home domains that are one of these registrable domains, or below it.';

grant execute on function anchor_ops.is_directory, anchor_ops.compare_import, anchor_ops.dropped_listings,
  anchor_ops.refused_import, anchor_ops.miss_listings, anchor_ops.move_cursor, anchor_ops.unseen_listings,
  anchor_ops.lock_imported,
  anchor_ops.store_import, public.import_listings, public.read_walk, public.read_domains_below to service_role;

notify pgrst, 'reload schema';
