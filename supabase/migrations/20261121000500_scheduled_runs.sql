-- A run that stops being called leaves no row, so what a scheduler starts has a row from the beginning. Health compares its
-- times with the schedule.

create table anchor_ops.scheduled_run (
  kind text primary key,
  watched_since timestamptz not null default now(),
  ended_at timestamptz,
  ok_at timestamptz,
  failure text,
  failing_since timestamptz,
  failures_in_a_row integer not null default 0,
  constraint scheduled_run_kind_known check (kind in ('sync', 'check', 'discover', 'settle', 'observe', 'deliver')),
  constraint scheduled_run_failure_form check (failure ~ '^[a-z_]{1,64}$'),
  constraint scheduled_run_failure_whole check (
    (failure is null) = (failing_since is null) and (failure is null) = (failures_in_a_row = 0)
  )
);
comment on table anchor_ops.scheduled_run is 'How the last run of each kind that a scheduler starts ended, whoever started it. Writers: finish_run and end_scheduled_run.';
comment on column anchor_ops.scheduled_run.watched_since is 'When the database was set up: a kind that never ran is overdue some time after it.';
comment on column anchor_ops.scheduled_run.ended_at is 'When a run last ended, well or not; null before the first. A run that died never ends.';
comment on column anchor_ops.scheduled_run.ok_at is 'When a run last ended well.';
comment on column anchor_ops.scheduled_run.failure is 'The code of the error with which the last run ended; null if it ended well.';
comment on column anchor_ops.scheduled_run.failing_since is 'When the first of the failures in a row ended.';

insert into anchor_ops.scheduled_run (kind) values ('sync'), ('check'), ('discover'), ('settle'), ('observe'), ('deliver');

create function public.end_scheduled_run(p_kind text, p_failure text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  update anchor_ops.scheduled_run as run
  set ended_at = clock_timestamp(),
    ok_at = case when p_failure is null then clock_timestamp() else run.ok_at end,
    failure = p_failure,
    failing_since = case when p_failure is not null then coalesce(run.failing_since, clock_timestamp()) end,
    failures_in_a_row = case when p_failure is null then 0 else run.failures_in_a_row + 1 end
  where run.kind = p_kind;
  return jsonb_build_object('noted', found);
end $$;
comment on function public.end_scheduled_run is
  'Notes how a run ended: with the code of an error, or well if p_failure is null. noted is false for a kind that no scheduler starts.';

create function public.read_scheduled_runs() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'runs', coalesce(jsonb_agg(jsonb_build_object(
      'kind', run.kind,
      'watchedSince', anchor_ops.iso_time(run.watched_since),
      'endedAt', anchor_ops.iso_time(run.ended_at),
      'okAt', anchor_ops.iso_time(run.ok_at),
      'failure', run.failure,
      'failingSince', anchor_ops.iso_time(run.failing_since),
      'failuresInARow', run.failures_in_a_row
    ) order by run.kind), '[]')
  )
  from anchor_ops.scheduled_run as run
$$;
comment on function public.read_scheduled_runs is 'How the last run of each kind that a scheduler starts ended, and the time of the database.';

grant execute on function public.end_scheduled_run, public.read_scheduled_runs to service_role;

notify pgrst, 'reload schema';
