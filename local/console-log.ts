import { createLog, type Log } from '../lib/log.ts'

const PROGRESS_WIDTH = 4

/** A log for a terminal: checks and requests are short lines, every other event is the JSON line of the service. */
export function createConsoleLog(
  print: (line: string) => void,
  redactLine: (line: string) => string = (line) => line,
): Log {
  const write = (line: string) => print(redactLine(line))
  const writeJson = createLog(write)
  return (level, event, fields = {}) => {
    if (event === 'anchor_checked') {
      const { done, outcome, domain, durationMs, error } = fields
      const progress = String(done).padStart(PROGRESS_WIDTH)
      const what = error === undefined ? '' : `  ${error}`
      write(`  ${progress}  ${String(outcome).padEnd(8)}  ${domain} (${durationMs} ms)${what}\n`)
      return
    }
    if (event === 'request') {
      const { method, path, status, ms } = fields
      write(`${method} ${path} ${status} (${ms} ms)\n`)
      return
    }
    if (event === 'weak_cron_secret') return
    writeJson(level, event, fields)
  }
}
