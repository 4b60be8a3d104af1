import type { PGlite } from '@electric-sql/pglite'

/** The role of each API key. In a hosted project the gateway and its JWTs give it. */
export type RoleOfKey = ReadonlyMap<string, 'service_role' | 'anon'>

interface DatabaseFunction {
  arguments: { name: string; type: string; optional: boolean }[]
  returnsVoid: boolean
  returnsSet: boolean
  returnsRow: boolean
  readOnly: boolean
}

interface Arguments {
  json: string
  names: string[]
  isList: boolean
}

/** The fields of a Postgres error that PostgREST passes on. */
interface PostgresError {
  code: string
  message: string
  detail?: string
  hint?: string
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' }
const RPC_PATH = /^\/rest\/v1\/rpc\/([^/]+)$/

// What differs from PostgREST 12:
// - It answers 501 to every other path and method (tables, `GET` rpc), to filters, `select`, order and limits on a result,
//   and to a list as the body.
// - It ignores the headers `Content-Type`, `Prefer`, `Range`, `Accept` and those of profiles. A key gives its role; JWTs
//   are not read.
// - It does not tell apart overloads that differ in types only, functions with one unnamed argument, and variadic ones.
// - A missing function gets no "Perhaps you meant" hint, and PGlite obeys no `statement_timeout`.
// `tests/db/postgrest-conformance.test.ts` compares the rest with the real one.

/**
 * Makes a `fetch` for `createDatabase` that answers `POST /rest/v1/rpc/<function>` from PGlite as PostgREST 12 does, one
 * request at a time.
 */
export async function createPostgrestRpc(
  database: PGlite,
  roleOfKey: RoleOfKey,
): Promise<typeof fetch> {
  const findFunctions = await createSchemaCache(database)
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const functionName = decodeURIComponent(RPC_PATH.exec(url.pathname)?.[1] ?? '')
    if (functionName === '' || request.method !== 'POST' || url.search !== '') {
      return notEmulated(`${request.method} ${url.pathname}${url.search}`)
    }

    const role = roleOfKey.get(request.headers.get('apikey') ?? '')
    if (role === undefined) return Response.json({ message: 'Invalid API key' }, { status: 401 })

    const args = readArguments(await request.text())
    if (args === null) {
      return postgrestError(400, { code: 'PGRST102', message: 'Empty or invalid json' })
    }
    if (args.isList) return notEmulated('a list as the body')

    request.signal.throwIfAborted()
    try {
      const functions = await findFunctions(functionName)
      return await callFunction(database, functions, role, functionName, args)
    } catch (error) {
      const postgres = asPostgresError(error)
      return postgrestError(statusOf(postgres.code, role), postgres)
    }
  }
}

/** Null when the body is not JSON. PostgREST reads an empty body as no arguments. */
function readArguments(body: string): Arguments | null {
  if (body === '') return { json: '{}', names: [], isList: false }
  try {
    const value: unknown = JSON.parse(
      body,
      HALF_SURROGATE.test(body) ? refuseHalfSurrogates : undefined,
    )
    const isObject = typeof value === 'object' && value !== null
    return {
      // Postgres gets the text as it came, because parsing would round numbers beyond 2^53.
      json: body,
      names: isObject ? Object.keys(value) : [],
      isList: Array.isArray(value) && value.length > 0,
    }
  } catch {
    return null
  }
}

const HALF_SURROGATE = /\\ud[89a-f]/i

function refuseHalfSurrogates(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('half a surrogate pair')
  }
  return value
}

/**
 * Calls a function in one message to PGlite: its statements are one transaction. With a message for each step, a call of
 * the cheapest function took 2.5 ms instead of 0.8 ms.
 */
async function callFunction(
  database: PGlite,
  functions: readonly DatabaseFunction[],
  role: string,
  name: string,
  args: Arguments,
): Promise<Response> {
  const candidates = functions.filter(
    (candidate) =>
      args.names.every((given) =>
        candidate.arguments.some((argument) => argument.name === given),
      ) &&
      candidate.arguments.every(
        (argument) => argument.optional || args.names.includes(argument.name),
      ),
  )
  const [found] = candidates
  if (found === undefined) return functionNotFound(name, args.names)
  if (candidates.length > 1) return ambiguousFunction(name)

  const results = await database.exec(
    `${settingsOf(found, role, name)};\n${queryOf(found, name, args)}`,
  )
  if (found.returnsVoid) return new Response(null, { status: 204 })
  const body: unknown = results.at(-1)?.rows[0]?.['body']
  return new Response(typeof body === 'string' ? body : 'null', {
    status: 200,
    headers: JSON_HEADERS,
  })
}

/** The statement that sets what holds for the transaction of a call. */
function settingsOf({ readOnly }: DatabaseFunction, role: string, name: string): string {
  const settings = {
    ...(readOnly ? { transaction_read_only: 'on' } : {}),
    search_path: 'public',
    role,
    'request.jwt.claims': JSON.stringify({ role }),
    'request.method': 'POST',
    'request.path': `/rpc/${name}`,
  }
  const set = Object.entries(settings).map(
    ([setting, value]) => `set_config('${setting}', ${quoteLiteral(value)}, true)`,
  )
  return `select ${set.join(', ')}`
}

/** The statement that calls a function. Its column `body` is the answer. */
function queryOf(found: DatabaseFunction, name: string, args: Arguments): string {
  const given = found.arguments.filter((argument) => args.names.includes(argument.name))
  const columns = given.map((argument) => `${quoteIdentifier(argument.name)} ${argument.type}`)
  const passed = given.map(
    ({ name: argument }) => `${quoteIdentifier(argument)} := given.${quoteIdentifier(argument)}`,
  )
  const call = `public.${quoteIdentifier(name)}(${passed.join(', ')}) as result`
  const from =
    given.length === 0
      ? call
      : `json_to_record(${quoteLiteral(args.json)}::json) as given (${columns.join(', ')}), lateral ${call}`
  if (found.returnsVoid) return `select from ${from}`
  const value = found.returnsRow ? 'row_to_json(result)' : 'to_json(result)'
  const body = found.returnsSet ? `coalesce(json_agg(${value}), '[]')` : `json_agg(${value}) -> 0`
  return `select (${body})::text as body from (select result from ${from}) as called (result)`
}

/** Looks functions up by name and remembers them until `notify pgrst`, as PostgREST does. */
async function createSchemaCache(
  database: PGlite,
): Promise<(name: string) => Promise<DatabaseFunction[]>> {
  const known = new Map<string, DatabaseFunction[]>()
  await database.listen('pgrst', () => known.clear())
  return async (name) => {
    const functions = known.get(name) ?? (await findFunctions(database, name))
    if (functions.length > 0) known.set(name, functions)
    return functions
  }
}

async function findFunctions(database: PGlite, name: string): Promise<DatabaseFunction[]> {
  const { rows } = await database.query<DatabaseFunction>(
    `select
      coalesce((
        select json_agg(json_build_object(
          'name', p.proargnames[place], 'type', format_type(p.proargtypes[place - 1], null),
          'optional', place > p.pronargs - p.pronargdefaults
        ) order by place)
        from generate_series(1, p.pronargs) as place
      ), '[]') as "arguments",
      p.prorettype = 'void'::regtype as "returnsVoid",
      p.proretset as "returnsSet",
      result.typtype = 'c' or coalesce(p.proargmodes && '{o,b,t}', false) as "returnsRow",
      p.provolatile <> 'v' as "readOnly"
    from pg_proc as p join pg_type as result on result.oid = p.prorettype
    where p.pronamespace = 'public'::regnamespace and p.proname = $1 and p.prokind = 'f'`,
    [name],
  )
  return rows
}

function notEmulated(what: string): Response {
  return postgrestError(501, {
    code: 'AO501',
    message: `The embedded database answers POST /rest/v1/rpc/<function> with one object only, not ${what}`,
  })
}

function functionNotFound(name: string, names: readonly string[]): Response {
  const sorted = names.toSorted()
  const signature = `public.${name}${sorted.length > 0 ? `(${sorted.join(', ')})` : ''}`
  const inWords =
    sorted.length === 0
      ? 'without parameters'
      : `with parameter${sorted.length > 1 ? 's' : ''} ${sorted.join(', ')}`
  return postgrestError(404, {
    code: 'PGRST202',
    message: `Could not find the function ${signature}${sorted.length === 0 ? ' without parameters' : ''} in the schema cache`,
    detail: `Searched for the function public.${name} ${inWords} or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.`,
  })
}

function ambiguousFunction(name: string): Response {
  return postgrestError(300, {
    code: 'PGRST203',
    message: `Could not choose the best candidate function between the overloads of public.${name}`,
    hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
  })
}

/** The HTTP status of a SQLSTATE, as references/errors of PostgREST 12 lists it. */
function statusOf(code: string, role: string): number {
  const own = /^PT(\d{3})$/.exec(code)
  if (own) return Number(own[1])
  if (code === '42501') return role === 'anon' ? 401 : 403
  return STATUS_OF_SQLSTATE[code] ?? STATUS_OF_SQLSTATE_CLASS[code.slice(0, 2)] ?? 400
}

const STATUS_OF_SQLSTATE: Record<string, number> = {
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '42883': 404,
  '42P01': 404,
  P0001: 400,
}

const STATUS_OF_SQLSTATE_CLASS: Record<string, number> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '54': 413,
  '55': 500,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
}

function asPostgresError(error: unknown): PostgresError {
  const { code, message, detail, hint } = error as Partial<PostgresError>
  return {
    code: typeof code === 'string' && code !== '' ? code : 'XX000',
    message: message ?? String(error),
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
  }
}

function postgrestError(status: number, error: PostgresError): Response {
  const { code, message, detail = null, hint = null } = error
  return Response.json({ code, details: detail, hint, message }, { status, headers: JSON_HEADERS })
}

function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
