import { expect, test } from 'vitest'
import { VERDICTS } from '../../../lib/payments/verdict/codes.ts'
import { runSeeds, testSimulation } from '../seeds.ts'
import { PAYMENT_MUTANTS } from './mutants.ts'
import { RULE_MUTANTS } from './mutants-rules.ts'
import { type PaymentSeedReport, runPaymentSeed } from './scenario.ts'

const SEEDS = 2_000

/** `update_refused` is too rare: it needs a transaction that is left to a person. `catching_up` is never the last one. */
const REFUSALS = VERDICTS.filter(
  (one) => one !== 'credited' && one !== 'update_refused' && one !== 'catching_up',
)

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

test(`${SEEDS} random ledgers: each payment is credited once, or its verdict names why not`, async () => {
  const reports = await runSeeds(SEEDS, runPaymentSeed, '--payments')
  const sum = (of: (report: PaymentSeedReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const stored = (verdict: string) => sum(({ verdicts }) => verdicts[verdict] ?? 0)
  const alarms = (code: string) => sum((report) => report.alarms[code] ?? 0)
  // A simulation in which nothing happens proves nothing.
  expect(sum(({ operations }) => operations)).toBeGreaterThan(4 * SEEDS)
  for (const verdict of REFUSALS) {
    // Few payments are path payments that are right for a SEP-31 transaction.
    const least = verdict === 'sep31_path_payment' ? 0 : SEEDS / 125
    expect(stored(verdict), verdict).toBeGreaterThan(least)
  }
  expect(stored('credited')).toBeGreaterThan(SEEDS / 2)
  expect(stored('catching_up')).toBe(0)
  expect(sum(({ caughtUp }) => caughtUp)).toBeGreaterThan(SEEDS / 50)
  expect(sum(({ deaths }) => deaths)).toBeGreaterThan(SEEDS / 5)
  expect(sum(({ lost }) => lost)).toBeGreaterThan(SEEDS / 50)
  expect(sum(({ rejudged }) => rejudged)).toBeGreaterThan(SEEDS / 50)
  expect(sum(({ restarts }) => restarts)).toBeGreaterThan(SEEDS / 100)
  expect(sum(({ decisions }) => decisions)).toBeGreaterThan(SEEDS / 10)
  expect(sum(({ aside }) => aside)).toBeGreaterThan(SEEDS / 10)
  expect(sum(({ archived }) => archived)).toBeGreaterThan(SEEDS / 10)
  expect(sum(({ open }) => open)).toBeGreaterThan(SEEDS / 2)
  for (const code of ALARMS) expect(alarms(code), code).toBeGreaterThan(SEEDS / 200)
})

testSimulation(
  runPaymentSeed,
  { ...PAYMENT_MUTANTS, ...RULE_MUTANTS },
  {
    'a transaction is credited by every payment for it': 1_900,
    'a holder whose lease ended still writes': 1_800,
    'a page of another account is believed': 23_300,
    'a credit ignores that its operation was reported for another transaction': 700,
    'a report ignores that its operation was credited to another transaction': 900,
    'a second report of an operation has no claim of its own': 3_000,
    'a ledger that a lagging server does not have is a reset': 2_800,
  },
)
