-- Delivery: events are numbered once they are committed, and each endpoint has a lane for each subject. An instance claims
-- lanes, sends their events in order, and records each result under the token of its claim.
-- Locks are taken in one order: the name outbox, lanes, the endpoint; behind that, only lanes that are free (skip locked).

create function anchor_ops.is_for(p_endpoint anchor_ops.webhook_endpoint, p_type text, p_only_to text[]) returns boolean
language sql immutable security invoker set search_path = ''
as $$
  select (p_endpoint.types is null or p_type = any (p_endpoint.types)) and (p_only_to is null or p_endpoint.id = any (p_only_to))
$$;
comment on function anchor_ops.is_for is 'Whether an event of this type is delivered to the endpoint.';

create function anchor_ops.publish_events() returns bigint
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_now timestamptz;
  v_count bigint;
begin
  -- One transaction at a time numbers events, so that a reader who stands behind a position misses none.
  perform anchor_ops.lock_names(array['outbox']);
  v_now := clock_timestamp();
  with numbered as (
    select fresh.seq, nextval('anchor_ops.outbox_position') as position
    from (
      select outbox.seq from anchor_ops.outbox where outbox.position is null order by outbox.seq limit 5000
    ) as fresh
  ),
  published as (
    update anchor_ops.outbox set position = numbered.position, published_at = v_now, kept_until = v_now + interval '30 days'
    from numbered where outbox.seq = numbered.seq and outbox.position is null
    returning outbox.subject, outbox.position, outbox.type, outbox.only_to
  ),
  addressed as (
    select endpoint.id, published.subject, min(published.position) as first, max(published.position) as last
    from published join anchor_ops.webhook_endpoint as endpoint
      on anchor_ops.is_for(endpoint, published.type, published.only_to)
    group by endpoint.id, published.subject
  ),
  queued as (
    insert into anchor_ops.webhook_lane as lane (endpoint, subject, after, last, due_at)
    select addressed.id, addressed.subject, addressed.first - 1, addressed.last, v_now
    from addressed order by addressed.id, addressed.subject
    on conflict (endpoint, subject) do update set last = excluded.last
  )
  select count(*) into v_count from published;
  return v_count;
end $$;
comment on function anchor_ops.publish_events is
  'Numbers up to 5,000 events whose transactions have committed, and puts them into the lanes of the endpoints that they are for. Returns how many.';

create function anchor_ops.webhook_wait(p_failures integer) returns interval
language sql immutable security invoker set search_path = ''
as $$
  select make_interval(secs => least(60 * 2 ^ least(greatest(p_failures, 1) - 1, 10), 900))
$$;
comment on function anchor_ops.webhook_wait is 'The wait after so many failures in a row: 1, 2, 4, 8, then 15 minutes, so that a host that is back gets its events within 15 minutes.';

create function public.register_endpoints(p_endpoints jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_changed text[];
  v_gone text[];
  v_published bigint;
begin
  perform anchor_ops.lock_names(array['outbox']);
  -- An endpoint that is known is not locked before the lanes: who records a delivery holds a lane and then wants its endpoint.
  insert into anchor_ops.webhook_endpoint (id, host, types, began_after)
  select each.id, each.host, each.types, coalesce((select max(outbox.position) from anchor_ops.outbox), 0)
  from jsonb_to_recordset(p_endpoints) as each (id text, host text, types text[])
  order by each.id
  on conflict (id) do nothing;
  -- Only another release names other types.
  with changed as (
    update anchor_ops.webhook_endpoint as known set types = each.types
    from jsonb_to_recordset(p_endpoints) as each (id text, types text[])
    where known.id = each.id and known.types is distinct from each.types
    returning known.id
  )
  select coalesce(array_agg(changed.id), '{}') into v_changed from changed;
  v_published := anchor_ops.publish_events();
  perform from anchor_ops.webhook_lane as lane where lane.endpoint = any (v_changed) order by lane.endpoint, lane.subject for update;
  -- A lane that ends behind its last event for the endpoint would be claimed again and again, before the others.
  delete from anchor_ops.webhook_lane as lane using anchor_ops.webhook_endpoint as known
  where known.id = any (v_changed) and lane.endpoint = known.id and not exists (select from anchor_ops.lane_events(known, lane, 1));
  update anchor_ops.webhook_lane as lane
  set last = (select max(event.position) from anchor_ops.lane_events(known, lane) as event)
  from anchor_ops.webhook_endpoint as known where known.id = any (v_changed) and lane.endpoint = known.id;

  update anchor_ops.webhook_endpoint as known set configured_at = clock_timestamp()
  from jsonb_to_recordset(p_endpoints) as each (id text)
  where known.id = each.id and known.configured_at < clock_timestamp() - interval '1 hour';
  -- Instances with older settings may still run beside this one, so an endpoint is not forgotten at once.
  v_gone := array(
    select known.id from anchor_ops.webhook_endpoint as known where known.configured_at < clock_timestamp() - interval '3 days'
  );
  -- What a removed URL leaves goes in parts: as much as a day tells may not fit into one call.
  delete from anchor_ops.webhook_lane as lane using (
    select left_over.endpoint, left_over.subject from anchor_ops.webhook_lane as left_over
    where left_over.endpoint = any (v_gone) order by left_over.endpoint, left_over.subject limit 5000
  ) as gone where lane.endpoint = gone.endpoint and lane.subject = gone.subject;
  delete from anchor_ops.parked_event as parked using (
    select left_over.endpoint, left_over.position from anchor_ops.parked_event as left_over
    where left_over.endpoint = any (v_gone) order by left_over.endpoint, left_over.position limit 5000
  ) as gone where parked.endpoint = gone.endpoint and parked.position = gone.position;
  delete from anchor_ops.webhook_endpoint as endpoint where endpoint.id = any (v_gone)
    and not exists (select from anchor_ops.webhook_lane as lane where lane.endpoint = endpoint.id)
    and not exists (select from anchor_ops.parked_event as parked where parked.endpoint = endpoint.id);
  return jsonb_build_object('published', v_published);
end $$;
comment on function public.register_endpoints is
  'Names the endpoints of this deployment (id, host, types or null), forgets those that nobody has named for 3 days, 5,000 of their lanes and parked events at a time, and publishes events.';

create function anchor_ops.lane_events(
  p_endpoint anchor_ops.webhook_endpoint,
  p_lane anchor_ops.webhook_lane,
  p_limit integer default null
) returns setof anchor_ops.outbox
language sql stable security invoker set search_path = ''
as $$
  select event.* from anchor_ops.outbox as event
  where event.subject = p_lane.subject and event.position > p_lane.after and event.position <= p_lane.last
    and anchor_ops.is_for(p_endpoint, event.type, event.only_to)
  order by event.position
  limit p_limit
$$;
comment on function anchor_ops.lane_events is 'The events that a lane still holds, in their order: the first p_limit, or all.';

create function anchor_ops.event_json(p_event anchor_ops.outbox) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'id', coalesce(p_event.replay_of, p_event.id),
    'type', p_event.type,
    'subject', p_event.subject,
    'at', anchor_ops.iso_time(p_event.at),
    'position', p_event.position::text,
    'replayed', p_event.replay_of is not null,
    'data', p_event.data
  )
$$;
comment on function anchor_ops.event_json is 'An event as it is shown. A replay has the id of the event that it repeats, so that receivers know it.';

create function anchor_ops.park_old_events(p_endpoint anchor_ops.webhook_endpoint) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  -- In the order of positions events were published, so everything up to here is old.
  v_old constant bigint := (
    select event.position from anchor_ops.outbox as event
    where event.position is not null and event.published_at < clock_timestamp() - interval '3 days'
    order by event.published_at desc, event.position desc limit 1
  );
begin
  with lanes as (
    select lane.* from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint.id and lane.claimed_until <= clock_timestamp() and lane.after < v_old
    order by lane.due_at, lane.subject limit 500 for update skip locked
  ),
  old as (
    select event.position, coalesce(event.replay_of, event.id) as event_id, lanes.subject, lanes.last,
      case when row_number() over (partition by lanes.subject order by event.position) = 1 then lanes.tries else 0 end as tries
    from lanes, lateral anchor_ops.lane_events(
      p_endpoint, lanes::anchor_ops.webhook_lane, (select 10000 / greatest(count(*), 1) from lanes)::integer
    ) as event
    where event.position <= v_old
  ),
  parked as (
    insert into anchor_ops.parked_event (endpoint, position, event_id, subject, tries, failure)
    select p_endpoint.id, old.position, old.event_id, old.subject, old.tries, p_endpoint.last_failure from old
  ),
  through as (
    select old.subject, old.last, max(old.position) as position from old group by old.subject, old.last
  ),
  gone as (
    delete from anchor_ops.webhook_lane as lane using through
    where lane.endpoint = p_endpoint.id and lane.subject = through.subject and lane.last = through.position
  ),
  -- A lane with nothing old is not looked at again until something in it is.
  passed as (
    update anchor_ops.webhook_lane as lane set after = least(v_old, lane.last)
    from lanes
    where lane.endpoint = p_endpoint.id and lane.subject = lanes.subject
      and not exists (select from through where through.subject = lanes.subject)
  )
  update anchor_ops.webhook_lane as lane
  set after = through.position, tries = 0, failed_at = null, refused_since = null, last_failure = null, due_at = clock_timestamp()
  from through
  where lane.endpoint = p_endpoint.id and lane.subject = through.subject and lane.last > through.position;
end $$;
comment on function anchor_ops.park_old_events is
  'Parks what an endpoint that takes nothing has not taken for 3 days: 10,000 events of up to 500 lanes, each the same share. The next call goes on.';

create function public.claim_lanes(
  p_endpoint text,
  p_token uuid,
  p_lanes integer,
  p_events integer,
  p_claim_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_endpoint anchor_ops.webhook_endpoint;
  v_now timestamptz;
  v_subjects text[];
begin
  if p_token is null or p_lanes not between 1 and 100 or p_events not between 1 and 100 or p_claim_seconds not between 1 and 3600 then
    raise exception 'claim_lanes: needs a token, 1 to 100 lanes, 1 to 100 events and 1 to 3600 seconds'
      using errcode = 'invalid_parameter_value';
  end if;
  perform anchor_ops.publish_events();
  select * into v_endpoint from anchor_ops.webhook_endpoint as endpoint where endpoint.id = p_endpoint for no key update;
  v_now := clock_timestamp();
  if not found or v_endpoint.paused_until > v_now then
    return '[]'::jsonb;
  end if;
  if v_endpoint.failing_since < v_now - interval '3 days' then
    perform anchor_ops.park_old_events(v_endpoint);
  end if;

  v_subjects := array(
    select lane.subject from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.due_at <= v_now and lane.claimed_until <= v_now
    -- What the host has refused says little of whether it takes anything, and must not stand before what it would take.
    order by case when v_endpoint.failures >= 5 then lane.tries end, lane.due_at, lane.subject
    limit case when v_endpoint.failures >= 5 then 1 else p_lanes end
    for update skip locked
  );
  -- An endpoint that fails is tried with one event at a time, by one instance.
  if v_endpoint.failures >= 5 and v_subjects <> '{}' then
    update anchor_ops.webhook_endpoint as endpoint
    set paused_until = v_now + anchor_ops.webhook_wait(v_endpoint.failures - 4) where endpoint.id = p_endpoint;
  end if;
  update anchor_ops.webhook_lane as lane
  set token = p_token, claimed_at = v_now, claimed_until = v_now + make_interval(secs => p_claim_seconds)
  where lane.endpoint = p_endpoint and lane.subject = any (v_subjects);

  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'subject', lane.subject,
      'events', (
        select coalesce(jsonb_agg(anchor_ops.event_json(event) order by event.position), '[]')
        from anchor_ops.lane_events(v_endpoint, lane, case when v_endpoint.failures >= 5 then 1 else p_events end) as event
      ),
      'missed', (
        select coalesce(jsonb_agg(parked.event_id order by parked.position), '[]')
        from (
          select parked.event_id, parked.position from anchor_ops.parked_event as parked
          where parked.endpoint = p_endpoint and parked.subject = lane.subject and parked.told_at is null
          order by parked.position limit 100
        ) as parked
      )
    ) order by lane.due_at, lane.subject), '[]')
    from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.subject = any (v_subjects)
  );
end $$;
comment on function public.claim_lanes is
  'Publishes events, then claims lanes of an endpoint that are due, the longest due first, each with its next events and with the first 100 parked events of the subject that the endpoint was not told of (missed). Empty while the endpoint is paused. After 5 failures in a row one event at a time is tried, at growing intervals, and first those that were tried least.';

create function public.record_delivery(
  p_endpoint text,
  p_subject text,
  p_token uuid,
  p_position bigint,
  p_missed uuid[],
  p_claim_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_lane anchor_ops.webhook_lane;
  v_now timestamptz := clock_timestamp();
  v_failures integer;
begin
  update anchor_ops.webhook_lane as lane
  set after = p_position, tries = 0, failed_at = null, refused_since = null, last_failure = null, due_at = v_now,
    claimed_at = v_now, claimed_until = v_now + make_interval(secs => p_claim_seconds)
  where lane.endpoint = p_endpoint and lane.subject = p_subject and lane.token = p_token and lane.after < p_position
    and lane.last >= p_position
  returning * into v_lane;
  if not found then
    return jsonb_build_object('held', false);
  end if;
  if v_lane.after = v_lane.last then
    delete from anchor_ops.webhook_lane as lane where lane.endpoint = p_endpoint and lane.subject = p_subject;
  end if;
  update anchor_ops.parked_event set told_at = v_now
  where parked_event.endpoint = p_endpoint and parked_event.subject = p_subject and parked_event.told_at is null
    and parked_event.event_id = any (p_missed);

  select endpoint.failures into v_failures from anchor_ops.webhook_endpoint as endpoint
  where endpoint.id = p_endpoint and (
    endpoint.failures > 0 or endpoint.delivered_at is null or endpoint.delivered_at < v_now - interval '1 second'
  ) for no key update;
  if found then
    update anchor_ops.webhook_endpoint as endpoint
    set failures = 0, failing_since = null, last_failure = null, paused_until = '-infinity', delivered_at = v_now
    where endpoint.id = p_endpoint;
  end if;
  if v_failures >= 5 then
    -- The host is back: what was put off because of it is due. The rest of more than that is due within 15 minutes.
    update anchor_ops.webhook_lane as lane set due_at = v_now
    where lane.endpoint = p_endpoint and lane.subject in (
      select late.subject from anchor_ops.webhook_lane as late
      where late.endpoint = p_endpoint and late.due_at > v_now
      order by late.due_at, late.subject limit 5000 for update skip locked
    );
  end if;
  return jsonb_build_object('held', true);
end $$;
comment on function public.record_delivery is
  'Records that the endpoint took an event, which named the events p_missed as parked, and extends the claim. held is false, and nothing changed, when the lane is claimed under another token.';

create function public.record_failed_delivery(
  p_endpoint text,
  p_subject text,
  p_token uuid,
  p_position bigint,
  p_failure text,
  p_pause_seconds integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_lane anchor_ops.webhook_lane;
  v_endpoint anchor_ops.webhook_endpoint;
  v_now timestamptz := clock_timestamp();
  v_is_own_fault boolean;
  v_parks boolean;
begin
  select * into v_lane from anchor_ops.webhook_lane as lane
  where lane.endpoint = p_endpoint and lane.subject = p_subject and lane.token = p_token and lane.after < p_position
    and lane.last >= p_position
  for update;
  if not found then
    return jsonb_build_object('held', false, 'parked', false);
  end if;
  update anchor_ops.webhook_endpoint as endpoint
  set failures = endpoint.failures + 1, failing_since = coalesce(endpoint.failing_since, v_now), last_failure = p_failure,
    paused_until = greatest(endpoint.paused_until, v_now + make_interval(secs => p_pause_seconds),
      case when endpoint.failures + 1 >= 5 then v_now + anchor_ops.webhook_wait(endpoint.failures - 3) end)
  where endpoint.id = p_endpoint
  returning * into v_endpoint;

  -- The endpoint took another event between two tries of this one.
  v_is_own_fault := coalesce(v_endpoint.delivered_at > v_lane.failed_at, false);
  v_parks := v_is_own_fault and coalesce(v_lane.refused_since < v_now - interval '1 day', false);
  if v_parks then
    insert into anchor_ops.parked_event (endpoint, position, event_id, subject, tries, failure)
    select p_endpoint, p_position, coalesce(event.replay_of, event.id), p_subject, v_lane.tries + 1, p_failure
    from anchor_ops.outbox as event where event.position = p_position;
  end if;
  if v_parks and v_lane.last = p_position then
    delete from anchor_ops.webhook_lane as lane where lane.endpoint = p_endpoint and lane.subject = p_subject;
  else
    update anchor_ops.webhook_lane as lane
    set after = case when v_parks then p_position else lane.after end,
      tries = case when v_parks then 0 else lane.tries + 1 end,
      failed_at = case when not v_parks then lane.claimed_at end,
      refused_since = case when not v_parks then coalesce(lane.refused_since, case when v_is_own_fault then v_now end) end,
      last_failure = p_failure,
      due_at = case when v_parks then v_now else v_now + anchor_ops.webhook_wait(lane.tries + 1) end,
      claimed_until = '-infinity', token = null
    where lane.endpoint = p_endpoint and lane.subject = p_subject;
  end if;
  return jsonb_build_object('held', true, 'parked', v_parks);
end $$;
comment on function public.record_failed_delivery is
  'Records that the endpoint did not take an event, and gives the lane back: it is due again later, or behind the event, which is parked if it was refused for a day while the endpoint took others. The endpoint gets nothing for p_pause_seconds, and after 5 failures in a row for the time of webhook_wait. held is false, and nothing changed, when the lane is claimed under another token.';

create function public.release_lanes(p_endpoint text, p_token uuid, p_subjects text[]) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  -- In the order in which publish_events reaches the lanes, so that neither waits for the other in a circle.
  with held as (
    select lane.subject from anchor_ops.webhook_lane as lane
    where lane.endpoint = p_endpoint and lane.subject = any (p_subjects) and lane.token = p_token
    order by lane.subject for no key update
  ),
  released as (
    update anchor_ops.webhook_lane as lane set token = null, claimed_until = '-infinity'
    from held where lane.endpoint = p_endpoint and lane.subject = held.subject
    returning lane.subject
  )
  select jsonb_build_object('released', count(*)) from released
$$;
comment on function public.release_lanes is 'Gives lanes back whose events were not all sent.';

create function public.prune_events(p_limit integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_deleted bigint;
begin
  delete from anchor_ops.parked_event as parked using (
    select old.endpoint, old.position from anchor_ops.parked_event as old
    where old.parked_at < v_now - interval '90 days' order by old.parked_at limit p_limit
  ) as gone where parked.endpoint = gone.endpoint and parked.position = gone.position;
  with due as (
    select event.id, event.subject, event.position from anchor_ops.outbox as event
    where event.kept_until < v_now order by event.kept_until limit p_limit for update skip locked
  ),
  looked_at as (
    select due.id,
      exists (select from anchor_ops.webhook_lane as lane where lane.subject = due.subject and lane.after < due.position)
        or exists (select from anchor_ops.parked_event as parked where parked.event_id = due.id)
        or exists (select from anchor_ops.parked_event as parked where parked.position = due.position) as is_needed
    from due
  ),
  -- Without this, events that are needed would be looked at in each call, before those that may go.
  kept as (
    update anchor_ops.outbox set kept_until = v_now + interval '1 day'
    from looked_at where outbox.id = looked_at.id and looked_at.is_needed
  ),
  deleted as (
    delete from anchor_ops.outbox using looked_at where outbox.id = looked_at.id and not looked_at.is_needed
    returning outbox.id
  )
  select count(*) into v_deleted from deleted;
  return jsonb_build_object('deleted', v_deleted);
end $$;
comment on function public.prune_events is 'Looks at up to p_limit events that were published more than 30 days ago, and deletes those that no endpoint waits for and that are not parked; the others are looked at again a day later. Deletes up to p_limit parked events that are older than 90 days.';

grant usage on sequence anchor_ops.outbox_position to service_role;
grant execute on function anchor_ops.publish_events, anchor_ops.is_for, anchor_ops.webhook_wait, anchor_ops.lane_events,
  anchor_ops.event_json, anchor_ops.park_old_events, public.register_endpoints, public.claim_lanes, public.record_delivery,
  public.record_failed_delivery, public.release_lanes, public.prune_events to service_role;

notify pgrst, 'reload schema';
