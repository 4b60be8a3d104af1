import type { SepName, StellarToml } from './toml/fields.ts'

interface Earlier<Sep> {
  signingKey?: string
  webAuthContractId?: string
  sep: Record<SepName, Sep>
}

/**
 * What earlier checks know of a protocol: of the same endpoint, and for a challenge of the same key, because a key that was
 * swapped proves nothing by what the one before it signed.
 */
export function earlierOf<Sep extends { endpoint?: string }>(
  name: SepName,
  { endpoints, signingKey, webAuthContractId }: StellarToml,
  previous: Earlier<Sep> | null,
): Sep | undefined {
  const before = previous?.sep[name]
  if (before === undefined || before.endpoint !== endpoints[name]) return undefined
  const isChallenge = name === 'sep10' || name === 'sep45'
  if (isChallenge && previous?.signingKey !== signingKey) return undefined
  const isOtherContract = name === 'sep45' && previous?.webAuthContractId !== webAuthContractId
  return isOtherContract ? undefined : before
}
