-- What a hosted Supabase project holds before its first migration, as far as ours touch it: the API's roles and the
-- default privileges of a project that exposes new tables automatically. Those are the dangerous ones, so the embedded
-- database has them too and the migrations have to take them away.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;

grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
