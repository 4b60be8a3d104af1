-- A payment whose verdict may change is judged again when a transaction with its memo changes what it expects. The step that
-- stores the transaction notes the names by which payments can mean it, and locks no payment. The next look of the observer
-- marks the payments with these names as due and judges them, and a mark goes with the step that records the verdict.
-- Payments are locked in the order of their operations, after all names. Marking waits for none: a payment that another step has
-- locked stays noted.

create table anchor_ops.due_name (
  seq bigint generated always as identity primary key,
  type text not null,
  value text collate "C" not null,
  is_dust boolean not null,
  start timestamptz not null,
  after text collate "C" not null default ''
);
comment on table anchor_ops.due_name is 'Names whose payments are to be marked as due. Writers: note_due, mark_due.';
comment on column anchor_ops.due_name.type is 'The type of a memo, muxed_id, muxed_account, or operation for one payment.';
comment on column anchor_ops.due_name.is_dust is 'Whether its dust is to be marked, or its other payments, which come first.';
comment on column anchor_ops.due_name.start is 'Payments that were made at this time, with an operation id behind after, or later.';

create function anchor_ops.named_payments(
  p_type text,
  p_value text,
  p_is_dust boolean,
  p_start timestamptz,
  p_after text,
  p_limit integer
) returns table (operation_id text, closed_at timestamptz)
language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_epoch integer := anchor_ops.present_epoch();
begin
  if p_type = 'operation' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.epoch = v_epoch and payment.operation_id = p_value limit 1;
  elsif p_type = 'muxed_id' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.to_muxed_id = p_value and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  elsif p_type = 'muxed_account' then
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.to_muxed_account = p_value and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  else
    return query select payment.operation_id, payment.closed_at from anchor_ops.payment
    where payment.memo = p_value and payment.memo_type = p_type and payment.epoch = v_epoch and payment.is_dust = p_is_dust
      and (payment.closed_at, payment.operation_id) > (p_start, p_after) and anchor_ops.may_change(payment.verdict)
    order by payment.closed_at, payment.operation_id limit p_limit;
  end if;
end $$;
comment on function anchor_ops.named_payments is
  'The payments of the present epoch with a name whose verdict may change, dust or not, from a place on, the oldest first.';

create function anchor_ops.note_due(p_names jsonb) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  -- Most transactions are stored before they are paid: then nothing is noted.
  insert into anchor_ops.due_name (type, value, is_dust, start)
  select name.type, name.value, dust.is_dust, name.start
  from (
    select wanted.type, each.value, min(coalesce(each.start, '-infinity')) as start
    from jsonb_to_recordset(p_names) as each (type text, value text, start timestamptz)
    cross join lateral unnest(case when each.type = 'id' then array['id', 'muxed_id'] else array[each.type] end) as wanted (type)
    group by wanted.type, each.value
  ) as name
  cross join (values (false), (true)) as dust (is_dust)
  cross join lateral anchor_ops.named_payments(name.type, name.value, dust.is_dust, name.start, '', 1)
  order by dust.is_dust, name.type, name.value;
end $$;
comment on function anchor_ops.note_due is
  'Notes the names of payments that are to be marked as due: those with one of these memos by value, with a muxed id that is one of these memo ids, or to one of these muxed addresses (type muxed_account), made at start or later. A payment that was paid earlier can be for no such transaction. It locks no payment, so that no flood of payments keeps a transaction from being stored.';

create function anchor_ops.mark_due() returns void
language plpgsql volatile security invoker set search_path = ''
-- A plan that was made while the table was small would read the whole of it for each of the payments.
set enable_seqscan = off
as $$
declare
  v_epoch integer := anchor_ops.present_epoch();
  -- 5,000 are marked in about 0.3 s. The next call goes on.
  v_most constant integer := 5000;
  v_most_of_name constant integer := 1000;
  v_now timestamptz := clock_timestamp();
  v_name anchor_ops.due_name;
  v_found record;
  v_marked integer := 0;
  v_of_name integer;
  v_start timestamptz;
  v_after text;
begin
  if not exists (select from anchor_ops.due_name) then
    return;
  end if;
  -- One step marks at a time, and no page is recorded meanwhile.
  perform anchor_ops.lock_names(array['payments']);
  for v_name in select noted.* from anchor_ops.due_name as noted order by noted.is_dust, noted.seq limit v_most loop
    delete from anchor_ops.due_name where due_name.seq = v_name.seq;
    v_of_name := 0;
    for v_found in
      select named.operation_id, named.closed_at from anchor_ops.named_payments(v_name.type, v_name.value, v_name.is_dust,
        v_name.start, v_name.after, v_most_of_name) as named
    loop
      v_of_name := v_of_name + 1;
      v_start := v_found.closed_at;
      v_after := v_found.operation_id;
      perform from anchor_ops.payment
      where payment.epoch = v_epoch and payment.operation_id = v_found.operation_id for no key update skip locked;
      if found then
        update anchor_ops.payment set due_at = v_now
        where payment.epoch = v_epoch and payment.operation_id = v_found.operation_id
          and anchor_ops.may_change(payment.verdict) and payment.closed_by is null;
      else
        insert into anchor_ops.due_name (type, value, is_dust, start)
        values ('operation', v_found.operation_id, v_name.is_dust, v_name.start);
      end if;
    end loop;
    -- A name with a flood of payments goes on behind the other names.
    if v_of_name = v_most_of_name then
      insert into anchor_ops.due_name (type, value, is_dust, start, after)
      values (v_name.type, v_name.value, v_name.is_dust, v_start, v_after);
    end if;
    v_marked := v_marked + v_of_name;
    exit when v_marked >= v_most;
  end loop;
end $$;
comment on function anchor_ops.mark_due is
  'Marks the payments with noted names as due, at most 1,000 of each name and about 5,000 in one call; dust comes last. What is left stays noted.';

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
  'The names by which payments can mean a transaction, as note_due takes them. A null p_started_at means at any time.';

create function anchor_ops.note_due_for_new() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.note_due((
    select jsonb_agg(name.value)
    from stored, jsonb_array_elements(anchor_ops.payment_names(stored.memo_type, stored.memo_value,
      stored.withdraw_anchor_account, stored.destination_account, stored.started_at)) as name
  ));
  return null;
end $$;
comment on function anchor_ops.note_due_for_new is 'Notes the names of payments that may be for transactions that were not known before.';

create function anchor_ops.note_due_for_changed() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.note_due((
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
comment on function anchor_ops.note_due_for_changed is
  'Notes the names of payments that may be for transactions which began or ceased to wait, or expect something else than before.';

create function anchor_ops.note_due_for_request() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.note_due(anchor_ops.payment_names(transaction.memo_type, transaction.memo_value,
    transaction.withdraw_anchor_account, transaction.destination_account, transaction.started_at))
  from anchor_ops.transaction where transaction.id = new.transaction_id;
  return null;
end $$;
comment on function anchor_ops.note_due_for_request is
  'Notes the names of payments that may be for a transaction after an update named the account that is to be paid.';

create function anchor_ops.mark_due_for_closing() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  new.due_at := case when new.closed_by is null and anchor_ops.may_change(new.verdict) then clock_timestamp() end;
  return new;
end $$;
comment on function anchor_ops.mark_due_for_closing is
  'A payment that a person closed is not due. When it is open again, it is judged by what changed meanwhile.';

grant execute on function anchor_ops.named_payments, anchor_ops.note_due, anchor_ops.mark_due, anchor_ops.payment_names,
  anchor_ops.note_due_for_new, anchor_ops.note_due_for_changed, anchor_ops.note_due_for_request,
  anchor_ops.mark_due_for_closing to service_role;

create trigger transaction_due_new after insert on anchor_ops.transaction
  referencing new table as stored for each statement execute function anchor_ops.note_due_for_new();
create trigger transaction_due_changed after update on anchor_ops.transaction
  referencing old table as before new table as stored
  for each statement execute function anchor_ops.note_due_for_changed();
create trigger attempt_due after update of state on anchor_ops.attempt
  for each row when (old.state is distinct from new.state and 'APPLIED' in (old.state, new.state)
    and new.params ? 'destination_account')
  execute function anchor_ops.note_due_for_request();
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
  v_before timestamptz;
begin
  perform anchor_ops.mark_due();
  v_before := coalesce(p_before, clock_timestamp());
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
  v_outdated jsonb;
  v_unproven jsonb;
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
  perform anchor_ops.mark_due();
  v_marks := anchor_ops.lock_payments(v_observer.epoch, p_payments);
  v_outdated := anchor_ops.outdated_credits(p_payments);
  -- A payment that was marked again meanwhile, or is outdated, was judged by what is no longer so.
  select coalesce(jsonb_agg(judged.payment order by judged.place), '[]') into v_due
  from jsonb_array_elements(p_payments) with ordinality as judged (payment, place)
  where v_marks -> (judged.payment ->> 'operationId') = judged.payment -> 'dueMark'
    and not v_outdated ? (judged.payment ->> 'operationId');
  v_fresh := anchor_ops.fresh_payments(p_account, v_observer.epoch, v_due);
  v_unproven := anchor_ops.unproven_repeats(v_fresh);
  v_fresh := anchor_ops.without_operations(v_fresh, v_unproven);
  v_due := anchor_ops.without_operations(v_due, v_unproven);
  v_judged := anchor_ops.changed_payments(p_account, v_observer.epoch,
    anchor_ops.final_verdicts(v_fresh, anchor_ops.begin_credits(v_fresh)));
  perform anchor_ops.store_payments(p_account, p_source, v_observer.epoch, v_judged, clock_timestamp());
  for v_id in select distinct due.payment ->> 'operationId' from jsonb_array_elements(v_due) as due (payment) loop
    update anchor_ops.payment set due_at = null
    where payment.epoch = v_observer.epoch and payment.operation_id = v_id;
  end loop;

  update anchor_ops.observer
  set observed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;
  return anchor_ops.recorded_page(v_judged) || jsonb_build_object('outdated', v_outdated);
end $$;
comment on function public.record_due is
  'Records payments that were due and were judged again, as record_payments does, and moves no cursor. A payment is due no longer, unless it was marked again since dueMark, would be credited to a transaction that has changed since (outdated), or was judged by a credit that is not stored.';

grant execute on function anchor_ops.due_mark, public.find_due, public.record_due to service_role;

notify pgrst, 'reload schema';
