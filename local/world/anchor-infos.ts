import { issuerOf } from './anchor-toml.ts'
import type { SimulatedAnchor, SimulatedSep } from './anchors.ts'

/** The `/info` of one protocol as the anchor answers it; null for a protocol without one. */
export function infoOf(anchor: SimulatedAnchor, sep: SimulatedSep): object | null {
  switch (sep) {
    case 6:
      return sep6Info(anchor)
    case 24:
      return sep24Info(anchor)
    case 31:
      return sep31Info(anchor)
    case 38:
      return sep38Info(anchor)
    case 59:
      return { offerings: anchor.offerings ?? [] }
    default:
      return null
  }
}

/** The assets and currencies that the anchor trades (SEP-38, `/prices`). */
export function pricesOf(anchor: SimulatedAnchor, sells: string): object {
  const { stellar, fiat } = quotedAssets(anchor)
  const buys = stellar.includes(sells) ? fiat : fiat.includes(sells) ? stellar : []
  return { buy_assets: buys.map((asset) => ({ asset, price: '17.5000', decimals: 2 })) }
}

// Real anchors write amounts as numbers, as strings, or as both in one object.
function amounts(anchor: SimulatedAnchor): Record<string, unknown> {
  switch (anchor.fees ?? 'none') {
    case 'none':
      return { min_amount: 1, max_amount: 10_000 }
    case 'numbers':
      return { fee_fixed: 1.5, fee_percent: 0.35, min_amount: 0.1, max_amount: 25_000 }
    case 'strings':
      return {
        fee_fixed: '0.50',
        fee_percent: '1.25',
        fee_minimum: '2.00',
        min_amount: '10.0000001',
        max_amount: 50_000,
      }
  }
}

function isOpen(
  { closed }: SimulatedAnchor,
  direction: 'deposit' | 'withdraw',
  code: string,
): boolean {
  return closed !== true && !closed?.[direction]?.includes(code)
}

function byAsset(anchor: SimulatedAnchor, value: (code: string) => unknown): object {
  return Object.fromEntries(anchor.assets.map((code) => [code, value(code)]))
}

function sep24Info(anchor: SimulatedAnchor): object {
  const support = (direction: 'deposit' | 'withdraw') =>
    byAsset(anchor, (code) =>
      isOpen(anchor, direction, code) && (anchor.direction ?? direction) === direction
        ? { enabled: true, ...amounts(anchor) }
        : { enabled: false },
    )
  return {
    deposit: support('deposit'),
    withdraw: support('withdraw'),
    fee: { enabled: false },
    features: { account_creation: true, claimable_balances: false },
  }
}

function sep6Info(anchor: SimulatedAnchor): object {
  const fields = { email_address: { description: 'address for the receipt', optional: true } }
  const dest = { dest: { description: 'bank account number' } }
  return {
    deposit: byAsset(anchor, () => ({
      enabled: true,
      authentication_required: true,
      ...amounts(anchor),
      fields,
    })),
    'deposit-exchange': byAsset(anchor, () => ({ enabled: false })),
    withdraw: byAsset(anchor, () => ({
      enabled: true,
      authentication_required: true,
      ...amounts(anchor),
      types: { bank_account: { fields: dest }, cash: { fields: {} } },
    })),
    'withdraw-exchange': byAsset(anchor, () => ({ enabled: false })),
    fee: { enabled: false },
    transactions: { enabled: true, authentication_required: true },
    transaction: { enabled: true, authentication_required: true },
    features: { account_creation: false, claimable_balances: false },
  }
}

function sep31Info(anchor: SimulatedAnchor): object {
  return {
    receive: byAsset(anchor, () => ({
      quotes_supported: anchor.seps.includes(38),
      quotes_required: false,
      ...amounts(anchor),
      sep12: {
        sender: { types: { 'sep31-sender': { description: 'people who send' } } },
        receiver: { types: { 'sep31-receiver': { description: 'people who receive' } } },
      },
    })),
  }
}

function sep38Info(anchor: SimulatedAnchor): object {
  const { stellar, fiat } = quotedAssets(anchor)
  const more = anchor.quoteCountries ? { country_codes: anchor.quoteCountries } : {}
  return {
    assets: [...stellar.map((asset) => ({ asset })), ...fiat.map((asset) => ({ asset, ...more }))],
  }
}

function quotedAssets(anchor: SimulatedAnchor): { stellar: string[]; fiat: string[] } {
  const codes = [anchor.currencies].flat().flatMap((text) => text.split(/[;,|]\s*/))
  return {
    stellar: anchor.assets.map((code) =>
      code === 'native' ? 'stellar:native' : `stellar:${code}:${issuerOf(anchor, code)}`,
    ),
    fiat: codes.map((code) => `iso4217:${code}`),
  }
}
