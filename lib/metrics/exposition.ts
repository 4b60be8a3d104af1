// A writer of Prometheus's text format, in place of prom-client: that one keeps counters in the memory of a process, and a
// function instance that answers one scrape knows nothing of the others. Every figure here was read from the database.

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Sample {
  labels?: Readonly<Record<string, string>>
  /** A number, or the text of a decimal, which keeps its digits. */
  value: number | string
}

/** One gauge with its samples. Without samples it is not written. */
export interface Gauge {
  name: string
  help: string
  samples: readonly Sample[]
}

/** Writes gauges in the text exposition format 0.0.4. Every line ends with a line feed. */
export function writeExposition(gauges: readonly Gauge[]): string {
  return gauges
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) => {
      const lines = samples.map(
        ({ labels = {}, value }) => `${name}${writtenLabels(labels)} ${value}\n`,
      )
      return `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} gauge\n${lines.join('')}`
    })
    .join('')
}

function writtenLabels(labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`)
  return written.length === 0 ? '' : `{${written.join(',')}}`
}

const escapedHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

const escapedLabel = (text: string) => escapedHelp(text).replaceAll('"', '\\"')
