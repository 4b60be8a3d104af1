-- The triggers that write events. Each stands at the table that holds the change, so a new writer of that table tells of
-- its changes without knowing of events.

create function anchor_ops.tell(p_type text, p_subject text, p_data jsonb) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  insert into anchor_ops.outbox (type, subject, data) values (p_type, p_subject, p_data);
end $$;
comment on function anchor_ops.tell is
  'Writes an event into the outbox. It takes no lock, so that no change waits for those who are told of it.';

create function anchor_ops.tell_transaction() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.tell('transaction.status', 'transaction/' || new.id, jsonb_build_object(
    'transactionId', new.id, 'from', case when tg_op = 'UPDATE' then old.status end, 'to', new.status
  ));
  return null;
end $$;
comment on function anchor_ops.tell_transaction is 'Tells that the platform first showed a transaction, or showed it in another status.';

create trigger transaction_told_new after insert on anchor_ops.transaction
  for each row execute function anchor_ops.tell_transaction();
create trigger transaction_told after update on anchor_ops.transaction
  for each row when (old.status is distinct from new.status) execute function anchor_ops.tell_transaction();

create function anchor_ops.tell_attempt() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.tell(
    case when anchor_ops.waits_for_person(new.state) then 'attempt.waiting' else 'attempt.settled' end,
    'transaction/' || new.transaction_id,
    jsonb_build_object('attemptId', new.id, 'transactionId', new.transaction_id, 'method', new.method,
      'from', old.state, 'to', new.state)
  );
  return null;
end $$;
comment on function anchor_ops.tell_attempt is 'Tells that an attempt was settled, or that it waits for a person. Its subject is its transaction, so that both are told in order.';

create trigger attempt_told after update on anchor_ops.attempt
  for each row when (old.state is distinct from new.state and new.state not in ('READY', 'SENDING', 'UNKNOWN'))
  execute function anchor_ops.tell_attempt();

create function anchor_ops.tell_payment() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_subject text := 'payment/' || anchor_ops.payment_subject(new.epoch, new.operation_id);
  v_data jsonb := jsonb_build_object('operationId', new.operation_id, 'epoch', new.epoch, 'account', new.account,
    'verdict', new.verdict, 'transactionId', new.transaction_id);
  v_is_new boolean := tg_op = 'INSERT';
begin
  -- A flood of dust reaches nobody, unless it is credited.
  if (v_is_new or old.verdict <> new.verdict) and (not new.is_dust or new.verdict = 'credited') then
    perform anchor_ops.tell('payment.verdict', v_subject, v_data || jsonb_build_object(
      'attemptId', new.attempt_id, 'from', case when not v_is_new then old.verdict end
    ));
  end if;
  if new.open_since is not null and (v_is_new or old.open_since is null) then
    perform anchor_ops.tell('open_money.began', v_subject, v_data);
  elsif new.open_since is null and not v_is_new and old.open_since is not null then
    perform anchor_ops.tell('open_money.ended', v_subject, v_data);
  end if;
  return null;
end $$;
comment on function anchor_ops.tell_payment is 'Tells the verdict of a payment, and that it became open money or is none any more. Dust is told only where it is credited.';

create trigger payment_told_new after insert on anchor_ops.payment
  for each row execute function anchor_ops.tell_payment();
create trigger payment_told after update on anchor_ops.payment
  for each row when (old.verdict <> new.verdict or (old.open_since is null) <> (new.open_since is null))
  execute function anchor_ops.tell_payment();

create function anchor_ops.tell_difference() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.tell(
    case when new.difference <> 0 and new.explained_at is null then 'difference.found' else 'difference.ended' end,
    format('books/%s/%s/%s', new.epoch, new.account, new.asset),
    jsonb_build_object('epoch', new.epoch, 'account', new.account, 'asset', new.asset, 'openingLedger', new.opening_ledger,
      'closingLedger', new.closing_ledger)
  );
  return null;
end $$;
comment on function anchor_ops.tell_difference is 'Tells that the movements of a period do not explain its balances, and that they do or that a person explained it.';

create trigger difference_told_new after insert on anchor_ops.reconciliation
  for each row when (new.difference <> 0) execute function anchor_ops.tell_difference();
create trigger difference_told after update on anchor_ops.reconciliation
  for each row when (
    (old.difference <> 0 and old.explained_at is null) <> (new.difference <> 0 and new.explained_at is null)
  ) execute function anchor_ops.tell_difference();

create function anchor_ops.tell_catalog_changes() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into anchor_ops.outbox (type, subject, data)
  select case
      when change.kind in ('listing_on', 'listing_off') then 'anchor.switched'
      when change.kind = 'held' then 'anchor.held'
      when change.kind = 'domain_flapping' then 'anchor.flapping'
      else 'anchor.changed' end,
    format('anchor/%s:%s', change.network, change.domain),
    jsonb_build_object('network', change.network, 'domain', change.domain, 'listing', change.listing, 'change', change.kind,
      'changeId', change.seq::text)
  from changed as change order by change.seq;
  return null;
end $$;
comment on function anchor_ops.tell_catalog_changes is 'Tells each change of the catalog. The change itself is read from /api/anchors/changes.';

create trigger catalog_change_told after insert on anchor_ops.catalog_change
  referencing new table as changed for each statement execute function anchor_ops.tell_catalog_changes();

create function anchor_ops.run_fault(p_answer jsonb) returns text
language sql immutable security invoker set search_path = ''
as $$
  select case
    when p_answer is null then 'broke_off'
    when p_answer ->> 'status' = 'error' then 'source_failed'
    when p_answer -> 'degraded' = 'true' then 'degraded'
  end
$$;
comment on function anchor_ops.run_fault is 'What was wrong with a run that finished with this answer; null for nothing.';

create function anchor_ops.tell_run() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_fault text := anchor_ops.run_fault(new.answer);
  v_before text;
begin
  -- Of two runs of a kind that finish at once, the second one sees what the first one told.
  perform from anchor_ops.scheduled_run as scheduled where scheduled.kind = new.kind for no key update;
  select anchor_ops.run_fault(before.answer) into v_before from anchor_ops.run as before
  where before.kind = new.kind and before.finished_at is not null and before.id <> new.id
  order by before.finished_at desc limit 1;
  -- Checks run every ten minutes, so a fault is told when it begins and when it ends.
  if v_fault is distinct from v_before then
    perform anchor_ops.tell(case when v_fault is null then 'run.recovered' else 'run.degraded' end, 'run/' || new.kind,
      jsonb_build_object('runId', new.id, 'kind', new.kind, 'reason', coalesce(v_fault, v_before)));
  end if;
  return null;
end $$;
comment on function anchor_ops.tell_run is 'Tells that runs of a kind became degraded, for another reason than before, or have recovered.';

create trigger run_told after update on anchor_ops.run
  for each row when (old.finished_at is null and new.finished_at is not null) execute function anchor_ops.tell_run();

create function anchor_ops.tell_observer() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform anchor_ops.tell(
    case when new.alarm is null then 'observer.recovered' else 'observer.alarm' end,
    format('observer/%s/%s', new.account, new.source),
    jsonb_build_object('account', new.account, 'source', new.source, 'code', coalesce(new.alarm, old.alarm) ->> 'code')
  );
  return null;
end $$;
comment on function anchor_ops.tell_observer is 'Tells that the observer of an account stopped with an alarm, or that the alarm is over.';

create trigger observer_told after update on anchor_ops.observer
  for each row when (old.alarm ->> 'code' is distinct from new.alarm ->> 'code') execute function anchor_ops.tell_observer();

grant execute on function anchor_ops.tell, anchor_ops.tell_transaction, anchor_ops.tell_attempt, anchor_ops.tell_payment,
  anchor_ops.tell_difference, anchor_ops.tell_catalog_changes, anchor_ops.run_fault, anchor_ops.tell_run, anchor_ops.tell_observer to service_role;

notify pgrst, 'reload schema';
