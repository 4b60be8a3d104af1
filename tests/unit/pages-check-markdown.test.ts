import { expect, test } from 'vitest'
import type { RequestedCheck } from '../../lib/anchors/check-on-request.ts'
import { checkAsMarkdown } from '../../lib/pages/check-markdown.ts'

const HOSTILE = '![x](https://evil.example/x.png) <img src=x> @all `\n# Title'

const check = (changed: Partial<RequestedCheck>): RequestedCheck => ({
  network: 'mainnet',
  domain: 'one.example.org',
  checkedAt: '2026-01-01T00:00:00Z',
  durationMs: 1,
  outcome: 'ok',
  error: null,
  trust: null,
  steps: null,
  findings: [],
  moreFindings: 0,
  listings: [],
  ...changed,
})

test.each<[string, Partial<RequestedCheck>]>([
  [
    'reason of the trust rules',
    { outcome: 'policy', trust: { trusted: false, reasons: [HOSTILE] } },
  ],
  ['error of a refused stellar.toml', { outcome: 'policy', error: HOSTILE }],
  ['error of a check that could not judge', { outcome: 'unsure', error: HOSTILE }],
])(
  'a text of a stranger in the %s stays between backticks, where it is no markup',
  (_, changed) => {
    const markdown = checkAsMarkdown(check(changed))
    expect(markdown).toContain('evil.example')
    expect(markdown.replace(/`[^`\n]*`/g, '')).not.toMatch(/evil|<img|@all|^# Title/m)
  },
)
