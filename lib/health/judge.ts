import type { AttentionCounts } from '../attention/store.ts'
import type { OutboxHealth } from '../outbox/store.ts'
import type { BookHealth } from '../payments/books/store.ts'
import type { OpenMoney } from '../payments/open/store.ts'
import { isCatchingUp } from '../payments/open-list-store.ts'
import type { ObserverHealth } from '../payments/store.ts'
import { isOverdue, type ScheduledKind } from '../schedule/kinds.ts'
import type { ScheduledRun, ScheduledRuns } from '../schedule/store.ts'
import type { PlatformCheck } from '../updates/check-platform.ts'
import { LATE_UPDATE_SECONDS } from '../updates/result.ts'
import type { UpdateHealth } from '../updates/store-reads.ts'
import { HEALTH_REASONS, type HealthReasonCode, type Reason, reason } from './reasons.ts'

// Each function judges what was read for one check. None reads or writes anything. All times are by the clock of the database.

/** The observer runs every minute. After 10 minutes it has stopped or cannot keep up. */
const LATE_SECONDS = 10 * 60
/** A snapshot is taken once a day. After a day and a half one is missing. */
const LATE_BOOKS_SECONDS = 36 * 60 * 60
/** A side look is due every 55 minutes. */
const LATE_SIDE_LOOK_SECONDS = 2 * 60 * 60
/** A host that failed is tried again within 15 minutes. */
const LATE_WEBHOOK_SECONDS = 15 * 60
/** Money that came in waits for a person at once. After a day its customer has waited too long. */
const OPEN_TOO_LONG_SECONDS = 24 * 60 * 60

export interface HealthCheck {
  status: 'ok' | 'warning' | 'error'
  [figure: string]: unknown
}

/** A check, and everything that is wrong by it. */
export interface JudgedPart {
  check: HealthCheck
  reasons: Reason[]
}

const NOT_CONFIGURED: JudgedPart = {
  check: { status: 'ok', reason: 'not_configured' },
  reasons: [],
}

/** The check names the first of its reasons. */
function judged(reasons: Reason[], figures: object): JudgedPart {
  const [first] = reasons
  return first === undefined
    ? { check: { status: 'ok', ...figures }, reasons }
    : { check: { status: 'warning', reason: first.code, ...figures }, reasons }
}

export interface ConfiguredSecrets {
  access: { cronSecret: string | null; previousCronSecret: string | null; weakCronSecret: boolean }
  business: { apiKey: string | null; previousApiKey: string | null; weakApiKey: boolean }
  platform: object | null
}

/** Whether there is a secret by which an operator can prove to be one. */
export function hasSecret({
  cronSecret,
  previousCronSecret,
}: ConfiguredSecrets['access']): boolean {
  return cronSecret !== null || previousCronSecret !== null
}

/** @param querySecretCalls how many calls of the last day used the deprecated `?secret=`; null if it was not read */
export function judgeConfiguration(
  { access, business, platform }: ConfiguredSecrets,
  querySecretCalls: number | null,
): JudgedPart {
  const hasKey = business.apiKey !== null || business.previousApiKey !== null
  const found: Reason[] = []
  if (!hasSecret(access))
    found.push(reason('configuration', 'no_cron_secret', 'CRON_SECRET is not set.'))
  if (access.weakCronSecret) {
    found.push(reason('configuration', 'weak_cron_secret', 'CRON_SECRET is easily guessed.'))
  }
  if (platform !== null && !hasKey) {
    found.push(reason('configuration', 'no_business_api_key', 'BUSINESS_API_KEY is not set.'))
  }
  if (business.weakApiKey) {
    const what = 'BUSINESS_API_KEY is easily guessed.'
    found.push(reason('configuration', 'weak_business_api_key', what))
  }
  return judged(found, querySecretCalls === null ? {} : { querySecretCalls })
}

interface WatchSettings {
  kinds: readonly ScheduledKind[]
  maxDurationSeconds: number
}

/** Judges the syncs, which have a check of their own. */
export function judgeLastSync(read: ScheduledRuns, settings: WatchSettings): JudgedPart {
  const sync = read.runs.find(({ kind }) => kind === 'sync')
  const found = sync === undefined ? [] : reasonsOfRun('lastSync', sync, read.now, settings)
  if (found.length === 0 && sync?.endedAt === null) {
    return { check: { status: 'warning', reason: 'never' }, reasons: [] }
  }
  const finishedAt = sync?.endedAt ?? undefined
  return judged(found, finishedAt === undefined ? {} : { finishedAt })
}

/** Judges everything else that a scheduler starts. */
export function judgeSchedule(read: ScheduledRuns, settings: WatchSettings): JudgedPart {
  const runs = read.runs.filter(
    ({ kind }) => kind !== 'sync' && (settings.kinds as readonly string[]).includes(kind),
  )
  const found = runs.flatMap((run) => reasonsOfRun('schedule', run, read.now, settings))
  return judged(found, { runs })
}

function reasonsOfRun(
  check: 'lastSync' | 'schedule',
  run: ScheduledRun,
  now: string,
  { maxDurationSeconds }: WatchSettings,
): Reason[] {
  const { kind, endedAt, watchedSince, failure, failingSince, failuresInARow } = run
  const found: Reason[] = []
  if (failure !== null) {
    const times = failuresInARow === 1 ? '' : `, as the ${failuresInARow - 1} before`
    const what = `The last run of ${kind} ended with ${failure}${times}.`
    found.push(reason(check, 'failed', what, failingSince))
  }
  const since = endedAt ?? watchedSince
  if (isOverdue(run, now, maxDurationSeconds)) {
    const ended = endedAt === null ? 'has never ended' : `ended last at ${endedAt}`
    found.push(reason(check, 'overdue', `A run of ${kind} is overdue: it ${ended}.`, since))
  }
  return found
}

export function judgeUnsettled(read: UpdateHealth): JudgedPart {
  const { ready, sending, unknown, manual, wentBack, now, oldestReadyAt, oldestUnknownAt } = read
  const since = [oldestReadyAt, oldestUnknownAt].filter((time) => time !== null).sort()[0]
  const found: Reason[] = []
  if (wentBack > 0) {
    const what = `The Anchor Platform went back, and ${counted(wentBack, 'update')} may be lost.`
    found.push(reason('unsettled', 'platform_went_back', what))
  }
  if (manual > wentBack) {
    const what = `${counted(manual, 'update')} can be decided by a person only.`
    found.push(reason('unsettled', 'needs_a_person', what, read.oldestManualAt))
  }
  const isLate = since !== undefined && secondsBetween(since, now) > LATE_UPDATE_SECONDS
  if (isLate) {
    const what = 'An update has been open for more than an hour.'
    found.push(reason('unsettled', 'late', what, since))
  }
  const figures = { ready, sending, unknown, manual, wentBack, ...(isLate && { since }) }
  return judged(found, figures)
}

export function judgeObserver(
  config: {
    observer: { accounts: readonly string[] }
    ledger: { source: 'horizon' | 'rpc'; sideUrl: string | null } | null
    platform: object | null
  },
  read: ObserverHealth | null,
  books: BookHealth | null,
): JudgedPart {
  const { observer, ledger, platform } = config
  if (read === null || books === null || ledger === null) return NOT_CONFIGURED
  const catchesUp = platform !== null && isCatchingUp(read.openLists)
  const found: Reason[] = []
  const accounts = observer.accounts.map((account) => {
    const observed = read.accounts.find(
      (one) => one.account === account && one.source === ledger.source,
    )
    const wrong = reasonOfAccount(account, observed, catchesUp, read.now)
    if (wrong !== null) found.push(wrong)
    if (observed === undefined) return { account, reason: 'never_observed' }
    const lagSeconds = nullableSeconds(observed.completeUntil, read.now)
    return { ...observed, lagSeconds, reason: observed.alarm?.code ?? wrong?.code ?? null }
  })
  found.push(
    ...reasonsOfBooks(books, read.now),
    ...reasonsOfUnlisted(read.unlisted),
    ...reasonsOfSide(ledger, accounts, read.now),
  )
  const { unlisted, openLists } = read
  const sideLooks = { seen: ledger.sideUrl !== null }
  const { check, reasons } = judged(found, { unlisted, openLists, sideLooks, books, accounts })
  // The check names the alarm itself.
  const shown = accounts.find((account) => account.reason !== null)?.reason
  return { check: { ...check, ...(shown != null && { reason: shown }) }, reasons }
}

function reasonOfAccount(
  account: string,
  observed: ObserverHealth['accounts'][number] | undefined,
  catchesUp: boolean,
  now: string,
): Reason | null {
  if (observed?.alarm) {
    const { code, message, since } = observed.alarm
    return reason(
      'observer',
      'alarm',
      `The observer of ${account} stopped (${code}): ${message}`,
      since,
    )
  }
  if (observed === undefined || observed.observedAt === null) {
    return reason('observer', 'never_observed', `${account} was never observed.`)
  }
  if (catchesUp) {
    return reason('observer', 'catching_up', 'The open transactions were not all read yet.')
  }
  const lagSeconds = nullableSeconds(observed.completeUntil, now)
  if (lagSeconds !== null && lagSeconds <= LATE_SECONDS) return null
  const behind = lagSeconds === null ? 'was not read to its end yet' : `is ${lagSeconds} s behind`
  return reason('observer', 'late', `${account} ${behind}.`, observed.completeUntil)
}

/** A difference that nobody explained, or books that stand still. A fault of theirs holds up no payment. */
function reasonsOfBooks({ differences, accounts }: BookHealth, now: string): Reason[] {
  const late = accounts.filter(
    ({ snapshotAt }) => (nullableSeconds(snapshotAt, now) ?? Infinity) > LATE_BOOKS_SECONDS,
  )
  return [
    ...(differences > 0
      ? [
          reason(
            'observer',
            'reconciliation_difference',
            `The books of ${counted(differences, 'period')} do not agree with the balances.`,
          ),
        ]
      : []),
    ...late.map(({ account, snapshotAt }) =>
      reason('observer', 'books_late', `The books of ${account} stand still.`, snapshotAt),
    ),
  ]
}

function reasonsOfUnlisted(unlisted: ObserverHealth['unlisted']): Reason[] {
  const [oldest] = unlisted.toSorted((a, b) => a.since.localeCompare(b.since))
  if (oldest === undefined) return []
  const places = counted(unlisted.length, 'place')
  const what = `In ${places} the platform does not show transactions that await a payment.`
  return [reason('observer', 'transactions_unlisted', what, oldest.since)]
}

/** Why claimable balances and clawbacks are not seen. */
function reasonsOfSide(
  { sideUrl }: { sideUrl: string | null },
  accounts: readonly {
    account: string
    sideLook?: ObserverHealth['accounts'][number]['sideLook']
  }[],
  now: string,
): Reason[] {
  if (sideUrl === null) {
    const what = 'Claimable balances and clawbacks are not seen.'
    return [reason('observer', 'claimable_balances_unseen', what)]
  }
  return accounts.flatMap(({ account, sideLook }) => {
    if (sideLook == null) return []
    const { failure, beganAt, lookedAt } = sideLook
    if (failure !== null) {
      const what = `Claimable balances of ${account} cannot be read: ${failure.message}`
      return [reason('observer', 'side_look_failed', what, failure.since)]
    }
    const since = lookedAt ?? beganAt
    if (secondsBetween(since, now) <= LATE_SIDE_LOOK_SECONDS) return []
    const what = `Claimable balances of ${account} were not read for two hours.`
    return [reason('observer', 'side_look_late', what, since)]
  })
}

/** Judges money that came in and belongs to nobody. */
export function judgeOpenMoney(read: OpenMoney | null, now: string): JudgedPart {
  if (read === null) return NOT_CONFIGURED
  const { payments, oldestSince, isWhole, ...figures } = read
  if (payments === 0) return { check: { status: 'ok', payments }, reasons: [] }
  const isOld = oldestSince !== null && secondsBetween(oldestSince, now) > OPEN_TOO_LONG_SECONDS
  const what = `${isWhole ? '' : 'More than '}${counted(payments, 'payment')} came in and ${payments === 1 && isWhole ? 'belongs' : 'belong'} to nobody${isOld ? `, the oldest since ${oldestSince}` : ''}.`
  const found = reason(
    'openMoney',
    isOld ? 'open_too_long' : 'waits_for_a_person',
    what,
    oldestSince,
  )
  return judged([found], { payments, isWhole, oldestSince, ...figures })
}

/** Judges what people have to decide about anchors. A held identity counts by itself after a day, so it is shown only. */
export function judgeAnchors({
  anchor_held: held,
  anchor_flapping: flapping,
}: Pick<AttentionCounts, 'anchor_held' | 'anchor_flapping'>): JudgedPart {
  const what = `${counted(flapping, 'anchor')} went out of service and back too often.`
  return judged(flapping > 0 ? [reason('anchors', 'flapping', what)] : [], { held, flapping })
}

/** Events only make readings earlier, so nothing about them is a fault. */
export function judgeEvents(
  read: { lastEventAt: string | null; waiting: number } | null,
): JudgedPart {
  if (read === null) return NOT_CONFIGURED
  const { lastEventAt, waiting } = read
  return judged([], { ...(lastEventAt === null && { reason: 'never' }), lastEventAt, waiting })
}

/** Judges whether the webhooks get their events. */
export function judgeWebhooks(read: OutboxHealth | null): JudgedPart {
  if (read === null) return NOT_CONFIGURED
  const { parked, endpoints, now } = read
  const found = endpoints.flatMap(({ host, failingSince, failure }) => {
    if (failingSince === null || secondsBetween(failingSince, now) <= LATE_WEBHOOK_SECONDS)
      return []
    return [reason('webhooks', 'failing', `${host} takes no event (${failure}).`, failingSince)]
  })
  if (parked > 0)
    found.push(
      reason(
        'webhooks',
        'parked',
        `${counted(parked, 'event')} ${parked === 1 ? 'was' : 'were'} given up.`,
      ),
    )
  return judged(found, { parked, endpoints })
}

/**
 * Judges the access to the Anchor Platform. `error`: every update waits until somebody sets what `message` names. `warning`:
 * the platform cannot be read now.
 */
export function judgePlatform(read: PlatformCheck | null): JudgedPart {
  if (read === null) return NOT_CONFIGURED
  const { problem, release } = read
  const figures = release === null ? {} : { ...release }
  if (problem === null) return judged([], figures)
  const { code, reason: message } = problem
  const status = code === 'unreachable' ? 'warning' : 'error'
  const known =
    code in HEALTH_REASONS.platform
      ? (code as HealthReasonCode<'platform'>)
      : 'configuration_invalid'
  return {
    check: { status, reason: code, message, ...figures },
    reasons: [reason('platform', known, `${message.replace(/[.!]?$/, '')}.`)],
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function secondsBetween(since: string, now: string): number {
  return Math.max(0, Math.round((Date.parse(now) - Date.parse(since)) / 1000))
}

function nullableSeconds(since: string | null, now: string): number | null {
  return since === null ? null : secondsBetween(since, now)
}
