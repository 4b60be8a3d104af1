import { createLog, type Log } from '../lib/log.ts'
import { shownText } from './shown-text.ts'

const PROGRESS_WIDTH = 4

/**
 * A log for a terminal: checks and requests are short lines, every other event is the JSON line of the service.
 *
 * @param width how many characters of a check are shown; on a terminal, one line of it
 */
export function createConsoleLog(
  print: (line: string) => void,
  redactLine: (line: string) => string = (line) => line,
  width = Number.POSITIVE_INFINITY,
): Log {
  const write = (line: string) => print(redactLine(line))
  const writeJson = createLog(write)
  return (level, event, fields = {}) => {
    if (event === 'anchor_checked') {
      const { done, outcome, domain, durationMs, error } = fields
      const progress = String(done).padStart(PROGRESS_WIDTH)
      const what = error === undefined ? '' : `  ${error}`
      const shown = `  ${progress}  ${String(outcome).padEnd(8)}  ${domain} (${durationMs} ms)${what}`
      // A secret that was cut in two would not be known as one.
      print(`${shownText(redactLine(shown), width)}\n`)
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
