import { describe, expect, test } from 'vitest'
import { buildCapability, type Capability } from '../../../../lib/anchors/check/capability.ts'
import { readStellarToml } from '../../../../lib/anchors/check/toml/stellar-toml.ts'
import { judgeTrust, type TrustPolicy } from '../../../../lib/anchors/check/trust-policy.ts'

const KEY = 'SIGNING_KEY="GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR"'
const AUTH = 'WEB_AUTH_ENDPOINT="https://a.co/auth"'
const SEP6 = 'TRANSFER_SERVER="https://a.co/sep6"'
const SEP24 = 'TRANSFER_SERVER_SEP0024="https://a.co/sep24"'
const SEP31 = 'DIRECT_PAYMENT_SERVER="https://a.co/sep31"'
const MAINNET = 'NETWORK_PASSPHRASE="Public Global Stellar Network ; September 2015"'
const TESTNET = 'NETWORK_PASSPHRASE="Test SDF Network ; September 2015"'

const STRICT: TrustPolicy = {
  requireSep10: true,
  requireSigningKey: true,
  requireSep24OrSep31: true,
}
const LAX: TrustPolicy = {
  requireSep10: false,
  requireSigningKey: false,
  requireSep24OrSep31: false,
}

function capabilityOf(...lines: string[]): Capability {
  const { toml } = readStellarToml(lines.join('\n'))
  if (!toml) throw new Error('unreadable test file')
  const source = {
    url: 'https://a.co/.well-known/stellar.toml',
    durationMs: 1,
    at: '2026-01-02T03:04:05Z',
  }
  return buildCapability({
    ...{ toml, salvaged: false, source, previous: null, links: new Map() },
    ...{ answers: { seps: {}, prices: null, isSigned: false }, maxAgeHours: 72, now: new Date() },
  }).capability
}

describe('judgeTrust', () => {
  test.each<[string, TrustPolicy, string[], string[]]>([
    ['SEP-10, key and SEP-24', STRICT, [KEY, AUTH, SEP24, MAINNET], []],
    ['SEP-10, key and SEP-31', STRICT, [KEY, AUTH, SEP31, MAINNET], []],
    ['no passphrase', STRICT, [KEY, AUTH, SEP24], []],
    ['the other network', STRICT, [KEY, AUTH, SEP24, TESTNET], ['network_mismatch']],
    ['the other network under a lax policy', LAX, [SEP24, TESTNET], ['network_mismatch']],
    ['only SEP-6', STRICT, [KEY, AUTH, SEP6], ['transfer_missing']],
    ['only SEP-6 under a lax policy', LAX, [SEP6], []],
    ['only SEP-31 under a lax policy', LAX, [SEP31], []],
    ['no transfers under a lax policy', LAX, [KEY, AUTH], ['transfer_missing']],
    ['no SEP-10', STRICT, [KEY, SEP24], ['sep10_missing']],
    ['no SEP-10, not required', { ...STRICT, requireSep10: false }, [KEY, SEP24], []],
    ['no key', STRICT, [AUTH, SEP24], ['signing_key_missing']],
    ['no key, not required', { ...STRICT, requireSigningKey: false }, [AUTH, SEP24], []],
    [
      'a key with a wrong checksum',
      STRICT,
      [KEY.replace('OJR"', 'OJS"'), AUTH, SEP24],
      ['signing_key_malformed'],
    ],
    ['an empty key', STRICT, ['SIGNING_KEY=""', AUTH, SEP24], ['signing_key_missing']],
    ['http SEP-10', STRICT, [KEY, AUTH.replace('https', 'http'), SEP24], ['endpoint_not_https']],
    [
      'http SEP-10 under a lax policy',
      LAX,
      [AUTH.replace('https', 'http'), SEP24],
      ['endpoint_not_https'],
    ],
    [
      'http SEP-6 beside SEP-24',
      STRICT,
      [KEY, AUTH, SEP24, SEP6.replace('https', 'http')],
      ['endpoint_not_https'],
    ],
    ['an upper-case scheme', STRICT, [KEY, AUTH.replace('https', 'HTTPS'), SEP24], []],
    [
      'an unreadable SEP-24',
      STRICT,
      [KEY, AUTH, SEP24.replace('https://a.co', '{{BASE}}')],
      ['transfer_missing'],
    ],
    [
      'nothing',
      STRICT,
      ['VERSION="2.0.0"'],
      ['sep10_missing', 'signing_key_missing', 'transfer_missing'],
    ],
  ])('%s', (_what, policy, lines, expected) => {
    const verdict = judgeTrust(capabilityOf(...lines), policy, 'mainnet')
    expect(verdict.reasons.map(({ code }) => code)).toEqual(expected)
    expect(verdict.trusted).toBe(expected.length === 0)
  })

  test('an anchor of the public network is untrusted on testnet', () => {
    expect(judgeTrust(capabilityOf(KEY, AUTH, SEP24, MAINNET), STRICT, 'testnet').trusted).toBe(
      false,
    )
  })

  test('reasons name the fields of the stellar.toml', () => {
    const capability = capabilityOf('NETWORK_PASSPHRASE="Pi"', 'TRANSFER_SERVER="http://a.co"')
    const { reasons } = judgeTrust(capability, STRICT, 'mainnet')
    expect(reasons.map(({ message }) => message)).toEqual([
      'NETWORK_PASSPHRASE is "Pi", not "Public Global Stellar Network ; September 2015"',
      'WEB_AUTH_ENDPOINT is missing',
      'SIGNING_KEY is missing',
      'none of TRANSFER_SERVER_SEP0024, DIRECT_PAYMENT_SERVER is declared',
      'TRANSFER_SERVER is not https',
    ])
  })
})
