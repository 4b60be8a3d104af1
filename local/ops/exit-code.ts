/** What `npm run ops` exits with. docs/command-line.md has the same table, and a test compares the two. */
export const EXIT_CODES = {
  0: 'It is done, and all that was checked is right.',
  1: 'The deployment refused, a check failed, books do not agree, or a person answered no.',
  2: 'The command line or the environment cannot be read; nothing was asked.',
  3: 'There is no answer, or one that does not tell what became of it.',
  4: 'The command itself has a fault, which stderr shows.',
  5: 'Nothing is wrong by what is known, and something could not be known: a balance or a movement is missing, or no books are kept.',
} as const
export type ExitCode = keyof typeof EXIT_CODES

/** The deployment did not do what was asked. The message may be shown on a terminal. */
export class OpsError extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
