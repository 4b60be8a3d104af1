-- An operation on the ledger counts once. The step that begins the send of an update claims the operations that the
-- update reports. A claim holds until its attempt ends without effect.

create function anchor_ops.claim_json(p_claim anchor_ops.operation_claim) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_made anchor_ops.decision;
begin
  select * into v_made from anchor_ops.decision as made where made.id = p_claim.decision_id;
  return jsonb_strip_nulls(jsonb_build_object(
    'operationId', nullif(p_claim.operation_id, ''), 'transactionId', p_claim.transaction_id, 'attemptId', p_claim.attempt_id)
    || case when split_part(v_made.subject, '/', 2) = p_claim.operation_id
      then jsonb_build_object('closedAs', v_made.decision) else jsonb_build_object('refundOf', v_made.subject) end);
end $$;
comment on function anchor_ops.claim_json is 'A claim in the form of the answers. closedAs says how a person closed the payment that the operation made; refundOf is the payment that the operation pays back, as the subject of decisions.';

create function anchor_ops.claim_operations(p_attempt anchor_ops.attempt, p_claim jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_hash text := p_claim ->> 'stellarTransaction';
  -- An empty operation id stands for the whole Stellar transaction.
  v_choices jsonb := case when p_claim -> 'choices' = '[]' then '[[""]]' else p_claim -> 'choices' end;
  v_ids text[];
  v_taken jsonb;
  v_earlier uuid;
begin
  select choice.ids, choice.taken into v_ids, v_taken
  from (
    select each.place, ids.ids, (
      select jsonb_agg(anchor_ops.claim_json(claim) order by claim.seq)
      from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = v_hash and claim.released_at is null
        and claim.transaction_id is distinct from p_attempt.transaction_id
        and (claim.operation_id = any (ids.ids) or claim.operation_id = '' or '' = any (ids.ids))
    ) as taken, exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = v_hash and claim.released_at is null
        and claim.transaction_id = p_attempt.transaction_id and claim.operation_id = any (ids.ids)
    ) as is_own
    from jsonb_array_elements(v_choices) with ordinality as each (ids, place),
      lateral (select array(select jsonb_array_elements_text(each.ids)) as ids) as ids
  ) as choice
  order by choice.taken is not null, choice.is_own desc, choice.place
  limit 1;

  if v_taken is not null and p_attempt.forced is null then
    return jsonb_build_object('refusal', jsonb_build_object('reason', 'stellar_operation_claimed',
      'stellarTransaction', v_hash, 'claimedBy', v_taken));
  end if;

  -- A late repeat of a report must not count as a new one. A new report has an Idempotency-Key of its own, or is forced.
  select claim.attempt_id into v_earlier from anchor_ops.operation_claim as claim
  where claim.stellar_transaction = v_hash and claim.released_at is null
    and claim.transaction_id = p_attempt.transaction_id and claim.attempt_id <> p_attempt.id
    and (claim.operation_id = any (v_ids) or claim.operation_id = '' or '' = any (v_ids))
  order by claim.seq limit 1;
  if v_earlier is not null and p_attempt.forced is null and not exists (
    select from anchor_ops.update_request where update_request.key = p_attempt.request_key
  ) then
    return jsonb_build_object('refusal', jsonb_build_object('reason', 'reported_before',
      'stellarTransaction', v_hash, 'attemptId', v_earlier));
  end if;

  insert into anchor_ops.operation_claim (stellar_transaction, operation_id, transaction_id, attempt_id, beside)
  select v_hash, each.id, p_attempt.transaction_id, p_attempt.id, case when exists (
    select from anchor_ops.operation_claim as held
    where held.stellar_transaction = v_hash and held.operation_id = each.id and held.released_at is null
  ) then p_attempt.seq else 0 end
  from unnest(v_ids) as each (id)
  -- A later send of an attempt finds the claims of the first one.
  where not exists (
    select from anchor_ops.operation_claim as own
    where own.stellar_transaction = v_hash and own.operation_id = each.id and own.released_at is null
      and own.attempt_id = p_attempt.id
  )
  order by each.id;
  return jsonb_strip_nulls(jsonb_build_object('stellarTransaction', v_hash,
    'operationIds', case when v_ids <> '{""}' then to_jsonb(v_ids) end, 'overridden', v_taken));
end $$;
comment on function anchor_ops.claim_operations is
  'Claims, for an attempt, the first choice of p_claim whose operations no other transaction has: stellarTransaction is the hash, choices are lists of operation ids, and no choices mean the whole Stellar transaction. Returns refusal with its reason when every choice is taken, or when the same transaction reported the operation before and the attempt is neither of a request with an Idempotency-Key nor forced. A forced attempt claims what others have too, and overridden names their claims. Each attempt has a claim of its own, so that an operation which two of them report counts until both have ended without effect. The caller holds the lock "stellar transaction <hash>".';

grant execute on function anchor_ops.claim_json, anchor_ops.claim_operations to service_role;

notify pgrst, 'reload schema';
