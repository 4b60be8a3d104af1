import { isAccountId, isContractId } from '../../../stellar/account-id.ts'
import { type Note, readName, textOrType } from './field-text.ts'
import type { Currency } from './fields.ts'
import { isTable, type TomlFields, tomlTypeName } from './parse.ts'
import { isSampleKey } from './sample-keys.ts'

const MAX_CURRENCIES = 500
const MAX_ACCOUNTS = 500

/** Reads `[[CURRENCIES]]`. One table with single brackets counts as the only currency, because people write that. */
export function readCurrencies(value: unknown, note: Note): Currency[] {
  if (value === undefined) return []
  if (isTable(value) && (value['code'] !== undefined || value['toml'] !== undefined)) {
    note('toml_header', 'CURRENCIES')
    return readCurrency(value, 'CURRENCIES[0]', note)
  }
  if (!Array.isArray(value)) {
    note('field_wrong_type', 'CURRENCIES', tomlTypeName(value))
    return []
  }
  if (value.length > MAX_CURRENCIES) note('currencies_too_many', 'CURRENCIES', value.length)
  const kept = value.slice(0, MAX_CURRENCIES)
  return kept.flatMap((entry, index) => readCurrency(entry, `CURRENCIES[${index}]`, note))
}

function readCurrency(entry: unknown, field: string, note: Note): Currency[] {
  if (!isTable(entry)) {
    note('field_wrong_type', field, tomlTypeName(entry))
    return []
  }
  const { code, issuer, contract, toml, code_template: codeTemplate } = entry
  if (code === undefined && typeof toml === 'string') {
    note('currency_linked', field, toml)
    return []
  }
  if (code === undefined && typeof codeTemplate === 'string') return []
  if (typeof code !== 'string' || !/^[A-Za-z0-9]{1,12}$/.test(code)) {
    note('currency_code_malformed', `${field}.code`, textOrType(code))
    return []
  }
  const currency: Currency = { code }
  if (typeof issuer === 'string' && isAccountId(issuer)) {
    if (isSampleKey(issuer)) {
      note('placeholder_key', `${field}.issuer`, issuer)
      return []
    }
    currency.issuer = issuer
  } else if (issuer !== undefined && issuer !== '') {
    note('currency_issuer_malformed', `${field}.issuer`, textOrType(issuer))
  }
  if (typeof contract === 'string' && isContractId(contract)) currency.contract = contract
  else if (contract !== undefined && contract !== '') {
    note('currency_contract_malformed', `${field}.contract`, textOrType(contract))
  }
  if (!issuer && !contract && code !== 'native' && code !== 'XLM') {
    note('currency_without_issuer', field, code)
  }
  return [{ ...currency, ...readAnchoring(entry, field, note) }]
}

function readAnchoring(entry: TomlFields, field: string, note: Note): Partial<Currency> {
  const anchorAsset = readName(entry['anchor_asset'])
  const anchorAssetType = readName(entry['anchor_asset_type'])
  const status = readName(entry['status'])
  const isAssetAnchored = entry['is_asset_anchored']
  for (const key of ['anchor_asset', 'anchor_asset_type', 'status']) {
    const value = entry[key]
    if (value === undefined || typeof value === 'string') continue
    note('field_wrong_type', `${field}.${key}`, tomlTypeName(value))
  }
  if (isAssetAnchored !== undefined && typeof isAssetAnchored !== 'boolean') {
    note('field_wrong_type', `${field}.is_asset_anchored`, tomlTypeName(isAssetAnchored))
  }
  return {
    ...(anchorAsset === undefined ? {} : { anchorAsset }),
    ...(anchorAssetType === undefined ? {} : { anchorAssetType }),
    ...(typeof isAssetAnchored === 'boolean' ? { isAssetAnchored } : {}),
    ...(status === undefined ? {} : { status }),
  }
}

/** Reads the accounts that the anchor says are its own. */
export function readAccounts(value: unknown, note: Note): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    note('field_wrong_type', 'ACCOUNTS', tomlTypeName(value))
    return []
  }
  const accounts = value.slice(0, MAX_ACCOUNTS).filter((entry, index): entry is string => {
    const field = `ACCOUNTS[${index}]`
    if (!isAccountId(entry)) note('account_malformed', field, textOrType(entry))
    else if (isSampleKey(entry)) note('placeholder_key', field, entry)
    else return true
    return false
  })
  return [...new Set(accounts)]
}
