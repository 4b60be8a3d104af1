/** The number of home domains below one registrable domain that one walk may add to the catalog. */
const MAX_HOME_DOMAINS_PER_OWNER = 50

/**
 * Keeps the rows of the first 50 home domains below each registrable domain (Public Suffix List, with private suffixes
 * such as github.io). Names below a domain cost its owner nothing and an issuer's account costs 1 XLM, so without a limit
 * one stranger could fill the catalog and every run.
 */
export async function limitDomainsPerOwner<R extends { domain: string }>(
  rows: readonly R[],
): Promise<R[]> {
  // Loading it takes 20 ms, and only a walk over Horizon needs it.
  const { getDomain } = await import('tldts')
  const byOwner = new Map<string, Set<string>>()
  return rows.filter(({ domain }) => {
    const owner = getDomain(domain, { allowPrivateDomains: true }) ?? domain
    const domains = byOwner.get(owner) ?? new Set()
    byOwner.set(owner, domains)
    if (domains.has(domain)) return true
    if (domains.size >= MAX_HOME_DOMAINS_PER_OWNER) return false
    domains.add(domain)
    return true
  })
}
