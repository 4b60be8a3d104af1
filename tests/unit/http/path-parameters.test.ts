import { describe, expect, test } from 'vitest'
import { queryWithPath } from '../../../lib/http/path-parameters.ts'

const TEMPLATE = '/api/transactions/{id}/{method}'
const queryOf = (path: string) =>
  queryWithPath(new URL(path, 'https://ops.example.org'), TEMPLATE).toString()

describe('the parameters of a path', () => {
  test.each([
    ['a server that passes the URL on', '/api/transactions/a/b', 'id=a&method=b'],
    ['Vercel, which adds them', '/api/transactions/a/b?id=a&method=b', 'id=a&method=b'],
    ['a slash at the end', '/api/transactions/a/b/', 'id=a&method=b'],
    ['beside other parameters', '/api/transactions/a/b?x=1', 'x=1&id=a&method=b'],
    ['percent encoding', '/api/transactions/a%2Fb%20c/d?id=a%2Fb+c', 'id=a%2Fb+c&method=d'],
    ['invalid percent encoding', '/api/transactions/%ff/b', 'id=%25ff&method=b'],
  ])('are read with %s', (_, path, query) => {
    expect(queryOf(path)).toBe(query)
  })

  test('stand beside a value that the caller wrote, so that it is refused', () => {
    expect(queryOf('/api/transactions/a/b?id=other')).toBe('id=other&id=a&method=b')
    expect(queryOf('/api/transactions/a/b?id=a&id=a')).toBe('id=a&id=a&method=b')
  })

  test('are those that the query string has where the URL is another one', () => {
    expect(queryOf('/elsewhere?id=a&method=b')).toBe('id=a&method=b')
  })
})
