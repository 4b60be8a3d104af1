import './scripts/require-setup.mjs'
import { defineConfig } from 'vitest/config'
import { coreParts } from './scripts/core.ts'
import { refuseSkips } from './tests/helpers/refuse-skips.ts'

export default defineConfig({
  plugins: [refuseSkips()],
  test: {
    // Each of the two workers holds two PostgreSQL databases (0.3 to 0.7 GB).
    maxWorkers: 2,
    // A new process for each of 130 files costs 50 s in all. Each file closes what it opens; databases are shared.
    isolate: false,
    // A hung test fails after this time. No test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The output of a test is shown when the test fails.
    silent: 'passed-only',
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: [['text', { skipFull: true }], 'json-summary', 'json'],
      reportOnFailure: true,
      // Every branch of the core is taken by tests of `pure` alone. All tests take 94.9 % of the rest of `lib`.
      thresholds: {
        ...Object.fromEntries(
          coreParts(undefined).flatMap(({ files }) =>
            files.map((file) => [file, { branches: 100 }]),
          ),
        ),
        branches: 90,
      },
    },
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['tests/{unit,property,simulation}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['tests/{db,contract,deploy,readme,browser}/**/*.test.ts'],
          globalSetup: ['tests/helpers/global-database.ts'],
        },
      },
      {
        // Compares the code with recorded answers of real systems in ../shared. `npm test` leaves it out.
        extends: true,
        test: {
          name: 'reference',
          include: ['tests/reference/**/*.test.ts'],
          globalSetup: ['tests/reference/require-reference.ts'],
        },
      },
    ],
  },
})
