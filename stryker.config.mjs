import { CORE } from './scripts/core.ts'

// `npm run mutate` runs this for each part of the core.
const part = /** @type {keyof typeof CORE} */ (process.env['CORE_PART'])

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: [...CORE[part].files],
  // A busy machine must not make a mutant look like one that never ends.
  timeoutMS: 20_000,
  coverageAnalysis: 'perTest',
  concurrency: 2,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
  jsonReporter: { fileName: `reports/mutation/${part}.json` },
  ignorePatterns: ['/.data', '/client', '/bench', '/coverage', '/reports', '/supabase', '/docs'],
  tempDirName: '.stryker-tmp',
  thresholds: { high: 95, low: 85, break: 85 },
}
