import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { boolean, choice, FORMATS, instant, integer, pageCursor } from '../http/parameters.ts'
import { isAccountId } from '../stellar/account-id.ts'
import { formatAsset, parseAsset } from '../stellar/asset.ts'
import { listOpenPayments } from './open/list.ts'
import { readPayments, type StoredPayment } from './store.ts'
import { VERDICTS } from './verdict/codes.ts'

const ACCOUNT = 'an account id (G…)'
const ASSET = 'an asset of the ledger, such as stellar:native or stellar:USDC:G…'

const account = z.string({ error: ACCOUNT }).refine(isAccountId, { error: ACCOUNT })
const asset = z.string({ error: ASSET }).transform((text, context) => {
  const read = parseAsset(text)
  if (read !== null && read.kind !== 'fiat') return formatAsset(read)
  context.issues.push({ code: 'custom', input: text, message: ASSET })
  return z.NEVER
})

export const paymentsParameters = z.object({
  open: boolean().default(false),
  verdict: choice(VERDICTS).optional(),
  account: account.optional(),
  asset: asset.optional(),
  since: instant().optional(),
  format: choice(FORMATS).optional(),
  limit: integer(1, 200).default(50),
  cursor: pageCursor(),
})

/**
 * A page of the observed payments, in the order in which they got their verdicts; or of open money, the oldest first, with
 * what a person may do about it.
 *
 * @param origin the origin of the URLs in the answer
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export function listPayments(
  asked: Omit<z.output<typeof paymentsParameters>, 'format'>,
  origin: string,
  { db }: { db: Database },
): Promise<{ payments: StoredPayment[]; next: string | null }> {
  const { open, verdict, account, asset, since, limit, cursor } = asked
  const page = { verdict: verdict ?? null, since: since ?? null, limit, cursor: cursor ?? null }
  if (open) {
    const filter = { ...page, account: account ?? null, asset: asset ?? null }
    return listOpenPayments(filter, origin, { db })
  }
  refuseFilter('account', account)
  refuseFilter('asset', asset)
  return readPayments(db, page)
}

/** Filters that no index answers in the order of the whole list. */
function refuseFilter(path: string, value: string | undefined): void {
  if (value === undefined) return
  throw new AppError('invalid_parameter', [
    {
      path,
      what: `${path} is ${JSON.stringify(value)}`,
      place: 'query string',
      problem: 'without open=true',
      allowed: 'only with open=true',
    },
  ])
}
