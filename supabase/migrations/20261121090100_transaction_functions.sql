-- Transactions as the platform shows them: kept from every answer, read with their history.

create function anchor_ops.lock_names(p_names text[]) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  -- Always in the same order, so that two callers with the same names never wait for each other in a circle.
  perform pg_advisory_xact_lock(name.key)
  from (
    select distinct hashtextextended(each.name, 0) as key from unnest(p_names) as each (name)
    where each.name is not null order by key
  ) as name;
end $$;
comment on function anchor_ops.lock_names is
  'Lets one caller at a time go on, until its commit, with any of these names: of transactions, or of what may happen once. Taken before any row is locked.';

create function anchor_ops.decimal(p_text text) returns numeric
language sql immutable security invoker set search_path = ''
as $$
  select case when p_text ~ '^[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$' then p_text::numeric end
$$;
comment on function anchor_ops.decimal is 'A decimal as the platform accepts it, exactly; null for any other text.';

create function anchor_ops.keep_transactions(p_transactions jsonb, p_attempt_id uuid) returns bigint
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_stored bigint;
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || (each.document ->> 'id') from jsonb_array_elements(p_transactions) as each (document)
  ));

  with incoming as (
    select distinct on (each.document ->> 'id')
      each.document ->> 'id' as id,
      each.document,
      coalesce(
        (each.document ->> 'updated_at')::timestamptz,
        (each.document ->> 'started_at')::timestamptz,
        '1970-01-01T00:00:00Z'
      ) as platform_updated_at
    from jsonb_array_elements(p_transactions) with ordinality as each (document, place)
    order by each.document ->> 'id', platform_updated_at desc, each.place desc
  ),
  known as (
    select transaction.id, transaction.status from anchor_ops.transaction join incoming using (id)
  ),
  stored as (
    insert into anchor_ops.transaction as kept (
      id, sep, kind, status, amount_expected, amount_expected_asset, amount_in, amount_in_asset, amount_out,
      amount_out_asset, amount_fee, amount_fee_asset, fee_details, memo, memo_type, source_account, destination_account,
      withdraw_anchor_account, external_transaction_id, message, quote_id, refunds, stellar_transactions, started_at,
      platform_updated_at, completed_at, transfer_received_at, user_action_required_by, document
    )
    select
      incoming.id,
      incoming.document ->> 'sep',
      incoming.document ->> 'kind',
      incoming.document ->> 'status',
      incoming.document #>> '{amount_expected,amount}',
      incoming.document #>> '{amount_expected,asset}',
      incoming.document #>> '{amount_in,amount}',
      incoming.document #>> '{amount_in,asset}',
      incoming.document #>> '{amount_out,amount}',
      incoming.document #>> '{amount_out,asset}',
      coalesce(incoming.document #>> '{amount_fee,amount}', incoming.document #>> '{fee_details,total}'),
      coalesce(incoming.document #>> '{amount_fee,asset}', incoming.document #>> '{fee_details,asset}'),
      incoming.document -> 'fee_details',
      incoming.document ->> 'memo',
      incoming.document ->> 'memo_type',
      incoming.document ->> 'source_account',
      incoming.document ->> 'destination_account',
      incoming.document ->> 'withdraw_anchor_account',
      incoming.document ->> 'external_transaction_id',
      incoming.document ->> 'message',
      incoming.document ->> 'quote_id',
      incoming.document -> 'refunds',
      incoming.document -> 'stellar_transactions',
      (incoming.document ->> 'started_at')::timestamptz,
      incoming.platform_updated_at,
      (incoming.document ->> 'completed_at')::timestamptz,
      (incoming.document ->> 'transfer_received_at')::timestamptz,
      (incoming.document ->> 'user_action_required_by')::timestamptz,
      incoming.document
    from incoming order by incoming.id
    on conflict (id) do update set
      sep = excluded.sep,
      kind = excluded.kind,
      status = excluded.status,
      amount_expected = excluded.amount_expected,
      amount_expected_asset = excluded.amount_expected_asset,
      amount_in = excluded.amount_in,
      amount_in_asset = excluded.amount_in_asset,
      amount_out = excluded.amount_out,
      amount_out_asset = excluded.amount_out_asset,
      amount_fee = excluded.amount_fee,
      amount_fee_asset = excluded.amount_fee_asset,
      fee_details = excluded.fee_details,
      memo = excluded.memo,
      memo_type = excluded.memo_type,
      source_account = excluded.source_account,
      destination_account = excluded.destination_account,
      withdraw_anchor_account = excluded.withdraw_anchor_account,
      external_transaction_id = excluded.external_transaction_id,
      message = excluded.message,
      quote_id = excluded.quote_id,
      refunds = excluded.refunds,
      stellar_transactions = excluded.stellar_transactions,
      started_at = excluded.started_at,
      platform_updated_at = excluded.platform_updated_at,
      completed_at = excluded.completed_at,
      transfer_received_at = excluded.transfer_received_at,
      user_action_required_by = excluded.user_action_required_by,
      document = excluded.document,
      seen_at = excluded.seen_at
    where excluded.platform_updated_at >= kept.platform_updated_at
    returning kept.id, kept.status, kept.platform_updated_at
  ),
  history as (
    insert into anchor_ops.transaction_status (transaction_id, status, platform_updated_at, attempt_id)
    select stored.id, stored.status, stored.platform_updated_at, p_attempt_id
    from stored left join known using (id)
    where known.status is distinct from stored.status
    order by stored.id
  )
  select count(*) into v_stored from stored;
  return v_stored;
end $$;
comment on function anchor_ops.keep_transactions is
  'Takes over transactions as the platform shows them, all in one step, with a row of history for each status that differs. Of two answers the one the platform updated later stays. Gives the number taken over.';

create function public.store_transactions(p_transactions jsonb) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$ select jsonb_build_object('stored', anchor_ops.keep_transactions(p_transactions, null)) $$;
comment on function public.store_transactions is
  'Takes over transactions that were read from the platform; stored counts those that were not older than what is known.';

create function anchor_ops.attempt_object(p_attempt anchor_ops.attempt) returns jsonb
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
    'itemIndex', p_attempt.item_index,
    'state', p_attempt.state,
    'tries', p_attempt.tries,
    'rpcId', p_attempt.rpc_id,
    'pre', p_attempt.pre,
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
comment on function anchor_ops.attempt_object is 'An attempt as callers see it.';

create function public.read_transactions(
  p_status text,
  p_kind text,
  p_sep text,
  p_updated_since timestamptz,
  p_limit integer,
  p_cursor text
) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  -- The cursor is the place of the last row: microseconds since 1970, a dot, the id.
  with page as (
    select transaction.*, row_number() over (order by transaction.platform_updated_at, transaction.id) as place
    from anchor_ops.transaction
    where (p_status is null or transaction.status = p_status)
      and (p_kind is null or transaction.kind = p_kind)
      and (p_sep is null or transaction.sep = p_sep)
      and (p_updated_since is null or transaction.platform_updated_at >= p_updated_since)
      and (p_cursor is null or (transaction.platform_updated_at, transaction.id) > (
        timestamptz 'epoch' + split_part(p_cursor, '.', 1)::bigint * interval '1 microsecond',
        substr(p_cursor, strpos(p_cursor, '.') + 1)
      ))
    order by transaction.platform_updated_at, transaction.id
    limit greatest(p_limit, 1) + 1
  )
  select jsonb_build_object(
    'transactions', coalesce(jsonb_agg(
      jsonb_build_object(
        'id', page.id,
        'transaction', page.document,
        'firstSeenAt', anchor_ops.iso_time(page.first_seen_at),
        'seenAt', anchor_ops.iso_time(page.seen_at)
      ) order by page.place
    ) filter (where page.place <= greatest(p_limit, 1)), '[]'),
    'next', case when count(*) > greatest(p_limit, 1) then (
      select (extract(epoch from last.platform_updated_at) * 1000000)::bigint || '.' || last.id
      from page as last where last.place = greatest(p_limit, 1)
    ) end
  )
  from page
$$;
comment on function public.read_transactions is
  'A page of the stored transactions, the longest unchanged first, so that one that changes while pages are read comes again at the end. next is the p_cursor of the following page, null on the last.';

create function public.read_transaction(p_id text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'id', wanted.id,
    'transaction', transaction.document,
    'firstSeenAt', anchor_ops.iso_time(transaction.first_seen_at),
    'seenAt', anchor_ops.iso_time(transaction.seen_at),
    'history', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'status', history.status,
          'platformUpdatedAt', anchor_ops.iso_time(history.platform_updated_at),
          'seenAt', anchor_ops.iso_time(history.seen_at),
          'attemptId', history.attempt_id
        ) order by history.seq
      ), '[]')
      from anchor_ops.transaction_status as history where history.transaction_id = wanted.id
    ),
    'attempts', (
      select coalesce(jsonb_agg(
        anchor_ops.attempt_object(attempt) || jsonb_build_object('moves', (
          select jsonb_agg(
            jsonb_build_object(
              'at', anchor_ops.iso_time(move.at),
              'from', move.from_state,
              'to', move.to_state,
              'detail', move.detail
            ) order by move.seq
          )
          from anchor_ops.attempt_move as move where move.attempt_id = attempt.id
        )) order by attempt.seq
      ), '[]')
      from anchor_ops.attempt where attempt.transaction_id = wanted.id
    ),
    'refunds', (
      select coalesce(jsonb_agg(
        jsonb_build_object(
          'refundId', refund.refund_id,
          'method', refund.method,
          'amount', refund.amount::text,
          'fee', refund.fee::text,
          'asset', refund.asset,
          'attemptId', refund.attempt_id,
          'state', attempt.state
        ) order by attempt.seq
      ), '[]')
      from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
      where refund.transaction_id = wanted.id
    )
  )
  from (select p_id as id) as wanted left join anchor_ops.transaction using (id)
  where transaction.id is not null
    or exists (select from anchor_ops.attempt where attempt.transaction_id = p_id)
$$;
comment on function public.read_transaction is
  'One transaction, the statuses it was seen in, every attempt with its moves, and its refunds. transaction is null when there are attempts but the platform has not shown it; the whole is null when nothing is known.';

revoke all on function anchor_ops.lock_names, anchor_ops.decimal, anchor_ops.keep_transactions,
  anchor_ops.attempt_object, public.store_transactions, public.read_transactions, public.read_transaction
  from public, anon, authenticated, service_role;
grant execute on function anchor_ops.lock_names, anchor_ops.decimal, anchor_ops.keep_transactions,
  anchor_ops.attempt_object, public.store_transactions, public.read_transactions, public.read_transaction
  to service_role;
