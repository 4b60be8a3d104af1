import { expect, test } from 'vitest'
import { createConsoleLog } from '../../../local/console-log.ts'

const CHECK = {
  done: 7,
  outcome: 'policy',
  domain: 'oldsix.sim',
  durationMs: 559,
  error: `Untrusted anchor: ${'x'.repeat(200)}`,
}

test.each([
  [80, 80],
  [undefined, 257],
])(
  'of a terminal with %s columns a check takes one line of at most %d characters',
  (width, most) => {
    const lines: string[] = []
    createConsoleLog((line) => lines.push(line), undefined, width)('info', 'anchor_checked', CHECK)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^ {5}7 {2}policy {4}oldsix\.sim \(559 ms\) {2}Untrusted anchor: x+…?\n$/,
    )
    expect(lines[0]?.trimEnd().length).toBe(most)
  },
)
