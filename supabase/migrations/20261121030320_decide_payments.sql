-- What a person decides about a payment. Locks are taken in the order of record_payments: names, then the payment. Pages are
-- recorded meanwhile neither (the name payments), so that no verdict is stored over a decision.

create function anchor_ops.repeated_decision(
  p_payment anchor_ops.payment,
  p_decision text,
  p_note text,
  p_key_name text,
  p_asked jsonb
) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_last anchor_ops.decision;
begin
  select * into v_last from anchor_ops.decision as made
  where made.about = 'payment' and made.subject = anchor_ops.payment_subject(p_payment.epoch, p_payment.operation_id)
  order by made.seq desc limit 1;
  return case when (v_last.decision, v_last.note, v_last.key_name, v_last.reading -> 'asked')
    is not distinct from (p_decision, p_note, p_key_name, p_asked) then anchor_ops.decision_json(v_last) end;
end $$;
comment on function anchor_ops.repeated_decision is
  'The last decision about a payment if the same key asked for the same with the same note; else null.';

create function anchor_ops.payment_reading(p_payment anchor_ops.payment, p_asked jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return jsonb_build_object(
    'verdict', p_payment.verdict, 'sentence', p_payment.sentence, 'evidence', p_payment.evidence,
    'judgedAt', anchor_ops.iso_time(p_payment.judged_at), 'transactionId', p_payment.transaction_id,
    'attemptId', p_payment.attempt_id, 'asked', p_asked
  );
end $$;
comment on function anchor_ops.payment_reading is 'What is stored of a payment when a person decides about it, and what was asked.';

create function anchor_ops.claims_on(p_hash text, p_operation_ids text[]) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    select jsonb_agg(anchor_ops.claim_json(claim) order by claim.seq) from anchor_ops.operation_claim as claim
    where claim.stellar_transaction = p_hash and claim.released_at is null
      and (claim.operation_id = any (p_operation_ids) or claim.operation_id = '')
  );
end $$;
comment on function anchor_ops.claims_on is 'The claims that hold on these operations of a Stellar transaction; null without one.';

create function anchor_ops.why_too_old(p_payment anchor_ops.payment, p_decision text) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_present integer := anchor_ops.present_epoch();
begin
  return case when p_payment.epoch < v_present and p_decision in ('assign', 'refunded') then
    jsonb_build_object('code', 'older_epoch', 'epoch', p_payment.epoch, 'presentEpoch', v_present) end;
end $$;
comment on function anchor_ops.why_too_old is
  'The refusal of a decision that needs the ledger on which the payment was made: after a reset of the network nothing of an older epoch is credited or paid back. Null for any other.';

create function anchor_ops.lock_payment(
  p_operation_id text,
  p_epoch integer,
  p_names text[],
  p_credited_transaction text default null
) returns anchor_ops.payment
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_epoch integer := coalesce(p_epoch, anchor_ops.present_epoch());
  v_payment anchor_ops.payment;
  v_key record;
begin
  perform anchor_ops.lock_names(p_names || array['payments', 'stellar transaction ' || (
    select payment.transaction_hash from anchor_ops.payment
    where payment.epoch = v_epoch and payment.operation_id = p_operation_id
  )]);
  -- Payments are locked in the order of their operations, as everywhere.
  for v_key in
    select v_epoch as epoch, p_operation_id as operation_id
    union
    select credited.epoch, credited.operation_id from anchor_ops.payment as credited
    where credited.transaction_id = p_credited_transaction and credited.verdict = 'credited'
    order by operation_id, epoch
  loop
    perform from anchor_ops.payment
    where payment.epoch = v_key.epoch and payment.operation_id = v_key.operation_id for update;
  end loop;
  select * into v_payment from anchor_ops.payment
  where payment.epoch = v_epoch and payment.operation_id = p_operation_id;
  return v_payment;
end $$;
comment on function anchor_ops.lock_payment is
  'Locks a payment, its Stellar transaction and more names, so that no page is recorded and no update of its transaction moves. The payment that is credited to p_credited_transaction is locked too. A null p_epoch is the present one. Null for an unknown payment.';

create function public.decide_payment(
  p_operation_id text,
  p_epoch integer,
  p_decision text,
  p_note text,
  p_key_name text,
  p_asked jsonb,
  p_refund jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_payment anchor_ops.payment;
  v_why text;
  v_taken jsonb;
  v_ids text[];
  v_id uuid;
begin
  if p_decision is null or p_decision not in ('refunded', 'reported', 'ignored', 'reopen')
    or (p_decision = 'refunded') <> coalesce(jsonb_typeof(p_refund) = 'object', false) then
    raise exception 'decide_payment: needs a decision: refunded with its refund, reported, ignored or reopen, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  v_payment := anchor_ops.lock_payment(p_operation_id, p_epoch,
    array['stellar transaction ' || (p_refund ->> 'stellarTransaction')]);
  if v_payment.operation_id is null then
    return null;
  end if;
  v_why := anchor_ops.why_not_open(v_payment);

  if (v_payment.closed_by is null) = (p_decision = 'reopen')
    and anchor_ops.repeated_decision(v_payment, p_decision, p_note, p_key_name, p_asked) is not null then
    return anchor_ops.decided_payment(v_payment, true, null);
  elsif p_decision = 'reopen' and v_payment.closed_by is null
    or p_decision <> 'reopen' and v_why not in ('dust', 'catching_up') then
    return anchor_ops.decided_payment(v_payment, false, null);
  end if;

  v_taken := anchor_ops.why_too_old(v_payment, p_decision);
  if v_taken is not null then
    return anchor_ops.decided_payment(v_payment, false, v_taken);
  end if;
  if p_decision <> 'reopen' then
    -- An update that is under way may still credit the payment.
    v_taken := anchor_ops.claims_on(v_payment.transaction_hash, array[p_operation_id]);
    if v_taken is not null then
      return anchor_ops.decided_payment(v_payment, false, jsonb_build_object('code', 'operation_claimed', 'claimedBy', v_taken));
    end if;
  end if;
  if p_decision = 'refunded' then
    select choice.ids, choice.taken into v_ids, v_taken
    from (
      select each.place, ids.ids, anchor_ops.claims_on(p_refund ->> 'stellarTransaction', ids.ids) as taken
      from jsonb_array_elements(p_refund -> 'choices') with ordinality as each (ids, place),
        lateral (select array(select jsonb_array_elements_text(each.ids)) as ids) as ids
    ) as choice
    order by choice.taken is not null, choice.place limit 1;
    if v_ids is null or v_ids = '{}' then
      raise exception 'decide_payment: a refund needs the operations that pay back' using errcode = 'invalid_parameter_value';
    end if;
    if v_taken is not null then
      return anchor_ops.decided_payment(v_payment, false, jsonb_build_object('code', 'operation_claimed', 'claimedBy', v_taken));
    end if;
  end if;

  v_id := anchor_ops.record_decision(p_key_name, 'payment', anchor_ops.payment_subject(v_payment.epoch, p_operation_id),
    v_payment.transaction_id, p_decision, p_note, anchor_ops.payment_reading(v_payment, p_asked)
      || jsonb_strip_nulls(jsonb_build_object('refund', (p_refund - 'choices') || jsonb_build_object('operationIds', v_ids))));
  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, decision_id)
  select p_refund ->> 'stellarTransaction', each.id, v_id from unnest(v_ids) as each (id) order by each.id;
  -- Nobody reports a closed payment, unless a person forces it.
  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, decision_id)
  select v_payment.transaction_hash, p_operation_id, v_id where p_decision <> 'reopen';
  update anchor_ops.operation_claim set released_at = clock_timestamp()
  where operation_claim.decision_id = v_payment.closed_by and operation_claim.released_at is null;
  update anchor_ops.payment set closed_by = case when p_decision <> 'reopen' then v_id end
  where payment.epoch = v_payment.epoch and payment.operation_id = p_operation_id
  returning * into v_payment;
  return anchor_ops.decided_payment(v_payment, true, null);
end $$;
comment on function public.decide_payment is
  'Closes open money as refunded, reported or ignored, or opens a closed payment again. A refund claims the first of the choices of p_refund that nobody has, so that one Stellar refund closes one payment and is no payout; a closed payment claims its own operation, so that no update credits it; reopen gives the claims back. decided is false for a payment that is neither open, dust nor catching_up, or not closed, and with a refusal if the payment or the refund is claimed, or if a payment of an older epoch was refunded; decision is the last one about it. The same again by the same key is answered as the first time. A null p_epoch is the present one. The result is null for an unknown payment.';

create function anchor_ops.refuse_credit(p_payment anchor_ops.payment, p_instead text) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_state text := (select attempt.state from anchor_ops.attempt where attempt.id = p_payment.attempt_id);
begin
  update anchor_ops.payment
  set verdict = 'update_refused', attempt_id = null, judged_at = clock_timestamp(),
    sentence = format('It was credited to transaction %s, but that update ended %s. A person credits operation %s to it instead.',
      p_payment.transaction_id, v_state, p_instead),
    evidence = p_payment.evidence || jsonb_build_object('refusal', jsonb_build_object(
      'code', 'ended_without_effect', 'attemptId', p_payment.attempt_id, 'state', v_state))
  where payment.epoch = p_payment.epoch and payment.operation_id = p_payment.operation_id;
end $$;
comment on function anchor_ops.refuse_credit is
  'Gives the transaction of a credit that ended without effect free for the operation p_instead: the payment becomes update_refused. A null payment changes nothing.';

create function public.assign_payment(
  p_operation_id text,
  p_epoch integer,
  p_update jsonb,
  p_sentence text,
  p_evidence jsonb,
  p_note text,
  p_key_name text,
  p_asked jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_transaction_id text := p_update ->> 'transactionId';
  v_payment anchor_ops.payment;
  v_other anchor_ops.payment;
  v_why text;
  v_begun jsonb;
  v_refusal jsonb;
  v_id uuid;
begin
  v_payment := anchor_ops.lock_payment(p_operation_id, p_epoch,
    array['transaction ' || v_transaction_id, 'natural key ' || (p_update ->> 'naturalKey')], v_transaction_id);
  if v_payment.operation_id is null then
    return null;
  end if;
  v_why := anchor_ops.why_not_open(v_payment);
  if v_payment.assigned_by is not null
    and anchor_ops.repeated_decision(v_payment, 'assign', p_note, p_key_name, p_asked) is not null then
    return anchor_ops.decided_payment(v_payment, true, null);
  elsif v_why not in ('dust', 'catching_up') then
    return anchor_ops.decided_payment(v_payment, false, null);
  end if;

  select * into v_other from anchor_ops.payment as other
  where other.transaction_id = v_transaction_id and other.verdict = 'credited'
    and (other.epoch, other.operation_id) <> (v_payment.epoch, p_operation_id);
  select coalesce(
    anchor_ops.why_too_old(v_payment, 'assign'),
    (select jsonb_build_object('code', 'operation_claimed', 'claimedBy', claims.held)
      from anchor_ops.claims_on(v_payment.transaction_hash, array[p_operation_id]) as claims (held) where claims.held is not null),
    case when v_other.operation_id is not null and anchor_ops.credit_holds(v_other.attempt_id) then
      jsonb_build_object('code', 'transaction_credited', 'operationId', v_other.operation_id, 'epoch', v_other.epoch) end,
    (select jsonb_build_object('code', 'transaction_credited', 'operationId', other.operation_id, 'epoch', other.epoch)
      from anchor_ops.archived_payment as other
      where other.transaction_id = v_transaction_id and other.verdict = 'credited' limit 1)
  ) into v_refusal;
  if v_refusal is null then
    v_begun := anchor_ops.begin_attempts(null, jsonb_build_array(p_update)) -> 0;
    v_refusal := nullif(v_begun -> 'refusal', 'null');
  end if;
  if v_refusal is not null then
    return anchor_ops.decided_payment(v_payment, false, v_refusal);
  elsif v_begun -> 'created' <> 'true' then
    raise exception 'assign_payment: the natural key of payment % belongs to attempt % already', p_operation_id,
      v_begun ->> 'attemptId' using errcode = 'AO002';
  end if;

  v_id := anchor_ops.record_decision(p_key_name, 'payment', anchor_ops.payment_subject(v_payment.epoch, p_operation_id),
    v_transaction_id, 'assign', p_note,
    anchor_ops.payment_reading(v_payment, p_asked) || jsonb_build_object('assignedAttemptId', v_begun -> 'attemptId')
      || case when v_other.operation_id is null then '{}'
        else jsonb_build_object('insteadOf', anchor_ops.payment_subject(v_other.epoch, v_other.operation_id)) end);
  perform anchor_ops.refuse_credit(v_other, p_operation_id);
  -- The transaction that it was credited to is unpaid now, which other payments may be for.
  perform anchor_ops.note_due(anchor_ops.payment_names(before.memo_type, before.memo_value, before.withdraw_anchor_account,
    before.destination_account, before.started_at))
  from anchor_ops.transaction as before
  where before.id = v_payment.transaction_id and v_payment.verdict = 'credited' and before.id <> v_transaction_id;
  update anchor_ops.payment
  set verdict = 'credited', sentence = p_sentence, evidence = p_evidence, transaction_id = v_transaction_id,
    attempt_id = (v_begun ->> 'attemptId')::uuid, judged_at = clock_timestamp(), assigned_by = v_id
  where payment.epoch = v_payment.epoch and payment.operation_id = p_operation_id
  returning * into v_payment;
  return anchor_ops.decided_payment(v_payment, true, null);
end $$;
comment on function public.assign_payment is
  'Credits open money to the transaction that a person named, with the update p_update, which has the natural key of the operation. decided is false for a payment that is neither open, dust nor catching_up; with a refusal if it is of an older epoch, if another transaction has a claim on its operation, if the transaction was credited with another payment whose credit holds (one that ended without effect becomes update_refused), or if the update cannot be stored. The same again by the same key is answered as the first time. A null p_epoch is the present one. The result is null for an unknown payment.';

create function anchor_ops.decided_payment(p_payment anchor_ops.payment, p_decided boolean, p_refusal jsonb) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return jsonb_build_object(
    'decided', p_decided,
    'refusal', p_refusal,
    'payment', anchor_ops.payment_json(p_payment),
    'decision', anchor_ops.last_decision('payment', anchor_ops.payment_subject(p_payment.epoch, p_payment.operation_id))
  );
end $$;
comment on function anchor_ops.decided_payment is 'The answer of decide_payment and assign_payment.';

grant execute on function anchor_ops.repeated_decision, anchor_ops.payment_reading, anchor_ops.claims_on, anchor_ops.why_too_old,
  anchor_ops.lock_payment, anchor_ops.refuse_credit, anchor_ops.decided_payment, public.decide_payment, public.assign_payment to service_role;

notify pgrst, 'reload schema';
