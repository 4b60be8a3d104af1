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

create function public.decide_anchor(
  p_network text,
  p_domain text,
  p_listing text,
  p_decision text,
  p_note text,
  p_key_name text
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_says text := nullif(p_decision, 'forget');
  v_reading jsonb;
  v_id uuid;
begin
  if p_decision is null or p_decision not in ('enable', 'disable', 'forget') then
    raise exception 'decide_anchor: the decision is enable, disable or forget' using errcode = 'invalid_parameter_value';
  end if;
  perform from anchor_ops.home_domain
  where home_domain.network = p_network and home_domain.domain = p_domain for no key update;
  if not found then
    return null;
  end if;

  if p_listing is null then
    select jsonb_build_object('personSays', home_domain.person_says, 'trust', home_domain.trust,
      'operational', home_domain.operational, 'lastCheckedAt', anchor_ops.iso_time(home_domain.last_checked_at))
    into v_reading
    from anchor_ops.home_domain where home_domain.network = p_network and home_domain.domain = p_domain;
    update anchor_ops.home_domain set person_says = v_says
    where home_domain.network = p_network and home_domain.domain = p_domain;
    v_id := anchor_ops.record_decision(p_key_name, 'anchor', anchor_ops.anchor_subject(p_network, p_domain), null,
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
    v_id := anchor_ops.record_decision(p_key_name, 'listing', p_listing, null, p_decision, p_note, v_reading);
  end if;
  return jsonb_build_object(
    'decided', true,
    'decision', (select anchor_ops.decision_json(made) from anchor_ops.decision as made where made.id = v_id)
  );
end $$;
comment on function public.decide_anchor is
  'Stores what a person says of a home domain, or of the one listing p_listing: enable and disable stand above the rules until forget gives them back. The result is null for an unknown home domain; decided is false for a listing that is not of it.';

grant execute on function anchor_ops.anchor_subject, anchor_ops.decisions_on_anchor, public.decide_anchor
  to service_role;

notify pgrst, 'reload schema';
