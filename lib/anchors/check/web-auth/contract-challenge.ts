// Written by hand because @stellar/stellar-sdk reads no challenge of SEP-45; its parts add 270 to 410 ms to a cold start.
import { NETWORK_PASSPHRASE, type Network } from '../../../stellar/network.ts'
import { decodeStrKey } from '../../../stellar/strkey.ts'
import { type FindingCode, finding } from '../finding.ts'
import { readObject, typeName } from '../info/read-json.ts'
import { ENDPOINT_FIELD } from '../toml/fields.ts'
import { type AuthorizationEntry, readEntries } from './entries.ts'
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

/** The contract that SEP-45 deploys on the public network. */
const REFERENCE_CONTRACT = 'CALI6JC3MSNDGFRP7Z2OKUEPREHOJRRXKMJEWQDEFZPFGXALA45RAUTH'

/** The checks of a SEP-45 challenge, most grave first. */
const LEVELS = {
  entries_not_xdr: 'unreadable',
  entries_not_contract_call: 'unsafe',
  entries_sub_invocation: 'unsafe',
  entries_contract: 'unsafe',
  entries_function: 'unsafe',
  entries_arguments: 'wrong',
  entries_arguments_differ: 'wrong',
  entries_account: 'wrong',
  entries_home_domain: 'wrong',
  entries_web_auth_domain: 'wrong',
  entries_web_auth_account: 'wrong',
  entries_client_entry_missing: 'wrong',
  entries_server_entry_missing: 'wrong',
  entries_stranger: 'wrong',
  entries_signature_missing: 'wrong',
  entries_signature: 'wrong',
  entries_other_network: 'wrong',
  entries_web_auth_domain_differs: 'fault',
  entries_nonce_missing: 'fault',
  entries_client_domain: 'fault',
  entries_passphrase: 'fault',
  entries_passphrase_missing: 'note',
  entries_camel_case: 'note',
  web_auth_contract_own: 'note',
} as const satisfies Partial<Record<FindingCode, Level>>

type Note = FaultList<keyof typeof LEVELS>['note']

/** What a challenge must be for. */
export interface ExpectedEntries {
  network: Network
  /** SIGNING_KEY. Without an account there the signature is not looked at. */
  signingKey?: string
  /** WEB_AUTH_CONTRACT_ID. */
  contractId: string
  homeDomain: string
  /** WEB_AUTH_FOR_CONTRACTS_ENDPOINT, as the stellar.toml writes it. */
  endpoint: string
  /** The address that was asked for, `C…`. */
  account: string
}

/**
 * Judges the answer of WEB_AUTH_FOR_CONTRACTS_ENDPOINT (SEP-45 0.1.1). Whether the contract is the reference code is not
 * looked at. The Anchor Platform signs for any home domain, so a verified challenge proves the key and no home domain. It
 * never throws for an answer, and takes time linear in it.
 */
export function judgeEntries(text: string, expected: ExpectedEntries): Judgement {
  const about = { sep: 45, field: ENDPOINT_FIELD.sep45 }
  const body = readObject(text)
  const unusable = (code: FindingCode, shown: { actual?: string } = {}): Judgement => {
    const findings = [finding(code, { ...about, ...shown })]
    return { step: 'declared', refuted: [], isSigned: false, findings }
  }
  if ('unreadable' in body) return unusable(`web_auth_${body.unreadable}`)
  const faults = createFaultList(LEVELS, about, expected.account)
  const { note } = faults
  const member = memberReader(body.value, note)
  const entriesText = member('authorization_entries', 'authorizationEntries')
  const [repeated] = body.repeated
  const isThere = typeof entriesText === 'string' || /^authorization_?entries$/i.test(`${repeated}`)
  if (repeated !== undefined && isThere) return unusable('web_auth_key_twice', { actual: repeated })
  if (typeof entriesText !== 'string') {
    const actual = `authorization_entries: ${typeName(entriesText)}`
    return unusable('web_auth_shape', { actual })
  }
  notePassphrase(member('network_passphrase', 'networkPassphrase'), expected.network, note)
  const serverKey = decodeStrKey(expected.signingKey, 'account')
  const read = readEntries(entriesText)
  if (read.kind === 'unreadable') note('entries_not_xdr', read.why)
  else if (read.kind !== 'entries') note(`entries_${read.kind}`, read.why)
  else noteEntries(read.entries, serverKey, expected, note)
  if (expected.network === 'mainnet' && expected.contractId !== REFERENCE_CONTRACT) {
    note('web_auth_contract_own', expected.contractId)
  }
  return faults.judge(serverKey === null ? 'unknown' : 'known')
}

/** The Anchor Platform 4.3 writes the members in camel case. */
function memberReader(body: Record<string, unknown>, note: Note) {
  return (name: string, camelCase: string): unknown => {
    const value = body[name] ?? body[camelCase]
    if (body[name] === undefined && value !== undefined) note('entries_camel_case', camelCase)
    return value
  }
}

function notePassphrase(passphrase: unknown, network: Network, note: Note): void {
  if (passphrase === undefined || passphrase === null) note('entries_passphrase_missing')
  else if (passphrase !== NETWORK_PASSPHRASE[network]) {
    note('entries_passphrase', shownPassphrase(passphrase))
  }
}

function noteEntries(
  entries: AuthorizationEntry[],
  serverKey: Uint8Array | null,
  expected: ExpectedEntries,
  note: Note,
): void {
  const [first] = entries
  const { account, contractId, signingKey } = expected
  for (const { contract, functionName, invocation, credentials } of entries) {
    if (contract !== contractId) note('entries_contract', contract)
    if (functionName !== 'web_auth_verify') note('entries_function', functionName)
    if (first && !invocation.equals(first.invocation)) note('entries_arguments_differ')
    // The source of the transaction is whoever sends it, and no account that was named.
    const address = credentials?.address ?? 'the source account'
    const isNamed = address === account || address === signingKey
    if (!isNamed && serverKey !== null) note('entries_stranger', address)
  }
  const argument = first?.argument ?? null
  if (argument === null) note('entries_arguments')
  else noteArgument(argument, serverKey, expected, note)
  const addresses = entries.map(({ credentials }) => credentials?.address)
  if (!addresses.includes(account)) note('entries_client_entry_missing')
  if (serverKey === null) return
  const server = entries.find(({ credentials }) => credentials?.address === signingKey)
  if (server === undefined) note('entries_server_entry_missing')
  else noteSignature(server, serverKey, expected.network, note)
}

function noteArgument(
  argument: Map<string, string>,
  serverKey: Uint8Array | null,
  expected: ExpectedEntries,
  note: Note,
): void {
  const { account, homeDomain, signingKey } = expected
  if (argument.get('account') !== account) note('entries_account')
  const domain = argument.get('home_domain')
  if (domain !== homeDomain) note('entries_home_domain', shownDomain(domain))
  const webAuthDomain = argument.get('web_auth_domain')
  const compared = compareWebAuthDomain(webAuthDomain ?? '', expected)
  if (compared === 'wrong') note('entries_web_auth_domain', shownDomain(webAuthDomain))
  if (compared === 'differs') note('entries_web_auth_domain_differs', shownDomain(webAuthDomain))
  if (serverKey !== null && argument.get('web_auth_domain_account') !== signingKey) {
    note('entries_web_auth_account')
  }
  if (!argument.get('nonce')) note('entries_nonce_missing')
  const isAttributed = ['client_domain', 'client_domain_account'].some((key) => argument.has(key))
  if (isAttributed) note('entries_client_domain')
}

function noteSignature(
  { credentials, hashFor }: AuthorizationEntry,
  serverKey: Uint8Array,
  network: Network,
  note: Note,
): void {
  const signatures = credentials?.signatures ?? []
  if (signatures.length === 0) {
    note('entries_signature_missing')
    return
  }
  const own = signatures.filter(({ publicKey }) => publicKey.equals(serverKey))
  const texts = own.map(({ signature }) => signature)
  const signedFor = signedNetwork(network, texts, serverKey, hashFor)
  if (signedFor === null) note('entries_signature')
  else if (signedFor !== network) note('entries_other_network', signedFor)
}
