import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Runs a file in a process of its own and returns the message that it sends. Its standard output is dropped.
 * @param file relative to this folder
 * @param nodeOptions options of Node itself
 */
export async function runProcess<T>(
  file: string,
  input: unknown,
  nodeOptions: readonly string[] = [],
): Promise<T> {
  const child = fork(pathOf(file), [JSON.stringify(input)], {
    execArgv: [...process.execArgv, ...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let result: { value: T } | undefined
  child.once('message', (value) => {
    result = { value: value as T }
  })
  await new Promise((resolve) => child.once('exit', resolve))
  if (result === undefined) throw new Error(`${file} ended without a result: ${child.exitCode}`)
  return result.value
}

/** Starts a file that prints one line of JSON when it is ready and ends on SIGTERM. */
export async function startProcess<T>(
  file: string,
  input: unknown,
): Promise<T & { close(): Promise<void> }> {
  const child = spawn(process.execPath, [pathOf(file), JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)))
  })
  return { ...(JSON.parse(line) as T), close: () => end(child) }
}

/** Ends a process and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
