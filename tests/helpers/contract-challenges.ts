import {
  Address,
  authorizeEntry,
  type Keypair,
  Networks,
  nativeToScVal,
  StrKey,
  xdr,
} from '@stellar/stellar-sdk'
import { HOME_DOMAIN, SERVER, STRANGER, WEB_AUTH_DOMAIN } from './challenges.ts'

/** A challenge of SEP-45 that the Stellar SDK builds. What is left out is right. */
export interface EntriesRecipe {
  /** The contract that asks. */
  client?: string
  contract?: string
  functionName?: string
  /** Arguments beside or in place of the right ones; null leaves one out. */
  argument?: Record<string, string | null>
  /** The values of the call in place of the one map. */
  values?: xdr.ScVal[]
  /** Null leaves the entry of SIGNING_KEY unsigned. */
  signer?: Keypair | null
  passphrase?: string
  credentials?: 'address' | 'addressV2'
  without?: 'client' | 'server'
  more?: 'stranger' | 'source'
  /** The argument of the client's entry alone. */
  clientArgument?: Record<string, string>
  further?: true
}

export const REFERENCE_CONTRACT = 'CALI6JC3MSNDGFRP7Z2OKUEPREHOJRRXKMJEWQDEFZPFGXALA45RAUTH'
export const CONTRACT_CLIENT = StrKey.encodeContract(Buffer.alloc(32, 9))
export const CONTRACT_ENDPOINT = `https://${WEB_AUTH_DOMAIN}/sep45`

const RIGHT = {
  account: CONTRACT_CLIENT,
  home_domain: HOME_DOMAIN,
  nonce: '12345',
  web_auth_domain: WEB_AUTH_DOMAIN,
  web_auth_domain_account: SERVER.publicKey(),
}

function mapOf(argument: Record<string, string | null>): xdr.ScVal {
  const all = Object.entries(argument).filter(([, value]) => value !== null)
  const type: Record<string, ['symbol', 'string']> = Object.fromEntries(
    all.map(([key]) => [key, ['symbol', 'string']]),
  )
  return nativeToScVal(Object.fromEntries(all), { type })
}

function invocation(recipe: EntriesRecipe, change: Record<string, string | null> = {}) {
  const values = recipe.values ?? [mapOf({ ...RIGHT, ...recipe.argument, ...change })]
  const call = new xdr.InvokeContractArgs({
    contractAddress: new Address(recipe.contract ?? REFERENCE_CONTRACT).toScAddress(),
    functionName: recipe.functionName ?? 'web_auth_verify',
    args: values,
  })
  const authorized = xdr.SorobanAuthorizedFunction.sorobanAuthorizedFunctionTypeContractFn(call)
  const inner = new xdr.SorobanAuthorizedInvocation({ function: authorized, subInvocations: [] })
  if (!recipe.further) return inner
  return new xdr.SorobanAuthorizedInvocation({ function: authorized, subInvocations: [inner] })
}

function entryOf(
  who: string,
  recipe: EntriesRecipe,
  change: Record<string, string> = {},
): xdr.SorobanAuthorizationEntry {
  const of = new xdr.SorobanAddressCredentials({
    address: new Address(who).toScAddress(),
    nonce: 5n,
    signatureExpirationLedger: 0,
    signature: xdr.ScVal.scvVoid(),
  })
  const credentials =
    recipe.credentials === 'addressV2'
      ? xdr.SorobanCredentials.sorobanCredentialsAddressV2(of)
      : xdr.SorobanCredentials.sorobanCredentialsAddress(of)
  return new xdr.SorobanAuthorizationEntry({
    credentials,
    rootInvocation: invocation(recipe, change),
  })
}

/** Builds the entries in base64: the client's, then the one of SIGNING_KEY. */
export async function buildEntries(recipe: EntriesRecipe = {}): Promise<string> {
  const { signer = SERVER, passphrase = Networks.TESTNET, without, more } = recipe
  const { client = CONTRACT_CLIENT } = recipe
  const unsigned = entryOf(SERVER.publicKey(), recipe)
  const server = signer
    ? await authorizeEntry(unsigned, signer, 1000, passphrase, SERVER.publicKey())
    : unsigned
  const source = new xdr.SorobanAuthorizationEntry({
    credentials: xdr.SorobanCredentials.sorobanCredentialsSourceAccount(),
    rootInvocation: invocation(recipe),
  })
  const all = [
    ...(without === 'client' ? [] : [entryOf(client, recipe, recipe.clientArgument)]),
    ...(without === 'server' ? [] : [server]),
    ...(more === 'stranger' ? [entryOf(STRANGER.publicKey(), recipe)] : []),
    ...(more === 'source' ? [source] : []),
  ]
  const count = Buffer.alloc(4)
  count.writeUInt32BE(all.length)
  return Buffer.concat([count, ...all.map((one) => Buffer.from(one.toXdr()))]).toString('base64')
}
