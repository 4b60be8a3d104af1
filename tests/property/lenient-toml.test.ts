import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StellarToml } from '../../lib/anchors/check/toml/fields.ts'
import { readStellarToml } from '../../lib/anchors/check/toml/stellar-toml.ts'

const SEED = 20_261_128
const RUNS = 20_000
const ACCOUNTS = [
  'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR',
  'GCATS5YOVB6ROX2WUNKGNQ2MP3GMXDMKSG2O4N5CLX3A6W4PZGZZI55U',
]
const CONTRACT = 'CADQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQP5KR'

const quoted = (text: string) => fc.constantFrom(`"${text}"`, `'${text}'`)
const equals = fc.constantFrom('=', ' = ', '= ')
const statement = (key: string, value: fc.Arbitrary<string>) =>
  fc.tuple(equals, value).map(([sign, text]) => `${key}${sign}${text}`)
const account = fc.constantFrom(...ACCOUNTS).chain(quoted)
const url = fc.constantFrom('a.co/x', 'b.co/sep', 'b.co/y').chain((at) => quoted(`https://${at}`))
const noise = fc.constantFrom(
  ...['', '# SIGNING_KEY and [[CURRENCIES]]', 'VERSION = "2.0.0"', 'HORIZON_URL = "https://h.co"'],
  ...['URI_REQUEST_SIGNING_KEY = "x"', 'ABOUT = """\nKYC_SERVER = \'x\'\n[[CURRENCIES]]\n"""'],
)

const top = fc
  .record(
    {
      passphrase: statement(
        'NETWORK_PASSPHRASE',
        fc
          .constantFrom(
            'Public Global Stellar Network ; September 2015',
            'Test SDF Network ; September 2015',
          )
          .chain(quoted),
      ),
      key: statement('SIGNING_KEY', account),
      auth: statement('WEB_AUTH_ENDPOINT', url),
      sep6: statement('TRANSFER_SERVER', url),
      sep24: statement('TRANSFER_SERVER_SEP0024', url),
      accounts: statement(
        'ACCOUNTS',
        fc.constantFrom(
          `["${ACCOUNTS[0]}"]`,
          `[\n  "${ACCOUNTS[0]}", # [[CURRENCIES]]\n  "${ACCOUNTS[1]}"\n]`,
        ),
      ),
      noise,
    },
    { requiredKeys: [] },
  )
  .chain((lines) => fc.shuffledSubarray(Object.values(lines)))

const currency = fc
  .tuple(
    statement('code', fc.constantFrom('EUR', 'USD', 'XLM', 'native').chain(quoted)),
    fc.oneof(
      statement('issuer', account),
      statement('contract', quoted(CONTRACT)),
      fc.constant(''),
    ),
    fc.subarray([
      'is_asset_anchored = false',
      'anchor_asset_type = "stock"',
      'anchor_asset = "USD"',
      'name = "Euro"',
      'desc = "the code of an issuer"',
    ]),
  )
  .map(([code, issuer, rest]) => ['[[CURRENCIES]]', code, issuer, ...rest])

const documentation = fc.constantFrom(
  [],
  ['[DOCUMENTATION]', 'ORG_NAME = "Kantoor"', 'ORG_URL = "https://k.co"'],
  ['[DOCUMENTATION]', 'ORG_DESCRIPTION = """\ncode = "EUR"\n"""', "ORG_NAME = 'Kantoor'"],
)
const principals = fc.constantFrom(
  [],
  ['[[PRINCIPALS]]', 'name = "A"', `SIGNING_KEY = "${ACCOUNTS[1]}"`],
)

const validFile = fc
  .tuple(top, documentation, principals, fc.array(currency, { maxLength: 4 }))
  .map(([head, about, people, assets]) =>
    [...head, ...about, ...people, ...assets.flat()].join('\n'),
  )

/** What happens to a file by hand: a line gets longer, loses a character, is cut in two or joined to the next. */
const damage = fc.record({
  at: fc.nat(),
  column: fc.nat(),
  how: fc.constantFrom(
    ...([
      'append',
      'insert',
      'remove',
      'cut',
      'join',
      'prose',
      'double',
      'curly',
      'unequal',
    ] as const),
  ),
  character: fc.constantFrom(
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '=',
    ',',
    ' ',
    's',
    '\\',
    '\u0000',
    '\uFFFD',
    '\r',
  ),
})

interface Damage {
  at: number
  column: number
  how: string
  character: string
}

function damaged(text: string, { at, column, how, character }: Damage): string {
  const lines = text.split('\n')
  const index = at % lines.length
  const line = lines[index] ?? ''
  const place = column % (line.length + 1)
  const [before, after] = [line.slice(0, place), line.slice(place)]
  const changed: Record<string, string[]> = {
    append: [`${line} ${character}`],
    insert: [before + character + after],
    remove: [before + after.slice(1)],
    cut: [before, after],
    join: [line + (lines[index + 1] ?? '')],
    prose: ['Some prose that is no TOML', line],
    double: [line, line],
    curly: [line.replace(/["']/g, '“')],
    unequal: [line.replace('=', '')],
  }
  lines.splice(index, how === 'join' ? 2 : 1, ...(changed[how] ?? []))
  return lines.join('\n')
}

/** Every value of a reading by itself. What an asset stands for is one value, because its parts change each other. */
function valuesOf(toml: StellarToml | null): string[] {
  if (toml === null) return []
  const { accounts, currencies, endpoints, networkPassphrase, organisation, signingKey } = toml
  return [
    ...Object.entries({ ...endpoints, networkPassphrase, organisation, signingKey })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`),
    ...accounts.map((account) => `account ${account}`),
    ...currencies.flatMap(({ anchorAsset, anchorAssetType, isAssetAnchored, ...asset }) => {
      const anchoring = [anchorAsset, anchorAssetType, isAssetAnchored]
      const name = JSON.stringify(asset)
      const isAnchored = anchoring.some((part) => part !== undefined)
      return [name, ...(isAnchored ? [`${name} is ${JSON.stringify(anchoring)}`] : [])]
    }),
  ]
}

test('a lenient reading of a damaged file gives no value that the file did not have', () => {
  let salvaged = 0
  fc.assert(
    fc.property(validFile, damage, (text, how) => {
      const whole = readStellarToml(text)
      if (whole.salvaged) throw new Error('an invalid file was built')
      const before = new Set(valuesOf(whole.toml))
      const after = readStellarToml(damaged(text, how))
      if (!after.salvaged) return
      salvaged += 1
      expect(valuesOf(after.toml).filter((value) => !before.has(value))).toEqual([])
    }),
    { numRuns: RUNS, seed: SEED },
  )
  expect(salvaged).toBeGreaterThan(RUNS / 3)
})
