import { expect, test } from 'vitest'
import { runSeeds, testSimulation } from '../seeds.ts'
import { MUTANTS } from './mutants.ts'
import { runUpdateSeed, type UpdateSeedReport } from './scenario.ts'

const SEEDS = 500

test(`${SEEDS} seeds: no update is lost or applied twice, and every status is true`, async () => {
  const reports = await runSeeds(SEEDS, runUpdateSeed, '--updates')
  const sum = (of: (report: UpdateSeedReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const attempts = sum((report) => report.attempts)
  const people = sum(({ manualChanged, manualCustody }) => manualChanged + manualCustody)
  // A simulation in which nothing happens proves nothing.
  expect(attempts).toBeGreaterThan(1_000)
  expect(sum(({ applied }) => applied)).toBeGreaterThan(attempts / 5)
  expect(sum(({ resent }) => resent)).toBeGreaterThan(50)
  expect(sum(({ deaths }) => deaths)).toBeGreaterThan(200)
  expect(sum(({ events }) => events)).toBeGreaterThan(300)
  expect(people).toBeGreaterThan(0)
  expect(people).toBeLessThan(attempts / 20)
})

test('200 seeds of 4.3.0 with its lock: no update is lost or applied twice, and every status is true', async () => {
  const run = (seed: number) => runUpdateSeed(seed, {}, '4.3.0')
  const reports = await runSeeds(200, run, '--updates --release 4.3.0')
  const applied = reports.reduce((total, report) => total + report.applied, 0)
  expect(applied).toBeGreaterThan(100)
})

testSimulation(runUpdateSeed, MUTANTS, {
  'silence is proof before 180 s': 1_400,
  'a request whose answer was lost is another request when it is asked again': 2_930,
  'what the platform no longer shows after it went back is not looked for': 500,
})
