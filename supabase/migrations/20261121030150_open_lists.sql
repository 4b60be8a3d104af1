-- The platform's lists of the transactions that wait for a payment are read whole, page after page, over several looks if
-- one has too little time. Until each list was read whole once, no payment gets a final verdict.

create table anchor_ops.open_list (
  sep text not null,
  status text not null,
  next_page integer not null default 0,
  listed jsonb not null default '[]',
  began_at timestamptz,
  whole_at timestamptz,
  whole_listed integer,
  primary key (sep, status),
  constraint open_list_place_whole check ((next_page = 0) = (began_at is null) and next_page >= 0),
  constraint open_list_listed_array check (jsonb_typeof(listed) = 'array')
);
comment on table anchor_ops.open_list is 'How far each list of the platform is read. A reading that ends in the look that began it leaves only whole_at and whole_listed. Writer: record_open_list.';
comment on column anchor_ops.open_list.next_page is 'The first page of 100 that the present reading has not read; 0 between two readings.';
comment on column anchor_ops.open_list.listed is 'The ids that the present reading found so far.';
comment on column anchor_ops.open_list.began_at is 'When the present reading began; null between two readings.';
comment on column anchor_ops.open_list.whole_at is 'When the list was last read to its end; null if it never was.';
comment on column anchor_ops.open_list.whole_listed is 'How many ids the last reading found that ended.';

create function public.find_changed(p_transactions jsonb) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.find_changed is
  'The ids of those documents that are not stored as they are shown here. It locks and writes nothing: 10,000 transactions of which none changed take 0.7 s.';

create function public.read_open_lists() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
$$;
comment on function public.read_open_lists is
  'How far each list of the platform is read. now is the p_began_at of a reading that begins now.';

create function anchor_ops.store_unlisted(p_sep text, p_status text, p_places jsonb) returns void
language sql volatile security invoker set search_path = ''
as $$
  insert into anchor_ops.unlisted as known (sep, status, newer_id, older_id, transactions, reason)
  select distinct on (coalesce(found."newerId", ''))
    p_sep, p_status, coalesce(found."newerId", ''), found."olderId", found.transactions, left(found.reason, 1000)
  from jsonb_to_recordset(p_places) as found ("newerId" text, "olderId" text, transactions integer, reason text)
  order by coalesce(found."newerId", '')
  on conflict (sep, status, newer_id) do update
    set older_id = excluded.older_id, transactions = excluded.transactions, reason = excluded.reason,
      found_at = excluded.found_at
$$;
comment on function anchor_ops.store_unlisted is
  'Stores places where the list does not show a transaction. A place between the same transactions keeps its since.';

create function public.record_open_list(
  p_sep text,
  p_status text,
  p_began_at timestamptz,
  p_from_page integer,
  p_next_page integer,
  p_is_whole boolean,
  p_listed jsonb,
  p_unlisted jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.record_open_list is
  'Records that a look read a list from p_from_page on, to its end (p_is_whole) or up to p_next_page, with the ids that it found and the places where a transaction is not shown. Places that the whole reading did not find again are deleted. vanished has up to 100 transactions, chosen by chance, that wait for a payment here, were last stored before the reading began, and that the whole list lacks. recorded is false, and nothing changed, when another process has gone on with the reading.';

grant execute on function public.find_changed, public.read_open_lists, anchor_ops.store_unlisted, public.record_open_list
  to service_role;

notify pgrst, 'reload schema';
