-- An event of the platform is a hint: it says which transaction to read, and nothing of what it claims is stored. A row for
-- each transaction makes one reading out of a storm of events. A forged event may name an id that nobody knows, so the
-- rows of unknown ids are bounded, and they are read after the others.

create table anchor_ops.noted_event (
  transaction_id text collate "C" primary key,
  is_known boolean not null,
  events bigint not null default 1,
  noted_at timestamptz not null,
  due_at timestamptz not null,
  constraint noted_event_id_length check (char_length(transaction_id) between 1 and 255)
);
create index noted_event_due on anchor_ops.noted_event (is_known desc, due_at);
comment on table anchor_ops.noted_event is 'The transactions to be read because of an event of the platform. Writers: note_event, claim_noted_events, end_noted_events.';
comment on column anchor_ops.noted_event.is_known is 'Whether the transaction was stored when the event came. Other ids wait behind these.';
comment on column anchor_ops.noted_event.events is 'How many events named the transaction since it was noted.';
comment on column anchor_ops.noted_event.due_at is 'When it may be read. A claim and a failed reading move it into the future.';

create table anchor_ops.event_arrival (
  is_only boolean primary key default true,
  arrived_at timestamptz not null,
  constraint event_arrival_one check (is_only)
);
comment on table anchor_ops.event_arrival is 'When the last event came, to the second. One row. Writer: note_event.';

create function public.note_event(p_transaction_id text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
  -- The emulated platform answers 10,000 readings in less than a minute.
  v_most_unknown constant integer := 10000;
  v_is_known boolean;
begin
  -- Once a second is enough. The row is read first, because an insert that meets it locks it even where it changes nothing.
  if not exists (select from anchor_ops.event_arrival where event_arrival.arrived_at >= v_now - interval '1 second') then
    insert into anchor_ops.event_arrival (arrived_at) values (v_now)
    on conflict (is_only) do update set arrived_at = excluded.arrived_at;
  end if;
  if p_transaction_id is null then
    return jsonb_build_object('noted', false);
  end if;
  update anchor_ops.noted_event set events = noted_event.events + 1 where noted_event.transaction_id = p_transaction_id;
  if found then
    return jsonb_build_object('noted', true);
  end if;
  v_is_known := exists (select from anchor_ops.transaction where transaction.id = p_transaction_id);
  if not v_is_known and (
    select count(*) from (select from anchor_ops.noted_event where not noted_event.is_known limit v_most_unknown) as unknown
  ) >= v_most_unknown then
    return jsonb_build_object('noted', false);
  end if;
  insert into anchor_ops.noted_event as noted (transaction_id, is_known, noted_at, due_at)
  values (p_transaction_id, v_is_known, v_now, v_now)
  on conflict (transaction_id) do update set events = noted.events + 1;
  return jsonb_build_object('noted', true);
end $$;
comment on function public.note_event is
  'Notes that an event came, and the transaction to be read because of it; null if the event names none. noted is false for an id that is not stored while 10,000 such ids are noted.';

create function public.claim_noted_events(p_limit integer, p_claim_seconds integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_claimed jsonb := '[]'::jsonb;
begin
  with claimed as (
    update anchor_ops.noted_event set due_at = v_now + make_interval(secs => p_claim_seconds)
    where noted_event.transaction_id in (
      select due.transaction_id from anchor_ops.noted_event as due
      where due.due_at <= v_now
      order by due.is_known desc, due.due_at
      limit greatest(p_limit, 0)
      for update skip locked
    )
    returning noted_event.transaction_id, noted_event.events
  )
  select coalesce(jsonb_agg(jsonb_build_object('transactionId', claimed.transaction_id, 'events', claimed.events)), '[]'::jsonb)
  into v_claimed from claimed;
  return jsonb_build_object('claimed', v_claimed);
end $$;
comment on function public.claim_noted_events is
  'Claims noted transactions that are due for p_claim_seconds: those that were stored when they were noted first, then the longest due.';

create function public.end_noted_events(p_readings jsonb, p_retry_seconds integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform from anchor_ops.noted_event
  where noted_event.transaction_id in (
    select each.transaction_id from jsonb_to_recordset(p_readings) as each (transaction_id text)
  )
  order by noted_event.transaction_id for update;
  -- After an hour of failed readings the lists and the settler are enough.
  delete from anchor_ops.noted_event using jsonb_to_recordset(p_readings) as each (transaction_id text, events bigint, is_read boolean)
  where noted_event.transaction_id = each.transaction_id
    and (each.is_read and noted_event.events = each.events
      or not each.is_read and noted_event.noted_at < v_now - interval '1 hour');
  -- An event that came during the reading may tell of a later save.
  update anchor_ops.noted_event
  set due_at = case when each.is_read then v_now else v_now + make_interval(secs => p_retry_seconds) end
  from jsonb_to_recordset(p_readings) as each (transaction_id text, events bigint, is_read boolean)
  where noted_event.transaction_id = each.transaction_id;
  return jsonb_build_object('paymentsDue', exists (select from anchor_ops.due_name));
end $$;
comment on function public.end_noted_events is
  'Ends the readings of claimed transactions: transaction_id, events as claimed, is_read. One that was read goes, unless another event came meanwhile; one that could not be read is due again after p_retry_seconds, until an hour after it was noted. paymentsDue says whether payments are noted that the readings may concern.';

create function public.read_event_health() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'lastEventAt', (select anchor_ops.iso_time(event_arrival.arrived_at) from anchor_ops.event_arrival),
    'waiting', (select count(*) from anchor_ops.noted_event)
  )
$$;
comment on function public.read_event_health is 'When the last event came, to the second, and how many transactions are noted.';

grant execute on function public.note_event, public.claim_noted_events, public.end_noted_events, public.read_event_health
  to service_role;

notify pgrst, 'reload schema';
