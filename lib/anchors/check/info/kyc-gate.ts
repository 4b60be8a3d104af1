import { type FindingCode, finding } from '../finding.ts'
import type { CheckIo } from '../request-evidence.ts'
import {
  type Asked,
  askBelow,
  EXTRA_TIMEOUT_MS,
  isSwitchedOff,
  type Reply,
  withoutContent,
} from './ask.ts'
import { readObject } from './read-json.ts'

/**
 * Asks for a customer without a token (SEP-12). The gate is right when it refuses, and shows nothing more: the Anchor
 * Platform refuses where SEP-12 is off, too. No account is sent, because the gate needs none.
 */
export async function askKycGate(endpoint: string, io: CheckIo): Promise<Asked> {
  const reply = await askBelow(
    'customer',
    [endpoint, '/customer'],
    { timeoutMs: EXTRA_TIMEOUT_MS },
    io,
  )
  const found = (code: FindingCode) => [finding(code, { ...ABOUT, actual: reply.actual })]
  const given = textGiven(reply)
  if (given !== null) {
    const code = codeOfGiven(given)
    const isAnswer = code === 'kyc_open' || code === 'kyc_refused_with_200'
    return { ...withoutContent(reply, found(code)), step: isAnswer ? 'reachable' : 'declared' }
  }
  if (reply.class.kind === 'ok' || reply.class.kind === 'alive') return withoutContent(reply, [])
  const { kind, ending } = reply.class
  if (kind !== 'protected') return withoutContent(reply, found(`kyc_${ending}`))
  if (!(await isSwitchedOff(endpoint, '/customer', io))) return withoutContent(reply, [])
  const { protected: _, ...asked } = withoutContent(reply, found('kyc_off'))
  return { ...asked, step: 'declared' }
}

const ABOUT = { sep: 12, field: 'KYC_SERVER' } as const
/** A customer has these members. A server that says no with status 200 sends none of them. */
const CUSTOMER_MEMBERS = ['id', 'status', 'fields', 'provided_fields'] as const

/** What was handed out without a token: the text of any answer in 2xx that no firewall wrote. */
function textGiven({ answer, class: { kind } }: Reply<'customer'>): string | null {
  const isGiven = answer !== undefined && answer.status >= 200 && answer.status < 300
  return isGiven && kind !== 'walled' ? answer.text : null
}

/** No finding shows what was given, because it is a customer's. */
function codeOfGiven(text: string): FindingCode {
  const body = readObject(text)
  if ('unreadable' in body) {
    return body.unreadable === 'shape' ? 'kyc_open' : `kyc_${body.unreadable}`
  }
  const isCustomer = CUSTOMER_MEMBERS.some((member) => Object.hasOwn(body.value, member))
  return !isCustomer && Object.hasOwn(body.value, 'error') ? 'kyc_refused_with_200' : 'kyc_open'
}
