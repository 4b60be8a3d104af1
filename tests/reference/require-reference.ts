import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { REFERENCE } from './reference.ts'

/** @throws Error before the first test where the reference data is missing: a run that skips everything proves nothing */
export default function requireReference(): void {
  if (existsSync(REFERENCE)) return
  throw new Error(
    `The reference data is missing: there is no folder ${fileURLToPath(REFERENCE)}. ` +
      'The suite "reference" compares this project with recorded answers of real systems, which are kept beside it. ' +
      '`npm test` needs none of them.',
  )
}
