import * as z from 'zod'
import type { Caller } from '../../caller.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { describeDecision } from '../../decisions/describe.ts'
import { decisionNote } from '../../decisions/note.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import { integer, parseDecision } from '../../http/parameters.ts'
import type { LedgerSource } from '../../ledger/source.ts'
import type { Log } from '../../log.ts'
import { formatStroops } from '../../stellar/amount.ts'
import { createTimeLimit } from '../../updates/time-limit.ts'
import { type BookReport, keepBooks } from './keep.ts'
import { bookedAccount, bookedAsset } from './read-routes.ts'
import { explainDifference } from './store.ts'

const snapshot = z.object({ account: bookedAccount })
const explanation = z.object({
  account: bookedAccount,
  asset: bookedAsset,
  closingLedger: integer(1, 4_294_967_295),
  note: decisionNote,
})
/** The decisions about the books, with the keys of each. */
export const bookDecisions = { snapshot, explained: explanation }

interface BookDeps {
  config: Pick<Config, 'observer' | 'sync'>
  db: Database
  ledger: () => Promise<LedgerSource>
  log: Log
  now: () => Date
}

/**
 * Takes a snapshot of an observed account now, reads its movements up to it and compares the two; or records that a person
 * has explained a difference.
 *
 * @throws AppError `invalid_parameter`, `not_found`, `decision_refused` where nothing differs, with
 *   who explained it before; `configuration_invalid`, `database_unavailable`
 */
export async function decideBooksByPerson(
  body: object,
  caller: Caller,
  deps: BookDeps,
): Promise<{ books: BookReport } | { decision: Decision }> {
  const asked = parseDecision(bookDecisions, body)
  if (asked.decision === 'snapshot') return { books: await snapshotNow(asked.account, deps) }
  return { decision: await explain(asked, caller, deps) }
}

/** Takes a snapshot of an observed account and keeps its books up to it. @throws AppError `invalid_parameter` */
async function snapshotNow(account: string, deps: BookDeps): Promise<BookReport> {
  const { config, db, log, now } = deps
  if (!config.observer.accounts.includes(account)) {
    const what = `account is "${account}"`
    const allowed = 'an account of PAYMENT_OBSERVER_ACCOUNTS'
    throw new AppError('invalid_parameter', [{ path: 'account', what, place: 'body', allowed }])
  }
  const isOver = createTimeLimit(config.sync.maxDurationSeconds, now)
  const report = await keepBooks(
    account,
    { asked: true },
    { db, ledger: await deps.ledger(), log, isOver },
  )
  return report ?? { movements: 0, remaining: false, snapshot: false, differences: 0 }
}

async function explain(
  { account, asset, closingLedger, note }: z.output<typeof explanation>,
  { keyName }: Caller,
  { db }: BookDeps,
): Promise<Decision> {
  const wanted = { account, asset, closingLedger, note, keyName }
  const result = await explainDifference(db, wanted)
  const named = {
    path: 'closingLedger',
    what: `closingLedger is ${closingLedger}`,
    place: 'body',
  } as const
  const ofBooks = `of ${asset} of ${account}`
  if (result === null) {
    const problem = `and closes no period ${ofBooks} that was compared`
    const allowed = 'the closingLedger of a difference that GET /api/attention lists'
    throw new AppError('not_found', [{ ...named, problem, allowed }])
  }
  const { explained, difference, decision } = result
  if (explained && decision !== null) return decision
  const shown = `${formatStroops(BigInt(difference))}${describeDecision(decision)}`
  throw new AppError('decision_refused', [
    {
      ...named,
      problem: `and the difference ${ofBooks} is ${shown}`,
      allowed: 'explained for a difference that nobody explained',
    },
  ])
}
