import { defineConfig } from 'vitest/config'
import { coreParts } from './scripts/core.ts'

/** The tests that Stryker runs again for each mutant of a part of the core. */
export default defineConfig({
  test: {
    include: coreParts(process.env['CORE_PART']).flatMap(({ mutationTests }) => mutationTests),
    // Tests of 750,000 combinations or of thousands of generated inputs would take days.
    testNamePattern:
      /^(?!.*(every combination|any payment with any|exactly when it matches|10 000 random|agrees with))/,
    maxWorkers: 1,
    isolate: false,
    testTimeout: 60_000,
  },
})
