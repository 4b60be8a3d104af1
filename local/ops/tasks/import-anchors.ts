import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { components } from '../../../client/src/client.ts'
import { CommandLineError } from '../../../serve/command-line.ts'
import { answered } from '../decision.ts'
import type { Output } from '../output.ts'
import { task } from '../task.ts'

type ImportAnswer = components['schemas']['ImportAnswer']

export const importAnchors = task({
  does: 'Imports listings from a file, from a URL, or from the directory of the deployment. Nothing is stored without --write.',
  words: {
    file: { means: 'A file with a JSON array of rows; `-` is stdin.', optional: true },
  },
  options: {
    from: { type: 'text', takes: 'url', means: 'An https URL that the deployment reads.' },
    write: { type: 'flag', means: 'Stores what changes.' },
    inactive: { type: 'flag', means: 'New rows are not active.' },
    force: { type: 'flag', means: 'Drops or changes more than half of a directory.' },
  },
  sends: 'secret',
  ifUnclear: 'Rows may have been stored. Run it again without --write: it tells what would change.',
  example: 'npm run ops -- anchors import anchors.json --write',
  async run({ words: { file }, values: { from, write, inactive, force } }, { ops, says, note }) {
    if (file !== undefined && from !== undefined) {
      throw new CommandLineError(
        `The file ${JSON.stringify(file)} and --from are both on the command line; allowed: one of them`,
      )
    }
    const rows = file === undefined ? {} : { anchors: await readRows(file) }
    says(`importing from ${file ?? from ?? 'the directory of the deployment'}`)
    const asked = await ops.api.POST('/api/anchors/ops', {
      body: {
        action: 'import_directory',
        ...rows,
        ...(from === undefined ? {} : { downloadUrl: from }),
        dryRun: !write,
        ...(inactive ? { active: false } : {}),
        ...(force ? { force } : {}),
      },
    })
    const answer = answered(asked) as ImportAnswer
    return {
      answer,
      show(out) {
        showImport(answer, out)
        if (answer.dryRun) note('Nothing was stored. --write stores it.')
      },
    }
  },
})

/** @throws CommandLineError */
async function readRows(file: string): Promise<unknown[]> {
  const refuse = (problem: string) =>
    new CommandLineError(
      `The file ${JSON.stringify(file)} on the command line ${problem}; allowed: a JSON array of rows`,
    )
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw refuse(`cannot be read: ${error.code}`)
    },
  )
  const rows = parsed(content)
  if (Array.isArray(rows)) return rows
  throw refuse('is no JSON array')
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return null
  }
}

function showImport(answer: ImportAnswer, out: Output): void {
  const { source, dryRun, totalNormalized, written, changes, refusal, rejected, sample } = answer
  out.line(`${totalNormalized} listings from ${source}, ${dryRun ? 'none' : written} stored`)
  if (changes !== undefined) {
    const { new: added, changed, unchanged, dropped } = changes
    out.line(`${added} new, ${changed} changed, ${unchanged} unchanged, ${dropped} dropped`)
  }
  if (refusal) out.line(`It would be refused without --force: ${refusal}`)
  if (sample.length > 0) {
    out.table(
      [{ title: 'LISTING', isWhole: true }, { title: 'NAME' }],
      sample.map(({ id, name }) => [id, name]),
    )
  }
  if (rejected.length === 0) return
  out.line('')
  out.table(
    [{ title: 'REJECTED ROW' }, { title: 'REASON' }],
    rejected.map(({ index, reason }) => [`${index}`, reason]),
  )
}
