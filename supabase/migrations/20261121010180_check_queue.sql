-- The checks are shared work: any number of invocations claim home domains, each for a minute, and record what they find
-- under the token of the claim. Rows of several tables are locked in one order: due_check, home_domain, listing.

create function anchor_ops.schedule_checks(p_network text, p_domains text[]) returns void
language sql volatile security invoker set search_path = ''
as $$
  -- Joins, not "= any": an import touches 50,000 home domains, and a list is searched from its beginning for each row.
  delete from anchor_ops.due_check
  using unnest(p_domains) as touched (domain)
  where due_check.network = p_network and due_check.domain = touched.domain collate "C" and not exists (
    select from anchor_ops.listing
    where listing.network = p_network and listing.domain = due_check.domain and listing.active
  );

  insert into anchor_ops.due_check (network, domain, due_at, priority, checked_at)
  select p_network, listing.domain, clock_timestamp(),
    case when bool_or(listing.source not like 'horizon:%' and listing.delisted_at is null) then 1 else 2 end,
    max(home_domain.last_checked_at)
  from (select distinct one.domain from unnest(p_domains) as one (domain)) as touched
    join anchor_ops.listing on listing.network = p_network and listing.domain = touched.domain collate "C"
    join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = listing.domain
  where listing.active
  group by listing.domain
  order by listing.domain
  on conflict (network, domain) do update
    set priority = 1, due_at = greatest(least(due_check.due_at, excluded.due_at), due_check.patient_until)
    where due_check.priority = 2 and excluded.priority = 1;
$$;
comment on function anchor_ops.schedule_checks is
  'Gives each of these home domains that has an active listing a row in the queue, due at once when it is new or newly listed by a directory or a person, and takes the others out.';

create function anchor_ops.schedule_changed_listings() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform anchor_ops.schedule_checks(touched.network, touched.domains)
  from (
    select changed.network, array_agg(distinct changed.domain) as domains from changed group by changed.network
  ) as touched;
  return null;
end $$;
comment on function anchor_ops.schedule_changed_listings is 'Keeps the queue in step with the listings, whoever writes them.';

create trigger schedule_new_listings after insert on anchor_ops.listing
  referencing new table as changed for each statement execute function anchor_ops.schedule_changed_listings();

create function anchor_ops.schedule_switched_listings() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform anchor_ops.schedule_checks(touched.network, touched.domains)
  from (
    select after.network, array_agg(distinct after.domain) as domains
    from before join after using (id)
    where (before.active, before.source like 'horizon:%', before.delisted_at is null)
      is distinct from (after.active, after.source like 'horizon:%', after.delisted_at is null)
    group by after.network
  ) as touched;
  perform anchor_ops.note_countries(switched.network, switched.countries)
  from (
    select after.network, array_agg(distinct after.country) as countries
    from before join after using (id)
    where before.active <> after.active
    group by after.network
  ) as switched;
  return null;
end $$;
comment on function anchor_ops.schedule_switched_listings is
  'The same for listings that were switched, that a directory lists after Horizon, or that are listed again. A verdict changes nothing here.';

create trigger schedule_switched_listings after update on anchor_ops.listing
  referencing old table as before new table as after
  for each statement execute function anchor_ops.schedule_switched_listings();

create function anchor_ops.window_start(p_at timestamptz, p_hours integer) returns timestamptz
language sql immutable security invoker set search_path = ''
as $$
  select date_bin(make_interval(hours => p_hours), p_at, timestamptz 'epoch')
$$;
comment on function anchor_ops.window_start is 'The beginning of the window that holds p_at. Windows of a length that divides 24 hours begin at midnight UTC.';

create function anchor_ops.count_due(p_network text, p_country text) returns bigint
language sql stable security invoker set search_path = ''
as $$
  select count(*) from anchor_ops.due_check
  where due_check.network = p_network and due_check.due_at <= clock_timestamp()
    and (p_country is null or exists (
      select from anchor_ops.listing
      where listing.network = p_network and listing.domain = due_check.domain and listing.active
        and listing.country = p_country
    ))
$$;
comment on function anchor_ops.count_due is 'How many home domains are due now, those too that an invocation is checking.';

create function anchor_ops.next_checks(p_network text, p_limit integer) returns setof text
language sql volatile security invoker set search_path = ''
as $$
  with reserved as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 0
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - p_limit / 4
    for update skip locked
  ),
  new as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 1
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved)
    for update skip locked
  ),
  others as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 2
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved) - (select count(*) from new)
    for update skip locked
  ),
  more as (
    select due_check.domain from anchor_ops.due_check
    where due_check.network = p_network and due_check.priority = 0
      and due_check.due_at <= clock_timestamp() and due_check.claimed_until <= clock_timestamp()
      and due_check.domain not in (select reserved.domain from reserved)
    order by due_check.due_at, due_check.domain
    limit p_limit - (select count(*) from reserved) - (select count(*) from new) - (select count(*) from others)
    for update skip locked
  )
  select domain from reserved union all select domain from new
  union all select domain from others union all select domain from more
$$;
comment on function anchor_ops.next_checks is
  'Locks up to p_limit home domains that are due and not claimed. Three of four places are for anchors that are listed and in service, as long as they are due, so that new and dead ones cannot starve them; what one kind leaves free the others get.';

create function anchor_ops.oldest_checks(p_network text, p_limit integer, p_country text, p_before timestamptz)
returns setof text
language sql volatile security invoker set search_path = ''
as $$
  select due_check.domain from anchor_ops.due_check
  where due_check.network = p_network and due_check.claimed_until <= clock_timestamp()
    and due_check.patient_until <= clock_timestamp()
    and (due_check.checked_at is null or due_check.checked_at < p_before)
    and (p_country is null or exists (
      select from anchor_ops.listing
      where listing.network = p_network and listing.domain = due_check.domain and listing.active
        and listing.country = p_country
    ))
  order by due_check.checked_at nulls first, due_check.domain
  limit p_limit
  for update of due_check skip locked
$$;
comment on function anchor_ops.oldest_checks is
  'Locks up to p_limit home domains that were not checked since p_before and are not claimed, due or not, and whose servers do not ask for patience, the longest unchecked first: those with an active listing in p_country, if it is given.';

create function public.claim_checks(
  p_network text,
  p_run_id uuid,
  p_token uuid,
  p_limit integer,
  p_claim_seconds integer,
  p_window_hours integer,
  p_now timestamptz,
  p_only_due boolean,
  p_country text
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_domains text[];
  v_window timestamptz := anchor_ops.window_start(least(p_now, clock_timestamp()), p_window_hours);
  v_started_at timestamptz := (select run.started_at from anchor_ops.run where run.id = p_run_id);
begin
  if p_token is null or p_limit not between 1 and 1000 or p_claim_seconds not between 1 and 3600 or v_window is null
    or v_started_at is null then
    raise exception 'claim_checks: needs a run, a token, a window, 1 to 1000 checks and 1 to 3600 seconds'
      using errcode = 'invalid_parameter_value';
  end if;

  if p_only_due then
    v_domains := array(select anchor_ops.next_checks(p_network, p_limit));
  else
    v_domains := array(select anchor_ops.oldest_checks(p_network, p_limit, p_country, v_started_at));
  end if;

  update anchor_ops.due_check
  set token = p_token, claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds)
  where due_check.network = p_network and due_check.domain = any (v_domains);

  return (
    select coalesce(jsonb_agg(
      jsonb_build_object(
        'domain', home_domain.domain,
        'listings', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'id', listing.id,
            'country', listing.country,
            'currency', listing.currency,
            'type', listing.type,
            'source', listing.source,
            'active', listing.active and listing.delisted_at is null
          ) order by listing.id), '[]')
          from anchor_ops.listing
          where listing.network = p_network and listing.domain = home_domain.domain
        ),
        'capability', home_domain.capability,
        'durationMs', home_domain.duration_ms,
        'window', jsonb_build_object(
          'startedAt', anchor_ops.iso_time(greatest(v_window, home_domain.window_start)),
          'outcome', case when home_domain.window_start >= v_window then home_domain.window_outcome end,
          'disabled', case when home_domain.window_start >= v_window then home_domain.health ->> 'autoDisabledReason' end
        ),
        'identity', home_domain.identity,
        'held', home_domain.held,
        'health', case when home_domain.window_start >= v_window
          then home_domain.window_health else home_domain.health end
      ) order by claimed.place
    ), '[]')
    from unnest(v_domains) with ordinality as claimed (domain, place)
      join anchor_ops.home_domain on home_domain.network = p_network and home_domain.domain = claimed.domain
  );
end $$;
comment on function public.claim_checks is
  'Claims home domains to check, each with all its listings, because a check judges them all: those that are due, or with p_only_due false the longest unchecked that this run has not checked yet. The health is the one before the window, and outcome what the window said so far, so that a window is judged once, however many checks fall into it. Domains out of service are checked too, so that they can return.';

create function public.renew_claims(p_network text, p_token uuid, p_domains text[], p_claim_seconds integer) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  with renewed as (
    update anchor_ops.due_check set claimed_until = clock_timestamp() + make_interval(secs => p_claim_seconds)
    where due_check.network = p_network and due_check.domain = any (p_domains) and due_check.token = p_token
    returning due_check.domain
  )
  select jsonb_build_object('renewed', count(*)) from renewed
$$;
comment on function public.renew_claims is 'Extends the claims that the token still holds.';

create function public.release_claims(p_network text, p_token uuid, p_domains text[], p_country text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.due_check set token = null, claimed_until = '-infinity'
  where due_check.network = p_network and due_check.domain = any (p_domains) and due_check.token = p_token;
  return jsonb_build_object('due', anchor_ops.count_due(p_network, p_country));
end $$;
comment on function public.release_claims is
  'Gives claims back whose checks did not take place; due is how many home domains are due now, in p_country if it is given.';

grant execute on function anchor_ops.schedule_checks, anchor_ops.schedule_changed_listings,
  anchor_ops.schedule_switched_listings, anchor_ops.window_start, anchor_ops.count_due, anchor_ops.next_checks,
  anchor_ops.oldest_checks, public.claim_checks, public.renew_claims, public.release_claims to service_role;

notify pgrst, 'reload schema';
