-- Observing one account: begin, one step per page that moves cursor, payments and updates together, end. Locks are always
-- taken in one order: names (lock_names), then the observer, then as begin_updates takes them.

create function public.begin_observation(p_account text, p_source text, p_holder uuid, p_lease_seconds integer)
returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
begin
  if p_holder is null or p_lease_seconds is null or p_lease_seconds < 1 then
    raise exception 'begin_observation: needs a holder and at least 1 lease second'
      using errcode = 'invalid_parameter_value';
  end if;
  insert into anchor_ops.observer (account, source) values (p_account, p_source) on conflict do nothing;

  update anchor_ops.observer
  set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source
    and (observer.holder is null or observer.holder = p_holder or observer.lease_until <= clock_timestamp())
  returning * into v_observer;
  if not found then
    return '{"started":false}';
  end if;

  return jsonb_build_object(
    'started', true,
    'cursor', v_observer.cursor,
    'checkpoint', case when v_observer.checkpoint_sequence is not null then
      jsonb_build_object('sequence', v_observer.checkpoint_sequence, 'hash', v_observer.checkpoint_hash) end,
    'sweepCursor', v_observer.sweep_cursor,
    'sweptAt', anchor_ops.iso_time(v_observer.swept_at),
    'oldestAwaitingAt', anchor_ops.iso_time((
      select min(coalesce(transaction.started_at, transaction.first_seen_at)) from anchor_ops.transaction
      where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
    ))
  );
end $$;
comment on function public.begin_observation is
  'Takes an account of one source to observe it, unless another process holds it; the first call makes its row. cursor is null until it was placed. oldestAwaitingAt is the start of the oldest transaction that waits for a payment.';

create function public.set_observer_cursor(
  p_account text,
  p_source text,
  p_holder uuid,
  p_cursor text,
  p_started_from text,
  p_note text
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_observer anchor_ops.observer;
  v_now timestamptz := clock_timestamp();
begin
  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return '{"moved":false}';
  end if;

  insert into anchor_ops.observer_jump
    (account, source, from_cursor, to_cursor, started_from, note, alarm, started_at)
  values (p_account, p_source, v_observer.cursor, p_cursor, p_started_from, p_note, v_observer.alarm, v_now);
  update anchor_ops.observer
  set cursor = p_cursor, started_from = p_started_from, started_at = v_now, note = p_note, checkpoint_sequence = null,
    checkpoint_hash = null, complete_until = null, alarm = null, sweep_cursor = null, swept_at = null
  where observer.account = p_account and observer.source = p_source;
  return '{"moved":true}';
end $$;
comment on function public.set_observer_cursor is
  'Puts the cursor where the operator says, at the first start or after an alarm, and keeps the jump. Alarm, checkpoint and sweep are forgotten. moved is false when another process has taken over.';

create function public.find_candidates(p_memos jsonb) returns jsonb
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
        case when transaction.kind in ('withdrawal', 'withdrawal-exchange')
          then nullif(transaction.destination_account, '') end
      ),
      'memo', transaction.memo,
      'memoType', transaction.memo_type,
      'amountIn', transaction.amount_in,
      'amountInAsset', transaction.amount_in_asset,
      'amountExpected', transaction.amount_expected,
      'amountExpectedAsset', transaction.amount_expected_asset,
      'creditedBy', credited.operation_id
    ) order by transaction.id
  ), '[]'))
  from (
    select distinct on (newest.id) newest.*
    from (select distinct row.type, row.value from jsonb_to_recordset(p_memos) as row (type text, value text)) as memo
    cross join lateral (
      select same.*
      from (
        select by_memo.* from anchor_ops.transaction as by_memo
        where by_memo.memo = memo.value and octet_length(by_memo.memo) <= 255 and by_memo.memo_type = memo.type
        union all
        select by_address.* from anchor_ops.transaction as by_address
        where memo.type = 'muxed_account'
          and coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account) = memo.value
          and octet_length(coalesce(nullif(by_address.withdraw_anchor_account, ''), by_address.destination_account)) = 69
      ) as same
      -- One that waits is never hidden by twenty that no longer do.
      order by anchor_ops.awaits_payment(same.sep, same.kind, same.status) desc,
        coalesce(same.started_at, same.first_seen_at) desc, same.id
      limit 20
    ) as newest
    order by newest.id
  ) as transaction
  left join lateral (
    select payment.operation_id from anchor_ops.payment
    where payment.transaction_id = transaction.id and payment.verdict = 'credited' limit 1
  ) as credited on true
  left join lateral (
    select attempt.params ->> 'destination_account' as destination_account from anchor_ops.attempt
    where attempt.transaction_id = transaction.id and attempt.method = 'request_onchain_funds'
      and attempt.state = 'APPLIED'
    order by attempt.seq desc limit 1
  ) as requested on true
$$;
comment on function public.find_candidates is
  'The stored transactions with any of these memos, in any status, or with one of the muxed addresses (M…) given as type muxed_account: of each at most 20, those that wait for a payment first, then the newest. account is the one to be paid: the platform''s withdraw_anchor_account, else what our last applied request_onchain_funds asked for, else a withdrawal''s destination; null when nothing says. creditedBy is the operation that was credited to it.';

create function anchor_ops.begin_credits(p_updates jsonb) returns jsonb
language sql volatile security invoker set search_path = ''
as $$
  -- begin_updates takes 40 at a time.
  select coalesce(jsonb_object_agg(
    chunk.operation_ids[(answer.item ->> 'index')::integer + 1],
    jsonb_build_object('attemptId', answer.item -> 'attemptId', 'refusal', answer.item -> 'refusal')
  ), '{}')
  from (
    select array_agg(each.operation_id order by each.place) as operation_ids,
      jsonb_agg(each.item || jsonb_build_object('index', each.place % 40) order by each.place) as items
    from (
      select update.item ->> 'operationId' as operation_id, update.item - 'operationId' as item, update.place - 1 as place
      from jsonb_array_elements(p_updates) with ordinality as update (item, place)
    ) as each
    group by each.place / 40 order by each.place / 40
  ) as chunk
  cross join lateral jsonb_array_elements(public.begin_updates(null, null, chunk.items) -> 'updates') as answer (item)
$$;
comment on function anchor_ops.begin_credits is
  'Stores the updates that credit payments, each with its operationId; gives attemptId and refusal by operation.';

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
  v_changed_operation text;
  v_fresh jsonb;
  v_begun jsonb;
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
  if exists (
    select from jsonb_to_recordset(p_payments)
      as row ("operationId" text, code text, "transactionId" text, update jsonb)
    where case when row.code = 'credited'
      then row.update ->> 'transactionId' is distinct from row."transactionId"
        or row.update ->> 'naturalKey' is distinct from 'operation ' || row."operationId"
      else jsonb_typeof(row.update) = 'object' end
  ) then
    raise exception 'record_payments: a credited payment, and no other, has the update of its transaction and operation'
      using errcode = 'invalid_parameter_value';
  end if;

  -- One page at a time, of whichever account: one operation may stand in the pages of two. With it the names that
  -- begin_updates will take, so that all are taken in one order.
  perform anchor_ops.lock_names(array(
    select 'payments'
    union all
    select name.text
    from jsonb_to_recordset(p_payments) as row ("operationId" text, code text, "transactionId" text),
      unnest(array['transaction ' || row."transactionId", 'natural key operation ' || row."operationId"]) as name (text)
    where row.code = 'credited'
  ));

  select * into v_observer from anchor_ops.observer
  where observer.account = p_account and observer.source = p_source and observer.holder = p_holder for update;
  if not found then
    return '{"recorded":false,"reason":"lease_lost"}';
  end if;
  if v_observer.cursor is distinct from p_expected_cursor then
    return '{"recorded":false,"reason":"cursor_moved"}';
  end if;

  -- By index row for row (limit 1), here and below: while an observer catches up the table grows faster than what is
  -- known of its size, and a join would read it whole for every page.
  select row."operationId" into v_changed_operation
  from jsonb_to_recordset(p_payments) as row ("operationId" text, "transactionHash" text)
  left join lateral (
    select payment.transaction_hash from anchor_ops.payment where payment.operation_id = row."operationId" limit 1
  ) as known on true
  group by row."operationId"
  having count(distinct row."transactionHash") > 1 or bool_or(known.transaction_hash <> row."transactionHash")
  limit 1;
  if found then
    raise exception 'operation %: is of another transaction than it was', v_changed_operation using errcode = 'AO004';
  end if;

  -- What is new or may be judged anew; creditedBy of one to be credited is the operation that has, or gets, its
  -- transaction: of several in this page the first.
  with incoming as (
    select distinct on (each.payment ->> 'operationId') each.payment, each.payment ->> 'operationId' as operation_id,
      each.payment ->> 'code' as code, each.payment ->> 'transactionId' as transaction_id, each.place
    from jsonb_array_elements(p_payments) with ordinality as each (payment, place)
    order by each.payment ->> 'operationId', each.place
  ),
  fresh as (
    select incoming.*, known.operation_id is null as is_new from incoming
    left join lateral (
      select payment.operation_id, payment.verdict, payment.account from anchor_ops.payment
      where payment.operation_id = incoming.operation_id limit 1
    ) as known on true
    where known.operation_id is null
      or anchor_ops.may_rejudge(known.verdict, known.account, incoming.code, p_account)
  )
  select coalesce(jsonb_agg(
    fresh.payment || jsonb_build_object('isNew', fresh.is_new, 'creditedBy', case when fresh.code = 'credited' then
      coalesce(credited.operation_id, fresh.first_operation_id) end)
    order by fresh.place
  ), '[]') into v_fresh
  from (
    select fresh.*,
      first_value(fresh.operation_id) over (partition by fresh.code, fresh.transaction_id order by fresh.place)
        as first_operation_id
    from fresh
  ) as fresh
  left join lateral (
    select payment.operation_id from anchor_ops.payment
    where payment.transaction_id = fresh.transaction_id and payment.verdict = 'credited' limit 1
  ) as credited on true;

  v_begun := anchor_ops.begin_credits((
    select coalesce(jsonb_agg(
      fresh.payment -> 'update' || jsonb_build_object('operationId', fresh.payment -> 'operationId') order by fresh.place
    ), '[]')
    from jsonb_array_elements(v_fresh) with ordinality as fresh (payment, place)
    where fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId'
  ));

  select coalesce(jsonb_agg(
    fresh.payment || case
      when fresh.payment ->> 'code' <> 'credited' then '{}'
      -- What keeps the first update of a transaction from being stored keeps the others too.
      when jsonb_typeof(begun.refusal) = 'object' then jsonb_build_object(
        'code', 'update_refused',
        'sentence', format('The payment is as expected, but its update was refused: %s.', begun.refusal ->> 'code'),
        'evidence', fresh.payment -> 'evidence' || jsonb_build_object('refusal', begun.refusal)
      )
      when fresh.payment ->> 'creditedBy' = fresh.payment ->> 'operationId' then
        jsonb_build_object('attemptId', begun.attempt_id)
      else jsonb_build_object(
        'code', 'already_paid',
        'sentence', format('The transaction is already credited with operation %s.', fresh.payment ->> 'creditedBy'),
        'evidence', fresh.payment -> 'evidence' || jsonb_build_object('creditedBy', fresh.payment -> 'creditedBy')
      )
    end order by fresh.place
  ), '[]') into v_judged
  from jsonb_array_elements(v_fresh) with ordinality as fresh (payment, place)
  cross join lateral (
    select v_begun -> (fresh.payment ->> 'creditedBy') -> 'attemptId' as attempt_id,
      v_begun -> (fresh.payment ->> 'creditedBy') -> 'refusal' as refusal
  ) as begun;

  -- After the lock: who reads in the order of judged_at never finds one that comes before what was read.
  v_now := clock_timestamp();
  insert into anchor_ops.payment (
    operation_id, account, source, cursor, ledger, closed_at, transaction_hash, successful, kind, from_account,
    to_account, to_muxed_id, asset, amount, memo_type, memo, verdict, sentence, evidence, transaction_id, attempt_id,
    recorded_at, judged_at
  )
  select row."operationId", p_account, p_source, row.cursor, row.ledger, row."closedAt", row."transactionHash",
    row.successful, row.kind, row."from", row."to", row."toMuxedId", row.asset, row.amount, row."memoType", row.memo,
    row.code, row.sentence, row.evidence, row."transactionId", row."attemptId", v_now, v_now
  from jsonb_to_recordset(v_judged)
    as row ("operationId" text, cursor text, ledger bigint, "closedAt" timestamptz, "transactionHash" text,
      successful boolean, kind text, "from" text, "to" text, "toMuxedId" text, asset text, amount text,
      "memoType" text, memo text, code text, sentence text, evidence jsonb, "transactionId" text, "attemptId" uuid)
  on conflict (operation_id) do update set
    account = excluded.account,
    source = excluded.source,
    cursor = excluded.cursor,
    verdict = excluded.verdict,
    sentence = excluded.sentence,
    evidence = excluded.evidence,
    transaction_id = excluded.transaction_id,
    attempt_id = excluded.attempt_id,
    judged_at = excluded.judged_at;

  update anchor_ops.observer
  set cursor = p_cursor,
    sweep_cursor = coalesce(p_sweep_cursor, observer.sweep_cursor),
    checkpoint_sequence = coalesce((p_checkpoint ->> 'sequence')::bigint, observer.checkpoint_sequence),
    checkpoint_hash = coalesce(p_checkpoint ->> 'hash', observer.checkpoint_hash),
    complete_until = greatest(p_complete_until, observer.complete_until),
    observed_at = v_now,
    lease_until = v_now + make_interval(secs => p_lease_seconds)
  where observer.account = p_account and observer.source = p_source;

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
          from jsonb_array_elements(v_judged) as each (payment) group by 1
        ) as verdict
      )
    )
    from jsonb_array_elements(v_judged) with ordinality as judged (payment, place)
  );
end $$;
comment on function public.record_payments is
  'One page, all or nothing: stores its payments with their verdicts and the updates of those that are credited, and moves the cursor, if the caller still holds the observer (else lease_lost) and the cursor stands where the caller knows it (else cursor_moved). An operation that is stored stays as it is unless may_rejudge. Of a transaction one payment is credited, any other is already_paid; one whose update begin_updates refuses is update_refused. null for p_sweep_cursor, p_checkpoint or p_complete_until keeps what is stored. Raises AO004 when an operation is of another transaction than before: the ledger was reset.';

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
  'Gives the account back, with the alarm that ended the look or none; an alarm with the same code keeps its first time. p_swept says that a sweep has come to its end. ended is false, and nothing changed, when another process has taken over.';

create function public.read_payments(p_verdict text, p_since timestamptz, p_limit integer, p_cursor text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  -- The cursor is the place of the last row: microseconds since 1970, a dot, the operation.
  with page as (
    select payment.*, row_number() over (order by payment.judged_at, payment.operation_id) as place
    from anchor_ops.payment
    where (p_verdict is null or payment.verdict = p_verdict)
      and (p_since is null or payment.judged_at >= p_since)
      and (p_cursor is null or (payment.judged_at, payment.operation_id) > (
        timestamptz 'epoch' + split_part(p_cursor, '.', 1)::bigint * interval '1 microsecond',
        split_part(p_cursor, '.', 2)
      ))
    order by payment.judged_at, payment.operation_id
    limit greatest(p_limit, 1) + 1
  )
  select jsonb_build_object(
    'payments', coalesce(jsonb_agg(
      jsonb_build_object(
        'operationId', page.operation_id,
        'account', page.account,
        'source', page.source,
        'ledger', page.ledger,
        'closedAt', anchor_ops.iso_time(page.closed_at),
        'transactionHash', page.transaction_hash,
        'successful', page.successful,
        'kind', page.kind,
        'from', page.from_account,
        'to', page.to_account,
        'toMuxedId', page.to_muxed_id,
        'asset', page.asset,
        'amount', page.amount,
        'memoType', page.memo_type,
        'memo', page.memo,
        'verdict', page.verdict,
        'sentence', page.sentence,
        'evidence', page.evidence,
        'transactionId', page.transaction_id,
        'attemptId', page.attempt_id,
        'attemptState', attempt.state,
        'recordedAt', anchor_ops.iso_time(page.recorded_at),
        'judgedAt', anchor_ops.iso_time(page.judged_at),
        'earlier', (
          select coalesce(jsonb_agg(
            jsonb_build_object(
              'verdict', earlier.verdict,
              'sentence', earlier.sentence,
              'judgedAt', anchor_ops.iso_time(earlier.judged_at)
            ) order by earlier.seq
          ), '[]')
          from anchor_ops.payment_verdict as earlier where earlier.operation_id = page.operation_id
        )
      ) order by page.place
    ) filter (where page.place <= greatest(p_limit, 1)), '[]'),
    'next', case when count(*) > greatest(p_limit, 1) then (
      select (extract(epoch from last.judged_at) * 1000000)::bigint || '.' || last.operation_id
      from page as last where last.place = greatest(p_limit, 1)
    ) end
  )
  from page left join anchor_ops.attempt on attempt.id = page.attempt_id
$$;
comment on function public.read_payments is
  'A page of the observed payments in the order in which they got their verdicts, so that one judged anew comes again at the end. p_since is compared with that time. attemptState is how far the update of a credited one got. next is the p_cursor of the following page, null on the last.';

create function public.read_observer_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'accounts', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'account', observer.account,
          'source', observer.source,
          'cursor', observer.cursor,
          'startedFrom', observer.started_from,
          'completeUntil', anchor_ops.iso_time(observer.complete_until),
          'observedAt', anchor_ops.iso_time(observer.observed_at),
          'alarm', observer.alarm,
          'sweptAt', anchor_ops.iso_time(observer.swept_at)
        ) order by observer.account, observer.source
      ), '[]')
      from anchor_ops.observer
    ),
    -- What came of one a person knows by the transaction, which then waits no longer; where it names none, by time.
    'waiting', (
      select count(*)
      from anchor_ops.payment
      left join anchor_ops.transaction on transaction.id = payment.transaction_id
      left join anchor_ops.attempt on attempt.id = payment.attempt_id
      where (
          payment.verdict in ('amount_short', 'amount_over', 'ambiguous', 'manual_review', 'update_refused')
          or payment.verdict = 'credited' and attempt.state in ('REJECTED', 'NOT_APPLIED')
        )
        and case when payment.transaction_id is null then payment.judged_at > clock_timestamp() - interval '7 days'
          else transaction.status = 'on_hold'
            or anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status) end
    )
  )
$$;
comment on function public.read_observer_health is
  'How far each account has been observed and what keeps it from going on, and how many payments wait for a person: those that only a person may judge, and those whose update the platform refused, while their transaction still awaits a payment; for 7 days those that name no transaction.';

revoke all on function anchor_ops.begin_credits, public.begin_observation, public.set_observer_cursor, public.find_candidates,
  public.record_payments, public.end_observation, public.read_payments, public.read_observer_health
  from public, anon, authenticated, service_role;
grant execute on function anchor_ops.begin_credits, public.begin_observation, public.set_observer_cursor,
  public.find_candidates, public.record_payments, public.end_observation, public.read_payments,
  public.read_observer_health
  to service_role;
