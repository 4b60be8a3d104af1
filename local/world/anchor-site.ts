import { infoOf, pricesOf } from './anchor-infos.ts'
import { ENDPOINTS, passphraseOf, signerOf, stellarToml } from './anchor-toml.ts'
import type { SimulatedAnchor, SimulatedSep } from './anchors.ts'
import { type Answer, bodyAnswer, jsonAnswer, redirectAnswer, statusAnswer } from './answer.ts'
import { simulatedSigner } from './simulated-keys.ts'
import { createWebAuthServer, type WebAuthServer } from './web-auth-server.ts'
import type { Site, SiteRequest } from './world-server.ts'

export const STELLAR_TOML_PATH = '/.well-known/stellar.toml'
const TESTNET_PASSPHRASE = 'Test SDF Network ; September 2015'
/** The statuses of the Anchor Platform 4.3.0 without its database and without its business. */
const DATABASE_DOWN = jsonAnswer({ error: 'internal server error' }, 500)
const BUSINESS_DOWN = jsonAnswer({ error: 'service not available' }, 502)

/** The time of the world. Anchors that fall ill do so some hours before it began. */
export interface WorldClock {
  now: () => Date
  startedAt: Date
}

/** The hosts of one anchor: its home domain, and its `www.` and transfer hosts if it has them. */
export function anchorSites(
  anchor: SimulatedAnchor,
  clock: WorldClock,
): [host: string, site: Site][] {
  const named =
    anchor.certificateName === undefined ? {} : { certificateName: anchor.certificateName }
  const server = createAnchorServer(anchor, clock)
  const answer = (url: URL, request?: SiteRequest): Answer =>
    server(url, request ?? { method: 'GET', body: '' })
  const sites: [string, Site][] = []
  if (anchor.redirectsToWww) {
    const www = `www.${anchor.domain}`
    const toWww = (url: URL): Answer => redirectAnswer(`https://${www}${url.pathname}${url.search}`)
    sites.push([anchor.domain, { answer: toWww }], [www, { answer }])
  } else {
    sites.push([anchor.domain, { answer, ...named }])
  }
  if (anchor.transferHost !== undefined) {
    const address = anchor.transferHostAddress
    sites.push([anchor.transferHost, { answer, ...(address === undefined ? {} : { address }) }])
  }
  return sites
}

type Server = (url: URL, request: SiteRequest) => Answer

function createAnchorServer(anchor: SimulatedAnchor, clock: WorldClock): Server {
  const webAuth = webAuthOf(anchor, clock)
  const isIll = () => {
    const hours = (clock.startedAt.getTime() - clock.now().getTime()) / 3_600_000
    return hours <= (anchor.illForHours ?? Number.POSITIVE_INFINITY)
  }
  return (url, request) => {
    // Real anchors answer `//info` too. A client asks for it when the endpoint ends with a slash.
    const path = url.pathname.replace(/\/{2,}/g, '/')
    const told = (answer: Answer) => hurried(withCors(anchor, answer), clock)
    if (path === STELLAR_TOML_PATH) return told(tomlAnswer(anchor, url, isIll()))
    const endpoint = ENDPOINTS.find((one) => path === one.path || path.startsWith(`${one.path}/`))
    if (endpoint === undefined || !anchor.seps.includes(endpoint.sep)) return statusAnswer(404)
    const call = { anchor, sep: endpoint.sep, rest: path.slice(endpoint.path.length), url, request }
    return told(endpointAnswer({ ...call, webAuth, isIll: isIll() }))
  }
}

function webAuthOf(anchor: SimulatedAnchor, clock: WorldClock): WebAuthServer {
  const { signs, serves } = anchor.webAuth ?? {}
  return createWebAuthServer({
    signer:
      signs === 'with-another-key'
        ? simulatedSigner(`thief of ${anchor.domain}`)
        : signerOf(anchor),
    homeDomain: serves === 'another-home-domain' ? `old.${anchor.domain}` : anchor.domain,
    webAuthDomain: signs === 'for-another-host' ? `api.${anchor.domain}` : anchor.domain,
    passphrase: signs === 'for-testnet' ? TESTNET_PASSPHRASE : passphraseOf(anchor),
    now: clock.now,
    ...(signs === 'what-can-be-submitted' ? { wrong: { sequence: 7n } } : {}),
    ...(signs === 'for-seconds' ? { timeoutSeconds: 30 } : {}),
    ...(serves === 'known-wallets' ? { needsClientDomain: true } : {}),
  })
}

function tomlAnswer(anchor: SimulatedAnchor, url: URL, isIll: boolean): Answer {
  if (url.hostname === anchor.transferHost) return statusAnswer(404)
  const file = bodyAnswer('text/plain', stellarToml(anchor))
  if (!isIll) return file
  return delayed(anchor.tomlAnswer ?? file, anchor.tomlDelayMs)
}

interface Call {
  anchor: SimulatedAnchor
  sep: SimulatedSep
  /** The path below the endpoint. */
  rest: string
  url: URL
  request: SiteRequest
  webAuth: WebAuthServer
  isIll: boolean
}

function endpointAnswer(call: Call): Answer {
  const { anchor, sep, rest, url, request, webAuth, isIll } = call
  if (sep === 10) {
    if (anchor.webAuth?.isDown && isIll) return statusAnswer(503)
    return anchor.webAuth?.serves === 'nobody' ? statusAnswer(404) : webAuth.answer(url, request)
  }
  if (sep === 45) return jsonAnswer({ error: 'account is required' }, 400)
  const info = rest === '/info' ? infoOf(anchor, sep) : null
  if (info !== null) {
    const { infoAnswer, infoDelayMs, infoAnswers, needsToken } = anchor
    if (needsToken && !webAuth.knows(request.bearer)) return needsSignIn()
    const answer = isIll ? (infoAnswers?.[sep] ?? infoAnswer) : undefined
    return delayed(answer ?? jsonAnswer(info), isIll ? infoDelayMs : undefined)
  }
  const isBusinessDown = isIll && anchor.down === 'business'
  if (sep === 38 && rest === '/prices') {
    return isBusinessDown
      ? BUSINESS_DOWN
      : jsonAnswer(pricesOf(anchor, url.searchParams.get('sell_asset') ?? ''))
  }
  if (request.method === 'OPTIONS') return statusAnswer(200, { allow: 'GET,HEAD,OPTIONS' })
  if (!webAuth.knows(request.bearer)) return needsSignIn()
  if (sep === 12)
    return isBusinessDown ? BUSINESS_DOWN : jsonAnswer({ status: 'NEEDS_INFO', fields: {} })
  if (isIll && anchor.down === 'database') return DATABASE_DOWN
  if (sep === 31) return jsonAnswer({ error: 'transaction not found' }, 404)
  return rest === '/transactions' ? jsonAnswer({ transactions: [] }) : statusAnswer(404)
}

function needsSignIn(): Answer {
  return jsonAnswer({ type: 'authentication_required' }, 403)
}

function withCors(anchor: SimulatedAnchor, answer: Answer): Answer {
  if (answer.kind !== 'body' || anchor.withoutCors) return answer
  return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': '*' } }
}

/** Before the world began nothing hangs: its history is told in seconds. */
function hurried(answer: Answer, { now, startedAt }: WorldClock): Answer {
  if (now() >= startedAt) return answer
  const { delayMs: _, ...quick } = answer
  return quick.kind === 'body' ? quick : { kind: 'reset' }
}

function delayed(answer: Answer, delayMs: number | undefined): Answer {
  return delayMs === undefined ? answer : { ...answer, delayMs }
}
