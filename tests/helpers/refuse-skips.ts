import { readFileSync } from 'node:fs'
import type { Reporter, TestCase, Vitest, VitestPluginContext } from 'vitest/node'

/**
 * A plugin for `vitest.config.ts`: a run in which a test was skipped fails. Outside CI a run with `-t` or `.only`
 * passes, because it leaves tests out on purpose.
 */
export function refuseSkips() {
  const reporter = createReporter()
  return {
    name: 'refuse-skips',
    configureVitest({ vitest }: VitestPluginContext) {
      const { reporters } = vitest.config
      if (!reporters.includes(reporter as never)) reporters.push(reporter as never)
    },
  }
}

function createReporter(): Reporter {
  let vitest: Vitest
  return {
    onInit: (started) => {
      vitest = started
    },
    onTestRunEnd: (modules) => {
      const isCi = Boolean(process.env['CI'])
      if (vitest.config.testNamePattern !== undefined && !isCi) return
      const skipped = modules
        .filter(({ moduleId }) => isCi || !/\.only\b/.test(readFileSync(moduleId, 'utf8')))
        .flatMap(({ children }) => [...children.allTests('skipped')])
      if (skipped.length === 0) return
      const list = skipped.map((test) => `  ${fileOf(test)}: ${test.fullName}`).join('\n')
      vitest.logger.error(`\nA skipped test fails the run. Skipped (${skipped.length}):\n${list}\n`)
      process.exitCode = 1
    },
  }
}

const fileOf = ({ module }: TestCase) => module.relativeModuleId
