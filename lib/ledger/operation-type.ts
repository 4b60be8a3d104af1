// The names of Horizon and of XDR-JSON, those that they had before too. Trades are no payments.
const PAYS_NOBODY: ReadonlySet<unknown> = new Set([
  ...['manage_offer', 'manage_sell_offer', 'manage_buy_offer'],
  ...['create_passive_offer', 'create_passive_sell_offer'],
  ...['set_options', 'change_trust', 'allow_trust', 'set_trust_line_flags'],
  ...['inflation', 'manage_data', 'bump_sequence'],
  ...['begin_sponsoring_future_reserves', 'end_sponsoring_future_reserves', 'revoke_sponsorship'],
  ...['liquidity_pool_deposit', 'liquidity_pool_withdraw'],
  ...['extend_footprint_ttl', 'bump_footprint_expiration', 'restore_footprint'],
])

/** Whether operations of this type pay nobody. One that we do not know may. */
export function paysNobody(type: unknown): boolean {
  return PAYS_NOBODY.has(type)
}
