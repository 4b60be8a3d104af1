/** The Stellar networks that are supported. */
export const NETWORKS = ['mainnet', 'testnet'] as const
export type Network = (typeof NETWORKS)[number]

/** The passphrase of each network, which stellar.toml has in NETWORK_PASSPHRASE (SEP-1). */
export const NETWORK_PASSPHRASE: Record<Network, string> = {
  mainnet: 'Public Global Stellar Network ; September 2015',
  testnet: 'Test SDF Network ; September 2015',
}

/** The Horizon of the Stellar Development Foundation on each network. */
export const DEFAULT_HORIZON_URL: Record<Network, string> = {
  mainnet: 'https://horizon.stellar.org',
  testnet: 'https://horizon-testnet.stellar.org',
}
