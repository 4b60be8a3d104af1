import { glob, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAstAsync } from 'vitest/node'

interface Node {
  type: string
  start: number
  [key: string]: unknown
}

const MAX_API_LINES = 40

/** Small files that everything may stand on. */
const LEAVES = ['lib/errors.ts', 'lib/log.ts', 'lib/safe-json.ts', 'lib/lossless-json.ts']

/** Who may import what at run time, first match decides; a folder ends with a slash. Types may come from anywhere. */
const DIRECTIONS: readonly { from: RegExp; may: readonly string[] }[] = [
  {
    from: /^api\//,
    may: [
      'lib/http/',
      'lib/deps.ts',
      'lib/health.ts',
      'lib/anchors/',
      'lib/updates/',
      'lib/payments/',
    ],
  },
  { from: /^lib\/deps\.ts$/, may: ['lib/'] },
  { from: /^lib\/lossless-json\.ts$/, may: ['lib/safe-json.ts'] },
  {
    from: /^lib\/health\.ts$/,
    may: ['lib/anchors/store.ts', 'lib/updates/store.ts', 'lib/payments/store.ts', ...LEAVES],
  },
  { from: /^lib\/config\.ts$/, may: ['lib/errors.ts', 'lib/stellar/'] },
  { from: /^lib\/stellar\//, may: ['lib/stellar/', 'lib/errors.ts'] },
  { from: /^lib\/http\//, may: ['lib/http/', ...LEAVES] },
  { from: /^lib\/net\//, may: ['lib/net/', 'lib/stellar/', ...LEAVES] },
  { from: /^lib\/db\//, may: ['lib/db/', 'lib/stellar/', ...LEAVES] },
  { from: /^lib\/ledger\//, may: ['lib/ledger/', 'lib/net/', 'lib/stellar/', ...LEAVES] },
  {
    from: /^lib\/platform\//,
    may: ['lib/platform/', 'lib/net/', 'lib/stellar/', ...LEAVES],
  },
  ...feature('anchors', 'lib/ledger/'),
  ...feature('updates', 'lib/platform/', 'lib/ledger/'),
  ...feature('payments', 'lib/updates/', 'lib/platform/', 'lib/ledger/'),
  { from: /^lib\//, may: ['lib/errors.ts'] },
]

function feature(name: string, ...more: string[]) {
  const shared = ['lib/net/', 'lib/db/', 'lib/stellar/', 'lib/http/parameters.ts', ...LEAVES]
  return [{ from: new RegExp(`^lib/${name}/`), may: [`lib/${name}/`, ...shared, ...more] }]
}

/** Modules and globals that open connections: only lib/net/, where every address is checked, may use them. */
const NETWORK_MODULE = /^(?:node:)?(?:undici|https?|http2|net|tls|dns|dgram)(?:\/.*)?$/
const NETWORK_GLOBALS = new Set(['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource'])
const GLOBAL_OBJECTS = new Set(['globalThis', 'global', 'window', 'self'])

/** lib/stellar holds values and does no I/O: these are all the outside modules it may use. */
const PURE_MODULES = new Set(['node:url', 'node:crypto', 'node:buffer'])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.filter(isNode)
  return isNode(value) ? [value] : []
}

const nameOf = (value: unknown): string | undefined =>
  isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined

/** Names that a pattern binds: `a`, `{ a, b: c }`, `[a]`, `a = 1`, `...a`. */
function boundBy(pattern: unknown): string[] {
  if (!isNode(pattern)) return []
  const name = nameOf(pattern)
  if (name !== undefined) return [name]
  const parts: Record<string, unknown[]> = {
    ObjectPattern: nodesIn(pattern['properties']),
    Property: [pattern['value']],
    ArrayPattern: nodesIn(pattern['elements']),
    AssignmentPattern: [pattern['left']],
    RestElement: [pattern['argument']],
  }
  return (parts[pattern.type] ?? []).flatMap(boundBy)
}

/** Names that a statement binds in the block it stands in. */
function declaredBy(statement: Node): string[] {
  switch (statement.type) {
    case 'ImportDeclaration':
      return nodesIn(statement['specifiers']).flatMap(({ local }) => boundBy(local))
    case 'VariableDeclaration':
      return nodesIn(statement['declarations']).flatMap(({ id }) => boundBy(id))
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return boundBy(statement['id'])
    case 'ExportNamedDeclaration':
      return nodesIn(statement['declaration']).flatMap(declaredBy)
    default:
      return []
  }
}

/** Fields that hold names, not references to variables, and fields that hold types. */
function skippedFields(node: Node): string[] {
  const types = ['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments']
  if (node['computed'] === true) return types
  return [...types, node.type === 'MemberExpression' ? 'property' : 'key']
}

const TYPE_WRAPPERS = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])

function isTypeOnly(node: Node): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true
  const specifiers = nodesIn(node['specifiers'])
  return (
    specifiers.length > 0 &&
    specifiers.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type')
  )
}

interface Uses {
  imports: { specifier: string | null; at: number }[]
  networkGlobals: { name: string; at: number }[]
  environment: { at: number }[]
}

/** What a file uses at run time of other modules, of the network and of the environment. */
function usesOf(program: Node): Uses {
  const uses: Uses = { imports: [], networkGlobals: [], environment: [] }

  function visit(node: Node, outer: ReadonlySet<string>): void {
    if (node.type.startsWith('TS') && !TYPE_WRAPPERS.has(node.type)) return
    const at = node.start
    const bound = new Set([
      ...outer,
      ...nodesIn(node['params']).flatMap(boundBy),
      ...(node.type === 'Program' || node.type === 'BlockStatement'
        ? nodesIn(node['body']).flatMap(declaredBy)
        : []),
    ])

    if (/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type)) {
      const source = node['source']
      if (isNode(source) && !isTypeOnly(node)) {
        const { value } = source
        uses.imports.push({ specifier: typeof value === 'string' ? value : null, at })
      }
      if (node.type === 'ImportDeclaration') return
    }
    const name = nameOf(node)
    if (name !== undefined && NETWORK_GLOBALS.has(name) && !bound.has(name)) {
      uses.networkGlobals.push({ name, at })
    }
    if (node.type === 'MemberExpression') {
      const object = nameOf(node['object']) ?? ''
      const property = isNode(node['property'])
        ? String(node['property']['name'] ?? node['property']['value'])
        : ''
      if (GLOBAL_OBJECTS.has(object) && NETWORK_GLOBALS.has(property)) {
        uses.networkGlobals.push({ name: `${object}.${property}`, at })
      }
      if (object === 'process' && property === 'env') uses.environment.push({ at })
    }

    const skipped = skippedFields(node)
    for (const [field, value] of Object.entries(node)) {
      if (!skipped.includes(field)) for (const child of nodesIn(value)) visit(child, bound)
    }
  }

  visit(program, new Set())
  return uses
}

function importProblem(file: string, specifier: string | null): string | null {
  if (specifier === null) {
    return 'Dynamic import refused: its specifier is computed; allowed: a literal, so that it can be traced'
  }
  if (!specifier.startsWith('.')) {
    if (NETWORK_MODULE.test(specifier) && !file.startsWith('lib/net/')) {
      return `Network module refused: "${specifier}"; allowed: in lib/net/ only, use its guarded fetch`
    }
    if (file.startsWith('lib/stellar/') && !PURE_MODULES.has(specifier)) {
      return `Module refused: "${specifier}"; allowed in lib/stellar/: ${[...PURE_MODULES].join(', ')}`
    }
    return null
  }
  const target = posix.join(posix.dirname(file), specifier)
  const { may = [] } = DIRECTIONS.find(({ from }) => from.test(file)) ?? {}
  const allowed = may.some((path) =>
    path.endsWith('/') ? target.startsWith(path) : target === path,
  )
  if (allowed) return null
  return `Import refused: "${specifier}" (${target}); allowed from here: ${may.join(', ')}`
}

async function checkFile(root: string, file: string): Promise<string[]> {
  const source = await readFile(join(root, file), 'utf8')
  const program = await parseAstAsync(source, { lang: 'ts', astType: 'ts' }, file)
  const { imports, networkGlobals, environment } = usesOf(program as unknown as Node)
  const lineOf = (at: number) => source.slice(0, at).split('\n').length
  const problems: { message: string; line: number }[] = []

  for (const { specifier, at } of imports) {
    const message = importProblem(file, specifier)
    if (message !== null) problems.push({ message, line: lineOf(at) })
  }
  if (!file.startsWith('lib/net/')) {
    for (const { name, at } of networkGlobals) {
      const message = `Network access refused: ${name}; allowed: in lib/net/ only, use its guarded fetch`
      problems.push({ message, line: lineOf(at) })
    }
  }
  if (file !== 'lib/deps.ts') {
    for (const { at } of environment) {
      const message =
        'Environment refused: process.env; allowed: in lib/deps.ts only, which hands it to lib/config.ts'
      problems.push({ message, line: lineOf(at) })
    }
  }
  const lines = source.trimEnd().split('\n').length
  if (file.startsWith('api/') && lines > MAX_API_LINES) {
    const message = `File too long: ${lines} lines; allowed in api/: at most ${MAX_API_LINES}, move its logic to lib/`
    problems.push({ message, line: lines })
  }
  return problems.map(({ message, line }) => `${file}:${line}: ${message}.`)
}

/** Checks the import directions of api/ and lib/ below `root`; one sentence for each violation. */
export async function checkImports(root: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('{api,lib}/**/*.ts', { cwd: root })) {
    files.push(file.replaceAll('\\', '/'))
  }
  const found = await Promise.all(files.sort().map((file) => checkFile(root, file)))
  return found.flat()
}

if (import.meta.main) {
  const problems = await checkImports(fileURLToPath(new URL('..', import.meta.url)))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log('Imports run one way, and the network is reached through lib/net only.')
}
