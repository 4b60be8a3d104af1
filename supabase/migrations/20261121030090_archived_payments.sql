-- What became final long ago is kept in a short form: enough to know the operation again, so that it is never credited a
-- second time, and to count it. A payment may be deleted only once the archive has it, and the archive takes only what is
-- final.

create table anchor_ops.archived_payment (
  epoch integer not null references anchor_ops.ledger_epoch (epoch),
  operation_id text collate "C" not null,
  account text collate "C" not null,
  kind text not null,
  transaction_hash text collate "C" not null,
  asset text collate "C",
  amount text collate "C",
  verdict text not null,
  state text not null,
  transaction_id text collate "C",
  closed_at timestamptz not null,
  archived_at timestamptz not null,
  primary key (epoch, operation_id)
);
comment on table anchor_ops.archived_payment is 'Payments that were final for PAYMENT_RETENTION_DAYS, in a short form; its columns are those of payment. No row is edited or deleted. Writer: archive_payments.';
comment on column anchor_ops.archived_payment.state is 'Why it was not open money (why_not_open).';
comment on column anchor_ops.archived_payment.transaction_id is 'The update that credited it is the attempt with the natural key of the operation.';

create unique index archived_payment_credited_once on anchor_ops.archived_payment (transaction_id) where verdict = 'credited';
-- The payments that may be archived, the oldest first.
create index payment_final on anchor_ops.payment (judged_at, epoch, operation_id)
  where open_since is null and due_at is null;

create function anchor_ops.may_archive(p_payment anchor_ops.payment, p_before timestamptz) returns boolean
language plpgsql stable security invoker set search_path = ''
as $$
begin
  if p_payment.due_at is not null then
    return false;
  end if;
  -- Another payment may still be credited to its transaction, and the archive never changes.
  if p_payment.verdict = 'credited' and not anchor_ops.credit_holds(p_payment.attempt_id) then
    return false;
  end if;
  -- An applied update that is still to be looked for may turn out to be lost, and a person may correct what a person said.
  return case anchor_ops.why_not_open(p_payment)
    when 'failed' then true
    -- The receiver's side may not have been read yet, because its observer stands or started later.
    when 'outgoing' then p_payment.to_account = p_payment.account or not exists (
      select from anchor_ops.observer where observer.account = p_payment.to_account
    )
    when 'own' then true
    when 'dust' then true
    when 'closed' then exists (
      select from anchor_ops.decision where decision.id = p_payment.closed_by and decision.at < p_before
    )
    when 'credited' then exists (
      select from anchor_ops.attempt
      where attempt.id = p_payment.attempt_id and attempt.state = 'APPLIED' and attempt.settle_at is null
        and attempt.outcome -> 'decision' is null
    )
    when 'reported_by_hand' then not exists (
      select from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = p_payment.transaction_hash and claim.released_at is null
        and claim.operation_id in ('', p_payment.operation_id)
        and exists (
          select from anchor_ops.attempt
          where attempt.id = claim.attempt_id and (attempt.state <> 'APPLIED' or attempt.settle_at is not null
            or attempt.outcome -> 'decision' is not null)
        )
    )
    else false end;
end $$;
comment on function anchor_ops.may_archive is
  'Whether nothing will become of a payment any more. It is not due, is no credit that ended without effect, and it failed, is outgoing, our own, dust, or closed by a person before p_before, or the update that credits or reports it is applied.';

create function anchor_ops.guard_archive() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_payment anchor_ops.payment;
begin
  if tg_op <> 'INSERT' then
    raise exception 'archived payment %: is never edited or deleted', old.operation_id using errcode = 'AO002';
  end if;
  select * into v_payment from anchor_ops.payment
  where payment.epoch = new.epoch and payment.operation_id = new.operation_id;
  if not found or not anchor_ops.may_archive(v_payment, clock_timestamp())
    or (new.account, new.kind, new.transaction_hash, new.asset, new.amount, new.verdict, new.state, new.transaction_id,
        new.closed_at)
      is distinct from (v_payment.account, v_payment.kind, v_payment.transaction_hash, v_payment.asset, v_payment.amount,
        v_payment.verdict, anchor_ops.why_not_open(v_payment), v_payment.transaction_id, v_payment.closed_at) then
    raise exception 'archived payment %: is not a payment that is final, as it is stored', new.operation_id
      using errcode = 'AO002';
  end if;
  return new;
end $$;
comment on function anchor_ops.guard_archive is
  'Refuses, with AO002, a change of the archive, and everything but a payment that may be archived, as it is stored.';

create trigger archived_payment_guard before insert or update or delete on anchor_ops.archived_payment
  for each row execute function anchor_ops.guard_archive();

create function anchor_ops.guard_against_archive() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if tg_op = 'DELETE' then
    if not exists (
      select from anchor_ops.archived_payment as archived
      where archived.epoch = old.epoch and archived.operation_id = old.operation_id
    ) then
      raise exception 'payment %: a payment is deleted only once it is archived', old.operation_id using errcode = 'AO002';
    end if;
    return old;
  end if;
  if tg_op = 'INSERT' and exists (
    select from anchor_ops.archived_payment as archived
    where archived.epoch = new.epoch and archived.operation_id = new.operation_id
  ) then
    raise exception 'payment %: is archived', new.operation_id using errcode = 'AO002';
  end if;
  if new.verdict = 'credited' and exists (
    select from anchor_ops.archived_payment as archived
    where archived.transaction_id = new.transaction_id and archived.verdict = 'credited'
  ) then
    raise exception 'payment %: an archived payment is credited to transaction %', new.operation_id, new.transaction_id
      using errcode = 'unique_violation', constraint = 'archived_payment_credited_once';
  end if;
  return new;
end $$;
comment on function anchor_ops.guard_against_archive is
  'Refuses to delete a payment that is not archived (AO002), to record one that is (AO002), and to credit a transaction that an archived payment was credited to.';

create trigger payment_archived before insert or update or delete on anchor_ops.payment
  for each row execute function anchor_ops.guard_against_archive();

create function anchor_ops.recorded_hash(p_epoch integer, p_operation_id text) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return coalesce((
    select payment.transaction_hash from anchor_ops.payment
    where payment.epoch = p_epoch and payment.operation_id = p_operation_id limit 1
  ), (
    select archived.transaction_hash from anchor_ops.archived_payment as archived
    where archived.epoch = p_epoch and archived.operation_id = p_operation_id limit 1
  ));
end $$;
comment on function anchor_ops.recorded_hash is
  'The hash of the Stellar transaction of an operation that is stored or archived; null for an unknown one.';

create function anchor_ops.credited_operation(p_transaction_id text) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return coalesce((
    select anchor_ops.shown_operation(payment.epoch, payment.operation_id) from anchor_ops.payment
    where payment.transaction_id = p_transaction_id and payment.verdict = 'credited' limit 1
  ), (
    select anchor_ops.shown_operation(archived.epoch, archived.operation_id) from anchor_ops.archived_payment as archived
    where archived.transaction_id = p_transaction_id and archived.verdict = 'credited' limit 1
  ));
end $$;
comment on function anchor_ops.credited_operation is
  'The operation that was credited to a transaction, also if it is archived, as it is shown; null without one.';

create function public.archive_payments(p_older_than_days integer, p_limit integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
-- The index gives the oldest first, also where old statistics make another plan look cheaper.
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_epochs integer[];
  v_operations text[];
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := clock_timestamp() - make_interval(days => p_older_than_days);
begin
  if p_older_than_days is null or p_older_than_days < 0 or p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'archive_payments: needs an age in days and a limit of 1 to 1000' using errcode = 'invalid_parameter_value';
  end if;
  -- Nothing is recorded meanwhile, so no page finds an operation in neither table.
  perform anchor_ops.lock_names(array['payments']);
  -- A payment that is to be marked as due may still change.
  perform anchor_ops.mark_due();

  with archived as (
    insert into anchor_ops.archived_payment (epoch, operation_id, account, kind, transaction_hash, asset, amount, verdict,
      state, transaction_id, closed_at, archived_at)
    select (final.payment).epoch, (final.payment).operation_id, (final.payment).account, (final.payment).kind,
      (final.payment).transaction_hash, (final.payment).asset, (final.payment).amount, (final.payment).verdict,
      anchor_ops.why_not_open(final.payment), (final.payment).transaction_id, (final.payment).closed_at, v_now
    from (
      select due as payment from anchor_ops.payment as due
      where due.open_since is null and due.due_at is null and due.judged_at < v_before and anchor_ops.may_archive(due, v_before)
      order by due.judged_at, due.epoch, due.operation_id
      limit p_limit
      -- A person may be deciding about it.
      for update skip locked
    ) as final
    returning archived_payment.epoch, archived_payment.operation_id
  )
  select coalesce(array_agg(archived.epoch), '{}'), coalesce(array_agg(archived.operation_id), '{}')
  into v_epochs, v_operations from archived;

  delete from anchor_ops.payment_verdict as earlier
  using unnest(v_epochs, v_operations) as archived (epoch, operation_id)
  where earlier.epoch = archived.epoch and earlier.operation_id = archived.operation_id;
  delete from anchor_ops.payment
  using unnest(v_epochs, v_operations) as archived (epoch, operation_id)
  where payment.epoch = archived.epoch and payment.operation_id = archived.operation_id;
  return jsonb_build_object('archived', cardinality(v_operations));
end $$;
comment on function public.archive_payments is
  'Moves up to p_limit payments that may be archived and were judged more than p_older_than_days ago to the archive, the oldest first. Their evidence and their earlier verdicts are deleted.';

create function public.read_archived_payment(p_operation_id text, p_epoch integer) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  return (
    select jsonb_build_object(
      'payment', jsonb_build_object(
        'epoch', archived.epoch,
        'operationId', archived.operation_id,
        'account', archived.account,
        'kind', archived.kind,
        'transactionHash', archived.transaction_hash,
        'asset', archived.asset,
        'amount', archived.amount,
        'verdict', archived.verdict,
        'transactionId', archived.transaction_id,
        'closedAt', anchor_ops.iso_time(archived.closed_at),
        'state', 'archived',
        'stateBefore', archived.state,
        'archivedAt', anchor_ops.iso_time(archived.archived_at)
      ),
      'decisions', (
        select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq), '[]') from anchor_ops.decision as made
        where made.about = 'payment' and made.subject = format('%s/%s', archived.epoch, archived.operation_id)
      )
    )
    from anchor_ops.archived_payment as archived
    where archived.epoch = coalesce(p_epoch, anchor_ops.present_epoch()) and archived.operation_id = p_operation_id
  );
end $$;
comment on function public.read_archived_payment is
  'A payment that is archived, with the decisions about it, the oldest first. A null p_epoch is the present one. Null for a payment that is not archived.';

grant execute on function public.read_archived_payment, anchor_ops.may_archive, anchor_ops.guard_archive, anchor_ops.guard_against_archive,
  anchor_ops.recorded_hash, anchor_ops.credited_operation, public.archive_payments to service_role;

notify pgrst, 'reload schema';
