-- Functions of every part use these: times and decimals as text, locks on names, and pages.

-- PL/pgSQL keeps the plan. As an SQL function this one took half the time of a page of 200 payments.
create function anchor_ops.iso_time(p_time timestamptz) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
end $$;
comment on function anchor_ops.iso_time is 'ISO 8601 in UTC with milliseconds, whatever the time zone of the session.';

create function anchor_ops.decimal(p_text text) returns numeric
language sql immutable security invoker set search_path = ''
as $$
  select case when p_text ~ '^[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$' then p_text::numeric end
$$;
comment on function anchor_ops.decimal is 'A decimal as the Anchor Platform accepts it, exactly; null for any other text.';

create function anchor_ops.instant(p_text text) returns timestamptz
language plpgsql stable security invoker set search_path = ''
as $$
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
end $$;
comment on function anchor_ops.instant is
  'A time of the Anchor Platform, in the years 1 to 9999; null for any other text. The platform stores times that PostgreSQL cannot read, and one such time must not make a document unusable.';

create function anchor_ops.lock_names(p_names text[]) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  -- Every caller takes the locks in one order, so concurrent requests with names in opposite order do not deadlock.
  perform pg_advisory_xact_lock(name.key)
  from (
    select distinct hashtextextended(each.name, 0) as key from unnest(p_names) as each (name)
    where each.name is not null order by key
  ) as name;
end $$;
comment on function anchor_ops.lock_names is
  'Lets one transaction at a time pass with any of these names, until it commits. It is called before any row is locked.';

-- A page is read in three steps. The function selects one row more than the page holds, from the row behind the cursor
-- on (cursor_time, cursor_id), and page cuts that row off and names the cursor of the next page.

create function anchor_ops.cursor_of(p_time timestamptz, p_id text) returns text
language sql immutable security invoker set search_path = ''
as $$ select (extract(epoch from p_time) * 1000000)::bigint || '.' || p_id $$;
comment on function anchor_ops.cursor_of is 'The cursor of a row: microseconds since 1970, a dot, the id.';

create function anchor_ops.cursor_time(p_cursor text) returns timestamptz
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(
    timestamptz 'epoch' + split_part(p_cursor, '.', 1)::bigint * interval '1 microsecond', '-infinity'
  )
$$;
comment on function anchor_ops.cursor_time is 'The time of the row behind which a page begins; -infinity for the first page.';

create function anchor_ops.cursor_id(p_cursor text) returns text
language sql immutable security invoker set search_path = ''
as $$ select coalesce(substr(p_cursor, strpos(p_cursor, '.') + 1), '') $$;
comment on function anchor_ops.cursor_id is 'The id of the row behind which a page begins; empty for the first page.';

create function anchor_ops.page(
  p_name text,
  p_limit integer,
  p_rows jsonb[],
  p_cursors text[],
  p_end text default null
) returns jsonb
language plpgsql immutable security invoker set search_path = ''
as $$
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
end $$;
comment on function anchor_ops.page is
  'A page of at most p_limit rows and 3 MB of text, but of one row at least. p_rows and p_cursors hold one row more when there is a next page; next is null on the last. p_end is the cursor of the place up to which rows were looked for, if p_rows holds all that were found and there may be more.';

create function anchor_ops.filtered_page(
  p_name text,
  p_table text,
  p_filters jsonb,
  p_behind text,
  p_key text,
  p_order text,
  p_row text,
  p_cursor text,
  p_limit integer
) returns jsonb
language plpgsql stable security invoker set search_path = ''
-- The rows come from an index in their order, also where old statistics make another plan look cheaper.
set enable_seqscan = off set enable_bitmapscan = off set random_page_cost = 1.1
as $$
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
end $$;
comment on function anchor_ops.filtered_page is
  'A page of the rows t of p_table that pass every filter, in p_order, behind the place p_behind. It reads at most 5,000 rows and those that few counts; a page that has not found p_limit rows by then names the place it reached. Each of p_filters has where, a condition, and streams: conditions of which each row that passes fulfils one, and an index answers each in p_order, which is the order of p_key. The first filter that at most 5,000 rows pass decides which rows are read; if there is none, the first one does. A filter with few decides only then: few is a select with one row for each that its streams read.';

grant execute on function anchor_ops.iso_time, anchor_ops.decimal, anchor_ops.instant, anchor_ops.lock_names, anchor_ops.cursor_of,
  anchor_ops.cursor_time, anchor_ops.cursor_id, anchor_ops.page, anchor_ops.filtered_page to service_role;

notify pgrst, 'reload schema';
