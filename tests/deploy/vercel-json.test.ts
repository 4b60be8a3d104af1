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

describe('vercel.json', () => {
  test('has known keys only, because Vercel ignores an unknown key silently', () => {
    expect(sortedKeys(vercel)).toEqual(['$schema', 'crons', 'functions', 'headers', 'rewrites'])
    for (const cron of vercel.crons) expect(sortedKeys(cron)).toEqual(['path', 'schedule'])
    for (const options of Object.values(vercel.functions)) {
      expect(sortedKeys(options)).toEqual(['maxDuration'])
    }
    for (const rule of vercel.headers) {
      expect(sortedKeys(rule)).toEqual(['headers', 'source'])
      for (const header of rule.headers) expect(sortedKeys(header)).toEqual(['key', 'value'])
    }
  })

  test('runs the sync every 6 h, the checks that are due every 10 minutes, the walk over Horizon every hour, the settler, the observer and the deliveries every minute, and nothing else', () => {
    // Vercel accepts a nonsense schedule silently, so each stands here to the letter.
    expect(Object.fromEntries(vercel.crons.map(({ path, schedule }) => [path, schedule]))).toEqual({
      '/api/anchors/ops?action=sync': '0 */6 * * *',
      '/api/anchors/check': '*/10 * * * *',
      '/api/anchors/discover': '25 * * * *',
      '/api/transactions/settle': '* * * * *',
      '/api/payments/observe': '* * * * *',
      '/api/events/deliver': '* * * * *',
    })
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
