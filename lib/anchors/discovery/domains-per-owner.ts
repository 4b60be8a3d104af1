/** The number of home domains below one registrable domain that walks may add to the catalog. */
const MAX_HOME_DOMAINS_PER_OWNER = 50

/** The known home domains of each of these registrable domains; an owner without one may be left out. */
export type ReadDomainsBelow = (owners: readonly string[]) => Promise<Record<string, string[]>>

/**
 * Keeps the rows of known home domains, and of new ones until 50 are known below their registrable domain (Public Suffix List,
 * with private suffixes such as github.io). Names below a domain cost its owner nothing and an issuer's account costs 1 XLM,
 * so without a limit one stranger could fill the catalog and every run.
 */
export async function limitDomainsPerOwner<R extends { domain: string }>(
  rows: readonly R[],
  readKnown: ReadDomainsBelow,
): Promise<R[]> {
  // Loading it takes 20 ms, and only a walk over Horizon needs it.
  const { getDomain } = await import('tldts')
  const owners = new Map<string, string>()
  for (const { domain } of rows) {
    if (!owners.has(domain)) {
      owners.set(domain, getDomain(domain, { allowPrivateDomains: true }) ?? domain)
    }
  }
  const known = owners.size === 0 ? {} : await readKnown([...new Set(owners.values())])
  const byOwner = new Map(
    Object.entries(known).map(([owner, domains]) => [owner, new Set(domains)]),
  )
  return rows.filter(({ domain }) => {
    const owner = owners.get(domain) ?? domain
    const domains = byOwner.get(owner) ?? new Set()
    byOwner.set(owner, domains)
    if (domains.has(domain)) return true
    if (domains.size >= MAX_HOME_DOMAINS_PER_OWNER) return false
    domains.add(domain)
    return true
  })
}
