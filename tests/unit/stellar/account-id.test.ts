import { describe, expect, test } from 'vitest'
import { isAccountId, isContractId } from '../../../lib/stellar/account-id.ts'
import { parseMuxedAccount } from '../../../lib/stellar/muxed-account.ts'

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

describe('muxed accounts', () => {
  // SEP-23's own examples.
  test.each([
    ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ', '0'],
    [
      'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK',
      '9223372036854775808',
    ],
  ])('%s is the account with the id %s', (muxed, id) => {
    expect(parseMuxedAccount(muxed)).toEqual({ account: ACCOUNT, id })
  })

  test.each([
    ['an account', ACCOUNT],
    ['empty', ''],
    [
      'with a bit too many',
      'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUR',
    ],
    [
      'with another checksum',
      'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUK',
    ],
    ['a number', 7],
  ])('%s is none', (_name, value) => {
    expect(parseMuxedAccount(value)).toBeNull()
  })
})
