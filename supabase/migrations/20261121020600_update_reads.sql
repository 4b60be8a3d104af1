-- The routes that read transactions and their updates call these functions.

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
  select anchor_ops.page(
    'transactions', p_limit,
    array_agg(jsonb_build_object(
      'id', known.id,
      'transaction', known.document,
      'firstSeenAt', anchor_ops.iso_time(known.first_seen_at),
      'seenAt', anchor_ops.iso_time(known.seen_at)
    ) order by known.platform_updated_at, known.id),
    array_agg(anchor_ops.cursor_of(known.platform_updated_at, known.id) order by known.platform_updated_at, known.id)
  )
  from (
    select * from anchor_ops.transaction
    where (p_status is null or transaction.status = p_status)
      and (p_kind is null or transaction.kind = p_kind)
      and (p_sep is null or transaction.sep = p_sep)
      and (p_updated_since is null or transaction.platform_updated_at >= p_updated_since)
      and (transaction.platform_updated_at, transaction.id)
        > ((select anchor_ops.cursor_time(p_cursor)), (select anchor_ops.cursor_id(p_cursor)))
    order by transaction.platform_updated_at, transaction.id
    limit greatest(p_limit, 1) + 1
  ) as known
$$;
comment on function public.read_transactions is
  'A page of the stored transactions, the longest unchanged first, so that a transaction that changes while pages are read comes again at the end. next is the p_cursor of the following page.';

create function public.read_transaction(p_id text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'id', wanted.id,
    'transaction', transaction.document,
    'firstSeenAt', anchor_ops.iso_time(transaction.first_seen_at),
    'seenAt', anchor_ops.iso_time(transaction.seen_at),
    'earlierSince', anchor_ops.iso_time(transaction.earlier_since),
    'wentBack', transaction.went_back,
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
        anchor_ops.attempt_json(attempt) || jsonb_build_object('moves', (
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
  'One transaction, whether the platform shows an earlier state and whether it went back, its statuses, its attempts with their moves, and its refunds. transaction is null when it has attempts but was never read from the platform. The result is null when nothing is stored.';

create function public.read_attempt(p_attempt_id uuid) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select anchor_ops.attempt_json(attempt) || jsonb_build_object('transaction', transaction.document)
  from anchor_ops.attempt left join anchor_ops.transaction on transaction.id = attempt.transaction_id
  where attempt.id = p_attempt_id
$$;
comment on function public.read_attempt is
  'One attempt with its transaction as it is stored now, which is null if it was never read. The result is null for an unknown id.';

create function public.read_update_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'ready', count(*) filter (where attempt.state = 'READY'),
    'sending', count(*) filter (where attempt.state = 'SENDING'),
    'unknown', count(*) filter (where attempt.state = 'UNKNOWN'),
    'manual', count(*) filter (where anchor_ops.waits_for_person(attempt.state)),
    'wentBack', count(*) filter (where attempt.state = 'LOST' and attempt.outcome ->> 'code' = 'platform_went_back'),
    'oldestReadyAt', anchor_ops.iso_time(min(attempt.created_at) filter (where attempt.state = 'READY')),
    'oldestUnknownAt', anchor_ops.iso_time(min(attempt.sent_at) filter (where attempt.state = 'UNKNOWN')),
    'oldestManualAt', anchor_ops.iso_time(min(attempt.updated_at) filter (where anchor_ops.waits_for_person(attempt.state)))
  )
  from anchor_ops.attempt
  where attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')
$$;
comment on function public.read_update_health is
  'The number of unfinished attempts by state, and when the oldest READY attempt was stored, the oldest UNKNOWN attempt was sent and the oldest MANUAL attempt became MANUAL. A LOST attempt counts as MANUAL: it waits for a person too; wentBack counts those that were lost because the platform went back.';

grant execute on function public.read_transactions, public.read_transaction, public.read_attempt,
  public.read_update_health to service_role;

notify pgrst, 'reload schema';
