import type { AnchorOps } from '../../client/src/client.ts'
import type { Options, Values, Words } from '../../serve/command-line.ts'
import type { Output } from './output.ts'

/** What a command has to work with. */
export interface Tools {
  origin: string
  /** The client with the key of a person or a program. */
  ops: AnchorOps
  /** Names what is under way, for a person who waits. */
  says(what: string): void
  /** What is said beside the result. */
  note(text: string): void
  /** Asks a person whether to go on. Where nobody can answer, it is yes. @throws OpsError for no */
  confirm(): Promise<void>
}

/** What a command found or did. */
export interface Outcome {
  /** The answer of the deployment, which `--json` prints. */
  answer: unknown
  /** Prints it for a person. */
  show(out: Output): void
  /** Whether a check failed. */
  failed?: boolean
  /** Whether something that was to be checked is not known. */
  unknown?: boolean
  /** The secret of a new key, which is shown this once. Every other secret is kept out of what is printed. */
  reveals?: string
}

/** One command of `npm run ops`. */
export interface Task<W extends Words = Words, O extends Options = Options> {
  does: string
  words: W
  options: O
  /** The credential that it sends. */
  sends: 'key' | 'secret' | 'nothing'
  /** What to do when a change may have been made although no good answer came. */
  ifUnclear?: string
  example: string
  run(asked: { words: Texts<W>; values: Values<O> }, tools: Tools): Promise<Outcome>
}

type Texts<W extends Words> = {
  [K in keyof W]: W[K] extends { optional: true } ? string | undefined : string
}

/** A task whose types are those of its own words and options. */
export function task<const W extends Words, const O extends Options>(described: Task<W, O>): Task {
  return described as unknown as Task
}

/** The tasks of one subject, by their names. */
export interface TaskGroup {
  does: string
  tasks: Readonly<Record<string, Task>>
}
