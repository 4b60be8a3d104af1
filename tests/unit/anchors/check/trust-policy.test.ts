import { describe, expect, test } from 'vitest'
import { buildCapability, type Capability } from '../../../../lib/anchors/check/capability.ts'
import { readStellarToml } from '../../../../lib/anchors/check/toml/stellar-toml.ts'
import {
  challengeProof,
  issuerProof,
  judgeTrust,
  type NetworkProof,
  type TrustPolicy,
} from '../../../../lib/anchors/check/trust-policy.ts'

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

const SEP1_KEY = 'GBBHQ7H4V6RRORKYLHTCAWP6MOHNORRFJSDPXDFYDGJB2LPZUFPXUEW3'
const PROVEN: NetworkProof = { challenge: 'ours', issuers: 'unasked' }

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
    signIn: null,
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
    ['an empty key', STRICT, ['SIGNING_KEY=""', AUTH, SEP24], ['signing_key_empty']],
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
      [KEY, AUTH, SEP24.replace('https://', 'ftp://')],
      ['transfer_unreadable'],
    ],
    [
      'nothing',
      STRICT,
      ['VERSION="2.0.0"'],
      ['sep10_missing', 'signing_key_missing', 'transfer_missing'],
    ],
  ])('%s', (_what, policy, lines, expected) => {
    const verdict = judgeTrust(capabilityOf(...lines), policy, 'mainnet', PROVEN)
    expect(verdict.reasons.map(({ code }) => code)).toEqual(expected)
    expect(verdict.trusted).toBe(expected.length === 0)
  })

  test('an anchor of the public network is untrusted on testnet', () => {
    const capability = capabilityOf(KEY, AUTH, SEP24, MAINNET)
    expect(judgeTrust(capability, STRICT, 'testnet', PROVEN).trusted).toBe(false)
  })

  test.each<[string, TrustPolicy, string[], string[]]>([
    [
      'a passphrase of a wrong type',
      LAX,
      ['NETWORK_PASSPHRASE=7'],
      ['network_passphrase_wrong_type'],
    ],
    ['an empty passphrase', LAX, ['NETWORK_PASSPHRASE=""'], ['network_passphrase_empty']],
    [
      'the passphrase of a template',
      LAX,
      ['NETWORK_PASSPHRASE="{{NETWORK}}"'],
      ['network_passphrase_placeholder'],
    ],
    [
      'a stray character behind the passphrase',
      LAX,
      [`${TESTNET} s`],
      ['network_passphrase_unreadable'],
    ],
    [
      'a passphrase without quotes',
      LAX,
      [MAINNET.replaceAll('"', '')],
      ['network_passphrase_unreadable'],
    ],
    ['two passphrases', LAX, [MAINNET, TESTNET], ['identity_conflict']],
    [
      'the passphrase of an unknown network',
      LAX,
      ['NETWORK_PASSPHRASE="Pi"'],
      ['network_mismatch'],
    ],
    ['a key of a wrong type', STRICT, ['SIGNING_KEY=1', AUTH], ['signing_key_wrong_type']],
    ['a key without quotes', STRICT, [KEY.replaceAll('"', ''), AUTH], ['signing_key_unreadable']],
    ['the key of a template', STRICT, ['SIGNING_KEY="<key>"', AUTH], ['signing_key_placeholder']],
    [
      'a secret in place of the key',
      STRICT,
      [KEY.replace('"G', `"S`), AUTH],
      ['signing_key_secret'],
    ],
    ['an unreadable key that is not required', LAX, ['SIGNING_KEY=1'], []],
    ['two keys', LAX, [KEY, KEY.replace('GC', 'GD')], ['identity_conflict']],
    ['two SEP-10 endpoints', LAX, [AUTH, AUTH.replace('a.co', 'b.co')], ['identity_conflict']],
    [
      'two quote servers',
      LAX,
      ['ANCHOR_QUOTE_SERVER="https://a.co"', 'ANCHOR_QUOTE_SERVER="https://b.co"'],
      ['identity_conflict'],
    ],
    ['one key given twice', STRICT, [KEY, KEY, AUTH], []],
    [
      'a SEP-10 endpoint of a wrong type',
      STRICT,
      [KEY, 'WEB_AUTH_ENDPOINT=1'],
      ['sep10_wrong_type'],
    ],
    ['an empty SEP-10 endpoint', STRICT, [KEY, 'WEB_AUTH_ENDPOINT=""'], ['sep10_empty']],
    [
      'the SEP-10 endpoint of a template',
      STRICT,
      [KEY, 'WEB_AUTH_ENDPOINT="{{X}}"'],
      ['sep10_placeholder'],
    ],
    [
      'an unreadable SEP-10 endpoint',
      STRICT,
      [KEY, 'WEB_AUTH_ENDPOINT="a.co"'],
      ['sep10_unreadable'],
    ],
    [
      'the key of the example in SEP-1',
      STRICT,
      [KEY.replace(/"G.*"/, `"${SEP1_KEY}"`), AUTH],
      ['placeholder_key'],
    ],
    [
      'that key where none is required',
      LAX,
      [KEY.replace(/"G.*"/, `"${SEP1_KEY}"`)],
      ['placeholder_key'],
    ],
  ])('%s has a reason of its own', (_what, policy, lines, expected) => {
    const verdict = judgeTrust(capabilityOf(...lines, SEP24), policy, 'mainnet', PROVEN)
    expect(verdict.reasons.map(({ code }) => code)).toEqual(expected)
    expect(verdict.trusted).toBe(expected.length === 0)
    expect(verdict.unsure).toBeUndefined()
  })

  test.each([
    ['SEP24 of a wrong type', ['TRANSFER_SERVER_SEP0024=1'], ['transfer_wrong_type']],
    ['an empty SEP-24', ['TRANSFER_SERVER_SEP0024=""'], ['transfer_empty']],
    ['the SEP-31 of a template', ['DIRECT_PAYMENT_SERVER="<url>"'], ['transfer_placeholder']],
    ['two values of SEP-24', [SEP24, SEP24.replace('a.co', 'b.co')], ['identity_conflict']],
  ])('an anchor whose only rail is %s is not said to have none', (_what, lines, expected) => {
    const verdict = judgeTrust(capabilityOf(KEY, AUTH, ...lines), STRICT, 'mainnet', PROVEN)
    expect(verdict.reasons.map(({ code }) => code)).toEqual(expected)
  })

  test.each<[NetworkProof['challenge'], NetworkProof['issuers'], string]>([
    ['ours', 'two_way', 'trusted'],
    ['ours', 'none', 'trusted'],
    ['ours', 'unasked', 'trusted'],
    ['none', 'two_way', 'trusted'],
    ['unasked', 'two_way', 'trusted'],
    ['none', 'none', 'network_unproven'],
    ['unasked', 'unasked', 'network_unproven, unsure'],
    ['unasked', 'none', 'network_unproven, unsure'],
    ['none', 'unasked', 'network_unproven, unsure'],
    ['other', 'two_way', 'network_mismatch'],
    ['other', 'unasked', 'network_mismatch'],
  ])(
    'without a passphrase, a challenge "%s" and issuers "%s" are %s',
    (challenge, issuers, expected) => {
      const proof = { challenge, issuers }
      const verdict = judgeTrust(capabilityOf(KEY, AUTH, SEP24), STRICT, 'mainnet', proof)
      const told = [
        ...verdict.reasons.map(({ code }) => code),
        ...(verdict.unsure ? ['unsure'] : []),
      ]
      expect(told.join(', ') || 'trusted').toBe(expected)
      expect(verdict.trusted).toBe(expected === 'trusted')
    },
  )

  test('a passphrase that is there needs no proof, and no proof outweighs another network', () => {
    const judge = (line: string, proof: NetworkProof) =>
      judgeTrust(capabilityOf(KEY, AUTH, SEP24, line), STRICT, 'mainnet', proof).trusted
    expect(judge(MAINNET, { challenge: 'unasked', issuers: 'unasked' })).toBe(true)
    expect(judge(TESTNET, { challenge: 'ours', issuers: 'two_way' })).toBe(false)
    expect(judge(`${TESTNET} s`, { challenge: 'ours', issuers: 'two_way' })).toBe(false)
  })

  test('what is untrusted for another reason is not unsure', () => {
    const proof = { challenge: 'unasked', issuers: 'unasked' } as const
    const verdict = judgeTrust(capabilityOf(AUTH, SEP24), STRICT, 'mainnet', proof)
    expect(verdict).toMatchObject({ trusted: false, reasons: [{ code: 'signing_key_missing' }] })
    expect(verdict.unsure).toBeUndefined()
  })

  test('reasons name the fields of the stellar.toml', () => {
    const capability = capabilityOf('NETWORK_PASSPHRASE="Pi"', 'TRANSFER_SERVER="http://a.co"')
    const { reasons } = judgeTrust(capability, STRICT, 'mainnet', PROVEN)
    expect(reasons.map(({ message }) => message)).toEqual([
      'NETWORK_PASSPHRASE is "Pi", not "Public Global Stellar Network ; September 2015"',
      'WEB_AUTH_ENDPOINT is missing',
      'SIGNING_KEY is missing',
      'none of TRANSFER_SERVER_SEP0024, DIRECT_PAYMENT_SERVER is declared',
      'TRANSFER_SERVER is not https',
    ])
  })
})

describe('what proves a network', () => {
  test.each<[string, Parameters<typeof challengeProof>, NetworkProof['challenge']]>([
    ['a signed challenge', [{ transient: false }, true], 'ours'],
    ['no endpoint', [undefined, false], 'none'],
    ['a timeout', [{ transient: true }, false], 'unasked'],
    ['a refusal, and a challenge without a key', [{ transient: false }, false], 'none'],
    [
      'a challenge by another key',
      [{ transient: false, refuted: ['challenge_signature'] }, false],
      'none',
    ],
    [
      'a challenge for another network',
      [{ transient: false, refuted: ['challenge_other_network'] }, false],
      'other',
    ],
  ])('%s is told as the challenge', (_what, [answered, isSigned], expected) => {
    expect(challengeProof(answered, isSigned)).toBe(expected)
  })

  const seenAt = '2026-01-02T03:04:05Z'
  test.each<[string, Parameters<typeof issuerProof>[0], NetworkProof['issuers']]>([
    ['no issuer', [], 'none'],
    ['an issuer that was never read', [{ link: 'unknown', seenAt: null }], 'unasked'],
    ['an issuer of somebody else', [{ link: 'third_party', seenAt }], 'none'],
    ['an account that is not there', [{ link: 'unknown', seenAt }], 'none'],
    [
      'one of two that was read',
      [
        { link: 'unlinked', seenAt },
        { link: 'unknown', seenAt: null },
      ],
      'unasked',
    ],
    [
      'one that names the home domain',
      [
        { link: 'unknown', seenAt: null },
        { link: 'two_way', seenAt },
      ],
      'two_way',
    ],
  ])('%s is told as the issuers', (_what, links, expected) => {
    expect(issuerProof(links)).toBe(expected)
  })
})
