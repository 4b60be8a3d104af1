import type { components } from '../../client/src/client.ts'
import { SCHEDULE, SCHEDULED_KINDS } from '../../lib/schedule/kinds.ts'
import { commandLine } from './command-text.ts'

type Action = components['schemas']['Action']

const NOTE = ['--note', 'how it is known']

/** The line that does what a person may do. What has no command is shown as its call. */
export function lineOfAction({ url, body }: Pick<Action, 'url' | 'body'>): string {
  const asCall = `POST ${url} ${JSON.stringify(body)}`
  const parsed = URL.parse(url)
  const steps = stepsOf(parsed?.pathname ?? '')
  if (parsed === null || steps === null) return asCall
  const { searchParams } = parsed
  const [subject, id = '', deeper, attempt = ''] = steps
  const decision = String(body['decision'])
  if (subject === 'transactions' && deeper === 'attempts') {
    return ofAttempt(decision, id, attempt)
  }
  if (subject === 'payments' && /^\d+$/.test(id)) {
    return ofPayment(decision, id, body, searchParams.get('epoch'))
  }
  if (subject === 'payments' && id === 'reconciliation' && decision === 'explained') {
    const { account, asset, closingLedger } = body
    return commandLine('books explain', [account, asset, closingLedger].map(String), NOTE)
  }
  if (subject === 'payments' && id === 'observe' && 'account' in body) {
    return commandLine('observer restart', [body['account'], body['startAt']].map(String), NOTE)
  }
  const kind = SCHEDULED_KINDS.find((one) => SCHEDULE[one].path === parsed.pathname)
  if (kind !== undefined) return commandLine('run', [kind])
  if (subject === 'anchors' && deeper === 'decisions') {
    const network = searchParams.get('network')
    const { since } = body
    return commandLine(
      `anchors ${decision}`,
      [id],
      [
        ...(network === null ? [] : ['--network', network]),
        ...(typeof since === 'string' ? ['--since', since] : []),
        ...NOTE,
      ],
    )
  }
  return asCall
}

/** The steps of a path behind `/api`; null for a path that no client can mean. */
function stepsOf(pathname: string): string[] | null {
  try {
    return pathname.split('/').map(decodeURIComponent).slice(2)
  } catch {
    return null
  }
}

function ofAttempt(decision: string, transaction: string, attempt: string): string {
  if (decision === 'withdrawn')
    return commandLine('attempts withdraw', [transaction, attempt], NOTE)
  if (decision === 'replay') return commandLine('attempts replay', [transaction, attempt], NOTE)
  return commandLine('attempts decide', [transaction, attempt, decision], NOTE)
}

const PAYMENT_COMMANDS: Readonly<Record<string, string>> = {
  ignored: 'ignore',
}
const SECOND_WORD: Readonly<Record<string, string>> = {
  assign: 'transaction_id',
  refunded: 'stellar_transaction_id',
}

function ofPayment(
  decision: string,
  operation: string,
  body: Action['body'],
  epoch: string | null,
): string {
  const name = SECOND_WORD[decision]
  const second = name === undefined ? [] : [String(body[name])]
  const options = epoch === null ? NOTE : ['--epoch', epoch, ...NOTE]
  return commandLine(
    `payments ${PAYMENT_COMMANDS[decision] ?? decision}`,
    [operation, ...second],
    options,
  )
}
