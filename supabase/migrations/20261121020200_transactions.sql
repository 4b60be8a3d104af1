-- Every answer of the platform that shows a transaction is stored, whichever step received it. An answer that shows an
-- earlier state than the stored one is a late answer, or the platform went back: its database was restored, or another
-- server with a slower clock took over.

create function anchor_ops.platform_time(p_document jsonb) returns timestamptz
language sql stable security invoker set search_path = ''
as $$
  select greatest(
    coalesce(anchor_ops.instant(p_document ->> 'updated_at'), anchor_ops.instant(p_document ->> 'started_at')),
    '1970-01-01T00:00:00Z'
  )
$$;
comment on function anchor_ops.platform_time is 'The time that tells an older answer from a newer one.';

create function anchor_ops.went_back_after() returns interval
language sql immutable security invoker set search_path = ''
as $$ select interval '180 seconds' $$;
comment on function anchor_ops.went_back_after is
  'For so long the platform must show nothing but earlier states before an earlier state counts.';

create function anchor_ops.take_earlier(p_documents jsonb, p_earlier jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_taken jsonb;
begin
  with shown as (
    select distinct on (each.document ->> 'id') each.document ->> 'id' as id, each.document,
      anchor_ops.platform_time(each.document) as at
    from jsonb_array_elements(p_documents) as each (document)
    order by each.document ->> 'id', at desc
  ),
  earlier as (
    select known.id, shown.at, known.document ->> 'updated_at' as before, shown.document ->> 'updated_at' as now,
      known.earlier_since, known.earlier_since <= clock_timestamp() - anchor_ops.went_back_after() as is_due
    from jsonb_to_recordset(p_earlier) as confirmed (id text, count integer)
    join anchor_ops.transaction as known on known.id = confirmed.id and known.earlier_count = confirmed.count
      and known.earlier_since is not null
    join shown on shown.id = known.id and shown.at < known.platform_updated_at
  ),
  taken as (
    update anchor_ops.transaction as known
    set platform_updated_at = earlier.at, earlier_since = null, went_back = jsonb_build_object(
      'code', 'platform_went_back', 'from', earlier.before, 'to', earlier.now,
      'since', anchor_ops.iso_time(earlier.earlier_since), 'takenAt', anchor_ops.iso_time(clock_timestamp())
    )
    from earlier where known.id = earlier.id and earlier.is_due
    returning known.id, known.went_back
  ),
  looked_for as (
    update anchor_ops.attempt
    set settle_at = case when earlier.is_due then clock_timestamp()
      else coalesce(attempt.settle_at, earlier.earlier_since + anchor_ops.went_back_after()) end,
      claimed_by = case when not earlier.is_due then attempt.claimed_by end,
      claimed_until = case when not earlier.is_due then attempt.claimed_until end
    from earlier
    where attempt.transaction_id = earlier.id and attempt.state = 'APPLIED' and case
      when earlier.is_due then anchor_ops.platform_time(attempt.post) > earlier.at
      -- The settler reads the transaction once more for the last update, also when nobody else asks for it.
      else attempt.seq = (
        select max(applied.seq) from anchor_ops.attempt as applied
        where applied.transaction_id = earlier.id and applied.state = 'APPLIED'
      ) end
  )
  select coalesce(jsonb_agg(taken.went_back || jsonb_build_object('transactionId', taken.id) order by taken.id), '[]')
  into v_taken from taken;
  return v_taken;
end $$;
comment on function anchor_ops.take_earlier is
  'Lets the documents that show an earlier state replace the stored ones, if the platform has shown nothing else for went_back_after. p_earlier names transactions with their earlier_count: their documents were read after earlier_since, so they are no late answers. The applied attempts that the earlier state may lack are then due to be looked for. Returns what went back.';

create function anchor_ops.note_earlier(p_documents jsonb, p_stored text[], p_earlier jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_earlier jsonb;
begin
  with noted as (
    update anchor_ops.transaction as known
    set earlier_since = coalesce(known.earlier_since, clock_timestamp()),
      earlier_count = known.earlier_count + (known.earlier_since is null)::integer
    from (select distinct each.document ->> 'id' as id from jsonb_array_elements(p_documents) as each (document)) as shown
    where known.id = shown.id and known.id <> all (p_stored)
    returning known.id, known.earlier_count, known.earlier_since
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', noted.id,
    'count', noted.earlier_count,
    'confirmed', confirmed.id is not null,
    'takeAt', anchor_ops.iso_time(noted.earlier_since + anchor_ops.went_back_after())
  ) order by noted.id), '[]') into v_earlier
  from noted left join jsonb_to_recordset(p_earlier) as confirmed (id text, count integer)
    on confirmed.id = noted.id and confirmed.count = noted.earlier_count;
  return v_earlier;
end $$;
comment on function anchor_ops.note_earlier is
  'Notes that documents showed an earlier state than the stored one, all but p_stored. confirmed says that p_earlier proves that the document is no late answer; takeAt is the time from which the earlier state counts.';

create function anchor_ops.store_documents(
  p_documents jsonb,
  p_attempt_id uuid,
  p_after timestamptz,
  p_earlier jsonb,
  p_attempts jsonb default null
) returns jsonb
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_went_back jsonb := '[]'::jsonb;
  v_stored text[];
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || (each.document ->> 'id') from jsonb_array_elements(p_documents) as each (document)
  ));
  if jsonb_array_length(p_earlier) > 0 then
    v_went_back := anchor_ops.take_earlier(p_documents, p_earlier);
  end if;

  with incoming as (
    select distinct on (each.document ->> 'id')
      each.document ->> 'id' as id,
      each.document,
      anchor_ops.instant(each.document ->> 'started_at') as started_at,
      anchor_ops.platform_time(each.document) as platform_updated_at,
      anchor_ops.instant(each.document ->> 'completed_at') as completed_at,
      anchor_ops.instant(each.document ->> 'transfer_received_at') as transfer_received_at
    from jsonb_array_elements(p_documents) with ordinality as each (document, place)
    order by each.document ->> 'id', platform_updated_at desc, each.place desc
  ),
  known as (
    -- With limit 1 the lookup is by the index. A plan that was made while the table was small would read all of it.
    select incoming.id, transaction.status
    from incoming, lateral (
      select transaction.status from anchor_ops.transaction where transaction.id = incoming.id limit 1
    ) as transaction
  ),
  stored as (
    insert into anchor_ops.transaction as known
      (id, document, started_at, platform_updated_at, completed_at, transfer_received_at)
    select incoming.id, incoming.document, incoming.started_at, incoming.platform_updated_at, incoming.completed_at,
      incoming.transfer_received_at
    from incoming order by incoming.id
    on conflict (id) do update set
      document = excluded.document,
      started_at = excluded.started_at,
      platform_updated_at = excluded.platform_updated_at,
      completed_at = excluded.completed_at,
      transfer_received_at = excluded.transfer_received_at,
      seen_at = excluded.seen_at,
      gone_at = null,
      earlier_since = null
    where excluded.platform_updated_at >= known.platform_updated_at
      or known.platform_updated_at = coalesce(p_after, (p_attempts -> excluded.id ->> 'after')::timestamptz)
    returning known.id, known.status, known.platform_updated_at
  ),
  history as (
    insert into anchor_ops.transaction_status (transaction_id, status, platform_updated_at, attempt_id)
    select stored.id, stored.status, stored.platform_updated_at,
      coalesce(p_attempt_id, (p_attempts -> stored.id ->> 'attemptId')::uuid)
    from stored left join known using (id)
    where known.status is distinct from stored.status
    order by stored.id
  )
  select coalesce(array_agg(stored.id), '{}') into v_stored from stored;
  return jsonb_build_object('stored', cardinality(v_stored), 'wentBack', v_went_back, 'earlier', case
    when cardinality(v_stored) < jsonb_array_length(p_documents)
    then anchor_ops.note_earlier(p_documents, v_stored, p_earlier) else '[]' end);
end $$;
comment on function anchor_ops.store_documents is
  'Stores transactions as the platform shows them, in one step, with a row of history for each status that differs. Of two answers the one that the platform updated later stays, unless the earlier one counts (take_earlier), or is the answer to an update that was sent when p_after was the time of the stored one. p_attempts names the attempt (attemptId) and p_after (after) of each transaction by its id, for documents that were read with several attempts. Returns how many were stored, what went back, and which documents show an earlier state (note_earlier).';

create function public.store_transactions(p_transactions jsonb, p_earlier jsonb default null) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$ select anchor_ops.store_documents(p_transactions, null, null, p_earlier) $$;
comment on function public.store_transactions is
  'Stores transactions that were read from the platform, as store_documents does. A caller reads what it finds in earlier once more, and repeats the call with that list as p_earlier.';

grant execute on function anchor_ops.platform_time, anchor_ops.went_back_after, anchor_ops.take_earlier,
  anchor_ops.note_earlier, anchor_ops.store_documents, public.store_transactions to service_role;

notify pgrst, 'reload schema';
