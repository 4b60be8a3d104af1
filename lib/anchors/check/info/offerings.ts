import { isJsonObject } from '../../../lossless-json.ts'
import { printable } from '../finding.ts'
import type { Offering } from '../offers.ts'
import type { CheckIo } from '../request-evidence.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'
import type { Asked } from './ask.ts'
import { readCountryCode } from './country-code.ts'
import { askInfo, readInfo } from './info.ts'
import { isAbsent, type Recorder, shownValue, typeName } from './read-json.ts'

/** What `/info` of an external account server shows (SEP-59). */
export interface OfferingsInfo extends Asked {
  offerings?: Offering[]
}

/** Fetches `/info` of an external account server. SEP-59 leaves it open whether there is one. */
export async function askOfferings(endpoint: string, io: CheckIo): Promise<OfferingsInfo> {
  const { content, ...asked } = await askInfo('sep59', endpoint, readList, io)
  return { ...asked, ...(content ? { offerings: content } : {}) }
}

/** Reads the body of `/info` (SEP-59). It never throws. */
export function readOfferings(
  text: string,
): Pick<OfferingsInfo, 'step' | 'offerings' | 'findings'> {
  const { content, ...reading } = readInfo('sep59', text, readList)
  return { ...reading, ...(content ? { offerings: content } : {}) }
}

const MAX_OFFERINGS = 200

function readList(info: Record<string, unknown>, recorder: Recorder): Offering[] | null {
  const { offerings } = info
  if (!Array.isArray(offerings)) return null
  if (offerings.length > MAX_OFFERINGS) {
    recorder.note('info_too_many_offerings', 'offerings', offerings.length)
  }
  if (offerings.length === 0) recorder.fault('info_no_assets', ENDPOINT_FIELD.sep59, 0)
  return offerings.slice(0, MAX_OFFERINGS).flatMap((entry, index) => {
    const offering = readOffering(entry, `offerings.${index}`, recorder)
    return offering === null ? [] : [offering]
  })
}

/** A code of money of ISO 4217, and any code on another chain. */
const FIAT = /^[A-Z]{3}$/
const CODE = /^[A-Za-z0-9]{1,20}$/
/** CAIP-2: the kind of chain and the chain, as in `eip155:1`. */
const CHAIN_ID = /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/

/** An offering without what its kind needs says too little to be one. It is told and left out. */
function readOffering(entry: unknown, field: string, recorder: Recorder): Offering | null {
  if (!isJsonObject(entry)) {
    recorder.fault('info_field', field, typeName(entry))
    return null
  }
  const { kind } = entry
  const need = <T>(member: string, read: (value: unknown) => T | null): T | null => {
    const value = read(entry[member])
    if (value === null)
      recorder.fault('info_field', `${field}.${member}`, shownValue(entry[member]))
    return value
  }
  if (kind === 'crypto_address') {
    const chain = need('chain_id', textLike(CHAIN_ID))
    const network = need('network', nameOf)
    const isNamed = !isAbsent(entry['currency'])
    const currency = isNamed ? need('currency', textLike(CODE)) : undefined
    if (chain === null || network === null || currency === null) return null
    return { kind, rail: network, ...(currency === undefined ? {} : { currency }) }
  }
  if (kind !== 'virtual_account' && kind !== 'bank_account') {
    recorder.fault('info_field', `${field}.kind`, shownValue(kind))
    return null
  }
  const country = need('country_code', countryOf)
  const currency = need('currency', textLike(FIAT))
  const rail = need('rail', nameOf)
  return country === null || currency === null || rail === null
    ? null
    : { kind, country, currency, rail }
}

function textLike(pattern: RegExp) {
  return (value: unknown) => (typeof value === 'string' && pattern.test(value) ? value : null)
}

function countryOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? readCountryCode(value) : null
}

function nameOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? printable(value) : null
}
