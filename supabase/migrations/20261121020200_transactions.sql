-- Every answer of the platform that shows a transaction is stored, whichever step received it.

create function anchor_ops.store_documents(p_documents jsonb, p_attempt_id uuid) returns bigint
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_stored bigint;
begin
  perform anchor_ops.lock_names(array(
    select 'transaction ' || (each.document ->> 'id') from jsonb_array_elements(p_documents) as each (document)
  ));

  with incoming as (
    select distinct on (each.document ->> 'id')
      each.document ->> 'id' as id,
      each.document,
      anchor_ops.instant(each.document ->> 'started_at') as started_at,
      greatest(
        coalesce(
          anchor_ops.instant(each.document ->> 'updated_at'), anchor_ops.instant(each.document ->> 'started_at')
        ),
        '1970-01-01T00:00:00Z'
      ) as platform_updated_at,
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
      seen_at = excluded.seen_at
    where excluded.platform_updated_at >= known.platform_updated_at
    returning known.id, known.status, known.platform_updated_at
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
comment on function anchor_ops.store_documents is
  'Stores transactions as the platform shows them, in one step, with a row of history for each status that differs. Of two answers the one that the platform updated later stays. Returns how many were stored.';

create function public.store_transactions(p_transactions jsonb) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$ select jsonb_build_object('stored', anchor_ops.store_documents(p_transactions, null)) $$;
comment on function public.store_transactions is
  'Stores transactions that were read from the platform; stored counts those that were not older than what is known.';

grant execute on function anchor_ops.store_documents, public.store_transactions to service_role;

notify pgrst, 'reload schema';
