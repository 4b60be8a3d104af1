import { Keypair, Networks, WebAuth } from '@stellar/stellar-sdk'
import { expect, test } from 'vitest'
import type { Answer } from '../../../local/world/answer.ts'
import { simulatedSigner } from '../../../local/world/simulated-keys.ts'
import { createWebAuthServer, type WebAuthOptions } from '../../../local/world/web-auth-server.ts'

const signer = simulatedSigner('a.sim')
const client = Keypair.random()

const serve = (change: Partial<WebAuthOptions> = {}) =>
  createWebAuthServer({
    signer,
    homeDomain: 'a.sim',
    webAuthDomain: 'auth.a.sim',
    passphrase: Networks.PUBLIC,
    now: () => new Date(),
    ...change,
  })

const read = (answer: Answer) => {
  if (answer.kind !== 'body') throw new Error(`a body was expected, not ${answer.kind}`)
  return { status: answer.status, ...JSON.parse(String(answer.body)) }
}

const ask = (server: ReturnType<typeof serve>, query = `account=${client.publicKey()}`) =>
  read(server.answer(new URL(`https://auth.a.sim/auth?${query}`), { method: 'GET', body: '' }))

const check = (transaction: string) =>
  WebAuth.readChallengeTx(transaction, signer.accountId, Networks.PUBLIC, 'a.sim', 'auth.a.sim')

test('the Stellar SDK accepts the challenges of the simulated world', () => {
  const { transaction } = ask(serve())
  expect(check(transaction)).toMatchObject({ clientAccountID: client.publicKey() })
})

test.each<[string, Partial<WebAuthOptions>]>([
  ['signed by another key', { signer: simulatedSigner('thief') }],
  ['for another network', { passphrase: Networks.TESTNET }],
  ['for another home domain', { homeDomain: 'b.sim' }],
  ['that can be submitted', { wrong: { sequence: 7n } }],
  ['that is over', { now: () => new Date(0) }],
])('the Stellar SDK refuses a challenge %s', (_, change) => {
  const { transaction } = ask(serve(change))
  expect(() => check(transaction)).toThrow()
})

test('a token is given for a challenge that the account signed, and for no other', () => {
  const server = serve()
  const { transaction } = ask(server)
  const { tx } = check(transaction)
  const post = () =>
    read(
      server.answer(new URL('https://auth.a.sim/auth'), {
        method: 'POST',
        body: JSON.stringify({ transaction: tx.toEnvelope().toXDR('base64') }),
      }),
    )
  expect(post().status).toBe(400)
  tx.sign(client)
  const { token } = post()
  expect([server.knows(token), server.knows('another'), server.knows(undefined)]).toEqual([
    true,
    false,
    false,
  ])
})

test.each([
  ['', 'The "account" parameter is missing.'],
  ['account=M1', 'Invalid account.'],
  [`account=${client.publicKey()}&home_domain=b.sim`, 'home_domain [b.sim] is not supported.'],
])('the query "%s" is refused', (query, error) => {
  expect(ask(serve(), query)).toEqual({ status: 400, error })
})
