import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { HEALTH_REASONS, headingOf } from '../../lib/health/reasons.ts'
import { overdueAfterSeconds, SCHEDULE, SCHEDULED_KINDS } from '../../lib/schedule/kinds.ts'

const ROOT = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/health.md', ROOT), 'utf8')
const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? '')
const reasons = Object.entries(HEALTH_REASONS).flatMap(([check, codes]) =>
  Object.keys(codes).map((code) => ({ check, code })),
)

test('docs/health.md has one heading for each reason, in the order of the table', () => {
  expect(headings).toEqual(reasons.map(({ check, code }) => `${check}: ${code}`))
})

test('the link of each reason is the anchor that GitHub makes of its heading', () => {
  const anchors = headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9_\- ]/g, '')
      .replaceAll(' ', '-'),
  )
  expect(reasons.map(({ check, code }) => headingOf(check, code))).toEqual(anchors)
})

test('the schedule is the one of vercel.json', async () => {
  const { crons } = JSON.parse(await readFile(new URL('vercel.json', ROOT), 'utf8'))
  const written: Record<number, RegExp> = {
    60: /^\* \* \* \* \*$/,
    600: /^\*\/10 \* \* \* \*$/,
    3600: /^\d+ \* \* \* \*$/,
    21600: /^\d+ \*\/6 \* \* \*$/,
  }
  const paths = crons.map(({ path }: { path: string }) => path)
  expect(paths).toEqual(SCHEDULED_KINDS.map((kind) => SCHEDULE[kind].path))
  for (const { path, schedule } of crons) {
    const kind = SCHEDULED_KINDS.find((one) => SCHEDULE[one].path === path) ?? 'sync'
    expect([path, schedule]).toEqual([
      path,
      expect.stringMatching(written[SCHEDULE[kind].everySeconds] ?? /^$/),
    ])
  }
})

test.each(SCHEDULED_KINDS)('docs/health.md says when %s is overdue', (kind) => {
  const minutes = overdueAfterSeconds(kind, 300) / 60
  const hours = Math.floor(minutes / 60)
  const shown = hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`
  const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\``))
  expect(row).toContain(`\`${SCHEDULE[kind].path}\``)
  expect(row).toMatch(new RegExp(`\\| ${shown} \\|$`))
})
