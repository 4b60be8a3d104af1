-- An import stores what a directory, a person or Horizon lists. It is the only writer of new listings.

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

grant execute on function public.import_listings to service_role;

notify pgrst, 'reload schema';
