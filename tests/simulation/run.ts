import { EMULATOR_RELEASES } from '../../local/platform/emulator-state.ts'
import { readCommandLine } from '../../serve/command-line.ts'
import { addCounts, listedCounts } from './counts.ts'
import { runPaymentSeed } from './payments/scenario.ts'
import { runUpdateSeed } from './updates/scenario.ts'

const PROGRESS_EVERY = 10_000

interface Simulation<R> {
  option: '--updates' | '--payments'
  run(seed: number): Promise<R & { violations: string[] }>
  /** Counts of one seed; those of all seeds are added up. */
  counts(report: R): Record<string, number>
  summary(counts: Record<string, number>): string
}

const UPDATES: Simulation<Awaited<ReturnType<typeof runUpdateSeed>>> = {
  option: '--updates',
  run: (seed) => runUpdateSeed(seed, {}, release === '4.3.0' ? release : '2.8.4'),
  counts: ({ seed: _, violations: __, ...counts }) => counts,
  summary: ({ attempts = 0, manualCustody = 0, manualChanged = 0, ...rest }) => {
    const people = manualCustody + manualChanged
    return `${attempts} updates: ${rest['applied']} applied, ${rest['rejected']} rejected, ${rest['notApplied']} not applied; ${rest['resent']} sent more than once; ${rest['deaths']} processes killed
${people} left to a person (${((100 * people) / attempts).toFixed(2)} %): ${manualCustody} custody, ${manualChanged} changed without evidence`
  },
}

const PAYMENTS: Simulation<Awaited<ReturnType<typeof runPaymentSeed>>> = {
  option: '--payments',
  run: runPaymentSeed,
  counts: ({ seed: _, violations: __, caughtUp: ___, verdicts, alarms, ...counts }) => ({
    ...counts,
    ...prefixed('verdict ', verdicts),
    ...prefixed('alarm ', alarms),
  }),
  summary: (counts) =>
    `${counts['operations']} operations: ${listedCounts(withPrefix('verdict ', counts))}
${counts['lost']} operations left out of a page, ${counts['rejudged']} judged again
${counts['decisions']} decisions of persons, ${counts['aside']} balances and clawbacks alarmed, ${counts['archived']} payments archived, ${counts['open']} open in the end
${counts['deaths']} processes killed, ${counts['restarts']} accounts restarted by an operator; alarms: ${listedCounts(withPrefix('alarm ', counts))}`,
}

const prefixed = (prefix: string, counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [prefix + name, count]))

const withPrefix = (prefix: string, counts: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), count]] : [],
    ),
  )

const { seeds, from, updates, payments, release } = readCommandLine({
  name: 'npm run simulate',
  does: 'Runs the shipped code through random histories and prints every broken promise. tests/simulation/README.md explains them.',
  options: {
    seeds: {
      type: 'integer',
      takes: 'count',
      min: 1,
      max: 1e9,
      default: 20_000,
      means: 'Seeds of each simulation.',
    },
    from: {
      type: 'integer',
      takes: 'seed',
      min: 0,
      max: 1e9,
      default: 0,
      means: 'The first seed.',
    },
    release: {
      type: 'text',
      takes: 'release',
      oneOf: EMULATOR_RELEASES,
      means: 'The release of the platform in the updates; 2.8.4 by default.',
    },
    updates: { type: 'flag', means: 'Simulates updates only.' },
    payments: { type: 'flag', means: 'Simulates payments only.' },
  },
  example: 'npm run simulate -- --payments --from 7 --seeds 1',
})

if (updates || !payments) await simulate(UPDATES)
if (payments || !updates) await simulate(PAYMENTS)

async function simulate<R>({ option, run, counts, summary }: Simulation<R>): Promise<void> {
  const total: Record<string, number> = {}
  let failed = 0
  const startedAt = performance.now()
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report = await run(seed)
    addCounts(total, counts(report))
    if (report.violations.length > 0) {
      failed += 1
      for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`)
      const on = release === undefined ? '' : ` --release ${release}`
      console.log(`replay: npm run simulate -- ${option}${on} --from ${seed} --seeds 1`)
    }
    const done = seed - from + 1
    if (done % PROGRESS_EVERY === 0) console.log(`${done} seeds, ${failed} failed`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  console.log(
    `${option.slice(2)}: ${seeds} seeds from ${from} in ${seconds.toFixed(1)} s (${Math.round(seeds / seconds)} a second), ${failed} with violations
${summary(total)}`,
  )
  if (failed > 0) process.exitCode = 1
}
