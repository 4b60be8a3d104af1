import { createInterface } from 'node:readline/promises'
import { OpsError } from './exit-code.ts'
import type { Stream } from './output.ts'

/** Asks a person on a terminal whether to go on. Where nobody can answer, it is yes. @throws OpsError for no */
export async function confirmOn(
  stdin: NodeJS.ReadableStream & { isTTY?: boolean },
  stderr: Stream,
): Promise<void> {
  if (!stdin.isTTY || !stderr.isTTY) return
  stderr.write('Do it? (y/N) ')
  const lines = createInterface({ input: stdin })
  try {
    const { value } = await lines[Symbol.asyncIterator]().next()
    if (/^y(es)?$/i.test(String(value ?? '').trim())) return
  } finally {
    lines.close()
  }
  throw new OpsError(1, 'Nothing was changed.')
}
