import { expect, test } from 'vitest'
import { formatMuxedAccount, parseMuxedAccount } from '../../../lib/stellar/muxed-account.ts'

const ACCOUNT = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'

test.each([
  ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ', '0'],
  ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK', '9223372036854775808'],
])('the example %s of SEP-23 is read and written', (address, id) => {
  expect(parseMuxedAccount(address)).toEqual({ account: ACCOUNT, id })
  expect(formatMuxedAccount({ account: ACCOUNT, id })).toBe(address)
})

// The first five are of SEP-23, "Invalid test cases".
test.each([
  [
    'a text that is too long',
    'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLKA',
  ],
  [
    'a text that is too short',
    'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJL',
  ],
  ['another version', 'M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK'],
  ['a wrong checksum', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLL'],
  ['unused bits', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLM'],
  ['lower case', 'ma7qynf7sowq3glr2bgmzehxavirza4kvwltjjfc7mgxua74p7ujvaaaaaaaaaaaaajlk'],
  ['an account id', ACCOUNT],
  ['an empty text', ''],
  ['a number', 7],
  ['null', null],
])('%s is not a muxed address', (_name, value) => {
  expect(parseMuxedAccount(value)).toBeNull()
})
