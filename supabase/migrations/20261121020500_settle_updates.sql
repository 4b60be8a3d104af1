-- A settler claims attempts that were left unfinished. A person decides the attempts that no settler may end.

create function anchor_ops.attempt_json(p_attempt anchor_ops.attempt) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return jsonb_build_object(
    'attemptId', p_attempt.id,
    'seq', p_attempt.seq::text,
    'transactionId', p_attempt.transaction_id,
    'method', p_attempt.method,
    'params', p_attempt.params,
    'naturalKey', p_attempt.natural_key,
    'custody', p_attempt.custody,
    'origin', p_attempt.origin,
    'keyName', p_attempt.key_name,
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
  );
end $$;
comment on function anchor_ops.attempt_json is 'An attempt in the form of the answers.';

create function public.claim_unsettled(
  p_holder uuid,
  p_limit integer,
  p_sending_after_seconds integer,
  p_ready_after_seconds integer,
  p_paused_too boolean,
  p_claim_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_claimed uuid[];
  v_late uuid[];
  v_hashes text[];
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

  select array_agg(expired.id), array_agg(expired.hash) into v_late, v_hashes
  from (
    select late.id, lower(late.params ->> 'stellar_transaction_id') as hash from anchor_ops.attempt as late
    where late.state = 'READY' and late.expires_at <= v_now and not anchor_ops.may_be_applied(late.outcome)
    order by late.seq for update skip locked
  ) as expired;
  if v_late is not null then
    -- The end of each may open its payments.
    perform anchor_ops.lock_payments_of(v_hashes);
    update anchor_ops.attempt
    set state = 'EXPIRED', settle_at = null,
      outcome = jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(attempt.expires_at))
    where attempt.id = any (v_late);
  end if;

  -- At most one open attempt of each transaction is claimed: the one that was sent, or else the oldest READY one.
  with claimed as (
    update anchor_ops.attempt
    set claimed_by = p_holder, claimed_until = v_now + make_interval(secs => p_claim_seconds)
    where attempt.id in (
      select due.id from anchor_ops.attempt as due
      where (due.state in ('READY', 'UNKNOWN') or due.state = 'APPLIED' and due.settle_at is not null)
        and (due.claimed_until is null or due.claimed_until <= v_now)
        and (due.settle_at is null or due.settle_at <= v_now
          or p_paused_too and due.state = 'READY' and due.outcome @> '{"paused": true}')
        and (due.state = 'UNKNOWN'
          or due.state = 'APPLIED' and not exists (
            select from anchor_ops.attempt as later
            where later.transaction_id = due.transaction_id and later.state in ('SENDING', 'UNKNOWN', 'MANUAL')
          )
          or due.state = 'READY' and (due.updated_at <= v_now - make_interval(secs => p_ready_after_seconds)
            or p_paused_too and due.outcome @> '{"paused": true}')
          and not exists (
            select from anchor_ops.attempt as first
            where first.transaction_id = due.transaction_id
              and (first.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(first.state)
                or first.state = 'READY' and first.seq < due.seq)
          ))
      -- Every update is looked for a minute after it was applied. Many looks must not hold up an update that waits.
      order by due.state = 'APPLIED', due.seq
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
      ) order by attempt.state = 'APPLIED', attempt.seq
    ), '[]')
    from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
    where attempt.id = any (v_claimed)
  ));
end $$;
comment on function public.claim_unsettled is
  'Claims unfinished attempts for p_claim_seconds, open ones before those that are only to be looked for, and the oldest first. A SENDING attempt becomes UNKNOWN after p_sending_after_seconds, and a READY attempt EXPIRED after its expires_at, unless an earlier send may have been applied. A READY attempt is claimed after p_ready_after_seconds without a change, or with p_paused_too at once if an open breaker put it off (paused in its outcome), an APPLIED attempt to be looked for once more while no later update of its transaction is open. secondsSinceSent is by the clock of the database.';

create function public.find_others(p_transaction_id text, p_limit integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('ids', coalesce(
    jsonb_agg(other.id order by other.place, other.platform_updated_at desc, other.id desc), '[]'
  ))
  from (
    -- The transactions of an asset may fail together, so the newest of each asset comes first.
    select latest.id, latest.platform_updated_at, row_number() over (
      partition by latest.sep, latest.amount_expected_asset order by latest.platform_updated_at desc, latest.id desc
    ) as place
    from (
      select * from anchor_ops.transaction where transaction.id <> p_transaction_id and not exists (
        select from anchor_ops.attempt
        where attempt.transaction_id = transaction.id and attempt.unreadable_since is not null
      )
      order by transaction.platform_updated_at desc, transaction.id desc limit 100
    ) as latest
    order by place, latest.platform_updated_at desc, latest.id desc limit greatest(p_limit, 1)
  ) as other
$$;
comment on function public.find_others is
  'Ids of other transactions, to find out whether the platform can be read at all: of the last changed ones first one of each asset, and none whose own reading failed last.';

create function public.record_unreadable(
  p_attempt_id uuid,
  p_rpc_id text,
  p_from text,
  p_outcome jsonb,
  p_others_are_read boolean,
  p_settle_in_seconds double precision,
  p_manual_after_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_now timestamptz := clock_timestamp();
  v_since timestamptz;
begin
  if p_from is null or p_from not in ('READY', 'UNKNOWN') or p_outcome is null or p_settle_in_seconds is null
    or p_manual_after_seconds is null then
    raise exception 'record_unreadable: needs READY or UNKNOWN, an outcome and seconds' using errcode = 'invalid_parameter_value';
  end if;
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  if v_attempt.state <> p_from or v_attempt.rpc_id is distinct from p_rpc_id or p_from = 'READY' and exists (
    select from anchor_ops.attempt as other
    where other.transaction_id = v_attempt.transaction_id
      and (other.state in ('SENDING', 'UNKNOWN') or anchor_ops.waits_for_person(other.state))
  ) then
    return jsonb_build_object('recorded', false, 'state', v_attempt.state, 'outcome', v_attempt.outcome,
      'settleAt', anchor_ops.iso_time(v_attempt.settle_at));
  end if;

  v_since := case when p_others_are_read then coalesce(v_attempt.unreadable_since, v_now) end;
  if v_since <= v_now - make_interval(secs => p_manual_after_seconds) then
    update anchor_ops.attempt
    set state = 'MANUAL', settle_at = null,
      outcome = p_outcome || jsonb_build_object('unreadableSince', anchor_ops.iso_time(v_since))
    where attempt.id = p_attempt_id returning * into v_attempt;
  else
    update anchor_ops.attempt
    set outcome = p_outcome, settle_at = v_now + make_interval(secs => p_settle_in_seconds), unreadable_since = v_since,
      claimed_by = null, claimed_until = null
    where attempt.id = p_attempt_id returning * into v_attempt;
  end if;
  return jsonb_build_object('recorded', true, 'state', v_attempt.state, 'outcome', v_attempt.outcome,
    'settleAt', anchor_ops.iso_time(v_attempt.settle_at));
end $$;
comment on function public.record_unreadable is
  'Puts off a READY or UNKNOWN attempt whose transaction could not be read. It becomes MANUAL when every reading for p_manual_after_seconds has failed while other transactions could be read; one time at which they could not be read either begins the time anew. A late process, or one behind an open attempt, changes nothing. Raises AO003 when there is no such attempt.';

create function public.end_looks(p_looks jsonb, p_settle_in_seconds double precision) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_ended bigint;
begin
  -- A locked attempt belongs to a step that sends a later update or calls this one lost. To wait for it could deadlock.
  update anchor_ops.attempt
  set settle_at = clock_timestamp() + make_interval(secs => p_settle_in_seconds), claimed_by = null, claimed_until = null
  where attempt.id in (
    select looked.id from anchor_ops.attempt as looked
    join jsonb_to_recordset(p_looks) as look("attemptId" uuid, "settleAt" timestamptz) on look."attemptId" = looked.id
    where looked.state = 'APPLIED' and date_trunc('milliseconds', looked.settle_at) = look."settleAt"
    for update of looked skip locked
  );
  get diagnostics v_ended = row_count;
  return jsonb_build_object('ended', v_ended);
end $$;
comment on function public.end_looks is
  'Notes that APPLIED attempts were looked for once more; with p_settle_in_seconds it puts that off. An attempt that is locked, or whose settleAt is not the one under which it was looked for, does not change.';

create function public.decide_attempt(
  p_attempt_id uuid,
  p_decision text,
  p_note text,
  p_key_name text,
  p_quiet_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_state text := case p_decision
    when 'applied' then 'APPLIED' when 'rejected' then 'REJECTED' when 'not_applied' then 'NOT_APPLIED'
    when 'withdrawn' then 'WITHDRAWN' end;
  v_undecided jsonb;
begin
  if v_state is null or p_quiet_seconds is null then
    raise exception 'decide_attempt: needs quiet seconds and a decision: applied, rejected, not_applied or withdrawn, not %', p_decision
      using errcode = 'invalid_parameter_value';
  end if;
  v_attempt := anchor_ops.lock_attempt(p_attempt_id, null);
  v_undecided := jsonb_build_object('decided', false, 'state', v_attempt.state,
    'decision', anchor_ops.last_decision('attempt', p_attempt_id::text));

  if v_state = 'WITHDRAWN' then
    if v_attempt.state <> 'READY' or anchor_ops.may_be_applied(v_attempt.outcome) then
      return v_undecided;
    end if;
  -- The settler sends a READY attempt again, but not while its transaction cannot be read.
  elsif (v_attempt.state = 'UNKNOWN' or v_attempt.state = 'READY' and anchor_ops.may_be_applied(v_attempt.outcome))
    and v_attempt.sent_at <= clock_timestamp() - make_interval(secs => p_quiet_seconds) then
    update anchor_ops.attempt set state = 'MANUAL', settle_at = null where attempt.id = p_attempt_id;
  -- A person who called it applied may have been wrong. Of two persons who decide at once, one hears of the other.
  elsif v_attempt.state = 'APPLIED' and v_state <> 'APPLIED' and (
    v_attempt.outcome ->> 'decision' = 'applied'
      and v_attempt.updated_at <= clock_timestamp() - make_interval(secs => p_quiet_seconds)
    or exists (
      select from anchor_ops.transaction where transaction.id = v_attempt.transaction_id
        and (transaction.went_back ->> 'takenAt')::timestamptz > v_attempt.updated_at
    )
  ) then
    update anchor_ops.attempt set state = 'LOST', settle_at = null where attempt.id = p_attempt_id;
  elsif not anchor_ops.waits_for_person(v_attempt.state) then
    return v_undecided;
  end if;

  if v_state = 'APPLIED' then
    perform anchor_ops.forget_looks(v_attempt);
  end if;
  update anchor_ops.attempt
  set state = v_state, note = p_note,
    settle_at = null,
    outcome = coalesce(attempt.outcome, '{}') || jsonb_build_object('decision', p_decision)
  where attempt.id = p_attempt_id;
  perform anchor_ops.record_decision(p_key_name, 'attempt', p_attempt_id::text, v_attempt.transaction_id, p_decision, p_note,
    jsonb_build_object('state', v_attempt.state, 'outcome', v_attempt.outcome) || coalesce((
      select jsonb_build_object('transaction', transaction.document, 'seenAt', anchor_ops.iso_time(transaction.seen_at))
      from anchor_ops.transaction where transaction.id = v_attempt.transaction_id
    ), '{}'));
  return jsonb_build_object('decided', true, 'state', v_state,
    'decision', anchor_ops.last_decision('attempt', p_attempt_id::text));
end $$;
comment on function public.decide_attempt is
  'Ends an attempt by a person''s decision. The attempt must be MANUAL or LOST; or, p_quiet_seconds since its send, when the request can no longer arrive, UNKNOWN, or READY if an earlier send may have been applied. An APPLIED attempt may be called rejected or not applied after the platform went back, or p_quiet_seconds after a person called it applied. Withdrawn is for a READY attempt of which no earlier send may have been applied; it is not sent then. Any other attempt does not change, decided is false, and decision is the last one about it. A decision is recorded with the transaction as it was stored then. Raises AO003 when there is no such attempt.';

grant execute on function anchor_ops.attempt_json, public.claim_unsettled, public.find_others, public.record_unreadable,
  public.end_looks, public.decide_attempt to service_role;

notify pgrst, 'reload schema';
