import { relative, resolve } from 'node:path'
import ts from 'typescript'

// `String(value)` and `${value}` throw for an object without a prototype, as every number of lossless JSON is, and for one
// whose `toString` is no function, as a stranger may send. So neither may be given a value whose type allows an object.
// `textOf` of lib/text-of.ts takes any value.

const ROOT = resolve(import.meta.dirname, '..')
const MAY_BE_OBJECT = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive
/** Objects of JavaScript itself whose text is meant. */
const WITH_TEXT: ReadonlySet<string> = new Set([
  'Error',
  'URL',
  'Date',
  'URLSearchParams',
  'RegExp',
])

/** The places of these files at which a text is made of a value that may be an object. */
export function unsafeTexts(files: readonly string[]): string[] {
  const { config } = ts.readConfigFile(resolve(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const program = ts.createProgram(files, { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const found: string[] = []

  function mayBeObject(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some(mayBeObject)
    if (type.isIntersection()) return type.types.every(mayBeObject)
    if (type.flags & MAY_BE_OBJECT) return true
    if (checker.isArrayType(type)) {
      return checker.getTypeArguments(type as ts.TypeReference).some(mayBeObject)
    }
    return (type.flags & ts.TypeFlags.Object) !== 0 && !WITH_TEXT.has(type.symbol?.name ?? '')
  }

  function visit(node: ts.Node, file: ts.SourceFile): void {
    const value = valueOfText(node)
    if (value !== undefined && mayBeObject(checker.getTypeAtLocation(value))) {
      const { line } = file.getLineAndCharacterOfPosition(value.getStart())
      found.push(`${relative(ROOT, file.fileName)}:${line + 1} ${value.getText()}`)
    }
    node.forEachChild((child) => visit(child, file))
  }

  for (const file of program.getSourceFiles()) {
    if (files.includes(file.fileName)) visit(file, file)
  }
  return found
}

/**
 * What a call of `String` or a place of a template makes a text of. A tagged template makes none: its tag takes the values
 * as arguments, by their types.
 */
function valueOfText(node: ts.Node): ts.Expression | undefined {
  if (ts.isTemplateSpan(node)) {
    return ts.isTaggedTemplateExpression(node.parent.parent) ? undefined : node.expression
  }
  const isString =
    ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'String'
  return isString ? node.arguments[0] : undefined
}

if (import.meta.main) {
  const files = ts.sys
    .readDirectory(ROOT, ['.ts'], ['node_modules'], ['lib/**/*', 'api/**/*'])
    .filter((file) => file !== resolve(ROOT, 'lib/text-of.ts'))
  const found = unsafeTexts(files)
  if (found.length > 0) {
    console.error(
      `A text is made of a value that may be an object; allowed: textOf of lib/text-of.ts\n${found.join('\n')}`,
    )
    process.exit(1)
  }
  console.log('No text of lib and api is made of a value that may be an object.')
}
