import {
  Account,
  Asset,
  Keypair,
  type Memo,
  MuxedAccount,
  Networks,
  Operation,
  TransactionBuilder,
} from '@stellar/stellar-sdk'

/** A challenge of SEP-10 that the Stellar SDK builds. What is left out is right. */
export interface ChallengeRecipe {
  sequence?: string
  source?: string
  signers?: Keypair[]
  passphrase?: string
  /** In Unix seconds. Null names no time. */
  time?: { min: number; max: number } | null
  memo?: Memo
  /** Preconditions of the newer form, all of them. */
  hasConditions?: true
  operations?: ReturnType<typeof Operation.manageData>[]
}

export const SERVER = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 1))
export const CLIENT = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 2))
export const STRANGER = Keypair.fromRawEd25519Seed(Buffer.alloc(32, 3))
export const HOME_DOMAIN = 'anchor.example.org'
export const WEB_AUTH_DOMAIN = 'auth.example.org'
export const ENDPOINT = `https://${WEB_AUTH_DOMAIN}/sep10`
export const NONCE = Buffer.alloc(48, 0xfb).toString('base64')

type DataOptions = Parameters<typeof Operation.manageData>[0]

/** The first operation of a right challenge, but for `change`. */
export const homeDomainOperation = (change: Partial<DataOptions> = {}) =>
  Operation.manageData({
    name: `${HOME_DOMAIN} auth`,
    value: NONCE,
    source: CLIENT.publicKey(),
    ...change,
  })

/** The second one. */
export const webAuthDomainOperation = (change: Partial<DataOptions> = {}) =>
  Operation.manageData({
    name: 'web_auth_domain',
    value: WEB_AUTH_DOMAIN,
    source: SERVER.publicKey(),
    ...change,
  })

export const paymentOperation = () =>
  Operation.payment({
    destination: STRANGER.publicKey(),
    asset: Asset.native(),
    amount: '1',
    source: CLIENT.publicKey(),
  })

/** Builds the envelope in base64. */
export function buildChallenge(recipe: ChallengeRecipe = {}): string {
  const transaction = buildTransaction(recipe)
  return transaction.toEnvelope().toXdr('base64').toString()
}

export function buildTransaction(recipe: ChallengeRecipe) {
  const { sequence = '0', passphrase = Networks.TESTNET, signers = [SERVER] } = recipe
  const now = Math.floor(Date.now() / 1000)
  const { time = { min: now, max: now + 900 } } = recipe
  const { source = SERVER.publicKey() } = recipe
  const before = String(BigInt(sequence) - 1n)
  const account = source.startsWith('M')
    ? MuxedAccount.fromAddress(source, before)
    : new Account(source, before)
  const builder = new TransactionBuilder(account, {
    fee: '100',
    networkPassphrase: passphrase,
    ...(time === null ? {} : { timebounds: { minTime: time.min, maxTime: time.max } }),
  })
  if (time === null) builder.setTimeout(0)
  for (const one of recipe.operations ?? [homeDomainOperation(), webAuthDomainOperation()]) {
    builder.addOperation(one)
  }
  if (recipe.hasConditions) {
    builder.setLedgerbounds(1, 2).setMinAccountSequence('1').setExtraSigners([STRANGER.publicKey()])
  }
  if (recipe.memo) builder.addMemo(recipe.memo)
  const transaction = builder.build()
  for (const signer of signers) transaction.sign(signer)
  return transaction
}
