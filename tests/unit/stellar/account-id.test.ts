import { expect, test } from 'vitest'
import { isAccountId, isContractId } from '../../../lib/stellar/account-id.ts'

// The examples of SEP-23.
const ACCOUNT = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
const CONTRACT = 'CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA'

test('an account id is not a contract id, and a contract id is not an account id', () => {
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
  ['followed by a line break', `${ACCOUNT}\n`],
  ['a placeholder', `G${'A'.repeat(55)}`],
  ['a muxed account', 'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ'],
  [
    'a signed payload',
    'PA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6IBZGM',
  ],
  ['a number', 42],
  ['undefined', undefined],
])('an id that is %s is refused', (_name, value) => {
  expect([isAccountId(value), isContractId(value)]).toEqual([false, false])
})
