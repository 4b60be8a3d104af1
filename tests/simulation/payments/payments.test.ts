import { describe, expect, test } from 'vitest'
import { PAYMENT_MUTANTS } from './mutants.ts'
import { type PaymentSeedReport, runPaymentSeed } from './scenario.ts'

const SEEDS = 20_000
/** Each broken rule shows within so many seeds. */
const MUTANT_SEEDS = 2_000
/** Where the search begins for rules that are seldom needed: near a seed that is known to need them. */
const FIRST_SEED: Record<string, number> = {
  'a transaction is credited by every payment for it': 500,
  'who was taken for dead goes on': 1_600,
  'a page of another account is believed': 5_000,
}

test(`${SEEDS} random ledgers: each payment is credited once or refused by name`, {
  timeout: 120_000,
}, async () => {
  const reports: PaymentSeedReport[] = []
  for (let seed = 0; seed < SEEDS; seed += 1) reports.push(await runPaymentSeed(seed))
  const shown = reports
    .filter(({ violations }) => violations.length > 0)
    .map(
      ({ seed, violations }) =>
        `${violations.join('; ')}; replay: npm run simulate -- --payments --from ${seed} --seeds 1`,
    )
  expect(shown).toEqual([])

  const sum = (of: (report: PaymentSeedReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const stored = (verdict: string) => sum(({ verdicts }) => verdicts[verdict] ?? 0)
  const alarms = (code: string) => sum((report) => report.alarms[code] ?? 0)
  // A simulation in which nothing happens proves nothing.
  expect(sum(({ operations }) => operations)).toBeGreaterThan(4 * SEEDS)
  for (const verdict of REFUSALS) expect(stored(verdict), verdict).toBeGreaterThan(SEEDS / 100)
  expect(stored('credited')).toBeGreaterThan(SEEDS / 2)
  expect(sum(({ deaths }) => deaths)).toBeGreaterThan(SEEDS / 5)
  expect(sum(({ lost }) => lost)).toBeGreaterThan(SEEDS / 50)
  expect(sum(({ rejudged }) => rejudged)).toBeGreaterThan(SEEDS / 50)
  expect(sum(({ restarts }) => restarts)).toBeGreaterThan(SEEDS / 100)
  for (const code of ALARMS) expect(alarms(code), code).toBeGreaterThan(SEEDS / 200)
})

const REFUSALS = [
  'transaction_failed',
  'outgoing',
  'no_memo',
  'no_match',
  'not_awaiting',
  'ambiguous',
  'wrong_account',
  'wrong_asset',
  'amount_unknown',
  'amount_short',
  'amount_over',
  'already_paid',
  'manual_review',
]

const ALARMS = [
  'ledger_unreachable',
  'ledger_rate_limited',
  'ledger_history_gone',
  'ledger_unreadable',
  'ledger_reset',
  'cursor_ahead',
  'history_gone',
  'start_unknown',
  'database_unavailable',
]

test('a seed gives the same history every time', async () => {
  for (const seed of [1, 22, 333]) {
    expect(await runPaymentSeed(seed)).toEqual(await runPaymentSeed(seed))
  }
})

describe('a broken rule is noticed', () => {
  test.each(Object.entries(PAYMENT_MUTANTS))('%s', async (name, mutant) => {
    const first = FIRST_SEED[name] ?? 0
    let seed = first
    let violations: string[] = []
    while (violations.length === 0 && seed < first + MUTANT_SEEDS) {
      violations = (await runPaymentSeed(seed, mutant())).violations
      seed += 1
    }
    expect(violations, `in ${seed - first} seeds`).not.toEqual([])
  })
})
