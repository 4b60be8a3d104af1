import { createHash } from 'node:crypto'
import { STELLAR_TOML_PATH } from './anchor-site.ts'

const DOMAIN = 'bench.sim'
const SLOW_ANSWER_MS = 2_000
const SLOW_SHARE = 0.05
const NEVER_SHARE = 0.02
const MISSING_SHARE = 0.03

/** The paths below which the protocols are served. `/auth` is on the home domain, the others are on the transfer host. */
export const SERVED_AT = {
  sep24: '/sep24',
  sep6: '/sep6',
  sep10: '/auth',
  sep31: '/sep31',
  sep38: '/sep38',
  sep12: '/kyc',
} as const
export type ServedSep = keyof typeof SERVED_AT

export interface LatencyOptions {
  /** The number of anchors. Each has one domain. */
  count: number
  /** The delay of every answer. */
  latencyMs: number
  /** Whether 5 % of the answers take 2 s, 2 % never come and 3 % are 404. */
  tail: boolean
  seed: number
}

/** The longest wait for an answer, by kind of request. */
export interface Timeouts {
  /** For the stellar.toml, `/info` and `/prices`. */
  requestMs: number
  /** For the challenge and the gate of SEP-12. */
  extraMs: number
  /** For the signed challenge and what is read with its token. */
  signedInMs: number
}

/** One request of a check, and the requests whose answers it needs. */
export interface ChainRequest {
  name: string
  ms: number
  after: string[]
}

/** The requests of one domain. */
export interface DomainChain {
  domain: string
  /** Whether the stellar.toml is read. Without it there is no other request. */
  isRead: boolean
  requests: ChainRequest[]
}

/** `plain` is the latency alone. */
type Fate = 'plain' | 'slow' | 'never' | 'missing'

export function domainOf(index: number): string {
  return `anchor-${index}.${DOMAIN}`
}

/** Every second anchor serves its protocols from a host of its own. */
export function transferHostOf(index: number): string {
  return index % 2 === 0 ? domainOf(index) : `transfer-${index}.${DOMAIN}`
}

export function hostNamed(name: string): string {
  return `${name}.${DOMAIN}`
}

/**
 * The protocols of an anchor. Of the stellar.toml files of 103 real anchors 35 % name SEP-31 and 25 % SEP-38. SEP-12 goes
 * with SEP-31. Every anchor has SEP-10, because a deployment trusts no others by default.
 */
export function servedBy(index: number): ReadonlySet<ServedSep> {
  const served: ServedSep[] = ['sep24', 'sep6', 'sep10']
  if (index % 20 < 7) served.push('sep31', 'sep12')
  if (index % 8 < 2) served.push('sep38')
  return new Set(served)
}

/** A request as the seed knows it. */
export interface Asked {
  host: string
  path: string
  method?: string
  isSignedIn?: boolean
}

/** How an answer arrives, and after how long: the seed and the request decide. */
export function fateOf(
  { tail, seed, latencyMs }: LatencyOptions,
  { host, path, method = 'GET', isSignedIn = false }: Asked,
): { fate: Fate; delayMs: number } {
  if (!tail) return { fate: 'plain', delayMs: latencyMs }
  // A transaction of SEP-31 is asked for by an id that is new in every run.
  const [known = ''] = path.split(/(?<=\/transactions)\//)
  const kind = `${method === 'GET' ? '' : `${method} `}${isSignedIn ? 'signed in ' : ''}`
  const hash = createHash('sha256').update(`${seed} ${kind}${host}${known}`).digest()
  const share = hash.readUInt32BE(0) / 2 ** 32
  if (share < SLOW_SHARE) return { fate: 'slow', delayMs: SLOW_ANSWER_MS }
  if (share < SLOW_SHARE + NEVER_SHARE) return { fate: 'never', delayMs: Number.POSITIVE_INFINITY }
  const isMissing = share < SLOW_SHARE + NEVER_SHARE + MISSING_SHARE
  return { fate: isMissing ? 'missing' : 'plain', delayMs: latencyMs }
}

/**
 * The requests of each domain and their times. The bench computes from them the least time that a check can take.
 * @param isFirstOfDay whether what is asked once a day is due: the gate of SEP-12, `/prices` and the sign-in
 */
export function latencyChains(
  options: LatencyOptions,
  timeouts: Timeouts,
  isFirstOfDay: boolean,
): DomainChain[] {
  return Array.from({ length: options.count }, (_, index) => {
    const chain = startChain(options)
    const isRead = chain.ask('toml', [], timeouts.requestMs, {
      host: domainOf(index),
      path: STELLAR_TOML_PATH,
    })
    if (isRead) askLadder(index, chain, timeouts, isFirstOfDay)
    return { domain: domainOf(index), isRead, requests: chain.requests }
  })
}

interface Chain {
  requests: ChainRequest[]
  /** Adds a request. Returns whether its answer can be read. */
  ask(name: string, after: string[], timeoutMs: number, asked: Asked): boolean
}

function startChain(options: LatencyOptions): Chain {
  const requests: ChainRequest[] = []
  return {
    requests,
    ask: (name, after, timeoutMs, asked) => {
      const { fate, delayMs } = fateOf(options, asked)
      requests.push({ name, ms: Math.min(delayMs, timeoutMs), after })
      return fate !== 'missing' && delayMs < timeoutMs
    },
  }
}

function askLadder(
  index: number,
  { ask }: Chain,
  { requestMs, extraMs, signedInMs }: Timeouts,
  isFirstOfDay: boolean,
): void {
  const served = servedBy(index)
  const at = (sep: ServedSep, path = ''): Asked => ({
    host: sep === 'sep10' ? domainOf(index) : transferHostOf(index),
    path: `${SERVED_AT[sep]}${path}`,
  })
  const infos = (['sep24', 'sep6', 'sep31', 'sep38'] as const).filter((sep) => served.has(sep))
  const read = new Set(infos.filter((sep) => ask(sep, ['toml'], requestMs, at(sep, '/info'))))
  const isChallenged = ask('sep10', ['toml'], extraMs, at('sep10'))
  if (!isFirstOfDay) return
  // Without a server of its own SEP-12 may be at the transfer server, where these anchors have none.
  const customer = at(served.has('sep12') ? 'sep12' : 'sep6', '/customer')
  if (ask('sep12', ['toml'], extraMs, customer) && served.has('sep12')) {
    // The gate refuses strangers, so it is asked whether anything is behind it.
    ask('sep12 options', ['sep12'], extraMs, { ...customer, method: 'OPTIONS' })
  }
  if (read.has('sep38')) ask('prices', ['sep38'], requestMs, at('sep38', '/prices'))
  if (!isChallenged) return
  ask('sign-in challenge', ['sep10'], extraMs, at('sep10'))
  const posted = { ...at('sep10'), method: 'POST' }
  if (!ask('sign-in', ['sign-in challenge'], signedInMs, posted)) return
  const list = (sep: ServedSep, path: string, needs: string[]) =>
    ask(`${sep} list`, ['sign-in', ...needs], signedInMs, { ...at(sep, path), isSignedIn: true })
  for (const sep of ['sep24', 'sep6'] as const) {
    if (read.has(sep)) list(sep, '/transactions', [sep])
  }
  if (served.has('sep31')) list('sep31', '/transactions', [])
  if (served.has('sep12')) list('sep12', '/customer', [])
}
