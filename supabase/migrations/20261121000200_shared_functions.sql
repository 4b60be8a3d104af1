-- Functions of every part use these: times and decimals as text, locks on names, and pages.

create function anchor_ops.iso_time(p_time timestamptz) returns text
language sql stable security invoker set search_path = ''
as $$ select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;
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

create function anchor_ops.page(p_name text, p_limit integer, p_rows jsonb[], p_cursors text[]) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    p_name, coalesce(to_jsonb(p_rows[:greatest(p_limit, 1)]), '[]'),
    'next', case when cardinality(p_rows) > greatest(p_limit, 1) then p_cursors[greatest(p_limit, 1)] end
  )
$$;
comment on function anchor_ops.page is
  'A page of at most p_limit rows. p_rows and p_cursors hold one row more when there is a next page; next is null on the last.';

grant execute on function anchor_ops.iso_time, anchor_ops.decimal, anchor_ops.instant, anchor_ops.lock_names, anchor_ops.cursor_of,
  anchor_ops.cursor_time, anchor_ops.cursor_id, anchor_ops.page to service_role;

notify pgrst, 'reload schema';
