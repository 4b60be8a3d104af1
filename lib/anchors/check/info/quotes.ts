import { isJsonObject } from '../../../lossless-json.ts'
import { parseAsset } from '../../../stellar/asset.ts'
import { printable } from '../finding.ts'
import type { Quote } from '../offers.ts'
import type { CheckIo } from '../request-evidence.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'
import type { Asked } from './ask.ts'
import { readCountryCode } from './country-code.ts'
import { askInfo, readInfo } from './info.ts'
import { isAbsent, type Recorder, shownValue, typeName } from './read-json.ts'

/** What `/info` of a quote server shows (SEP-38). */
export interface QuotesInfo extends Asked {
  quotes?: Quote[]
}

/** Fetches `/info` of a quote server. */
export async function askQuotes(endpoint: string, io: CheckIo): Promise<QuotesInfo> {
  const { content, ...asked } = await askInfo('sep38', endpoint, readAssets, io)
  return { ...asked, ...(content ? { quotes: content } : {}) }
}

/** Reads the body of `/info` (SEP-38). It never throws. */
export function readQuotes(text: string): Pick<QuotesInfo, 'step' | 'quotes' | 'findings'> {
  const { content, ...reading } = readInfo('sep38', text, readAssets)
  return { ...reading, ...(content ? { quotes: content } : {}) }
}

const MAX_ASSETS = 100
/** Each country and method is stored with the capability. */
const MAX_COUNTRIES = 250
const MAX_METHODS = 20

function readAssets(info: Record<string, unknown>, recorder: Recorder): Quote[] | null {
  const { assets } = info
  if (!Array.isArray(assets)) return null
  if (assets.length > MAX_ASSETS) recorder.note('info_too_many_assets', 'assets', assets.length)
  const quotes = new Map<string, Quote>()
  for (const [index, entry] of assets.slice(0, MAX_ASSETS).entries()) {
    const quote = readQuote(entry, `assets.${index}`, recorder)
    if (quote === null) continue
    if (quotes.has(quote.asset)) recorder.fault('info_field', `assets.${index}.asset`, quote.asset)
    else quotes.set(quote.asset, quote)
  }
  const names = [...quotes.keys()]
  if (assets.length === 0) recorder.fault('info_no_assets', ENDPOINT_FIELD.sep38, 0)
  else if (names.every(isOnLedger) || !names.some(isOnLedger)) {
    recorder.fault('info_no_pair', 'assets', names.join(', '))
  }
  return [...quotes.values()]
}

/** Whether an asset of SEP-38 is one of the ledger, and not money off it. */
export function isOnLedger(asset: string): boolean {
  return asset.startsWith('stellar:')
}

function readQuote(entry: unknown, field: string, recorder: Recorder): Quote | null {
  if (!isJsonObject(entry)) {
    recorder.fault('info_field', field, typeName(entry))
    return null
  }
  const { asset } = entry
  if (typeof asset !== 'string' || parseAsset(asset) === null) {
    recorder.fault('info_field', `${field}.asset`, shownValue(asset))
    return null
  }
  if (isOnLedger(asset)) {
    for (const member of ['country_codes', 'sell_delivery_methods', 'buy_delivery_methods']) {
      if (!isAbsent(entry[member])) recorder.fault('info_field', `${field}.${member}`, asset)
    }
    return { asset }
  }
  const countries = readCountries(entry['country_codes'], `${field}.country_codes`, recorder)
  const methods = (member: string) => readMethods(entry[member], `${field}.${member}`, recorder)
  const sellMethods = methods('sell_delivery_methods')
  const buyMethods = methods('buy_delivery_methods')
  return {
    asset,
    ...(countries.length > 0 ? { countries } : {}),
    ...(sellMethods.length > 0 ? { sellMethods } : {}),
    ...(buyMethods.length > 0 ? { buyMethods } : {}),
  }
}

/** A code that cannot be read is kept as written: it names a country, and "no country" would mean every country. */
function readCountries(value: unknown, field: string, recorder: Recorder): string[] {
  const codes = readList(value, field, recorder)
  const countries = codes.slice(0, MAX_COUNTRIES).map((code) => {
    const country = typeof code === 'string' ? readCountryCode(code) : null
    if (country === null) recorder.fault('info_country', field, shownValue(code))
    return country ?? (printable(shownValue(code)).trim().slice(0, 20).toWellFormed() || '?')
  })
  return [...new Set(countries)]
}

function readMethods(value: unknown, field: string, recorder: Recorder): string[] {
  const names = readList(value, field, recorder).flatMap((method, index) => {
    if (!isJsonObject(method)) {
      recorder.fault('info_field', `${field}.${index}`, typeName(method))
      return []
    }
    const { name, description } = method
    if (!isAbsent(description) && typeof description !== 'string') {
      recorder.fault('info_field', `${field}.${index}.description`, typeName(description))
    }
    if (typeof name === 'string' && name.trim() !== '') return [printable(name)]
    recorder.fault('info_field', `${field}.${index}.name`, typeName(name))
    return []
  })
  return [...new Set(names)].slice(0, MAX_METHODS)
}

function readList(value: unknown, field: string, recorder: Recorder): unknown[] {
  if (Array.isArray(value)) return value
  if (!isAbsent(value)) recorder.fault('info_field', field, typeName(value))
  return []
}
