-- An HTTP request begins its updates: it takes its Idempotency-Key, and each update becomes an attempt or is refused.
-- Locks are always taken in this order: the request, names (lock_names), attempts, transactions.

create function anchor_ops.take_request(
  p_key text,
  p_body_sha256 text,
  p_holder uuid,
  p_takeover_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_known anchor_ops.update_request;
  v_request text;
begin
  if p_holder is null then
    -- The caller heard the key that was made for it and has repeated the request under it. This call comes too late.
    return jsonb_build_object('answer', null, 'request', case when exists (
      select from anchor_ops.update_request where update_request.key = p_key
    ) then 'running' else 'none' end);
  end if;
  insert into anchor_ops.update_request (key, body_sha256, taken_by) values (p_key, p_body_sha256, p_holder)
  on conflict (key) do nothing;
  if found then
    return jsonb_build_object('request', 'new', 'answer', null);
  end if;

  select * into v_known from anchor_ops.update_request where update_request.key = p_key for update;
  v_request := case
    when v_known.body_sha256 is distinct from p_body_sha256 then 'conflict'
    when v_known.state = 'done' then 'replay'
    when v_known.taken_by = p_holder then 'new'
    when v_known.taken_at > clock_timestamp() - make_interval(secs => p_takeover_seconds) then 'running'
    else 'new'
  end;
  if v_request = 'new' then
    update anchor_ops.update_request set taken_at = clock_timestamp(), taken_by = p_holder,
      taken_over = update_request.taken_over or update_request.taken_by <> p_holder
    where update_request.key = p_key
    returning * into v_known;
  end if;
  return jsonb_build_object('request', v_request, 'answer', case when v_request = 'replay' then v_known.answer end)
    || case when v_request = 'new' and v_known.taken_over then '{"takenOver": true}' else '{}'::jsonb end;
end $$;
comment on function anchor_ops.take_request is
  'Takes an Idempotency-Key for p_holder. request is none without a holder, unless the key was taken already; new, also when p_holder has the key already, or when it was taken p_takeover_seconds ago and has no answer, since its process died (then with takenOver); replay with the stored answer; running; or conflict when the key came with another body.';

create function anchor_ops.refunded_before(p_transaction_id text, p_method text, p_refund_id text, p_before_seq bigint)
returns numeric
language sql stable security invoker set search_path = ''
as $$
  with live as (
    select refund.refund_id, refund.method, refund.amount + refund.fee as total, attempt.seq
    from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
    where refund.transaction_id = p_transaction_id and not anchor_ops.ended_without_effect(attempt.state)
  )
  select coalesce((
    select sum(live.total) from live where live.method = p_method and (p_before_seq is null or live.seq < p_before_seq)
  ), 0) + coalesce((
    -- The platform also shows refunds of other methods, older refunds, and refunds that others reported.
    select sum(coalesce(anchor_ops.decimal(payment.item #>> '{amount,amount}'), 0)
      + coalesce(anchor_ops.decimal(payment.item #>> '{fee,amount}'), 0))
    from anchor_ops.transaction, jsonb_path_query(transaction.refunds, '$.payments[*]') as payment (item)
    where transaction.id = p_transaction_id
      and payment.item ->> 'id' is distinct from p_refund_id
      and not exists (select from live where live.method = p_method and live.refund_id = payment.item ->> 'id')
  ), 0)
$$;
comment on function anchor_ops.refunded_before is
  'The sum that was refunded of a transaction, with fees, not rounded. It counts the attempts with this method that may have had an effect (those before p_before_seq, if it is given) and every other payment that the platform shows, without the refund p_refund_id itself.';

create function anchor_ops.match_updates(p_key text, p_updates jsonb) returns table (
  index integer, transaction_id text, method text, params jsonb, natural_key text, custody boolean, origin text, key_name text,
  expires_at timestamptz, rpc_id text, forced text, replay jsonb,
  has_refund boolean, refund_id text, refund_amount numeric, refund_fee numeric, refund_asset text,
  own_id uuid, same_id uuid, is_same boolean, refund_attempt_id uuid, manual_id uuid, is_free boolean,
  document jsonb, amount_in numeric, refunded_before numeric
)
language plpgsql stable rows 40 security invoker set search_path = ''
as $$
-- The output columns have the names of table columns; a name in the query is the column.
#variable_conflict use_column
begin
  return query
  with asked as materialized (
    select row.index, row."transactionId" as transaction_id, row.method, row.params, row."naturalKey" as natural_key,
      row.custody, row.origin, row."keyName" as key_name,
      clock_timestamp() + make_interval(secs => row."expiresInSeconds") as expires_at, row."rpcId" as rpc_id, row.forced, row.replay,
      coalesce(jsonb_typeof(row.refund) = 'object', false) as has_refund, refund.id as refund_id,
      refund.amount as refund_amount, coalesce(refund.fee, 0) as refund_fee, refund.asset as refund_asset
    from jsonb_to_recordset(p_updates)
      as row (index integer, "transactionId" text, method text, params jsonb, "naturalKey" text, custody boolean,
        origin text, "keyName" text, refund jsonb, "expiresInSeconds" double precision, "rpcId" text, forced text,
        replay jsonb)
    left join lateral jsonb_to_record(case when jsonb_typeof(row.refund) = 'object' then row.refund else '{}' end)
      as refund (id text, amount numeric, fee numeric, asset text) on true
  )
  select asked.*, own.id, coalesce(same.id, twin.id),
    twin.id is not null or same.id is not null and (same.transaction_id, same.method, same.params)
      is not distinct from (asked.transaction_id, asked.method, asked.params),
    repeated.attempt_id, unfinished.manual_id, unfinished.is_free, transaction.document,
    -- Amounts in two assets cannot be compared. The platform refuses such a refund by the name of its asset.
    case when asked.has_refund and asked.refund_asset = coalesce(transaction.amount_in_asset, asked.refund_asset)
      then anchor_ops.decimal(transaction.amount_in) end,
    case when asked.has_refund
      then anchor_ops.refunded_before(asked.transaction_id, asked.method, asked.refund_id, null) end
  from asked
  -- With limit 1 each lookup is by an index. A plan that was made while the tables were small would read all of them.
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.request_key = p_key and attempt.update_index = asked.index
    limit 1
  ) as own on true
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.natural_key = asked.natural_key
      and not anchor_ops.ended_without_effect(attempt.state)
    limit 1
  ) as same on true
  left join lateral (
    -- A caller without a key repeats an update that waits. After an update of another request it is meant again.
    select waiting.id from anchor_ops.attempt as waiting
    where asked.natural_key is null and waiting.transaction_id = asked.transaction_id and waiting.state = 'READY'
      and waiting.tries = 0 and waiting.method = asked.method and waiting.params = asked.params
      and waiting.request_key <> p_key
      and not exists (
        select from anchor_ops.update_request where update_request.key in (p_key, waiting.request_key)
      )
      and not exists (
        select from anchor_ops.attempt as later
        where later.transaction_id = waiting.transaction_id and later.seq > waiting.seq
          and later.request_key is distinct from p_key and later.request_key is distinct from waiting.request_key
      )
    order by waiting.seq limit 1
  ) as twin on true
  left join lateral (
    select refund.attempt_id from anchor_ops.refund join anchor_ops.attempt on attempt.id = refund.attempt_id
    where refund.transaction_id = asked.transaction_id and refund.refund_id = asked.refund_id
      and refund.method = asked.method and not anchor_ops.ended_without_effect(attempt.state)
    limit 1
  ) as repeated on asked.refund_id is not null
  left join lateral (
    select transaction.* from anchor_ops.transaction where transaction.id = asked.transaction_id limit 1
  ) as transaction on true
  left join lateral (
    select count(*) = 0 as is_free,
      (array_agg(attempt.id) filter (where anchor_ops.waits_for_person(attempt.state)))[1] as manual_id
    from anchor_ops.attempt
    where attempt.transaction_id = asked.transaction_id and (
      attempt.state in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')
      -- start_sending looks for this attempt, because the transaction has changed since.
      or attempt.state = 'APPLIED' and attempt.settle_at is not null and attempt.post is distinct from transaction.document
    )
  ) as unfinished on true;
end $$;
comment on function anchor_ops.match_updates is
  'The updates of a request, each with what is stored about it: own_id is the attempt that this request made of it before its process died, same_id the attempt with its natural key (is_same when transaction, method and params are equal too) or, if neither request has a key of its caller, an equal attempt that was never sent, refund_attempt_id the attempt with its refund, manual_id an attempt of its transaction that waits for a person. is_free says that no attempt of its transaction is unfinished, and that the last one is still shown.';

create function anchor_ops.insert_attempts(p_key text, p_updates jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_answers jsonb;
begin
  with judged as materialized (
    select matched.*, coalesce(matched.own_id, matched.same_id) as known_id, gen_random_uuid() as new_id,
      row_number() over (partition by matched.transaction_id order by matched.index) = 1 as is_first,
      case
        when matched.own_id is not null then null
        -- A payment that was given up may be assigned anew, which looks at what else is credited to the transaction.
        when matched.replay is not null and given.up is not null then jsonb_build_object('code', 'credit_given_up',
          'detail', given.up)
        when matched.refund_attempt_id is not null then jsonb_build_object('code', 'refund_repeated',
          'detail', jsonb_build_object('refundId', matched.refund_id, 'attemptId', matched.refund_attempt_id))
        when matched.is_same then null
        when matched.same_id is not null then jsonb_build_object('code', 'natural_key_used',
          'detail', jsonb_build_object('naturalKey', matched.natural_key, 'attemptId', matched.same_id))
        when matched.manual_id is not null then jsonb_build_object('code', 'blocked_by_manual',
          'detail', jsonb_build_object('attemptId', matched.manual_id))
        when matched.amount_in < matched.refund_amount + matched.refund_fee + matched.refunded_before
        then jsonb_build_object('code', 'refund_exceeds', 'detail', jsonb_build_object(
          'refund', (matched.refund_amount + matched.refund_fee)::text,
          'refundedBefore', matched.refunded_before::text, 'amountIn', matched.amount_in::text))
      end as refusal
    from anchor_ops.match_updates(p_key, p_updates) as matched
    left join lateral (
      select anchor_ops.given_up_credit((matched.replay ->> 'attemptId')::uuid) as up where matched.replay is not null
    ) as given on true
  ),
  fresh as (
    select judged.*,
      -- The send begins in this step when nothing of the transaction is unfinished. Refunds and custody money take the
      -- longer way through start_sending, which checks more.
      judged.rpc_id is not null and judged.is_first and judged.is_free and judged.document is not null
        and judged.expires_at is null and not judged.has_refund and not judged.custody as starts
    from judged
    where judged.known_id is null and judged.refusal is null
  ),
  made as (
    insert into anchor_ops.attempt
      (id, transaction_id, method, params, natural_key, custody, origin, key_name, request_key, update_index, expires_at, forced,
        state, tries, rpc_id, pre, sent_at)
    select fresh.new_id, fresh.transaction_id, fresh.method, fresh.params, fresh.natural_key, fresh.custody, fresh.origin,
      fresh.key_name, p_key, fresh.index, fresh.expires_at, fresh.forced, case when fresh.starts then 'SENDING' else 'READY' end,
      fresh.starts::integer, case when fresh.starts then fresh.rpc_id end, case when fresh.starts then fresh.document end,
      case when fresh.starts then clock_timestamp() end
    from fresh order by fresh.index
    returning attempt.id, attempt.seq, attempt.state, attempt.rpc_id
  ),
  refunds as (
    insert into anchor_ops.refund (transaction_id, refund_id, method, amount, fee, asset, attempt_id)
    select fresh.transaction_id, coalesce(fresh.refund_id, fresh.new_id::text), fresh.method, fresh.refund_amount,
      fresh.refund_fee, fresh.refund_asset, fresh.new_id
    from fresh where fresh.has_refund order by fresh.index
    -- The attempt that had this refund was rejected or not applied, so the refund was not paid.
    on conflict (transaction_id, refund_id, method) do update
      set amount = excluded.amount, fee = excluded.fee, asset = excluded.asset, attempt_id = excluded.attempt_id
  ),
  decisions as (
    insert into anchor_ops.decision
      (id, key_name, about, subject, transaction_id, decision, note, reading, new_attempt_id)
    select gen_random_uuid(), fresh.key_name, 'attempt', fresh.new_id::text, fresh.transaction_id, 'forced', fresh.forced,
      jsonb_build_object('transaction', fresh.document), null
    from fresh where fresh.forced is not null
    union all
    select (fresh.replay ->> 'decisionId')::uuid, fresh.key_name, 'attempt', fresh.replay ->> 'attemptId',
      fresh.transaction_id, 'replayed', fresh.replay ->> 'note',
      jsonb_build_object('transaction', fresh.document, 'state', failed.state, 'outcome', failed.outcome), fresh.new_id
    from fresh join anchor_ops.attempt as failed on failed.id = (fresh.replay ->> 'attemptId')::uuid
    where fresh.replay is not null
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
    'transaction', case when judged.own_id is not null and known.state = 'SENDING' then known.pre
      else judged.document end
  ) order by judged.index), '[]') into v_answers
  from judged
  left join lateral (
    select attempt.* from anchor_ops.attempt
    where attempt.id = coalesce(
      case when judged.own_id is null then judged.refund_attempt_id end, judged.known_id
    )
    limit 1
  ) as known on judged.refusal is null or judged.refusal ->> 'code' in ('refund_repeated', 'natural_key_used')
  left join made on made.id = judged.new_id;
  return v_answers;
end $$;
comment on function anchor_ops.insert_attempts is
  'Stores an attempt for each update that is neither stored nor refused, all in one statement. Returns an answer for each update, in the order of index.';

create function anchor_ops.begin_attempts(p_key text, p_updates jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  if (
    select count(row."naturalKey") <> count(distinct row."naturalKey")
    from jsonb_to_recordset(p_updates) as row ("naturalKey" text)
  ) then
    raise exception 'begin_attempts: two updates have the same natural key; the second can be judged only when the outcome of the first is known'
      using errcode = 'invalid_parameter_value';
  end if;

  perform anchor_ops.lock_names(array(
    select name.text
    from jsonb_to_recordset(p_updates) as row ("transactionId" text, "naturalKey" text, params jsonb, replay jsonb),
      unnest(array['transaction ' || row."transactionId", 'natural key ' || row."naturalKey",
        -- A person may assign the payment of the update meanwhile.
        case when row.replay is not null then 'stellar transaction ' || lower(row.params ->> 'stellar_transaction_id') end
      ]) as name (text)
  ));

  -- An attempt stays READY when the ledger contradicts it or could not be read. A person then repeats its update with
  -- "force".
  if jsonb_path_exists(p_updates, '$[*].forced ? (@ != null)') then
    with forced as (
      update anchor_ops.attempt set forced = row.forced
      from jsonb_to_recordset(p_updates)
        as row ("transactionId" text, params jsonb, "naturalKey" text, forced text, "keyName" text)
      where attempt.natural_key = row."naturalKey" and attempt.transaction_id = row."transactionId"
        and attempt.params = row.params and attempt.state = 'READY' and attempt.forced is null and row.forced is not null
      returning attempt.id, attempt.transaction_id, attempt.outcome, row.forced, row."keyName" as key_name
    )
    insert into anchor_ops.decision (key_name, about, subject, transaction_id, decision, note, reading)
    select forced.key_name, 'attempt', forced.id::text, forced.transaction_id, 'forced', forced.forced,
      jsonb_build_object('state', 'READY', 'outcome', forced.outcome, 'transaction', transaction.document)
    from forced left join anchor_ops.transaction on transaction.id = forced.transaction_id;
  end if;

  return anchor_ops.insert_attempts(p_key, p_updates);
end $$;
comment on function anchor_ops.begin_attempts is
  'Stores updates as attempts and returns an answer for each, in the form that begin_updates describes.';

create function anchor_ops.open_updates(p_answer jsonb) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'index', open.index,
    'attemptId', attempt.id,
    'seq', attempt.seq::text,
    'created', false,
    'state', attempt.state,
    'rpcId', attempt.rpc_id,
    'outcome', attempt.outcome,
    'refusal', null,
    'transaction', transaction.document
  ) order by open.index), '[]')
  from jsonb_to_recordset(p_answer -> 'open') as open (index integer, "attemptId" uuid)
  join anchor_ops.attempt on attempt.id = open."attemptId"
  left join anchor_ops.transaction on transaction.id = attempt.transaction_id
$$;
comment on function anchor_ops.open_updates is
  'The updates whose outcome was not known when the answer of their request was stored, as they are now.';

create function public.begin_updates(
  p_key text,
  p_body_sha256 text,
  p_holder uuid,
  p_takeover_seconds integer,
  p_updates jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_request jsonb;
begin
  if p_updates is null or jsonb_typeof(p_updates) <> 'array' or jsonb_array_length(p_updates) > 40
    or p_takeover_seconds is null then
    raise exception 'begin_updates: needs takeover seconds and an array of at most 40 updates'
      using errcode = 'invalid_parameter_value';
  end if;
  v_request := anchor_ops.take_request(p_key, p_body_sha256, p_holder, p_takeover_seconds);
  return v_request || jsonb_build_object('updates', case
    when v_request ->> 'request' in ('none', 'new') then anchor_ops.begin_attempts(p_key, p_updates)
    when v_request ->> 'request' = 'replay' then anchor_ops.open_updates(v_request -> 'answer')
    else '[]' end);
end $$;
comment on function public.begin_updates is
  'Stores updates of one HTTP request before anything is sent. p_key names the request and, with the index, each of its updates: what is stored already under both is not stored again, and its attempt is answered with created false. So the call may be repeated when its answer is lost. p_holder is null when the caller gave no Idempotency-Key and p_key was made for it. request is as in take_request; a replay has the updates of open_updates. An update whose natural key is in use gets the attempt that has the key. refusal says why an update was not stored. An update with an rpcId starts SENDING under that id when its transaction is stored and no attempt of it is unfinished, unless it refunds or pays through custody; transaction is then its pre; so it is when the call is repeated.';

grant execute on function anchor_ops.take_request, anchor_ops.refunded_before, anchor_ops.match_updates,
  anchor_ops.insert_attempts, anchor_ops.begin_attempts, anchor_ops.open_updates, public.begin_updates to service_role;

notify pgrst, 'reload schema';
