-- Tables are in schema anchor_ops, which the HTTP API does not expose. Functions that HTTP reaches are in schema public,
-- and each is granted by name. The default privileges of a hosted project are taken away first, so that the result does
-- not depend on the setting "automatically expose new tables".

create schema anchor_ops;
comment on schema anchor_ops is
  'Tables and inner functions of Anchor Ops. HTTP reaches them only through the functions in schema public.';

revoke all on schema anchor_ops from public, anon, authenticated, service_role;
grant usage on schema anchor_ops to service_role;

-- The default privileges of one schema only add to the global ones, so execute is taken from PUBLIC globally.
alter default privileges revoke execute on functions from public;

alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

-- A hosted project has this schema, and keeps extensions in it. pg_trgm is one of PostgreSQL's own.
create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;

notify pgrst, 'reload schema';
