import * as z from 'zod'

/** The body of a decision, from the table of decisions that the route reads it by. */
export function decisionBody(decisions: Readonly<Record<string, z.ZodObject>>): z.ZodType {
  const [first, ...others] = Object.entries(decisions).map(([decision, keys]) =>
    z.object({ decision: z.literal(decision), ...keys.shape }),
  )
  if (first === undefined) throw new TypeError('A decision has at least one name')
  return others.length === 0 ? first : z.union([first, ...others])
}
