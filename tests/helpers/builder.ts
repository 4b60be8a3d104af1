import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileBlob, FileFsRef, type NodejsLambda } from '@vercel/build-utils'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The launcher that Vercel's builder puts beside the functions, which turns Node requests into web requests. */
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
  const written: string[] = []
  for (const [name, file] of Object.entries(files ?? {})) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    const { data } = await FileBlob.fromStream({ stream: file.toStream() })
    // The launcher is CommonJS; Vercel loads it before the project's package.json can say otherwise.
    await writeFile(name === LAUNCHER ? path.replace(/\.js$/, '.cjs') : path, data)
    if (name !== LAUNCHER) written.push(name)
  }
  return written.sort()
}

/** Builds one api file with Vercel's own builder into a folder of its own, without network and without installing. */
async function buildFunction(entrypoint: string): Promise<BuiltFunction> {
  // Its published types describe handlers only.
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

/** Builds a function once (2 s) for all the tests of a file. */
export function builtOnce(entrypoint: string): Promise<BuiltFunction> {
  const known = builds.get(entrypoint)
  if (known !== undefined) return known
  const build = buildFunction(entrypoint)
  builds.set(entrypoint, build)
  return build
}

/** Removes what `builtOnce` has built. */
export async function removeBuilt(): Promise<void> {
  for (const build of await Promise.allSettled(builds.values())) {
    if (build.status !== 'fulfilled') continue
    await rm(build.value.folder, { recursive: true, force: true })
  }
}

export interface RunningFunction {
  /** http://127.0.0.1:port */
  origin: string
  stop(): Promise<void>
}

/** Starts a built function in a process of its own, with nothing in its environment but `env`. */
export async function startFunction(
  built: BuiltFunction,
  env: Record<string, string>,
): Promise<RunningFunction> {
  const child = fork(fileURLToPath(new URL('builder-child.ts', import.meta.url)), [], {
    cwd: built.folder,
    env: { ...env, BUILT_FUNCTION: built.name },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const port = await firstMessage(child)
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill()
      }),
  }
}

function firstMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`The built function ended with code ${code}.`)))
  })
}
