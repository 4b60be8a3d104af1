import { startPlatformEmulator } from '../../local/platform/server.ts'

export interface PlatformInput {
  transactions: readonly string[]
  /** The delay of every answer, in milliseconds. */
  latencyMs: number
  /** The time of each accepted call, as if the platform published events; null without events. */
  eventMs: number | null
  apiKey: string
}

/** The line that this process prints when it is ready. */
export interface PlatformAddress {
  url: string
}

const USDC = 'stellar:USDC:GDQOE23CFSUMSVQK4Y5JHPPYK73VYCNHZHA7ENKCV37P6SUEO6XQBKPP'

// Runs the emulator with withdrawals whose funds were received: their amounts may be updated any number of times. It ends
// with the process.
const { transactions, latencyMs, eventMs, apiKey } = JSON.parse(
  process.argv[2] ?? '',
) as PlatformInput
const { url, setFaults } = await startPlatformEmulator({
  state: {
    config: { platform_server_auth_type: 'api_key', secret: apiKey },
    transactions: transactions.map((id) => ({
      sep: '24',
      id,
      kind: 'withdrawal',
      status: 'pending_anchor',
      started_at: '2026-11-21T08:00:00Z',
      updated_at: '2026-11-21T08:05:00Z',
      transfer_received_at: '2026-11-21T08:05:00Z',
      request_asset_code: 'USDC',
      request_asset_issuer: USDC.slice(-56),
      amount_in: '100',
      amount_in_asset: USDC,
      amount_out: '99',
      amount_out_asset: 'iso4217:USD',
      amount_fee: '1',
      amount_fee_asset: USDC,
      withdraw_anchor_account: 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF',
      memo: '12345',
      memo_type: 'id',
    })),
  },
})
const times = Number.MAX_SAFE_INTEGER
// A request has one fault. A reading has no updates that an event could delay.
setFaults([
  eventMs === null
    ? { kind: 'delay', delayMs: latencyMs, times }
    : { kind: 'event_delay', delayMs: eventMs, times },
])
const address: PlatformAddress = { url }
console.log(JSON.stringify(address))
