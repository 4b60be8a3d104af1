import { describe, expect, test } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { runSeed, type SeedReport } from './scenario.ts'

const SEEDS = 500
/** Each broken rule shows within so many seeds. */
const MUTANT_SEEDS = 2_000
/** Where the search begins for rules that are seldom needed: near a seed that is known to need them. */
const FIRST_SEED: Record<string, number> = {
  'silence is proof before 180 s': 1_200,
  'the Stellar transaction is no natural key': 1_950,
}

test(`${SEEDS} seeds: nothing lost, nothing applied twice, status true`, async () => {
  const reports: SeedReport[] = []
  for (let seed = 0; seed < SEEDS; seed += 1) reports.push(await runSeed(seed))
  const failed = reports.filter(({ violations }) => violations.length > 0)
  const shown = failed.map(
    ({ seed, violations }) =>
      `${violations.join('; ')}; replay: npm run simulate -- --from ${seed} --seeds 1`,
  )
  expect(shown).toEqual([])

  const sum = (of: (report: SeedReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const attempts = sum((report) => report.attempts)
  const people = sum(({ manualChanged, manualCustody }) => manualChanged + manualCustody)
  // A simulation in which nothing happens proves nothing.
  expect(attempts).toBeGreaterThan(1_000)
  expect(sum(({ applied }) => applied)).toBeGreaterThan(attempts / 5)
  expect(sum(({ resent }) => resent)).toBeGreaterThan(50)
  expect(sum(({ deaths }) => deaths)).toBeGreaterThan(200)
  expect(people).toBeGreaterThan(0)
  expect(people).toBeLessThan(attempts / 20)
})

test('a seed gives the same history every time', async () => {
  for (const seed of [1, 22, 333]) {
    const { violations: _, ...first } = await runSeed(seed)
    const { violations: __, ...second } = await runSeed(seed)
    expect(second).toEqual(first)
  }
})

describe('a broken rule is noticed', () => {
  test.each(Object.entries(MUTANTS))('%s', async (name, mutant) => {
    const first = FIRST_SEED[name] ?? 0
    let seed = first
    let violations: string[] = []
    while (violations.length === 0 && seed < first + MUTANT_SEEDS) {
      violations = (await runSeed(seed, mutant())).violations
      seed += 1
    }
    expect(violations, `in ${seed - first} seeds`).not.toEqual([])
  })
})
