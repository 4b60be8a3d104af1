import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'

// Draws docs/npm-start.svg: what a terminal of 100 columns shows of `npm start`. It runs the real command in a terminal made
// by `script` of util-linux, so it runs on Linux, beside no other `npm start` of this checkout.

const ROOT = resolve(import.meta.dirname, '..')
const COLUMNS = 100
const FOREGROUND = '#c9d1d9'
const COLOURS: Record<string, string> = { 31: '#f85149', 32: '#3fb950', 33: '#d29922' }
const LINE = 20
const CHARACTER = 8.43
const MARGIN = 24

/** What the command prints until the legend of its table has ended. */
async function readOutput(): Promise<string[]> {
  // Where either of them is set, even to nothing, Node prints no colours.
  const { CI: _, NO_COLOR: __, ...environment } = process.env
  const command = `stty cols ${COLUMNS}; exec ${process.execPath} local/start.ts`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: ROOT,
    env: { ...environment, PORT: '3000', TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += chunk
    if (output.includes('declared only')) break
  }
  child.kill('SIGINT')
  if (!output.includes('declared only')) throw new Error(`npm start ended early:\n${output}`)
  return output.split(/\r?\n/)
}

/** The lines that tell what it is: of the many checks and rows, some of each kind. */
function chooseLines(lines: readonly string[]): string[] {
  const from = (text: string) => lines.findIndex((line) => line.includes(text))
  const [checks, imported, titles] = [from('First sync:'), from('Imported '), from('HOME DOMAIN')]
  const legend = from('STATE:')
  return [
    ...lines.slice(0, checks + 7),
    '     …',
    ...lines.slice(imported, titles + 20),
    '…',
    ...lines.slice(legend).filter((line) => line !== ''),
  ].map((line) => line.replace(`${ROOT}/`, ''))
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** One line with its colours; any other style begins the plain text again. */
function drawLine(line: string, y: number): string {
  let isBold = false
  let colour = FOREGROUND
  const parts = line.split(/(\u001b\[\d+m)/).map((part) => {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1]
    if (code === undefined) {
      const weight = isBold ? ' font-weight="700"' : ''
      return part === '' ? '' : `<tspan fill="${colour}"${weight}>${escapeXml(part)}</tspan>`
    }
    if (code === '1' || code === '22') isBold = code === '1'
    else colour = COLOURS[code] ?? FOREGROUND
    return ''
  })
  return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${parts.join('')}</text>`
}

function drawTerminal(lines: readonly string[]): string {
  const width = Math.ceil(COLUMNS * CHARACTER) + 2 * MARGIN
  const height = (lines.length + 1) * LINE + 2 * MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="What npm start prints">`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`,
    ...lines.map((line, index) => drawLine(line, MARGIN + (index + 1) * LINE)),
    '</g></svg>\n',
  ].join('\n')
}

const lines = ['$ npm ci && npm start', '', ...chooseLines(await readOutput())]
await writeFile(resolve(ROOT, 'docs/npm-start.svg'), drawTerminal(lines))
