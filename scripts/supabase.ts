import { execFile, spawnSync } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The version that the README tells users to deploy with. */
export const SUPABASE_VERSION = '3.1.0'
const FOLDER = join(ROOT, 'node_modules', '.cache', `supabase-${SUPABASE_VERSION}`)
const OWN_FLAGS = ['--workdir', ROOT, '--agent', 'no']

/**
 * Installs the Supabase CLI, once until the next `npm ci`. Its binary has 140 MB and does not exist for every machine, so
 * it is not a dependency of the project.
 *
 * @returns the path of the command
 */
export async function installSupabase(): Promise<string> {
  const command = join(FOLDER, 'node_modules', '.bin', 'supabase')
  const isInstalled = await access(command).then(
    () => true,
    () => false,
  )
  if (!isInstalled) {
    await mkdir(FOLDER, { recursive: true })
    const flags = ['--no-save', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', FOLDER]
    await promisify(execFile)('npm', ['install', ...flags, `supabase@${SUPABASE_VERSION}`])
  }
  return command
}

/** Runs the Supabase CLI on this project's `supabase/` folder. */
export function runSupabase(command: string, args: readonly string[]) {
  const env = { ...process.env, SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  const { status, stdout, stderr } = spawnSync(command, [...args, ...OWN_FLAGS], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

if (import.meta.main) {
  const { status, stdout, stderr } = runSupabase(await installSupabase(), process.argv.slice(2))
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = status ?? 1
}
