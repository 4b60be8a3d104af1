import { beforeAll, expect, test } from 'vitest'
import { databases, describeOnReal, type TestDatabase, useDatabase } from '../helpers/database.ts'

/** Functions of every form that ours may have, and of forms that only a mistake would make. */
const FUNCTIONS = `
create table public.t_parent (id integer primary key);
create table public.t_row (id integer primary key, n integer check (n > 0), parent integer references public.t_parent);
grant select, insert on public.t_row, public.t_parent to service_role;

create function public.t_text(a text) returns text language sql as 'select a';
create function public.t_int(a integer) returns integer language sql as 'select a';
create function public.t_bool(a boolean) returns boolean language sql as 'select not a';
create function public.t_bigint(a bigint) returns bigint language sql as 'select a';
create function public.t_bigint_text(a bigint) returns text language sql as 'select a::text';
create function public.t_numeric(a numeric) returns numeric language sql as 'select a';
create function public.t_double(a double precision) returns double precision language sql as 'select a';
create function public.t_timestamptz(a timestamptz) returns timestamptz language sql as 'select a';
create function public.t_uuid(a uuid) returns uuid language sql as 'select a';
create function public.t_bytea() returns bytea language sql as $$ select '\\xdead'::bytea $$;
create function public.t_array(a integer[]) returns integer[] language sql as 'select a';
create function public.t_json(a json) returns json language sql as 'select a';
create function public.t_jsonb(a jsonb) returns jsonb language sql as 'select a';
create function public.t_jsonb_null() returns jsonb language sql as 'select null::jsonb';
create function public.t_jsonb_types() returns jsonb language sql as
  $$ select jsonb_build_object('n', 3.0000000::numeric, 't', '2026-01-02T03:04:05.678+00'::timestamptz, 'b', 9007199254740993, 'u', null) $$;
create function public.t_void(a text) returns void language sql as $$ select set_config('t.void', a, true) $$;
create function public.t_setof_int(a integer) returns setof integer language sql as 'select * from generate_series(1, a)';
create function public.t_setof_jsonb() returns setof jsonb language sql as $$ values ('{"a":1}'::jsonb), ('2'), (null) $$;
create function public.t_setof_row() returns setof public.t_parent language sql as 'values (1), (2)';
create function public.t_row_type() returns public.t_parent language sql as 'select row(7)::public.t_parent';
create function public.t_table() returns table (a integer, b text) language sql as $$ values (1, 'x'), (2, null) $$;
create function public.t_out(out a integer, out b text) language sql as $$ select 1, 'x' $$;
create function public.t_none() returns integer language sql as 'select 42';
create function public.t_defaults(a integer, b integer default 10, c text default 'd') returns text language sql as $$ select a || ' ' || b || ' ' || c $$;
create function public.t_overload(a integer) returns text language sql as $$ select 'one' $$;
create function public.t_overload(a integer, b integer) returns text language sql as $$ select 'two' $$;
create function public."t Quoted ""name"""("Odd Arg" text) returns text language sql as 'select "Odd Arg"';
create function public.t_whoami() returns jsonb language sql as
  $$ select jsonb_build_object('user', current_user, 'role', current_setting('request.jwt.claims', true)::json ->> 'role', 'path', current_setting('request.path', true), 'method', current_setting('request.method', true)) $$;
create function public.t_stable_insert() returns void language plpgsql stable as $$ begin perform public.t_insert(99, 1, null); end $$;
create function public.t_insert(a integer, b integer, c integer) returns void language sql as 'insert into public.t_row values (a, b, c)';
create function public.t_raise(code text, message text, detail text, hint text) returns void language plpgsql as
  $$ begin raise exception '%', message using errcode = code, detail = detail, hint = hint; end $$;
create function public.t_plain_raise() returns void language plpgsql as $$ begin raise exception 'plain'; end $$;
create function public.t_assert() returns void language plpgsql as $$ begin assert false, 'asserted'; end $$;
create function public.t_divide(a integer) returns integer language sql as 'select 1 / a';
create function public.t_no_rows() returns void language plpgsql as $$ declare v integer; begin select id into strict v from public.t_row where id = -1; end $$;
create function public.t_secret() returns integer language sql as 'select 1';
create function public.t_search_path() returns text language sql as $$ select array_to_string(current_schemas(true), ',') $$;
grant execute on all functions in schema public to service_role;
revoke execute on all functions in schema public from anon, public;
grant execute on function public.t_text, public.t_whoami to anon;
`

interface Case {
  title: string
  name: string
  body?: unknown
  /** The body as text, instead of `body`. */
  raw?: string
  as?: 'service' | 'anon'
  /** What the test does not compare, and why. */
  differs?: { in: (answer: Answer) => void; why: string }
}

interface Answer {
  status: number
  contentType: string | null
  /** The text of a good answer. Parsing would hide digits beyond 2^53 and the scale of a number. */
  text: string | undefined
  body: Record<string, unknown> | null
}

const NO_HINT = {
  in: ({ body }: Answer) => delete body?.['hint'],
  why: 'PostgREST suggests a function with a similar name; ours does not',
}
const ROW_SEPARATOR = {
  in: (answer: Answer) => {
    answer.text = undefined
  },
  why: 'PostgREST writes a line break between rows',
}

const CASES: Case[] = [
  { title: 'text', name: 't_text', body: { a: 'x' } },
  { title: 'text null', name: 't_text', body: { a: null } },
  { title: 'empty text', name: 't_text', body: { a: '' } },
  { title: 'unicode', name: 't_text', body: { a: 'ä € 漢字 😀 \u202e \u0007 "\\/' } },
  { title: 'U+0000 in text', name: 't_text', raw: '{"a":"x\\u0000y"}' },
  { title: 'half a surrogate pair', name: 't_text', raw: '{"a":"\\ud800"}' },
  { title: 'SQL in text', name: 't_text', body: { a: "'; drop table x; --" } },
  { title: 'number for text', name: 't_text', body: { a: 12.5 } },
  { title: 'object for text', name: 't_text', body: { a: { b: [1] } } },
  { title: 'integer', name: 't_int', body: { a: -7 } },
  { title: 'integer written as text', name: 't_int', body: { a: '12' } },
  { title: 'integer out of range', name: 't_int', body: { a: 3_000_000_000 } },
  { title: 'words for an integer', name: 't_int', body: { a: 'twelve' } },
  { title: 'fraction for an integer', name: 't_int', body: { a: 1.5 } },
  { title: 'boolean', name: 't_bool', body: { a: true } },
  { title: 'boolean written as text', name: 't_bool', body: { a: 'off' } },
  { title: 'bigint beyond 2^53', name: 't_bigint', raw: '{"a":9007199254740993}' },
  { title: 'bigint as text', name: 't_bigint_text', body: { a: '9223372036854775807' } },
  { title: 'numeric keeps its scale', name: 't_numeric', raw: '{"a":3.0000000}' },
  { title: 'double', name: 't_double', body: { a: 0.1 } },
  { title: 'timestamptz', name: 't_timestamptz', body: { a: '2026-01-02T03:04:05.678Z' } },
  { title: 'bad timestamptz', name: 't_timestamptz', body: { a: 'yesterday-ish' } },
  { title: 'uuid', name: 't_uuid', body: { a: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' } },
  { title: 'bad uuid', name: 't_uuid', body: { a: 'nope' } },
  { title: 'bytea', name: 't_bytea', body: {} },
  { title: 'integer array', name: 't_array', body: { a: [1, 2, null] } },
  { title: 'json keeps text and order', name: 't_json', raw: '{"a":{"b" : 1.00,"a":1}}' },
  { title: 'jsonb', name: 't_jsonb', body: { a: { b: [1, 'x', null], c: { d: true } } } },
  { title: 'jsonb given null', name: 't_jsonb', body: { a: null } },
  { title: 'jsonb given text', name: 't_jsonb', body: { a: 'text' } },
  { title: 'jsonb given an array', name: 't_jsonb', body: { a: [] } },
  { title: 'jsonb with U+0000', name: 't_jsonb', raw: '{"a":{"x":"\\u0000"}}' },
  { title: 'SQL null as jsonb', name: 't_jsonb_null', body: {} },
  { title: 'numeric, timestamptz and bigint inside jsonb', name: 't_jsonb_types', body: {} },
  { title: 'void', name: 't_void', body: { a: 'x' } },
  { title: 'setof integer', name: 't_setof_int', body: { a: 3 } },
  { title: 'setof integer without rows', name: 't_setof_int', body: { a: 0 } },
  { title: 'setof jsonb', name: 't_setof_jsonb', body: {} },
  { title: 'setof rows', name: 't_setof_row', body: {}, differs: ROW_SEPARATOR },
  { title: 'one row', name: 't_row_type', body: {} },
  { title: 'returns table', name: 't_table', body: {}, differs: ROW_SEPARATOR },
  { title: 'out parameters', name: 't_out', body: {} },
  { title: 'no arguments', name: 't_none', body: {} },
  { title: 'no arguments, no body', name: 't_none', raw: '' },
  { title: 'all defaults taken', name: 't_defaults', body: { a: 1 } },
  { title: 'last default given', name: 't_defaults', body: { a: 1, c: 'z' } },
  { title: 'required argument missing', name: 't_defaults', body: { b: 1 }, differs: NO_HINT },
  { title: 'argument too many', name: 't_text', body: { a: 'x', zz: 1 }, differs: NO_HINT },
  { title: 'arguments for none', name: 't_none', body: { a: 1 }, differs: NO_HINT },
  { title: 'overload by number of arguments: one', name: 't_overload', body: { a: 1 } },
  { title: 'overload by number of arguments: two', name: 't_overload', body: { a: 1, b: 2 } },
  { title: 'quoted names', name: 't Quoted "name"', body: { 'Odd Arg': 'x' } },
  { title: 'unknown function', name: 't_nothing_like_it', body: { b: 1, a: 2 }, differs: NO_HINT },
  { title: 'unknown function, one argument', name: 'zzz', body: { b: 1 }, differs: NO_HINT },
  { title: 'unknown function, no argument', name: 'zzz', body: {}, differs: NO_HINT },
  { title: 'function of another schema', name: 'pg_sleep', body: { a: 1 }, differs: NO_HINT },
  { title: 'role and request as service_role', name: 't_whoami', body: {} },
  { title: 'role and request as anon', name: 't_whoami', body: {}, as: 'anon' },
  { title: 'granted to anon', name: 't_text', body: { a: 'x' }, as: 'anon' },
  { title: 'not granted to anon', name: 't_secret', body: {}, as: 'anon' },
  { title: 'write in a stable function', name: 't_stable_insert', body: {} },
  { title: 'search path', name: 't_search_path', body: {} },
  { title: 'check violation', name: 't_insert', body: { a: 1, b: -1, c: null } },
  { title: 'foreign key violation', name: 't_insert', body: { a: 1, b: 1, c: 5 } },
  { title: 'not null violation', name: 't_insert', body: { a: null, b: 1, c: null } },
  { title: 'unique violation, first', name: 't_insert', body: { a: 5, b: 1, c: null } },
  { title: 'unique violation, second', name: 't_insert', body: { a: 5, b: 1, c: null } },
  { title: 'no rows into strict', name: 't_no_rows', body: {} },
  { title: 'raise without a code', name: 't_plain_raise', body: {} },
  { title: 'failed assertion', name: 't_assert', body: {} },
  { title: 'division by zero', name: 't_divide', body: { a: 0 } },
  { title: 'body is not JSON', name: 't_text', raw: '{"a":' },
  { title: 'body is words', name: 't_text', raw: 'hello' },
  { title: 'body is null', name: 't_none', raw: 'null' },
  { title: 'body is a number', name: 't_none', raw: '7' },
  { title: 'body is an empty array', name: 't_none', raw: '[]' },
  { title: 'the same key twice', name: 't_text', raw: '{"a":"first","a":"second"}' },
  { title: 'white space round the body', name: 't_text', raw: ' \n{ "a" : "x" } ' },
  ...[
    'AO001',
    'PT402',
    'PT599',
    '22023',
    '23505',
    '23503',
    '28000',
    '42883',
    '42P01',
    '42501',
    '42P17',
  ].map(raised),
  ...['08006', '09000', '0L000', '0P000', '21000', '25000', '25006', '2D000', '38000', '39000'].map(
    raised,
  ),
  ...['3B000', '53300', '54000', '55P03', '57014', '58000', 'F0000', 'HV000', 'P0002', 'XX000'].map(
    raised,
  ),
  {
    title: 'raise with detail and hint',
    name: 't_raise',
    body: { code: 'AO002', message: 'm', detail: 'd', hint: 'h' },
  },
]

function raised(code: string): Case {
  return {
    title: `raise ${code}`,
    name: 't_raise',
    body: { code, message: `as ${code}`, detail: '', hint: 'h' },
  }
}

describeOnReal('our rpc fetch answers as PostgREST does', () => {
  const pair = databases().map((kind) => useDatabase(kind, { own: true }))

  beforeAll(async () => {
    for (const database of pair) {
      for (const statement of FUNCTIONS.split(/;\n/)) await database.query(statement)
      await database.reloadSchema()
    }
  })

  test.each(CASES)('$title', async (sent) => {
    const [ours, theirs] = (await Promise.all(pair.map((database) => post(database, sent)))) as [
      Answer,
      Answer,
    ]
    if (sent.differs) [ours, theirs].forEach(sent.differs.in)
    expect(ours).toEqual(theirs)
  })

  const NOT_EMULATED = [
    { title: 'a table', method: 'GET', path: '/rest/v1/t_row' },
    { title: 'an insert', method: 'POST', path: '/rest/v1/t_row' },
    { title: 'rpc by GET', method: 'GET', path: '/rest/v1/rpc/t_none' },
    { title: 'a filter on rpc', method: 'POST', path: '/rest/v1/rpc/t_setof_row?id=eq.1' },
    {
      title: 'a list as the body',
      method: 'POST',
      path: '/rest/v1/rpc/t_text',
      body: '[{"a":"x"}]',
    },
    { title: 'another service', method: 'GET', path: '/auth/v1/user' },
    { title: 'a path below rpc', method: 'POST', path: '/rest/v1/rpc/t_none/x' },
  ]

  test.each(NOT_EMULATED)(
    '$title: ours says 501 and never something else',
    async ({ method, path, body }) => {
      const ours = pair.find(({ kind }) => kind === 'embedded')
      const response = await ours?.fetch(`${ours.url}${path}`, {
        method,
        headers: { apikey: ours.serviceKey },
        ...(method === 'POST' ? { body: body ?? '{}' } : {}),
      })
      expect(response?.status).toBe(501)
    },
  )

  test.each(['', 'sb_secret_other'])('the key %j opens neither', async (key) => {
    const statuses = await Promise.all(
      pair.map(async ({ fetch: send, url }) => {
        const headers = {
          authorization: `Bearer ${key}`,
          apikey: key,
          'content-type': 'application/json',
        }
        const answer = await send(`${url}/rest/v1/rpc/t_secret`, {
          method: 'POST',
          headers,
          body: '{}',
        })
        return answer.status
      }),
    )
    expect(statuses).toEqual([401, 401])
  })
})

async function post(database: TestDatabase, sent: Case): Promise<Answer> {
  const key = sent.as === 'anon' ? database.anonKey : database.serviceKey
  const response = await database.fetch(
    `${database.url}/rest/v1/rpc/${encodeURIComponent(sent.name)}`,
    {
      method: 'POST',
      headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: sent.raw ?? JSON.stringify(sent.body),
    },
  )
  const text = await response.text()
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: response.ok ? text : undefined,
    body: text === '' ? null : JSON.parse(text),
  }
}
