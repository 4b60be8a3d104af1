-- One run at a time writes to the catalog. The lease says which; its fence, a number that only grows, lets the
-- database refuse a run that was believed dead and comes back.

create table anchor_ops.lease (
  name text primary key,
  holder uuid,
  fence bigint not null default 0,
  expires_at timestamptz not null default '-infinity',
  constraint lease_name_known check (name in ('catalog')),
  constraint lease_fence_not_negative check (fence >= 0)
);
comment on table anchor_ops.lease is 'The right to write to the catalogue: at most one holder at a time. Writers: start_run, record_checks, finish_run.';
comment on column anchor_ops.lease.name is 'What is leased; one row per thing.';
comment on column anchor_ops.lease.holder is 'Chosen by the caller of start_run; null once the run has finished.';
comment on column anchor_ops.lease.fence is 'Grows by one whenever the lease is taken. A writer with an older fence is refused.';
comment on column anchor_ops.lease.expires_at is 'From then on another run may take the lease. Server clock.';

insert into anchor_ops.lease (name) values ('catalog');

create table anchor_ops.run (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  trigger text not null,
  fence bigint not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  answer jsonb,
  constraint run_kind_known check (kind in ('sync', 'refresh_capabilities', 'import_directory')),
  constraint run_trigger_form check (trigger ~ '^[a-z_]{1,32}$'),
  constraint run_fence_once unique (fence),
  constraint run_answer_when_finished check (answer is null or finished_at is not null)
);
comment on table anchor_ops.run is 'One row per run that got the lease; the newest 200 of each kind are kept. Writers: start_run, finish_run.';
comment on column anchor_ops.run.id is 'Shown to callers as runId.';
comment on column anchor_ops.run.kind is 'The action that was asked for.';
comment on column anchor_ops.run.trigger is 'What started it, such as a schedule or a person.';
comment on column anchor_ops.run.fence is 'The fence this run got with the lease.';
comment on column anchor_ops.run.started_at is 'When the lease was taken. Server clock.';
comment on column anchor_ops.run.finished_at is 'When finish_run was called; null for a run that is under way or died.';
comment on column anchor_ops.run.answer is 'What the run answered, given again to a caller who asks too soon.';

create index run_finished_by_kind on anchor_ops.run (kind, finished_at desc) where finished_at is not null;
create index run_started_by_kind on anchor_ops.run (kind, started_at desc);

alter table anchor_ops.lease enable row level security;
alter table anchor_ops.lease force row level security;
create policy lease_service_role on anchor_ops.lease to service_role using (true) with check (true);
alter table anchor_ops.run enable row level security;
alter table anchor_ops.run force row level security;
create policy run_service_role on anchor_ops.run to service_role using (true) with check (true);

revoke all on anchor_ops.lease, anchor_ops.run from public, anon, authenticated, service_role;
grant select, update on anchor_ops.lease to service_role;
grant select, insert, update, delete on anchor_ops.run to service_role;
