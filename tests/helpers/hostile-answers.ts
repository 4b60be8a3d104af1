import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** How a hostile server answers one request. */
export type HostileAnswer = (response: ServerResponse) => void

const FIVE_MB = 5 * 1024 * 1024

function json(text: string | Buffer): HostileAnswer {
  return (response) => {
    response.setHeader('content-type', 'application/json').end(text)
  }
}

function redirectTo(location: string): HostileAnswer {
  return (response) => {
    response.writeHead(302, { location }).end()
  }
}

/** Writes as fast as the reader takes it, until the reader hangs up. */
function endless(chunk: string): HostileAnswer {
  return (response) => {
    response.setHeader('content-type', 'application/json')
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', write).on('error', () => {})
    write()
  }
}

/** Keys and texts that other readers of JSON trip over, and that jsonb cannot hold. */
const ODD_TEXTS = String.raw`"__proto__":{"deposit":{}},"constructor":{},"\u0000":"\ud800","toString":"\udfff\u0000","a":1,"a":2`
const DEEP = `${'{"deposit":'.repeat(40)}1${'}'.repeat(40)}`

/** The codes of the findings about a hostile answer, by what was asked for. */
export interface Told {
  /** How the code ends for a stellar.toml, a challenge, an `/info`, `/prices` and the gate of SEP-12. */
  toml: string
  open: string
  /** The whole code for a signed challenge, and for what is read with a token. */
  token: string
  list: string
}

const TOO_LARGE: Told = {
  ...{ toml: 'too_large', open: 'too_large' },
  ...{ token: 'sign_in_token', list: 'signed_in_failing' },
}
const SILENT: Told = {
  ...{ toml: 'timeout', open: 'timeout' },
  ...{ token: 'sign_in_failing', list: 'signed_in_failing' },
}
const ELSEWHERE: Told = {
  ...{ toml: 'blocked', open: 'blocked' },
  ...{ token: 'sign_in_refused', list: 'signed_in_status' },
}
const NONSENSE: Told = {
  ...{ toml: 'unreadable', open: 'shape' },
  ...{ token: 'sign_in_token', list: 'signed_in_shape' },
}

/** One row for each hostility. */
export const HOSTILE_ANSWERS: Record<string, { answer: HostileAnswer; told: Told }> = {
  'a web page with status 200': {
    answer: (response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Parked</title>')
    },
    told: { toml: 'html', open: 'html', token: 'sign_in_token', list: 'signed_in_off' },
  },
  'JSON of 40 levels': { answer: json(DEEP), told: { ...NONSENSE, open: 'too_deep' } },
  '5 MB': { answer: json(`{"deposit":"${'x'.repeat(FIVE_MB)}"}`), told: TOO_LARGE },
  '5 MB of white space in 5 KB': {
    answer: (response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(FIVE_MB, ' ')))
    },
    told: TOO_LARGE,
  },
  'an answer that never ends': { answer: endless('['.repeat(16_384)), told: TOO_LARGE },
  '40 KB of headers': {
    answer: (response) => response.setHeader('x-long', 'x'.repeat(40_000)).end('{}'),
    told: TOO_LARGE,
  },
  'one byte, and then nothing': {
    answer: (response) => {
      response.setHeader('content-type', 'application/json').write('{')
    },
    told: SILENT,
  },
  'no answer': { answer: () => {}, told: SILENT },
  'a connection that breaks': {
    answer: (response) => response.destroy(),
    told: { ...SILENT, toml: 'unreachable', open: 'unreachable' },
  },
  'bytes that are not UTF-8': {
    answer: json(Buffer.from('{"deposit":"\xff\xfe\x80"}', 'latin1')),
    told: { ...SILENT, toml: 'encoding', open: 'encoding', token: 'sign_in_refused' },
  },
  'a redirect to the metadata of a cloud': {
    answer: redirectTo('https://169.254.169.254/latest/meta-data/'),
    told: ELSEWHERE,
  },
  'a redirect to the loopback': { answer: redirectTo('https://127.0.0.1/'), told: ELSEWHERE },
  'a redirect to our own host': {
    answer: redirectTo('https://ops.ours.sim/api/anchors/ops'),
    told: ELSEWHERE,
  },
  'a redirect without TLS': { answer: redirectTo('http://anchor.sim/'), told: ELSEWHERE },
  'redirects in a circle': { answer: redirectTo('?again'), told: ELSEWHERE },
  'keys and texts that jsonb cannot hold': { answer: json(`{${ODD_TEXTS}}`), told: NONSENSE },
  'a list of 40,000 values': {
    answer: json(`[${'1,'.repeat(40_000)}1]`),
    told: { ...NONSENSE, open: 'too_large' },
  },
  'a list in place of an object': { answer: json('[]'), told: NONSENSE },
}
