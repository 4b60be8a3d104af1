-- One process at a time observes an account: it takes the account, records page after page, and gives the account back.

create function public.begin_observation(p_account text, p_source text, p_holder uuid, p_lease_seconds integer)
returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_payment record;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 then
    raise exception 'begin_observation: needs a holder and at least 1 lease second'
      using errcode = 'invalid_parameter_value';
  end if;
  insert into anchor_ops.ledger_epoch (epoch) values (anchor_ops.present_epoch()) on conflict do nothing;
  insert into anchor_ops.observer (account, source, epoch)
  values (p_account, p_source, anchor_ops.present_epoch()) on conflict do nothing;
  if found then
    -- What the account paid to another observed one is our own money from now on. No page is recorded meanwhile.
    perform anchor_ops.lock_names(array['payments']);
    -- Payments are locked in the order of their operations, as everywhere.
    for v_payment in
      select payment.epoch, payment.operation_id from anchor_ops.payment
      where payment.open_since is not null and payment.from_account = p_account
      order by payment.operation_id, payment.epoch
    loop
      update anchor_ops.payment set open_since = payment.open_since
      where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id;
    end loop;
  end if;

  update anchor_ops.observer
  set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source
    and (observer.holder is null or observer.holder = p_holder or observer.lease_until <= clock_timestamp())
  returning * into v_observer;
  if not found then
    return jsonb_build_object('started', false);
  end if;

  return jsonb_build_object(
    'started', true,
    'epoch', v_observer.epoch,
    'present', (
      select jsonb_build_object('epoch', present.epoch, 'seen', case when present.seen_hash is not null then
        jsonb_build_object('sequence', present.seen_sequence, 'hash', present.seen_hash,
          'closedAt', anchor_ops.iso_time(present.seen_closed_at)) end)
      from anchor_ops.ledger_epoch as present order by present.epoch desc limit 1
    ),
    'alarm', v_observer.alarm ->> 'code',
    'cursor', v_observer.cursor,
    'checkpoint', case when v_observer.checkpoint_sequence is not null then
      jsonb_build_object('sequence', v_observer.checkpoint_sequence, 'hash', v_observer.checkpoint_hash) end,
    'sweepCursor', v_observer.sweep_cursor,
    'sweptAt', anchor_ops.iso_time(v_observer.swept_at),
    'oldestAwaitingAt', anchor_ops.iso_time((
      select min(coalesce(transaction.started_at, transaction.first_seen_at)) from anchor_ops.transaction
      where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
        and transaction.gone_at is null
    ))
  );
end $$;
comment on function public.begin_observation is
  'Takes an account of one source to observe it, unless another process holds it; the first call makes its row. cursor is null until the operator has chosen a start. epoch is that of the cursor; present is the present epoch with the newest ledger that was seen of it. alarm is the code of the alarm that stands. oldestAwaitingAt is the start of the oldest transaction that waits for a payment.';

create function public.set_observer_cursor(
  p_account text,
  p_source text,
  p_holder uuid,
  p_cursor text,
  p_started_from text,
  p_note text,
  p_key_name text,
  p_epoch integer,
  p_is_new_epoch boolean,
  p_seen jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_epoch integer;
  v_now timestamptz := clock_timestamp();
begin
  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('moved', false);
  end if;
  -- Two accounts may be restarted at once after a reset; only one of them begins the new epoch.
  perform from anchor_ops.ledger_epoch where ledger_epoch.epoch = p_epoch for update;
  if anchor_ops.present_epoch() is distinct from p_epoch then
    return jsonb_build_object('moved', false);
  end if;
  v_epoch := p_epoch + p_is_new_epoch::integer;
  insert into anchor_ops.ledger_epoch as known (epoch, seen_sequence, seen_hash, seen_closed_at)
  values (v_epoch, (p_seen ->> 'sequence')::bigint, p_seen ->> 'hash', (p_seen ->> 'closedAt')::timestamptz)
  on conflict (epoch) do update set seen_sequence = excluded.seen_sequence, seen_hash = excluded.seen_hash,
    seen_closed_at = excluded.seen_closed_at
    where known.seen_sequence is null or known.seen_sequence < excluded.seen_sequence;

  insert into anchor_ops.observer_jump
    (account, source, epoch, from_cursor, to_cursor, started_from, note, alarm, jumped_at)
  values (p_account, p_source, v_epoch, v_observer.cursor, p_cursor, p_started_from, p_note, v_observer.alarm, v_now);
  update anchor_ops.observer
  set epoch = v_epoch, cursor = p_cursor, started_from = p_started_from, started_at = v_now, note = p_note, checkpoint_sequence = null,
    checkpoint_hash = null, complete_until = null, alarm = null, sweep_cursor = null, swept_at = null
  where observer.account = p_account and observer.source = p_source;
  if p_key_name is not null then
    perform anchor_ops.record_decision(p_key_name, 'observer', p_account, null, 'restarted', p_note, jsonb_build_object(
      'source', p_source, 'from', v_observer.cursor, 'to', p_cursor, 'startedFrom', p_started_from, 'alarm', v_observer.alarm,
      'epoch', v_epoch
    ));
  end if;
  return jsonb_build_object('moved', true, 'epoch', v_epoch);
end $$;
comment on function public.set_observer_cursor is
  'Sets the cursor to the start that the operator chose, at first or after an alarm, and records the jump. Alarm, checkpoint and sweep are cleared. With p_key_name a person restarted the account, and the decision is recorded. p_epoch is the present epoch that the caller compared with the source, and p_seen the head of the source; with p_is_new_epoch the source shows another ledger, and the cursor is the first of a new epoch. moved is false when another process has taken over or has begun another epoch.';

create function anchor_ops.transaction_mark(p_id text) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select md5(jsonb_build_array(transaction.sep, transaction.kind, transaction.status, transaction.memo_type, transaction.memo,
      transaction.amount_in, transaction.amount_in_asset, transaction.amount_expected, transaction.amount_expected_asset,
      transaction.withdraw_anchor_account, transaction.destination_account, anchor_ops.iso_time(transaction.started_at),
      anchor_ops.iso_time(transaction.completed_at), anchor_ops.iso_time(transaction.gone_at), (
        select max(attempt.seq) from anchor_ops.attempt
        where attempt.transaction_id = p_id and attempt.state = 'APPLIED' and attempt.params ? 'destination_account'
      ))::text)
    from anchor_ops.transaction where transaction.id = p_id
  );
end $$;
comment on function anchor_ops.transaction_mark is
  'Tells the state of a stored transaction that a payment is judged by from every other one; null for an unknown transaction.';

create function public.find_candidates(p_memos jsonb, p_account_method text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('transactions', coalesce(jsonb_agg(
    jsonb_build_object(
      'id', transaction.id,
      'sep', coalesce(transaction.sep, ''),
      'kind', coalesce(transaction.kind, ''),
      'status', transaction.status,
      'account', coalesce(
        nullif(transaction.withdraw_anchor_account, ''),
        nullif(requested.destination_account, ''),
        case when transaction.sep = '31' or transaction.kind in ('withdrawal', 'withdrawal-exchange')
          then nullif(transaction.destination_account, '') end
      ),
      'memo', transaction.memo,
      'memoType', transaction.memo_type,
      'amountIn', transaction.amount_in,
      'amountInAsset', transaction.amount_in_asset,
      'amountExpected', transaction.amount_expected,
      'amountExpectedAsset', transaction.amount_expected_asset,
      'startedAt', anchor_ops.iso_time(transaction.started_at),
      'endedAt', anchor_ops.iso_time(anchor_ops.ended_at(
        (select whole from anchor_ops.transaction as whole where whole.id = transaction.id)
      )),
      'creditedBy', credited.shown,
      'creditRefused', case when credited.shown is null then false else exists (
        select from anchor_ops.payment
        where payment.transaction_id = transaction.id and payment.verdict = 'credited'
          and not anchor_ops.credit_holds(payment.attempt_id)
      ) end,
      'mark', anchor_ops.transaction_mark(transaction.id)
    ) order by transaction.id
  ), '[]'))
  from (
    select distinct on (newest.id) newest.*
    from (
      select distinct row.type, row.value, row.from, row.until
      from jsonb_to_recordset(p_memos) as row (type text, value text, "from" timestamptz, until timestamptz)
    ) as memo
    cross join lateral (
      select same.*
      from (
        select by_memo.* from anchor_ops.transaction as by_memo
        where by_memo.memo_value = memo.value and char_length(by_memo.memo_value) <= 255 and by_memo.memo_type = memo.type
        union all
        select by_address.* from anchor_ops.transaction as by_address
        where memo.type = 'muxed_account'
          and coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account) = memo.value
          and octet_length(coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account)) = 69
        union all
        select by_id.* from anchor_ops.transaction as by_id where memo.type = 'transaction_id' and by_id.id = memo.value
      ) as same
      -- Those that existed when it was paid come first, then those that wait, so the limit of 20 leaves out none of them for
      -- one that nobody can have meant. The clocks of the platform and of the ledger may be 60 s apart.
      order by coalesce(
          coalesce(same.started_at, '-infinity') <= memo.until + interval '60 seconds' and coalesce(anchor_ops.ended_at(
            (select whole from anchor_ops.transaction as whole where whole.id = same.id)
          ) > memo.from, true), false) desc,
        (anchor_ops.awaits_payment(same.sep, same.kind, same.status) and same.gone_at is null) desc,
        coalesce(same.started_at, same.first_seen_at) desc, same.id
      limit 20
    ) as newest
    order by newest.id
  ) as transaction
  left join lateral anchor_ops.credited_operation(transaction.id) as credited (shown) on true
  left join lateral (
    select attempt.params ->> 'destination_account' as destination_account from anchor_ops.attempt
    where attempt.transaction_id = transaction.id and attempt.method = p_account_method
      and attempt.state = 'APPLIED'
    order by attempt.seq desc limit 1
  ) as requested on true
$$;
comment on function public.find_candidates is
  'The stored transactions, of any status, that a payment may be for: those with one of these memos by value, or with a muxed address (M…) that is given as type muxed_account, or with the id that is given as type transaction_id. Of each memo at most 20 are returned: first those that existed at some time between from and until of the memo, where these are given, then those that wait for a payment, then the newest. account is the account to be paid: the platform''s withdraw_anchor_account, else the destination in our last applied update of p_account_method, else the destination of a withdrawal or of a SEP-31 transaction, else null. creditedBy is the operation that was credited to the transaction, and creditRefused says that its update ended without effect; startedAt and endedAt say when it existed; mark tells its state from a later one.';

create function public.end_observation(p_account text, p_source text, p_holder uuid, p_alarm jsonb, p_swept boolean)
returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update anchor_ops.observer
  set holder = null,
    lease_until = '-infinity',
    alarm = p_alarm || jsonb_build_object('since',
      case when observer.alarm ->> 'code' = p_alarm ->> 'code' then observer.alarm -> 'since'
      else to_jsonb(anchor_ops.iso_time(v_now)) end),
    observed_at = case when p_alarm is null then v_now else observer.observed_at end,
    sweep_cursor = case when p_swept then null else observer.sweep_cursor end,
    swept_at = case when p_swept then v_now else observer.swept_at end
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder;
  return jsonb_build_object('ended', found);
end $$;
comment on function public.end_observation is
  'Gives the account back, with the alarm that ended the observation or none; an alarm with the same code keeps its first time. p_swept says that a sweep has reached its end. ended is false, and nothing changed, when another process has taken over.';

grant execute on function public.begin_observation, public.set_observer_cursor, anchor_ops.transaction_mark, public.find_candidates,
  public.end_observation to service_role;

notify pgrst, 'reload schema';
