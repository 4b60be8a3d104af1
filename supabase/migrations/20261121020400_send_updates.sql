-- start_sending runs right before the request to the platform, record_outcome after its reply, and finish_request when the
-- answer to the caller is known.

create function anchor_ops.lock_attempt(p_attempt_id uuid, p_name text) returns anchor_ops.attempt
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_attempt anchor_ops.attempt;
begin
  perform anchor_ops.lock_names(array(
    select name.text from anchor_ops.attempt, unnest(array['transaction ' || attempt.transaction_id,
      'stellar transaction ' || lower(attempt.params ->> 'stellar_transaction_id')]) as name (text)
    where attempt.id = p_attempt_id
    union all
    select p_name
  ));
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;
  return v_attempt;
end $$;
comment on function anchor_ops.lock_attempt is
  'Locks an attempt, its transaction, the Stellar transaction that it reports and the name p_name, which may be null. Raises AO003 when there is no such attempt.';

create function anchor_ops.why_rejected(p_attempt anchor_ops.attempt) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_paid_by uuid;
begin
  -- A person said that the custody service had paid, although the transaction may not show it. Only a person pays again.
  if p_attempt.custody then
    select earlier.id into v_paid_by from anchor_ops.attempt as earlier
    where earlier.transaction_id = p_attempt.transaction_id and earlier.method = p_attempt.method and earlier.custody
      and earlier.seq < p_attempt.seq and earlier.state = 'APPLIED' and earlier.outcome ->> 'decision' = 'applied'
      and earlier.updated_at > p_attempt.created_at
    order by earlier.seq limit 1;
  end if;
  -- PL/pgSQL keeps the plan, which takes longer to make than to run.
  return case
    when p_attempt.expires_at <= clock_timestamp()
      then jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(p_attempt.expires_at))
    when v_paid_by is not null then jsonb_build_object('reason', 'custody_paid', 'attemptId', v_paid_by)
    else (
      select jsonb_build_object('reason', 'refund_exceeds', 'refund', (refund.amount + refund.fee)::text,
        'refundedBefore', before.total::text, 'amountIn', received.amount::text)
      from anchor_ops.refund
      join anchor_ops.transaction on transaction.id = refund.transaction_id,
        lateral (select anchor_ops.decimal(transaction.amount_in)) as received (amount),
        lateral (
          select anchor_ops.refunded_before(refund.transaction_id, refund.method, refund.refund_id, p_attempt.seq)
        ) as before (total)
      where refund.attempt_id = p_attempt.id
        and refund.asset = coalesce(transaction.amount_in_asset, refund.asset) and before.total + refund.amount + refund.fee > received.amount
    )
  end;
end $$;
comment on function anchor_ops.why_rejected is
  'Why an attempt may no longer be sent: it has expired, it would refund more than came in, or it is custody money that waited while a person found that an earlier attempt with its method had paid. Null when it may.';

create function anchor_ops.forget_looks(p_attempt anchor_ops.attempt) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  update anchor_ops.attempt set settle_at = null
  where attempt.transaction_id = p_attempt.transaction_id and attempt.id <> p_attempt.id
    and attempt.state = 'APPLIED' and attempt.settle_at is not null;
end $$;
comment on function anchor_ops.forget_looks is
  'Ends the looks for earlier updates of a transaction after another one was sent: it may have changed what they left, and the reading before it showed them.';

create function anchor_ops.begin_send(
  p_attempt anchor_ops.attempt,
  p_send jsonb,
  p_seen jsonb,
  p_live_seconds integer,
  p_is_alone boolean
) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_first anchor_ops.attempt;
  v_rejected jsonb;
  v_end text;
  v_look_for jsonb;
  v_stale boolean := p_seen -> 'earlier' <> '[]';
  v_claimed jsonb;
  v_ledger jsonb := nullif(p_send -> 'ledger', 'null');
begin
  select * into v_first from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and (
    attempt.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(attempt.state)
  )
  order by attempt.seq limit 1;
  if found then
    return p_seen || jsonb_build_object('started', false, 'reason', 'busy', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', v_first.id,
      'isLive', v_first.state = 'SENDING' and v_first.sent_at > v_now - make_interval(secs => p_live_seconds));
  end if;
  if p_attempt.state <> 'READY' then
    return p_seen || jsonb_build_object('started', false, 'reason', 'state', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', null, 'isLive', false);
  end if;

  -- An expired attempt is never sent, so it waits for no other attempt, and no other attempt waits for it.
  select * into v_first from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'READY'
    and attempt.seq < p_attempt.seq
    and (attempt.expires_at is null or attempt.expires_at > clock_timestamp() or anchor_ops.may_be_applied(attempt.outcome))
    and (p_attempt.expires_at is null or p_attempt.expires_at > clock_timestamp())
  order by attempt.seq limit 1;
  if found then
    return p_seen || jsonb_build_object('started', false, 'reason', 'order', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', v_first.id,
      'isLive', (v_first.settle_at is null or v_first.settle_at <= v_now)
        and v_first.updated_at > v_now - make_interval(secs => p_live_seconds));
  end if;

  v_rejected := anchor_ops.why_rejected(p_attempt);
  if v_rejected is null and not v_stale and jsonb_typeof(p_send -> 'claim') = 'object' then
    v_claimed := anchor_ops.claim_operations(p_attempt, p_send -> 'claim');
    v_rejected := v_claimed -> 'refusal';
    v_ledger := coalesce(v_ledger, '{}') || jsonb_build_object('claimed', v_claimed);
  end if;
  if v_rejected is not null then
    -- The end of an attempt may open its payments, which are locked in the order of their keys.
    if not p_is_alone then
      return null;
    end if;
    v_end := case when anchor_ops.may_be_applied(p_attempt.outcome) then 'MANUAL'
      when v_rejected ->> 'reason' = 'expired' then 'EXPIRED' else 'REJECTED' end;
    v_rejected := v_rejected || jsonb_strip_nulls(jsonb_build_object('mayBeApplied', p_attempt.outcome -> 'mayBeApplied'));
    update anchor_ops.attempt set state = v_end, outcome = v_rejected, settle_at = null
    where attempt.id = p_attempt.id;
    return p_seen || jsonb_build_object('started', false, 'reason', 'state', 'state', v_end, 'outcome', v_rejected,
      'openAttemptId', null, 'isLive', false);
  end if;

  -- Another update of the transaction took effect after it was read. Its effect would be taken for an effect of this
  -- attempt. Or the platform went back, and its later state may come again.
  if v_stale then
    return p_seen || jsonb_build_object('started', false, 'reason', 'stale', 'state', p_attempt.state,
      'outcome', p_attempt.outcome, 'openAttemptId', null,
      'isLive', not (p_seen #>> '{earlier,0,confirmed}')::boolean);
  end if;

  update anchor_ops.attempt
  set state = 'SENDING', tries = attempt.tries + 1, rpc_id = p_send ->> 'rpcId', pre = nullif(p_send -> 'pre', 'null'),
    sent_at = clock_timestamp(), settle_at = null, ledger = v_ledger
  where attempt.id = p_attempt.id;

  -- The caller looks for the update that was applied before this one in pre. Another look that runs now may see what this
  -- attempt changes, so it must find another settle_at.
  update anchor_ops.attempt set settle_at = clock_timestamp()
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'APPLIED'
    and attempt.settle_at is not null;
  select coalesce(jsonb_agg(anchor_ops.attempt_json(attempt) order by attempt.seq), '[]') into v_look_for
  from anchor_ops.attempt
  where attempt.transaction_id = p_attempt.transaction_id and attempt.state = 'APPLIED'
    and attempt.settle_at is not null;
  return p_seen || jsonb_build_object('started', true, 'tries', p_attempt.tries + 1, 'ledger', v_ledger, 'lookFor', v_look_for);
end $$;
comment on function anchor_ops.begin_send is
  'The step of start_sending for an attempt that is locked, after the transaction was stored: p_seen is what store_documents answered. Without p_is_alone it ends no attempt, and returns null for one that would end.';

create function public.start_sending(
  p_attempt_id uuid,
  p_rpc_id text,
  p_pre jsonb,
  p_transaction jsonb,
  p_ledger jsonb,
  p_claim jsonb,
  p_earlier jsonb,
  p_live_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_seen jsonb := jsonb_build_object('wentBack', jsonb_build_array(), 'earlier', jsonb_build_array());
begin
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, 'stellar transaction ' || (p_claim ->> 'stellarTransaction'));
  if p_transaction is not null then
    v_seen := anchor_ops.store_documents(jsonb_build_array(p_transaction), p_attempt_id, null, p_earlier) - 'stored';
  end if;
  return anchor_ops.begin_send(v_attempt,
    jsonb_build_object('rpcId', p_rpc_id, 'pre', p_pre, 'ledger', p_ledger, 'claim', p_claim), v_seen, p_live_seconds, true);
end $$;
comment on function public.start_sending is
  'Moves an attempt from READY to SENDING under a new rpc id. lookFor are the APPLIED attempts of the transaction that nobody has looked for again; a look that began earlier then changes nothing. started is false when an attempt of the transaction is open (busy, possibly this one), when an older attempt waits (order), when p_transaction is older than the stored transaction (stale), or when the attempt is not READY (state). p_earlier and earlier are as in store_documents: a caller reads a stale transaction once more and repeats the call with earlier. isLive says that asking again soon may help: the transaction was stale and not confirmed, or a process may be at work on the other attempt, which was sent or put in order less than p_live_seconds ago and is not put off. An attempt that has expired, would refund more than came in, would pay by custody what a person says was paid, or reports operations that p_claim cannot have (claim_operations) ends here, EXPIRED or REJECTED, with the reason in outcome; if an earlier send may have been applied, it is MANUAL. Raises AO003 when there is no such attempt.';

create function anchor_ops.end_send(p_attempt anchor_ops.attempt, p_move jsonb, p_look_at timestamptz) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_from text := p_move ->> 'from';
  v_to text := p_move ->> 'to';
  v_outcome jsonb := coalesce(nullif(p_move -> 'outcome', 'null'), p_attempt.outcome);
  v_seconds double precision := (p_move ->> 'settleInSeconds')::double precision;
  v_settle_at timestamptz := case
    when v_to in ('READY', 'APPLIED') then clock_timestamp() + make_interval(secs => v_seconds)
    when v_to = 'UNKNOWN' then clock_timestamp() + make_interval(secs => coalesce(v_seconds, 0))
  end;
begin
  if p_attempt.state <> v_from or p_attempt.rpc_id is distinct from p_move ->> 'rpcId'
    or v_from = 'APPLIED' and date_trunc('milliseconds', p_attempt.settle_at) is distinct from p_look_at then
    return jsonb_build_object('recorded', false, 'state', p_attempt.state, 'outcome', p_attempt.outcome,
      'settleAt', anchor_ops.iso_time(p_attempt.settle_at));
  end if;

  update anchor_ops.attempt
  set state = v_to,
    tries = attempt.tries - case when v_from = 'SENDING' and v_to = 'READY' then 1 else 0 end,
    outcome = v_outcome,
    settle_at = v_settle_at,
    unreadable_since = null,
    post = case when v_to = 'APPLIED' and v_from <> 'APPLIED' then nullif(p_move -> 'transaction', 'null') else attempt.post end,
    claimed_by = null,
    claimed_until = null
  where attempt.id = p_attempt.id;
  -- A sender that died says nothing here: it may not have looked.
  if v_to = 'APPLIED' and v_from <> 'APPLIED' or v_from = 'SENDING' and v_to in ('REJECTED', 'UNKNOWN') then
    perform anchor_ops.forget_looks(p_attempt);
  end if;
  return jsonb_build_object('recorded', true, 'state', v_to, 'outcome', v_outcome,
    'settleAt', anchor_ops.iso_time(v_settle_at));
end $$;
comment on function anchor_ops.end_send is
  'The step of record_outcome for an attempt that is locked. The caller stores the transaction afterwards.';

create function public.record_outcome(
  p_attempt_id uuid,
  p_rpc_id text,
  p_from text,
  p_to text,
  p_outcome jsonb,
  p_transaction jsonb,
  p_settle_in_seconds double precision,
  p_look_at timestamptz default null
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_moved jsonb;
begin
  if anchor_ops.waits_for_person(p_from) or p_to = 'SENDING' or (p_from, p_to) = ('READY', 'MANUAL') or p_from = p_to and p_from not in ('READY', 'UNKNOWN', 'APPLIED') then
    raise exception 'attempt %: record_outcome may not move it from % to %', p_attempt_id, p_from, p_to
      using errcode = 'AO002';
  end if;

  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  v_moved := anchor_ops.end_send(v_attempt, jsonb_build_object('rpcId', p_rpc_id, 'from', p_from, 'to', p_to,
    'outcome', p_outcome, 'transaction', p_transaction, 'settleInSeconds', p_settle_in_seconds), p_look_at);
  if (v_moved ->> 'recorded')::boolean and p_transaction is not null then
    -- The answer to an update is later than the reading before the send, whatever the clock of the server says.
    perform anchor_ops.store_documents(jsonb_build_array(p_transaction), p_attempt_id,
      case when p_from = 'SENDING' and p_to = 'APPLIED' then anchor_ops.platform_time(v_attempt.pre) end, null);
  end if;
  return v_moved;
end $$;
comment on function public.record_outcome is
  'Moves an attempt from the state and the send that the caller names, and stores the transaction read with it; a late process changes nothing and gets the state. READY, UNKNOWN or APPLIED to itself puts the attempt off by p_settle_in_seconds, which this clock measures: that of the caller may be wrong. An APPLIED attempt without p_settle_in_seconds is not looked for again. p_look_at is the settleAt under which the caller looked for an APPLIED attempt; another one means that a later update was sent meanwhile. SENDING to READY means that the send had no effect, so the try does not count. Raises AO002 for a move that is not allowed, AO003 when there is no such attempt.';

create function public.finish_request(p_key text, p_body_sha256 text, p_holder uuid, p_answer jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.update_request set state = 'done', answer = p_answer, finished_at = clock_timestamp()
  where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
    and update_request.taken_by = p_holder and update_request.state = 'running';
  return jsonb_build_object('finished', found, 'answer', (
    select update_request.answer from anchor_ops.update_request
    where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
  ));
end $$;
comment on function public.finish_request is
  'Stores the answer of a request, once, if p_holder still has its key. Everybody else gets the stored answer, or null while the process that has the key works on it.';

grant execute on function anchor_ops.forget_looks, anchor_ops.lock_attempt, anchor_ops.why_rejected, anchor_ops.begin_send,
  anchor_ops.end_send, public.start_sending, public.record_outcome, public.finish_request to service_role;

notify pgrst, 'reload schema';
