-- An update is written down before a byte of it is sent, and every step after that is a row of its own. The rules that
-- keep money from moving twice stand here, so that no process, however late or confused, can break them.

create table anchor_ops.transaction (
  id text collate "C" primary key,
  sep text,
  kind text,
  status text not null,
  amount_expected text,
  amount_expected_asset text,
  amount_in text,
  amount_in_asset text,
  amount_out text,
  amount_out_asset text,
  amount_fee text,
  amount_fee_asset text,
  fee_details jsonb,
  memo text,
  memo_type text,
  source_account text,
  destination_account text,
  withdraw_anchor_account text,
  external_transaction_id text,
  message text,
  quote_id text,
  refunds jsonb,
  stellar_transactions jsonb,
  started_at timestamptz,
  platform_updated_at timestamptz not null,
  completed_at timestamptz,
  transfer_received_at timestamptz,
  user_action_required_by timestamptz,
  document jsonb not null,
  first_seen_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  constraint transaction_id_length check (char_length(id) between 1 and 255),
  constraint transaction_status_length check (char_length(status) between 1 and 64),
  constraint transaction_document_object check (jsonb_typeof(document) = 'object')
);
comment on table anchor_ops.transaction is 'Transactions of the Anchor Platform as they were last seen; an older answer never replaces a newer one. Writer: keep_transactions.';
comment on column anchor_ops.transaction.id is 'The platform''s id.';
comment on column anchor_ops.transaction.sep is '6, 24 or 31.';
comment on column anchor_ops.transaction.kind is 'deposit, withdrawal, receive and the like.';
comment on column anchor_ops.transaction.status is 'The platform''s status.';
comment on column anchor_ops.transaction.amount_expected is 'Decimal text, digit for digit as the platform gave it.';
comment on column anchor_ops.transaction.amount_expected_asset is 'As in SEP-38: stellar:CODE:ISSUER, stellar:native, iso4217:CODE.';
comment on column anchor_ops.transaction.amount_in is 'Decimal text, digit for digit as the platform gave it.';
comment on column anchor_ops.transaction.amount_in_asset is 'As in SEP-38.';
comment on column anchor_ops.transaction.amount_out is 'Decimal text, digit for digit as the platform gave it.';
comment on column anchor_ops.transaction.amount_out_asset is 'As in SEP-38.';
comment on column anchor_ops.transaction.amount_fee is 'Decimal text; the total of the fee details where the platform gives no amount_fee.';
comment on column anchor_ops.transaction.amount_fee_asset is 'As in SEP-38.';
comment on column anchor_ops.transaction.fee_details is 'Total, asset and parts of the fee.';
comment on column anchor_ops.transaction.memo is 'Memo of the Stellar payment.';
comment on column anchor_ops.transaction.memo_type is 'text, id or hash; a hash is base64.';
comment on column anchor_ops.transaction.source_account is 'Where a withdrawal is paid from.';
comment on column anchor_ops.transaction.destination_account is 'Where the money goes.';
comment on column anchor_ops.transaction.withdraw_anchor_account is 'The anchor''s account that a withdrawal is paid to.';
comment on column anchor_ops.transaction.external_transaction_id is 'Id of the transfer outside Stellar.';
comment on column anchor_ops.transaction.message is 'Last message to the user.';
comment on column anchor_ops.transaction.quote_id is 'The SEP-38 quote it stands on.';
comment on column anchor_ops.transaction.refunds is 'Refunds as the platform counts them.';
comment on column anchor_ops.transaction.stellar_transactions is 'Stellar transactions that the platform has tied to it.';
comment on column anchor_ops.transaction.started_at is 'When it began, by the platform''s clock.';
comment on column anchor_ops.transaction.platform_updated_at is 'The platform''s updated_at, else started_at, else 1970: what tells an older answer from a newer one.';
comment on column anchor_ops.transaction.completed_at is 'When it was completed or refunded.';
comment on column anchor_ops.transaction.transfer_received_at is 'When the user''s money came in.';
comment on column anchor_ops.transaction.user_action_required_by is 'Until when the user must act.';
comment on column anchor_ops.transaction.document is 'The platform''s whole object as last seen.';
comment on column anchor_ops.transaction.first_seen_at is 'When it was first seen here. Server clock.';
comment on column anchor_ops.transaction.seen_at is 'When the document was last taken over. Server clock.';

create index transaction_by_update on anchor_ops.transaction (platform_updated_at, id);

create table anchor_ops.update_request (
  key text collate "C" primary key,
  body_sha256 text not null,
  state text not null default 'running',
  answer jsonb,
  created_at timestamptz not null default now(),
  taken_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint update_request_key_length check (char_length(key) between 1 and 255),
  constraint update_request_body_sha256_form check (body_sha256 ~ '^[0-9a-f]{64}$'),
  constraint update_request_state_known check (state in ('running', 'done')),
  constraint update_request_answer_when_done check ((state = 'done') = (answer is not null and finished_at is not null))
);
comment on table anchor_ops.update_request is 'One row per Idempotency-Key, never deleted. Writers: begin_updates, finish_request.';
comment on column anchor_ops.update_request.key is 'The Idempotency-Key of one HTTP request.';
comment on column anchor_ops.update_request.body_sha256 is 'SHA-256 of its body in hexadecimal: the key with another body is a conflict.';
comment on column anchor_ops.update_request.state is 'running until the answer is stored, then done.';
comment on column anchor_ops.update_request.answer is 'Given again, unchanged, to whoever repeats the request.';
comment on column anchor_ops.update_request.created_at is 'When the key was first used. Server clock.';
comment on column anchor_ops.update_request.taken_at is 'When a process last took it on; 120 seconds later another one may.';
comment on column anchor_ops.update_request.finished_at is 'When the answer was stored.';

create table anchor_ops.attempt (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  transaction_id text collate "C" not null,
  method text not null,
  params jsonb not null,
  natural_key text collate "C",
  custody boolean not null,
  origin text not null,
  request_key text collate "C" references anchor_ops.update_request (key),
  item_index integer not null,
  state text not null default 'READY',
  tries integer not null default 0,
  rpc_id text,
  pre jsonb,
  sent_at timestamptz,
  settle_at timestamptz,
  expires_at timestamptz,
  outcome jsonb,
  note text,
  forced text,
  ledger jsonb,
  claimed_by uuid,
  claimed_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint attempt_seq_once unique (seq),
  constraint attempt_item_once unique (request_key, item_index),
  constraint attempt_transaction_id_length check (char_length(transaction_id) between 1 and 255),
  constraint attempt_method_form check (method ~ '^[a-z_]{1,64}$'),
  constraint attempt_params_object check (jsonb_typeof(params) = 'object'),
  -- A request of 256 KB, whose numbers are kept as texts: `1,` becomes `"1", `.
  constraint attempt_params_size check (octet_length(params::text) <= 1048576),
  constraint attempt_natural_key_length check (char_length(natural_key) between 1 and 512),
  constraint attempt_origin_length check (char_length(origin) between 1 and 64),
  constraint attempt_item_index_not_negative check (item_index >= 0),
  constraint attempt_state_known check (
    state in ('READY', 'SENDING', 'UNKNOWN', 'APPLIED', 'REJECTED', 'NOT_APPLIED', 'MANUAL')
  ),
  constraint attempt_tries_within_three check (tries between 0 and 3),
  constraint attempt_rpc_id_length check (char_length(rpc_id) between 1 and 255),
  constraint attempt_sent_whole check (
    state not in ('SENDING', 'UNKNOWN') or (rpc_id is not null and pre is not null and sent_at is not null)
  ),
  constraint attempt_unknown_is_settled check (state <> 'UNKNOWN' or settle_at is not null),
  constraint attempt_note_length check (char_length(note) <= 1000),
  constraint attempt_forced_length check (char_length(forced) between 1 and 500)
);
comment on table anchor_ops.attempt is 'One update of one transaction: what was intended, which never changes, and how far it got. Never deleted. Writers: begin_updates, start_sending, record_outcome, claim_unsettled, decide_attempt.';
comment on column anchor_ops.attempt.id is 'Shown to callers as attemptId.';
comment on column anchor_ops.attempt.seq is 'Order: the attempts of one transaction are sent one after the other by it.';
comment on column anchor_ops.attempt.transaction_id is 'The platform''s transaction that is to be updated; it may not have been seen yet.';
comment on column anchor_ops.attempt.method is 'JSON-RPC method.';
comment on column anchor_ops.attempt.params is 'Params as they are sent; amounts are text.';
comment on column anchor_ops.attempt.natural_key is 'What may happen only once, such as a method with a Stellar hash; null when nothing tells a repeat.';
comment on column anchor_ops.attempt.custody is 'Whether the platform''s custody service pays at once: never sent again by a machine when the outcome is not known.';
comment on column anchor_ops.attempt.origin is 'What asked for it, such as a route or the payment observer.';
comment on column anchor_ops.attempt.request_key is 'Idempotency-Key of the request it came with.';
comment on column anchor_ops.attempt.item_index is 'Its place in that request.';
comment on column anchor_ops.attempt.state is 'READY, SENDING, UNKNOWN, APPLIED, REJECTED, NOT_APPLIED or MANUAL; moves as attempt_may_move allows.';
comment on column anchor_ops.attempt.tries is 'How often it may have reached the platform, at most 3.';
comment on column anchor_ops.attempt.rpc_id is 'JSON-RPC id of the last send, new for each; a process that knows an older one changes nothing.';
comment on column anchor_ops.attempt.pre is 'State of the transaction just before the last send, to judge later whether it had an effect.';
comment on column anchor_ops.attempt.sent_at is 'When the last send began. Server clock.';
comment on column anchor_ops.attempt.settle_at is 'Not looked at again before then.';
comment on column anchor_ops.attempt.expires_at is 'Not sent after then; null never.';
comment on column anchor_ops.attempt.outcome is 'What is known of its end: result, error or reason.';
comment on column anchor_ops.attempt.note is 'Why a person decided as they did.';
comment on column anchor_ops.attempt.forced is 'Why a person wants it sent against what the ledger says; null when nobody does.';
comment on column anchor_ops.attempt.ledger is 'What the ledger showed before the last send, for the methods that ask it.';
comment on column anchor_ops.attempt.claimed_by is 'The settler that last took it on.';
comment on column anchor_ops.attempt.claimed_until is 'Until then no other settler takes it.';
comment on column anchor_ops.attempt.created_at is 'When it was intended. Server clock.';
comment on column anchor_ops.attempt.updated_at is 'When its state last changed. Server clock.';

create unique index attempt_one_open_per_transaction on anchor_ops.attempt (transaction_id)
  where state in ('SENDING', 'UNKNOWN', 'MANUAL');
create unique index attempt_natural_key_once on anchor_ops.attempt (natural_key)
  where natural_key is not null and state not in ('REJECTED', 'NOT_APPLIED');
create index attempt_by_transaction on anchor_ops.attempt (transaction_id, seq);
create index attempt_unfinished on anchor_ops.attempt (state, seq) where state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL');

create table anchor_ops.attempt_move (
  seq bigint generated always as identity primary key,
  attempt_id uuid not null references anchor_ops.attempt (id),
  at timestamptz not null default clock_timestamp(),
  from_state text,
  to_state text not null,
  detail jsonb not null
);
comment on table anchor_ops.attempt_move is 'Every state an attempt was in, for good. Writer: the trigger of attempt.';
comment on column anchor_ops.attempt_move.seq is 'Order of the moves.';
comment on column anchor_ops.attempt_move.attempt_id is 'The attempt that moved.';
comment on column anchor_ops.attempt_move.at is 'When. Server clock.';
comment on column anchor_ops.attempt_move.from_state is 'The state before; null when it was made.';
comment on column anchor_ops.attempt_move.to_state is 'The state after.';
comment on column anchor_ops.attempt_move.detail is 'tries, rpcId, outcome and note as they were then.';

create index attempt_move_by_attempt on anchor_ops.attempt_move (attempt_id, seq);

create table anchor_ops.transaction_status (
  seq bigint generated always as identity primary key,
  transaction_id text collate "C" not null references anchor_ops.transaction (id),
  status text not null,
  platform_updated_at timestamptz not null,
  seen_at timestamptz not null default now(),
  attempt_id uuid references anchor_ops.attempt (id)
);
comment on table anchor_ops.transaction_status is 'Statuses a transaction was seen in, one row for each change. Writer: keep_transactions.';
comment on column anchor_ops.transaction_status.seq is 'Order in which they were seen.';
comment on column anchor_ops.transaction_status.transaction_id is 'The transaction.';
comment on column anchor_ops.transaction_status.status is 'The platform''s status.';
comment on column anchor_ops.transaction_status.platform_updated_at is 'As in transaction.';
comment on column anchor_ops.transaction_status.seen_at is 'When it was seen here. Server clock.';
comment on column anchor_ops.transaction_status.attempt_id is 'The attempt whose answers showed it; null when it was only read.';

create index transaction_status_by_transaction on anchor_ops.transaction_status (transaction_id, seq);

create table anchor_ops.refund (
  transaction_id text collate "C" not null,
  refund_id text collate "C" not null,
  method text not null,
  amount numeric not null,
  fee numeric not null,
  asset text not null,
  attempt_id uuid not null references anchor_ops.attempt (id),
  primary key (transaction_id, refund_id, method),
  constraint refund_id_length check (char_length(refund_id) between 1 and 255),
  constraint refund_amount_finite check (amount >= 0 and amount < 'Infinity'),
  constraint refund_fee_finite check (fee >= 0 and fee < 'Infinity')
);
comment on table anchor_ops.refund is 'Refunds that were intended. One counts while its attempt is neither REJECTED nor NOT_APPLIED; the platform''s own sums are rounded to 4 decimals, these are exact. Writer: begin_updates.';
comment on column anchor_ops.refund.transaction_id is 'The transaction that is refunded.';
comment on column anchor_ops.refund.refund_id is 'Id of the refund payment; the attempt''s id where the method has none.';
comment on column anchor_ops.refund.method is 'JSON-RPC method: a refund is announced, paid and confirmed by different ones.';
comment on column anchor_ops.refund.amount is 'What goes back, without the fee. Not rounded, so no scale is set.';
comment on column anchor_ops.refund.fee is 'Fee of the refund. Not rounded.';
comment on column anchor_ops.refund.asset is 'Asset of the amount, as in SEP-38.';
comment on column anchor_ops.refund.attempt_id is 'The last attempt with this refund.';

create index refund_by_attempt on anchor_ops.refund (attempt_id);

create function anchor_ops.attempt_may_move(p_from text, p_to text, p_custody boolean) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select (p_from, p_to) in (
    ('READY', 'SENDING'), ('READY', 'APPLIED'), ('READY', 'REJECTED'),
    ('SENDING', 'READY'), ('SENDING', 'UNKNOWN'), ('SENDING', 'APPLIED'), ('SENDING', 'REJECTED'),
    ('UNKNOWN', 'APPLIED'), ('UNKNOWN', 'REJECTED'), ('UNKNOWN', 'MANUAL'),
    ('MANUAL', 'APPLIED'), ('MANUAL', 'REJECTED'), ('MANUAL', 'NOT_APPLIED')
  ) or not p_custody and (p_from, p_to) in (('UNKNOWN', 'READY'), ('UNKNOWN', 'NOT_APPLIED'))
$$;
comment on function anchor_ops.attempt_may_move is
  'The state machine of an attempt. The custody service may have paid though the platform shows nothing: only evidence or a person ends an unknown custody attempt.';

create function anchor_ops.guard_attempt() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  v_tries integer;
begin
  if tg_op = 'DELETE' then
    raise exception 'attempt %: attempts are never deleted', old.id using errcode = 'AO002';
  end if;
  if tg_op = 'INSERT' then
    if (new.state, new.tries, new.rpc_id is null) not in (('READY', 0, true), ('SENDING', 1, false)) then
      raise exception 'attempt %: begins READY and unsent or SENDING for the first time, not %', new.id, new.state
        using errcode = 'AO002';
    end if;
    return new;
  end if;

  if (new.id, new.seq, new.transaction_id, new.method, new.params, new.natural_key, new.custody, new.origin,
      new.request_key, new.item_index, new.expires_at, new.created_at)
    is distinct from (old.id, old.seq, old.transaction_id, old.method, old.params, old.natural_key, old.custody,
      old.origin, old.request_key, old.item_index, old.expires_at, old.created_at) then
    raise exception 'attempt %: what was intended does not change', old.id using errcode = 'AO002';
  end if;

  if new.forced is distinct from old.forced and (old.forced is not null or old.state <> 'READY') then
    raise exception 'attempt %: forced is said once, before it is sent', old.id using errcode = 'AO002';
  end if;
  if new.state <> old.state and not anchor_ops.attempt_may_move(old.state, new.state, old.custody) then
    raise exception 'attempt %: may not move from % to %', old.id, old.state, new.state using errcode = 'AO002';
  end if;
  if old.state = 'UNKNOWN' and new.state = 'READY' and old.tries >= 3 then
    raise exception 'attempt %: was sent 3 times already', old.id using errcode = 'AO002';
  end if;

  -- A send counts when it begins, and no longer once it is certain that no byte left.
  v_tries := old.tries + case
    when old.state = 'READY' and new.state = 'SENDING' then 1
    when old.state = 'SENDING' and new.state = 'READY' then -1
    else 0
  end;
  if new.tries <> v_tries then
    raise exception 'attempt %: tries goes from % to %, not %', old.id, old.tries, v_tries, new.tries
      using errcode = 'AO002';
  end if;
  if (new.rpc_id is distinct from old.rpc_id) <> (old.state = 'READY' and new.state = 'SENDING') then
    raise exception 'attempt %: a send, and nothing else, has a new rpc id', old.id using errcode = 'AO002';
  end if;

  if new.state <> old.state then
    new.updated_at := clock_timestamp();
    new.claimed_by := null;
    new.claimed_until := null;
  end if;
  return new;
end $$;
comment on function anchor_ops.guard_attempt is
  'Refuses, with AO002, a deletion, a change of what was intended, a move that is not allowed and a fourth send.';

create trigger attempt_guard before insert or update or delete on anchor_ops.attempt
  for each row execute function anchor_ops.guard_attempt();

create function anchor_ops.keep_attempt_move() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into anchor_ops.attempt_move (attempt_id, from_state, to_state, detail)
  values (new.id, case when tg_op = 'UPDATE' then old.state end, new.state, jsonb_strip_nulls(jsonb_build_object(
    'tries', new.tries, 'rpcId', new.rpc_id, 'outcome', new.outcome, 'note', new.note
  )));
  return null;
end $$;
comment on function anchor_ops.keep_attempt_move is 'Keeps every move of an attempt, whoever made it.';

create trigger attempt_made after insert on anchor_ops.attempt
  for each row execute function anchor_ops.keep_attempt_move();
create trigger attempt_moved after update on anchor_ops.attempt
  for each row when (old.state is distinct from new.state) execute function anchor_ops.keep_attempt_move();

alter table anchor_ops.transaction enable row level security;
alter table anchor_ops.transaction force row level security;
create policy transaction_service_role on anchor_ops.transaction to service_role using (true) with check (true);
alter table anchor_ops.update_request enable row level security;
alter table anchor_ops.update_request force row level security;
create policy update_request_service_role on anchor_ops.update_request to service_role using (true) with check (true);
alter table anchor_ops.attempt enable row level security;
alter table anchor_ops.attempt force row level security;
create policy attempt_service_role on anchor_ops.attempt to service_role using (true) with check (true);
alter table anchor_ops.attempt_move enable row level security;
alter table anchor_ops.attempt_move force row level security;
create policy attempt_move_service_role on anchor_ops.attempt_move to service_role using (true) with check (true);
alter table anchor_ops.transaction_status enable row level security;
alter table anchor_ops.transaction_status force row level security;
create policy transaction_status_service_role on anchor_ops.transaction_status to service_role
  using (true) with check (true);
alter table anchor_ops.refund enable row level security;
alter table anchor_ops.refund force row level security;
create policy refund_service_role on anchor_ops.refund to service_role using (true) with check (true);

revoke all on anchor_ops.transaction, anchor_ops.update_request, anchor_ops.attempt, anchor_ops.attempt_move,
  anchor_ops.transaction_status, anchor_ops.refund from public, anon, authenticated, service_role;
grant select, insert, update on anchor_ops.transaction, anchor_ops.update_request, anchor_ops.attempt, anchor_ops.refund
  to service_role;
grant select, insert on anchor_ops.attempt_move, anchor_ops.transaction_status to service_role;

revoke all on function anchor_ops.attempt_may_move, anchor_ops.guard_attempt, anchor_ops.keep_attempt_move
  from public, anon, authenticated, service_role;
grant execute on function anchor_ops.attempt_may_move, anchor_ops.guard_attempt, anchor_ops.keep_attempt_move
  to service_role;
