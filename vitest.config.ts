import './scripts/require-node-24.mjs'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Two workers: each database file holds a Postgres of its own (0.3 to 0.7 GB).
    maxWorkers: 2,
    // A fresh process for each of 130 files takes 50 s in all; each file sets up and closes what it uses.
    isolate: false,
    // A hung test fails instead of hanging the run; no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['tests/{unit,property,simulation}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['tests/{db,contract,deploy,readme}/**/*.test.ts'],
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
