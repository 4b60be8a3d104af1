import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileBlob, FileFsRef, type NodejsLambda } from '@vercel/build-utils'
import { afterAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Vercel's builder puts this launcher beside the functions. It turns Node requests into web requests. */
const LAUNCHER = '___vc_bundled_api_handler.js'

export interface BuiltFunction {
  /** `api/health` */
  name: string
  runtime: string
  /** Paths of the traced files, sorted. */
  files: string[]
  /** The folder that holds exactly those files. */
  folder: string
}

interface Builder {
  build(options: Record<string, unknown>): Promise<{ output: NodejsLambda }>
}

async function writeFiles(folder: string, files: NodejsLambda['files']): Promise<string[]> {
  const written = await Promise.all(
    Object.entries(files ?? {}).map(async ([name, file]) => {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      const { data } = await FileBlob.fromStream({ stream: file.toStream() })
      // The launcher is CommonJS; Vercel loads it before the project's package.json can say otherwise.
      await writeFile(name === LAUNCHER ? path.replace(/\.js$/, '.cjs') : path, data)
      return name
    }),
  )
  return written.filter((name) => name !== LAUNCHER).sort()
}

interface Tracer {
  nodeFileTrace(files: string[], options: object): Promise<unknown>
}

/**
 * Vercel's builder reads and parses the same 550 files of `node_modules` for each function. This lets its tracer
 * remember them: the second and every later build takes 0.7 s instead of 1.9 s, with the same files in it.
 */
function rememberPackages(): void {
  const builder = createRequire(createRequire(import.meta.url).resolve('@vercel/node'))
  const tracer = builder('@vercel/nft') as Tracer
  const { nodeFileTrace } = tracer
  const known = new Map<string, unknown>()
  const analysisCache = {
    get: (path: string) => known.get(path),
    // Our own files are read for each build, because reading them compiles them.
    set: (path: string, analysis: unknown) => {
      if (path.includes('/node_modules/')) known.set(path, analysis)
    },
  }
  Object.defineProperty(tracer, 'nodeFileTrace', {
    value: (files: string[], options: object) =>
      nodeFileTrace(files, { ...options, cache: { analysisCache } }),
  })
}

/** Builds one api file with Vercel's own builder into a folder of its own, without network and without installing. */
async function buildFunction(entrypoint: string): Promise<BuiltFunction> {
  // The published types of the package describe handlers only.
  const { build } = (await import('@vercel/node')) as unknown as Builder
  process.env['VERCEL_API_FUNCTION_BUNDLING'] = '1'
  const { output } = await build({
    files: { [entrypoint]: new FileFsRef({ fsPath: join(ROOT, entrypoint) }) },
    entrypoint,
    workPath: ROOT,
    repoRootPath: ROOT,
    considerBuildCommand: true,
    config: { zeroConfig: true, projectSettings: { installCommand: '' } },
    meta: { skipDownload: true },
  })
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'built-function-')))
  const files = await writeFiles(folder, output.files)
  return { name: entrypoint.replace(/\.ts$/, ''), runtime: output.runtime, files, folder }
}

const builds = new Map<string, Promise<BuiltFunction>>()

/** Builds a function once for all the tests of a process. */
export function builtOnce(entrypoint: string): Promise<BuiltFunction> {
  if (builds.size === 0) rememberPackages()
  const build = builds.get(entrypoint) ?? buildFunction(entrypoint)
  builds.set(entrypoint, build)
  return build
}

/** Removes what `builtOnce` has built. */
export async function removeBuilt(): Promise<void> {
  for (const build of await Promise.allSettled(builds.values())) {
    if (build.status !== 'fulfilled') continue
    await rm(build.value.folder, { recursive: true, force: true })
  }
  builds.clear()
}

/**
 * For the tests of a `describe` block: starts a built function in a process of its own, with nothing in its
 * environment but `env`, and gives its origin. The processes end with the block.
 */
export function useFunctions(): (
  entrypoint: string,
  env: Record<string, string>,
) => Promise<string> {
  const running: ChildProcess[] = []
  afterAll(() =>
    Promise.all(
      running.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill()
        await ended
      }),
    ),
  )
  return async (entrypoint, env) => {
    const built = await builtOnce(entrypoint)
    const child = fork(fileURLToPath(new URL('builder-child.ts', import.meta.url)), [], {
      cwd: built.folder,
      env: { ...env, BUILT_FUNCTION: built.name },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    running.push(child)
    return `http://127.0.0.1:${await firstMessage(child)}`
  }
}

function firstMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`The built function ended with code ${code}.`)))
  })
}
