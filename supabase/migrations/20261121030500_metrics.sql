-- The figures of /api/metrics, which a monitor asks for every few seconds. What may grow without end is counted over the last
-- hour, and every count ends after p_most rows of an index.

create function public.read_metrics(
  p_network text,
  p_accounts text[],
  p_source text,
  p_late_seconds integer,
  p_overdue_seconds integer,
  p_most integer
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
-- The rows come from an index in their order, also where old statistics make another plan look cheaper.
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_hour_ago constant timestamptz := now() - interval '1 hour';
  v_overdue constant timestamptz := now() - make_interval(secs => p_overdue_seconds);
begin
  return jsonb_build_object(
    'now', anchor_ops.iso_time(now()),
    'runs', public.read_scheduled_runs() -> 'runs',
    'openUpdates', (
      select jsonb_object_agg(open.state, (
        select count(*) from (
          select from anchor_ops.attempt where attempt.state = open.state limit p_most
        ) as one
      ))
      from unnest(array['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST']) as open (state)
    ),
    'oldestUnsettledAt', anchor_ops.iso_time((
      select attempt.created_at from anchor_ops.attempt
      where attempt.state in ('READY', 'SENDING', 'UNKNOWN') order by attempt.created_at, attempt.id limit 1
    )),
    'endedUpdates', (
      select jsonb_build_object(
        'isWhole', coalesce(sum(counted.updates), 0) <= p_most,
        'counts', coalesce(jsonb_object_agg(counted.state, counted.updates)
          filter (where counted.state not in ('READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST')), '{}')
      )
      from (
        select recent.state, count(*) as updates from (
          select attempt.state from anchor_ops.attempt
          where attempt.updated_at > v_hour_ago order by attempt.updated_at desc limit p_most + 1
        ) as recent group by recent.state
      ) as counted
    ),
    'judgedPayments', (
      select jsonb_build_object(
        'isWhole', coalesce(sum(counted.payments), 0) <= p_most,
        'counts', coalesce(jsonb_object_agg(counted.verdict, counted.payments), '{}')
      )
      from (
        select recent.verdict, count(*) as payments from (
          select payment.verdict from anchor_ops.payment
          where payment.judged_at > v_hour_ago
          order by payment.judged_at desc, payment.operation_id desc limit p_most + 1
        ) as recent group by recent.verdict
      ) as counted
    ),
    'openMoney', public.read_open_money(p_most, 20),
    'observed', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'account', observer.account,
        'completeUntil', anchor_ops.iso_time(observer.complete_until),
        'hasAlarm', observer.alarm is not null
      ) order by observer.account), '[]')
      from anchor_ops.observer where observer.account = any (p_accounts) and observer.source = p_source
    ),
    'catalog', (
      select jsonb_build_object(
        'listings', coalesce(sum(summary.listings) filter (where not summary.operational), 0),
        'operational', coalesce(sum(summary.listings) filter (where summary.operational), 0)
      )
      from anchor_ops.country_summary as summary where summary.network = p_network
    ),
    'checks', (
      select jsonb_agg(jsonb_build_object(
        'priority', waiting.priority,
        'due', (select count(*) from (
          select from anchor_ops.due_check
          where due_check.network = p_network and due_check.priority = waiting.priority and due_check.due_at <= now()
          order by due_check.due_at limit p_most) as one),
        'overdue', (select count(*) from (
          select from anchor_ops.due_check
          where due_check.network = p_network and due_check.priority = waiting.priority and due_check.due_at <= v_overdue
          order by due_check.due_at limit p_most) as one)
      ) order by waiting.priority)
      from generate_series(0, 2) as waiting (priority)
    ),
    'attention', public.count_attention(p_late_seconds, p_accounts, p_source, p_most)
  );
end $$;
comment on function public.read_metrics is
  'The figures of the metrics: how the last runs ended, updates by state and those that ended within the last hour, payments judged within it, open money, the observer of p_accounts in p_source, the catalog of p_network, checks that are due and those due for p_overdue_seconds, and what waits for a person. A count that may be larger ends at p_most.';

grant execute on function public.read_metrics to service_role;

notify pgrst, 'reload schema';
