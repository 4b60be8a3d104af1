-- The routes that read payments call these functions.

create function anchor_ops.shown_sentence(p_sentence text, p_transaction_id text, p_state text, p_outcome jsonb) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return case when p_state = 'REJECTED' and p_outcome ->> 'reason' = 'stellar_operation_claimed' then
    format('As transaction %s expects, but not credited: ', p_transaction_id) || case
      when p_outcome #>> '{claimedBy,0,transactionId}' is not null
        then format('it was reported before for transaction %s.', p_outcome #>> '{claimedBy,0,transactionId}')
      when p_outcome #>> '{claimedBy,0,refundOf}' is not null
        then format('it pays payment %s back.', p_outcome #>> '{claimedBy,0,refundOf}')
      else 'a person closed it.' end
    else p_sentence end;
end $$;
comment on function anchor_ops.shown_sentence is
  'The sentence of a payment. When the update that credits it was refused because its operation counts for something else, that is named.';

grant execute on function anchor_ops.shown_sentence to service_role;

create function anchor_ops.last_replay(p_attempt_id uuid) returns uuid
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_last uuid := p_attempt_id;
  v_next uuid;
begin
  loop
    select made.new_attempt_id into v_next from anchor_ops.decision as made
    where made.subject = v_last::text and made.decision = 'replayed' limit 1;
    exit when not found;
    v_last := v_next;
  end loop;
  return v_last;
end $$;
comment on function anchor_ops.last_replay is
  'The attempt by which an update was last sent anew; the attempt itself if it never was.';

create function anchor_ops.payment_json(p_payment anchor_ops.payment) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_state text;
  v_outcome jsonb;
  v_latest jsonb;
begin
  if p_payment.attempt_id is not null then
    select attempt.state, attempt.outcome into v_state, v_outcome from anchor_ops.attempt
    where attempt.id = p_payment.attempt_id limit 1;
    select jsonb_build_object('id', latest.id, 'state', latest.state) into v_latest from anchor_ops.attempt as latest
    where latest.id = anchor_ops.last_replay(p_payment.attempt_id) limit 1;
  end if;
  return jsonb_build_object(
    'epoch', p_payment.epoch,
    'isPresentEpoch', p_payment.epoch = anchor_ops.present_epoch(),
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
    'latestAttempt', v_latest,
    'state', coalesce(anchor_ops.why_not_open(p_payment), 'open'),
    'openSince', anchor_ops.iso_time(p_payment.open_since),
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
  'A payment in the form of the answers. attemptState is the state of the update that credits it, latestAttempt the last one by which that was sent anew; state is open, or why the payment is not open money; sentence names the transaction that has the operation when the update was refused for it.';

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
          'sweptAt', anchor_ops.iso_time(observer.swept_at),
          'sideLook', anchor_ops.side_look_json(observer.account, observer.source)
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
          'listed', coalesce(open_list.whole_listed, jsonb_array_length(open_list.listed)),
          'beganAt', anchor_ops.iso_time(open_list.began_at),
          'wholeAt', anchor_ops.iso_time(open_list.whole_at)
        ) order by open_list.sep, open_list.status
      ), '[]')
      from anchor_ops.open_list
    )
  )
$$;
comment on function public.read_observer_health is
  'How far each account is observed, its alarm, the places in the platform''s lists where a transaction is not shown, and how far each list was read.';

grant execute on function anchor_ops.payment_json, public.read_payments, public.record_gone,
  anchor_ops.last_replay, public.read_observer_health to service_role;

notify pgrst, 'reload schema';
