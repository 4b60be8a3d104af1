import { readFile, writeFile } from 'node:fs/promises'
import { openEmbeddedDatabase } from '../local/embedded-database.ts'
import { type Command, readCommandLine } from '../serve/command-line.ts'

type Query = (sql: string) => Promise<Record<string, unknown>[]>

export const GOLDEN_FILE = new URL('../supabase/schema.golden.sql', import.meta.url)

/** Each query returns one column `line`, in a fixed order. Every Postgres 17 gives the same texts. */
const SECTIONS: [title: string, sql: string][] = [
  [
    'Schemas',
    `select format('create schema %I; -- %s', nspname, obj_description(oid, 'pg_namespace')) as line
     from pg_namespace where nspname = 'anchor_ops'`,
  ],
  [
    'Tables',
    `select format(E'create table %I.%I (\\n%s\\n);', nspname, relname,
       (select string_agg(format('  %I %s%s%s%s', attname, format_type(atttypid, atttypmod),
          case when collname = 'C' then ' collate "C"' else '' end,
          case when attnotnull then ' not null' else '' end,
          case when attgenerated = 's' then ' generated always as (' || pg_get_expr(adbin, adrelid) || ') stored'
            when attidentity = 'a' then ' generated always as identity'
            else coalesce(' default ' || pg_get_expr(adbin, adrelid), '') end), E',\\n' order by attnum)
        from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
          left join pg_collation as used on used.oid = attcollation
        where attrelid = c.oid and attnum > 0 and not attisdropped)) as line
     from pg_class as c join pg_namespace as n on n.oid = relnamespace
     where nspname in ('anchor_ops', 'public') and relkind in ('r', 'p', 'f')
     order by nspname collate "C", relname collate "C"`,
  ],
  [
    'Views',
    `select format(E'create view %s with (%s) as\\n%s', oid::regclass, array_to_string(reloptions, ', '),
       pg_get_viewdef(oid)) as line
     from pg_class
     where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and relkind in ('v', 'm')
     order by oid::regclass::text collate "C"`,
  ],
  [
    'Constraints',
    `select format('alter table %s add constraint %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid)) as line
     from pg_constraint where connamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and conrelid <> 0
     order by conrelid::regclass::text collate "C", conname collate "C"`,
  ],
  [
    'Indexes',
    `select indexdef || ';' as line from pg_indexes where schemaname in ('anchor_ops', 'public')
     order by schemaname collate "C", indexname collate "C"`,
  ],
  [
    'Row level security',
    `select format('alter table %s %s row level security, %s row level security;', oid::regclass,
       case when relrowsecurity then 'enable' else 'disable' end,
       case when relforcerowsecurity then 'force' else 'no force' end) as line
     from pg_class where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and relkind = 'r'
     order by oid::regclass::text collate "C"`,
  ],
  [
    'Policies',
    `select format('create policy %I on %I.%I as %s for %s to %s using (%s) with check (%s);', policyname, schemaname,
       tablename, permissive, cmd, array_to_string(roles, ', '), qual, with_check) as line
     from pg_policies where schemaname in ('anchor_ops', 'public')
     order by schemaname collate "C", tablename collate "C", policyname collate "C"`,
  ],
  [
    'Functions',
    `select pg_get_functiondef(oid) || ';' as line from pg_proc
     where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
     order by oid::regprocedure::text collate "C"`,
  ],
  [
    'Triggers',
    `select pg_get_triggerdef(t.oid) || ';' as line from pg_trigger as t join pg_class as c on c.oid = tgrelid
     where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and not tgisinternal
     order by c.oid::regclass::text collate "C", tgname collate "C"`,
  ],
  [
    'Grants to anybody but the owner',
    `select format('grant %s on %s to %s;', string_agg(privilege_type, ', ' order by privilege_type collate "C"),
       object, grantee) as line
     from (
       select privilege_type, object, coalesce((select rolname from pg_roles where oid = acl.grantee), 'public') as grantee
       from (
         select 'schema ' || nspname as object, nspacl as acl, nspowner as owner from pg_namespace where nspname = 'anchor_ops'
         union all
         select case relkind when 'S' then 'sequence ' else 'table ' end || oid::regclass, relacl, relowner from pg_class
         where relnamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and relkind in ('r', 'v', 'm', 'p', 'f', 'S')
         union all
         select 'function ' || oid::regprocedure, coalesce(proacl, acldefault('f', proowner)), proowner from pg_proc
         where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace)
       ) as granted, aclexplode(granted.acl) as acl
       where acl.grantee <> granted.owner
     ) as each_grant
     group by object, grantee order by object collate "C", grantee collate "C"`,
  ],
  [
    'Default privileges of anybody but the owner',
    `select format('in %s: %s on %s to %s', coalesce(nspname, 'every schema'), privilege_type, defaclobjtype,
       coalesce((select rolname from pg_roles where oid = acl.grantee), 'public')) as line
     from pg_default_acl left join pg_namespace as n on n.oid = defaclnamespace, aclexplode(defaclacl) as acl
     where acl.grantee <> defaclrole order by 1`,
  ],
  [
    'Comments',
    `select format('comment on %s is %L;', (pg_identify_object(classoid, objoid, objsubid)).type || ' '
       || (pg_identify_object(classoid, objoid, objsubid)).identity, description) as line
     from pg_description
     where (pg_identify_object(classoid, objoid, objsubid)).schema in ('anchor_ops', 'public')
     order by 1`,
  ],
]

/** Writes everything that the migrations made as text. The same schema gives the same text. */
export async function dumpSchema(query: Query): Promise<string> {
  const parts: string[] = []
  for (const [title, sql] of SECTIONS) {
    const rows = await query(sql)
    parts.push(`-- ${title}\n`, ...rows.map((row) => `${row['line']}\n`), '\n')
  }
  return `${HEADER}\n${parts.join('').trimEnd()}\n`
}

const HEADER = `-- The schema after all migrations. Written by \`npm run schema\`; a test compares it with the database.\n`

const COMMAND = {
  name: 'npm run schema',
  does: 'Applies the migrations to an embedded PostgreSQL and writes the schema to supabase/schema.golden.sql.',
  options: {
    write: {
      type: 'flag',
      means:
        'Writes the file; `npm run schema` sets it. Without it the file is compared with the migrations: code 1 if they differ.',
    },
  },
  example: 'npm run schema',
} as const satisfies Command

async function main(): Promise<void> {
  const { write } = readCommandLine(COMMAND)
  const database = await openEmbeddedDatabase()
  const dump = await dumpSchema((sql) => database.query(sql))
  await database.close()
  if (write) {
    await writeFile(GOLDEN_FILE, dump)
    return
  }
  const golden = await readFile(GOLDEN_FILE, 'utf8').catch(() => '')
  if (golden === dump) return
  const lines = dump.split('\n')
  const known = golden.split('\n')
  const first = lines.findIndex((line, index) => line !== known[index])
  console.error(
    `supabase/schema.golden.sql differs from the migrations, first at line ${first + 1}:\n- ${known[first] ?? '(end)'}\n+ ${lines[first] ?? '(end)'}\nRun \`npm run schema\` and look at the diff.`,
  )
  process.exitCode = 1
}

if (import.meta.main) await main()
