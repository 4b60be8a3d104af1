import { gzipSync } from 'node:zlib'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { writeChallenge } from '../../local/world/challenge.ts'
import { simulatedSigner } from '../../local/world/simulated-keys.ts'
import type { Site } from '../../local/world/world-server.ts'

export const TOML_PATH = '/.well-known/stellar.toml'

/** A site that answers these paths, gives challenges for its own host, and answers 404 to any other path. */
export function paths(answers: Record<string, Answer | (() => Answer)>): Site {
  return {
    answer: (url) => {
      const found = answers[url.pathname] ?? (url.pathname === '/auth' ? challenge(url) : MISSING)
      return withCors(typeof found === 'function' ? found() : found)
    },
  }
}

/** A web page may read every answer, as the SEPs want it. */
function withCors(answer: Answer): Answer {
  if (answer.kind !== 'body') return answer
  return { ...answer, headers: { 'access-control-allow-origin': '*', ...answer.headers } }
}

const MISSING = statusAnswer(404)
const PASSPHRASE = 'Public Global Stellar Network ; September 2015'

/** A challenge that is right at any time, because some tests have a clock of their own. */
function challenge(url: URL): Answer {
  const domain = url.hostname
  const { envelope } = writeChallenge({
    server: simulatedSigner(domain),
    account: url.searchParams.get('account') ?? '',
    homeDomain: domain,
    webAuthDomain: domain,
    passphrase: PASSPHRASE,
    from: 0,
    until: 4_000_000_000,
  })
  return jsonAnswer({
    transaction: envelope.toString('base64'),
    network_passphrase: PASSPHRASE,
  })
}

/** A stellar.toml that every default trust rule accepts. */
export function tomlOf(domain: string, more = ''): string {
  return [
    `NETWORK_PASSPHRASE = "${PASSPHRASE}"`,
    `SIGNING_KEY = "${simulatedSigner(domain).accountId}"`,
    `WEB_AUTH_ENDPOINT = "https://${domain}/auth"`,
    `TRANSFER_SERVER_SEP0024 = "https://${domain}/sep24"`,
    more,
    '',
  ].join('\n')
}

const INFO = {
  deposit: { USDC: { enabled: true, fee_fixed: 1.5, min_amount: '10.0000001' } },
  withdraw: { USDC: { enabled: true, fee_percent: '0.5' } },
}

/** An anchor that works. */
export function anchor(domain: string, more = ''): Site {
  return paths({
    [TOML_PATH]: bodyAnswer('text/plain', tomlOf(domain, more)),
    '/sep24/info': jsonAnswer(INFO),
  })
}

/** An anchor that answers the request for its stellar.toml so. */
export function tomlAnswered(answer: Answer | (() => Answer)): Site {
  return paths({ [TOML_PATH]: answer })
}

/** A directory row of one currency, worldwide and in both directions, so two listings. */
export function row(domain: string, more: object = {}): Record<string, unknown> {
  return { name: `Anchor ${domain}`, domain, currency: 'USDC', ...more }
}

/** A gzip of `bytes` spaces. */
export function gzipBomb(bytes: number): Answer {
  return {
    kind: 'body',
    status: 200,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(bytes, ' '), { level: 1 }),
  }
}
