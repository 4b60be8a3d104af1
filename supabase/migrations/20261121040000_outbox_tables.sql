-- Events out: what others act upon is a row of the outbox, which the trigger of the changed table writes in the same
-- transaction. So no change can be stored without its event, and no event without its change.

create sequence anchor_ops.outbox_position;

create table anchor_ops.outbox (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  type text not null,
  subject text collate "C" not null,
  at timestamptz not null default clock_timestamp(),
  data jsonb not null,
  position bigint,
  published_at timestamptz,
  kept_until timestamptz,
  replay_of uuid,
  replayed_by text,
  only_to text[],
  constraint outbox_type_form check (type ~ '^[a-z_]{1,32}\.[a-z_]{1,32}$'),
  constraint outbox_subject_length check (char_length(subject) between 1 and 400),
  constraint outbox_data_object check (jsonb_typeof(data) = 'object'),
  constraint outbox_published_whole check ((position is null) = (published_at is null)),
  constraint outbox_replayed_whole check ((replay_of is null) = (replayed_by is null))
);
comment on table anchor_ops.outbox is 'Events that tell others of a change. They hold ids, codes and times, no secret and no person. Writers: tell (called by triggers), replay_event, publish_events; prune_events deletes what is old.';
comment on column anchor_ops.outbox.seq is 'The order in which the events were written. A transaction that began earlier may commit later, so readers go by position.';
comment on column anchor_ops.outbox.subject is 'What the event is about, such as transaction/ID. The events of one subject are delivered one after the other.';
comment on column anchor_ops.outbox.position is 'The place in the order in which events are read and delivered; null until publish_events has seen the commit.';
comment on column anchor_ops.outbox.kept_until is 'When prune_events looks whether it may go; null until it is published.';
comment on column anchor_ops.outbox.replay_of is 'The first event that this one repeats; null for a first one.';
comment on column anchor_ops.outbox.replayed_by is 'The name of the key of the person who asked for the replay.';
comment on column anchor_ops.outbox.only_to is 'The endpoints that get a replay; null for all.';

create index outbox_unpublished on anchor_ops.outbox (seq) where position is null;
create unique index outbox_by_position on anchor_ops.outbox (position) where position is not null;
create index outbox_by_subject on anchor_ops.outbox (subject, position) where position is not null;
create index outbox_by_type on anchor_ops.outbox (type, position) where position is not null;
create index outbox_by_publication on anchor_ops.outbox (published_at, position) where position is not null;
create index outbox_kept_until on anchor_ops.outbox (kept_until) where kept_until is not null;

create table anchor_ops.webhook_endpoint (
  id text collate "C" primary key,
  host text not null,
  types text[],
  configured_at timestamptz not null default clock_timestamp(),
  began_after bigint not null,
  delivered_at timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  last_failure text,
  paused_until timestamptz not null default '-infinity',
  constraint webhook_endpoint_id_form check (id ~ '^[0-9a-f]{16}$'),
  constraint webhook_endpoint_failures_not_negative check (failures >= 0)
);
comment on table anchor_ops.webhook_endpoint is 'The URLs that events are delivered to. The URLs themselves are settings and may hold a secret, so they are not stored. Writers: register_endpoints, claim_lanes, record_delivery, record_failed_delivery.';
comment on column anchor_ops.webhook_endpoint.id is 'The beginning of the SHA-256 of the URL.';
comment on column anchor_ops.webhook_endpoint.types is 'The types of events that it gets; null for all.';
comment on column anchor_ops.webhook_endpoint.configured_at is 'When an instance last named it, to the hour. Three days later it is forgotten, with its lanes.';
comment on column anchor_ops.webhook_endpoint.began_after is 'The last position when it was first named. Earlier events are not delivered to it.';
comment on column anchor_ops.webhook_endpoint.delivered_at is 'When it last took an event, to the second.';
comment on column anchor_ops.webhook_endpoint.failures is 'How many deliveries in a row have failed, of whatever subject.';
comment on column anchor_ops.webhook_endpoint.last_failure is 'A code; null while the last delivery succeeded.';
comment on column anchor_ops.webhook_endpoint.paused_until is 'Nothing is delivered to it before this time.';

create table anchor_ops.webhook_lane (
  endpoint text collate "C" not null references anchor_ops.webhook_endpoint (id),
  subject text collate "C" not null,
  after bigint not null,
  last bigint not null,
  due_at timestamptz not null,
  tries integer not null default 0,
  failed_at timestamptz,
  refused_since timestamptz,
  last_failure text,
  claimed_at timestamptz,
  claimed_until timestamptz not null default '-infinity',
  token uuid,
  primary key (endpoint, subject),
  constraint webhook_lane_waits check (after <= last)
) with (fillfactor = 80);
comment on table anchor_ops.webhook_lane is 'The work queue of deliveries: one row for each subject with events that an endpoint has not taken. Who claims it delivers them in order, so any number of instances at once keep the order of a subject. Writers: publish_events, claim_lanes, record_delivery, record_failed_delivery, release_lanes, park_old_events.';
comment on column anchor_ops.webhook_lane.after is 'The position of the last event that was taken or parked.';
comment on column anchor_ops.webhook_lane.last is 'The position of the last event for the endpoint. The row goes when after reaches it.';
comment on column anchor_ops.webhook_lane.tries is 'How often the first event behind after was sent in vain.';
comment on column anchor_ops.webhook_lane.failed_at is 'When the last try in vain began; null before one.';
comment on column anchor_ops.webhook_lane.refused_since is 'When the first event behind after failed again although the endpoint had taken another since the try before: the fault is its own, and not the host''s. Null until then.';
comment on column anchor_ops.webhook_lane.claimed_at is 'When the claim, or under it the sending of the next event, began.';
comment on column anchor_ops.webhook_lane.claimed_until is 'From this time on another instance may claim the lane.';
comment on column anchor_ops.webhook_lane.token is 'The claim. What an instance records under another token is not stored.';

create index webhook_lane_due on anchor_ops.webhook_lane (endpoint, due_at, subject);
create index webhook_lane_by_subject on anchor_ops.webhook_lane (subject);

create table anchor_ops.parked_event (
  endpoint text collate "C" not null references anchor_ops.webhook_endpoint (id),
  position bigint not null,
  event_id uuid not null,
  subject text collate "C" not null,
  tries integer not null,
  failure text,
  parked_at timestamptz not null default clock_timestamp(),
  told_at timestamptz,
  replayed_at timestamptz,
  primary key (endpoint, position)
);
comment on table anchor_ops.parked_event is 'The dead letters: events that an endpoint did not take and that are not tried any more. Writers: record_failed_delivery, park_old_events, record_delivery, replay_event.';
comment on column anchor_ops.parked_event.event_id is 'The id that a replay of it has too.';
comment on column anchor_ops.parked_event.told_at is 'When the endpoint took a later event of the subject, which names this one as missed.';
comment on column anchor_ops.parked_event.replayed_at is 'When a person last had it sent again; null while it waits for that.';

create index parked_event_untold on anchor_ops.parked_event (endpoint, subject, position) where told_at is null;
create index parked_event_waiting on anchor_ops.parked_event (position) where replayed_at is null;
create index parked_event_by_position on anchor_ops.parked_event (position);
create index parked_event_by_time on anchor_ops.parked_event (parked_at);
create index parked_event_by_event on anchor_ops.parked_event (event_id);

notify pgrst, 'reload schema';
