import { describe, expect, test } from 'vitest'
import {
  accountHomeDomain,
  HomeDomainError,
  homeDomainFrom,
  parseHomeDomain,
  parseHttpsUrl,
  stellarTomlUrl,
  urlBelow,
} from '../../../lib/stellar/home-domain.ts'

function codeOf(parse: () => unknown): string {
  try {
    return `accepted: ${parse()}`
  } catch (error) {
    if (error instanceof HomeDomainError) return error.code
    throw error
  }
}

describe('a home domain has one canonical spelling', () => {
  test.each([
    ['stellar.moneygram.com', 'stellar.moneygram.com'],
    ['stellar-moneygram.com', 'stellar-moneygram.com'],
    ['Anchor.SIM', 'anchor.sim'],
    ['anchor.sim.', 'anchor.sim'],
    ['BÜCHER.de', 'xn--bcher-kva.de'],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['XN--BCHER-KVA.de', 'xn--bcher-kva.de'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['faß.de', 'xn--fa-hia.de'],
    ['r3---sn-abc.example.com', 'r3---sn-abc.example.com'],
    ['1inch.io', '1inch.io'],
    ['local.anchor.com', 'local.anchor.com'],
    ['contest.com', 'contest.com'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('%j is %s', (written, canonical) => {
    expect(parseHomeDomain(written)).toBe(canonical)
  })

  test.each([
    ['', 'length'],
    ['a'.repeat(255), 'length'],
    ['go\u200bod.com', 'invisible_character'],
    ['good.com/..', 'forbidden_character'],
    ['good.com:8443', 'forbidden_character'],
    ['\u212a.com', 'lookalike_character'],
    ['good\u3002com', 'lookalike_character'],
    ['xn--a.com', 'invalid_punycode'],
    ['127.0.0.1', 'ip_address'],
    ['0x7f.1', 'ip_address'],
    ['anchor', 'single_label'],
    ['-a.com', 'label'],
    [`${'a'.repeat(64)}.com`, 'label'],
    ['anchor.c', 'top_level'],
    ['anchor.c0m', 'top_level'],
    ['anchor.test', 'reserved_suffix'],
    ['localhost', 'reserved_suffix'],
  ])('%j is refused: %s', (written, code) => {
    expect(codeOf(() => parseHomeDomain(written))).toBe(code)
  })

  test('a refusal shows the value and the allowed form, without passwords and query values', () => {
    expect(() => parseHomeDomain('good.com:1')).toThrow(
      'Home domain refused (forbidden_character): "good.com:1"; only letters, digits, hyphens and dots are allowed',
    )
    expect(() => homeDomainFrom('https://user:CANARY@good.com/')).toThrow(
      'Home domain refused (userinfo): "https://…@good.com/"; a user name or password is not allowed',
    )
    expect(() => parseHttpsUrl('http://good.com/?secret=CANARY')).toThrow(
      'Home domain refused (url_form): "http://good.com/?secret=…"; an https:// URL with a host is needed',
    )
  })
})

describe('the account of an issuer', () => {
  test.each([
    ['anchor.com', 'anchor.com'],
    ['anchor.com/', 'anchor.com'],
    ['https://anchor.com', 'anchor.com'],
    ['HTTP://Anchor.com//', 'anchor.com'],
  ])('that names %j has the home domain %s', (written, domain) => {
    expect(accountHomeDomain(written)).toBe(domain)
  })

  test.each(['https://', '/', 'anchor.com/path', 'https://https://anchor.com', 'https://a@b.com'])(
    'that names %j has none',
    (written) => {
      expect(codeOf(() => accountHomeDomain(written))).not.toContain('accepted')
    },
  )
})

describe('a field of a directory', () => {
  test.each([
    ['anchor.com', 'anchor.com'],
    ['https://anchor.com', 'anchor.com'],
    ['http://anchor.com/', 'anchor.com'],
    ['HTTPS://Anchor.com/about?lang=en#top', 'anchor.com'],
    ['https://anchor.com/.well-known/stellar.toml', 'anchor.com'],
    ['https://anchor.com?x=1', 'anchor.com'],
    ['anchor.com/', 'anchor.com'],
    ['anchor.com//', 'anchor.com'],
  ])('%j names %s', (value, domain) => {
    expect(homeDomainFrom(value)).toBe(domain)
  })

  test.each([
    ['anchor.com/path', 'forbidden_character'],
    ['anchor.com?x', 'forbidden_character'],
    ['//anchor.com', 'forbidden_character'],
    ['ftp://anchor.com', 'forbidden_character'],
    ['https://anchor.com:443/', 'port'],
    ['https://anchor.com:8443/', 'port'],
    ['https://anchor.com:/', 'port'],
    ['https://user@anchor.com/', 'userinfo'],
    ['https://127.0.0.1/', 'ip_address'],
    ['https://[::1]/', 'forbidden_character'],
    ['https://anchor.com\\@evil.com/', 'userinfo'],
    ['https://anchor.com\\evil', 'forbidden_character'],
    ['https://anchor\u00ad.com/', 'invisible_character'],
    ['https://anchor.com/\u200b', 'invisible_character'],
    [' https://anchor.com', 'invisible_character'],
    ['https://', 'length'],
    [`https://anchor.com/${'a'.repeat(3000)}`, 'length'],
  ])('%j is refused: %s', (value, code) => {
    expect(codeOf(() => homeDomainFrom(value))).toBe(code)
  })
})

describe('the URLs of an anchor', () => {
  test('a stellar.toml has the URL of SEP-1, and a domain with a path is refused', () => {
    expect(stellarTomlUrl('Anchor.com.')).toBe('https://anchor.com/.well-known/stellar.toml')
    expect(codeOf(() => stellarTomlUrl('anchor.com/x?'))).toBe('forbidden_character')
  })

  test.each([
    ['https://anchor.com', 'https://anchor.com/info'],
    ['https://anchor.com/', 'https://anchor.com/info'],
    ['https://anchor.com/sep24', 'https://anchor.com/sep24/info'],
    ['https://anchor.com/sep24/', 'https://anchor.com/sep24/info'],
    ['https://anchor.com/sep24//', 'https://anchor.com/sep24/info'],
    ['https://anchor.com:443/sep24', 'https://anchor.com/sep24/info'],
    ['https://anchor.com/sep24?action=sync#x', 'https://anchor.com/sep24/info'],
    ['https://anchor.com?action=sync', 'https://anchor.com/info'],
    ['https://anchor.com/a/../b', 'https://anchor.com/b/info'],
    ['https://BÜCHER.de/sep6', 'https://xn--bcher-kva.de/sep6/info'],
  ])('the info of %s is %s', (base, url) => {
    expect(urlBelow(base, '/info')).toBe(url)
  })

  test.each([
    ['', 'url_form'],
    ['anchor.com', 'url_form'],
    ['http://anchor.com', 'url_form'],
    ['https:anchor.com', 'url_form'],
    ['https:///anchor.com', 'url_form'],
    ['https://anchor.com:8000/sep24', 'port'],
    ['https://u:p@anchor.com/sep24', 'userinfo'],
    ['https://localhost/sep24', 'reserved_suffix'],
    ['https://\u2460.com/', 'lookalike_character'],
    ['https://anchor.com/a\\b', 'forbidden_character'],
    ['https://anchor.com/a b', 'forbidden_character'],
  ])('the base %j is refused: %s', (base, code) => {
    expect(codeOf(() => urlBelow(base, '/info'))).toBe(code)
  })
})
