-- Open money is a payment that came in and belongs to nobody: it is not credited with an update that holds, is not our own,
-- failed or dust, and no person closed it. One function decides it. Each step that changes one of its facts sets open_since
-- in the same transaction: the trigger of payment for the payment itself, the trigger of attempt for updates and claims.

create index payment_open on anchor_ops.payment (open_since, epoch, operation_id) where open_since is not null;
create index payment_by_transaction_hash on anchor_ops.payment (transaction_hash);

create function anchor_ops.credit_holds(p_attempt_id uuid) returns boolean
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return not exists (
    select from anchor_ops.attempt
    where attempt.id = anchor_ops.last_replay(p_attempt_id) and anchor_ops.ended_without_effect(attempt.state)
  );
end $$;
comment on function anchor_ops.credit_holds is
  'Whether the update of a credit, or the last one by which it was sent anew, did not end without effect. While it holds, its transaction is credited with no other payment.';

create function anchor_ops.given_up_credit(p_attempt_id uuid) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return (
    with recursive sent as (
      select attempt.* from anchor_ops.attempt where attempt.id = p_attempt_id
      union
      select earlier.* from sent
      join anchor_ops.attempt as earlier on earlier.transaction_id = sent.transaction_id
      join anchor_ops.decision as made on made.about = 'attempt' and made.subject = earlier.id::text
        and made.decision = 'replayed' and made.new_attempt_id = sent.id
    ),
    credit as (
      select sent.id, sent.transaction_id, reported.operation[1] as operation_id, reported.operation[2]::integer as epoch
      from sent, regexp_match(sent.natural_key, '^operation ([0-9]+) of epoch ([0-9]+)$') as reported (operation)
      where sent.origin in ('payment_observer', 'assignment')
    )
    select jsonb_build_object('operationId', anchor_ops.shown_operation(credit.epoch, credit.operation_id),
      'creditedBy', anchor_ops.credited_operation(credit.transaction_id))
    from credit
    where not exists (
      select from anchor_ops.payment
      where payment.epoch = credit.epoch and payment.operation_id = credit.operation_id and payment.attempt_id = credit.id
    )
    limit 1
  );
end $$;
comment on function anchor_ops.given_up_credit is
  'The operation that an update, or the first one of those by which it was sent anew, was to credit, if its payment is not credited with it any more: its transaction is credited with another payment (creditedBy), or the payment is assigned to another transaction. Null for every other update.';

create function anchor_ops.why_not_open(p_payment anchor_ops.payment) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return case
    when p_payment.closed_by is not null then 'closed'
    when not p_payment.successful or p_payment.verdict = 'transaction_failed' then 'failed'
    when p_payment.verdict = 'outgoing' then 'outgoing'
    -- Its transaction may be one that is not known yet. It is judged when all are.
    when p_payment.verdict = 'catching_up' then 'catching_up'
    when p_payment.verdict = 'credited' and not exists (
      select from anchor_ops.attempt
      where attempt.id = p_payment.attempt_id and anchor_ops.ended_without_effect(attempt.state)
    ) then 'credited'
    -- An update that was lost waits for a person by itself.
    when exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = p_payment.transaction_hash and claim.released_at is null
        and claim.operation_id in ('', p_payment.operation_id)
        and (select attempt.state in ('APPLIED', 'LOST') from anchor_ops.attempt where attempt.id = claim.attempt_id)
    ) then 'reported_by_hand'
    -- A clawback takes from the observed account.
    when p_payment.kind <> 'clawback' and exists (
      select from anchor_ops.observer where observer.account = p_payment.from_account
    ) then 'own'
    when p_payment.is_dust then 'dust'
  end;
end $$;
comment on function anchor_ops.why_not_open is
  'Why a payment is not open money: closed by a person, failed, outgoing, catching_up, credited with an update that did not end without effect, reported_by_hand in an applied update that holds a claim on its operation, own if another observed account paid, dust. Null for open money.';

create function anchor_ops.set_open() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  new.open_since := case when anchor_ops.why_not_open(new) is null then
    case when tg_op = 'INSERT' then least(new.closed_at, new.recorded_at)
    else coalesce(old.open_since, clock_timestamp()) end
  end;
  return new;
end $$;
comment on function anchor_ops.set_open is
  'Sets open_since: a payment that is recorded as open is open since its ledger closed, another one since it came to be open.';

-- Triggers run in the order of their names: payment_guard comes first.
create trigger payment_open before insert or update on anchor_ops.payment
  for each row execute function anchor_ops.set_open();

create function anchor_ops.lock_payments_of(p_hashes text[]) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_payment record;
begin
  for v_payment in
    select payment.epoch, payment.operation_id from anchor_ops.payment
    where payment.transaction_hash = any (p_hashes) order by payment.operation_id, payment.epoch
  loop
    perform from anchor_ops.payment
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id for no key update;
  end loop;
end $$;
comment on function anchor_ops.lock_payments_of is
  'Locks the payments of these Stellar transactions. Every step that locks several payments does so in the order of their operations, so that no two steps wait for each other.';

create function anchor_ops.set_open_of_attempt() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_payment record;
begin
  -- Payments are locked in the order of their operations, as everywhere.
  for v_payment in
    select payment.epoch, payment.operation_id from anchor_ops.payment
    where payment.transaction_hash = lower(new.params ->> 'stellar_transaction_id')
    order by payment.operation_id, payment.epoch
  loop
    update anchor_ops.payment set open_since = payment.open_since
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id
      and (payment.open_since is null) = (anchor_ops.why_not_open(payment) is null);
  end loop;
  -- Other payments for the transaction were judged as if it was paid.
  if anchor_ops.ended_without_effect(new.state) then
    perform anchor_ops.note_due(anchor_ops.payment_names(unpaid.memo_type, unpaid.memo_value, unpaid.withdraw_anchor_account,
      unpaid.destination_account, unpaid.started_at))
    from anchor_ops.transaction as unpaid
    where unpaid.id = new.transaction_id and exists (
      select from anchor_ops.payment where payment.transaction_id = new.transaction_id and payment.verdict = 'credited'
    );
  end if;
  return null;
end $$;
comment on function anchor_ops.set_open_of_attempt is
  'Sets open_since of the payments whose update, or whose claim, changed with an attempt. Whoever moves an attempt holds the lock of its Stellar transaction, so that no payment is recorded meanwhile. Notes the names of the payments for a transaction whose credit ended without effect.';

-- It runs behind attempt_released. A payment that its own credit is applied for was not open before.
create trigger attempt_sets_open after update on anchor_ops.attempt
  for each row when (
    old.state is distinct from new.state and (
      anchor_ops.ended_without_effect(new.state) or new.state = 'APPLIED' and new.origin <> 'payment_observer'
    )
  )
  execute function anchor_ops.set_open_of_attempt();

grant execute on function anchor_ops.credit_holds, anchor_ops.given_up_credit, anchor_ops.why_not_open, anchor_ops.set_open, anchor_ops.lock_payments_of, anchor_ops.set_open_of_attempt to service_role;

notify pgrst, 'reload schema';
