import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface VercelJson {
  $schema: string
  crons: { path: string; schedule: string }[]
  functions: Record<string, { maxDuration: number }>
  headers: { source: string; headers: { key: string; value: string }[] }[]
}

const vercel = JSON.parse(readFileSync(`${ROOT}/vercel.json`, 'utf8')) as VercelJson

const sortedKeys = (value: object) => Object.keys(value).sort()

/** The values a field of a cron expression means, in the part of the language Vercel takes: * , - / and numbers. */
function cronField(field: string, min: number, max: number): number[] {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const found = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part)
    if (found === null) throw new Error(`Cron field "${field}" cannot be read at "${part}"`)
    const [, from, to, step] = found
    const first = from === undefined ? min : Number(from)
    const last =
      to !== undefined ? Number(to) : from === undefined || step !== undefined ? max : first
    if (first < min || last > max || first > last || step === '0') {
      throw new Error(`Cron field "${field}" is outside ${min}-${max}`)
    }
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}

const range = (min: number, max: number) => Array.from({ length: max - min + 1 }, (_, i) => min + i)

function parseCron(expression: string) {
  const fields = expression.split(' ')
  expect(fields).toHaveLength(5)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  return {
    minutes: cronField(minute, 0, 59),
    hours: cronField(hour, 0, 23),
    days: cronField(day, 1, 31),
    months: cronField(month, 1, 12),
    weekdays: cronField(weekday, 0, 6),
  }
}

const EVERY_DAY = { days: range(1, 31), months: range(1, 12), weekdays: range(0, 6) }

const scheduleOf = (path: string) =>
  vercel.crons.find((cron) => cron.path === path)?.schedule ?? `${path} is not scheduled`

describe('vercel.json', () => {
  test('has known keys only, because Vercel ignores an unknown key silently', () => {
    expect(sortedKeys(vercel)).toEqual(['$schema', 'crons', 'functions', 'headers'])
    for (const cron of vercel.crons) expect(sortedKeys(cron)).toEqual(['path', 'schedule'])
    for (const options of Object.values(vercel.functions)) {
      expect(sortedKeys(options)).toEqual(['maxDuration'])
    }
    for (const rule of vercel.headers) {
      expect(sortedKeys(rule)).toEqual(['headers', 'source'])
      for (const header of rule.headers) expect(sortedKeys(header)).toEqual(['key', 'value'])
    }
  })

  test('runs the sync every six hours; Vercel would accept a nonsense schedule silently', () => {
    expect(parseCron(scheduleOf('/api/anchors/ops?action=sync'))).toEqual({
      ...EVERY_DAY,
      minutes: [0],
      hours: [0, 6, 12, 18],
    })
  })

  test('settles updates every five minutes', () => {
    expect(parseCron(scheduleOf('/api/transactions/settle'))).toEqual({
      ...EVERY_DAY,
      minutes: range(0, 11).map((step) => step * 5),
      hours: range(0, 23),
    })
  })

  test('looks for payments every minute, and schedules nothing else', () => {
    expect(parseCron(scheduleOf('/api/payments/observe'))).toEqual({
      ...EVERY_DAY,
      minutes: range(0, 59),
      hours: range(0, 23),
    })
    expect(vercel.crons).toHaveLength(3)
  })

  test('each scheduled path is a function of ours', () => {
    for (const { path } of vercel.crons) {
      const { pathname } = new URL(path, 'https://x.example')
      expect(globSync(`${pathname.slice(1)}.ts`, { cwd: ROOT })).toHaveLength(1)
    }
  })

  test('gives every function a time within the limits of every plan (300 s on the smallest)', () => {
    for (const [pattern, { maxDuration }] of Object.entries(vercel.functions)) {
      expect(globSync(pattern, { cwd: ROOT }).length).toBeGreaterThan(0)
      expect(Number.isInteger(maxDuration)).toBe(true)
      expect(maxDuration).toBeGreaterThanOrEqual(1)
      expect(maxDuration).toBeLessThanOrEqual(300)
    }
  })

  test('every answer of the API carries the security headers', () => {
    const rule = vercel.headers.find(({ source }) =>
      new RegExp(`^${source}$`).test('/api/anchors/ops'),
    )
    expect(rule?.headers.map(({ key }) => key).sort()).toEqual([
      'referrer-policy',
      'strict-transport-security',
      'x-content-type-options',
    ])
  })
})

describe('the reading of cron expressions in this test', () => {
  test.each([
    ['*/15', 0, 59, [0, 15, 30, 45]],
    ['1-3,7', 1, 12, [1, 2, 3, 7]],
    ['5', 0, 6, [5]],
  ])('%s', (field, min, max, values) => {
    expect(cronField(field, min, max)).toEqual(values)
  })

  test.each(['', '61', '5-1', '*/0', 'x', '1.5'])('%j is refused', (field) => {
    expect(() => cronField(field, 0, 59)).toThrow()
  })
})
