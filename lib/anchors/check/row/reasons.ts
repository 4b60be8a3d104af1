/** The protocols that may serve a listing, best first. SEP-31 pays out only, and SEP-59 takes payments in only. */
export const RAILS = ['sep24', 'sep6', 'sep31', 'sep59'] as const
export type Rail = (typeof RAILS)[number]

interface Reason {
  /** Whether a listing may be operational with this reason. */
  operational: boolean
  meaning: string
}

const yes = (meaning: string): Reason => ({ operational: true, meaning })
const no = (meaning: string): Reason => ({ operational: false, meaning })

/**
 * The one table of reasons why a listing is operational or not. Codes are stored and counted, so they are never renamed.
 * `docs/reasons.md` has a row for each, and a test holds the two equal.
 */
const TABLE = {
  enabled_by_person: yes(
    'A person decided that the listing is operational. What the evidence says stands behind this code.',
  ),
  disabled_by_person: no('A person decided that the listing is not operational.'),

  unchecked: no(
    'No check could read and judge the stellar.toml yet; the findings of the last check say why.',
  ),
  toml_gone: no('The stellar.toml answered 404 or 410 at the last conclusive check.'),
  delisted: no('The source of the listing has dropped it three times in a row.'),
  domain_disabled: no('The home domain is disabled, because its checks failed again and again.'),
  identity_changed: no(
    'The stellar.toml shows another signing key, passphrase, host or issuer than before, and neither 24 hours nor a person confirmed it.',
  ),
  untrusted: no('The trust rules refuse the stellar.toml.'),
  web_auth_refuted: no(
    'The sign-in (SEP-10 or SEP-45) is unsafe, or the SIGNING_KEY of the stellar.toml did not sign it, so somebody else may answer.',
  ),
  horizon_unconfirmed: no(
    'Only Horizon names the anchor, and no issuer of the listed asset names the home domain and is named by it.',
  ),

  web_auth_missing: no('SEP-10 answers 404, so nobody can sign in, and the rail needs it.'),
  web_auth_home_domain: no(
    'SEP-10 does not serve the home domain that names it, so nobody can sign in, and the rail needs it.',
  ),
  web_auth_stale: no(
    'SEP-10 has shown neither a challenge nor a refusal for too long, so nobody can sign in, and the rail needs it.',
  ),

  rail_missing: no('The stellar.toml names no protocol of this direction.'),
  sep24_unseen: no('SEP-24 is declared, and its /info gave no readable answer.'),
  sep6_unseen: no('SEP-6 is declared, and its /info gave no readable answer.'),
  sep31_unseen: no('SEP-31 is declared, and its /info gave no readable answer.'),
  sep59_unseen: no('SEP-59 is declared, and its /info gave no readable answer.'),
  sep24_protected: no('The /info of SEP-24 refuses strangers.'),
  sep6_protected: no('The /info of SEP-6 refuses strangers.'),
  sep31_protected: no('The /info of SEP-31 refuses strangers, as the SEP asks.'),
  sep59_protected: no('The /info of SEP-59 refuses strangers.'),
  sep24_stale: no('The last good answer of SEP-24 is too old.'),
  sep6_stale: no('The last good answer of SEP-6 is too old.'),
  sep31_stale: no('The last good answer of SEP-31 is too old.'),
  sep38_stale: no('Only quotes of SEP-38 would link the currency, and they are too old.'),
  sep59_stale: no(
    'The last good answer of SEP-59, or of the web authentication it needs, is too old.',
  ),
  sep24_failing: no(
    'SEP-24, or the business behind it (SEP-12, the prices of SEP-38), answered an error twice in a row.',
  ),
  sep6_failing: no(
    'SEP-6, or the business behind it (SEP-12, the prices of SEP-38), answered an error twice in a row.',
  ),
  sep31_failing: no(
    'SEP-31, or the business behind it (SEP-12, the prices of SEP-38), answered an error twice in a row.',
  ),
  sep59_failing: no(
    'SEP-59, or the business behind it (SEP-12, the prices of SEP-38), answered an error twice in a row.',
  ),
  sep24_no_assets: no('SEP-24 has no enabled asset.'),
  sep6_no_assets: no('SEP-6 has no enabled asset.'),
  sep31_no_assets: no('SEP-31 receives no asset.'),
  sep24_direction_closed: no('SEP-24 has enabled assets, and none in this direction.'),
  sep6_direction_closed: no('SEP-6 has enabled assets, and none in this direction.'),
  sep24_asset_closed: no('SEP-24 has the asset of the currency, and not in this direction.'),
  sep6_asset_closed: no('SEP-6 has the asset of the currency, and not in this direction.'),
  sep31_asset_closed: no('SEP-31 names the asset of the currency and does not receive it.'),
  sep59_not_offered: no('SEP-59 has no offering of the currency.'),
  sep59_unproven: no(
    'SEP-59 is a draft: it counts only where a challenge of SEP-10 verified. A server of SEP-45 signs for any home domain.',
  ),

  currency_unlinked: no(
    'The anchor serves assets, and nothing public says that one of them stands for this currency.',
  ),
  asset_ambiguous: no(
    'Two issuers have the code of the asset, and the protocol does not say which of them it means.',
  ),
  asset_link_contradicted: no(
    'The issuer of the asset names another home domain, although this stellar.toml claims the issuer.',
  ),
  asset_issuer_missing: no('The account that issues the asset does not exist.'),
  country_not_served: no('SEP-38 or SEP-59 names other countries for the currency.'),

  country_unconfirmed: yes('Nothing public says which countries are served.'),
  web_auth_absent: yes('The stellar.toml names no WEB_AUTH_ENDPOINT.'),
  web_auth_declared: yes('SEP-10 gave no readable challenge, so the SIGNING_KEY is not proven.'),
  web_auth_protected: yes('SEP-10 refuses strangers, so the SIGNING_KEY is not proven.'),
  web_auth_reachable: yes('The SEP-10 challenge has a fault.'),
  web_auth_conformant: yes(
    'The SIGNING_KEY was not proven in the last check: there is none, or the challenge is of an earlier check.',
  ),
  web_auth_domain_differs: yes(
    'The web_auth_domain of the SEP-10 challenge is not the host of its endpoint, so wallets on the Stellar SDK refuse it.',
  ),
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof TABLE
export const REASONS: Readonly<Record<ReasonCode, Reason>> = TABLE
