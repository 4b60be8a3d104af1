import { isJsonObject } from '../../../lossless-json.ts'
import type { AssetSupport, TransferFeatures, TransferSupport } from '../offers.ts'
import type { CheckIo } from '../request-evidence.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'
import { readAmounts } from './amount.ts'
import type { Asked } from './ask.ts'
import {
  checkMember,
  finishAssets,
  isBoolean,
  isListOfTexts,
  readAssetMap,
  readFundingMethods,
} from './asset-map.ts'
import { askInfo, readInfo } from './info.ts'
import { isAbsent, type Recorder, typeName } from './read-json.ts'

export type TransferSepName = 'sep6' | 'sep24'

/** What `/info` of a transfer server shows (SEP-6 and SEP-24). */
export interface TransferInfo extends Asked, Partial<TransferContent> {}

interface TransferContent {
  assets: Record<string, AssetSupport>
  features?: TransferFeatures
}

/** Fetches `/info` of a transfer server (SEP-6 and SEP-24, "Info"). A failure of the other side is a finding. */
export async function askTransfer(
  sep: TransferSepName,
  endpoint: string,
  io: CheckIo,
): Promise<TransferInfo> {
  const { content, ...asked } = await askInfo(sep, endpoint, readerOf(sep), io)
  return { ...asked, ...content }
}

/** Reads the body of `/info` (SEP-6 and SEP-24). Numbers keep their digits. It never throws. */
export function readTransferInfo(
  sep: TransferSepName,
  text: string,
): Pick<TransferInfo, 'step' | 'assets' | 'features' | 'findings'> {
  const { content, ...reading } = readInfo(sep, text, readerOf(sep))
  return { ...reading, ...content }
}

const MAPS = [
  ['deposit', 'deposit'],
  ['withdraw', 'withdraw'],
] as const
/** With a quote of SEP-38, the anchor takes one asset and gives another. */
const EXCHANGE_MAPS = [
  ['deposit-exchange', 'depositExchange'],
  ['withdraw-exchange', 'withdrawExchange'],
] as const
/** What the SEP shows beside the maps. `/fee` is deprecated, and no reader of a catalog needs the others. */
const ENDPOINT_MEMBERS = { sep6: ['fee', 'transactions', 'transaction'], sep24: ['fee'] } as const
/** Members of an asset of SEP-6 that SEP-24 had before the two were split. */
const SEP6_MEMBERS = ['authentication_required', 'fields', 'types', 'funding_methods'] as const

function readerOf(sep: TransferSepName) {
  return (info: Record<string, unknown>, recorder: Recorder) => readMaps(sep, info, recorder)
}

function readMaps(
  sep: TransferSepName,
  info: Record<string, unknown>,
  recorder: Recorder,
): TransferContent | null {
  const maps = sep === 'sep6' ? [...MAPS, ...EXCHANGE_MAPS] : MAPS
  const isEmpty = Object.keys(info).length === 0
  if (!isEmpty && !maps.some(([member]) => isJsonObject(info[member]))) return null
  const assets = new Map<string, AssetSupport>()
  for (const map of maps) {
    const read = readSupport(sep, map[0].endsWith('-exchange'))
    readAssetMap(info, map, assets, read, recorder)
  }
  for (const [member] of MAPS) {
    if (isAbsent(info[member])) recorder.note('info_direction_missing', member)
  }
  const features = readOtherMembers(sep, info, recorder)
  return {
    assets: finishAssets(assets, ENDPOINT_FIELD[sep], recorder),
    ...(features === null ? {} : { features }),
  }
}

/** @param isExchange the SEP's own example has no `enabled` there, and means enabled */
function readSupport(sep: TransferSepName, isExchange: boolean) {
  return (entry: Record<string, unknown>, field: string, recorder: Recorder): TransferSupport => {
    const { enabled } = entry
    if (!isAbsent(enabled)) checkMember(entry, [field, 'enabled'], isBoolean, recorder)
    else if (!isExchange) recorder.fault('info_enabled_missing', `${field}.enabled`)
    const isEnabled = enabled === true || (isExchange && isAbsent(enabled))
    const needsToken = sep === 'sep6' && readSep6Members(entry, field, recorder)
    if (sep === 'sep24') {
      const foreign = SEP6_MEMBERS.filter((member) => !isAbsent(entry[member]))
      if (foreign.length > 0) recorder.note('info_foreign_member', field, foreign.join(', '))
    }
    return {
      enabled: isEnabled,
      ...(needsToken ? { authenticationRequired: true } : {}),
      ...readAmounts(entry, field, recorder),
      ...(sep === 'sep6' ? readFundingMethods(entry) : {}),
    }
  }
}

/** @returns whether the asset needs a token; what cannot be read may mean that it does */
function readSep6Members(
  entry: Record<string, unknown>,
  field: string,
  recorder: Recorder,
): boolean {
  checkMember(entry, [field, 'authentication_required'], isBoolean, recorder)
  checkMember(entry, [field, 'funding_methods'], isListOfTexts, recorder)
  checkMember(entry, [field, 'fields'], isJsonObject, recorder)
  checkMember(entry, [field, 'types'], isJsonObject, recorder)
  if (isAbsent(entry['funding_methods'])) {
    recorder.noteOnce('info_funding_methods_missing', `${field}.funding_methods`)
  }
  const needed = entry['authentication_required']
  return !isAbsent(needed) && needed !== false
}

function readOtherMembers(
  sep: TransferSepName,
  info: Record<string, unknown>,
  recorder: Recorder,
): TransferFeatures | null {
  for (const member of ENDPOINT_MEMBERS[sep]) {
    const value = info[member]
    if (isAbsent(value)) recorder.note('info_endpoint_missing', member)
    else if (!isJsonObject(value)) recorder.fault('info_field', member, typeName(value))
    else if (typeof value['enabled'] !== 'boolean') {
      recorder.fault('info_field', `${member}.enabled`, typeName(value['enabled']))
    }
  }
  const { features } = info
  checkMember(info, ['', 'features'], isJsonObject, recorder)
  if (!isJsonObject(features)) return null
  for (const member of ['account_creation', 'claimable_balances'] as const) {
    checkMember(features, ['features', member], isBoolean, recorder)
  }
  const { account_creation: accountCreation, claimable_balances: claimableBalances } = features
  return {
    ...(isBoolean(accountCreation) ? { accountCreation } : {}),
    ...(isBoolean(claimableBalances) ? { claimableBalances } : {}),
  }
}
