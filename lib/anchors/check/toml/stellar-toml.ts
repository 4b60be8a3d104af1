import type { TextRepairs } from '../../../net/lenient-text.ts'
import { stellarTomlUrl } from '../../../stellar/home-domain.ts'
import { beginningOf, type Finding, type FindingCode, finding } from '../finding.ts'
import { type CheckIo, fetchWithOrigin, type RequestResult } from '../request-evidence.ts'
import type { StellarToml } from './fields.ts'
import { readLeniently } from './lenient.ts'
import { parseToml } from './parse.ts'
import { listMisplaced, noteStrays, readFields } from './read-fields.ts'

/** SEP-1: a stellar.toml is at most 100 KB. */
const STELLAR_TOML_MAX_BYTES = 102_400

/** `toml` is null for an HTML page, an empty file and a text without a usable line. */
export interface StellarTomlReading {
  toml: StellarToml | null
  salvaged: boolean
  findings: Finding[]
}

/** Fetches the stellar.toml of a home domain (SEP-1), at most 102,400 bytes. Text that is not UTF-8 is read too. */
export function fetchStellarToml(homeDomain: string, io: CheckIo): Promise<RequestResult> {
  const request = {
    accept: 'text/plain, */*;q=0.5',
    maxBytes: STELLAR_TOML_MAX_BYTES,
    lenientText: true,
  } as const
  return fetchWithOrigin(stellarTomlUrl(homeDomain), request, io)
}

/**
 * Reads the text of a stellar.toml (SEP-1). If it is not valid TOML, what is certain in it is salvaged, because real anchors
 * would lose their listing over one stray character. It never throws and takes time linear in the text.
 */
export function readStellarToml(text: string): StellarTomlReading {
  const body = text.replace(/^\uFEFF/, '')
  const start = body.trimStart()
  if (start === '') return nothingRead('toml_empty')
  if (start.startsWith('<')) return nothingRead('toml_html', beginningOf(start))
  const parsed = parseToml(body)
  if (parsed.ok) {
    const { toml, findings } = readFields(parsed.fields)
    const strays = noteStrays(Object.keys(parsed.fields), listMisplaced(parsed.fields))
    return { toml, salvaged: false, findings: [...findings, ...strays] }
  }
  const salvage = readLeniently(body)
  if (salvage === null) return nothingRead('toml_unreadable', parsed.reason)
  const { toml, findings } = readFields(salvage.fields, salvage.unusable)
  return {
    toml,
    salvaged: true,
    findings: [
      finding('toml_salvaged', { actual: parsed.reason }),
      ...salvage.findings,
      ...findings,
      ...noteStrays(salvage.topKeys, salvage.misplaced),
    ],
  }
}

function nothingRead(code: FindingCode, actual?: string): StellarTomlReading {
  return { toml: null, salvaged: false, findings: [finding(code, { actual })] }
}

/** Notes what was wrong with the bytes of a stellar.toml that was read all the same. */
export function noteRepairs({ encoding, contentEncoding }: TextRepairs): Finding[] {
  return [
    ...(encoding === undefined ? [] : [finding('toml_encoding', { actual: encoding })]),
    ...(contentEncoding === undefined
      ? []
      : [finding('toml_content_encoding', { actual: contentEncoding })]),
  ]
}
