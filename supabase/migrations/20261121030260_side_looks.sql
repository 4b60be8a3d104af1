-- Claimable balances for an account and clawbacks from it are not among the payments that Horizon lists. A side look reads
-- them at least once an hour, oldest first, some at a time, and keeps its places. It has a lease of its own, so that it
-- never delays the payments.

create table anchor_ops.side_look (
  account text collate "C" not null,
  source text collate "C" not null,
  jump_seq bigint not null,
  balance_cursor text collate "C",
  effect_cursor text collate "C",
  began_at timestamptz not null default clock_timestamp(),
  next_at timestamptz not null default '-infinity',
  looked_at timestamptz,
  failure jsonb,
  holder uuid,
  lease_until timestamptz not null default '-infinity',
  primary key (account, source),
  constraint side_look_observer foreign key (account, source) references anchor_ops.observer (account, source),
  constraint side_look_cursors_length check (
    char_length(balance_cursor) between 1 and 255 and char_length(effect_cursor) between 1 and 255
  ),
  constraint side_look_failure_form check (failure ?& array['code', 'message', 'since'])
);
comment on table anchor_ops.side_look is 'How far the claimable balances and the clawbacks of an observed account are recorded, and which process reads them. Writers: begin_side_look, record_side_movements, end_side_look.';
comment on column anchor_ops.side_look.jump_seq is 'The start of the observer (observer_jump) to which the places belong. Another start begins at the first balance and at its own ledger.';
comment on column anchor_ops.side_look.balance_cursor is 'Every claimable balance up to here is recorded; text of Horizon, null at the beginning.';
comment on column anchor_ops.side_look.effect_cursor is 'The debits of the account up to here are examined; text of Horizon, null at the beginning.';
comment on column anchor_ops.side_look.began_at is 'When the first side look of this start began.';
comment on column anchor_ops.side_look.next_at is 'When the next side look is due.';
comment on column anchor_ops.side_look.looked_at is 'When a side look last reached both ends.';
comment on column anchor_ops.side_look.failure is 'Why the last side look failed: code, message and since when; null if it did not.';

create function anchor_ops.last_jump(p_account text, p_source text) returns bigint
language sql stable security invoker set search_path = ''
as $$
  select observer_jump.seq from anchor_ops.observer_jump
  where observer_jump.account = p_account and observer_jump.source = p_source
  order by observer_jump.seq desc limit 1
$$;
comment on function anchor_ops.last_jump is 'The last start of an account that an operator chose; null if none was.';

create function public.find_side_looks(p_accounts text[], p_source text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('accounts', coalesce(jsonb_agg(observer.account order by side_look.next_at nulls first, observer.account), '[]'))
  from anchor_ops.observer
  left join anchor_ops.side_look on side_look.account = observer.account and side_look.source = observer.source
  where observer.account = any (p_accounts) and observer.source = p_source
    and observer.cursor is not null and observer.alarm is null and observer.epoch = anchor_ops.present_epoch()
    and (side_look.account is null or side_look.next_at <= clock_timestamp()
      or side_look.jump_seq <> anchor_ops.last_jump(observer.account, observer.source))
$$;
comment on function public.find_side_looks is
  'The accounts whose side look is due, the longest due first. An account with an alarm, or without a start, has none.';

create function public.begin_side_look(p_account text, p_source text, p_holder uuid, p_lease_seconds integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_look anchor_ops.side_look;
  v_jump bigint := anchor_ops.last_jump(p_account, p_source);
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 then
    raise exception 'begin_side_look: needs a holder and at least 1 lease second' using errcode = 'invalid_parameter_value';
  end if;
  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.cursor is not null
    and observer.alarm is null and observer.epoch = anchor_ops.present_epoch();
  if not found or v_jump is null then
    return jsonb_build_object('started', false);
  end if;
  insert into anchor_ops.side_look (account, source, jump_seq) values (p_account, p_source, v_jump) on conflict do nothing;

  update anchor_ops.side_look
  set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds), jump_seq = v_jump,
    balance_cursor = case when side_look.jump_seq = v_jump then side_look.balance_cursor end,
    effect_cursor = case when side_look.jump_seq = v_jump then side_look.effect_cursor end,
    began_at = case when side_look.jump_seq = v_jump then side_look.began_at else clock_timestamp() end,
    looked_at = case when side_look.jump_seq = v_jump then side_look.looked_at end
  where side_look.account = p_account and side_look.source = p_source
    and (side_look.holder is null or side_look.holder = p_holder or side_look.lease_until <= clock_timestamp())
  returning * into v_look;
  if not found then
    return jsonb_build_object('started', false);
  end if;
  return jsonb_build_object(
    'started', true,
    'epoch', v_observer.epoch,
    'startCursor', (select observer_jump.to_cursor from anchor_ops.observer_jump
      where observer_jump.account = p_account and observer_jump.source = p_source and observer_jump.seq = v_jump),
    'cursor', v_observer.cursor,
    'checkpoint', case when v_observer.checkpoint_sequence is not null then
      jsonb_build_object('sequence', v_observer.checkpoint_sequence, 'hash', v_observer.checkpoint_hash) end,
    'balanceCursor', v_look.balance_cursor,
    'effectCursor', v_look.effect_cursor
  );
end $$;
comment on function public.begin_side_look is
  'Takes the side look of an account, unless another process has it, the account has an alarm or it has no start. cursor and checkpoint are those of the observer, startCursor is where its operator let it start.';

create function public.find_unrecorded(p_epoch integer, p_operation_ids text[]) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  return jsonb_build_object('operationIds', (
    select coalesce(jsonb_agg(each.id order by each.place), '[]')
    from unnest(p_operation_ids) with ordinality as each (id, place)
    where anchor_ops.recorded_hash(p_epoch, each.id) is null
  ));
end $$;
comment on function public.find_unrecorded is 'Those of some operations, in their order, that are not recorded as payments.';

create function public.record_side_movements(
  p_account text,
  p_source text,
  p_holder uuid,
  p_lease_seconds integer,
  p_balance_cursor text,
  p_effect_cursor text,
  p_payments jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_look anchor_ops.side_look;
  v_epoch integer;
  v_judged jsonb;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_payments is null
    or jsonb_typeof(p_payments) <> 'array' or jsonb_array_length(p_payments) > 200
    or exists (select from jsonb_to_recordset(p_payments) as row (code text) where row.code = 'credited') then
    raise exception
      'record_side_movements: needs a holder, at least 1 lease second and an array of at most 200 payments, none of them credited'
      using errcode = 'invalid_parameter_value';
  end if;
  -- Whether a payment is open depends on the claims of its operation.
  perform anchor_ops.lock_names(array(
    select 'payments'
    union all
    select 'stellar transaction ' || (row.payment ->> 'transactionHash') from jsonb_array_elements(p_payments) as row (payment)
  ));
  select observer.epoch into v_epoch from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source for update;
  select * into v_look from anchor_ops.side_look
  where side_look.account = p_account and side_look.source = p_source and side_look.holder = p_holder for update;
  if not found or v_look.jump_seq <> anchor_ops.last_jump(p_account, p_source) then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;

  perform anchor_ops.lock_payments(v_epoch, p_payments);
  perform anchor_ops.check_operations(v_epoch, p_payments);
  v_judged := anchor_ops.final_verdicts(anchor_ops.fresh_payments(p_account, v_epoch, p_payments), '{}');
  perform anchor_ops.store_payments(p_account, p_source, v_epoch, v_judged, clock_timestamp());
  update anchor_ops.side_look
  set balance_cursor = coalesce(p_balance_cursor, side_look.balance_cursor),
    effect_cursor = coalesce(p_effect_cursor, side_look.effect_cursor),
    lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where side_look.account = p_account and side_look.source = p_source;
  return anchor_ops.recorded_page(v_judged);
end $$;
comment on function public.record_side_movements is
  'Records claimable balances and clawbacks as record_payments does, and moves the places of the side look; a null cursor leaves its place. An operation that is recorded stays as it is. lease_lost: another process has the look, or the account was restarted.';

create function public.end_side_look(
  p_account text,
  p_source text,
  p_holder uuid,
  p_is_complete boolean,
  p_next_seconds integer,
  p_failure jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update anchor_ops.side_look
  set holder = null,
    lease_until = '-infinity',
    next_at = v_now + make_interval(secs => p_next_seconds),
    looked_at = case when p_is_complete then v_now else side_look.looked_at end,
    failure = p_failure || jsonb_build_object('since',
      case when side_look.failure ->> 'code' = p_failure ->> 'code' then side_look.failure -> 'since'
      else to_jsonb(anchor_ops.iso_time(v_now)) end)
  where side_look.account = p_account and side_look.source = p_source and side_look.holder = p_holder;
  return jsonb_build_object('ended', found);
end $$;
comment on function public.end_side_look is
  'Gives the side look back, with its failure or none; a failure with the same code keeps its first time. The next one is due after p_next_seconds.';

create function anchor_ops.side_look_json(p_account text, p_source text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object('beganAt', anchor_ops.iso_time(side_look.began_at), 'lookedAt',
    anchor_ops.iso_time(side_look.looked_at), 'failure', side_look.failure)
  from anchor_ops.side_look where side_look.account = p_account and side_look.source = p_source
$$;
comment on function anchor_ops.side_look_json is 'The side look of an account in the form of health; null if there was none.';

grant execute on function anchor_ops.last_jump, public.find_side_looks, public.begin_side_look, public.find_unrecorded,
  public.record_side_movements, public.end_side_look, anchor_ops.side_look_json to service_role;

notify pgrst, 'reload schema';
