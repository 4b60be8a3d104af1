-- A payment whose verdict may change is judged again when a transaction with its memo changes what it expects. The step that
-- stores the transaction marks the payment as due. The next look of the observer judges what is due, and the mark goes with
-- the step that records the verdict.
-- Payments are locked in the order of their keys, after all names. So a step that marks and a step that records wait for
-- each other, and never in a circle.

create function anchor_ops.mark_due(p_names jsonb) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_epoch integer := anchor_ops.present_epoch();
  -- One look judges about 200 payments in 0.1 s. Whoever floods an account with one memo must not stop its transaction
  -- from being stored; the sweep judges what is beyond this.
  v_most constant integer := 1000;
  v_now timestamptz := clock_timestamp();
  v_id text;
begin
  if coalesce(jsonb_array_length(p_names), 0) = 0 then
    return;
  end if;
  -- One by one: each is found by its key, whatever the planner knows of the table, and all are locked in one order.
  for v_id in
    with name as (
      select each.type, each.value, min(coalesce(each.start, '-infinity')) as start
      from jsonb_to_recordset(p_names) as each (type text, value text, start timestamptz)
      group by each.type, each.value
    )
    select distinct found.operation_id
    from name cross join lateral (
      (
        select by_memo.operation_id from anchor_ops.payment as by_memo
        where by_memo.epoch = v_epoch and by_memo.memo = name.value and by_memo.memo_type = name.type
          and anchor_ops.may_change(by_memo.verdict) and by_memo.closed_at >= name.start
        order by by_memo.closed_at limit v_most
      )
      union all
      (
        select by_id.operation_id from anchor_ops.payment as by_id
        where name.type = 'id' and by_id.epoch = v_epoch and by_id.to_muxed_id = name.value
          and anchor_ops.may_change(by_id.verdict) and by_id.closed_at >= name.start
        order by by_id.closed_at limit v_most
      )
      union all
      (
        select by_address.operation_id from anchor_ops.payment as by_address
        where name.type = 'muxed_account' and by_address.epoch = v_epoch and by_address.to_muxed_account = name.value
          and anchor_ops.may_change(by_address.verdict) and by_address.closed_at >= name.start
        order by by_address.closed_at limit v_most
      )
    ) as found
    order by found.operation_id
  loop
    update anchor_ops.payment set due_at = v_now
    where payment.epoch = v_epoch and payment.operation_id = v_id
      and anchor_ops.may_change(payment.verdict) and payment.closed_by is null;
  end loop;
end $$;
comment on function anchor_ops.mark_due is
  'Marks payments of the present epoch as due: those with one of these memos by value, with a muxed id that is one of these memo ids, or to one of these muxed addresses (type muxed_account), made at start or later. A payment that was paid earlier can be for no such transaction. Of each name at most 1,000 are marked, the oldest first.';

create function anchor_ops.payment_names(
  p_memo_type text,
  p_memo_value text,
  p_withdraw_anchor_account text,
  p_destination_account text,
  p_started_at timestamptz
) returns jsonb
language plpgsql immutable security invoker set search_path = ''
as $$
declare
  -- The clocks of the platform and of the ledger may be 60 s apart.
  v_start timestamptz := p_started_at - interval '60 seconds';
  v_address text := coalesce(nullif(p_withdraw_anchor_account, ''), p_destination_account);
begin
  return case when char_length(p_memo_value) between 1 and 255 then jsonb_build_array(
    jsonb_build_object('type', p_memo_type, 'value', p_memo_value, 'start', v_start)
  ) else '[]'::jsonb end || case when octet_length(v_address) = 69 then jsonb_build_array(
    jsonb_build_object('type', 'muxed_account', 'value', v_address, 'start', v_start)
  ) else '[]'::jsonb end;
end $$;
comment on function anchor_ops.payment_names is
  'The names by which payments can mean a transaction, as mark_due takes them. A null p_started_at means at any time.';

create function anchor_ops.mark_due_for_new() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.mark_due((
    select jsonb_agg(name.value)
    from stored, jsonb_array_elements(anchor_ops.payment_names(stored.memo_type, stored.memo_value,
      stored.withdraw_anchor_account, stored.destination_account, stored.started_at)) as name
  ));
  return null;
end $$;
comment on function anchor_ops.mark_due_for_new is 'Marks the payments that may be for transactions that were not known before.';

create function anchor_ops.mark_due_for_changed() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.mark_due((
    with changed as (
      select before.memo_type as memo_type_before, before.memo_value as memo_value_before,
        before.withdraw_anchor_account as withdraw_before, before.destination_account as destination_before, stored.*,
        -- A payment may have been in the time of the transaction before, or is now.
        case when before.started_at is not null and stored.started_at is not null then
          least(before.started_at, stored.started_at) end as start
      from before join stored using (id)
      where (before.sep, before.kind, before.memo_type, before.memo_value, before.amount_in, before.amount_in_asset,
          before.amount_expected, before.amount_expected_asset, before.withdraw_anchor_account, before.destination_account,
          before.started_at, before.completed_at, before.gone_at, anchor_ops.is_closed(before.status),
          anchor_ops.awaits_payment(before.sep, before.kind, before.status))
        is distinct from (stored.sep, stored.kind, stored.memo_type, stored.memo_value, stored.amount_in,
          stored.amount_in_asset, stored.amount_expected, stored.amount_expected_asset, stored.withdraw_anchor_account,
          stored.destination_account, stored.started_at, stored.completed_at, stored.gone_at,
          anchor_ops.is_closed(stored.status), anchor_ops.awaits_payment(stored.sep, stored.kind, stored.status))
    )
    select jsonb_agg(name.value)
    from changed, jsonb_array_elements(
      anchor_ops.payment_names(changed.memo_type_before, changed.memo_value_before, changed.withdraw_before,
        changed.destination_before, changed.start)
      || anchor_ops.payment_names(changed.memo_type, changed.memo_value, changed.withdraw_anchor_account,
        changed.destination_account, changed.start)
    ) as name
  ));
  return null;
end $$;
comment on function anchor_ops.mark_due_for_changed is
  'Marks the payments that may be for transactions which began or ceased to wait, or expect something else than before.';

create function anchor_ops.mark_due_for_request() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.mark_due(anchor_ops.payment_names(transaction.memo_type, transaction.memo_value,
    transaction.withdraw_anchor_account, transaction.destination_account, transaction.started_at))
  from anchor_ops.transaction where transaction.id = new.transaction_id;
  return null;
end $$;
comment on function anchor_ops.mark_due_for_request is
  'Marks the payments that may be for a transaction after an update named the account that is to be paid.';

create function anchor_ops.mark_due_for_closing() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  new.due_at := case when new.closed_by is null and anchor_ops.may_change(new.verdict) then clock_timestamp() end;
  return new;
end $$;
comment on function anchor_ops.mark_due_for_closing is
  'A payment that a person closed is not due. When it is open again, it is judged by what changed meanwhile.';

grant execute on function anchor_ops.mark_due, anchor_ops.payment_names,
  anchor_ops.mark_due_for_new, anchor_ops.mark_due_for_changed, anchor_ops.mark_due_for_request,
  anchor_ops.mark_due_for_closing to service_role;

create trigger transaction_due_new after insert on anchor_ops.transaction
  referencing new table as stored for each statement execute function anchor_ops.mark_due_for_new();
create trigger transaction_due_changed after update on anchor_ops.transaction
  referencing old table as before new table as stored
  for each statement execute function anchor_ops.mark_due_for_changed();
create trigger attempt_due after update of state on anchor_ops.attempt
  for each row when (old.state is distinct from new.state and 'APPLIED' in (old.state, new.state)
    and new.params ? 'destination_account')
  execute function anchor_ops.mark_due_for_request();
create trigger payment_due_closing before update of closed_by on anchor_ops.payment
  for each row when (old.closed_by is distinct from new.closed_by) execute function anchor_ops.mark_due_for_closing();

create function anchor_ops.due_mark(p_due_at timestamptz) returns text
language sql immutable security invoker set search_path = ''
as $$ select (extract(epoch from p_due_at) * 1000000)::bigint::text $$;
comment on function anchor_ops.due_mark is 'A mark, exactly, as text: microseconds since 1970.';

create function public.find_due(p_account text, p_epoch integer, p_limit integer, p_before timestamptz) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_before timestamptz := coalesce(p_before, clock_timestamp());
begin
  return jsonb_build_object('before', to_jsonb(v_before), 'payments', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'operationId', due.operation_id,
      'dueMark', anchor_ops.due_mark(due.due_at),
      'source', due.source,
      'cursor', due.cursor,
      'ledger', due.ledger,
      'closedAt', anchor_ops.iso_time(due.closed_at),
      'transactionHash', due.transaction_hash,
      'successful', due.successful,
      'kind', due.kind,
      'from', due.from_account,
      'fromMuxedId', due.from_muxed_id,
      'to', due.to_account,
      'toMuxedId', due.to_muxed_id,
      'asset', due.asset,
      'amount', due.amount,
      'memoType', due.memo_type,
      'memo', due.memo
    ) order by due.due_at, due.ledger, due.operation_id), '[]')
    from (
      select * from anchor_ops.payment
      where payment.epoch = p_epoch and payment.account = p_account and payment.due_at <= v_before
      order by payment.due_at, payment.ledger, payment.operation_id
      limit greatest(p_limit, 1)
    ) as due
  ));
end $$;
comment on function public.find_due is
  'The payments of an account that were due at p_before, or are now, the longest due first, as the ledger shows them.';

create function public.record_due(
  p_account text,
  p_source text,
  p_holder uuid,
  p_lease_seconds integer,
  p_payments jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_marks jsonb;
  v_due jsonb;
  v_fresh jsonb;
  v_judged jsonb;
  v_id text;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_payments is null
    or jsonb_typeof(p_payments) <> 'array' or jsonb_array_length(p_payments) > 200 then
    raise exception 'record_due: needs a holder, at least 1 lease second and an array of at most 200 payments'
      using errcode = 'invalid_parameter_value';
  end if;
  perform anchor_ops.lock_credits(p_payments);

  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;

  perform anchor_ops.check_credits(v_observer.epoch, p_payments);
  v_marks := anchor_ops.lock_payments(v_observer.epoch, p_payments);
  -- A payment that was marked again meanwhile was judged by what is no longer so.
  select coalesce(jsonb_agg(judged.payment order by judged.place), '[]') into v_due
  from jsonb_array_elements(p_payments) with ordinality as judged (payment, place)
  where v_marks -> (judged.payment ->> 'operationId') = judged.payment -> 'dueMark';
  v_fresh := anchor_ops.fresh_payments(p_account, v_observer.epoch, v_due);
  v_judged := anchor_ops.final_verdicts(v_fresh, anchor_ops.begin_credits(v_fresh));
  perform anchor_ops.store_payments(p_account, p_source, v_observer.epoch, v_judged, clock_timestamp());
  for v_id in select distinct due.payment ->> 'operationId' from jsonb_array_elements(v_due) as due (payment) loop
    update anchor_ops.payment set due_at = null
    where payment.epoch = v_observer.epoch and payment.operation_id = v_id;
  end loop;

  update anchor_ops.observer
  set observed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;
  return anchor_ops.recorded_page(v_judged);
end $$;
comment on function public.record_due is
  'Records payments that were due and were judged again, as record_payments does, and moves no cursor. A payment is due no longer, unless it was marked again since dueMark.';

grant execute on function anchor_ops.due_mark, public.find_due, public.record_due to service_role;

notify pgrst, 'reload schema';
