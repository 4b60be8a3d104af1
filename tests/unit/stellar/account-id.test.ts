import { describe, expect, test } from 'vitest'
import { isAccountId, isContractId, readMuxedAccount } from '../../../lib/stellar/account-id.ts'

// SEP-23's own examples.
const ACCOUNT = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
const CONTRACT = 'CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA'

describe('account ids', () => {
  test('an account id is not a contract id, nor the other way round', () => {
    expect([isAccountId(ACCOUNT), isContractId(ACCOUNT)]).toEqual([true, false])
    expect([isAccountId(CONTRACT), isContractId(CONTRACT)]).toEqual([false, true])
  })

  test.each([
    ['empty', ''],
    ['one character short', ACCOUNT.slice(0, -1)],
    ['one character long', `${ACCOUNT}A`],
    ['padded', `${ACCOUNT}=`],
    ['lower case', ACCOUNT.toLowerCase()],
    ['one character changed', ACCOUNT.replace('7Q', '7R')],
    ['two characters swapped', ACCOUNT.replace('QY', 'YQ')],
    ['a digit outside base 32', ACCOUNT.replace('7', '1')],
    ['with a line break', `${ACCOUNT}\n`],
    ['a placeholder', `G${'A'.repeat(55)}`],
    ['a muxed account', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ'],
    [
      'a signed payload',
      'PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6IBZGM',
    ],
    ['a number', 42],
    ['nothing', undefined],
  ])('%s is refused', (_name, value) => {
    expect([isAccountId(value), isContractId(value)]).toEqual([false, false])
  })
})

describe('muxed addresses', () => {
  const MUXED = 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK'

  test.each([
    ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ', '0'],
    [MUXED, '9223372036854775808'],
  ])('%s is the account with the id %s', (muxed, id) => {
    expect(readMuxedAccount(muxed)).toEqual({ account: ACCOUNT, id })
  })

  // The last three are SEP-23's own invalid ones.
  test.each([
    ['an account id', ACCOUNT],
    ['one character changed', MUXED.replace('7Q', '7R')],
    ['one character long', `${MUXED}A`],
    ['lower case', MUXED.toLowerCase()],
    ['an unused bit set', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLL'],
    ['padding', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK==='],
    ['a wrong checksum', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR'],
    ['nothing', null],
  ])('%s is none', (_name, value) => {
    expect(readMuxedAccount(value)).toBeNull()
  })
})
