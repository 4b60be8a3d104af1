-- A settler claims attempts that were left unfinished. A person decides the attempts that no settler may end.

create function anchor_ops.attempt_json(p_attempt anchor_ops.attempt) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'attemptId', p_attempt.id,
    'seq', p_attempt.seq::text,
    'transactionId', p_attempt.transaction_id,
    'method', p_attempt.method,
    'params', p_attempt.params,
    'naturalKey', p_attempt.natural_key,
    'custody', p_attempt.custody,
    'origin', p_attempt.origin,
    'requestKey', p_attempt.request_key,
    'itemIndex', p_attempt.update_index,
    'state', p_attempt.state,
    'tries', p_attempt.tries,
    'rpcId', p_attempt.rpc_id,
    'pre', p_attempt.pre,
    'post', p_attempt.post,
    'sentAt', anchor_ops.iso_time(p_attempt.sent_at),
    'settleAt', anchor_ops.iso_time(p_attempt.settle_at),
    'expiresAt', anchor_ops.iso_time(p_attempt.expires_at),
    'outcome', p_attempt.outcome,
    'note', p_attempt.note,
    'forced', p_attempt.forced,
    'ledger', p_attempt.ledger,
    'createdAt', anchor_ops.iso_time(p_attempt.created_at),
    'updatedAt', anchor_ops.iso_time(p_attempt.updated_at)
  )
$$;
comment on function anchor_ops.attempt_json is 'An attempt in the form of the answers.';

create function public.claim_unsettled(
  p_holder uuid,
  p_limit integer,
  p_sending_after_seconds integer,
  p_ready_after_seconds integer,
  p_claim_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_claimed uuid[];
begin
  if p_holder is null or p_limit is null or p_sending_after_seconds is null or p_ready_after_seconds is null
    or p_claim_seconds is null or p_claim_seconds < 1 then
    raise exception 'claim_unsettled: needs a holder, limits and at least 1 claim second'
      using errcode = 'invalid_parameter_value';
  end if;

  -- The sender of these attempts died, or is so late that its answer no longer tells the outcome for certain.
  update anchor_ops.attempt
  set state = 'UNKNOWN', settle_at = v_now, outcome = jsonb_strip_nulls(jsonb_build_object(
    'reason', 'sender_silent', 'mayBeApplied', attempt.outcome -> 'mayBeApplied'
  ))
  where attempt.id in (
    select stale.id from anchor_ops.attempt as stale
    where stale.state = 'SENDING' and stale.sent_at <= v_now - make_interval(secs => p_sending_after_seconds)
    order by stale.seq for update skip locked
  );

  update anchor_ops.attempt
  set state = 'EXPIRED', settle_at = null,
    outcome = jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(attempt.expires_at))
  where attempt.id in (
    select late.id from anchor_ops.attempt as late where late.state = 'READY' and late.expires_at <= v_now
    order by late.seq for update skip locked
  );

  -- At most one open attempt of each transaction is claimed: the one that was sent, or else the oldest READY one.
  with claimed as (
    update anchor_ops.attempt
    set claimed_by = p_holder, claimed_until = v_now + make_interval(secs => p_claim_seconds)
    where attempt.id in (
      select due.id from anchor_ops.attempt as due
      where (due.state in ('READY', 'UNKNOWN') or due.state = 'APPLIED' and due.settle_at is not null)
        and (due.claimed_until is null or due.claimed_until <= v_now)
        and (due.settle_at is null or due.settle_at <= v_now)
        and (due.state = 'UNKNOWN'
          or due.state = 'APPLIED' and not exists (
            select from anchor_ops.attempt as later
            where later.transaction_id = due.transaction_id and later.state in ('SENDING', 'UNKNOWN')
          )
          or due.state = 'READY' and due.updated_at <= v_now - make_interval(secs => p_ready_after_seconds)
          and not exists (
            select from anchor_ops.attempt as first
            where first.transaction_id = due.transaction_id
              and (first.state in ('SENDING', 'UNKNOWN', 'MANUAL', 'LOST') or first.state = 'READY' and first.seq < due.seq)
          ))
      order by due.seq
      limit greatest(p_limit, 0)
      for update skip locked
    )
    returning attempt.id
  )
  select coalesce(array_agg(claimed.id), '{}') into v_claimed from claimed;

  return jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(
      anchor_ops.attempt_json(attempt) || jsonb_build_object(
        'transaction', transaction.document,
        'secondsSinceSent', floor(extract(epoch from clock_timestamp() - attempt.sent_at))
      ) order by attempt.seq
    ), '[]')
    from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
    where attempt.id = any (v_claimed)
  ));
end $$;
comment on function public.claim_unsettled is
  'Claims unfinished attempts for p_claim_seconds, the oldest first. A SENDING attempt becomes UNKNOWN after p_sending_after_seconds, and a READY attempt EXPIRED after its expires_at. A READY attempt is claimed after p_ready_after_seconds without a change, an APPLIED attempt to be looked for once more while no later update of its transaction is open. secondsSinceSent is by the clock of the database.';

create function public.decide_attempt(
  p_attempt_id uuid,
  p_decision text,
  p_note text,
  p_quiet_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_state text := case p_decision
    when 'applied' then 'APPLIED' when 'rejected' then 'REJECTED' when 'not_applied' then 'NOT_APPLIED'
    when 'withdrawn' then 'WITHDRAWN' end;
begin
  if v_state is null or p_quiet_seconds is null then
    raise exception 'decide_attempt: needs quiet seconds and a decision: applied, rejected, not_applied or withdrawn, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;

  if v_state = 'WITHDRAWN' then
    if v_attempt.state <> 'READY' then
      return jsonb_build_object('decided', false, 'state', v_attempt.state);
    end if;
  elsif v_attempt.state = 'UNKNOWN' and v_attempt.sent_at <= clock_timestamp() - make_interval(secs => p_quiet_seconds) then
    update anchor_ops.attempt set state = 'MANUAL', settle_at = null where attempt.id = p_attempt_id;
  elsif v_attempt.state not in ('MANUAL', 'LOST') then
    return jsonb_build_object('decided', false, 'state', v_attempt.state);
  end if;

  update anchor_ops.attempt
  set state = v_state, note = p_note,
    settle_at = null,
    outcome = coalesce(attempt.outcome, '{}') || jsonb_build_object('decision', p_decision)
  where attempt.id = p_attempt_id;
  return jsonb_build_object('decided', true, 'state', v_state);
end $$;
comment on function public.decide_attempt is
  'Ends an attempt by a person''s decision. The attempt must be MANUAL, LOST, or UNKNOWN for p_quiet_seconds since its send, when the request can no longer arrive. Withdrawn is for a READY attempt, which then is not sent. Any other attempt does not change, and decided is false. Raises AO003 when there is no such attempt.';

grant execute on function anchor_ops.attempt_json, public.claim_unsettled, public.decide_attempt to service_role;

notify pgrst, 'reload schema';
