/** What the protocols of one in so many anchors have reached, beside SEP-24, which every anchor has. */
const RARE = 1_000

/**
 * Fills the catalog with `domains` anchors that have ten listings each, in 50 countries and 20 currencies. Each capability has
 * 4 KB that do not compress, so that a page that read it would read a table of its own. One in 1,000 anchors has SEP-59, no
 * anchor has SEP-45, and three in four listings are in operation.
 */
export async function fillCatalog(
  { query }: { query: (sql: string) => Promise<unknown> },
  domains: number,
): Promise<void> {
  await query(`
    insert into anchor_ops.home_domain (network, domain, last_checked_at, evidence_at, outcome, operational, capability, health)
    select 'mainnet', 'anchor-' || lpad(place::text, 6, '0') || '.example', now(), now(), 'ok', true,
      jsonb_build_object(
        'signingKey', 'G' || md5(place::text),
        'sep', jsonb_build_object(
          'sep24', jsonb_build_object('step', 'verified', 'seen', jsonb_build_object('at', '2026-01-01T00:00:00Z')),
          'sep10', jsonb_build_object('step', case place % 2 when 0 then 'verified' else 'conformant' end),
          'sep59', jsonb_build_object('step', case place % ${RARE} when 0 then 'conformant' else 'absent' end)
        ),
        'bulk', (select string_agg(md5(place || ' ' || part), '') from generate_series(1, 128) as part)
      ),
      '{"lastOutcome": "ok"}'
    from generate_series(1, ${domains}) as place`)
  await query(`
    insert into anchor_ops.listing (id, network, domain, country, currency, type, name, active, source, operational,
      operational_until, why, rail, asset, basis, shown, shown_operational, shown_why)
    select home_domain.domain || ':' || type || ':' || country || ':' || currency, 'mainnet', home_domain.domain, country,
      currency, type, home_domain.domain, true, 'https://directory.example/', is_served,
      case when is_served then now() + interval '1 day' end, '{country_unconfirmed}',
      case when is_served then 'sep24' end, currency, 'code',
      jsonb_build_object('railUrl', 'https://' || home_domain.domain || '/sep24', 'features', null,
        'stellarAsset', jsonb_build_object('code', currency, 'issuer', 'G' || md5(home_domain.domain)),
        'fees', jsonb_build_object('enabled', true, 'feeFixed', '1.5', 'unit', currency)),
      is_served, '{country_unconfirmed}'
    from anchor_ops.home_domain,
      generate_series(0, 4) as step,
      (values ('on-ramp'), ('off-ramp')) as direction (type),
      lateral (select hashtextextended(home_domain.domain, step) & 1023 as hash) as hashed,
      lateral (select chr(65 + (step * 10 + hash % 10)::int / 7) || chr(65 + (step * 10 + hash % 10)::int % 7) as country,
        'C' || lpad((hash % 20)::text, 2, '0') as currency, hash % 4 <> 0 as is_served) as row`)
  await query(`select anchor_ops.summarise_countries('mainnet', null)`)
  await query('analyze anchor_ops.home_domain, anchor_ops.listing')
}
