import { csvOf } from '../csv.ts'
import type { CatalogRow } from './catalog-store.ts'
import { SEP_NAMES } from './check/toml/fields.ts'

/** Programs read columns by their names, so a new one goes to the end and none is renamed. docs/api.md lists them. */
const COLUMNS = [
  ...['id', 'domain', 'name', 'network', 'country', 'currency', 'type', 'operational', 'why'],
  ...['rail', 'step', 'asset', 'basis', 'pairing', 'railUrl', 'signingKey'],
  ...['stellarCode', 'stellarIssuer', 'stellarContract'],
  ...['feeFixed', 'feePercent', 'feeMinimum', 'minAmount', 'maxAmount', 'feeUnit'],
  ...['sep6', 'sep10', 'sep12', 'sep24', 'sep31', 'sep38', 'sep45', 'sep59'],
  ...['updatedAt', 'lastCheckedAt'],
] as const

/** Rows of the catalog as CSV. Of several reasons one follows the other behind a space. */
export function csvOfCatalog(rows: readonly CatalogRow[]): string {
  return csvOf(COLUMNS, rows.map(cellsOf))
}

function cellsOf({ why, sep, stellarAsset, fees, ...row }: CatalogRow) {
  const steps = Object.fromEntries(SEP_NAMES.map((name) => [name, sep[name]])) as CatalogRow['sep']
  return {
    ...row,
    ...steps,
    why: why.join(' '),
    stellarCode: stellarAsset?.code ?? null,
    stellarIssuer: stellarAsset?.issuer ?? null,
    stellarContract: stellarAsset?.contract ?? null,
    feeFixed: fees?.feeFixed ?? null,
    feePercent: fees?.feePercent ?? null,
    feeMinimum: fees?.feeMinimum ?? null,
    minAmount: fees?.minAmount ?? null,
    maxAmount: fees?.maxAmount ?? null,
    feeUnit: fees?.unit ?? null,
  }
}
