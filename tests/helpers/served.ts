import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** What `npm run serve` starts, without the process of npm between. */
const COMMAND = ['node', '--import', './scripts/require-setup.mjs', 'serve/main.ts']

type Line = Record<string, unknown> & { event: string }

/** A process that serves the API. */
export interface Served {
  url: string
  /** The lines of its log so far. */
  log: readonly Line[]
  /** Resolves when it has logged such a line. */
  logged(event: string, fields?: Record<string, unknown>): Promise<Line>
  kill(signal: NodeJS.Signals): void
  /** Its exit code; null if a signal ended it. */
  ended: Promise<number | null>
}

interface StartSettings {
  environment: Record<string, string>
  args?: readonly string[]
  /** The folder and the command; by default those of this project. */
  folder?: string
  command?: readonly string[]
}

/** For the tests of a file: starts processes that serve the API on a free port of loopback. They end with each test. */
export function useServed(): (settings: StartSettings) => Promise<Served> {
  const running = new Set<ChildProcess>()
  afterEach(async () => {
    for (const child of running) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    running.clear()
  })
  return async ({ environment, args = [], folder = ROOT, command = COMMAND }) => {
    const [program = '', ...rest] = command
    const child = spawn(program, [...rest, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: '0', HOST: '127.0.0.1', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.add(child)
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    const log: Line[] = []
    const waiting = new Set<() => void>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(JSON.parse(line) as Line)
      for (const look of waiting) look()
    })
    const logged = (event: string, fields: Record<string, unknown> = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<Line>()
      const look = () => {
        const found = log.find(
          (line) =>
            line.event === event &&
            Object.entries(fields).every(([name, value]) => line[name] === value),
        )
        if (found !== undefined) resolve(found)
      }
      waiting.add(look)
      look()
      void ended.then((code) => reject(new Error(`It ended with ${code} and logged no ${event}.`)))
      return promise.finally(() => waiting.delete(look))
    }
    const { url } = await logged('serving')
    return { url: String(url), log, logged, kill: (signal) => void child.kill(signal), ended }
  }
}
