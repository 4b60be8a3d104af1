import { parseArgs } from 'node:util'
import { type PaymentSeedReport, runPaymentSeed } from './payments/scenario.ts'
import { runSeed } from './updates/scenario.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '0' },
    payments: { type: 'boolean', default: false },
  },
})
const seeds = Number(values.seeds)
const from = Number(values.from)
if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from) || from < 0) {
  console.error('simulate: --seeds takes a whole number from 1, --from one from 0')
  process.exit(1)
}

if (values.payments) await simulatePayments()
else await simulateUpdates()

async function simulateUpdates(): Promise<void> {
  const total = { attempts: 0, applied: 0, rejected: 0, notApplied: 0, deaths: 0, resent: 0 }
  const manual = { custody: 0, changed: 0 }
  let failed = 0
  const startedAt = performance.now()
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report = await runSeed(seed)
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += report[name]
    manual.custody += report.manualCustody
    manual.changed += report.manualChanged
    if (report.violations.length > 0) {
      failed += 1
      for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`)
      console.log(`replay: npm run simulate -- --from ${seed} --seeds 1`)
    }
    if ((seed - from + 1) % 10_000 === 0) console.log(`${seed - from + 1} seeds, ${failed} failed`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  const people = manual.custody + manual.changed
  console.log(
    `${seeds} seeds from ${from} in ${seconds.toFixed(1)} s (${Math.round(seeds / seconds)} a second): ${failed} with violations
${total.attempts} updates: ${total.applied} applied, ${total.rejected} rejected, ${total.notApplied} not applied; ${total.resent} sent more than once; ${total.deaths} processes killed
${people} to a person (${((100 * people) / total.attempts).toFixed(2)} %): ${manual.custody} custody, ${manual.changed} changed without evidence`,
  )
  process.exitCode = failed > 0 ? 1 : 0
}

async function simulatePayments(): Promise<void> {
  const verdicts: Record<string, number> = {}
  const alarms: Record<string, number> = {}
  const total = { operations: 0, lost: 0, rejudged: 0, deaths: 0, restarts: 0 }
  let creditedStroops = 0n
  let failed = 0
  const startedAt = performance.now()
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report: PaymentSeedReport = await runPaymentSeed(seed)
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += report[name]
    addCounts(verdicts, report.verdicts)
    addCounts(alarms, report.alarms)
    creditedStroops += report.creditedStroops
    if (report.violations.length === 0) continue
    failed += 1
    for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`)
    console.log(`replay: npm run simulate -- --payments --from ${seed} --seeds 1`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  console.log(
    `${seeds} ledgers from ${from} in ${seconds.toFixed(1)} s (${Math.round(seeds / seconds)} a second): ${failed} with violations
${total.operations} operations: ${listed(verdicts)}
${creditedStroops} stroops credited; ${total.lost} operations not shown at first, ${total.rejudged} judged anew
${total.deaths} processes killed, ${total.restarts} accounts started anew by an operator; alarms: ${listed(alarms)}`,
  )
  process.exitCode = failed > 0 ? 1 : 0
}

function addCounts(total: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
}

function listed(counts: Record<string, number>): string {
  const ordered = Object.entries(counts).toSorted(([, one], [, other]) => other - one)
  return ordered.map(([name, count]) => `${count} ${name}`).join(', ')
}
