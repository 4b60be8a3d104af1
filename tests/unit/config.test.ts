import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Config, readConfig } from '../../lib/config.ts'
import { ENVIRONMENT_NAMES } from '../../lib/settings.ts'
import { encodeStrKey } from '../../lib/stellar/strkey.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'

const ONE = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
/** Nobody's account: the seed is 32 bytes of 7. */
const SEED = encodeStrKey(Buffer.alloc(32, 7), 'seed')
const DATABASE = { SUPABASE_URL: 'https://db.example', SUPABASE_SERVICE_ROLE_KEY: 'service-key' }

describe('without any variable', () => {
  test('the documented defaults hold', () => {
    expect(readConfig({})).toEqual({
      network: 'mainnet',
      supabase: null,
      access: {
        cronSecret: null,
        previousCronSecret: null,
        development: false,
        weakCronSecret: false,
      },
      discovery: {
        mode: 'directory',
        directoryUrl: null,
        directoryHome: 'https://anchors.stellar.org/',
        allowHorizon: false,
        horizonUrl: 'https://horizon.stellar.org',
        allowedDomains: [],
      },
      sync: { sep1DisableThreshold: 3, domainConcurrency: 64, maxDurationSeconds: 300 },
      evidence: { maxAgeHours: 72, windowHours: 6, rpcUrl: null, signIn: true, signInSeed: null },
      trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
      platform: null,
      events: null,
      business: { apiKey: null, previousApiKey: null, weakApiKey: false },
      ledger: null,
      observer: { accounts: [], start: null, amountPolicy: 'exact', dust: [], retentionDays: null },
      webhooks: { urls: [], secrets: [], alertUrl: null },
      ownHosts: [],
      version: 'development',
    } satisfies Config)
  })

  test('a blank variable counts as unset', () => {
    const blank = Object.fromEntries(ENVIRONMENT_NAMES.settings.map((name) => [name, ' \n']))
    expect(readConfig(blank)).toEqual(readConfig({}))
  })
})

describe('a value that is read', () => {
  test.each<[Record<string, string>, (config: Config) => unknown, unknown]>([
    [{ STELLAR_NETWORK: 'Testnet' }, (c) => c.network, 'testnet'],
    [{ STELLAR_NETWORK: 'public' }, (c) => c.network, 'mainnet'],
    [
      { STELLAR_NETWORK: 'testnet' },
      (c) => c.discovery.horizonUrl,
      'https://horizon-testnet.stellar.org',
    ],
    [DATABASE, (c) => c.supabase, { url: 'https://db.example', serviceKey: 'service-key' }],
    [DATABASE, (c) => c.ownHosts, ['db.example']],
    [
      { POSTGREST_URL: 'http://postgrest:3000/', SUPABASE_SERVICE_ROLE_KEY: 'k' },
      (c) => c.supabase,
      { url: 'http://postgrest:3000', serviceKey: 'k', path: '' },
    ],
    [
      { SUPABASE_URL: 'http://127.0.0.1:54321', SUPABASE_SECRET_KEY: 'k' },
      (c) => c.supabase?.serviceKey,
      'k',
    ],
    [
      { VERCEL_URL: 'a.vercel.app', VERCEL_PROJECT_PRODUCTION_URL: 'a.example' },
      (c) => c.ownHosts,
      ['a.vercel.app', 'a.example'],
    ],
    [{ VERCEL_GIT_COMMIT_SHA: '0123456789abcdef' }, (c) => c.version, '0123456'],
    [
      { CRON_SECRET: ' padded-secret-of-some-length\n' },
      (c) => c.access.cronSecret,
      'padded-secret-of-some-length',
    ],
    [
      { ANCHOR_DIRECTORY_ALLOWED_DOMAINS: 'A.example, *.b.example,' },
      (c) => c.discovery.allowedDomains,
      ['a.example', '*.b.example'],
    ],
    [{ ANCHOR_ENABLE_HORIZON_FALLBACK: 'TRUE' }, (c) => c.discovery.allowHorizon, true],
    [{ ANCHOR_ENABLE_HORIZON_FALLBACK: '0' }, (c) => c.discovery.allowHorizon, false],
    [{ ANCHOR_SEP1_404_DISABLE_THRESHOLD: '20' }, (c) => c.sync.sep1DisableThreshold, 20],
    [{ ANCHOR_EVIDENCE_MAX_AGE_HOURS: '720' }, (c) => c.evidence.maxAgeHours, 720],
    [{ ANCHOR_SIGN_IN: 'off' }, (c) => c.evidence.signIn, false],
    [{ ANCHOR_SIGN_IN: ' ON\n' }, (c) => c.evidence.signIn, true],
    [{ ANCHOR_SIGN_IN_SEED: ` ${SEED}\n` }, (c) => c.evidence.signInSeed, SEED],
    [
      { ANCHOR_SIGN_IN: 'off', ANCHOR_SIGN_IN_SEED: SEED },
      (c) => [c.evidence.signIn, c.evidence.signInSeed],
      [false, SEED],
    ],
    [{ ANCHOR_TRUST_REQUIRE_SEP10: 'False' }, (c) => c.trust.requireSep10, false],
    [{ ANCHOR_TRUST_REQUIRE_SIGNING_KEY: 'no' }, (c) => c.trust.requireSigningKey, false],
    [{ ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31: '0' }, (c) => c.trust.requireSep24OrSep31, false],
    [{ ANCHOR_TRUST_REQUIRE_SEP10: 'flase' }, (c) => c.trust.requireSep10, true],
  ])('%j', (env, part, expected) => {
    expect(part(readConfig(env))).toEqual(expected)
  })
})

describe('the Anchor Platform', () => {
  const url = 'https://platform.example'
  const secret = 'x'.repeat(32)
  const platform = {
    url,
    auth: 'none',
    secret: null,
    authHeader: 'authorization',
    release: null,
    custody: false,
  } as const

  test.each<[Record<string, string>, Config['platform']]>([
    [{ ANCHOR_PLATFORM_URL: url }, platform],
    [{ ANCHOR_PLATFORM_URL: `${url}/` }, platform],
    [{ ANCHOR_PLATFORM_URL: `${url}/base//` }, { ...platform, url: `${url}/base` }],
    [
      {
        ANCHOR_PLATFORM_URL: url,
        ANCHOR_PLATFORM_AUTH: 'API_KEY',
        ANCHOR_PLATFORM_SECRET: 'key-of-8',
      },
      { ...platform, auth: 'api_key', secret: 'key-of-8', authHeader: 'x-api-key' },
    ],
    [
      { ANCHOR_PLATFORM_URL: url, ANCHOR_PLATFORM_AUTH: 'jwt', ANCHOR_PLATFORM_SECRET: secret },
      { ...platform, auth: 'jwt', secret },
    ],
    [
      {
        ANCHOR_PLATFORM_URL: url,
        ANCHOR_PLATFORM_AUTH_HEADER: 'X-Anchor-Auth',
        ANCHOR_PLATFORM_VERSION: '4.3.0',
        ANCHOR_PLATFORM_CUSTODY: 'true',
      },
      { ...platform, authHeader: 'x-anchor-auth', release: '4.2', custody: true },
    ],
    [{ ANCHOR_PLATFORM_VERSION: '4.3.0' }, null],
  ])('%j', (env, expected) => {
    expect(readConfig(env).platform).toEqual(expected)
  })

  test('is one of our own hosts, which are never fetched for strangers', () => {
    const env = { ...DATABASE, ANCHOR_PLATFORM_URL: `${url}:8085` }
    expect(readConfig(env).ownHosts).toEqual(['db.example', 'platform.example'])
  })

  test.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.0.1',
    '192.168.0.1',
    '[fd00::1]',
    'platform',
    'platform.anchor.svc',
    'platform.anchor.svc.cluster.local',
    'platform.internal',
  ])('is reached over http on the private host %s', (host) => {
    const env = { ANCHOR_PLATFORM_URL: `http://${host}:8085` }
    expect(readConfig(env).platform?.url).toBe(`http://${host}:8085`)
  })

  test.each([
    'http://platform.example',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://10.example.com',
    'http://127.0.0.1.example.com',
    'http://[2001:db8::1]',
    'http://localhost.example.com',
    'http://.internal.example',
    'https://user:password@platform.example',
    'https://platform.example/?a=1',
    'ftp://platform',
    'platform:8085',
  ])('is refused at %s', (text) => {
    expect(() => readConfig({ ANCHOR_PLATFORM_URL: text })).toThrow('ANCHOR_PLATFORM_URL is ')
  })
})

describe('the payment observer', () => {
  const other = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
  const horizonUrl = 'https://horizon.stellar.org'
  const rpcUrl = 'https://rpc.example/v1?key=1'
  const observed = { PAYMENT_OBSERVER_ACCOUNTS: ONE, PAYMENT_OBSERVER_START: 'now' }

  test.each<[Record<string, string>, Config['ledger']]>([
    [{ STELLAR_RPC_URL: rpcUrl, STELLAR_HORIZON_URL: 'https://h.example' }, null],
    [
      { LEDGER_SOURCE: 'horizon' },
      { source: 'horizon', horizonUrl, sideUrl: horizonUrl, rpcUrl: null },
    ],
    [observed, { source: 'horizon', horizonUrl, sideUrl: horizonUrl, rpcUrl: null }],
    [
      { ...observed, STELLAR_HORIZON_URL: 'https://h.example' },
      {
        source: 'horizon',
        horizonUrl: 'https://h.example',
        sideUrl: 'https://h.example',
        rpcUrl: null,
      },
    ],
    [
      { LEDGER_SOURCE: 'RPC', STELLAR_RPC_URL: rpcUrl },
      { source: 'rpc', horizonUrl, sideUrl: null, rpcUrl },
    ],
    [
      {
        LEDGER_SOURCE: 'rpc',
        STELLAR_RPC_URL: rpcUrl,
        STELLAR_HORIZON_URL: 'https://h.example',
      },
      {
        source: 'rpc',
        horizonUrl: 'https://h.example',
        sideUrl: 'https://h.example',
        rpcUrl,
      },
    ],
  ])('%j reads the ledger by %j', (env, expected) => {
    expect(readConfig(env).ledger).toEqual(expected)
  })

  test.each<[Record<string, string>, Config['observer']]>([
    [
      observed,
      {
        ...{ accounts: [ONE], start: { kind: 'now' }, amountPolicy: 'exact' },
        ...{ dust: [], retentionDays: null },
      },
    ],
    [
      {
        PAYMENT_OBSERVER_ACCOUNTS: ` ${ONE}, ${other},`,
        PAYMENT_OBSERVER_START: '4294967295',
        PAYMENT_AMOUNT_POLICY: 'At_Least',
        PAYMENT_RETENTION_DAYS: '365',
      },
      {
        accounts: [ONE, other],
        start: { kind: 'ledger', sequence: 4_294_967_295 },
        amountPolicy: 'at_least',
        dust: [],
        retentionDays: 365,
      },
    ],
    [
      { ...observed, PAYMENT_DUST: `native=0.01, stellar:USDC:${ONE}=0.0000001` },
      {
        accounts: [ONE],
        start: { kind: 'now' },
        amountPolicy: 'exact',
        dust: [
          { asset: 'stellar:native', amount: '0.01' },
          { asset: `stellar:USDC:${ONE}`, amount: '0.0000001' },
        ],
        retentionDays: null,
      },
    ],
    [
      { ...observed, PAYMENT_OBSERVER_START: 'oldest_open_transaction' },
      {
        accounts: [ONE],
        start: { kind: 'oldest_open_transaction' },
        amountPolicy: 'exact',
        retentionDays: null,
        dust: [],
      },
    ],
  ])('%j: %j', (env, expected) => {
    expect(readConfig(env).observer).toEqual(expected)
  })
})

describe('the webhooks', () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const urls = 'https://a.example.org/hook?key=1, https://b.example.org:443'

  test('are read in their order, with every secret', () => {
    const env = { WEBHOOK_URLS: urls, WEBHOOK_SECRET: `${secret},${secret}` }
    expect(readConfig(env).webhooks).toEqual({
      urls: ['https://a.example.org/hook?key=1', 'https://b.example.org:443'],
      secrets: [secret, secret],
      alertUrl: null,
    })
  })

  test.each([
    'http://a.example.org',
    'https://10.0.0.1/',
    'https://localhost/',
    'https://a.example.org:8443/',
    'https://user:word@a.example.org/',
    'https://a.example.org/#part',
    'https://a.example.org,https://a.example.org',
    'https://a.example.org,https://A.example.org:443/',
    Array.from({ length: 11 }, (_, n) => `https://h${n}.example.org`).join(),
  ])('are refused at %s, and the value is not shown', (text) => {
    const read = () => readConfig({ WEBHOOK_URLS: text, WEBHOOK_SECRET: secret })
    expect(read).toThrow('WEBHOOK_URLS is a value that is not shown; allowed: a comma list')
    if (text.includes(',')) return
    expect(() => readConfig({ ALERT_WEBHOOK_URL: text })).toThrow('ALERT_WEBHOOK_URL is a value')
  })

  test.each([
    'secret',
    secret.slice(6),
    `whsec_${Buffer.alloc(23).toString('base64')}`,
    `${secret}!`,
  ])('are refused with the secret %s', (text) => {
    const read = () => readConfig({ WEBHOOK_URLS: urls, WEBHOOK_SECRET: text })
    expect(read).toThrow('WEBHOOK_SECRET is a value that is not shown; allowed: a comma list')
  })

  test('need a secret', () => {
    expect(() => readConfig({ WEBHOOK_URLS: urls })).toThrow(
      'WEBHOOK_SECRET is not set, but WEBHOOK_URLS is; allowed: both, or no URL',
    )
  })
})

test.each([
  ['8-letter', true],
  ['0123456789abcdef', false],
])('the business key %j is weak: %s', (key, weakApiKey) => {
  const env = { BUSINESS_API_KEY: 'a-strong-key-of-some-length', BUSINESS_API_KEY_PREVIOUS: key }
  const apiKey = 'a-strong-key-of-some-length'
  expect(readConfig(env).business).toEqual({ apiKey, previousApiKey: key, weakApiKey })
})

test.each<Record<string, string>>([
  {},
  { NODE_ENV: 'development' },
  { NODE_ENV: 'test' },
  { NODE_ENV: 'produciton' },
  { VERCEL: '1', VERCEL_ENV: 'development' },
])('with %j no caller is let in without a secret', (env) => {
  expect(readConfig(env).access.development).toBe(false)
})

test.each(['CRON_SECRET', 'CRON_SECRET_PREVIOUS', 'BUSINESS_API_KEY', 'BUSINESS_API_KEY_PREVIOUS'])(
  '%s of 7 characters is refused, and one of 8 is weak',
  (name) => {
    const message = `The environment cannot be read: ${name} is a value that is not shown; allowed: 8 characters or more, and at most 512 bytes.`
    expect(() => readConfig({ [name]: '1234567' })).toThrow(refused(message))
    const { access, business } = readConfig({ [name]: '12345678' })
    expect([access.weakCronSecret, business.weakApiKey]).toContain(true)
  },
)

const SHARED = 'one-secret-for-both-0123'
test.each([
  ['CRON_SECRET', 'BUSINESS_API_KEY'],
  ['CRON_SECRET_PREVIOUS', 'BUSINESS_API_KEY'],
  ['CRON_SECRET', 'BUSINESS_API_KEY_PREVIOUS'],
  ['CRON_SECRET', 'ANCHOR_PLATFORM_SECRET'],
  ['BUSINESS_API_KEY', 'ANCHOR_PLATFORM_SECRET'],
  ['CRON_SECRET', 'SUPABASE_SERVICE_ROLE_KEY'],
])('%s and %s must not be the same', (one, other) => {
  const given = {
    ...(other === 'ANCHOR_PLATFORM_SECRET' && {
      ANCHOR_PLATFORM_URL: 'https://platform.example',
      ANCHOR_PLATFORM_AUTH: 'api_key',
    }),
    SUPABASE_URL: other.startsWith('SUPABASE') ? 'https://x.supabase.co' : undefined,
    [one]: SHARED,
    [other]: SHARED,
  }
  const message = `The environment cannot be read: ${other} is the same as ${one}; allowed: a secret of its own for each.`
  expect(() => readConfig(given)).toThrow(refused(message))
})

test('a secret may be the same as its own previous value', () => {
  expect(() => readConfig({ CRON_SECRET: SHARED, CRON_SECRET_PREVIOUS: SHARED })).not.toThrow()
})

test.each([
  ['8-letter', true],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', true],
  ['pass word pass word pass', true],
  ['pässwörd-pässwörd-1234', true],
  ['0123456789abcdef', false],
])('the secret %j is accepted; weak: %s', (secret, weak) => {
  const { access } = readConfig({ CRON_SECRET: secret })
  expect(access).toMatchObject({ cronSecret: secret, weakCronSecret: weak })
  expect(readConfig({ CRON_SECRET_PREVIOUS: secret }).access.weakCronSecret).toBe(weak)
})

describe('a value that is not allowed', () => {
  const header = 'Authorization, X-Api-Key or another header name that HTTP itself does not use'
  const start = 'now, oldest_open_transaction or the number of a ledger, 1 to 4294967295'
  const accounts = 'a comma list of at most 20 account ids (G…), each once'

  test.each<[name: string, allowed: string, ...values: string[]]>([
    ['STELLAR_NETWORK', 'mainnet, testnet, public', 'moonnet'],
    ['ANCHOR_DISCOVERY_MODE', 'directory, horizon', 'auto'],
    ['STELLAR_ANCHOR_DIRECTORY_URL', 'an https URL', 'http://a.example'],
    ['STELLAR_HORIZON_URL', 'an https URL without user name', 'https://u:p@a.example'],
    ['SUPABASE_URL', 'an https URL', 'http://db.example'],
    ['POSTGREST_URL', 'an https URL, or an http URL of a private host', 'http://db.example'],
    ['ANCHOR_SEP1_404_DISABLE_THRESHOLD', 'an integer from 1 to 20', '0'],
    ['ANCHOR_EVIDENCE_MAX_AGE_HOURS', 'an integer from 1 to 720', '0', '721', '72h'],
    ['ANCHOR_SIGN_IN', 'on, off', 'no', 'false', '0'],
    ['ANCHOR_DOMAIN_CONCURRENCY', 'an integer from 1 to 64', '8x'],
    ['FUNCTION_MAX_DURATION_SECONDS', 'an integer from 60 to 3600', '5m'],
    ['ANCHOR_ENABLE_HORIZON_FALLBACK', 'true, 1, yes', 'maybe'],
    ['ANCHOR_DIRECTORY_ALLOWED_DOMAINS', 'a comma list of domains', 'a.example,https://b'],
    ['ANCHOR_PLATFORM_AUTH', 'none, api_key', 'basic'],
    ['ANCHOR_PLATFORM_AUTH_HEADER', header, 'a b', 'Host', 'Content-Length'],
    ['ANCHOR_PLATFORM_VERSION', 'auto, or a release of 2.8, 2.9 to 2.12', '2.7', '4.9', '4', 'x'],
    ['PAYMENT_OBSERVER_START', start, '0', '4294967296', 'yesterday'],
    ['PAYMENT_OBSERVER_ACCOUNTS', accounts, `${ONE},${ONE}`, ONE.replace('7Q', '7R')],
    ['PAYMENT_AMOUNT_POLICY', 'exact, at_least', 'about'],
    ['PAYMENT_RETENTION_DAYS', 'an integer from 1 to 36500', '0', '36501', '1.5', 'never'],
    [
      'PAYMENT_DUST',
      'a comma list of at most 50 assets, each once, with the amount below which a payment is dust, such as native=0.01,USDC:G…=0.001',
      'native',
      '0.01',
      'native=',
      'native=0',
      'native=-1',
      'native=1e-3',
      'native=0.00000001',
      'native=1,stellar:native=2',
      'USDC=1',
      'USDC:GABC=1',
      'iso4217:USD=1',
      Array.from({ length: 51 }, (_, index) => `A${index}:${ONE}=1`).join(),
    ],
    ['LEDGER_SOURCE', 'horizon, rpc', 'core'],
  ])('%s is named with what is allowed: %s', (name, allowed, ...values) => {
    for (const value of values) {
      const message = `${name} is "${value}"; allowed: ${allowed}`
      expect(() => readConfig({ [name]: value })).toThrow(refused(message))
    }
  })

  const long = 'canary'.repeat(100)
  const hidden = 'is a value that is not shown; allowed:'
  const injected = { ANCHOR_PLATFORM_AUTH: 'api_key', ANCHOR_PLATFORM_SECRET: 'canary\nx-admin: 1' }
  const short = { ANCHOR_PLATFORM_AUTH: 'jwt', ANCHOR_PLATFORM_SECRET: `canary${'-'.repeat(25)}` }
  test.each<[message: string, env: Record<string, string>]>([
    [`CRON_SECRET ${hidden} 8 characters or more, and at most 512 bytes`, { CRON_SECRET: long }],
    [
      `BUSINESS_API_KEY_PREVIOUS ${hidden} 8 characters or more, and at most 512 bytes`,
      { BUSINESS_API_KEY_PREVIOUS: long },
    ],
    ...[ONE, SEED.slice(0, -1), SEED.toLowerCase(), `${SEED},${SEED}`, 'canary'].map(
      (value): [string, Record<string, string>] => [
        `ANCHOR_SIGN_IN_SEED ${hidden} a secret seed (S…)`,
        { ANCHOR_SIGN_IN_SEED: value },
      ],
    ),
    [`STELLAR_RPC_URL ${hidden} an https URL`, { STELLAR_RPC_URL: 'http://rpc.example/canary' }],
    [`ANCHOR_PLATFORM_SECRET ${hidden} printable ASCII`, injected],
    ['ANCHOR_PLATFORM_SECRET is a value of 31 bytes; allowed with jwt: at least 32 bytes', short],
    ['ANCHOR_PLATFORM_SECRET is not set', { ANCHOR_PLATFORM_AUTH: 'jwt' }],
    ['ANCHOR_PLATFORM_AUTH is none, but', { ANCHOR_PLATFORM_SECRET: 'canary' }],
    ['SUPABASE_SERVICE_ROLE_KEY is not set', { SUPABASE_URL: 'https://db.example' }],
    ['SUPABASE_SERVICE_ROLE_KEY is not set', { POSTGREST_URL: 'https://db.example' }],
    ['SUPABASE_URL is not set', { SUPABASE_SECRET_KEY: 'canary' }],
    [
      'POSTGREST_URL is set, and SUPABASE_URL is too; allowed: one of them',
      {
        SUPABASE_URL: 'https://a.example',
        POSTGREST_URL: 'https://b.example',
        SUPABASE_SECRET_KEY: 'canary',
      },
    ],
    [
      `PAYMENT_OBSERVER_START is not set, but PAYMENT_OBSERVER_ACCOUNTS is; allowed: ${start}`,
      { PAYMENT_OBSERVER_ACCOUNTS: ONE },
    ],
    [
      'STELLAR_RPC_URL is not set, but LEDGER_SOURCE is "rpc"; allowed: both, or horizon',
      { LEDGER_SOURCE: 'rpc' },
    ],
  ])('%s: no secret is shown', (message, env) => {
    const error = catchError(() => readConfig(env))
    expect(error).toEqual(refused(message))
    expect(String(error)).not.toContain('canary')
  })

  test('20 accounts may be observed, and 21 are refused', () => {
    const observing = (count: number) => {
      const ids = Array.from({ length: count }, (_, index) => simulatedAccountId(`${index}`))
      return readConfig({ PAYMENT_OBSERVER_ACCOUNTS: ids.join(), PAYMENT_OBSERVER_START: 'now' })
    }
    expect(observing(20).observer.accounts).toHaveLength(20)
    expect(() => observing(21)).toThrow(refused('at most 20 account ids'))
  })

  test('every bad variable is named at once, and no secret is shown', () => {
    const secret = 'x'.repeat(600)
    const env = {
      STELLAR_NETWORK: 'a',
      ANCHOR_DOMAIN_CONCURRENCY: 'b',
      CRON_SECRET: secret,
      SUPABASE_SECRET_KEY: 'hidden-key',
    }
    const message = String(catchError(() => readConfig(env)))
    for (const name of [
      'STELLAR_NETWORK',
      'ANCHOR_DOMAIN_CONCURRENCY',
      'CRON_SECRET',
      'SUPABASE_URL',
    ]) {
      expect(message).toContain(name)
    }
    expect(message).not.toContain('xxx')
    expect(message).not.toContain('hidden-key')
  })
})

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

  test('has one line for each variable that an operator may set', () => {
    const named = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name)
    expect(named.toSorted()).toEqual(ENVIRONMENT_NAMES.settings.toSorted())
  })

  test('names each variable that a host sets', () => {
    const [, host = ''] = text.split('# ---- Set by the host')
    const named = host.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b(?=[,.:]|$)/gm) ?? []
    expect(named.filter((name) => name.length > 1).toSorted()).toEqual(
      ENVIRONMENT_NAMES.platform.toSorted(),
    )
  })

  test('shows the defaults of the code', () => {
    const shown = Object.fromEntries(
      [...text.matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm)]
        .map(([, name = '', value = '']): [string, string] => [name, value])
        .filter(([name]) => !/^(SUPABASE|POSTGREST)_/.test(name)),
    )
    expect(readConfig(shown)).toEqual(readConfig({}))
  })
})

test('the default time of a function is the one in vercel.json', () => {
  const vercel = JSON.parse(
    readFileSync(new URL('../../vercel.json', import.meta.url), 'utf8'),
  ) as {
    functions: Record<string, { maxDuration: number }>
  }
  expect(vercel.functions['api/**/*.ts']?.maxDuration).toBe(readConfig({}).sync.maxDurationSeconds)
})

const refused = (message: string) =>
  expect.objectContaining({
    code: 'configuration_invalid',
    message: expect.stringContaining(message),
  })

function catchError(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('the credential of event deliveries', () => {
  const url = { ANCHOR_PLATFORM_URL: 'https://platform.example' }
  const api = { ...url, ANCHOR_PLATFORM_EVENT_AUTH: 'API_KEY' }
  const secret = 'event-secret-0123456789abcdef0123'

  test('is read, and is null without the two settings', () => {
    const events = { auth: 'api_key', secret }
    expect(readConfig({ ...api, ANCHOR_PLATFORM_EVENT_SECRET: secret }).events).toEqual(events)
    expect(readConfig(url).events).toBeNull()
  })

  test.each<[string, Record<string, string>]>([
    ['ANCHOR_PLATFORM_EVENT_SECRET is not set', api],
    ['ANCHOR_PLATFORM_EVENT_AUTH is not set', { ...url, ANCHOR_PLATFORM_EVENT_SECRET: secret }],
    [
      'ANCHOR_PLATFORM_EVENT_SECRET is a value of 9 bytes; allowed with jwt: at least 32 bytes',
      { ...url, ANCHOR_PLATFORM_EVENT_AUTH: 'jwt', ANCHOR_PLATFORM_EVENT_SECRET: 'too-short' },
    ],
    [
      'ANCHOR_PLATFORM_EVENT_SECRET is the same as BUSINESS_API_KEY',
      { ...api, ANCHOR_PLATFORM_EVENT_SECRET: secret, BUSINESS_API_KEY: secret },
    ],
    [
      'ANCHOR_PLATFORM_EVENT_SECRET is the same as ANCHOR_PLATFORM_SECRET',
      {
        ...api,
        ANCHOR_PLATFORM_EVENT_SECRET: secret,
        ANCHOR_PLATFORM_AUTH: 'api_key',
        ANCHOR_PLATFORM_SECRET: secret,
      },
    ],
    [
      'ANCHOR_PLATFORM_URL is not set, but ANCHOR_PLATFORM_SECRET is',
      { ANCHOR_PLATFORM_AUTH: 'api_key', ANCHOR_PLATFORM_SECRET: secret },
    ],
    [
      'ANCHOR_PLATFORM_URL is not set, but ANCHOR_PLATFORM_EVENT_SECRET is',
      { ANCHOR_PLATFORM_EVENT_AUTH: 'api_key', ANCHOR_PLATFORM_EVENT_SECRET: secret },
    ],
  ])('%s: refused, without the secret', (problem, env) => {
    expect(() => readConfig(env)).toThrow(problem)
    expect(() => readConfig(env)).not.toThrow(secret)
  })
})
