-- Anybody may ask for the check of a home domain. Each check reaches out to hosts of others, so this table limits how often,
-- over all instances.

create table anchor_ops.requested_check (
  id bigint generated always as identity primary key,
  network text not null,
  domain text collate "C" not null,
  owner text collate "C" not null,
  caller text not null,
  asked_at timestamptz not null default clock_timestamp(),
  result jsonb,
  constraint requested_check_network_known check (network in ('mainnet', 'testnet')),
  constraint requested_check_domain_length check (char_length(domain) between 3 and 253),
  constraint requested_check_owner_length check (char_length(owner) between 1 and 253),
  constraint requested_check_caller_hash check (caller ~ '^[0-9a-f]{64}$'),
  constraint requested_check_result_object check (jsonb_typeof(result) = 'object')
);
comment on table anchor_ops.requested_check is 'The checks that somebody asked for in the last minutes. Writers: begin_requested_check, finish_requested_check.';
comment on column anchor_ops.requested_check.owner is 'The registrable domain: all names below it share a limit.';
comment on column anchor_ops.requested_check.caller is 'A keyed hash of the address of the caller, which is stored nowhere.';
comment on column anchor_ops.requested_check.result is 'Null while the check is under way, or if it broke off.';

create index requested_check_of_domain on anchor_ops.requested_check (network, domain, asked_at);
create index requested_check_of_owner on anchor_ops.requested_check (owner, asked_at);
create index requested_check_of_caller on anchor_ops.requested_check (caller, asked_at);
create index requested_check_by_time on anchor_ops.requested_check (asked_at);

create function public.begin_requested_check(
  p_network text,
  p_domain text,
  p_owner text,
  p_caller text,
  p_kept_seconds integer,
  p_running_seconds integer,
  p_window_seconds integer,
  p_per_caller integer,
  p_per_owner integer,
  p_in_all integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.begin_requested_check is
  'Counts a check that somebody asks for. kept: the result of one that was asked for in the last p_kept_seconds; nothing is counted. begun: the caller may check, and stores the result under id. refused: one is under way since less than p_running_seconds, or within p_window_seconds p_per_caller checks of this caller, p_per_owner below this registrable domain or p_in_all of everybody were counted.';

create function public.finish_requested_check(p_id bigint, p_result jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.requested_check set result = p_result where requested_check.id = p_id;
  return jsonb_build_object('stored', found);
end $$;
comment on function public.finish_requested_check is 'Stores what a check that somebody asked for found, for who asks next.';

grant execute on function public.begin_requested_check, public.finish_requested_check to service_role;

notify pgrst, 'reload schema';
