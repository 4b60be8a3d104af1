-- An update is stored before a byte of it is sent, and each later step moves its row, the attempt. The rules that keep
-- money from moving twice are constraints and triggers, so no process, however late or confused, can break them.

create function anchor_ops.memo_value(p_type text, p_memo text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select case
    when p_type = 'id' and p_memo ~ '^\+?[0-9]{1,40}$' then coalesce(nullif(ltrim(ltrim(p_memo, '+'), '0'), ''), '0')
    when p_type = 'hash' and p_memo ~ '^[0-9A-Fa-f]{64}$' then lower(p_memo)
    when p_type = 'hash' and p_memo ~ '^[A-Za-z0-9+/]{43}=?$' then encode(decode(rpad(p_memo, 44, '='), 'base64'), 'hex')
    else p_memo end
$$;
comment on function anchor_ops.memo_value is
  'The value of a memo, whatever its spelling: an id without leading zeros and +, a hash in hexadecimal; any other text as it is. memoValue in lib/stellar/memo.ts makes the same of it.';

grant execute on function anchor_ops.memo_value to service_role;

-- The platform's object is stored whole. Columns that a filter, an index or a function needs are generated from it.
create table anchor_ops.transaction (
  id text collate "C" primary key,
  document jsonb not null,
  sep text generated always as (document ->> 'sep') stored,
  kind text generated always as (document ->> 'kind') stored,
  status text not null generated always as (document ->> 'status') stored,
  amount_expected text generated always as (document #>> '{amount_expected,amount}') stored,
  amount_expected_asset text generated always as (document #>> '{amount_expected,asset}') stored,
  amount_in text generated always as (document #>> '{amount_in,amount}') stored,
  amount_in_asset text generated always as (document #>> '{amount_in,asset}') stored,
  memo text generated always as (document ->> 'memo') stored,
  memo_type text generated always as (document ->> 'memo_type') stored,
  memo_value text generated always as (anchor_ops.memo_value(document ->> 'memo_type', document ->> 'memo')) stored,
  source_account text generated always as (document ->> 'source_account') stored,
  destination_account text generated always as (document ->> 'destination_account') stored,
  withdraw_anchor_account text generated always as (document ->> 'withdraw_anchor_account') stored,
  external_transaction_id text generated always as (document ->> 'external_transaction_id') stored,
  refunds jsonb generated always as (document -> 'refunds') stored,
  stellar_transactions jsonb generated always as (document -> 'stellar_transactions') stored,
  started_at timestamptz,
  platform_updated_at timestamptz not null,
  completed_at timestamptz,
  transfer_received_at timestamptz,
  first_seen_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  gone_at timestamptz,
  earlier_since timestamptz,
  earlier_count integer not null default 0,
  went_back jsonb,
  constraint transaction_id_length check (char_length(id) between 1 and 255),
  constraint transaction_status_length check (char_length(status) between 1 and 64),
  constraint transaction_document_object check (jsonb_typeof(document) = 'object')
);
comment on table anchor_ops.transaction is 'Transactions of the Anchor Platform as an answer last showed them; an older answer replaces a newer one only after the platform has shown nothing newer for went_back_after. Writers: store_documents, note_earlier, take_earlier.';
comment on column anchor_ops.transaction.amount_expected is 'Amounts are decimal text, digit for digit as the platform gave it; their assets are as in SEP-38.';
comment on column anchor_ops.transaction.memo is 'Memo of the Stellar payment; a hash is base64.';
comment on column anchor_ops.transaction.external_transaction_id is 'Id of the transfer outside Stellar.';
comment on column anchor_ops.transaction.platform_updated_at is 'The platform''s updated_at, else started_at, else 1970. It tells an older answer from a newer one.';
comment on column anchor_ops.transaction.transfer_received_at is 'When the user''s money came in.';
comment on column anchor_ops.transaction.seen_at is 'When the document was last stored.';
comment on column anchor_ops.transaction.gone_at is 'When the platform was first found to have no transaction with this id; null once it shows one.';
comment on column anchor_ops.transaction.earlier_since is 'When the platform first showed an earlier state than the document; null once it shows the document or a later state.';
comment on column anchor_ops.transaction.earlier_count is 'How often earlier_since was set. A caller who names this number has read the platform after earlier_since.';
comment on column anchor_ops.transaction.went_back is 'The last time that an earlier state replaced the document: updated_at before (from) and after (to), since, takenAt.';

create function anchor_ops.stellar_hashes(p_stellar_transactions jsonb) returns text[]
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  return case when jsonb_typeof(p_stellar_transactions) = 'array' then array(
    select lower(each.value ->> 'id') from jsonb_array_elements(p_stellar_transactions) as each
    where char_length(each.value ->> 'id') = 64
  ) else array[]::text[] end;
end $$;
comment on function anchor_ops.stellar_hashes is 'The hashes of the Stellar transactions that a document of the platform shows.';

grant execute on function anchor_ops.stellar_hashes to service_role;

-- Each index below gives the transactions that a filter finds in the order of the pages. An index entry has a limited
-- size, so that a text longer than any that is asked for has none and keeps no transaction from being stored.
create index transaction_by_update on anchor_ops.transaction (platform_updated_at, id);
create index transaction_by_status on anchor_ops.transaction (status, platform_updated_at, id);
create index transaction_by_kind on anchor_ops.transaction (kind, platform_updated_at, id)
  where char_length(kind) <= 255;
create index transaction_by_sep on anchor_ops.transaction (sep, platform_updated_at, id)
  where char_length(sep) <= 255;
create index transaction_by_memo on anchor_ops.transaction (memo, platform_updated_at, id)
  where char_length(memo) <= 255;
create index transaction_by_memo_value on anchor_ops.transaction (memo_value) where char_length(memo_value) <= 255;
create index transaction_by_external_id on anchor_ops.transaction (external_transaction_id, platform_updated_at, id)
  where char_length(external_transaction_id) <= 255;
create index transaction_by_source on anchor_ops.transaction (source_account, platform_updated_at, id)
  where char_length(source_account) <= 255;
create index transaction_by_destination on anchor_ops.transaction (destination_account, platform_updated_at, id)
  where char_length(destination_account) <= 255;
create index transaction_by_anchor_account on anchor_ops.transaction (withdraw_anchor_account, platform_updated_at, id)
  where char_length(withdraw_anchor_account) <= 255;
create index transaction_by_stellar_transaction on anchor_ops.transaction
  using gin (anchor_ops.stellar_hashes(stellar_transactions)) with (fastupdate = off)
  where stellar_transactions is not null;

create table anchor_ops.update_request (
  key text collate "C" primary key,
  body_sha256 text not null,
  state text not null default 'running',
  answer jsonb,
  created_at timestamptz not null default now(),
  taken_at timestamptz not null default now(),
  taken_by uuid not null,
  taken_over boolean not null default false,
  finished_at timestamptz,
  constraint update_request_key_length check (char_length(key) between 1 and 255),
  constraint update_request_body_sha256_form check (body_sha256 ~ '^[0-9a-f]{64}$'),
  constraint update_request_state_known check (state in ('running', 'done')),
  constraint update_request_answer_when_done check ((state = 'done') = (answer is not null and finished_at is not null))
);
comment on table anchor_ops.update_request is 'One row per Idempotency-Key, never deleted. Writers: begin_updates, finish_request.';
comment on column anchor_ops.update_request.body_sha256 is 'In hexadecimal. The same key with another body is a conflict.';
comment on column anchor_ops.update_request.answer is 'The HTTP answer. A caller who repeats the request gets the same answer.';
comment on column anchor_ops.update_request.taken_at is 'When a process last began to work on the request.';
comment on column anchor_ops.update_request.taken_by is 'The HTTP request of that process. Only this one stores updates under the key and ends it.';
comment on column anchor_ops.update_request.taken_over is 'Whether an earlier HTTP request had the key and died.';

-- An index below calls this function, and does not follow a change of it: a migration that changes it makes the index anew.
create function anchor_ops.ended_without_effect(p_state text) returns boolean
language sql immutable security invoker set search_path = ''
as $$ select p_state in ('REJECTED', 'NOT_APPLIED', 'EXPIRED', 'WITHDRAWN') $$;
comment on function anchor_ops.ended_without_effect is
  'Whether an attempt in this state certainly had no effect. What it took, such as its natural key, is free again.';

create function anchor_ops.waits_for_person(p_state text) returns boolean
language sql immutable security invoker set search_path = ''
as $$ select p_state in ('MANUAL', 'LOST') $$;
comment on function anchor_ops.waits_for_person is 'Whether only a person ends an attempt in this state.';

grant execute on function anchor_ops.ended_without_effect, anchor_ops.waits_for_person to service_role;

create table anchor_ops.attempt (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  transaction_id text collate "C" not null,
  method text not null,
  params jsonb not null,
  natural_key text collate "C",
  custody boolean not null,
  origin text not null,
  key_name text,
  request_key text collate "C",
  update_index integer not null,
  state text not null default 'READY',
  tries integer not null default 0,
  rpc_id text,
  pre jsonb,
  post jsonb,
  sent_at timestamptz,
  settle_at timestamptz,
  expires_at timestamptz,
  unreadable_since timestamptz,
  outcome jsonb,
  note text,
  forced text,
  ledger jsonb,
  claimed_by uuid,
  claimed_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint attempt_seq_once unique (seq),
  constraint attempt_update_once unique (request_key, update_index),
  constraint attempt_transaction_id_length check (char_length(transaction_id) between 1 and 255),
  constraint attempt_method_form check (method ~ '^[a-z_]{1,64}$'),
  constraint attempt_params_object check (jsonb_typeof(params) = 'object'),
  -- A request has 256 KB. Its numbers are stored as text, which can make it four times as long: `1,` becomes `"1", `.
  constraint attempt_params_size check (octet_length(params::text) <= 1048576),
  constraint attempt_request_key_length check (char_length(request_key) between 1 and 255),
  constraint attempt_natural_key_length check (char_length(natural_key) between 1 and 512),
  constraint attempt_origin_length check (char_length(origin) between 1 and 64),
  constraint attempt_key_name_length check (char_length(key_name) between 1 and 64),
  constraint attempt_update_index_not_negative check (update_index >= 0),
  constraint attempt_state_known check (
    state in ('READY', 'SENDING', 'UNKNOWN', 'APPLIED', 'REJECTED', 'NOT_APPLIED', 'MANUAL',
      'LOST', 'EXPIRED', 'WITHDRAWN')
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
comment on table anchor_ops.attempt is 'One update of one transaction. The columns that describe the update never change, and no row is deleted. Writers: begin_updates, record_payments, start_sending, record_outcome, record_unreadable, claim_unsettled, decide_attempt.';
comment on column anchor_ops.attempt.seq is 'The attempts of one transaction are sent one after the other in this order.';
comment on column anchor_ops.attempt.transaction_id is 'No foreign key: the platform may not have shown the transaction yet.';
comment on column anchor_ops.attempt.params is 'The params as they are sent; numbers are text.';
comment on column anchor_ops.attempt.natural_key is 'Two updates with the same key are one update, such as one method with one Stellar hash; null when an update may be meant twice.';
comment on column anchor_ops.attempt.custody is 'Whether the platform''s custody service pays at once. Only evidence or a person ends such an attempt when its outcome is unknown.';
comment on column anchor_ops.attempt.origin is 'Where the update came from: a route or the payment observer.';
comment on column anchor_ops.attempt.key_name is 'The name of the key with which the update was asked for; null for the payment observer.';
comment on column anchor_ops.attempt.request_key is 'The Idempotency-Key of the request, or the key that the service made for a request without one; update_request has a row for the first kind. Null for the payment observer.';
comment on column anchor_ops.attempt.update_index is 'The place of the update in its request, from 0.';
comment on column anchor_ops.attempt.state is 'The function attempt_may_move lists the allowed moves.';
comment on column anchor_ops.attempt.tries is 'How many sends may have reached the platform.';
comment on column anchor_ops.attempt.rpc_id is 'JSON-RPC id of the last send; each send has a new one. A process that names an older id changes nothing.';
comment on column anchor_ops.attempt.pre is 'The transaction just before the last send. A comparison with a later reading shows whether the send had an effect.';
comment on column anchor_ops.attempt.post is 'The transaction as it showed the update when the attempt became APPLIED. A later reading is compared with it once.';
comment on column anchor_ops.attempt.settle_at is 'No settler claims the attempt before this time. An APPLIED attempt with it is still to be looked for once more.';
comment on column anchor_ops.attempt.expires_at is 'The attempt is not sent after this time; null if it never expires.';
comment on column anchor_ops.attempt.unreadable_since is 'Since when every reading of the transaction has failed while another transaction could be read; null if the last reading succeeded, or if no transaction could be read.';
comment on column anchor_ops.attempt.outcome is 'The result, the error or the reason that ended the attempt.';
comment on column anchor_ops.attempt.note is 'The note of the person who ended the attempt.';
comment on column anchor_ops.attempt.forced is 'The note of a person who overrode the ledger check; null without one.';
comment on column anchor_ops.attempt.ledger is 'The evidence of the ledger check before the last send; null for a method without a ledger check.';
comment on column anchor_ops.attempt.claimed_by is 'The settler that last claimed the attempt.';
comment on column anchor_ops.attempt.claimed_until is 'No other settler claims the attempt before this time.';
comment on column anchor_ops.attempt.updated_at is 'When the state last changed.';

create unique index attempt_one_open_per_transaction on anchor_ops.attempt (transaction_id)
  where state in ('SENDING', 'UNKNOWN', 'MANUAL');
create unique index attempt_natural_key_once on anchor_ops.attempt (natural_key)
  where natural_key is not null and not anchor_ops.ended_without_effect(state);
create index attempt_by_transaction on anchor_ops.attempt (transaction_id, seq);
create index attempt_unfinished on anchor_ops.attempt (state, seq)
  where state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST');
-- A transaction may have many attempts; few of them are unfinished or are still to be looked for.
create index attempt_unfinished_by_transaction on anchor_ops.attempt (transaction_id, seq)
  where state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST') or state = 'APPLIED' and settle_at is not null;
create index attempt_by_state on anchor_ops.attempt (state, seq);
create index attempt_by_transaction_state on anchor_ops.attempt (transaction_id, state);
create index attempt_by_method on anchor_ops.attempt (method, seq);
create index attempt_by_change on anchor_ops.attempt (updated_at);
create index attempt_by_stellar_transaction on anchor_ops.attempt
  (lower(coalesce(params ->> 'stellar_transaction_id', params #>> '{refund,id}')), transaction_id)
  where char_length(coalesce(params ->> 'stellar_transaction_id', params #>> '{refund,id}')) = 64;
-- What waits for a person, and what has not ended, in the order of the list of both.
create index attempt_for_person on anchor_ops.attempt (updated_at, id) where state in ('MANUAL', 'LOST');
create index attempt_unfinished_by_age on anchor_ops.attempt (created_at, id) where state in ('READY', 'SENDING', 'UNKNOWN');
create index attempt_to_look_for on anchor_ops.attempt (settle_at) where state = 'APPLIED' and settle_at is not null;

create table anchor_ops.attempt_move (
  seq bigint generated always as identity primary key,
  attempt_id uuid not null references anchor_ops.attempt (id),
  at timestamptz not null default clock_timestamp(),
  from_state text,
  to_state text not null,
  detail jsonb not null
);
comment on table anchor_ops.attempt_move is 'Every state that an attempt was in. No row is deleted. Writer: the trigger of attempt.';
comment on column anchor_ops.attempt_move.from_state is 'Null for the row that the insert of the attempt wrote.';
comment on column anchor_ops.attempt_move.detail is 'tries, rpcId, outcome and note after the move.';

create index attempt_move_by_attempt on anchor_ops.attempt_move (attempt_id, seq);

create table anchor_ops.transaction_status (
  seq bigint generated always as identity primary key,
  transaction_id text collate "C" not null references anchor_ops.transaction (id),
  status text not null,
  platform_updated_at timestamptz not null,
  seen_at timestamptz not null default now(),
  attempt_id uuid references anchor_ops.attempt (id)
);
comment on table anchor_ops.transaction_status is 'Statuses in which answers showed a transaction, one row for each change. Writer: store_documents.';
comment on column anchor_ops.transaction_status.attempt_id is 'The attempt whose answers showed it; null for a plain read.';

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
comment on table anchor_ops.refund is 'Recorded refunds. One counts until its attempt ends without an effect. The sums of the platform are rounded to 4 decimals, these amounts are exact. Writer: begin_updates.';
comment on column anchor_ops.refund.refund_id is 'Id of the refund payment; the id of the attempt where the method has none.';
comment on column anchor_ops.refund.method is 'A refund is announced, paid and confirmed by different methods, so each has its row.';
comment on column anchor_ops.refund.amount is 'Without the fee.';
comment on column anchor_ops.refund.attempt_id is 'The last attempt with this refund.';

create index refund_by_attempt on anchor_ops.refund (attempt_id);

create table anchor_ops.operation_claim (
  seq bigint generated always as identity primary key,
  stellar_transaction text collate "C" not null,
  operation_id text collate "C" not null,
  transaction_id text collate "C",
  attempt_id uuid references anchor_ops.attempt (id),
  decision_id uuid references anchor_ops.decision (id),
  beside bigint not null default 0,
  claimed_at timestamptz not null default clock_timestamp(),
  released_at timestamptz,
  constraint operation_claim_stellar_transaction_form check (stellar_transaction ~ '^[0-9a-f]{64}$'),
  constraint operation_claim_operation_id_form check (operation_id ~ '^[0-9]{0,20}$'),
  constraint operation_claim_of_one check (
    (attempt_id is null) <> (decision_id is null) and (attempt_id is null) = (transaction_id is null)
  )
);
comment on table anchor_ops.operation_claim is 'The operations on the ledger that updates report, that pay payments back, or whose payments a person closed. An operation counts for one transaction or one decision, unless a person forces another report. No row is deleted. Writers: claim_operations, the trigger of attempt, decide_payment.';
comment on column anchor_ops.operation_claim.stellar_transaction is 'The hash. After a reset of the network an operation id belongs to another hash, so that both together name one operation of one epoch of the ledger.';
comment on column anchor_ops.operation_claim.operation_id is 'Empty for the whole Stellar transaction, where its operations were not read.';
comment on column anchor_ops.operation_claim.attempt_id is 'The attempt that reports the operation; null for a decision.';
comment on column anchor_ops.operation_claim.beside is '0 for the first claim of the operation. Else the seq of the attempt, which reported an operation that was claimed: by the same transaction, or by force. Its claim holds when the first one is released.';
comment on column anchor_ops.operation_claim.decision_id is 'The decision that closed the payment of the operation, or a payment as refunded by it; null for an update.';
comment on column anchor_ops.operation_claim.released_at is 'When the attempt ended without effect, or the payment was opened again; null while the claim holds.';

create unique index operation_claimed_once on anchor_ops.operation_claim (stellar_transaction, operation_id, beside)
  where released_at is null;
-- Claims that hold alone, so that no plan reads the whole index above beside one of these.
create index operation_claim_by_attempt on anchor_ops.operation_claim (attempt_id) where released_at is null;
create index operation_claim_by_decision on anchor_ops.operation_claim (decision_id)
  where released_at is null and decision_id is not null;

notify pgrst, 'reload schema';
