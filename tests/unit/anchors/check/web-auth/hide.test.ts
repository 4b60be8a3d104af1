import { Networks } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { askContractWebAuth, askWebAuth } from '../../../../../lib/anchors/check/web-auth/ask.ts'
import { type SignInOrder, signIn } from '../../../../../lib/anchors/check/web-auth/sign-in.ts'
import { createSignInKey } from '../../../../../lib/anchors/check/web-auth/sign-in-key.ts'
import type { FetchAnswer } from '../../../../../lib/net/fetch-untrusted.ts'
import { CLIENT, ENDPOINT } from '../../../../helpers/challenges.ts'
import { CONTRACT_ENDPOINT, REFERENCE_CONTRACT } from '../../../../helpers/contract-challenges.ts'
import { honest, OPEN, ORDER, serverOf } from '../../../../helpers/web-auth-server.ts'

/** What a server sends back that repeats a text wherever a finding may show one. */
function repeating(said: string): Record<string, Partial<FetchAnswer>> {
  const json = (value: unknown) => ({ text: JSON.stringify(value) })
  const escaped = said.replace(
    /./g,
    (letter) => `\\u00${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  const usd = `{"asset":"iso4217:USD","sell_delivery_methods":[{"name":"${escaped}"}]}`
  return {
    'no JSON': { text: said },
    'a page': { text: `<html>${said}` },
    'another object': json({ [said]: said }),
    'a passphrase': json({ transaction: 'AAAA', network_passphrase: said }),
    'a camel-case passphrase': json({ authorizationEntries: 'AAAA', networkPassphrase: said }),
    'a passphrase in escapes': {
      text: `{"transaction":"AAAA","network_passphrase":"${escaped}"}`,
    },
    'a method in escapes': { text: `{"assets":[{"asset":"stellar:native"},${usd}]}` },
    'a CORS header': { headers: { ...OPEN, accessControlAllowOrigin: `https://${said}` } },
    'the host it redirected to': { url: `https://${said.toLowerCase()}.example.org/` },
    'an asset': json({ assets: [{ asset: said }, said] }),
    'a method': json({
      assets: [
        { asset: 'stellar:native' },
        { asset: 'iso4217:USD', sell_delivery_methods: [{ name: said }], country_codes: [said] },
      ],
    }),
  }
}

/** The longest beginning of a secret that a text shows. */
function shownOf(secret: string, text: string): string {
  for (let length = Math.min(secret.length, 40); length >= 12; length -= 1) {
    const part = secret.slice(0, length)
    if (text.toLowerCase().includes(part.toLowerCase())) return part
  }
  return ''
}

const NAMES = Object.keys(repeating(''))

describe('a server that repeats the account it was asked for puts it into no finding', () => {
  test.each(NAMES)('%s', async (name) => {
    let account = ''
    const { io } = serverOf((url) => {
      account = url.searchParams.get('account') ?? ''
      return repeating(account)[name] ?? {}
    })
    const shownOfAccount = JSON.stringify(await askWebAuth(ORDER, io))
    expect(account).toMatch(/^G/)
    expect(shownOf(account, shownOfAccount)).toBe('')
    const about = { ...ORDER, endpoint: CONTRACT_ENDPOINT, contractId: REFERENCE_CONTRACT }
    const shown = JSON.stringify(await askContractWebAuth(about, io))
    expect(account).toMatch(/^C/)
    expect(shownOf(account, shown)).toBe('')
  })
})

test('a challenge in the place of its passphrase, or cut off, is in no finding', async () => {
  const { text = '' } = honest(new URL(`${ENDPOINT}?account=${CLIENT.publicKey()}`))
  const { transaction } = JSON.parse(text)
  for (const said of [
    JSON.stringify({ transaction, network_passphrase: transaction }),
    text.slice(0, -2),
    JSON.stringify({ authorization_entries: transaction, network_passphrase: transaction }),
    JSON.stringify({ authorization_entries: transaction }).slice(0, -1),
  ]) {
    const { io } = serverOf(() => ({ text: said }))
    const about = { ...ORDER, endpoint: CONTRACT_ENDPOINT, contractId: REFERENCE_CONTRACT }
    const shown = [await askWebAuth(ORDER, io), await askContractWebAuth(about, io)]
    expect(shownOf(transaction, JSON.stringify(shown))).toBe('')
  }
})

describe('a server that repeats the token and the account puts them into no finding and no quote', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const TOKEN = `${part({ alg: 'HS256' })}.${part({ sub: 'canary' })}.c2lnbmF0dXJl`
  const KEY = createSignInKey(CLIENT.secret())
  const about: SignInOrder = {
    ...{ network: 'testnet', homeDomain: ORDER.homeDomain, signingKey: ORDER.signingKey },
    endpoints: { sep10: ENDPOINT, sep38: 'https://api.example.org/sep38' },
    assets: { sep24: undefined, sep6: undefined },
    readsQuotes: true,
    readsCustomer: true,
  }
  test.each(NAMES)('%s', async (name) => {
    let sent: string | undefined
    const { io } = serverOf((url, request) => {
      if (request.json !== undefined) return { text: JSON.stringify({ token: TOKEN }) }
      if (url.pathname === '/sep10') return honest(url)
      sent = request.bearer
      return repeating(`${KEY.account}${request.bearer}`)[name] ?? {}
    })
    const shown = JSON.stringify(await signIn(about, KEY, io))
    expect(sent).toBe(TOKEN)
    for (const secret of [TOKEN, KEY.account]) expect(shownOf(secret, shown)).toBe('')
  })
})

test('the passphrase of the other network is shown', async () => {
  const { io } = serverOf(() => ({
    text: JSON.stringify({ transaction: 'AAAA', network_passphrase: Networks.PUBLIC }),
  }))
  const { findings } = await askWebAuth(ORDER, io)
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'challenge_passphrase', actual: Networks.PUBLIC }),
  )
})
