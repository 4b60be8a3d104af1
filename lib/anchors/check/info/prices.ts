import { isJsonNumber, isJsonObject } from '../../../lossless-json.ts'
import { isGreaterDecimal, withoutExponent } from '../../../stellar/amount.ts'
import { type Finding, type FindingCode, finding } from '../finding.ts'
import type { AssetSupport, Prices, Quote } from '../offers.ts'
import type { CheckIo, RequestEvidence } from '../request-evidence.ts'
import { askBelow, type Reply } from './ask.ts'
import { isOnLedger } from './quotes.ts'
import { createRecorder, type Recorder, readObject, shownValue, typeName } from './read-json.ts'

/** What `/prices` of a quote server shows, beside its conformant `/info` (SEP-38). */
export interface PricesInfo {
  /** `verified`: it answered with a price. `declared`: the protocol is off. `reachable`: it answered nonsense. */
  step: 'declared' | 'reachable' | 'conformant' | 'verified'
  protected?: true
  /** The business behind the server gave no rate. SEP-31 asks it for one, too. */
  failing?: true
  transient: boolean
  throttled?: true
  evidence?: RequestEvidence
  prices: Prices[]
  findings: Finding[]
}

/** A server with many assets is not asked about all of them, and a business may take seconds for each. */
const MAX_ON_LEDGER = 5
const MAX_METHODS = 2
const MAX_FIAT = 2

/**
 * Asks for prices until one answer names one. One pair that fails makes the whole answer for an asset fail, and an asset
 * without a pair has an empty one, so each asset of the ledger is asked for, then one with a delivery method, then money
 * off the ledger. No country is sent: the Anchor Platform refuses it beside an asset of the ledger.
 *
 * @param limits the assets of SEP-6, 24 and 31: the amount asked for lies within their limits
 */
export async function askPrices(
  endpoint: string,
  quotes: readonly Quote[],
  limits: readonly Record<string, AssetSupport>[],
  io: CheckIo,
): Promise<PricesInfo> {
  const listed = new Set(quotes.map(({ asset }) => asset))
  const results: PricesInfo[] = []
  for (const question of questionsFor(quotes, limits)) {
    const at = io.now().toISOString()
    const query = `?${new URLSearchParams(question)}`
    const reply = await askBelow('prices', [endpoint, '/prices', query], {}, io)
    const result = judgeReply(reply, { at, sells: question['sell_asset'] ?? '', listed })
    results.push(result)
    if (!mayGoOn(result)) break
  }
  return worthiest(results)
}

/** The parameters of each request, in order. */
export function questionsFor(
  quotes: readonly Quote[],
  limits: readonly Record<string, AssetSupport>[],
): Record<string, string>[] {
  const onLedger = quotes.filter(({ asset }) => isOnLedger(asset)).map(({ asset }) => asset)
  const fiat = quotes.filter(({ asset }) => !isOnLedger(asset))
  const assets = onLedger
    // Native is often listed and traded with nothing.
    .toSorted((a, b) => Number(a === 'stellar:native') - Number(b === 'stellar:native'))
    .slice(0, MAX_ON_LEDGER)
  const methods = [...new Set(fiat.flatMap(({ buyMethods = [] }) => buyMethods))]
  const ask = (sell_asset: string) => ({ sell_asset, sell_amount: amountFor(sell_asset, limits) })
  return [
    ...assets.map(ask),
    ...assets
      .slice(0, 1)
      .flatMap((asset) =>
        methods
          .slice(0, MAX_METHODS)
          .map((buy_delivery_method) => ({ ...ask(asset), buy_delivery_method })),
      ),
    ...fiat.slice(0, MAX_FIAT).map(({ asset }) => ask(asset)),
  ]
}

const USUAL_AMOUNT = '100'

/** An amount that every rail takes, as near to 100 as it gets. Limits that contradict one another are not heeded. */
function amountFor(asset: string, limits: readonly Record<string, AssetSupport>[]): string {
  const keys = new Set([asset, asset.replace(/^stellar:/, ''), asset.split(':')[1] ?? asset])
  const supports = limits
    .flatMap((assets) => Object.entries(assets))
    .filter(([key]) => keys.has(key))
    .flatMap(([, support]) => Object.values(support))
  const least = supports.map(({ minAmount = '0' }) => minAmount).reduce(greater, '0')
  const most = supports
    .flatMap(({ maxAmount }) =>
      maxAmount === undefined || !isAboveZero(maxAmount) ? [] : [maxAmount],
    )
    .reduce((a, b) => (a === '' || isGreaterDecimal(a, b) ? b : a), '')
  if (most !== '' && isGreaterDecimal(least, most)) return USUAL_AMOUNT
  const amount = greater(least, USUAL_AMOUNT)
  return most !== '' && isGreaterDecimal(amount, most) ? most : amount
}

function greater(a: string, b: string): string {
  return isGreaterDecimal(a, b) ? a : b
}

const isAboveZero = (decimal: string): boolean => isGreaterDecimal(decimal, '0')

interface Question {
  at: string
  sells: string
  /** The assets of `/info`. */
  listed: ReadonlySet<string>
}

function judgeReply(reply: Reply<'prices'>, question: Question): PricesInfo {
  const { class: answerClass, evidence, answer, actual } = reply
  const base = { ...(evidence ? { evidence } : {}), transient: false, prices: [] }
  const found = (code: FindingCode) => [finding(code, { sep: 38, field: question.sells, actual })]
  if (answerClass.kind === 'ok') return { ...base, ...readPrices(answer?.text ?? '', question) }
  const { kind, ending } = answerClass
  const result = { ...base, step: 'conformant' as const, findings: found(`prices_${ending}`) }
  switch (kind) {
    case 'alive':
      return result
    case 'protected':
      return { ...result, protected: true }
    case 'throttled':
      return { ...result, transient: true, throttled: true }
    case 'walled':
      return { ...result, transient: true }
    case 'transient':
      // `/info` of the same server answered a moment ago: who hangs is the business behind it.
      return ending === 'failing' || evidence?.error === 'timeout'
        ? { ...result, transient: true, failing: true }
        : { ...result, transient: true }
    case 'definite':
      return { ...result, step: ending === 'not_found' ? 'declared' : 'reachable' }
  }
}

/** Reads the body of `/prices`: the assets of `/info` with a price above 0. It never throws. */
export function readPrices(
  text: string,
  { at, sells, listed }: Question,
): Pick<PricesInfo, 'step' | 'prices' | 'findings'> {
  const recorder = createRecorder(38)
  const { findings } = recorder
  const body = readObject(text)
  if ('unreadable' in body) {
    recorder.fault(`prices_${body.unreadable}`, sells, body.actual)
    return { step: 'reachable', prices: [], findings }
  }
  for (const place of body.repeated) recorder.fault('prices_key_twice', place)
  const bought = body.value['buy_assets']
  if (!Array.isArray(bought)) {
    recorder.fault('prices_shape', sells, Object.keys(body.value).join(', ') || '{}')
    return { step: 'reachable', prices: [], findings }
  }
  const buys = bought.flatMap((entry, index) => readBought(entry, `buy_assets.${index}`, recorder))
  const known = [...new Set(buys)].filter((asset) => listed.has(asset) && asset !== sells)
  if (known.length > 0) return { step: 'verified', prices: [{ at, sells, buys: known }], findings }
  recorder.note('prices_none', sells, bought.length)
  return { step: recorder.isFaulty ? 'reachable' : 'conformant', prices: [], findings }
}

function readBought(entry: unknown, field: string, recorder: Recorder): string[] {
  if (!isJsonObject(entry)) {
    recorder.fault('prices_field', field, typeName(entry))
    return []
  }
  const { asset, price } = entry
  if (typeof asset !== 'string') {
    recorder.fault('prices_field', `${field}.asset`, typeName(asset))
    return []
  }
  if (isPrice(price)) return [asset]
  recorder.fault('prices_price', `${field}.price`, shownValue(price))
  return []
}

/** Up to 30 digits on either side. Java writes a small price as `1E-7`, and no currency has one of 1e400. */
function isPrice(value: unknown): boolean {
  const written = isJsonNumber(value) ? value.rawJSON : value
  if (typeof written !== 'string') return false
  const plain = withoutExponent(written)
  return /^(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?$/.test(plain) && isAboveZero(plain)
}

/** Whether another asset may have a price: not after a price, a refusal of strangers, silence, or a missing path. */
function mayGoOn({ step, protected: gate, transient, failing, findings }: PricesInfo): boolean {
  const isSilent = findings.some(({ code }) => code === 'prices_timeout')
  return (
    step === 'conformant' && gate === undefined && (!transient || failing === true) && !isSilent
  )
}

/** The last answer decides, unless an earlier one showed that the business fails and the last one gave no price. */
function worthiest(results: readonly PricesInfo[]): PricesInfo {
  const last = results.at(-1)
  if (last === undefined) {
    return {
      step: 'conformant',
      transient: false,
      prices: [],
      findings: [finding('prices_none', { sep: 38 })],
    }
  }
  const findings = last.step === 'verified' ? last.findings : results.flatMap((one) => one.findings)
  const failed = results.find(({ failing }) => failing)
  return last.step === 'conformant' && failed !== undefined
    ? { ...failed, findings }
    : { ...last, findings }
}
