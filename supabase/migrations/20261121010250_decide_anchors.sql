-- A person stands above the rules of the catalog, for all listings of a home domain or for one.

create function anchor_ops.anchor_subject(p_network text, p_domain text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select p_network || ':' || p_domain
$$;
comment on function anchor_ops.anchor_subject is 'The subject of decisions about a home domain.';

create function anchor_ops.decisions_on_anchor(p_network text, p_domain text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq desc), '[]')
  from anchor_ops.decision as made
  where made.seq in (
    select recent.seq from anchor_ops.decision as recent
    where (recent.about = 'anchor' and recent.subject = anchor_ops.anchor_subject(p_network, p_domain))
      or (recent.about = 'listing' and recent.subject in (
        select listing.id from anchor_ops.listing where listing.network = p_network and listing.domain = p_domain
      ))
    order by recent.seq desc
    limit 50
  )
$$;
comment on function anchor_ops.decisions_on_anchor is
  'The newest 50 decisions about a home domain and its listings, the newest first.';

create function anchor_ops.accept_identity(p_network text, p_domain text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$
  with held as (
    select home_domain.held from anchor_ops.home_domain
    where home_domain.network = p_network and home_domain.domain = p_domain and home_domain.held is not null
  ),
  accepted as (
    update anchor_ops.home_domain
    set identity = home_domain.identity || (held.held -> 'identity'), held = null
    from held
    where home_domain.network = p_network and home_domain.domain = p_domain
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'domain', p_domain,
    'kind', 'accepted',
    'before', anchor_ops.sides_of(held.held -> 'changes', 'before'),
    'after', anchor_ops.sides_of(held.held -> 'changes', 'after') || '{"by": "person"}'
  )), '[]')
  from held
$$;
comment on function anchor_ops.accept_identity is
  'Makes the identity count that is held. The result is the change to note, if one was held.';

create function anchor_ops.forgive_flapping(p_network text, p_domain text) returns jsonb
language sql volatile security invoker set search_path = ''
as $$
  with forgiven as (
    update anchor_ops.home_domain
    set
      health = home_domain.health || '{"autoDisabledReason": null, "flips": []}',
      -- A further check in the window judges from this one.
      window_health = home_domain.window_health || '{"flips": []}' || case
        when home_domain.window_health ->> 'autoDisabledReason' = 'flapping' then '{"autoDisabledReason": null}'::jsonb
        else '{}'
      end,
      auto_disabled_at = null
    where home_domain.network = p_network and home_domain.domain = p_domain
      and home_domain.health ->> 'autoDisabledReason' = 'flapping'
    returning home_domain.domain
  )
  select coalesce(jsonb_agg(anchor_ops.reason_change(forgiven.domain, 'flapping', null, '{"by": "person"}')), '[]')
  from forgiven
$$;
comment on function anchor_ops.forgive_flapping is
  'Lets a home domain return that the rules switched too often, and forgets those switches. The result is the change to note.';

create function anchor_ops.record_decision_once(
  p_key_name text,
  p_about text,
  p_subject text,
  p_decision text,
  p_note text,
  p_reading jsonb
) returns uuid
language sql volatile security invoker set search_path = ''
as $$
  with last as (
    select made.* from anchor_ops.decision as made where made.about = p_about and made.subject = p_subject
    order by made.seq desc limit 1
  )
  select coalesce(
    (select last.id from last
      where (last.key_name, last.decision) = (p_key_name, p_decision) and last.note is not distinct from p_note),
    anchor_ops.record_decision(p_key_name, p_about, p_subject, null, p_decision, p_note, p_reading)
  )
$$;
comment on function anchor_ops.record_decision_once is
  'Stores a decision unless it says again what the last one about the subject says, by the same key and with the same note, as the second click on a button does. Returns the id of the one that is stored. The caller holds the lock of the subject.';

create function public.decide_anchor(
  p_network text,
  p_domain text,
  p_listing text,
  p_decision text,
  p_note text,
  p_key_name text,
  p_held_since text default null
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_says text := nullif(p_decision, 'forget');
  v_held_since text;
  v_reading jsonb;
  v_id uuid;
  v_changes jsonb := '[]'::jsonb;
begin
  if p_decision is null or p_decision not in ('enable', 'disable', 'forget', 'accept')
    or p_decision = 'accept' and p_listing is not null then
    raise exception 'decide_anchor: the decision is enable, disable or forget, or accept for all of a home domain'
      using errcode = 'invalid_parameter_value';
  end if;
  -- The lock comes before that of the home domain, as where a check is recorded.
  perform from anchor_ops.due_check
  where due_check.network = p_network and due_check.domain = p_domain for no key update;
  if p_decision = 'accept' then
    select home_domain.held ->> 'since' into v_held_since
    from anchor_ops.home_domain
    where home_domain.network = p_network and home_domain.domain = p_domain
      -- Without one of the two there is nothing to accept. A thief may have changed it again since the person looked.
      and (home_domain.held is not null or home_domain.health ->> 'autoDisabledReason' is distinct from 'flapping')
      and (home_domain.held is null
        or anchor_ops.instant(home_domain.held ->> 'since') is distinct from anchor_ops.instant(p_held_since));
    if found then
      return jsonb_build_object('decided', false, 'heldSince', v_held_since);
    end if;
  end if;
  -- What a check that is under way was told of the home domain is not true any more. It is not recorded, and made again.
  if p_listing is null and p_decision <> 'disable' then
    update anchor_ops.due_check
    set token = null, claimed_until = '-infinity', due_at = least(due_check.due_at, clock_timestamp())
    where due_check.network = p_network and due_check.domain = p_domain;
  end if;
  perform from anchor_ops.home_domain
  where home_domain.network = p_network and home_domain.domain = p_domain for no key update;
  if not found then
    return null;
  end if;

  if p_listing is null then
    select jsonb_build_object('personSays', home_domain.person_says, 'trust', home_domain.trust,
      'operational', home_domain.operational, 'lastCheckedAt', anchor_ops.iso_time(home_domain.last_checked_at),
      'disabled', home_domain.health -> 'autoDisabledReason', 'held', home_domain.held)
    into v_reading
    from anchor_ops.home_domain where home_domain.network = p_network and home_domain.domain = p_domain;
    if p_decision = 'accept' then
      v_changes := anchor_ops.accept_identity(p_network, p_domain);
    else
      update anchor_ops.home_domain set person_says = v_says
      where home_domain.network = p_network and home_domain.domain = p_domain;
    end if;
    if p_decision <> 'disable' then
      v_changes := v_changes || anchor_ops.forgive_flapping(p_network, p_domain);
    end if;
    v_id := anchor_ops.record_decision_once(p_key_name, 'anchor', anchor_ops.anchor_subject(p_network, p_domain),
      p_decision, p_note, v_reading);
  else
    select jsonb_build_object('personSays', listing.person_says, 'operational', listing.operational_now,
      'why', to_jsonb(listing.why_now))
    into v_reading
    from anchor_ops.judged_listing as listing
    where listing.id = p_listing and listing.network = p_network and listing.domain = p_domain;
    if not found then
      return jsonb_build_object('decided', false);
    end if;
    update anchor_ops.listing set person_says = v_says where listing.id = p_listing;
    v_id := anchor_ops.record_decision_once(p_key_name, 'listing', p_listing, p_decision, p_note, v_reading);
  end if;
  perform anchor_ops.note_changes(p_network, array[p_domain], v_changes);
  return jsonb_build_object(
    'decided', true,
    'decision', (select anchor_ops.decision_json(made) from anchor_ops.decision as made where made.id = v_id)
  );
end $$;
comment on function public.decide_anchor is
  'Stores what a person says of a home domain, or of the one listing p_listing, once for a repeat: enable and disable stand above the rules until forget gives them back. accept makes the identity count that has been held since p_held_since. All but disable let a home domain return that was switched too often. The result is null for an unknown home domain; decided is false for a listing that is not of it, and for accept where another identity is held than that one, with heldSince, or none is and the home domain was not switched too often.';

grant execute on function anchor_ops.anchor_subject, anchor_ops.decisions_on_anchor, anchor_ops.accept_identity,
  anchor_ops.forgive_flapping, anchor_ops.record_decision_once, public.decide_anchor
  to service_role;

notify pgrst, 'reload schema';
