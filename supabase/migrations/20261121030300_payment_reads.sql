-- The routes that read payments call these functions.

create function anchor_ops.shown_sentence(p_sentence text, p_transaction_id text, p_state text, p_outcome jsonb) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return case when p_state = 'REJECTED' and p_outcome ->> 'reason' = 'stellar_operation_claimed' then
    format('As transaction %s expects, but not credited: it was reported before for transaction %s.',
      p_transaction_id, p_outcome #>> '{claimedBy,0,transactionId}')
    else p_sentence end;
end $$;
comment on function anchor_ops.shown_sentence is
  'The sentence of a payment. When the update that credits it was refused because another transaction has its operation, that one is named.';

grant execute on function anchor_ops.shown_sentence to service_role;

create function anchor_ops.payment_json(p_payment anchor_ops.payment) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_state text;
  v_outcome jsonb;
begin
  select attempt.state, attempt.outcome into v_state, v_outcome from anchor_ops.attempt
  where attempt.id = p_payment.attempt_id;
  return jsonb_build_object(
    'epoch', p_payment.epoch,
    'operationId', p_payment.operation_id,
    'account', p_payment.account,
    'source', p_payment.source,
    'ledger', p_payment.ledger,
    'closedAt', anchor_ops.iso_time(p_payment.closed_at),
    'transactionHash', p_payment.transaction_hash,
    'successful', p_payment.successful,
    'kind', p_payment.kind,
    'from', p_payment.from_account,
    'fromMuxedId', p_payment.from_muxed_id,
    'to', p_payment.to_account,
    'toMuxedId', p_payment.to_muxed_id,
    'asset', p_payment.asset,
    'amount', p_payment.amount,
    'memoType', p_payment.memo_type,
    'memo', p_payment.memo,
    'verdict', p_payment.verdict,
    'sentence', anchor_ops.shown_sentence(p_payment.sentence, p_payment.transaction_id, v_state, v_outcome),
    'evidence', p_payment.evidence,
    'transactionId', p_payment.transaction_id,
    'attemptId', p_payment.attempt_id,
    'attemptState', v_state,
    'recordedAt', anchor_ops.iso_time(p_payment.recorded_at),
    'judgedAt', anchor_ops.iso_time(p_payment.judged_at),
    'earlier', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'verdict', earlier.verdict,
          'sentence', earlier.sentence,
          'judgedAt', anchor_ops.iso_time(earlier.judged_at)
        ) order by earlier.seq
      ), '[]')
      from anchor_ops.payment_verdict as earlier
      where earlier.epoch = p_payment.epoch and earlier.operation_id = p_payment.operation_id
    )
  );
end $$;
comment on function anchor_ops.payment_json is
  'A payment in the form of the answers. attemptState is the state of the update that credits it; sentence names the transaction that has the operation when the update was refused for it.';

create function public.read_payments(p_verdict text, p_since timestamptz, p_limit integer, p_cursor text) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  return anchor_ops.filtered_page(
    'payments', 'payment',
    to_jsonb(array_remove(array[
      case when p_verdict is not null then anchor_ops.equals('verdict', array[p_verdict]) end
    ], null)),
    -- One condition, so that the index search begins at the later of both places.
    case when p_since > anchor_ops.cursor_time(p_cursor)
      then format('t.judged_at >= %L::timestamptz', p_since)
      else format('(t.judged_at, t.operation_id) > (%L::timestamptz, %L)',
        anchor_ops.cursor_time(p_cursor), anchor_ops.cursor_id(p_cursor)) end,
    't.judged_at, t.operation_id',
    't.judged_at, t.operation_id',
    'anchor_ops.payment_json(t)',
    'anchor_ops.cursor_of(t.judged_at, t.operation_id)',
    p_limit
  );
end $$;
comment on function public.read_payments is
  'A page of the observed payments in the order of judged_at, so that a payment with a new verdict comes again at the end. p_since is compared with judged_at. next is the p_cursor of the following page.';

create function public.record_gone(p_ids jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_gone bigint;
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || each.id from jsonb_array_elements_text(p_ids) as each (id)
  ));
  update anchor_ops.transaction set gone_at = clock_timestamp()
  where transaction.id in (select jsonb_array_elements_text(p_ids)) and transaction.gone_at is null;
  get diagnostics v_gone = row_count;
  return jsonb_build_object('gone', v_gone);
end $$;
comment on function public.record_gone is
  'Records that the platform has no transactions with these ids, so that they wait no longer. A document that is stored later takes it back. Returns how many were not known to be gone.';

create function anchor_ops.last_replay(p_attempt_id uuid) returns uuid
language sql stable security invoker set search_path = ''
as $$
  with recursive sent (id, place) as (
    select p_attempt_id, 0
    union all
    select made.new_attempt_id, sent.place + 1
    from sent join anchor_ops.decision as made on made.subject = sent.id::text and made.decision = 'replayed'
  )
  select sent.id from sent order by sent.place desc limit 1
$$;
comment on function anchor_ops.last_replay is
  'The attempt by which an update was last sent anew; the attempt itself if it never was.';

create function anchor_ops.payment_subject(p_epoch integer, p_operation_id text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select format('%s/%s', p_epoch, p_operation_id)
$$;
comment on function anchor_ops.payment_subject is 'The subject of the decisions about a payment: its epoch and its operation id, parted by a slash.';

create function anchor_ops.waiting_payments() returns setof anchor_ops.payment
language sql stable security invoker set search_path = ''
as $$
  select payment.*
  from anchor_ops.payment
  left join anchor_ops.transaction on transaction.id = payment.transaction_id
  left join anchor_ops.attempt on attempt.id = payment.attempt_id
  where (
      payment.verdict in ('amount_short', 'amount_over', 'amount_unknown', 'wrong_asset', 'wrong_account', 'already_paid', 'sep31_path_payment',
        'ambiguous', 'paid_outside_window', 'manual_review', 'update_refused')
      or payment.verdict = 'credited' and case when anchor_ops.ended_without_effect(attempt.state) then (
        select last.state <> 'APPLIED' from anchor_ops.attempt as last where last.id = anchor_ops.last_replay(attempt.id)
      ) end
    )
    and case
      when payment.verdict <> 'already_paid' and (transaction.status = 'on_hold'
        or anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
          and transaction.gone_at is null) then true
      -- Once a person has acted, the transaction no longer waits. A payment that nobody acted on counts for 7 days: it is for
      -- no transaction, or its transaction was paid by another payment, ended unpaid or is gone. The years before are left out
      -- first, by their time alone.
      when payment.judged_at <= clock_timestamp() - interval '7 days' then false
      else payment.transaction_id is null or payment.verdict = 'already_paid' or transaction.gone_at is not null
        or transaction.status in ('expired', 'error', 'no_market', 'too_small', 'too_large')
        or exists (
          select from anchor_ops.payment as other where other.transaction_id = payment.transaction_id
            and other.verdict = 'credited' and (other.epoch, other.operation_id) <> (payment.epoch, payment.operation_id)
        )
    end
    and 'handled' is distinct from (
      select made.decision from anchor_ops.decision as made
      where made.about = 'payment' and made.subject = anchor_ops.payment_subject(payment.epoch, payment.operation_id) and made.at >= payment.judged_at
      order by made.seq desc limit 1
    )
$$;
comment on function anchor_ops.waiting_payments is
  'The payments that wait for a person: those with a verdict that a person must act on, and credited ones whose update was rejected, while their transaction still awaits a payment and nobody called them handled. One that is for no transaction, or whose transaction was paid by another payment or ended unpaid, counts for 7 days.';

create function public.decide_payment(p_operation_id text, p_epoch integer, p_decision text, p_note text, p_key_name text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_epoch integer := coalesce(p_epoch, anchor_ops.present_epoch());
  v_subject text := anchor_ops.payment_subject(v_epoch, p_operation_id);
  v_payment anchor_ops.payment;
  v_last jsonb;
  v_decided boolean;
begin
  if p_decision is null or p_decision not in ('handled', 'reopened') then
    raise exception 'decide_payment: needs a decision: handled or reopened, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  select * into v_payment from anchor_ops.payment
  where payment.epoch = v_epoch and payment.operation_id = p_operation_id for update;
  if not found then
    return null;
  end if;
  v_last := anchor_ops.last_decision('payment', v_subject);
  v_decided := case p_decision
    when 'handled' then exists (
      select from anchor_ops.waiting_payments() as waiting
      where waiting.epoch = v_epoch and waiting.operation_id = p_operation_id
    )
    else coalesce(v_last ->> 'decision' = 'handled', false) end;
  if v_decided then
    perform anchor_ops.record_decision(p_key_name, 'payment', v_subject, v_payment.transaction_id, p_decision, p_note,
      jsonb_build_object('verdict', v_payment.verdict, 'sentence', v_payment.sentence, 'evidence', v_payment.evidence,
        'judgedAt', anchor_ops.iso_time(v_payment.judged_at), 'attemptId', v_payment.attempt_id));
    v_last := anchor_ops.last_decision('payment', v_subject);
  end if;
  return jsonb_build_object('decided', v_decided, 'verdict', v_payment.verdict, 'decision', v_last);
end $$;
comment on function public.decide_payment is
  'Records that a person has handled a payment that waits, or that it waits again. decided is false for a payment that does not wait, or that nobody called handled; decision is then the last one about it. A null p_epoch is the present one. The result is null for an unknown operation.';

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
          'epoch', observer.epoch,
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
    'unlisted', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'sep', unlisted.sep,
          'status', unlisted.status,
          'newerId', nullif(unlisted.newer_id, ''),
          'olderId', unlisted.older_id,
          'transactions', unlisted.transactions,
          'reason', unlisted.reason,
          'since', anchor_ops.iso_time(unlisted.since)
        ) order by unlisted.sep, unlisted.status, unlisted.newer_id
      ), '[]')
      from anchor_ops.unlisted
    ),
    'openLists', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'sep', open_list.sep,
          'status', open_list.status,
          'listed', jsonb_array_length(open_list.listed),
          'beganAt', anchor_ops.iso_time(open_list.began_at),
          'wholeAt', anchor_ops.iso_time(open_list.whole_at)
        ) order by open_list.sep, open_list.status
      ), '[]')
      from anchor_ops.open_list
    ),
    'waiting', (select count(*) from anchor_ops.waiting_payments())
  )
$$;
comment on function public.read_observer_health is
  'How far each account is observed, its alarm, the places in the platform''s lists where a transaction is not shown, how far each list was read, and how many payments wait for a person.';

grant execute on function anchor_ops.payment_json, public.read_payments, public.record_gone,
  anchor_ops.last_replay, anchor_ops.payment_subject, anchor_ops.waiting_payments, public.decide_payment, public.read_observer_health to service_role;

notify pgrst, 'reload schema';
