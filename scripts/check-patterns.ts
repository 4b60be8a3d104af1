import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from 'recheck'
import { parseAstAsync } from 'vitest/node'

// Strangers write many of the texts that the service reads, so each regular expression must take linear time.

/** A regular expression of the sources. */
interface Pattern {
  source: string
  flags: string
  place: string
}

/**
 * recheck searches for a text that takes long. Its search ends after a number of steps, so that its answer is the same on
 * a machine that is busy; with its limits of time, the default, a busy machine finds less or cannot judge.
 */
export const BY_STEPS = {
  ...{ timeout: null, attackTimeout: null, incubationTimeout: null, seedingTimeout: null },
  randomSeed: 0,
}

/** The regular expressions of a file, and the places where one is built at run time, which nothing can check. */
function patternsIn(node: unknown, placeOf: (at: number) => string, found: Found): void {
  if (typeof node !== 'object' || node === null) return
  const { type, start, regex, callee } = node as Record<string, unknown>
  if (type === 'Literal' && typeof regex === 'object' && regex !== null) {
    const { pattern, flags } = regex as { pattern: string; flags: string }
    found.patterns.push({ source: pattern, flags, place: placeOf(Number(start)) })
  }
  const isCall = type === 'NewExpression' || type === 'CallExpression'
  if (isCall && (callee as { name?: string } | undefined)?.name === 'RegExp') {
    found.built.push(placeOf(Number(start)))
  }
  for (const child of Object.values(node)) patternsIn(child, placeOf, found)
}

interface Found {
  patterns: Pattern[]
  built: string[]
}

/** The regular expressions of these files that may take more than linear time, each as a sentence. */
export async function slowPatterns(root: string, folders: readonly string[]): Promise<string[]> {
  const found: Found = { patterns: [], built: [] }
  for await (const file of glob(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  )) {
    const text = await readFile(join(root, file), 'utf8')
    const program = await parseAstAsync(text, { lang: 'ts', astType: 'ts' }, file)
    const placeOf = (at: number) => `${file}:${text.slice(0, at).split('\n').length}`
    patternsIn(program, placeOf, found)
  }
  const problems = found.built.map(
    (place) => `${place}: RegExp refused: it is built at run time; allowed: a literal`,
  )
  const byText = Map.groupBy(found.patterns, ({ source, flags }) => `/${source}/${flags}`)
  for (const [text, [first]] of byText) {
    if (first === undefined) continue
    // recheck reads a pattern of flag v like one of flag u.
    const judged = await check(first.source, first.flags.replace('v', 'u'), BY_STEPS)
    if (judged.status === 'safe') continue
    const what =
      judged.status === 'vulnerable'
        ? `takes ${judged.complexity.summary} time`
        : 'cannot be judged'
    problems.push(`${first.place}: ${text} refused: it ${what}; allowed: linear time`)
  }
  return problems
}

if (import.meta.main) {
  const problems = await slowPatterns(fileURLToPath(new URL('..', import.meta.url)), [
    'lib',
    'api',
    'local',
  ])
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log('Each regular expression of lib, api and local takes linear time.')
}
