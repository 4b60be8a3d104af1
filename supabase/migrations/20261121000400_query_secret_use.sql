-- The secret in a query string is deprecated, because access logs keep query strings. How often it is still used says when
-- it can be switched off.

create table anchor_ops.query_secret_use (
  minute timestamptz primary key,
  calls bigint not null,
  constraint query_secret_use_calls_positive check (calls > 0)
);
comment on table anchor_ops.query_secret_use is 'How many calls showed the right secret in the query string alone, one row per minute of the last two days. Writer: count_query_secret.';

create function public.count_query_secret() returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.count_query_secret is 'Counts one call in its minute, and deletes the counts that are older than two days.';

create function public.read_query_secret_calls() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('calls', coalesce(sum(query_secret_use.calls), 0))
  from anchor_ops.query_secret_use
  where query_secret_use.minute > now() - interval '1 day'
$$;
comment on function public.read_query_secret_calls is 'How many calls were counted in the last day, to the minute.';

grant execute on function public.count_query_secret, public.read_query_secret_calls to service_role;

notify pgrst, 'reload schema';
