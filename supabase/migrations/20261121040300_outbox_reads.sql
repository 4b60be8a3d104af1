-- What people see of events, and the replay of one.

create function anchor_ops.deliveries_json(p_event anchor_ops.outbox, p_endpoints text[]) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'endpoint', known.id,
    'host', known.host,
    'state', case when parked.position is not null then 'parked' when lane.subject is not null then 'waiting' else 'delivered' end,
    'tries', coalesce(parked.tries, case when lane.tries > 0 and p_event.position = (
      select min(event.position) from anchor_ops.lane_events(known, lane) as event
    ) then lane.tries end, 0),
    'failure', coalesce(parked.failure, lane.last_failure)
  ) order by known.id), '[]')
  from anchor_ops.webhook_endpoint as known
    left join anchor_ops.parked_event as parked on parked.endpoint = known.id and parked.position = p_event.position
    left join anchor_ops.webhook_lane as lane
      on lane.endpoint = known.id and lane.subject = p_event.subject and lane.after < p_event.position
  where known.id = any (p_endpoints) and known.began_after < p_event.position
    and anchor_ops.is_for(known, p_event.type, p_event.only_to)
$$;
comment on function anchor_ops.deliveries_json is
  'What became of an event at each of these endpoints that it is for: delivered, waiting or parked, with the tries so far and the last failure.';

create function public.read_events(
  p_since timestamptz,
  p_type text,
  p_subject text,
  p_parked boolean,
  p_endpoints text[],
  p_limit integer,
  p_cursor bigint
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
set plan_cache_mode = force_custom_plan
as $$
declare
  v_after bigint := greatest(coalesce(p_cursor, 0), case when p_since is not null then coalesce(
    (select event.position - 1 from anchor_ops.outbox as event
      where event.position is not null and event.published_at >= p_since order by event.published_at, event.position limit 1),
    9223372036854775807
  ) end);
begin
  return (
    select anchor_ops.page(
      'events', p_limit,
      array_agg(anchor_ops.event_json(page.event) || jsonb_build_object(
        'deliveries', anchor_ops.deliveries_json(page.event, p_endpoints)
      ) order by page.position),
      array_agg(page.position::text order by page.position)
    )
    from (
      select event, event.position from anchor_ops.outbox as event
      where event.position > v_after and (p_type is null or event.type = p_type)
        and (p_subject is null or event.subject = p_subject)
        and (not p_parked or event.position in (
          select parked.position from anchor_ops.parked_event as parked
          where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
        ))
      order by event.position
      limit greatest(p_limit, 1) + 1
    ) as page
  );
end $$;
comment on function public.read_events is
  'A page of events in the order of their positions, behind the position p_cursor and not published before p_since; with p_parked only those that one of p_endpoints did not take and that nobody had sent again.';

create function public.read_latest_events(p_parked boolean, p_endpoints text[], p_limit integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('events', coalesce(jsonb_agg(
    anchor_ops.event_json(latest.event) || jsonb_build_object('deliveries', anchor_ops.deliveries_json(latest.event, p_endpoints))
    order by latest.position desc
  ), '[]'))
  from (
    select event, event.position from anchor_ops.outbox as event
    where event.position is not null and (not p_parked or event.position in (
      select parked.position from anchor_ops.parked_event as parked
      where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
    ))
    order by event.position desc
    limit greatest(p_limit, 1)
  ) as latest
$$;
comment on function public.read_latest_events is
  'The last events, the newest first; with p_parked only those that one of p_endpoints did not take and that nobody had sent again.';

create function public.replay_event(p_id uuid, p_endpoints text[], p_by_default text[], p_key_name text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_event anchor_ops.outbox;
  v_only_to text[];
begin
  select * into v_event from anchor_ops.outbox as event where event.id = p_id and event.replay_of is null for update;
  if not found then
    return jsonb_build_object('event', null);
  end if;
  with replayed as (
    update anchor_ops.parked_event set replayed_at = clock_timestamp()
    where parked_event.event_id = p_id and parked_event.replayed_at is null and parked_event.endpoint = any (p_endpoints)
    returning parked_event.endpoint
  )
  select array_agg(distinct replayed.endpoint) into v_only_to from replayed;
  v_only_to := coalesce(v_only_to, p_by_default);
  insert into anchor_ops.outbox (type, subject, at, data, replay_of, replayed_by, only_to)
  values (v_event.type, v_event.subject, v_event.at, v_event.data, v_event.id, p_key_name, v_only_to);
  return jsonb_build_object('event', jsonb_build_object(
    'id', v_event.id, 'type', v_event.type, 'subject', v_event.subject, 'endpoints', v_only_to
  ));
end $$;
comment on function public.replay_event is
  'Writes an event once more, behind the other events of its subject: for those of p_endpoints where it is parked, and where it is parked nowhere for p_by_default. event is null if no event has the id.';

create function public.read_outbox_health(p_endpoints text[]) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'parked', (
      select count(*) from anchor_ops.parked_event as parked
      where parked.replayed_at is null and parked.endpoint = any (p_endpoints)
    ),
    'endpoints', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'endpoint', endpoint.id,
        'host', endpoint.host,
        'waiting', (select count(*) from anchor_ops.webhook_lane as lane where lane.endpoint = endpoint.id),
        'deliveredAt', anchor_ops.iso_time(endpoint.delivered_at),
        'failingSince', anchor_ops.iso_time(endpoint.failing_since),
        'failure', endpoint.last_failure
      ) order by endpoint.id), '[]')
      from anchor_ops.webhook_endpoint as endpoint where endpoint.id = any (p_endpoints)
    ),
    'now', anchor_ops.iso_time(clock_timestamp())
  )
$$;
comment on function public.read_outbox_health is
  'How deliveries go: how many events are parked, and of each endpoint how many subjects wait and since when it fails.';

grant execute on function anchor_ops.deliveries_json, public.read_events, public.read_latest_events, public.replay_event, public.read_outbox_health
  to service_role;

notify pgrst, 'reload schema';
