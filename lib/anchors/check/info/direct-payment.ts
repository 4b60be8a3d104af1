import { isJsonObject } from '../../../lossless-json.ts'
import type { AssetSupport, TransferSupport } from '../offers.ts'
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
import { isAbsent, type Recorder } from './read-json.ts'

/** What `/info` of a direct payment server shows (SEP-31). */
export interface DirectPaymentInfo extends Asked {
  assets?: Record<string, AssetSupport>
}

/** Fetches `/info` of a direct payment server. SEP-31 lets it refuse strangers. */
export async function askDirectPayment(endpoint: string, io: CheckIo): Promise<DirectPaymentInfo> {
  const { content, ...asked } = await askInfo('sep31', endpoint, readReceive, io)
  return { ...asked, ...(content ? { assets: content } : {}) }
}

/** Reads the body of `/info` (SEP-31). Numbers keep their digits. It never throws. */
export function readDirectPayment(
  text: string,
): Pick<DirectPaymentInfo, 'step' | 'assets' | 'findings'> {
  const { content, ...reading } = readInfo('sep31', text, readReceive)
  return { ...reading, ...(content ? { assets: content } : {}) }
}

function readReceive(
  info: Record<string, unknown>,
  recorder: Recorder,
): Record<string, AssetSupport> | null {
  const isEmpty = Object.keys(info).length === 0
  if (!isEmpty && !isJsonObject(info['receive'])) return null
  const assets = new Map<string, AssetSupport>()
  readAssetMap(info, ['receive', 'receive'], assets, readReceived, recorder)
  return finishAssets(assets, ENDPOINT_FIELD.sep31, recorder)
}

const BOOLEANS = ['enabled', 'quotes_supported', 'quotes_required'] as const

/** The SEP has no `enabled`: what is listed is served. The Anchor Platform and Polaris send it, and may mean it. */
function readReceived(
  entry: Record<string, unknown>,
  field: string,
  recorder: Recorder,
): TransferSupport {
  for (const member of BOOLEANS) checkMember(entry, [field, member], isBoolean, recorder)
  checkMember(entry, [field, 'funding_methods'], isListOfTexts, recorder)
  checkMember(entry, [field, 'fields'], isJsonObject, recorder)
  checkMember(entry, [field, 'sep12'], hasBothSides, recorder)
  if (isAbsent(entry['funding_methods'])) {
    recorder.noteOnce('info_funding_methods_missing', `${field}.funding_methods`)
  }
  if (entry['quotes_required'] === true && entry['quotes_supported'] !== true) {
    recorder.fault('info_quotes_required', `${field}.quotes_required`)
  }
  const { enabled } = entry
  return {
    enabled: isAbsent(enabled) || enabled === true,
    ...readAmounts(entry, field, recorder),
    ...readFundingMethods(entry),
  }
}

/** `sep12` is deprecated. Where it stands, it names the types of both customers. */
function hasBothSides(value: unknown): boolean {
  return isJsonObject(value) && isAbsent(value['sender']) === isAbsent(value['receiver'])
}
