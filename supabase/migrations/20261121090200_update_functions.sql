-- One update from its intent to its outcome. Locks are always taken in one order: the request, then names
-- (lock_names), then attempts, then transactions.

create function anchor_ops.refunded_before(p_transaction_id text, p_method text, p_refund_id text, p_before_seq bigint)
returns numeric
language sql stable security invoker set search_path = ''
as $$
  with live as (
    select refund.refund_id, refund.method, refund.amount + refund.fee as total, attempt.seq
    from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
    where refund.transaction_id = p_transaction_id and attempt.state not in ('REJECTED', 'NOT_APPLIED')
  )
  select coalesce((
    select sum(live.total) from live where live.method = p_method and (p_before_seq is null or live.seq < p_before_seq)
  ), 0) + coalesce((
    -- What the platform knows of and this ledger does not: refunds from before it, or from elsewhere.
    select sum(coalesce(anchor_ops.decimal(payment.item #>> '{amount,amount}'), 0)
      + coalesce(anchor_ops.decimal(payment.item #>> '{fee,amount}'), 0))
    from anchor_ops.transaction, jsonb_path_query(transaction.refunds, '$.payments[*]') as payment (item)
    where transaction.id = p_transaction_id
      and payment.item ->> 'id' is distinct from p_refund_id
      and not exists (select from live where live.refund_id = payment.item ->> 'id')
  ), 0)
$$;
comment on function anchor_ops.refunded_before is
  'What has been refunded of a transaction, fees included, not rounded: by attempts with this method (before p_before_seq, where given) that may have had effect, and by payments that only the platform knows. The refund asked about is left out.';

create function public.begin_updates(p_key text, p_body_sha256 text, p_updates jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_known anchor_ops.update_request;
  v_request text := 'none';
  v_updates jsonb;
begin
  if p_updates is null or jsonb_typeof(p_updates) <> 'array' or jsonb_array_length(p_updates) > 40 then
    raise exception 'begin_updates: needs an array of at most 40 items' using errcode = 'invalid_parameter_value';
  end if;
  if (
    select count(row."naturalKey") <> count(distinct row."naturalKey")
    from jsonb_to_recordset(p_updates) as row ("naturalKey" text)
  ) then
    raise exception 'begin_updates: two items have the same natural key; what became of the first must be known before the second is judged'
      using errcode = 'invalid_parameter_value';
  end if;

  if p_key is not null then
    insert into anchor_ops.update_request (key, body_sha256) values (p_key, p_body_sha256)
    on conflict (key) do nothing;
    if not found then
      select * into v_known from anchor_ops.update_request where update_request.key = p_key for update;
      v_request := case
        when v_known.body_sha256 is distinct from p_body_sha256 then 'conflict'
        when v_known.state = 'done' then 'replay'
        -- Nothing lasts that long in a process that lives: what it left is gone on with.
        when v_known.taken_at > clock_timestamp() - interval '120 seconds' then 'running'
      end;
      if v_request is not null then
        return jsonb_build_object('request', v_request, 'updates', '[]'::jsonb,
          'answer', case when v_request = 'replay' then v_known.answer end);
      end if;
      update anchor_ops.update_request set taken_at = clock_timestamp() where update_request.key = p_key;
    end if;
    v_request := 'new';
  end if;

  perform anchor_ops.lock_names(array(
    select 'transaction ' || row."transactionId"
    from jsonb_to_recordset(p_updates) as row ("transactionId" text)
    union all
    select 'natural key ' || row."naturalKey" from jsonb_to_recordset(p_updates) as row ("naturalKey" text)
  ));

  -- It waits since the ledger spoke against it or could not be asked, and now a person speaks for it.
  if jsonb_path_exists(p_updates, '$[*].forced ? (@ != null)') then
    update anchor_ops.attempt set forced = row.forced
    from jsonb_to_recordset(p_updates) as row ("transactionId" text, params jsonb, "naturalKey" text, forced text)
    where attempt.natural_key = row."naturalKey" and attempt.transaction_id = row."transactionId"
      and attempt.params = row.params and attempt.state = 'READY' and attempt.forced is null and row.forced is not null;
  end if;

  with item as materialized (
    select
      row.index, row."transactionId" as transaction_id, row.method, row.params, row."naturalKey" as natural_key,
      row.custody, row.origin, row."expiresAt" as expires_at, row."rpcId" as rpc_id, row.forced, gen_random_uuid() as new_id,
      row.refund is not null and jsonb_typeof(row.refund) = 'object' as has_refund, refund.id as refund_id,
      refund.amount as refund_amount, coalesce(refund.fee, 0) as refund_fee, refund.asset as refund_asset,
      row_number() over (partition by row."transactionId" order by row.index) = 1 as is_first
    from jsonb_to_recordset(p_updates)
      as row (index integer, "transactionId" text, method text, params jsonb, "naturalKey" text, custody boolean,
        origin text, refund jsonb, "expiresAt" timestamptz, "rpcId" text, forced text)
    left join lateral jsonb_to_record(case when jsonb_typeof(row.refund) = 'object' then row.refund else '{}' end)
      as refund (id text, amount numeric, fee numeric, asset text) on true
  ),
  -- An attempt that this item made before its process died, or one that has its natural key.
  matched as (
    select item.*, coalesce(own.id, same.id) as known_id, own.id is not null as is_own,
      same.id is not null and (same.transaction_id, same.method, same.params)
        is not distinct from (item.transaction_id, item.method, item.params) as is_same,
      same.id as same_id,
      repeated.attempt_id as refund_attempt_id,
      waiting.is_free,
      waiting.manual_id,
      case when item.has_refund then anchor_ops.decimal(transaction.amount_in) end as amount_in,
      transaction.document
    from item
    left join anchor_ops.attempt as own on own.request_key = p_key and own.item_index = item.index
    left join anchor_ops.attempt as same on same.natural_key = item.natural_key
      and same.state not in ('REJECTED', 'NOT_APPLIED')
    left join lateral (
      select count(*) = 0 as is_free, (array_agg(attempt.id) filter (where attempt.state = 'MANUAL'))[1] as manual_id
      from anchor_ops.attempt
      where attempt.transaction_id = item.transaction_id and attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL')
    ) as waiting on true
    left join lateral (
      select refund.attempt_id from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
      where refund.transaction_id = item.transaction_id and refund.refund_id = item.refund_id
        and refund.method = item.method and attempt.state not in ('REJECTED', 'NOT_APPLIED')
    ) as repeated on item.refund_id is not null
    left join anchor_ops.transaction on transaction.id = item.transaction_id
  ),
  judged as (
    select matched.*, case
      when matched.is_own then null
      when matched.refund_attempt_id is not null then jsonb_build_object('code', 'refund_repeated',
        'detail', jsonb_build_object('refundId', matched.refund_id, 'attemptId', matched.refund_attempt_id))
      when matched.is_same then null
      when matched.same_id is not null then jsonb_build_object('code', 'natural_key_used',
        'detail', jsonb_build_object('naturalKey', matched.natural_key, 'attemptId', matched.same_id))
      when matched.manual_id is not null then jsonb_build_object('code', 'blocked_by_manual',
        'detail', jsonb_build_object('attemptId', matched.manual_id))
      when matched.amount_in < matched.refund_amount + matched.refund_fee
        + anchor_ops.refunded_before(matched.transaction_id, matched.method, matched.refund_id, null)
      then jsonb_build_object('code', 'refund_exceeds', 'detail', jsonb_build_object(
        'refund', (matched.refund_amount + matched.refund_fee)::text,
        'refundedBefore',
          anchor_ops.refunded_before(matched.transaction_id, matched.method, matched.refund_id, null)::text,
        'amountIn', matched.amount_in::text))
    end as refusal
    from matched
  ),
  fresh as (
    select judged.*,
      -- Its turn at once. Refunds and custody money go the longer way, where more is looked at.
      judged.rpc_id is not null and judged.is_first and judged.is_free and judged.document is not null
        and judged.expires_at is null and not judged.has_refund and not judged.custody as starts
    from judged
    where judged.known_id is null and judged.refusal is null
  ),
  made as (
    insert into anchor_ops.attempt
      (id, transaction_id, method, params, natural_key, custody, origin, request_key, item_index, expires_at, forced,
        state, tries, rpc_id, pre, sent_at)
    select fresh.new_id, fresh.transaction_id, fresh.method, fresh.params, fresh.natural_key, fresh.custody, fresh.origin,
      p_key, fresh.index, fresh.expires_at, fresh.forced, case when fresh.starts then 'SENDING' else 'READY' end,
      fresh.starts::integer, case when fresh.starts then fresh.rpc_id end, case when fresh.starts then fresh.document end,
      case when fresh.starts then clock_timestamp() end
    from fresh order by fresh.index
    returning attempt.id, attempt.seq, attempt.state, attempt.rpc_id
  ),
  ledger as (
    insert into anchor_ops.refund as known (transaction_id, refund_id, method, amount, fee, asset, attempt_id)
    select fresh.transaction_id, coalesce(fresh.refund_id, fresh.new_id::text), fresh.method, fresh.refund_amount,
      fresh.refund_fee, fresh.refund_asset, fresh.new_id
    from fresh where fresh.has_refund order by fresh.index
    -- The attempt it stood for was rejected or not applied: the refund has not been paid.
    on conflict (transaction_id, refund_id, method) do update
      set amount = excluded.amount, fee = excluded.fee, asset = excluded.asset, attempt_id = excluded.attempt_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'index', judged.index,
    'attemptId', coalesce(known.id, made.id),
    'seq', coalesce(known.seq, made.seq)::text,
    'created', made.id is not null,
    'state', coalesce(known.state, made.state),
    'rpcId', case when known.id is null then made.rpc_id else known.rpc_id end,
    'outcome', known.outcome,
    'refusal', judged.refusal,
    'transaction', judged.document
  ) order by judged.index), '[]') into v_updates
  from judged
  left join anchor_ops.attempt as known on known.id = coalesce(
    case when not judged.is_own then judged.refund_attempt_id end, judged.known_id
  ) and (judged.refusal is null or judged.refusal ->> 'code' in ('refund_repeated', 'natural_key_used'))
  left join made on made.id = judged.new_id;

  return jsonb_build_object('request', v_request, 'answer', null, 'updates', v_updates);
end $$;
comment on function public.begin_updates is
  'Stores what one HTTP request intends, before anything is sent: all its items in one step. request is new (also when a process that died 120 seconds ago is taken over: what it made comes back with created false), none without a key, replay with the stored answer, running, or conflict when the key came with another body. An item whose natural key is in use gets the attempt that has it; refusal says why an item was not stored. An item with an rpcId whose transaction is known and free, and which neither refunds nor pays through custody, is made SENDING at once under that id: the transaction in the answer is then what it is compared with later.';

create function public.start_sending(
  p_attempt_id uuid,
  p_rpc_id text,
  p_pre jsonb,
  p_transaction jsonb,
  p_ledger jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
  v_refund anchor_ops.refund;
  v_open uuid;
  v_amount_in numeric;
  v_before numeric;
  v_rejected jsonb;
  v_stale boolean := false;
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || attempt.transaction_id from anchor_ops.attempt where attempt.id = p_attempt_id
  ));
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;
  if p_transaction is not null then
    v_stale := anchor_ops.keep_transactions(jsonb_build_array(p_transaction), p_attempt_id) = 0;
  end if;

  select attempt.id into v_open from anchor_ops.attempt
  where attempt.transaction_id = v_attempt.transaction_id and attempt.state in ('SENDING', 'UNKNOWN', 'MANUAL');
  if found then
    return jsonb_build_object('started', false, 'reason', 'busy', 'state', v_attempt.state,
      'outcome', v_attempt.outcome, 'openAttemptId', v_open);
  end if;
  if v_attempt.state <> 'READY' then
    return jsonb_build_object('started', false, 'reason', 'state', 'state', v_attempt.state,
      'outcome', v_attempt.outcome, 'openAttemptId', null);
  end if;

  if v_attempt.expires_at <= clock_timestamp() then
    v_rejected := jsonb_build_object('reason', 'expired', 'expiresAt', anchor_ops.iso_time(v_attempt.expires_at));
  else
    -- One that has expired is never sent, so nobody waits for it.
    select attempt.id into v_open from anchor_ops.attempt
    where attempt.transaction_id = v_attempt.transaction_id and attempt.state = 'READY'
      and attempt.seq < v_attempt.seq and (attempt.expires_at is null or attempt.expires_at > clock_timestamp())
    order by attempt.seq limit 1;
    if found then
      return jsonb_build_object('started', false, 'reason', 'order', 'state', v_attempt.state,
        'outcome', v_attempt.outcome, 'openAttemptId', v_open);
    end if;

    select * into v_refund from anchor_ops.refund where refund.attempt_id = p_attempt_id;
    if found then
      select anchor_ops.decimal(transaction.amount_in) into v_amount_in from anchor_ops.transaction
      where transaction.id = v_attempt.transaction_id;
      v_before := anchor_ops.refunded_before(
        v_attempt.transaction_id, v_attempt.method, v_refund.refund_id, v_attempt.seq
      );
      if v_before + v_refund.amount + v_refund.fee > v_amount_in then
        v_rejected := jsonb_build_object('reason', 'refund_exceeds',
          'refund', (v_refund.amount + v_refund.fee)::text,
          'refundedBefore', v_before::text, 'amountIn', v_amount_in::text);
      end if;
    end if;
  end if;

  if v_rejected is not null then
    update anchor_ops.attempt set state = 'REJECTED', outcome = v_rejected, settle_at = null
    where attempt.id = p_attempt_id;
    return jsonb_build_object('started', false, 'reason', 'state', 'state', 'REJECTED', 'outcome', v_rejected,
      'openAttemptId', null);
  end if;

  -- Read before another update of the transaction took effect: what that one wrote would look like this one's.
  if v_stale then
    return jsonb_build_object('started', false, 'reason', 'stale', 'state', v_attempt.state,
      'outcome', v_attempt.outcome, 'openAttemptId', null);
  end if;

  update anchor_ops.attempt
  set state = 'SENDING', tries = attempt.tries + 1, rpc_id = p_rpc_id, pre = p_pre, sent_at = clock_timestamp(),
    settle_at = null, ledger = p_ledger
  where attempt.id = p_attempt_id;
  return jsonb_build_object('started', true, 'tries', v_attempt.tries + 1);
end $$;
comment on function public.start_sending is
  'The last step before a byte is sent: READY to SENDING under a new rpc id, with what the ledger showed. Not started when an attempt of the transaction is open (busy, possibly this one), an older one waits (order), p_transaction is older than what is known (stale), or it is not READY (state): then outcome says why, also for one that is rejected here because it has expired or refunds more than came in. Raises AO003 when there is no such attempt.';

create function public.record_outcome(
  p_attempt_id uuid,
  p_rpc_id text,
  p_from text,
  p_to text,
  p_outcome jsonb,
  p_transaction jsonb,
  p_settle_at timestamptz
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_attempt anchor_ops.attempt;
begin
  if p_from = 'MANUAL' or p_to = 'SENDING' or p_from = p_to and p_from not in ('READY', 'UNKNOWN') then
    raise exception 'attempt %: record_outcome may not move it from % to %', p_attempt_id, p_from, p_to
      using errcode = 'AO002';
  end if;

  perform anchor_ops.lock_names(array(
    select 'transaction ' || attempt.transaction_id from anchor_ops.attempt where attempt.id = p_attempt_id
  ));
  select * into v_attempt from anchor_ops.attempt where attempt.id = p_attempt_id for update;
  if not found then
    raise exception 'attempt %: is not known', p_attempt_id using errcode = 'AO003';
  end if;
  if v_attempt.state <> p_from or v_attempt.rpc_id is distinct from p_rpc_id then
    return jsonb_build_object('recorded', false, 'state', v_attempt.state, 'outcome', v_attempt.outcome);
  end if;

  update anchor_ops.attempt
  set state = p_to,
    tries = attempt.tries - case when p_from = 'SENDING' and p_to = 'READY' then 1 else 0 end,
    outcome = coalesce(p_outcome, attempt.outcome),
    settle_at = case p_to when 'READY' then p_settle_at when 'UNKNOWN' then coalesce(p_settle_at, clock_timestamp()) end,
    claimed_by = null,
    claimed_until = null
  where attempt.id = p_attempt_id;
  if p_transaction is not null then
    perform anchor_ops.keep_transactions(jsonb_build_array(p_transaction), p_attempt_id);
  end if;
  return jsonb_build_object('recorded', true, 'state', p_to, 'outcome', coalesce(p_outcome, v_attempt.outcome));
end $$;
comment on function public.record_outcome is
  'Moves an attempt, and takes over the transaction seen with it, only from the state and the send the caller knows: a late process changes nothing and is told the state. READY or UNKNOWN to itself puts off the next look to p_settle_at. SENDING to READY says that no byte was sent, so the try does not count. Raises AO002 for a move that is not allowed, AO003 when there is no such attempt.';

create function public.finish_request(p_key text, p_body_sha256 text, p_answer jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.update_request set state = 'done', answer = p_answer, finished_at = clock_timestamp()
  where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
    and update_request.state = 'running';
  return jsonb_build_object('finished', found, 'answer', (
    select update_request.answer from anchor_ops.update_request
    where update_request.key = p_key and update_request.body_sha256 = p_body_sha256
  ));
end $$;
comment on function public.finish_request is
  'Stores the answer of a request, once: whoever comes second gets the one that is stored.';

revoke all on function anchor_ops.refunded_before, public.begin_updates, public.start_sending, public.record_outcome,
  public.finish_request from public, anon, authenticated, service_role;
grant execute on function anchor_ops.refunded_before, public.begin_updates, public.start_sending, public.record_outcome,
  public.finish_request to service_role;
