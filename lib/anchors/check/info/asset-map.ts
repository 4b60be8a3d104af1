import { isJsonObject } from '../../../lossless-json.ts'
import type { AssetSupport, TransferSupport } from '../offers.ts'
import { readAssetKey } from '../row/asset-key.ts'
import { isSampleKey } from '../toml/sample-keys.ts'
import { isAbsent, type Recorder, typeName } from './read-json.ts'

/** Real anchors list up to about 20 assets. Each stored asset is written, read and sent again with every check. */
const MAX_ASSETS = 100
/** The code of a Stellar asset, or an asset as SEP-38 writes it. */
const ASSET_KEY =
  /^(?:[A-Za-z0-9]{1,12}|[A-Za-z0-9]{1,12}:G[A-Z2-7]{55}|stellar:[A-Za-z0-9:]{1,69}|iso4217:[A-Z]{3})$/
const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads one asset of a map: what it offers in the direction of the map. */
type EntryReader = (
  entry: Record<string, unknown>,
  field: string,
  recorder: Recorder,
) => TransferSupport

/** Reads a member of `/info` that is a map of assets into `assets`. A wrong part is told and left out. */
export function readAssetMap(
  info: Record<string, unknown>,
  [member, direction]: readonly [member: string, direction: keyof AssetSupport],
  assets: Map<string, AssetSupport>,
  read: EntryReader,
  recorder: Recorder,
): void {
  const entries = info[member]
  if (isAbsent(entries)) return
  if (!isJsonObject(entries)) {
    recorder.fault('info_field', member, typeName(entries))
    return
  }
  for (const [asset, entry] of Object.entries(entries)) {
    if (!ASSET_KEY.test(asset) || UNSAFE_KEYS.has(asset)) {
      recorder.fault('info_field', member, asset)
      continue
    }
    const { issuer } = readAssetKey(asset)
    if (issuer !== undefined && isSampleKey(issuer)) {
      recorder.fault('placeholder_key', `${member}.${asset}`, issuer)
      continue
    }
    if (!isJsonObject(entry)) {
      recorder.fault('info_field', `${member}.${asset}`, typeName(entry))
      continue
    }
    if (assets.size >= MAX_ASSETS && !assets.has(asset)) {
      recorder.note('info_too_many_assets', member, Object.keys(entries).length)
      return
    }
    const support = read(entry, `${member}.${asset}`, recorder)
    assets.set(asset, { ...assets.get(asset), [direction]: support })
  }
}

/** The assets of `/info`. A rail on which nothing is open is there, and serves nobody. */
export function finishAssets(
  assets: Map<string, AssetSupport>,
  field: string,
  recorder: Recorder,
): Record<string, AssetSupport> {
  const supports = [...assets.values()].flatMap((support) => Object.values(support))
  if (!supports.some(({ enabled }) => enabled)) {
    recorder.fault('info_no_assets', field, assets.size)
  }
  return Object.fromEntries(assets)
}

/** Tells of a member of an asset or of `/info` that has the wrong type. An absent one is right. */
export function checkMember(
  entry: Record<string, unknown>,
  [field, member]: readonly [field: string, member: string],
  isRight: (value: unknown) => boolean,
  recorder: Recorder,
): void {
  const value = entry[member]
  if (isAbsent(value) || isRight(value)) return
  recorder.fault('info_field', field === '' ? member : `${field}.${member}`, typeName(value))
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

export function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** A catalog needs the common ones. A hostile list may have thousands. */
const MOST_FUNDING_METHODS = 20
const LONGEST_FUNDING_METHOD = 50

/** Reads how a customer may pay or be paid. */
export function readFundingMethods(
  entry: Record<string, unknown>,
): Pick<TransferSupport, 'fundingMethods'> {
  const { funding_methods: methods } = entry
  if (!isListOfTexts(methods)) return {}
  const short = methods.filter((method) => method.length <= LONGEST_FUNDING_METHOD)
  return { fundingMethods: short.slice(0, MOST_FUNDING_METHODS) }
}
