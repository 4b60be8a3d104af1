/** The two Stellar networks a catalogue row may stand on. */
export const NETWORKS = ['mainnet', 'testnet'] as const
export type Network = (typeof NETWORKS)[number]

/** What stellar.toml's NETWORK_PASSPHRASE says on each network (SEP-1). */
export const NETWORK_PASSPHRASE: Record<Network, string> = {
  mainnet: 'Public Global Stellar Network ; September 2015',
  testnet: 'Test SDF Network ; September 2015',
}

/** The Stellar Development Foundation's own Horizon of each network. */
export const DEFAULT_HORIZON_URL: Record<Network, string> = {
  mainnet: 'https://horizon.stellar.org',
  testnet: 'https://horizon-testnet.stellar.org',
}
