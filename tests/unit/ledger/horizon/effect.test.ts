import { expect, test } from 'vitest'
import { movementsOfEffects } from '../../../../lib/ledger/horizon/effect.ts'
import { ISSUER } from '../ledger-world.ts'

type Fields = Record<string, unknown>
const NATIVE = { asset_type: 'native' }
const USDC = { asset_type: 'credit_alphanum4', asset_code: 'USDC', asset_issuer: ISSUER }
const of = (asset: Fields, side: string) =>
  Object.fromEntries(Object.entries(asset).map(([name, value]) => [`${side}_${name}`, value]))

const credited = (amount: string, asset: Fields = USDC) => ({
  type: 'account_credited',
  amount,
  ...asset,
})
const debited = (amount: string, asset: Fields = USDC) => ({
  type: 'account_debited',
  amount,
  ...asset,
})
const trade = (sold: string, bought: string) => ({
  ...{ type: 'trade', seller: 'G', offer_id: '9', sold_amount: sold, bought_amount: bought },
  ...{ ...of(NATIVE, 'sold'), ...of(USDC, 'bought') },
})
const pool = { liquidity_pool: { id: 'ab', reserves: [] } }
const reserves = [
  { asset: 'native', amount: '1.0000000' },
  { asset: `USDC:${ISSUER}`, amount: '2.0000000' },
]

type Row = [string, effects: Fields[], expected: string[], operationType?: string]
test.each<Row>([
  ['a payment that came in', [credited('1.0000000')], ['payment_in 10000000 USDC']],
  ['a payment that went out', [debited('0.0000001', NATIVE)], ['payment_out -1 XLM']],
  [
    'a payment to oneself',
    [credited('5.0000000'), debited('5.0000000')],
    ['payment_in 50000000 USDC', 'payment_out -50000000 USDC'],
  ],
  [
    'the creation of the account',
    [{ type: 'account_created', starting_balance: '10000.0' }, { type: 'signer_created' }],
    ['create_account 100000000000 XLM'],
  ],
  [
    'the end of the account',
    [debited('7.0000000', NATIVE), { type: 'account_removed' }],
    ['account_merge -70000000 XLM'],
  ],
  [
    'an own path payment, whose trades are beside what was debited',
    [
      debited('2.0000000', NATIVE),
      trade('2.0000000', '3.0000000'),
      { type: 'liquidity_pool_trade', ...pool },
    ],
    ['path_payment -20000000 XLM'],
  ],
  [
    'an own path payment to oneself',
    [credited('3.0000000'), debited('2.0000000', NATIVE), trade('2.0000000', '3.0000000')],
    ['payment_in 30000000 USDC', 'path_payment -20000000 XLM'],
  ],
  [
    'an offer that was taken',
    [trade('2.0000000', '3.0000000'), { type: 'offer_updated' }],
    ['trade -20000000 XLM', 'trade 30000000 USDC'],
  ],
  [
    'a claimable balance that was claimed',
    [
      { type: 'claimable_balance_claimed', asset: 'native', amount: '4.0000000' },
      credited('4.0000000', NATIVE),
    ],
    ['claim 40000000 XLM'],
  ],
  [
    'a claimable balance that was created',
    [
      { type: 'claimable_balance_created', asset: 'native', amount: '4.0000000' },
      { type: 'claimable_balance_claimant_created', amount: '4.0000000' },
      debited('4.0000000', NATIVE),
      { type: 'claimable_balance_sponsorship_created' },
    ],
    ['claimable_balance -40000000 XLM'],
  ],
  [
    'a deposit into a liquidity pool',
    [
      {
        type: 'liquidity_pool_deposited',
        ...pool,
        reserves_deposited: reserves,
        shares_received: '1',
      },
    ],
    ['liquidity_pool -10000000 XLM', 'liquidity_pool -20000000 USDC'],
  ],
  [
    'a withdrawal from a liquidity pool',
    [
      {
        type: 'liquidity_pool_withdrew',
        ...pool,
        reserves_received: reserves,
        shares_redeemed: '1',
      },
    ],
    ['liquidity_pool 10000000 XLM', 'liquidity_pool 20000000 USDC'],
  ],
  [
    'reserves that became claimable balances',
    [
      { type: 'liquidity_pool_revoked', ...pool, reserves_revoked: reserves },
      { type: 'trustline_flags_updated' },
    ],
    [],
  ],
  ['a clawback', [debited('1.0000000')], ['clawback -10000000 USDC'], 'clawback'],
  [
    'a call of a contract',
    [debited('1.0000000')],
    ['contract_transfer -10000000 USDC'],
    'invoke_host_function',
  ],
  ['what is not known', [{ type: 'balance_melted', amount: '9.0000000' }], ['other 0 XLM']],
  [
    'what moves no balance',
    [
      { type: 'sequence_bumped' },
      { type: 'data_created' },
      { type: 'contract_credited', amount: '1.0000000' },
    ],
    [],
  ],
])('%s is read from its effects', (_name, effects, expected, operationType) => {
  const given = effects.map((fields, index) => ({ token: `7-${index + 1}`, fields }))
  const movements = movementsOfEffects(given, operationType ?? null)
  expect(
    movements.map(({ kind, stroops, asset }) =>
      [kind, stroops, asset.kind === 'issued' ? asset.code : 'XLM'].join(' '),
    ),
  ).toEqual(expected)
  expect(new Set(movements.map(({ id }) => id)).size).toBe(movements.length)
})

test.each([
  ['an amount', { ...credited('1.0000000'), amount: undefined }],
  ['a readable amount', credited('1e3')],
  ['an asset', { type: 'account_credited', amount: '1.0000000' }],
  ['reserves', { type: 'liquidity_pool_deposited' }],
])('an effect without %s is refused, never left out', (_name, fields) => {
  expect(() => movementsOfEffects([{ token: '7-1', fields }], null)).toThrow(/7-1/)
})
