import { describe, expect, test } from 'vitest'

interface Report {
  seed: number
  violations: string[]
}

type Run<R extends Report, M> = (seed: number, mutant?: M) => Promise<R>

/** Each broken rule shows within so many seeds. */
const MUTANT_SEEDS = 2_000

/** Runs seeds from 0 and fails with the command that replays each seed that broke a promise. */
export async function runSeeds<R extends Report, M>(
  seeds: number,
  run: Run<R, M>,
  option: string,
): Promise<R[]> {
  const reports: R[] = []
  for (let seed = 0; seed < seeds; seed += 1) reports.push(await run(seed))
  const broken = reports.flatMap(({ seed, violations }) =>
    violations.map(
      (one) => `${one}; replay: npm run simulate -- ${option} --from ${seed} --seeds 1`,
    ),
  )
  expect(broken).toEqual([])
  return reports
}

/** Tests what makes a simulation worth its time: a seed repeats its history, and each mutant breaks a promise. */
export function testSimulation<R extends Report, M>(
  run: Run<R, M>,
  mutants: Readonly<Record<string, () => M>>,
  /** Where the search begins for rules that few seeds need: near a seed that needs them. */
  firstSeeds: Readonly<Record<string, number>>,
): void {
  test('a seed gives the same history every time', async () => {
    // Violations name random ids of attempts.
    const history = async (seed: number) => ({ ...(await run(seed)), violations: [] })
    for (const seed of [1, 22, 333]) expect(await history(seed)).toEqual(await history(seed))
  })

  describe('a broken rule is noticed', () => {
    test.each(Object.entries(mutants))('%s', async (name, mutant) => {
      const first = firstSeeds[name] ?? 0
      let seed = first
      let violations: string[] = []
      while (violations.length === 0 && seed < first + MUTANT_SEEDS) {
        violations = (await run(seed, mutant())).violations
        seed += 1
      }
      expect(violations, `in ${seed - first} seeds`).not.toEqual([])
    })
  })
}
