import { type Finding, type FindingCode, finding } from '../finding.ts'
import { CHECK_ORIGIN, type CheckIo, corsFault } from '../request-evidence.ts'
import { ENDPOINT_FIELD, sepNumber } from '../toml/fields.ts'
import { type Asked, askBelow, isSwitchedOff, type Reply, withoutContent } from './ask.ts'
import { createRecorder, type Recorder, readObject } from './read-json.ts'

/** The protocols that describe themselves by an `/info`. */
export type InfoSep = 'sep6' | 'sep24' | 'sep31' | 'sep38' | 'sep59'

/** What these SEPs want of their `/info`: any web page may read it. The others say nothing about CORS. */
const WANTS_CORS: ReadonlySet<InfoSep> = new Set(['sep6', 'sep24', 'sep59'])

/** Reads the content of an `/info`. Null when it is not the `/info` of this protocol at all. */
export type InfoReader<T> = (info: Record<string, unknown>, recorder: Recorder) => T | null

export type InfoReading<T> = Pick<Asked, 'step' | 'findings'> & { content?: T }

/** Fetches and reads `/info` of a protocol. A failure of the other side is a finding. */
export async function askInfo<T>(
  sep: InfoSep,
  endpoint: string,
  read: InfoReader<T>,
  io: CheckIo,
): Promise<Asked & { content?: T }> {
  const reply = await askWithOrigin(sep, endpoint, io)
  const about = { sep: sepNumber(sep), field: ENDPOINT_FIELD[sep] }
  const found = (code: FindingCode, actual: unknown) => finding(code, { ...about, actual })
  if (reply.class.kind === 'ok') {
    const reading = readInfo(sep, reply.answer?.text ?? '', read)
    const findings = [...reading.findings, ...noteDelivery(sep, reply, found)]
    return { ...withoutContent(reply, findings), ...reading, findings }
  }
  const { kind, ending } = reply.class
  const findings = [found(`info_${ending}`, reply.actual)]
  if (kind === 'protected' && (await isSwitchedOff(endpoint, '/info', io))) {
    const evidence = reply.evidence ? { evidence: reply.evidence } : {}
    const off = found('info_off', reply.actual)
    return { step: 'declared', transient: false, ...evidence, findings: [off] }
  }
  return withoutContent(reply, findings)
}

/** Reads the body of an `/info`. It never throws. */
export function readInfo<T>(sep: InfoSep, text: string, read: InfoReader<T>): InfoReading<T> {
  const recorder = createRecorder(sepNumber(sep))
  const { findings } = recorder
  const body = readObject(text)
  if ('unreadable' in body) {
    recorder.fault(`info_${body.unreadable}`, ENDPOINT_FIELD[sep], body.actual)
    return { step: 'declared', findings }
  }
  for (const place of body.repeated) recorder.fault('info_key_twice', place)
  const content = read(body.value, recorder)
  if (content === null) {
    recorder.fault('info_shape', ENDPOINT_FIELD[sep], Object.keys(body.value).join(', ') || '{}')
    return { step: 'declared', findings }
  }
  return { step: recorder.isFaulty ? 'reachable' : 'conformant', content, findings }
}

/**
 * Asks with an Origin where the SEP wants CORS. A Spring server with a list of origins refuses a foreign one with 403 and
 * serves wallets without one all the same, so it is asked again.
 */
async function askWithOrigin(sep: InfoSep, endpoint: string, io: CheckIo): Promise<Reply<'info'>> {
  if (!WANTS_CORS.has(sep)) return askBelow('info', [endpoint, '/info'], {}, io)
  const reply = await askBelow('info', [endpoint, '/info'], { origin: CHECK_ORIGIN }, io)
  const { status, text = '' } = reply.answer ?? {}
  if (status !== 403 || !text.startsWith('Invalid CORS request')) return reply
  return askBelow('info', [endpoint, '/info'], {}, io)
}

function noteDelivery(
  sep: InfoSep,
  { url = '', answer }: Reply<'info'>,
  found: (code: FindingCode, actual: unknown) => Finding,
): Finding[] {
  const findings: Finding[] = []
  const fault = answer && WANTS_CORS.has(sep) ? corsFault(answer) : null
  if (fault !== null) findings.push(found('info_cors', fault))
  const host = URL.parse(answer?.url ?? '')?.hostname
  if (host !== URL.parse(url)?.hostname) findings.push(found('info_redirected', host))
  return findings
}
