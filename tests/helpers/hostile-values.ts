/** JSON values that are not an integer from `min` to `max`. */
export const notIntegers = (min: number, max: number): unknown[] => [
  ...[min - 1, max + 1, min + 0.5, `${min}.0`, '1e2', '0x10', 'many', '', null, true, [min], {}],
  ...['9'.repeat(30), ` ${min}`],
]

/** JSON values that are not a boolean, also not one written as a text. */
export const NOT_BOOLEANS: unknown[] = ['yes', 'on', '', 2, -1, null, [], {}, 'truefalse']

/** JSON values that are not an https URL of at most 2,048 characters. */
export const NOT_URLS: unknown[] = [
  ...['http://x.example.org/', 'ftp://x.example.org/', 'x.example.org', '', 5, true, null, {}],
  ...[['https://x.example.org/'], `https://x.example.org/${'x'.repeat(2_048)}`],
]

/** JSON values that are not the code of a country. */
export const NOT_COUNTRIES: unknown[] = [
  ...['MEX', 'M', 'Mexico', '', '1M', 'QQ', 'UK', 'ß', 'ﬁ', 5, null, ['MX'], {}],
]

/** Texts that are not a home domain. `hostile-names.ts` has many more for the guard of the network. */
export const NOT_HOME_DOMAINS: string[] = [
  ...['10.0.0.1', 'localhost', 'a:8443', 'user@one.example.org', 'one.example.org:443', "'--"],
  ...['https://one.example.org', 'a b.example.org', 'x'.repeat(300), 'catalog.json'.repeat(30)],
]

const USDC_ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

/** Texts that are not an amount: signs, exponents, blanks, separators, digits of other scripts. The platform takes some. */
export const NOT_AMOUNTS: string[] = [
  ...['', ' ', 'abc', '-1', '+1', '1e2', '1E2', ' 1', '1 ', '1,000', '1_000', '0x10', '01'],
  ...['٣', '１', '.5', '5.', '--1', 'NaN', 'Infinity', '1'.repeat(400), '1\u200b', '−1'],
  `0.${'0'.repeat(40)}1`,
]

/** Amounts that the Stellar ledger does not have. */
export const NOT_LEDGER_AMOUNTS: string[] = [
  ...['922337203685.4775808', '9223372036854775807', '0.00000001', '1000000000000'],
]

export const NOT_ASSETS: string[] = [
  ...['', 'USD', 'stellar', 'stellar:', 'stellar:USDC', 'stellar:USDC:GABC', 'iso4217:usd'],
  ...['stellar:TOOLONGASSETCODE:G', 'ISO4217:USD', ' iso4217:USD', 'native', 'iso4217:USD\u200b'],
  `stellar:usdc-:${USDC_ISSUER}`,
  `stellar:USDC:${USDC_ISSUER.replace(/5$/, 'B')}`,
]

/** A memo and its type. */
export const NOT_MEMOS: [memo: string, type: string][] = [
  ['x'.repeat(29), 'text'],
  ['é'.repeat(15), 'text'],
  ['-1', 'id'],
  ['9223372036854775808', 'id'],
  ['18446744073709551616', 'id'],
  ['1.5', 'id'],
  ['12 ', 'id'],
  ['abcd', 'hash'],
  ['a'.repeat(64), 'hash'],
  [Buffer.alloc(31).toString('base64'), 'hash'],
  [Buffer.alloc(32).toString('base64'), 'return'],
  ['m', 'none'],
]

export const NOT_ACCOUNTS: string[] = [
  ...['GABC', 'SBN4', 'alice*example.org'],
  'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQA',
]

/** Texts that are not the hash of a Stellar transaction. */
export const NOT_HASHES: string[] = ['', ' ', 'abc', `${'a'.repeat(63)}g`, 'a'.repeat(65)]

/** JSON values that are not an instant. */
export const NOT_INSTANTS: unknown[] = [
  ...['2030-01-01', '2030-01-01T00:00Z', '2030-01-01T00:00:00', '2030-02-30T00:00:00Z'],
  ...['yesterday', 1_900_000_000],
]

/** Bodies that are refused by every route that reads one. */
export const BAD_BODIES: [name: string, raw: string | Uint8Array<ArrayBuffer>][] = [
  ['malformed', '[{'],
  ['a body that ends in the middle of a value', '{"action":'],
  ['words', 'hello'],
  ['HTML', '<html></html>'],
  ['a text', '"text"'],
  ['a number', '1'],
  ['null', 'null'],
  ['a bare NaN', '[NaN]'],
  ['two documents', '{"action":"sync"}{}'],
  ['65 levels', `{"a":${'['.repeat(65)}${']'.repeat(65)}}`],
  ['20,000 levels', '['.repeat(20_000)],
  ['30,000 closed levels', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ['a key __proto__', '{"action":"sync","__proto__":{"dryRun":false}}'],
  ['an escaped key __proto__', '{"\\u005f_proto__":1}'],
  ['a key constructor', '{"constructor":{"prototype":1}}'],
  ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
]

/** Bodies that are also refused by a route that keeps every digit of its body. */
export const BAD_LOSSLESS_BODIES: [name: string, raw: string][] = [
  ['a key twice', '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1}'],
  ['an amount twice', '{"id":1,"params":{"amount_in":{"amount":"1","amount":"100"}}}'],
  ['half a surrogate pair', '{"id":"\\ud800"}'],
  ['NUL', '{"id":"\\u0000"}'],
]
