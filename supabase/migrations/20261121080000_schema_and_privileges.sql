-- Who may reach what. Tables stand in a schema that the HTTP API does not expose; functions stand in public and are
-- granted by name. Nothing below relies on the default privileges of a hosted project: they are taken away first, so
-- that a project with "automatically expose new tables" and one without end up alike.

create schema anchor_ops;
comment on schema anchor_ops is
  'Tables of the anchor catalog. Not exposed over HTTP: reached only through the functions in schema public.';

revoke all on schema anchor_ops from public, anon, authenticated, service_role;
grant usage on schema anchor_ops to service_role;

-- A default privilege of one schema can only add to the global one, so execute is taken from PUBLIC globally.
alter default privileges revoke execute on functions from public;

alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
