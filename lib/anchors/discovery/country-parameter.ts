import * as z from 'zod'
import { isCountryCode } from './country.ts'

const ALLOWED = 'an ISO 3166-1 alpha-2 code, or ZZ for worldwide'

/** A country a caller asks for, in any letter case. `UK` is no code and is refused: it would silently match nothing. */
export const countryParameter = z
  .string({ error: ALLOWED })
  // Before upper-casing, which makes "SS", South Sudan, of one ß.
  .regex(/^[A-Za-z]{2}$/, { error: ALLOWED, abort: true })
  .toUpperCase()
  .refine(isCountryCode, { error: ALLOWED })
