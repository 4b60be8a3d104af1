-- One run at a time discovers: it takes the lease, proves that it still holds it, and gives it back. Runs that only check
-- need no lease, and take place side by side.
-- PostgREST applies the statement_timeout of a function to its transaction; lock_timeout works wherever a function is
-- called. No function raises SQLSTATE 40001, because PostgREST repeats such a call.

create function anchor_ops.recent_run(p_kind text, p_quiet_seconds integer, p_quiet_from text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
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
$$;
comment on function anchor_ops.recent_run is
  'The answer of start_run when a run of this kind is less than p_quiet_seconds ago; else null. From start, every run counts since it began, also one that failed or died. From finish, a run counts since it ended with an answer.';

create function anchor_ops.prune_runs() returns void
language sql volatile security invoker set search_path = ''
as $$
  delete from anchor_ops.run as old
  where old.started_at < now() - interval '30 days' and exists (
    select from anchor_ops.run as newer
    where newer.kind = old.kind and newer.finished_at is not null and newer.started_at > old.started_at
  )
$$;
comment on function anchor_ops.prune_runs is 'Deletes runs that are older than 30 days, except the last of a kind.';

create function public.start_run(
  p_kind text,
  p_trigger text,
  p_holder uuid,
  p_lease_seconds integer,
  p_quiet_seconds integer,
  p_quiet_from text,
  p_cursor_source text
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.start_run is
  'Takes the lease that runs of this kind need (a walk over Horizon has one of its own) and begins a run. Otherwise skipped says why not: recent (a run of this kind began or finished, as p_quiet_from says, less than p_quiet_seconds ago; the answer that it has comes with it) or already_running. An expired lease is taken over. Without a holder the run takes no lease.';

create function public.renew_lease(p_run_id uuid, p_fence bigint, p_lease_seconds integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.lease
  set expires_at = greatest(lease.expires_at, clock_timestamp() + make_interval(secs => p_lease_seconds))
  where lease.fence = p_fence and lease.holder is not null
    and exists (select from anchor_ops.run where run.id = p_run_id and run.fence = p_fence);
  if not found then
    raise exception 'lease_lost' using errcode = 'AO001';
  end if;
  return jsonb_build_object('renewed', true);
end $$;
comment on function public.renew_lease is
  'Extends the lease to p_lease_seconds from now. Raises AO001 when the run lost it.';

create function public.finish_run(p_run_id uuid, p_fence bigint, p_answer jsonb, p_failure text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
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
end $$;
comment on function public.finish_run is
  'Stores the answer of a run (null when it broke off), notes whether it failed (p_failure is the code of the error, also of an answer that tells of one), and gives the lease back; finished is false when the run no longer holds it. A run without a lease has no fence.';

grant execute on function anchor_ops.recent_run, anchor_ops.prune_runs, public.start_run, public.renew_lease, public.finish_run
  to service_role;

notify pgrst, 'reload schema';
