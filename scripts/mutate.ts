import { spawnSync } from 'node:child_process'
import { CORE } from './core.ts'

// Lets Stryker change the files of some parts of the core, one part after another, and run their tests for each change. It
// fails when the tests of a part notice less than 85 % of the changes.

const asked = process.argv.slice(2)
if (asked.includes('--help')) {
  console.log(
    `Usage: npm run mutate -- [part…]\n\nThe parts: ${Object.keys(CORE).join(', ')}. Without a name it tries all of them.`,
  )
  process.exit(0)
}
const unknown = asked.filter((name) => !Object.hasOwn(CORE, name))
if (unknown.length > 0) {
  console.error(
    `Nothing was changed: the core has no part "${unknown.join('", "')}"; allowed: ${Object.keys(CORE).join(', ')}, or no name for all of them.`,
  )
  process.exit(2)
}
const parts = asked.length > 0 ? asked : Object.keys(CORE)
const failed = parts.filter((part) => {
  console.log(`\nThe part ${part} of the core:`)
  const { status } = spawnSync('npx', ['stryker', 'run'], {
    stdio: 'inherit',
    env: { ...process.env, CORE_PART: part },
  })
  return status !== 0
})
if (failed.length > 0) {
  console.error(`Not enough changes are noticed, or the run broke off, in: ${failed.join(', ')}.`)
  process.exit(1)
}
