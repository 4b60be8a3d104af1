import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  HomeDomainError,
  homeDomainFrom,
  parseHomeDomain,
  parseHttpsUrl,
} from '../../lib/stellar/home-domain.ts'

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z0-9-]{1,12}$/) },
  { weight: 3, arbitrary: fc.constantFrom('.', '.', '.com', '.sim', '.de', 'xn--', 'A', '-', '1') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '@',
      ':',
      ':443',
      '/',
      '\\',
      '?',
      '#',
      '%2e',
      '[',
      ']',
      '0x7f',
      '127.1',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'ü',
      'ß',
      '例',
      '\u3002',
      '\u00ad',
      '\u200d',
      '①',
      'K',
      '℀',
      'İ',
      '\0',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)
const ending = fc.constantFrom('', '.sim', '.de.')
const written = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 5 }), ending)
  .map(([pieces, end]) => pieces.join('') + end)

function outcome<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    expect(error).toBeInstanceOf(HomeDomainError)
    return undefined
  }
}

test('a host name is refused, or canonical and equal to that of WHATWG URL', () => {
  let accepted = 0
  fc.assert(
    fc.property(written, (text) => {
      const host = outcome(() => parseHomeDomain(text))
      if (host === undefined) return
      accepted++
      expect(host).toMatch(/^[a-z0-9.-]{4,253}$/)
      expect(parseHomeDomain(host)).toBe(host)
      expect(parseHomeDomain(text.replace(/[a-z]/g, (letter) => letter.toUpperCase()))).toBe(host)
      expect(new URL(`https://${text}/`).hostname.replace(/\.$/, '')).toBe(host)
    }),
    { numRuns: 60_000 },
  )
  expect(accepted).toBeGreaterThan(1000)
})

test('an accepted URL has the written host, port 443 and no user name', () => {
  const rest = fc.constantFrom('', '/', '/a/../b', '?q=1', '/x#y', '//z', '@127.0.0.1/')
  fc.assert(
    fc.property(
      fc.constantFrom('https://', 'HTTPS://', 'http://', '//', ''),
      written,
      rest,
      (...parts) => {
        const text = parts.join('')
        const url = outcome(() => parseHttpsUrl(text))
        if (url === undefined) return
        expect(url.protocol).toBe('https:')
        expect([url.port, url.username, url.password, url.hash]).toEqual(['', '', '', ''])
        expect(url.hostname).toBe(parseHomeDomain(url.hostname))
        expect(new URL(text).hostname.replace(/\.$/, '')).toBe(url.hostname)
        expect(parseHttpsUrl(url.href).href).toBe(url.href)
      },
    ),
    { numRuns: 20_000 },
  )
})

test('a directory field gives a canonical domain or is refused', () => {
  fc.assert(
    fc.property(fc.constantFrom('', 'http://', 'https://'), written, (prefix, text) => {
      const domain = outcome(() => homeDomainFrom(prefix + text))
      if (domain !== undefined) expect(homeDomainFrom(domain)).toBe(domain)
    }),
    { numRuns: 10_000 },
  )
})
