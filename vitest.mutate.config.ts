import { defineConfig } from 'vitest/config'
import { CORE, type CorePartName } from './scripts/core.ts'

/** The tests that Stryker runs again for each mutant of a part of the core. */
export default defineConfig({
  test: {
    include: [...CORE[process.env['CORE_PART'] as CorePartName].mutationTests],
    // Tests of 750,000 combinations or of thousands of generated inputs would take days.
    testNamePattern: /^(?!.*(every combination|any payment with any|exactly when it matches))/,
    maxWorkers: 1,
    isolate: false,
    testTimeout: 60_000,
  },
})
