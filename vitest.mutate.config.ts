import { defineConfig } from 'vitest/config'

/**
 * The tests that Stryker runs again for each mutant of the files in stryker.config.json. They are tables, which take
 * milliseconds: a test of 750,000 combinations or of thousands of generated inputs would take an hour.
 */
export default defineConfig({
  test: {
    include: [
      'tests/unit/stellar/amount.test.ts',
      'tests/unit/http/{admit,auth,event-auth}.test.ts',
    ],
    testNamePattern: /^(?!.*every combination)/,
    maxWorkers: 1,
    isolate: false,
    testTimeout: 60_000,
  },
})
