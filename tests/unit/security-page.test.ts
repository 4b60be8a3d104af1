import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hasTest, namedTests } from '../helpers/named-tests.ts'

const PAGE = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

describe('a line of docs/security.md names a test that exists', () => {
  const lines = namedTests('security.md')

  test('each risk of the API Top 10, and each requirement of ASVS, has such a line', () => {
    const rows = PAGE.split('\n').filter((line) => /^\| (?:API)?\d/.test(line))
    expect(rows.length).toBeGreaterThan(20)
    expect(lines).toHaveLength(rows.length)
  })

  test.each(lines)('$name', (line) => {
    expect(hasTest(line)).toBe(true)
  })
})

describe('the rules of the firewall', () => {
  const read = (path: string) =>
    JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
  const { rules } = read('deploy/vercel-firewall.json')
  const { paths } = read('lib/openapi/openapi.json')
  const { rewrites } = read('vercel.json')

  test('let every path of the service through', () => {
    const [condition] = rules[0].conditionGroup[0].conditions
    expect(condition).toMatchObject({ type: 'path', neg: true, op: 're' })
    const known = new RegExp(condition.value)
    const served = [
      ...Object.keys(paths),
      ...rewrites.map(({ source }: { source: string }) => source),
    ].map((path) => path.replace(/\{[^}]+\}|:\w+/g, 'a.example'))
    expect(served.length).toBeGreaterThan(25)
    expect(served.filter((path) => !known.test(path))).toEqual([])
    for (const foreign of ['/.env', '/wp-login.php', '/api', '/admin']) {
      expect(known.test(foreign), foreign).toBe(false)
    }
  })

  test('limit each path of the API', () => {
    const limits = rules
      .filter(
        ({ action }: { action: { mitigate: { rateLimit?: object } } }) => action.mitigate.rateLimit,
      )
      .flatMap(({ conditionGroup }: { conditionGroup: { conditions: object[] }[] }) =>
        conditionGroup.flatMap(({ conditions }) => conditions),
      )
    const isLimited = (path: string) =>
      limits.some(({ op, value }: { op: string; value: string }) =>
        op === 'pre' ? path.startsWith(value) : path === value,
      )
    const open = Object.keys(paths).filter((path) => path.startsWith('/api/') && !isLimited(path))
    expect(open).toEqual([])
  })
})
