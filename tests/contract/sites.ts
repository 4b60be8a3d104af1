import { gzipSync } from 'node:zlib'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import type { Site } from '../../local/world/world-server.ts'

export const TOML_PATH = '/.well-known/stellar.toml'

/** A site that answers these paths, and 404 to any other. */
export function paths(answers: Record<string, Answer | (() => Answer)>): Site {
  return {
    answer: (url) => {
      const found = answers[url.pathname] ?? statusAnswer(404)
      return typeof found === 'function' ? found() : found
    },
  }
}

/** A stellar.toml that every default trust rule accepts. */
export function tomlOf(domain: string, more = ''): string {
  return [
    'NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015"',
    `SIGNING_KEY = "${simulatedAccountId(domain)}"`,
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
