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

  -- Whoever sent these has died, or is so late that its answer no longer counts for certain.
  update anchor_ops.attempt
  set state = 'UNKNOWN', settle_at = v_now, outcome = '{"reason":"sender_silent"}'
  where attempt.id in (
    select stale.id from anchor_ops.attempt as stale
    where stale.state = 'SENDING' and stale.sent_at <= v_now - make_interval(secs => p_sending_after_seconds)
    order by stale.seq for update skip locked
  );

  -- One at most of each transaction: an open one stands alone, a READY one is the oldest and nothing is open.
  with claimed as (
    update anchor_ops.attempt
    set claimed_by = p_holder, claimed_until = v_now + make_interval(secs => p_claim_seconds)
    where attempt.id in (
      select due.id from anchor_ops.attempt as due
      where due.state in ('READY', 'UNKNOWN')
        and (due.claimed_until is null or due.claimed_until <= v_now)
        and (due.settle_at is null or due.settle_at <= v_now)
        and (due.state = 'UNKNOWN'
          or due.updated_at <= v_now - make_interval(secs => p_ready_after_seconds)
          and not exists (
            select from anchor_ops.attempt as first
            where first.transaction_id = due.transaction_id
              and (first.state in ('SENDING', 'UNKNOWN', 'MANUAL') or first.state = 'READY' and first.seq < due.seq)
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
      anchor_ops.attempt_object(attempt) || jsonb_build_object(
        'transaction', transaction.document,
        'secondsSinceSent', floor(extract(epoch from clock_timestamp() - attempt.sent_at))
      ) order by attempt.seq
    ), '[]')
    from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
    where attempt.id = any (v_claimed)
  ));
end $$;
comment on function public.claim_unsettled is
  'The attempts a settler is to look at, the oldest first, at most one of each transaction, claimed for p_claim_seconds so that no other settler gets them. A SENDING one that has been silent becomes UNKNOWN first; a READY one comes when it has been left for p_ready_after_seconds and nothing stands before it. secondsSinceSent is by the server clock.';

create function public.decide_attempt(p_attempt_id uuid, p_decision text, p_note text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_state text := case p_decision
    when 'applied' then 'APPLIED' when 'rejected' then 'REJECTED' when 'not_applied' then 'NOT_APPLIED' end;
begin
  if v_state is null then
    raise exception 'decide_attempt: a decision is applied, rejected or not_applied, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;

  if v_attempt.state = 'UNKNOWN' and v_attempt.sent_at <= clock_timestamp() - interval '180 seconds' then
    update anchor_ops.attempt set state = 'MANUAL', settle_at = null where attempt.id = p_attempt_id;
  elsif v_attempt.state <> 'MANUAL' then
    return jsonb_build_object('decided', false, 'state', v_attempt.state);
  end if;

  update anchor_ops.attempt
  set state = v_state, note = p_note,
    outcome = coalesce(attempt.outcome, '{}') || jsonb_build_object('decision', p_decision)
  where attempt.id = p_attempt_id;
  return jsonb_build_object('decided', true, 'state', v_state);
end $$;
comment on function public.decide_attempt is
  'A person ends what a machine may not: an attempt that is MANUAL, or UNKNOWN 180 seconds after it was sent, when a request on its way can no longer arrive. Any other stays as it is. Raises AO003 when there is no such attempt.';

create function public.read_update_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'ready', count(*) filter (where attempt.state = 'READY'),
    'sending', count(*) filter (where attempt.state = 'SENDING'),
    'unknown', count(*) filter (where attempt.state = 'UNKNOWN'),
    'manual', count(*) filter (where attempt.state = 'MANUAL'),
    'oldestReadyAt', anchor_ops.iso_time(min(attempt.created_at) filter (where attempt.state = 'READY')),
    'oldestUnknownAt', anchor_ops.iso_time(min(attempt.sent_at) filter (where attempt.state = 'UNKNOWN')),
    'oldestManualAt', anchor_ops.iso_time(min(attempt.updated_at) filter (where attempt.state = 'MANUAL'))
  )
  from anchor_ops.attempt
  where attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL')
$$;
comment on function public.read_update_health is
  'How many attempts are not finished, by state, and since when the oldest has waited, been unknown and waited for a person.';

revoke all on function public.claim_unsettled, public.decide_attempt, public.read_update_health
  from public, anon, authenticated, service_role;
grant execute on function public.claim_unsettled, public.decide_attempt, public.read_update_health to service_role;
