// Written by hand instead of using WebAuth of @stellar/stellar-sdk, which adds 350 to 410 ms to a cold start, takes 1.3 ms for
// a challenge instead of 0.17 ms, and names only the first fault. The SDK is the oracle of the tests.

import { NETWORK_PASSPHRASE, type Network } from '../../../stellar/network.ts'
import { decodeStrKey } from '../../../stellar/strkey.ts'
import { decodeBase64 } from '../../../stellar/xdr.ts'
import { type Finding, type FindingCode, finding } from '../finding.ts'
import { readObject, typeName } from '../info/read-json.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'
import {
  type ManageData,
  readTransactionEnvelope,
  type SourceAccount,
  type TransactionEnvelope,
  transactionHash,
} from './envelope.ts'
import {
  compareWebAuthDomain,
  createFaultList,
  type FaultList,
  type Judgement,
  type Level,
  shownDomain,
  shownPassphrase,
  signedNetwork,
} from './judgement.ts'

/** The checks of a SEP-10 challenge, most grave first. */
const LEVELS = {
  challenge_not_xdr: 'unreadable',
  challenge_fee_bump: 'unsafe',
  challenge_sequence: 'unsafe',
  challenge_operation: 'unsafe',
  challenge_source: 'wrong',
  challenge_account: 'wrong',
  challenge_home_domain: 'wrong',
  challenge_operation_source: 'wrong',
  challenge_web_auth_domain: 'wrong',
  challenge_no_time_bounds: 'wrong',
  challenge_expired: 'wrong',
  challenge_signature_missing: 'wrong',
  challenge_signature: 'wrong',
  challenge_other_network: 'wrong',
  web_auth_domain_differs: 'fault',
  challenge_nonce: 'fault',
  challenge_memo: 'fault',
  challenge_client_domain: 'fault',
  challenge_extra_signatures: 'fault',
  challenge_short: 'fault',
  challenge_passphrase: 'fault',
  challenge_passphrase_missing: 'note',
  challenge_web_auth_domain_missing: 'note',
} as const satisfies Partial<Record<FindingCode, Level>>

type Note = FaultList<keyof typeof LEVELS>['note']

/** The SDKs allow the clock of a server this difference. */
const CLOCK_GRACE_S = 300n
/** A wallet needs some seconds to show and sign a challenge. */
const LEAST_TIME_S = 60n
const NONCE_BYTES = 48

/** What a challenge must be for. */
export interface ExpectedChallenge {
  network: Network
  /** SIGNING_KEY. Without an account there the signature is not looked at. */
  signingKey?: string
  homeDomain: string
  /** WEB_AUTH_ENDPOINT, as the stellar.toml writes it. */
  endpoint: string
  /** The account that was asked for. */
  account: string
  now: Date
}

/** `envelope` is there when every check is passed, so that it may be signed. */
export type JudgedChallenge = Judgement & { envelope?: TransactionEnvelope }

/**
 * Judges the answer of WEB_AUTH_ENDPOINT (SEP-10 3.4.1, "Response" and "Verifying the challenge"). It never throws for an
 * answer, and takes time linear in it.
 */
export function judgeChallenge(text: string, expected: ExpectedChallenge): JudgedChallenge {
  const about = { sep: 10, field: ENDPOINT_FIELD.sep10 }
  const body = readObject(text)
  if ('unreadable' in body) return unusable(finding(`web_auth_${body.unreadable}`, about))
  const { transaction, network_passphrase: passphrase } = body.value
  const [repeated] = body.repeated
  // Wallets differ on which of two transactions they would sign.
  if (repeated !== undefined && (typeof transaction === 'string' || repeated === 'transaction')) {
    return unusable(finding('web_auth_key_twice', { ...about, actual: repeated }))
  }
  if (typeof transaction !== 'string') {
    const actual = `transaction: ${typeName(transaction)}`
    return unusable(finding('web_auth_shape', { ...about, actual }))
  }
  const faults = createFaultList(LEVELS, about, expected.account)
  const { note } = faults
  notePassphrase(passphrase, expected.network, note)
  const serverKey = decodeStrKey(expected.signingKey, 'account')
  const envelope = readTransactionEnvelope(transaction)
  if (envelope.kind === 'unreadable') note('challenge_not_xdr', envelope.why)
  else if (envelope.kind === 'fee_bump') note('challenge_fee_bump')
  else if (envelope.kind === 'other_operation') note('challenge_operation', envelope.why)
  else noteEnvelope(envelope, serverKey, expected, note)
  const judgement = faults.judge(serverKey === null ? 'unknown' : 'known')
  const isWhole = judgement.step === 'verified' && envelope.kind === 'transaction'
  return { ...judgement, ...(isWhole ? { envelope } : {}) }
}

/** The judgement of an answer that holds no challenge. */
function unusable(found: Finding): JudgedChallenge {
  return { step: 'declared', refuted: [], isSigned: false, findings: [found] }
}

function notePassphrase(passphrase: unknown, network: Network, note: Note): void {
  if (passphrase === undefined || passphrase === null) note('challenge_passphrase_missing')
  else if (passphrase !== NETWORK_PASSPHRASE[network]) {
    note('challenge_passphrase', shownPassphrase(passphrase))
  }
}

function noteEnvelope(
  envelope: TransactionEnvelope,
  serverKey: Uint8Array | null,
  expected: ExpectedChallenge,
  note: Note,
): void {
  const { source, sequence, memo, operations } = envelope
  // Only this number makes sure that the ledger never takes the transaction.
  if (sequence !== 0n) note('challenge_sequence', sequence)
  // Without SIGNING_KEY the source is at least the same throughout.
  const server = serverKey ?? source.key
  if (!isAccount(source, server)) note('challenge_source')
  const [first, ...later] = operations
  if (first === undefined) note('challenge_operation', 'none')
  else noteFirstOperation(first, expected, note)
  for (const operation of later) noteLaterOperation(operation, server, expected, note)
  if (!later.some(({ name }) => isName(name, 'web_auth_domain'))) {
    note('challenge_web_auth_domain_missing')
  }
  noteTime(envelope.timeBounds, expected.now, note)
  if (memo !== 'none') note('challenge_memo', memo)
  if (serverKey !== null) noteSignatures(envelope, serverKey, expected.network, note)
}

function noteFirstOperation(
  { source, name, value }: ManageData,
  { account, homeDomain }: ExpectedChallenge,
  note: Note,
): void {
  // The key pair was made for this check, so a challenge for it cannot have been recorded before.
  if (!isAccount(source, decodeStrKey(account, 'account'))) note('challenge_account')
  if (!isName(name, `${homeDomain} auth`)) {
    const [domain] = name.toString().split(' auth', 1)
    note('challenge_home_domain', shownDomain(domain))
  }
  const nonce = decodeBase64(value?.toString('latin1') ?? '')
  if (nonce?.length !== NONCE_BYTES) note('challenge_nonce', `${value?.length ?? 0} bytes`)
}

function noteLaterOperation(
  { source, name, value }: ManageData,
  server: Uint8Array,
  expected: ExpectedChallenge,
  note: Note,
): void {
  // A wallet that named no client_domain cannot have it signed.
  if (isName(name, 'client_domain')) note('challenge_client_domain')
  else if (!isAccount(source, server)) note('challenge_operation_source')
  if (!isName(name, 'web_auth_domain')) return
  const domain = value?.toString()
  const compared = domain === undefined ? 'wrong' : compareWebAuthDomain(domain, expected)
  if (compared === 'wrong') note('challenge_web_auth_domain', shownDomain(domain))
  if (compared === 'differs') note('web_auth_domain_differs', shownDomain(domain))
}

function noteTime(time: TransactionEnvelope['timeBounds'], now: Date, note: Note): void {
  if (time === null || time.max === 0n) {
    note('challenge_no_time_bounds')
    return
  }
  const { min, max } = time
  const seconds = BigInt(Math.floor(now.getTime() / 1000))
  const range = `${min} to ${max}`
  if (seconds + CLOCK_GRACE_S < min || seconds > max + CLOCK_GRACE_S) {
    note('challenge_expired', range)
  }
  if (max - min < LEAST_TIME_S) note('challenge_short', range)
}

function noteSignatures(
  envelope: TransactionEnvelope,
  serverKey: Uint8Array,
  network: Network,
  note: Note,
): void {
  const { signatures } = envelope
  if (signatures.length === 0) {
    note('challenge_signature_missing')
    return
  }
  if (signatures.length > 1) note('challenge_extra_signatures', signatures.length)
  const hint = Buffer.from(serverKey).subarray(-4)
  const own = signatures.filter((one) => one.hint.equals(hint)).map(({ signature }) => signature)
  const signedFor = signedNetwork(network, own, serverKey, (passphrase) =>
    transactionHash(envelope, passphrase),
  )
  if (signedFor === null) note('challenge_signature')
  else if (signedFor !== network) note('challenge_other_network', signedFor)
}

function isAccount(source: SourceAccount | null, key: Uint8Array | null): boolean {
  return source !== null && key !== null && !source.isMuxed && source.key.equals(key)
}

function isName(name: Buffer, text: string): boolean {
  return name.equals(Buffer.from(text))
}
