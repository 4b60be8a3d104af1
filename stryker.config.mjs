import { coreParts } from './scripts/core.ts'

// `npm run mutate` runs this for one part of the core after another.
const part = process.env['CORE_PART']

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: coreParts(part).flatMap(({ files }) => files),
  coverageAnalysis: 'perTest',
  // A busy machine must not make a mutant look like one that never ends.
  timeoutMS: 20_000,
  concurrency: 2,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
  jsonReporter: { fileName: `reports/mutation/${part ?? 'core'}.json` },
  ignorePatterns: ['/.data', '/client', '/bench', '/coverage', '/reports', '/supabase', '/docs'],
  tempDirName: '.stryker-tmp',
  thresholds: { high: 95, low: 85, break: 85 },
}
