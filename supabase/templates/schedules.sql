-- Runs the schedules of vercel.json from a Supabase project, for a plan of Vercel that refuses crons which run every minute.
-- It is no migration, because only a hosted project has these extensions. docs/deploy.md says how to use it. Running it
-- again replaces the schedules.

create extension if not exists pg_cron;
create extension if not exists pg_net;

create or replace function anchor_ops.call_on_schedule(p_path text) returns bigint
language plpgsql security invoker set search_path = '' as $$
declare
  v_url text := (select decrypted_secret from vault.decrypted_secrets where name = 'anchor_ops_url');
  v_secret text := (
    select decrypted_secret from vault.decrypted_secrets where name = 'anchor_ops_cron_secret');
begin
  if v_url is null or v_secret is null then
    raise exception 'Cannot call %: the Vault has no secret "%"; allowed: both, anchor_ops_url and anchor_ops_cron_secret',
      p_path, case when v_url is null then 'anchor_ops_url' else 'anchor_ops_cron_secret' end;
  end if;
  -- pg_net begins no other request until those that it has begun are over, so it does not wait for the end of a run, which
  -- may take 300 s. The run goes on without a caller.
  return net.http_get(
    url := rtrim(v_url, '/') || p_path,
    headers := jsonb_build_object(
      'authorization', 'Bearer ' || v_secret, 'user-agent', 'vercel-cron/1.0 (pg_cron)'),
    timeout_milliseconds := 10000);
end $$;
comment on function anchor_ops.call_on_schedule(text) is
  'Calls a scheduled path of the deployment with the secret of the scheduler, both of which are in the Vault.';
revoke execute on function anchor_ops.call_on_schedule(text) from public, anon, authenticated, service_role;

-- pg_cron counts in UTC. A test holds these equal to the crons of vercel.json.
select cron.schedule(name, schedule, format('select anchor_ops.call_on_schedule(%L)', path))
from (values
  ('anchor-ops-sync', '0 */6 * * *', '/api/anchors/ops?action=sync'),
  ('anchor-ops-check', '*/10 * * * *', '/api/anchors/check'),
  ('anchor-ops-discover', '25 * * * *', '/api/anchors/discover'),
  ('anchor-ops-settle', '* * * * *', '/api/transactions/settle'),
  ('anchor-ops-observe', '* * * * *', '/api/payments/observe'),
  ('anchor-ops-deliver', '* * * * *', '/api/events/deliver')
) as job (name, schedule, path);
