import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two workers: each database file holds a Postgres of its own (0.3 to 0.7 GB).
    maxWorkers: 2,
    // A hung test fails instead of hanging the run; no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
})
