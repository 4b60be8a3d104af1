import { AnchorOpsError } from '../../client/src/client.ts'
import type { Tools } from './task.ts'

/**
 * Shows what a decision is about, asks a person on a terminal, and carries it out.
 *
 * @param read what is stored about it; a key without the scope read may decide all the same
 */
export async function decide<Stored, Answer>(
  tools: Pick<Tools, 'note' | 'confirm'>,
  decision: {
    says: string
    read(): Promise<Stored>
    describe(stored: Stored): string[]
    send(): Promise<Answer>
  },
): Promise<Answer> {
  try {
    for (const line of decision.describe(await decision.read())) tools.note(line)
  } catch (error) {
    if (!(error instanceof AnchorOpsError && error.code === 'forbidden')) throw error
    tools.note(`What is stored about it is not shown: ${error.message}`)
  }
  tools.note(decision.says)
  await tools.confirm()
  return decision.send()
}

/** The answer of a call. An error was thrown before. */
export function answered<T>({ data }: { data?: T }): T {
  if (data === undefined) throw new TypeError('The answer is empty')
  return data
}

interface StoredDecision {
  id: string
  about: string
  subject: string
  decision: string
  keyName: string
  decidedAt?: string
}

/** What became of a decision, in one line. */
export const describeDecision = ({ about, subject, decision, keyName }: StoredDecision): string =>
  `Stored: ${decision} of the ${about} ${subject}, by ${keyName}`
