-- Everything that waits for a person, of every part, in one list.

create function public.read_attention(
  p_late_seconds integer,
  p_accounts text[],
  p_source text,
  p_limit integer,
  p_cursor text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
-- The rows come from an index in their order, also where old statistics make another plan look cheaper. A plan that fits every
-- page size would join the page with all updates, because it cannot know that a page is short.
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  -- The newest first: a page begins before the row of its cursor. The values are constants of the plan, so that an index
  -- gives the rows of a page in their order from any place.
  v_before constant timestamptz := case when p_cursor is null then 'infinity' else anchor_ops.cursor_time(p_cursor) end;
  v_before_id constant text := anchor_ops.cursor_id(p_cursor);
  v_late constant timestamptz := clock_timestamp() - make_interval(secs => p_late_seconds);
begin
  return (
  with waiting as (
    (select 'update_' || lower(attempt.state) as kind, attempt.id::text as id, attempt.updated_at as since,
      attempt.transaction_id, attempt.id as attempt_id, null::integer as epoch, null as operation_id, null::jsonb as detail
    from anchor_ops.attempt
    where attempt.state in ('MANUAL', 'LOST')
      and attempt.updated_at <= v_before and (attempt.updated_at, attempt.id::text) < (v_before, v_before_id)
    order by attempt.updated_at desc, attempt.id desc
    limit greatest(p_limit, 1) + 1)
    union all
    (select 'update_late', attempt.id::text, attempt.created_at, attempt.transaction_id, attempt.id, null, null, null
    from anchor_ops.attempt
    where attempt.state in ('READY', 'SENDING', 'UNKNOWN') and attempt.created_at <= least(v_before, v_late)
      and (attempt.created_at, attempt.id::text) < (v_before, v_before_id)
    order by attempt.created_at desc, attempt.id desc
    limit greatest(p_limit, 1) + 1)
    union all
    (select 'payment', payment.operation_id, payment.open_since, payment.transaction_id, null, payment.epoch, payment.operation_id, null
    from anchor_ops.payment
    where payment.open_since is not null
      and payment.open_since <= v_before and (payment.open_since, payment.operation_id) < (v_before, v_before_id)
    order by payment.open_since desc, payment.operation_id desc
    limit greatest(p_limit, 1) + 1)
    union all
    select 'observer_alarm', observer.account || ' ' || observer.source, (observer.alarm ->> 'since')::timestamptz, null,
      null, null, null, observer.alarm || jsonb_build_object('account', observer.account, 'source', observer.source)
    from anchor_ops.observer
    where observer.alarm is not null and observer.account = any (p_accounts) and observer.source = p_source
    union all
    select 'difference', result.account || ' ' || result.asset || ' ' || result.closing_ledger, result.found_at, null, null,
      null, null,
      anchor_ops.reconciliation_json(result.epoch, result.account, result.asset, result.closing_ledger)
    from anchor_ops.reconciliation as result
    where result.difference <> 0 and result.explained_at is null and result.account = any (p_accounts)
      and result.epoch = anchor_ops.present_epoch()
    union all
    select 'unlisted', unlisted.sep || ' ' || unlisted.status || ' ' || unlisted.newer_id, unlisted.since, null, null, null, null,
      jsonb_build_object('sep', unlisted.sep, 'status', unlisted.status, 'newerId', nullif(unlisted.newer_id, ''),
        'olderId', unlisted.older_id, 'transactions', unlisted.transactions, 'message', unlisted.reason)
    from anchor_ops.unlisted
    where p_source is not null and cardinality(p_accounts) > 0
    union all
    select 'anchor_held', anchor_ops.anchor_subject(held.network, held.domain), anchor_ops.instant(held.held ->> 'since'), null,
      null, null, null, jsonb_build_object('network', held.network, 'domain', held.domain,
        'before', anchor_ops.sides_of(held.held -> 'changes', 'before'),
        'after', anchor_ops.sides_of(held.held -> 'changes', 'after'))
    from anchor_ops.home_domain as held
    where held.held is not null and held.person_says is null
      and anchor_ops.is_listed(held.network, held.domain)
    union all
    select 'anchor_flapping', anchor_ops.anchor_subject(flapping.network, flapping.domain), flapping.auto_disabled_at, null,
      null, null, null, jsonb_build_object('network', flapping.network, 'domain', flapping.domain,
        'flips', flapping.health -> 'flips', 'outcome', flapping.outcome, 'error', flapping.error)
    from anchor_ops.home_domain as flapping
    where flapping.auto_disabled_at is not null and flapping.health ->> 'autoDisabledReason' = 'flapping'
      and flapping.person_says is null and anchor_ops.is_listed(flapping.network, flapping.domain)
  ),
  page as (
    select waiting.* from waiting
    where (waiting.since, waiting.id) < (v_before, v_before_id)
    order by waiting.since desc, waiting.id desc
    limit greatest(p_limit, 1) + 1
  )
  select anchor_ops.page(
    'waiting', p_limit,
    array_agg(jsonb_build_object(
      'kind', page.kind,
      'id', page.id,
      'since', anchor_ops.iso_time(page.since),
      'transactionId', page.transaction_id,
      'detail', coalesce(
        page.detail,
        case when page.attempt_id is not null then jsonb_build_object(
          'state', attempt.state, 'method', attempt.method, 'params', attempt.params, 'custody', attempt.custody,
          'keyName', attempt.key_name, 'createdAt', anchor_ops.iso_time(attempt.created_at),
          'sentAt', anchor_ops.iso_time(attempt.sent_at), 'expiresAt', anchor_ops.iso_time(attempt.expires_at),
          'secondsSinceSent', floor(extract(epoch from clock_timestamp() - attempt.sent_at)),
          'outcome', attempt.outcome, 'ledger', attempt.ledger
        ) end,
        anchor_ops.payment_json(payment)
      )
    ) order by page.since desc, page.id desc),
    array_agg(anchor_ops.cursor_of(page.since, page.id) order by page.since desc, page.id desc)
  )
  from page
  left join anchor_ops.attempt on attempt.id = page.attempt_id
  left join anchor_ops.payment on (payment.epoch, payment.operation_id) = (page.epoch, page.operation_id)
  );
end $$;
comment on function public.read_attention is
  'A page of what waits for a person, the newest first: updates that only a person may end, updates that have been open for p_late_seconds, open money, alarms of the observer, differences in its books, places where the platform does not list a transaction, and anchors of directories and people that are held or flapping. The observer says something of p_accounts in p_source only: what it left of other accounts and sources no run of it can end. next is the p_cursor of the following page.';

create function public.count_attention(p_late_seconds integer, p_accounts text[], p_source text, p_most integer) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
-- Each count ends after p_most rows of an index, also where old statistics make another plan look cheaper.
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_late constant timestamptz := clock_timestamp() - make_interval(secs => p_late_seconds);
begin
  return jsonb_build_object(
    'update_manual', (select count(*) from (
      select from anchor_ops.attempt where attempt.state = 'MANUAL' limit p_most) as waiting),
    'update_lost', (select count(*) from (
      select from anchor_ops.attempt where attempt.state = 'LOST' limit p_most) as waiting),
    'update_late', (select count(*) from (
      select from anchor_ops.attempt
      where attempt.state in ('READY', 'SENDING', 'UNKNOWN') and attempt.created_at <= v_late
      order by attempt.created_at, attempt.id limit p_most) as waiting),
    'payment', (select count(*) from (
      select from anchor_ops.payment where payment.open_since is not null
      order by payment.open_since, payment.epoch, payment.operation_id limit p_most) as waiting),
    'observer_alarm', (select count(*) from anchor_ops.observer
      where observer.alarm is not null and observer.account = any (p_accounts) and observer.source = p_source),
    'difference', (select count(*) from (
      select from anchor_ops.reconciliation as result
      where result.difference <> 0 and result.explained_at is null and result.account = any (p_accounts)
        and result.epoch = anchor_ops.present_epoch() limit p_most) as waiting),
    'unlisted', (select count(*) from (
      select from anchor_ops.unlisted where p_source is not null and cardinality(p_accounts) > 0 limit p_most) as waiting),
    'anchor_held', (select count(*) from (
      select from anchor_ops.home_domain as held
      where held.held is not null and held.person_says is null and anchor_ops.is_listed(held.network, held.domain)
      limit p_most) as waiting),
    'anchor_flapping', (select count(*) from (
      select from anchor_ops.home_domain as flapping
      where flapping.auto_disabled_at is not null and flapping.health ->> 'autoDisabledReason' = 'flapping'
        and flapping.person_says is null and anchor_ops.is_listed(flapping.network, flapping.domain)
      limit p_most) as waiting)
  );
end $$;
comment on function public.count_attention is
  'How much of each kind read_attention would list, each counted up to p_most.';

grant execute on function public.read_attention, public.count_attention to service_role;

notify pgrst, 'reload schema';
