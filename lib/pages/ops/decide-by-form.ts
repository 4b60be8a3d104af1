import * as z from 'zod'
import { anchorParameters, decideAnchorByPerson } from '../../anchors/decide.ts'
import type { Caller } from '../../caller.ts'
import { AppError } from '../../errors.ts'
import { readNoted } from '../../events/read-noted.ts'
import { replay, replayParameters } from '../../outbox/replay.ts'
import { decideBooksByPerson } from '../../payments/books/decide.ts'
import { observeOnSchedule } from '../../payments/observe.ts'
import { NOTE } from '../../payments/open/actions.ts'
import { decidePaymentByPerson } from '../../payments/open/decide.ts'
import { paymentParameters } from '../../payments/open/show.ts'
import { restartParameters } from '../../payments/restart.ts'
import { attemptParameters, decide } from '../../updates/decide.ts'
import { settleOnSchedule } from '../../updates/settle.ts'
import { isForcible } from './decision-form.ts'
import type { Session } from './session.ts'

export type DecideDeps = Parameters<typeof decide>[3] &
  Parameters<typeof decidePaymentByPerson>[3] &
  Parameters<typeof decideBooksByPerson>[2] &
  Parameters<typeof decideAnchorByPerson>[3] &
  Parameters<typeof observeOnSchedule>[2] &
  Parameters<typeof settleOnSchedule>[0] &
  Parameters<typeof readNoted>[0] &
  Parameters<typeof replay>[2]

const NAME = z.string().regex(/^[a-z_]{1,32}$/)

export const decisionFormParameters = z.looseObject({
  csrf: z.string().max(100).default(''),
  target: z.string().max(600),
  action: NAME,
  note: z.string().max(1_000).optional(),
  force: z.literal('true').optional(),
  transaction_id: z.string().max(300).optional(),
  stellar_transaction_id: z.string().max(300).optional(),
})
/** The fields of a form, as the browser sent them. */
export type Given = z.output<typeof decisionFormParameters>

/** The body of the call that the action describes, with what the person filled in. */
function bodyOf(given: Given): Record<string, unknown> {
  const shown = shownBody(given)
  if (shown === null) throw unknownTarget(given)
  const { note, transaction_id, stellar_transaction_id, force } = given
  const filled = { note, transaction_id, stellar_transaction_id }
  const own = Object.entries(filled).filter(([key]) => key in shown)
  const { note: said, ...body } = { ...shown, ...Object.fromEntries(own) }
  return {
    ...body,
    // The words that stand in the body of the API's example are nobody's note.
    ...(said !== undefined && said !== NOTE && { note: said }),
    ...(force !== undefined && isForcible(body['decision']) && { force: true }),
  }
}

/** The body that the page showed for the action; null for none. */
export function shownBody(given: Given): Record<string, unknown> | null {
  const text = given[`body_${given.action}`]
  try {
    return (
      z.record(z.string(), z.unknown()).safeParse(JSON.parse(typeof text === 'string' ? text : ''))
        .data ?? null
    )
  } catch {
    return null
  }
}

function unknownTarget({ target }: Given): AppError {
  return new AppError('invalid_parameter', [
    {
      path: 'target',
      what: `target is "${target.slice(0, 100)}"`,
      place: 'body',
      allowed: 'a form of /ops as it is shown',
    },
  ])
}

const PATHS = {
  attempt: new URLPattern({ pathname: '/api/transactions/:id/attempts/:attemptId' }),
  anchor: new URLPattern({ pathname: '/api/anchors/:domain/decisions' }),
  books: new URLPattern({ pathname: '/api/payments/reconciliation' }),
  observer: new URLPattern({ pathname: '/api/payments/observe' }),
  settler: new URLPattern({ pathname: '/api/transactions/settle' }),
  event: new URLPattern({ pathname: '/api/events/:id/replay' }),
  payment: new URLPattern({ pathname: '/api/payments/:operationId' }),
}

/**
 * Does what a form of the page asks for, by the function that its route calls, with the rights of the session.
 *
 * @throws AppError `forbidden`, `invalid_parameter` and what the function throws
 */
export async function decideByForm(
  given: Given,
  session: Session,
  deps: DecideDeps,
): Promise<void> {
  const url = URL.parse(given.target, 'https://ops.invalid')
  const kind = (Object.keys(PATHS) as (keyof typeof PATHS)[]).find(
    (name) => url !== null && PATHS[name].test(url),
  )
  const isOwn = url?.origin === 'https://ops.invalid'
  if (url === null || kind === undefined || !isOwn) throw unknownTarget(given)
  const groups = PATHS[kind].exec(url)?.pathname.groups ?? {}
  const named = { ...Object.fromEntries(url.searchParams), ...decodedGroups(groups, given) }
  const body = bodyOf(given)
  switch (kind) {
    case 'observer': {
      const read = restartParameters.safeParse(body)
      if (!read.success) throw unknownTarget(given)
      await observeOnSchedule(read.data, operatorOf(session), deps)
      return
    }
    case 'settler':
      operatorOf(session)
      await readNoted(deps)
      await settleOnSchedule(deps)
      return
    case 'books':
      await decideBooksByPerson(body, deciderOf(session), deps)
      return
    case 'event':
      await replay(read(replayParameters, named, given), deciderOf(session), deps)
      return
    case 'attempt':
      await decide(read(attemptParameters, named, given), body, deciderOf(session), deps)
      return
    case 'payment':
      await decidePaymentByPerson(
        read(paymentParameters, named, given),
        body,
        deciderOf(session),
        deps,
      )
      return
    case 'anchor':
      await decideAnchorByPerson(
        read(anchorParameters, named, given),
        body,
        deciderOf(session),
        deps,
      )
  }
}

function read<S extends z.ZodType>(schema: S, values: object, given: Given): z.output<S> {
  const result = schema.safeParse(values)
  if (result.success) return result.data
  throw unknownTarget(given)
}

function decodedGroups(
  groups: Record<string, string | undefined>,
  given: Given,
): Record<string, string> {
  try {
    const named = Object.entries(groups)
    return Object.fromEntries(named.map(([name, value = '']) => [name, decodeURIComponent(value)]))
  } catch {
    throw unknownTarget(given)
  }
}

function operatorOf({ operator }: Session): Caller {
  if (operator !== null) return operator
  throw new AppError('forbidden', 'The key may not do this; allowed: CRON_SECRET.')
}

function deciderOf({ business }: Session): Caller {
  if (business?.rights.has('decide')) return business
  throw new AppError(
    'forbidden',
    `The key ${business?.keyName ?? 'of the scheduler'} may not decide; allowed: a key with the scope decide.`,
  )
}
