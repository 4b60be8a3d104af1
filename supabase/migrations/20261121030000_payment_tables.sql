-- The payment observer stores every payment of an observed account once per operation, with its verdict, and how far it
-- has read each account. A transaction is credited once.

create table anchor_ops.ledger_epoch (
  epoch integer primary key,
  began_at timestamptz not null default clock_timestamp(),
  seen_sequence bigint,
  seen_hash text collate "C",
  seen_closed_at timestamptz,
  constraint ledger_epoch_positive check (epoch > 0),
  constraint ledger_epoch_seen_whole check (
    (seen_sequence is null) = (seen_hash is null) and (seen_sequence is null) = (seen_closed_at is null)
  )
);
comment on table anchor_ops.ledger_epoch is 'The ledgers that were observed one after another: a reset of testnet begins a new epoch, in which operation ids come again. The highest epoch is the present one. No row is deleted. Writers: begin_observation, set_observer_cursor, record_payments.';
comment on column anchor_ops.ledger_epoch.seen_sequence is 'The newest ledger of the epoch that was seen; another seen_hash at its sequence means another epoch.';

create function anchor_ops.present_epoch() returns integer
language sql stable security invoker set search_path = ''
as $$
  select coalesce(max(ledger_epoch.epoch), 1) from anchor_ops.ledger_epoch
$$;
comment on function anchor_ops.present_epoch is 'The epoch of the ledger that is observed now.';

create table anchor_ops.observer (
  account text collate "C" not null,
  source text collate "C" not null,
  epoch integer not null references anchor_ops.ledger_epoch (epoch),
  cursor text collate "C",
  started_from text,
  started_at timestamptz,
  note text,
  checkpoint_sequence bigint,
  checkpoint_hash text collate "C",
  complete_until timestamptz,
  observed_at timestamptz,
  alarm jsonb,
  sweep_cursor text collate "C",
  swept_at timestamptz,
  holder uuid,
  lease_until timestamptz not null default '-infinity',
  primary key (account, source),
  constraint observer_account_form check (account ~ '^G[A-Z2-7]{55}$'),
  constraint observer_source_known check (source in ('horizon', 'rpc')),
  constraint observer_cursor_length check (char_length(cursor) between 1 and 255),
  constraint observer_started_whole check (
    (cursor is null) = (started_at is null) and (cursor is null) = (started_from is null)
  ),
  constraint observer_started_from_length check (char_length(started_from) between 1 and 100),
  constraint observer_note_length check (char_length(note) <= 1000),
  constraint observer_checkpoint_whole check ((checkpoint_sequence is null) = (checkpoint_hash is null)),
  constraint observer_alarm_form check (alarm ?& array['code', 'message', 'since']),
  constraint observer_sweep_cursor_length check (char_length(sweep_cursor) between 1 and 255)
);
comment on table anchor_ops.observer is 'How far the payments of one account are recorded from one source, and which process observes it. Writers: begin_observation, set_observer_cursor, record_payments, end_observation.';
comment on column anchor_ops.observer.source is 'horizon or rpc; each has cursors of its own.';
comment on column anchor_ops.observer.epoch is 'The epoch of the ledger to which the cursor belongs.';
comment on column anchor_ops.observer.cursor is 'Every payment up to here is recorded. It is text of the source, never read as a number; null until an operator has chosen the start.';
comment on column anchor_ops.observer.started_from is 'The start that the operator chose: now, a ledger, the oldest open transaction.';
comment on column anchor_ops.observer.started_at is 'When the operator last chose the start.';
comment on column anchor_ops.observer.note is 'Why the operator chose this start.';
comment on column anchor_ops.observer.checkpoint_sequence is 'A ledger that was read. Another checkpoint_hash at its sequence means that the ledger was reset.';
comment on column anchor_ops.observer.complete_until is 'Every payment of the ledgers that closed until this time is recorded. It only grows until the operator chooses another start.';
comment on column anchor_ops.observer.observed_at is 'When payments were last recorded or an observation ended without an alarm.';
comment on column anchor_ops.observer.alarm is 'Why the observer stopped: code, message and since when it has had that code; null when it runs.';
comment on column anchor_ops.observer.sweep_cursor is 'The place that the current sweep has reached; null between two sweeps.';
comment on column anchor_ops.observer.swept_at is 'When a sweep last reached its end.';
comment on column anchor_ops.observer.holder is 'The process that observes; null when it has ended.';
comment on column anchor_ops.observer.lease_until is 'From this time on another process may take over.';

create table anchor_ops.observer_jump (
  seq bigint generated always as identity,
  account text collate "C" not null,
  source text collate "C" not null,
  epoch integer not null references anchor_ops.ledger_epoch (epoch),
  from_cursor text collate "C",
  to_cursor text collate "C" not null,
  started_from text not null,
  note text,
  alarm jsonb,
  jumped_at timestamptz not null default clock_timestamp(),
  primary key (account, source, seq),
  constraint observer_jump_observer foreign key (account, source) references anchor_ops.observer (account, source)
);
comment on table anchor_ops.observer_jump is 'Every start that an operator chose. No row is deleted. Writer: set_observer_cursor.';
comment on column anchor_ops.observer_jump.epoch is 'The epoch of to_cursor.';
comment on column anchor_ops.observer_jump.from_cursor is 'Null at the first start.';
comment on column anchor_ops.observer_jump.alarm is 'The alarm of the account before the jump; null without one.';

create table anchor_ops.payment (
  epoch integer not null references anchor_ops.ledger_epoch (epoch),
  operation_id text collate "C" not null,
  account text collate "C" not null,
  source text collate "C" not null,
  cursor text collate "C" not null,
  ledger bigint not null,
  closed_at timestamptz not null,
  transaction_hash text collate "C" not null,
  successful boolean not null,
  kind text not null,
  from_account text collate "C",
  from_muxed_id text collate "C",
  to_account text collate "C",
  to_muxed_id text collate "C",
  to_muxed_account text collate "C",
  asset text collate "C",
  amount text collate "C",
  memo_type text not null,
  memo text collate "C",
  verdict text not null,
  sentence text not null,
  evidence jsonb not null,
  transaction_id text collate "C",
  attempt_id uuid references anchor_ops.attempt (id),
  recorded_at timestamptz not null,
  judged_at timestamptz not null,
  is_dust boolean not null default false,
  open_since timestamptz,
  closed_by uuid references anchor_ops.decision (id),
  assigned_by uuid references anchor_ops.decision (id),
  due_at timestamptz,
  primary key (epoch, operation_id),
  constraint payment_operation_id_form check (operation_id ~ '^[0-9]{1,20}$'),
  constraint payment_transaction_hash_form check (transaction_hash ~ '^[0-9a-f]{64}$'),
  constraint payment_kind_known check (kind in ('payment', 'path_payment', 'create_account', 'account_merge',
    'claimable_balance', 'clawback', 'contract_transfer', 'unknown')),
  constraint payment_memo_type_known check (memo_type in ('none', 'text', 'id', 'hash', 'other')),
  constraint payment_verdict_known check (verdict in ('credited', 'transaction_failed', 'outgoing', 'no_memo',
    'no_match', 'catching_up', 'not_awaiting', 'paid_outside_window', 'ambiguous', 'wrong_account', 'wrong_asset', 'amount_unknown', 'amount_short',
    'amount_over', 'already_paid', 'sep31_path_payment', 'manual_review', 'update_refused')),
  constraint payment_evidence_object check (jsonb_typeof(evidence) = 'object'),
  constraint payment_transaction_id_length check (char_length(transaction_id) between 1 and 255),
  constraint payment_credited_whole check (
    (verdict = 'credited') = (attempt_id is not null) and (verdict <> 'credited' or transaction_id is not null)
  )
);
comment on table anchor_ops.payment is 'Every operation that moved value to or from an observed account, with its verdict. The columns that the ledger shows never change. Writers: record_payments, archive_payments.';
comment on column anchor_ops.payment.operation_id is 'Ledger, transaction and operation in one number (SEP-35), as text: unique in an epoch of the ledger.';
comment on column anchor_ops.payment.account is 'The observed account for which the verdict was found.';
comment on column anchor_ops.payment.cursor is 'The cursor of the page that follows this payment.';
comment on column anchor_ops.payment.successful is 'Whether its Stellar transaction succeeded.';
comment on column anchor_ops.payment.kind is 'The kind of operation; only payment, path_payment and contract_transfer are credited.';
comment on column anchor_ops.payment.from_muxed_id is 'The id within the muxed account that paid, decimal text; a refund goes back to it.';
comment on column anchor_ops.payment.to_account is 'The base account of a muxed one; to_muxed_id is the id within it, or the one that a contract''s transfer carries, decimal text.';
comment on column anchor_ops.payment.asset is 'The received asset, as in SEP-38.';
comment on column anchor_ops.payment.amount is 'Decimal text, digit for digit as the source gave it.';
comment on column anchor_ops.payment.memo_type is 'none, text, id, hash, or other for a memo that the platform cannot expect.';
comment on column anchor_ops.payment.memo is 'A hash is hexadecimal.';
comment on column anchor_ops.payment.verdict is 'credited, or the reason why the payment was not credited.';
comment on column anchor_ops.payment.sentence is 'The verdict in words, for a person.';
comment on column anchor_ops.payment.transaction_id is 'The platform''s transaction that the payment is for; null when none or several could be meant.';
comment on column anchor_ops.payment.attempt_id is 'The update that credits it.';
comment on column anchor_ops.payment.judged_at is 'When the payment got this verdict.';
comment on column anchor_ops.payment.to_muxed_account is 'The muxed address that was paid (M…), if one was.';
comment on column anchor_ops.payment.due_at is 'The payment is to be judged again from this time on; null for one whose transaction did not change. Writers: mark_due, store_payments, record_due.';

comment on column anchor_ops.payment.is_dust is 'Whether the amount was below the dust limit of its asset when it was judged.';
comment on column anchor_ops.payment.open_since is 'Since when the payment has been open money, which belongs to nobody; null while it is not. The trigger of payment sets it.';
comment on column anchor_ops.payment.closed_by is 'The decision of a person that closed the payment; null while none does.';
comment on column anchor_ops.payment.assigned_by is 'The last decision by which a person assigned it to a transaction.';

create unique index payment_credited_once on anchor_ops.payment (transaction_id) where verdict = 'credited';
create index payment_by_judged_at on anchor_ops.payment (judged_at, operation_id);
create index payment_by_verdict on anchor_ops.payment (verdict, judged_at, operation_id);

create table anchor_ops.payment_verdict (
  seq bigint generated always as identity primary key,
  epoch integer not null,
  operation_id text collate "C" not null,
  account text collate "C" not null,
  source text collate "C" not null,
  verdict text not null,
  sentence text not null,
  evidence jsonb not null,
  transaction_id text collate "C",
  judged_at timestamptz not null,
  constraint payment_verdict_payment foreign key (epoch, operation_id) references anchor_ops.payment (epoch, operation_id)
);
comment on table anchor_ops.payment_verdict is 'Earlier verdicts of payments. Writers: the trigger of payment, archive_payments.';

create index payment_verdict_by_operation on anchor_ops.payment_verdict (epoch, operation_id, seq);

create table anchor_ops.unlisted (
  sep text not null,
  status text not null,
  newer_id text collate "C" not null,
  older_id text collate "C",
  transactions integer not null,
  reason text not null,
  since timestamptz not null default clock_timestamp(),
  found_at timestamptz not null default clock_timestamp(),
  primary key (sep, status, newer_id),
  constraint unlisted_transactions_some check (transactions > 0),
  constraint unlisted_reason_length check (char_length(reason) between 1 and 1000)
);
comment on table anchor_ops.unlisted is 'Places in the platform''s lists of transactions that await a payment where it fails to show one. Writer: record_open_list.';
comment on column anchor_ops.unlisted.newer_id is 'The id that the list shows before the place; empty at its beginning.';
comment on column anchor_ops.unlisted.older_id is 'The id that the list shows behind the place; null at its end.';
comment on column anchor_ops.unlisted.transactions is 'How many transactions in a row are not shown.';
comment on column anchor_ops.unlisted.since is 'Since when each reading of the list has found the place.';
comment on column anchor_ops.unlisted.found_at is 'When a reading last found the place.';

create function anchor_ops.may_change(p_verdict text) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select p_verdict in ('no_match', 'catching_up', 'not_awaiting', 'paid_outside_window', 'ambiguous', 'wrong_account',
    'wrong_asset', 'amount_unknown', 'amount_short', 'amount_over', 'already_paid')
$$;
comment on function anchor_ops.may_change is
  'Whether a payment with this verdict is judged again when a transaction with its memo changes.';

-- The payments that a transaction may change are found by the names that they carry, dust apart from the others.
create index payment_by_memo on anchor_ops.payment (memo, memo_type, epoch, is_dust, closed_at, operation_id)
  where anchor_ops.may_change(verdict);
create index payment_by_muxed_id on anchor_ops.payment (to_muxed_id, epoch, is_dust, closed_at, operation_id)
  where to_muxed_id is not null and anchor_ops.may_change(verdict);
create index payment_by_muxed_account on anchor_ops.payment (to_muxed_account, epoch, is_dust, closed_at, operation_id)
  where to_muxed_account is not null and anchor_ops.may_change(verdict);
create index payment_due on anchor_ops.payment (epoch, account, due_at, ledger, operation_id) where due_at is not null;

create function anchor_ops.may_rejudge(
  p_verdict text,
  p_account text,
  p_new_verdict text,
  p_new_account text
) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select case
    -- The reasons of the last judgement count, also where the verdict is the same.
    when p_new_verdict = p_verdict then anchor_ops.may_change(p_verdict) and p_new_account = p_account
    when p_verdict = 'outgoing' then p_new_account <> p_account
    when not anchor_ops.may_change(p_verdict) or p_new_verdict in ('catching_up', 'outgoing') then false
    when p_verdict in ('catching_up', 'no_match', 'not_awaiting', 'already_paid') then true
    when p_verdict = 'paid_outside_window' then p_new_verdict <> 'no_match'
    else p_new_verdict not in ('no_match', 'not_awaiting', 'paid_outside_window')
  end
$$;
comment on function anchor_ops.may_rejudge is
  'Whether a payment may get another verdict, or the same one for other reasons: when its transaction was not known, not ready, paid by another payment or expected something else before, or when it went from one observed account to another and only the payer''s side had been read.';

create function anchor_ops.guard_payment() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if (new.epoch, new.operation_id, new.ledger, new.closed_at, new.transaction_hash, new.successful, new.kind, new.from_account,
      new.from_muxed_id, new.to_account, new.to_muxed_id, new.asset, new.amount, new.memo_type, new.memo,
      new.recorded_at)
    is distinct from (old.epoch, old.operation_id, old.ledger, old.closed_at, old.transaction_hash, old.successful, old.kind,
      old.from_account, old.from_muxed_id, old.to_account, old.to_muxed_id, old.asset, old.amount, old.memo_type,
      old.memo, old.recorded_at) then
    raise exception 'payment %: what the ledger shows does not change', old.operation_id using errcode = 'AO002';
  end if;
  -- A change of what is stored beside the verdict makes no earlier verdict.
  if (new.account, new.source, new.cursor, new.verdict, new.sentence, new.evidence, new.transaction_id, new.attempt_id,
      new.judged_at) is not distinct from (old.account, old.source, old.cursor, old.verdict, old.sentence, old.evidence,
      old.transaction_id, old.attempt_id, old.judged_at) then
    return new;
  end if;
  if not (old.closed_by is null and anchor_ops.may_rejudge(old.verdict, old.account, new.verdict, new.account)
    or new.assigned_by is distinct from old.assigned_by and new.verdict = 'credited'
    -- A person credits another payment to the transaction (assign_payment).
    or old.verdict = 'credited' and new.verdict = 'update_refused' and not anchor_ops.credit_holds(old.attempt_id)) then
    raise exception 'payment %: % may not become %', old.operation_id, old.verdict, new.verdict
      using errcode = 'AO002';
  end if;
  insert into anchor_ops.payment_verdict
    (epoch, operation_id, account, source, verdict, sentence, evidence, transaction_id, judged_at)
  values (old.epoch, old.operation_id, old.account, old.source, old.verdict, old.sentence, old.evidence, old.transaction_id,
    old.judged_at);
  return new;
end $$;
comment on function anchor_ops.guard_payment is
  'Stores the verdict that a payment had. Refuses, with AO002, a change of what the ledger shows and a verdict that may not change: nothing but a person changes it once a person has closed the payment. A credit whose update ended without effect may become update_refused.';

create trigger payment_guard before update on anchor_ops.payment
  for each row execute function anchor_ops.guard_payment();

create function anchor_ops.shown_operation(p_epoch integer, p_operation_id text) returns text
language sql stable security invoker set search_path = ''
as $$
  select case when p_epoch = anchor_ops.present_epoch() then p_operation_id
    else format('%s of epoch %s', p_operation_id, p_epoch) end
$$;
comment on function anchor_ops.shown_operation is 'An operation id as it is shown; outside the present epoch with its epoch, so that it is never taken for an operation of today.';

create function anchor_ops.awaits_payment(p_sep text, p_kind text, p_status text) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(
    p_sep in ('6', '24') and p_kind in ('withdrawal', 'withdrawal-exchange')
      and p_status = 'pending_user_transfer_start'
    or p_sep = '31' and p_status = 'pending_sender', false)
$$;
comment on function anchor_ops.awaits_payment is 'Whether a transaction waits for a payment on the ledger.';

create function anchor_ops.is_closed(p_status text) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select p_status in ('completed', 'refunded', 'expired', 'error', 'no_market', 'too_small', 'too_large')
$$;
comment on function anchor_ops.is_closed is 'Whether a transaction in this status has ended. After an error it may begin again.';

create function anchor_ops.ended_at(p_transaction anchor_ops.transaction) returns timestamptz
language sql stable security invoker set search_path = ''
as $$
  select case when anchor_ops.is_closed(p_transaction.status) then coalesce(p_transaction.completed_at, (
    select min(history.seen_at) from anchor_ops.transaction_status as history
    where history.transaction_id = p_transaction.id and history.seq > coalesce((
      select max(open.seq) from anchor_ops.transaction_status as open
      where open.transaction_id = p_transaction.id and not anchor_ops.is_closed(open.status)
    ), 0)
  )) else p_transaction.gone_at end
$$;
comment on function anchor_ops.ended_at is
  'When a transaction ended: the platform''s completed_at, else when it was first seen closed or gone; null while it is neither.';

grant execute on function anchor_ops.present_epoch, anchor_ops.shown_operation, anchor_ops.is_closed, anchor_ops.ended_at, anchor_ops.awaits_payment, anchor_ops.may_change, anchor_ops.may_rejudge, anchor_ops.guard_payment to service_role;

-- A muxed address (69 characters) belongs to one transaction; a plain account belongs to thousands.
create index transaction_by_muxed_account
  on anchor_ops.transaction ((coalesce(nullif(withdraw_anchor_account, ''), destination_account)))
  where octet_length(coalesce(nullif(withdraw_anchor_account, ''), destination_account)) = 69;
create index transaction_awaiting on anchor_ops.transaction (coalesce(started_at, first_seen_at))
  where anchor_ops.awaits_payment(sep, kind, status) and gone_at is null;

notify pgrst, 'reload schema';
