import type { SepCapability } from '../capability.ts'
import type { ReasonCode } from './reasons.ts'

/** Why nobody can sign in, so that a rail that needs a token does not serve; null when signing in may work. */
export function signInBar(
  sep10: SepCapability | undefined,
  isFresh: (at: string) => boolean,
): 'web_auth_missing' | 'web_auth_home_domain' | 'web_auth_stale' | null {
  if (sep10?.refused === 'missing') return 'web_auth_missing'
  if (sep10?.refused === 'home_domain') return 'web_auth_home_domain'
  const since = sep10?.silentSince
  return since === undefined || isFresh(since) ? null : 'web_auth_stale'
}

/** What a reader of an operational listing should know of its web authentication. */
export function webAuthReasons(sep10: SepCapability | undefined): ReasonCode[] {
  const reasons = stateReasons(sep10)
  return sep10?.webAuthDomainDiffers ? [...reasons, 'web_auth_domain_differs'] : reasons
}

function stateReasons(sep10: SepCapability | undefined): ReasonCode[] {
  if (sep10 === undefined) return ['web_auth_absent']
  // The listing is operational although nobody can sign in: its rail needs no token.
  if (sep10.refused !== undefined) return ['web_auth_declared']
  if (sep10.protected) return ['web_auth_protected']
  return sep10.step === 'verified' ? [] : [`web_auth_${sep10.step}`]
}
