import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAstAsync } from 'vitest/node'

interface Node {
  type: string
  start: number
  [key: string]: unknown
}

const MAX_API_LINES = 40

/** Globals that open connections: only lib/net, where every address is checked, may use them. */
const NETWORK_GLOBALS = new Set(['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource'])
const GLOBAL_OBJECTS = new Set(['globalThis', 'global', 'window', 'self'])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.filter(isNode)
  return isNode(value) ? [value] : []
}

const nameOf = (value: unknown): string | undefined =>
  isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined

/** The names that a pattern binds: `a`, `{ a, b: c }`, `[a]`, `a = 1`, `...a`. */
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

/** The names that a statement declares in its block. */
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

/** The fields of a node that hold no references to variables: names and types. */
function skippedFields(node: Node): string[] {
  const types = ['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments']
  if (node['computed'] === true) return types
  return [...types, node.type === 'MemberExpression' ? 'property' : 'key']
}

const TYPE_WRAPPERS = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])

interface Uses {
  computedImports: { at: number }[]
  networkGlobals: { name: string; at: number }[]
  environment: { at: number }[]
}

/** Finds what a file uses at run time: computed imports, network globals and the environment. */
function usesOf(program: Node): Uses {
  const uses: Uses = { computedImports: [], networkGlobals: [], environment: [] }

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

    if (node.type === 'ImportDeclaration') return
    if (node.type === 'ImportExpression') {
      const source = node['source']
      if (!isNode(source) || typeof source['value'] !== 'string') uses.computedImports.push({ at })
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

/** The names that a file exports itself. Names that it re-exports from another file do not count. */
function exportsOf(program: Node): { name: string; at: number }[] {
  return nodesIn(program['body'])
    .filter(({ type }) => type === 'ExportNamedDeclaration')
    .flatMap((statement) => {
      const { start: at } = statement
      const declared = nodesIn(statement['declaration'])
      const types = declared.flatMap(({ type, id }) => (type.startsWith('TS') ? boundBy(id) : []))
      const listed = statement['source'] ? [] : nodesIn(statement['specifiers'])
      const names = listed.flatMap(({ exported }) => nameOf(exported) ?? [])
      return [...declared.flatMap(declaredBy), ...types, ...names].map((name) => ({ name, at }))
    })
}

interface Problem {
  file: string
  line: number
  message: string
}

interface ReadFile {
  problems: Problem[]
  exported: { name: string; file: string; line: number }[]
}

async function checkFile(root: string, file: string): Promise<ReadFile> {
  const source = await readFile(join(root, file), 'utf8')
  const program = (await parseAstAsync(
    source,
    { lang: 'ts', astType: 'ts' },
    file,
  )) as unknown as Node
  const lineOf = (at: number) => source.slice(0, at).split('\n').length
  const problems: Problem[] = []
  const refuse = (at: number, message: string) => problems.push({ file, line: lineOf(at), message })

  const { computedImports, networkGlobals, environment } = usesOf(program)
  for (const { at } of computedImports) {
    refuse(at, 'Dynamic import refused: its path is computed; allowed: a literal path')
  }
  if (!file.startsWith('lib/net/')) {
    for (const { name, at } of networkGlobals) {
      refuse(at, `Network access refused: ${name}; allowed: the guarded fetch of lib/net`)
    }
  }
  if (file !== 'lib/deps.ts') {
    for (const { at } of environment) {
      refuse(at, 'Environment refused: process.env; allowed: in lib/deps.ts only')
    }
  }
  const lines = source.trimEnd().split('\n').length
  if (file.startsWith('api/') && lines > MAX_API_LINES) {
    const message = `File refused: ${lines} lines; allowed in api/: at most ${MAX_API_LINES} lines`
    problems.push({ file, line: lines, message })
  }
  const exported = exportsOf(program).map(({ name, at }) => ({ name, file, line: lineOf(at) }))
  return { problems, exported }
}

/** Finds names that two files of lib export. A reader could not tell which of the two is meant. */
function namesExportedTwice(exported: ReadFile['exported']): Problem[] {
  const first = new Map<string, string>()
  return exported.flatMap(({ name, file, line }) => {
    const other = first.get(name)
    if (other === undefined) first.set(name, file)
    if (other === undefined || other === file) return []
    const message = `Name refused: ${name} is exported by ${other} too; allowed in lib/: each name once`
    return [{ file, line, message }]
  })
}

/**
 * Checks what the import rules cannot see in api/ and lib/ below `root`: network globals, the environment, computed
 * imports, the length of routes, and names that lib/ exports twice.
 *
 * @returns one sentence for each violation, with its file and line
 */
export async function checkSources(root: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('{api,lib}/**/*.ts', { cwd: root })) {
    files.push(file.replaceAll('\\', '/'))
  }
  const read = await Promise.all(files.sort().map((file) => checkFile(root, file)))
  const ofLib = read
    .flatMap(({ exported }) => exported)
    .filter(({ file }) => file.startsWith('lib/'))
  return [...read.flatMap(({ problems }) => problems), ...namesExportedTwice(ofLib)].map(
    ({ file, line, message }) => `${file}:${line}: ${message}.`,
  )
}

if (import.meta.main) {
  const problems = await checkSources(fileURLToPath(new URL('..', import.meta.url)))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else
    console.log(
      'The sources keep to lib/net, lib/deps and thin routes, and lib exports each name once.',
    )
}
