import { isJsonNumber, isJsonObject, readJsonKeepingDigits } from '../../lossless-json.ts'
import { isGreaterDecimal } from '../../stellar/amount.ts'
import { HomeDomainError, infoUrl } from '../../stellar/home-domain.ts'
import { beginningOf, type Finding, type FindingCode, finding } from './finding.ts'
import type { AssetSupport, TransferSupport } from './offers.ts'
import {
  type CheckIo,
  FAILURE_KIND,
  fetchWithEvidence,
  type RequestEvidence,
} from './request-evidence.ts'
import { ENDPOINT_FIELD, sepNumber } from './toml/fields.ts'

/** The limit for the decoded text of one `/info`. The largest known real one has 4 KB. */
const INFO_MAX_BYTES = 524_288

export type TransferSepName = 'sep6' | 'sep24'

export interface TransferInfo {
  /** `declared`: no usable answer. `reachable`: readable, with faults. `conformant`: without faults. */
  step: 'declared' | 'reachable' | 'conformant'
  /** True for a failure that the next check may not meet. It proves nothing about the anchor. */
  transient: boolean
  evidence?: RequestEvidence
  assets?: Record<string, AssetSupport>
  findings: Finding[]
}

/** Real anchors list up to about 20 assets. Each stored asset is written, read and sent again with every check. */
const MAX_ASSETS = 100
/** The code of a Stellar asset, or an asset as SEP-38 writes it. */
const ASSET_KEY =
  /^(?:[A-Za-z0-9]{1,12}|[A-Za-z0-9]{1,12}:G[A-Z2-7]{55}|stellar:[A-Za-z0-9:]{1,69}|iso4217:[A-Z]{3})$/
const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Fetches `/info` of a transfer server (SEP-6 and SEP-24, "Info"). A failure of the other side is a finding. */
export async function fetchTransferInfo(
  sep: TransferSepName,
  endpoint: string,
  io: CheckIo,
): Promise<TransferInfo> {
  const failed = (
    code: FindingCode,
    actual: unknown,
    transient: boolean,
    evidence?: RequestEvidence,
  ): TransferInfo => ({
    step: 'declared',
    transient,
    ...(evidence ? { evidence } : {}),
    findings: [finding(code, { sep: sepNumber(sep), field: ENDPOINT_FIELD[sep], actual })],
  })
  let url: string
  try {
    url = infoUrl(endpoint)
  } catch (error) {
    if (!(error instanceof HomeDomainError)) throw error
    return failed('info_blocked', error.code, false)
  }
  const answer = await fetchWithEvidence(
    url,
    { accept: 'application/json', maxBytes: INFO_MAX_BYTES },
    io,
  )
  if ('error' in answer) {
    const kind = FAILURE_KIND[answer.error]
    const transient = kind === 'timeout' || kind === 'unreachable'
    return failed(`info_${kind}`, answer.error, transient, answer.evidence)
  }
  const { status, text, evidence } = answer
  if (status === 404 || status === 410) return failed('info_not_found', status, false, evidence)
  if (status !== 200) return failed('info_status', status, true, evidence)
  return { ...readTransferInfo(sep, text), transient: false, evidence }
}

/**
 * Reads the body of `/info` (SEP-6 and SEP-24): deposit and withdraw. The other members are for wallets.
 * Numbers keep their digits. It never throws.
 */
export function readTransferInfo(
  sep: TransferSepName,
  text: string,
): Pick<TransferInfo, 'step' | 'findings'> & { assets?: Record<string, AssetSupport> } {
  const findings: Finding[] = []
  const note: Note = (code, field, actual) => {
    findings.push(finding(code, { sep: sepNumber(sep), field, actual }))
  }
  const body = text.replace(/^\uFEFF/, '').trimStart()
  if (body.startsWith('<')) {
    note('info_html', ENDPOINT_FIELD[sep], beginningOf(body))
    return { step: 'declared', findings }
  }
  const info = readJsonKeepingDigits(body)
  if (info === undefined) {
    note('info_not_json', ENDPOINT_FIELD[sep], beginningOf(body))
    return { step: 'declared', findings }
  }
  if (!isJsonObject(info) || !(isJsonObject(info['deposit']) || isJsonObject(info['withdraw']))) {
    note('info_shape', ENDPOINT_FIELD[sep], beginningOf(body))
    return { step: 'declared', findings }
  }
  const assets = new Map<string, AssetSupport>()
  for (const direction of ['deposit', 'withdraw'] as const) {
    readDirection(info[direction], direction, assets, note)
  }
  const step = findings.length === 0 ? 'conformant' : 'reachable'
  return { step, assets: Object.fromEntries(assets), findings }
}

type Note = (code: FindingCode, field: string, actual?: unknown) => void

function readDirection(
  entries: unknown,
  direction: 'deposit' | 'withdraw',
  assets: Map<string, AssetSupport>,
  note: Note,
): void {
  if (entries === undefined || entries === null) return
  if (!isJsonObject(entries)) {
    note('info_field', direction, typeName(entries))
    return
  }
  for (const [asset, entry] of Object.entries(entries)) {
    if (!ASSET_KEY.test(asset) || UNSAFE_KEYS.has(asset)) {
      note('info_field', direction, asset)
      continue
    }
    if (!isJsonObject(entry)) {
      note('info_field', `${direction}.${asset}`, typeName(entry))
      continue
    }
    if (assets.size >= MAX_ASSETS && !assets.has(asset)) {
      note('info_too_many_assets', direction, Object.keys(entries).length)
      return
    }
    const support = readSupport(entry, `${direction}.${asset}`, note)
    assets.set(asset, { ...assets.get(asset), [direction]: support })
  }
}

const AMOUNT_FIELDS = [
  ['feeFixed', 'fee_fixed'],
  ['feePercent', 'fee_percent'],
  ['feeMinimum', 'fee_minimum'],
  ['minAmount', 'min_amount'],
  ['maxAmount', 'max_amount'],
] as const

function readSupport(entry: Record<string, unknown>, field: string, note: Note): TransferSupport {
  const { enabled } = entry
  if (enabled === undefined) note('info_enabled_missing', `${field}.enabled`)
  else if (typeof enabled !== 'boolean') note('info_field', `${field}.enabled`, typeName(enabled))
  const support: TransferSupport = { enabled: enabled === true }
  for (const [name, key] of AMOUNT_FIELDS) {
    const value = entry[key]
    if (value === undefined || value === null) continue
    const amount = readAmount(value)
    if (amount === null)
      note('info_amount', `${field}.${key}`, isJsonObject(value) ? 'object' : asText(value))
    else support[name] = amount
  }
  const { minAmount, maxAmount } = support
  if (
    minAmount !== undefined &&
    maxAmount !== undefined &&
    isGreaterDecimal(minAmount, maxAmount)
  ) {
    note('info_limits_reversed', field, `${minAmount} > ${maxAmount}`)
  }
  return support
}

// 20 digits on either side are more than a Stellar asset (12 and 7) or a currency has.
const AMOUNT = /^(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?$/
const EXPONENT_AMOUNT = /^(\d{1,20})(?:\.(\d{1,20}))?[eE]([+-]?\d{1,2})$/

/** A plain decimal with all its digits, or null. The JSON number `1e-7` becomes `0.0000001`. */
function readAmount(value: unknown): string | null {
  const text = isJsonNumber(value) ? value.rawJSON : value
  if (typeof text !== 'string') return null
  if (AMOUNT.test(text)) return text
  const [, whole, fraction = '', exponent] = EXPONENT_AMOUNT.exec(text) ?? []
  if (!isJsonNumber(value) || whole === undefined) return null
  const plain = shiftPoint(whole + fraction, whole.length + Number(exponent))
  return AMOUNT.test(plain) ? plain : null
}

/** Puts a decimal point after the first `point` digits. */
function shiftPoint(digits: string, point: number): string {
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const whole = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const fraction = padded.slice(at)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** A value as `String` writes it, without calling a method of it: a stranger's object may have its own `toString`. */
function asText(value: unknown): string {
  if (isJsonNumber(value)) return value.rawJSON
  if (Array.isArray(value))
    return value.map((item) => (item === null ? '' : asText(item))).join(',')
  return typeof value === 'object' && value !== null ? '[object Object]' : String(value)
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (isJsonNumber(value)) return 'number'
  return value === null ? 'null' : typeof value
}
