-- One page of payments is recorded all or nothing: the payments, the updates of the credited ones, and the cursor.
-- Locks are always taken in this order: names (lock_names), the observer, then as begin_attempts takes them.
-- The steps are plpgsql, which keeps their plans between calls. They look stored payments up by key, row for row
-- (limit 1): while an observer catches up, the table grows faster than its statistics, and a join would read the whole
-- table for every page.

create function anchor_ops.check_credits(p_epoch integer, p_payments jsonb) returns void
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  if exists (
    select from jsonb_to_recordset(p_payments)
      as row ("operationId" text, code text, "transactionId" text, update jsonb)
    where case when row.code = 'credited'
      then row.update ->> 'transactionId' is distinct from row."transactionId"
        or row.update ->> 'naturalKey' is distinct from format('operation %s of epoch %s', row."operationId", p_epoch)
      else jsonb_typeof(row.update) = 'object' end
  ) then
    raise exception 'record_payments: a credited payment, and no other, has the update of its transaction and operation'
      using errcode = 'invalid_parameter_value';
  end if;
end $$;
comment on function anchor_ops.check_credits is 'Refuses a page whose credits do not match their updates.';

create function anchor_ops.check_operations(p_epoch integer, p_payments jsonb) returns void
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_changed_operation text;
begin
  select row."operationId" into v_changed_operation
  from jsonb_to_recordset(p_payments) as row ("operationId" text, "transactionHash" text)
  left join lateral anchor_ops.recorded_hash(p_epoch, row."operationId") as known (transaction_hash) on true
  group by row."operationId"
  having count(distinct row."transactionHash") > 1 or bool_or(known.transaction_hash <> row."transactionHash")
  limit 1;
  if found then
    raise exception 'operation %: is of another transaction than it was', v_changed_operation using errcode = 'AO004';
  end if;
end $$;
comment on function anchor_ops.check_operations is
  'Refuses, with AO004, a page with an operation that belonged to another transaction before: the ledger was reset.';

create function anchor_ops.fresh_payments(p_account text, p_epoch integer, p_payments jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    with incoming as (
      select distinct on (each.payment ->> 'operationId') each.payment, each.payment ->> 'operationId' as operation_id,
        each.payment ->> 'code' as code, each.payment ->> 'transactionId' as transaction_id, each.place
      from jsonb_array_elements(p_payments) with ordinality as each (payment, place)
      order by each.payment ->> 'operationId', each.place
    ),
    fresh as (
      select incoming.*, known.operation_id is null as is_new from incoming
      left join lateral (
        select payment.operation_id, payment.verdict, payment.account, payment.closed_by from anchor_ops.payment
        where payment.epoch = p_epoch and payment.operation_id = incoming.operation_id limit 1
      ) as known on true
      -- An operation that is archived is never recorded again.
      where case when known.operation_id is null then anchor_ops.recorded_hash(p_epoch, incoming.operation_id) is null
        else known.closed_by is null and anchor_ops.may_rejudge(known.verdict, known.account, incoming.code, p_account) end
    )
    select coalesce(jsonb_agg(
      fresh.payment || jsonb_build_object('isNew', fresh.is_new, 'creditedBy', case when fresh.code = 'credited' then
        coalesce(credited.operation_id, fresh.first_operation_id) end)
      order by fresh.place
    ), '[]')
    from (
      select fresh.*,
        first_value(fresh.operation_id) over (partition by fresh.code, fresh.transaction_id order by fresh.place)
          as first_operation_id
      from fresh
    ) as fresh
    left join lateral anchor_ops.credited_operation(
      case when fresh.code = 'credited' then fresh.transaction_id end
    ) as credited (operation_id) on true
  );
end $$;
comment on function anchor_ops.fresh_payments is
  'The payments of a page that are new (isNew), or may get another verdict or other reasons. For a payment with the code credited, creditedBy is the operation that is, or will be, credited to its transaction: the stored one, else the first one of the page.';

create function anchor_ops.unproven_repeats(p_fresh jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(repeat.payment -> 'operationId'), '[]')
    from jsonb_array_elements(p_fresh) as repeat (payment)
    where repeat.payment ->> 'code' = 'already_paid' and not (repeat.payment ->> 'isNew')::boolean
      and not exists (
        select from jsonb_array_elements(p_fresh) as credit (payment)
        where credit.payment ->> 'code' = 'credited'
          and credit.payment ->> 'transactionId' = repeat.payment ->> 'transactionId'
      )
      and anchor_ops.credited_operation(repeat.payment ->> 'transactionId') is null
  );
end $$;
comment on function anchor_ops.unproven_repeats is
  'The stored payments of a page that were judged already_paid by a credit which is not stored: a person closed the payment meanwhile, or it has to be judged again. Such a verdict is not stored.';

create function anchor_ops.without_operations(p_payments jsonb, p_operations jsonb) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(jsonb_agg(each.payment order by each.place), '[]')
  from jsonb_array_elements(p_payments) with ordinality as each (payment, place)
  where not p_operations ? (each.payment ->> 'operationId')
$$;
comment on function anchor_ops.without_operations is 'The payments without those of these operations, in their order.';

create function anchor_ops.begin_credits(p_fresh jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  return (
    with credit as (
      select fresh.payment ->> 'operationId' as operation_id, fresh.payment -> 'update' as update,
        row_number() over (order by fresh.place) - 1 as index
      from jsonb_array_elements(p_fresh) with ordinality as fresh (payment, place)
      where fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId'
    )
    select coalesce(jsonb_object_agg(credit.operation_id, begun.answer), '{}')
    from jsonb_array_elements(anchor_ops.begin_attempts(null, (
        select coalesce(jsonb_agg(credit.update || jsonb_build_object('index', credit.index) order by credit.index), '[]')
        from credit
      ))) as begun (answer)
      join credit on credit.index = (begun.answer ->> 'index')::bigint
  );
end $$;
comment on function anchor_ops.begin_credits is
  'Stores the updates of the payments that are their own creditedBy. Returns the answers of begin_attempts by operation.';

create function anchor_ops.final_verdicts(p_fresh jsonb, p_begun jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(
      fresh.payment || case
        when fresh.payment ->> 'code' <> 'credited' then '{}'
        -- If the update of the first payment of a transaction was refused, so are those of its other payments.
        when jsonb_typeof(begun.refusal) = 'object' then jsonb_build_object(
          'code', 'update_refused',
          'sentence', format('The payment is as expected, but its update was refused: %s.', begun.refusal ->> 'code'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('refusal', begun.refusal)
        )
        when fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId' then
          jsonb_build_object('attemptId', begun.attempt_id)
        -- The judge says the same of a credit that ended before it looked.
        when exists (
          select from anchor_ops.payment
          where payment.transaction_id = fresh.payment ->> 'transactionId' and payment.verdict = 'credited'
            and not anchor_ops.credit_holds(payment.attempt_id)
        ) then jsonb_build_object(
          'code', 'ambiguous',
          'sentence', format('%s Operation %s was credited to it before, but that update ended without effect, so a person decides which of them pays it.',
            fresh.payment ->> 'sentence', fresh.payment ->> 'creditedBy'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('creditedBy', fresh.payment -> 'creditedBy')
        )
        else jsonb_build_object(
          'code', 'already_paid',
          'sentence', format('The transaction is already credited with operation %s.', fresh.payment ->> 'creditedBy'),
          'evidence', fresh.payment -> 'evidence' || jsonb_build_object('creditedBy', fresh.payment -> 'creditedBy')
        )
      end order by fresh.place
    ), '[]')
    from jsonb_array_elements(p_fresh) with ordinality as fresh (payment, place)
    cross join lateral (
      select p_begun -> (fresh.payment ->> 'creditedBy') -> 'attemptId' as attempt_id,
        p_begun -> (fresh.payment ->> 'creditedBy') -> 'refusal' as refusal
    ) as begun
  );
end $$;
comment on function anchor_ops.final_verdicts is
  'The payments with their final verdict: credited becomes update_refused when the update was refused, already_paid when another payment is credited to the transaction, and ambiguous when the update of that one ended without effect.';

create function anchor_ops.changed_payments(p_account text, p_epoch integer, p_judged jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(judged.payment order by judged.place), '[]')
    from jsonb_array_elements(p_judged) with ordinality as judged (payment, place)
    left join lateral (
      select payment.verdict, payment.account, payment.sentence, payment.evidence, payment.transaction_id
      from anchor_ops.payment
      where payment.epoch = p_epoch and payment.operation_id = judged.payment ->> 'operationId' limit 1
    ) as known on true
    where (known.verdict, known.sentence, known.evidence, known.transaction_id) is distinct from
      (judged.payment ->> 'code', judged.payment ->> 'sentence', judged.payment -> 'evidence', judged.payment ->> 'transactionId')
      -- A credit may have become the verdict that the payment has by another account.
      and (known.verdict is null
        or anchor_ops.may_rejudge(known.verdict, known.account, judged.payment ->> 'code', p_account))
  );
end $$;
comment on function anchor_ops.changed_payments is
  'The payments without those that are stored with the same verdict, for the same reasons or by another account.';

create function anchor_ops.outdated_credits(p_payments jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(row."operationId" order by row."operationId"), '[]')
    from jsonb_to_recordset(p_payments) as row ("operationId" text, code text, "transactionId" text, "transactionMark" text)
    where row.code = 'credited' and row."transactionMark" is distinct from
      case when row."transactionMark" is not null then coalesce(anchor_ops.transaction_mark(row."transactionId"), '') end
  );
end $$;
comment on function anchor_ops.outdated_credits is
  'The operations that would be credited to a transaction which has changed since the judge read it with transactionMark.';

create function anchor_ops.store_payments(p_account text, p_source text, p_epoch integer, p_judged jsonb, p_now timestamptz) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  insert into anchor_ops.payment (
    epoch, operation_id, account, source, cursor, ledger, closed_at, transaction_hash, successful, kind, from_account,
    from_muxed_id, to_account, to_muxed_id, to_muxed_account, asset, amount, memo_type, memo, verdict, sentence, evidence,
    transaction_id, attempt_id, recorded_at, judged_at, is_dust, due_at
  )
  select p_epoch, row."operationId", p_account, coalesce(row.source, p_source), row.cursor, row.ledger, row."closedAt", row."transactionHash",
    row.successful, row.kind, row."from", row."fromMuxedId", row."to", row."toMuxedId", row."toMuxedAccount", row.asset, row.amount,
    row."memoType", row.memo, row.code, row.sentence, row.evidence, row."transactionId", row."attemptId", p_now, p_now,
    coalesce(row."isDust", false),
    -- A step that stored a transaction while this payment was judged has not seen it. Each such step has ended after 30 s.
    case when row.code = 'catching_up' then p_now when anchor_ops.may_change(row.code) then p_now + interval '30 seconds' end
  from jsonb_to_recordset(p_judged)
    as row ("operationId" text, cursor text, ledger bigint, "closedAt" timestamptz, "transactionHash" text,
      successful boolean, kind text, "from" text, "fromMuxedId" text, "to" text, "toMuxedId" text, "toMuxedAccount" text,
      asset text, amount text, source text, "memoType" text, memo text, code text, sentence text, evidence jsonb, "transactionId" text, "attemptId" uuid, "isDust" boolean)
  on conflict (epoch, operation_id) do update set
    account = excluded.account,
    source = excluded.source,
    cursor = excluded.cursor,
    verdict = excluded.verdict,
    sentence = excluded.sentence,
    evidence = excluded.evidence,
    transaction_id = excluded.transaction_id,
    attempt_id = excluded.attempt_id,
    judged_at = excluded.judged_at,
    is_dust = excluded.is_dust,
    -- For the account that received it, a payment that only its payer's side had shown is as good as new.
    due_at = case when payment.verdict = 'outgoing' then excluded.due_at else payment.due_at end;
end $$;
comment on function anchor_ops.store_payments is 'Stores payments. A payment that is stored already gets its new verdict and the account of that verdict. A new one whose verdict may change is judged once more 30 s later.';

create function anchor_ops.lock_credits(p_payments jsonb) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  -- One page is recorded at a time, of whichever account, because an operation may stand in the pages of two accounts.
  -- The names that begin_attempts needs are locked in the same call, so that all are taken in one order.
  perform anchor_ops.lock_names(array(
    select 'payments'
    union all
    select name.text
    from jsonb_to_recordset(p_payments) as row (code text, "transactionId" text, update jsonb),
      unnest(array['transaction ' || row."transactionId", 'natural key ' || (row.update ->> 'naturalKey')]) as name (text)
    where row.code = 'credited'
    union all
    -- Whether a payment is open depends on the claims of its operation.
    select 'stellar transaction ' || (row.payment ->> 'transactionHash') from jsonb_array_elements(p_payments) as row (payment)
  ));
end $$;
comment on function anchor_ops.lock_credits is 'Takes every name that recording these payments needs.';

create function anchor_ops.lock_payments(p_epoch integer, p_payments jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
set enable_seqscan = off
as $$
declare
  v_id text;
  v_due_at timestamptz;
  v_marks jsonb := '{}'::jsonb;
begin
  -- One by one: each is found by its key, whatever the planner knows of the table, and all are locked in one order.
  for v_id in select distinct each.payment ->> 'operationId' from jsonb_array_elements(p_payments) as each (payment) order by 1
  loop
    select payment.due_at into v_due_at from anchor_ops.payment
    where payment.epoch = p_epoch and payment.operation_id = v_id for no key update;
    if v_due_at is not null then
      v_marks := v_marks || jsonb_build_object(v_id, anchor_ops.due_mark(v_due_at));
    end if;
  end loop;
  return v_marks;
end $$;
comment on function anchor_ops.lock_payments is
  'Locks those of the payments that are stored, in the order of their operations. Returns the marks of those that are due.';

create function anchor_ops.recorded_page(p_judged jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'recorded', true,
      'stored', count(*) filter (where (judged.payment ->> 'isNew')::boolean),
      'changed', count(*) filter (where not (judged.payment ->> 'isNew')::boolean),
      'credited', coalesce(jsonb_agg(jsonb_build_object(
        'operationId', judged.payment -> 'operationId',
        'attemptId', judged.payment -> 'attemptId',
        'transactionId', judged.payment -> 'transactionId',
        'method', judged.payment -> 'update' -> 'method',
        'params', judged.payment -> 'update' -> 'params'
      ) order by judged.place) filter (where judged.payment ->> 'code' = 'credited'), '[]'),
      'verdicts', (
        select coalesce(jsonb_object_agg(verdict.code, verdict.payments), '{}')
        from (
          select each.payment ->> 'code' as code, count(*) as payments
          from jsonb_array_elements(p_judged) as each (payment) group by 1
        ) as verdict
      )
    )
    from jsonb_array_elements(p_judged) with ordinality as judged (payment, place)
  );
end $$;
comment on function anchor_ops.recorded_page is 'The answer of record_payments.';

create function public.record_payments(
  p_account text,
  p_source text,
  p_holder uuid,
  p_lease_seconds integer,
  p_expected_cursor text,
  p_cursor text,
  p_sweep_cursor text,
  p_checkpoint jsonb,
  p_complete_until timestamptz,
  p_payments jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_fresh jsonb;
  v_judged jsonb;
  v_now timestamptz;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 or p_expected_cursor is null
    or p_cursor is null or p_payments is null or jsonb_typeof(p_payments) <> 'array'
    or jsonb_array_length(p_payments) > 200 then
    raise exception
      'record_payments: needs a holder, at least 1 lease second, two cursors and an array of at most 200 payments'
      using errcode = 'invalid_parameter_value';
  end if;

  perform anchor_ops.lock_credits(p_payments);

  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return jsonb_build_object('recorded', false, 'reason', 'lease_lost');
  end if;
  if v_observer.cursor is distinct from p_expected_cursor then
    return jsonb_build_object('recorded', false, 'reason', 'cursor_moved');
  end if;
  if anchor_ops.outdated_credits(p_payments) <> '[]' then
    return jsonb_build_object('recorded', false, 'reason', 'transaction_changed');
  end if;

  perform anchor_ops.check_credits(v_observer.epoch, p_payments);
  perform anchor_ops.lock_payments(v_observer.epoch, p_payments);
  perform anchor_ops.check_operations(v_observer.epoch, p_payments);
  v_fresh := anchor_ops.fresh_payments(p_account, v_observer.epoch, p_payments);
  v_fresh := anchor_ops.without_operations(v_fresh, anchor_ops.unproven_repeats(v_fresh));
  v_judged := anchor_ops.changed_payments(p_account, v_observer.epoch,
    anchor_ops.final_verdicts(v_fresh, anchor_ops.begin_credits(v_fresh)));
  -- The clock is read after the lock, so a reader who pages by judged_at never misses a payment.
  v_now := clock_timestamp();
  perform anchor_ops.store_payments(p_account, p_source, v_observer.epoch, v_judged, v_now);

  update anchor_ops.observer
  set cursor = p_cursor,
    sweep_cursor = coalesce(p_sweep_cursor, observer.sweep_cursor),
    checkpoint_sequence = coalesce((p_checkpoint ->> 'sequence')::bigint, observer.checkpoint_sequence),
    checkpoint_hash = coalesce(p_checkpoint ->> 'hash', observer.checkpoint_hash),
    complete_until = greatest(p_complete_until, observer.complete_until),
    observed_at = v_now,
    lease_until = v_now + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;
  -- A checkpoint is the head of the source when the last page was read, and p_complete_until is when that ledger closed.
  update anchor_ops.ledger_epoch
  set seen_sequence = (p_checkpoint ->> 'sequence')::bigint, seen_hash = p_checkpoint ->> 'hash',
    seen_closed_at = p_complete_until
  where ledger_epoch.epoch = v_observer.epoch and p_complete_until is not null
    and (p_checkpoint ->> 'sequence')::bigint > coalesce(ledger_epoch.seen_sequence, 0);

  return anchor_ops.recorded_page(v_judged);
end $$;
comment on function public.record_payments is
  'Records one page, if the caller still holds the observer (else lease_lost), the cursor is p_expected_cursor (else cursor_moved), and each credited transaction is as it was judged (else transaction_changed). A stored payment changes only if may_rejudge allows it. One payment is credited to a transaction. A null p_sweep_cursor, p_checkpoint or p_complete_until leaves the stored value. Raises AO004 as check_operations does.';

grant execute on function anchor_ops.check_credits, anchor_ops.check_operations, anchor_ops.fresh_payments, anchor_ops.unproven_repeats,
  anchor_ops.without_operations, anchor_ops.begin_credits,
  anchor_ops.final_verdicts, anchor_ops.changed_payments, anchor_ops.outdated_credits, anchor_ops.store_payments, anchor_ops.recorded_page, anchor_ops.lock_credits, anchor_ops.lock_payments, public.record_payments
  to service_role;

notify pgrst, 'reload schema';
