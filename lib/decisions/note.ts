import * as z from 'zod'

const NOTE = 'a text of 1 to 1,000 characters that says how it is known'

/** The note of a decision. */
export const decisionNote = z
  .string({ error: NOTE })
  .trim()
  .min(1, { error: NOTE })
  .max(1000, { error: NOTE })
