-- Which release each Anchor Platform was last found to be, for a process that starts while the platform is away.

create table anchor_ops.platform_release (
  platform text primary key check (char_length(platform) between 1 and 2048),
  release text not null check (release ~ '^[0-9]{1,3}\.[0-9]{1,3}$'),
  found_at timestamptz not null
);
comment on table anchor_ops.platform_release is 'The release that was last found behind each platform. Writer: record_platform_release.';
comment on column anchor_ops.platform_release.platform is 'Host and path of its URL.';

create function public.record_platform_release(p_platform text, p_release text) returns jsonb
language sql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  insert into anchor_ops.platform_release (platform, release, found_at)
  values (p_platform, p_release, clock_timestamp())
  on conflict (platform) do update set release = excluded.release, found_at = excluded.found_at
  returning jsonb_build_object('release', platform_release.release)
$$;
comment on function public.record_platform_release is 'Stores the release that a platform was found to be.';

create function public.read_platform_release(p_platform text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object('release', platform_release.release)
  from anchor_ops.platform_release where platform_release.platform = p_platform
$$;
comment on function public.read_platform_release is
  'The release that a platform was last found to be; null if none was.';

grant execute on function public.record_platform_release, public.read_platform_release to service_role;

notify pgrst, 'reload schema';
