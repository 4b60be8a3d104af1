import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { type BuiltFunction, builtOnce, removeBuilt } from '../../tests/helpers/builder.ts'
import { median } from '../median.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REPETITIONS = 7
/** What most functions on Supabase import. */
const COMPARED_WITH = import.meta.resolve('@supabase/supabase-js')
/** The packages that our modules may load late. */
const DEPENDENCIES = Object.keys(manifest.dependencies)

const MEASURE = `
  const startedAt = performance.now()
  await import(process.argv[1])
  console.log(performance.now() - startedAt)
`

/** Milliseconds, medians of 7. */
export interface ColdImports {
  supabaseMs: number
  routes: { name: string; ms: number }[]
  /** Each direct dependency alone, slowest first. */
  packages: { name: string; ms: number }[]
}

// Measures the routes as Vercel's builder writes them, each import in a fresh process. The builder prints its progress;
// this process has no standard output, so that the lines are dropped.
async function measureColdImports(): Promise<ColdImports> {
  const built: BuiltFunction[] = []
  try {
    for (const entrypoint of globSync('api/**/*.ts', { cwd: ROOT }).sort()) {
      built.push(await builtOnce(entrypoint))
    }
    const urls = [
      COMPARED_WITH,
      ...DEPENDENCIES.map((name) => import.meta.resolve(name)),
      ...built.map(({ folder, name }) => pathToFileURL(join(folder, `${name}.js`)).href),
    ]

    const times = urls.map((): number[] => [])
    // Each round imports everything once, so that a slow moment of the machine slows all of them.
    for (let round = 0; round < REPETITIONS; round += 1) {
      for (const [index, url] of urls.entries()) times[index]?.push(await importMs(url))
    }
    const medians = times.map(median)
    const [supabaseMs = Number.NaN, ...others] = medians
    const packages = DEPENDENCIES.map((name, index) => ({ name, ms: others[index] ?? 0 }))
    return {
      supabaseMs,
      routes: built.map(({ name }, index) => ({
        name,
        ms: others[DEPENDENCIES.length + index] ?? 0,
      })),
      packages: packages.toSorted((a, b) => b.ms - a.ms),
    }
  } finally {
    await removeBuilt()
  }
}

async function importMs(url: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', MEASURE, url])
  return Number(stdout)
}

process.send?.(await measureColdImports(), () => process.exit())
