-- The routes that read transactions and their updates call these functions.

create function anchor_ops.filter_json(p_where text, p_streams text[] default null, p_few text default null) returns jsonb
language sql immutable security invoker set search_path = ''
as $$
  select jsonb_build_object('where', p_where, 'streams', coalesce(p_streams, array[p_where]), 'few', p_few)
$$;
comment on function anchor_ops.filter_json is 'A filter of filtered_page. Where an index answers it alone, it is the only stream.';

create function anchor_ops.equals(p_column text, p_values text[]) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  -- The planner does not see the value in the subselect. It would else leave the index where it takes a value for common.
  select anchor_ops.filter_json(
    format('t.%I = any (%L::text[])', p_column, p_values),
    array(
      select format('t.%1$I = (select %2$L) and char_length(t.%1$I) <= 255', p_column, wanted.value)
      from (select distinct unnest(p_values) as value) as wanted
    )
  )
$$;
comment on function anchor_ops.equals is
  'The filter of filtered_page for a column that has one of the values. A text of more than 255 characters is not found.';

create function anchor_ops.transactions_reporting(p_hash text) returns setof text
language sql stable security invoker set search_path = '' set enable_bitmapscan = on
as $$
  select transaction.id from anchor_ops.transaction
  where transaction.stellar_transactions is not null
    and anchor_ops.stellar_hashes(transaction.stellar_transactions) @> array[p_hash]
  union
  select attempt.transaction_id from anchor_ops.attempt
  where lower(coalesce(attempt.params ->> 'stellar_transaction_id', attempt.params #>> '{refund,id}')) = p_hash
    and char_length(coalesce(attempt.params ->> 'stellar_transaction_id', attempt.params #>> '{refund,id}')) = 64
$$;
comment on function anchor_ops.transactions_reporting is
  'The transactions in which the platform shows a Stellar transaction, by its hash in lower case, or for which an attempt reported it.';

create function public.read_transactions(
  p_statuses text[],
  p_kind text,
  p_sep text,
  p_updated_since timestamptz,
  p_attempt_states text[],
  p_memos text[],
  p_external_transaction_id text,
  p_stellar_transaction text,
  p_account text,
  p_order text,
  p_limit integer,
  p_cursor text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_is_newest_first constant boolean := p_order = 'desc';
  v_states constant text := format('a.state = any (%L::text[])', p_attempt_states);
begin
  return anchor_ops.filtered_page(
    'transactions', 'transaction',
    to_jsonb(array_remove(array[
      case when p_stellar_transaction is not null then anchor_ops.filter_json(
        format('t.id = any (array(select anchor_ops.transactions_reporting(%L)))', p_stellar_transaction)
      ) end,
      case when p_external_transaction_id is not null then
        anchor_ops.equals('external_transaction_id', array[p_external_transaction_id]) end,
      case when p_memos is not null then anchor_ops.equals('memo', p_memos) end,
      case when p_account is not null then anchor_ops.filter_json(
        format('%L in (t.source_account, t.destination_account, t.withdraw_anchor_account)', p_account),
        array(
          select anchor_ops.equals(name, array[p_account]) #>> '{streams,0}'
          from unnest(array['source_account', 'destination_account', 'withdraw_anchor_account']) as name
        )
      ) end,
      case when p_attempt_states is not null then anchor_ops.filter_json(
        '(select true from anchor_ops.attempt as a where a.transaction_id = t.id and ' || v_states || ' limit 1)',
        array['t.id = any (array(select distinct a.transaction_id from anchor_ops.attempt as a where ' || v_states || '))'],
        'select 1 from anchor_ops.attempt as a where ' || v_states
      ) end,
      case when p_statuses is not null then anchor_ops.equals('status', p_statuses) end,
      case when p_kind is not null then anchor_ops.equals('kind', array[p_kind]) end,
      case when p_sep is not null then anchor_ops.equals('sep', array[p_sep]) end
    ], null)),
    case when v_is_newest_first
      then format('(t.platform_updated_at, t.id) < (%L::timestamptz, %L)',
        case when p_cursor is null then 'infinity' else anchor_ops.cursor_time(p_cursor) end, anchor_ops.cursor_id(p_cursor))
      else format('(t.platform_updated_at, t.id) > (%L::timestamptz, %L)',
        anchor_ops.cursor_time(p_cursor), anchor_ops.cursor_id(p_cursor))
    end || case when p_updated_since is null then ''
      else format(' and t.platform_updated_at >= %L::timestamptz', p_updated_since) end,
    't.platform_updated_at, t.id',
    case when v_is_newest_first then 't.platform_updated_at desc, t.id desc' else 't.platform_updated_at, t.id' end,
    $row$jsonb_build_object(
      'id', t.id,
      'transaction', t.document,
      'firstSeenAt', anchor_ops.iso_time(t.first_seen_at),
      'seenAt', anchor_ops.iso_time(t.seen_at)
    )$row$,
    'anchor_ops.cursor_of(t.platform_updated_at, t.id)',
    p_limit
  );
end $$;
comment on function public.read_transactions is
  'A page of the stored transactions that pass every given filter, the longest unchanged first, so that a transaction that changes while pages are read comes again at the end; with the order desc, the last changed first. p_memos are the spellings of one memo. next is the p_cursor of the following page in the same order; a page may be short before the last one (filtered_page).';

create function public.read_attempts(
  p_states text[],
  p_transaction_id text,
  p_method text,
  p_since timestamptz,
  p_order text,
  p_limit integer,
  p_cursor text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_since constant text := format('a.updated_at >= %L::timestamptz', p_since);
begin
  return anchor_ops.filtered_page(
    'attempts', 'attempt',
    to_jsonb(array_remove(array[
      case when p_transaction_id is not null then
        anchor_ops.equals('transaction_id', array[p_transaction_id]) end,
      case when p_since is not null then anchor_ops.filter_json(
        format('t.updated_at >= %L::timestamptz', p_since),
        array['t.seq = any (array(select a.seq from anchor_ops.attempt as a where ' || v_since || '))'],
        'select 1 from anchor_ops.attempt as a where ' || v_since
      ) end,
      case when p_states is not null then anchor_ops.equals('state', p_states) end,
      case when p_method is not null then anchor_ops.equals('method', array[p_method]) end
    ], null)),
    case when p_order = 'desc' then format('t.seq < %s', coalesce(p_cursor::bigint, 9223372036854775807))
      else format('t.seq > %s', coalesce(p_cursor::bigint, 0)) end,
    't.seq',
    case when p_order = 'desc' then 't.seq desc' else 't.seq' end,
    'anchor_ops.attempt_json(t)',
    't.seq::text',
    p_limit
  );
end $$;
comment on function public.read_attempts is
  'A page of the attempts that pass every given filter, in the order in which they were stored, or with the order desc the newest first. p_since is compared with updated_at. next is the p_cursor of the following page in the same order; a page may be short before the last one (filtered_page).';

create function anchor_ops.attempts_of(p_transaction_id text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  with known as (
    select attempt.seq, anchor_ops.attempt_json(attempt) || jsonb_build_object('moves', (
      select jsonb_agg(
        jsonb_build_object(
          'at', anchor_ops.iso_time(move.at),
          'from', move.from_state,
          'to', move.to_state,
          'detail', move.detail
        ) order by move.seq
      )
      from anchor_ops.attempt_move as move where move.attempt_id = attempt.id
    )) as attempt
    from anchor_ops.attempt
    where attempt.id = any (array(
      select newest.id from anchor_ops.attempt as newest
      where newest.transaction_id = p_transaction_id order by newest.seq desc limit 200
    ) || array(
      select open.id from anchor_ops.attempt as open
      where open.transaction_id = p_transaction_id
        and (open.state in ('SENDING', 'UNKNOWN', 'MANUAL', 'LOST') or open.state = 'APPLIED' and open.settle_at is not null)
      order by open.seq desc limit 100
    ))
  ),
  shown as (
    select known.seq, known.attempt from (
      select known.seq, known.attempt, sum(octet_length(known.attempt::text)) over (
        order by known.attempt ->> 'state' in ('SENDING', 'UNKNOWN', 'MANUAL', 'LOST') desc, known.seq desc
      ) as bytes
      from known
    ) as known
    where known.bytes <= 3000000 or known.seq = (select max(known.seq) from known)
  )
  select jsonb_build_object(
    'attempts', coalesce(jsonb_agg(shown.attempt order by shown.seq), '[]'),
    'moreAttempts', count(*) < (
      select count(*) from anchor_ops.attempt where attempt.transaction_id = p_transaction_id
    )
  )
  from shown
$$;
comment on function anchor_ops.attempts_of is
  'The newest 200 attempts of a transaction with their moves, and older ones that are open, lost or still to be looked for, up to 3 MB of text, because Vercel refuses an answer of more than 4.5 MB. moreAttempts says whether there are others.';

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
  ) || anchor_ops.attempts_of(wanted.id)
  from (select p_id as id) as wanted left join anchor_ops.transaction using (id)
  where transaction.id is not null
    or exists (select from anchor_ops.attempt where attempt.transaction_id = p_id)
$$;
comment on function public.read_transaction is
  'One transaction, whether the platform shows an earlier state and whether it went back, its statuses, its attempts (attempts_of) and its refunds. transaction is null when it has attempts but was never read from the platform. The result is null when nothing is stored.';

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

create function public.read_report_time(p_attempt_id uuid) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'reportedAt', anchor_ops.iso_time(attempt.created_at),
    'secondsAgo', floor(extract(epoch from clock_timestamp() - attempt.created_at))
  )
  from anchor_ops.attempt where attempt.id = p_attempt_id
$$;
comment on function public.read_report_time is 'When an update was stored, and how many seconds ago.';

grant execute on function public.read_report_time, anchor_ops.filter_json, anchor_ops.equals, anchor_ops.transactions_reporting,
  anchor_ops.attempts_of, public.read_transactions, public.read_attempts, public.read_transaction, public.read_attempt,
  public.read_update_health to service_role;

notify pgrst, 'reload schema';
