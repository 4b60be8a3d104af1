import { createLog, type Log } from '../lib/log.ts'

/** Renders what a person at a terminal wants to follow; everything else is the service's own JSON line. */
export function createConsoleLog(write: (line: string) => void): Log {
  const writeJson = createLog(write)
  return (level, event, fields = {}) => {
    if (event === 'anchor_checked') {
      const { done, of, outcome, domain, durationMs, error } = fields
      const width = String(of).length
      const progress = `${String(done).padStart(width)}/${of}`
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
