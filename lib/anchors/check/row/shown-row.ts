import type { Capability } from '../capability.ts'
import type { TransferFeatures, TransferSupport } from '../offers.ts'
import { readAssetKey } from './asset-key.ts'
import type { ListedRow, RowVerdict } from './row-evidence.ts'

/** What the catalog shows of a listing beside its verdict, as the last readable check saw it. */
export interface ShownRow {
  /** The asset on the ledger that serves the listing, or that the stellar.toml has under its currency. */
  stellarAsset: {
    code: string
    /** An account, or `native`; null for a contract, and for an asset that the stellar.toml does not name. */
    issuer: string | null
    contract: string | null
    /** `live`, `test` and the like, as written. */
    status: string | null
    anchorAsset: string | null
    anchorAssetType: string | null
    /** What the account of the issuer says of the anchor. */
    link: string | null
  } | null
  /** Where the rail of the listing is served, as written. */
  railUrl: string | null
  /** The terms for the asset and direction. Amounts are in `unit`, the code of the asset; `feePercent` is percent of the amount. */
  fees: (TransferSupport & { unit: string }) | null
  features: TransferFeatures | null
}

const DIRECTIONS = {
  'on-ramp': ['deposit', 'depositExchange'],
  'off-ramp': ['withdraw', 'withdrawExchange', 'receive'],
} as const

/** What the catalog shows of a listing. A listing that no rail serves shows the terms of SEP-24, else of SEP-6, if they name its currency. */
export function shownRow(
  { currency, type }: Pick<ListedRow, 'currency' | 'type'>,
  { rail, asset }: Pick<RowVerdict, 'rail' | 'asset'>,
  { sep, currencies, links = {} }: Capability,
): ShownRow {
  const rails = rail === null ? (['sep24', 'sep6'] as const) : [rail]
  const key = asset ?? currency
  const shown = rails.flatMap((name) => {
    const support = sep[name].assets?.[key]
    const terms = DIRECTIONS[type].flatMap((direction) => support?.[direction] ?? [])
    return terms.slice(0, 1).map((first) => ({ name, terms: first }))
  })[0]
  const served = shown?.name ?? rail
  const named = readAssetKey(key)
  const found = named.fiat
    ? undefined
    : currencies.find(
        ({ code, issuer }) =>
          code === named.code && (named.issuer === undefined || issuer === named.issuer),
      )
  const isOnLedger = found !== undefined || named.issuer !== undefined
  return {
    stellarAsset: isOnLedger
      ? {
          code: named.code,
          issuer: named.issuer ?? found?.issuer ?? null,
          contract: found?.contract ?? null,
          status: found?.status ?? null,
          anchorAsset: found?.anchorAsset ?? null,
          anchorAssetType: found?.anchorAssetType ?? null,
          link: links[`${named.code}:${found?.issuer}`]?.link ?? null,
        }
      : null,
    railUrl: rail === null ? null : (sep[rail].endpoint ?? null),
    fees: shown === undefined ? null : { ...shown.terms, unit: named.code },
    features: served === null || served === undefined ? null : (sep[served].features ?? null),
  }
}
