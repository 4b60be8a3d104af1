-- People act through keys: each key has a name and scopes, and is stored as a hash. What a person does is a decision, a row
-- that is never edited.

create table anchor_ops.api_key (
  name text collate "C" primary key,
  secret_sha256 text collate "C" not null,
  scopes text[] not null,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_by text,
  revoked_at timestamptz,
  constraint api_key_secret_once unique (secret_sha256),
  constraint api_key_name_form check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  constraint api_key_secret_sha256_form check (secret_sha256 ~ '^[0-9a-f]{64}$'),
  constraint api_key_scopes_known check (
    cardinality(scopes) > 0 and scopes <@ array['read', 'update', 'force', 'decide']
  ),
  constraint api_key_revoked_whole check ((revoked_at is null) = (revoked_by is null))
);
comment on table anchor_ops.api_key is 'The named keys of the business. Only revoked_at and revoked_by change, once; no row is deleted, so that a name always means the same key. Writers: create_key, revoke_key.';
comment on column anchor_ops.api_key.secret_sha256 is 'The secret itself has 256 random bits and is not stored.';

create function anchor_ops.guard_api_key() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if tg_op = 'DELETE' or old.revoked_at is not null
    or (new.name, new.secret_sha256, new.scopes, new.created_by, new.created_at, new.expires_at)
      is distinct from (old.name, old.secret_sha256, old.scopes, old.created_by, old.created_at, old.expires_at) then
    raise exception 'api_key %: a key is revoked once, and changes in nothing else', old.name using errcode = 'AO002';
  end if;
  return new;
end $$;
comment on function anchor_ops.guard_api_key is 'Refuses, with AO002, a deletion and every change but the first revocation.';

create trigger api_key_guard before update or delete on anchor_ops.api_key
  for each row execute function anchor_ops.guard_api_key();

create table anchor_ops.decision (
  seq bigint generated always as identity primary key,
  id uuid not null default gen_random_uuid(),
  at timestamptz not null default clock_timestamp(),
  key_name text not null,
  about text not null,
  subject text collate "C" not null,
  transaction_id text collate "C",
  decision text not null,
  note text,
  reading jsonb not null,
  new_attempt_id uuid,
  constraint decision_id_once unique (id),
  constraint decision_known check (
    (about, decision) in (
      ('attempt', 'applied'), ('attempt', 'rejected'), ('attempt', 'not_applied'), ('attempt', 'withdrawn'),
      ('attempt', 'forced'), ('attempt', 'replayed'), ('payment', 'assign'),
      ('payment', 'refunded'), ('payment', 'reported'), ('payment', 'ignored'), ('payment', 'reopen'),
      ('observer', 'restarted'), ('books', 'explained'), ('anchor', 'enable'), ('anchor', 'disable'),
      ('anchor', 'forget'), ('anchor', 'accept'), ('listing', 'enable'), ('listing', 'disable'), ('listing', 'forget'), ('key', 'created'), ('key', 'revoked')
    )
  ),
  constraint decision_key_name_length check (char_length(key_name) between 1 and 64),
  constraint decision_subject_length check (char_length(subject) between 1 and 255),
  constraint decision_note_length check (char_length(note) between 1 and 1000),
  constraint decision_reading_object check (jsonb_typeof(reading) = 'object'),
  constraint decision_new_attempt_of_replay check ((decision = 'replayed') = (new_attempt_id is not null))
);
comment on table anchor_ops.decision is 'What people did: who, when, about what, with what note, and what the service showed of it then. No row is edited or deleted. Writer: record_decision.';
comment on column anchor_ops.decision.key_name is 'The name of the key that the person used.';
comment on column anchor_ops.decision.subject is 'The id of the attempt or payment, the account of the observer, the account, asset and closing ledger of books, the network and home domain of an anchor, the id of a listing, or the name of the key.';
comment on column anchor_ops.decision.reading is 'What was stored about the subject when it was decided.';
comment on column anchor_ops.decision.new_attempt_id is 'The update that a replay stored.';

create index decision_by_subject on anchor_ops.decision (about, subject, seq);
-- A failed update is sent anew once; what fails again is replayed itself.
create unique index decision_replayed_once on anchor_ops.decision (subject) where decision = 'replayed';

create function anchor_ops.guard_decision() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  raise exception 'decision %: decisions are never edited or deleted', old.id using errcode = 'AO002';
end $$;
comment on function anchor_ops.guard_decision is 'Refuses, with AO002, every change and deletion of a decision.';

create trigger decision_guard before update or delete on anchor_ops.decision
  for each row execute function anchor_ops.guard_decision();

create function anchor_ops.record_decision(
  p_key_name text,
  p_about text,
  p_subject text,
  p_transaction_id text,
  p_decision text,
  p_note text,
  p_reading jsonb
) returns uuid
language sql volatile security invoker set search_path = ''
as $$
  insert into anchor_ops.decision (key_name, about, subject, transaction_id, decision, note, reading)
  values (p_key_name, p_about, p_subject, p_transaction_id, p_decision, p_note, p_reading)
  returning decision.id
$$;
comment on function anchor_ops.record_decision is 'Stores a decision in the step that carries it out, and returns its id.';

create function anchor_ops.decision_json(p_decision anchor_ops.decision) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_decision.id,
    'at', anchor_ops.iso_time(p_decision.at),
    'keyName', p_decision.key_name,
    'about', p_decision.about,
    'subject', p_decision.subject,
    'transactionId', p_decision.transaction_id,
    'decision', p_decision.decision,
    'note', p_decision.note,
    'reading', p_decision.reading,
    'newAttemptId', p_decision.new_attempt_id
  )
$$;
comment on function anchor_ops.decision_json is 'A decision in the form of the answers.';

create function anchor_ops.last_decision(p_about text, p_subject text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select anchor_ops.decision_json(made) from anchor_ops.decision as made
  where made.about = p_about and made.subject = p_subject
  order by made.seq desc limit 1
$$;
comment on function anchor_ops.last_decision is 'The last decision about a subject; null without one.';

create function public.read_decisions(
  p_since timestamptz,
  p_about text,
  p_subject text,
  p_descending boolean,
  p_limit integer,
  p_cursor text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_made anchor_ops.decision[];
begin
  -- Each order has a query of its own, because an index gives no rows in an order that depends on an argument.
  if p_descending then
    v_made := array(
      select made from anchor_ops.decision as made
      where (p_since is null or made.at >= p_since) and (p_about is null or made.about = p_about)
        and (p_subject is null or made.subject = p_subject) and (p_cursor is null or made.seq < p_cursor::bigint)
      order by made.seq desc limit greatest(p_limit, 1) + 1
    );
  else
    v_made := array(
      select made from anchor_ops.decision as made
      where (p_since is null or made.at >= p_since) and (p_about is null or made.about = p_about)
        and (p_subject is null or made.subject = p_subject) and (p_cursor is null or made.seq > p_cursor::bigint)
      order by made.seq limit greatest(p_limit, 1) + 1
    );
  end if;
  return (
    select anchor_ops.page('decisions', p_limit,
      array_agg(anchor_ops.decision_json(v_made[made.place]) order by made.place),
      array_agg((v_made[made.place]).seq::text order by made.place))
    from generate_subscripts(v_made, 1) as made (place)
  );
end $$;
comment on function public.read_decisions is
  'A page of the decisions, the oldest first or, with p_descending, the newest. next is the p_cursor of the following page.';

create function anchor_ops.api_key_json(p_key anchor_ops.api_key) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'name', p_key.name,
    'scopes', to_jsonb(p_key.scopes),
    'createdBy', p_key.created_by,
    'createdAt', anchor_ops.iso_time(p_key.created_at),
    'expiresAt', anchor_ops.iso_time(p_key.expires_at),
    'revokedBy', p_key.revoked_by,
    'revokedAt', anchor_ops.iso_time(p_key.revoked_at),
    'state', case when p_key.revoked_at is not null then 'revoked'
      when p_key.expires_at <= clock_timestamp() then 'expired' else 'usable' end
  )
$$;
comment on function anchor_ops.api_key_json is 'A key in the form of the answers, without its hash.';

create function public.create_key(
  p_name text,
  p_secret_sha256 text,
  p_scopes text[],
  p_expires_in_seconds double precision,
  p_note text,
  p_key_name text,
  p_most_keys integer
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_key anchor_ops.api_key;
begin
  perform anchor_ops.lock_names(array['keys']);
  select * into v_key from anchor_ops.api_key where api_key.name = p_name;
  if found then
    return jsonb_build_object('created', v_key.secret_sha256 = p_secret_sha256, 'refusal',
      case when v_key.secret_sha256 <> p_secret_sha256 then 'name_used' end, 'key', anchor_ops.api_key_json(v_key));
  end if;
  if (
    select count(*) from anchor_ops.api_key
    where api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > clock_timestamp())
  ) >= p_most_keys then
    return jsonb_build_object('created', false, 'refusal', 'too_many_keys', 'key', null);
  end if;
  insert into anchor_ops.api_key (name, secret_sha256, scopes, created_by, expires_at)
  values (p_name, p_secret_sha256, p_scopes, p_key_name, clock_timestamp() + make_interval(secs => p_expires_in_seconds))
  returning * into v_key;
  perform anchor_ops.record_decision(p_key_name, 'key', p_name, null, 'created', p_note, anchor_ops.api_key_json(v_key));
  return jsonb_build_object('created', true, 'refusal', null, 'key', anchor_ops.api_key_json(v_key));
end $$;
comment on function public.create_key is
  'Stores a named key, unless its name was ever used (name_used) or p_most_keys keys are usable (too_many_keys). The same call again changes nothing and is answered with created.';

create function public.revoke_key(p_name text, p_note text, p_key_name text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_key anchor_ops.api_key;
begin
  select * into v_key from anchor_ops.api_key where api_key.name = p_name for update;
  if not found then
    return null;
  end if;
  if v_key.revoked_at is not null then
    return jsonb_build_object('revoked', false, 'key', anchor_ops.api_key_json(v_key),
      'decision', anchor_ops.last_decision('key', p_name));
  end if;
  perform anchor_ops.record_decision(p_key_name, 'key', p_name, null, 'revoked', p_note, anchor_ops.api_key_json(v_key));
  update anchor_ops.api_key set revoked_at = clock_timestamp(), revoked_by = p_key_name where api_key.name = p_name
  returning * into v_key;
  return jsonb_build_object('revoked', true, 'key', anchor_ops.api_key_json(v_key),
    'decision', anchor_ops.last_decision('key', p_name));
end $$;
comment on function public.revoke_key is
  'Revokes a key for good. revoked is false for a key that was revoked before, with the decision that did it. The result is null for an unknown name.';

create function public.read_keys() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('keys', coalesce(
    jsonb_agg(anchor_ops.api_key_json(api_key) order by api_key.created_at, api_key.name), '[]'
  ))
  from anchor_ops.api_key
$$;
comment on function public.read_keys is 'Every named key, the oldest first, revoked and expired ones too.';

create function public.read_key_hashes() returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('hashes', coalesce(jsonb_agg(api_key.secret_sha256), '[]')) from anchor_ops.api_key
$$;
comment on function public.read_key_hashes is
  'The hashes of all keys, so that a wrong key costs no call of the database.';

create function public.find_key(p_secret_sha256 text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select anchor_ops.api_key_json(api_key) from anchor_ops.api_key where api_key.secret_sha256 = p_secret_sha256
$$;
comment on function public.find_key is 'The key with this hash as it is now; null for an unknown hash.';

grant execute on function anchor_ops.guard_api_key, anchor_ops.guard_decision, anchor_ops.record_decision,
  anchor_ops.decision_json, anchor_ops.last_decision, anchor_ops.api_key_json, public.read_decisions, public.create_key, public.revoke_key, public.read_keys, public.read_key_hashes, public.find_key
  to service_role;

notify pgrst, 'reload schema';
