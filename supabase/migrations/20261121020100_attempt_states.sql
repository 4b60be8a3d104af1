-- The state machine of an attempt is a trigger, so it holds for every writer.

create function anchor_ops.attempt_may_move(p_from text, p_to text, p_custody boolean) returns boolean
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  -- PL/pgSQL keeps the plan. An SQL function is planned at each call, which took a twentieth of record_outcome.
  return (p_from, p_to) in (
    ('READY', 'SENDING'), ('READY', 'APPLIED'), ('READY', 'REJECTED'), ('READY', 'EXPIRED'), ('READY', 'WITHDRAWN'),
    ('READY', 'MANUAL'),
    ('SENDING', 'READY'), ('SENDING', 'UNKNOWN'), ('SENDING', 'APPLIED'), ('SENDING', 'REJECTED'),
    ('UNKNOWN', 'APPLIED'), ('UNKNOWN', 'REJECTED'), ('UNKNOWN', 'MANUAL'),
    ('MANUAL', 'APPLIED'), ('MANUAL', 'REJECTED'), ('MANUAL', 'NOT_APPLIED'),
    ('APPLIED', 'LOST'), ('LOST', 'APPLIED'), ('LOST', 'REJECTED'), ('LOST', 'NOT_APPLIED')
  ) or not p_custody and (p_from, p_to) in (('UNKNOWN', 'READY'), ('UNKNOWN', 'NOT_APPLIED'));
end $$;
comment on function anchor_ops.attempt_may_move is
  'The moves of an attempt. The custody service may have paid although the platform shows nothing, so only evidence or a person ends an unknown custody attempt.';

create function anchor_ops.may_be_applied(p_outcome jsonb) returns boolean
language sql immutable security invoker set search_path = ''
as $$ select coalesce(p_outcome -> 'mayBeApplied' = 'true', false) $$;
comment on function anchor_ops.may_be_applied is
  'Whether an earlier send of the attempt with this outcome may have been applied. Then it ends without effect only by a person.';

create function anchor_ops.guard_attempt() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_tries integer;
begin
  if tg_op = 'DELETE' then
    raise exception 'attempt %: attempts are never deleted', old.id using errcode = 'AO002';
  end if;
  if tg_op = 'INSERT' then
    if (new.state, new.tries, new.rpc_id is null) not in (('READY', 0, true), ('SENDING', 1, false)) then
      raise exception 'attempt %: begins READY and unsent or SENDING for the first time, not %', new.id, new.state
        using errcode = 'AO002';
    end if;
    return new;
  end if;

  if (new.id, new.seq, new.transaction_id, new.method, new.params, new.natural_key, new.custody, new.origin,
      new.key_name, new.request_key, new.update_index, new.expires_at, new.created_at)
    is distinct from (old.id, old.seq, old.transaction_id, old.method, old.params, old.natural_key, old.custody,
      old.origin, old.key_name, old.request_key, old.update_index, old.expires_at, old.created_at) then
    raise exception 'attempt %: what was asked for does not change', old.id using errcode = 'AO002';
  end if;

  if new.forced is distinct from old.forced and (old.forced is not null or old.state <> 'READY') then
    raise exception 'attempt %: forced is set once, before it is sent', old.id using errcode = 'AO002';
  end if;
  if new.state <> old.state and not anchor_ops.attempt_may_move(old.state, new.state, old.custody) then
    raise exception 'attempt %: may not move from % to %', old.id, old.state, new.state using errcode = 'AO002';
  end if;
  if old.state = 'UNKNOWN' and new.state = 'READY' and old.tries >= 3 then
    raise exception 'attempt %: was sent 3 times already', old.id using errcode = 'AO002';
  end if;

  -- A send counts when it begins. It no longer counts once it is certain that it had no effect.
  v_tries := old.tries + case
    when old.state = 'READY' and new.state = 'SENDING' then 1
    when old.state = 'SENDING' and new.state = 'READY' then -1
    else 0
  end;
  if new.tries <> v_tries then
    raise exception 'attempt %: tries goes from % to %, not %', old.id, old.tries, v_tries, new.tries
      using errcode = 'AO002';
  end if;
  if (new.rpc_id is distinct from old.rpc_id) <> (old.state = 'READY' and new.state = 'SENDING') then
    raise exception 'attempt %: a send, and nothing else, has a new rpc id', old.id using errcode = 'AO002';
  end if;

  if new.state <> old.state then
    new.updated_at := clock_timestamp();
    new.unreadable_since := null;
    new.claimed_by := null;
    new.claimed_until := null;
  end if;
  return new;
end $$;
comment on function anchor_ops.guard_attempt is
  'Refuses, with AO002, a deletion, a change of what was asked for, a move that is not allowed and a fourth send.';

create trigger attempt_guard before insert or update or delete on anchor_ops.attempt
  for each row execute function anchor_ops.guard_attempt();

create function anchor_ops.record_attempt_move() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into anchor_ops.attempt_move (attempt_id, from_state, to_state, detail)
  values (new.id, case when tg_op = 'UPDATE' then old.state end, new.state, jsonb_strip_nulls(jsonb_build_object(
    'tries', new.tries, 'rpcId', new.rpc_id, 'outcome', new.outcome, 'note', new.note
  )));
  return null;
end $$;
comment on function anchor_ops.record_attempt_move is 'Records every move of an attempt, whoever made it.';

create trigger attempt_made after insert on anchor_ops.attempt
  for each row execute function anchor_ops.record_attempt_move();
create trigger attempt_moved after update on anchor_ops.attempt
  for each row when (old.state is distinct from new.state) execute function anchor_ops.record_attempt_move();

create function anchor_ops.release_operations() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  update anchor_ops.operation_claim set released_at = clock_timestamp()
  where operation_claim.attempt_id = new.id and operation_claim.released_at is null;
  return null;
end $$;
comment on function anchor_ops.release_operations is 'Releases the claims of an attempt that ended without effect.';

create trigger attempt_released after update on anchor_ops.attempt
  for each row when (
    old.state is distinct from new.state and anchor_ops.ended_without_effect(new.state)
  )
  execute function anchor_ops.release_operations();

grant execute on function anchor_ops.attempt_may_move, anchor_ops.may_be_applied, anchor_ops.guard_attempt, anchor_ops.record_attempt_move,
  anchor_ops.release_operations to service_role;

notify pgrst, 'reload schema';
