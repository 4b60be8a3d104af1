/**
 * What may be wrong with a deployment, by the check that finds it, and what a person does about it. `docs/health.md` has a
 * heading for each, and a test holds the two together.
 */
export const HEALTH_REASONS = {
  database: {
    not_configured: 'Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY, and deploy again.',
    unavailable:
      'Look at the state of the database; the log line health_database_failed has its error.',
  },
  configuration: {
    no_cron_secret:
      'Set CRON_SECRET to at least 16 random characters: without it the scheduler is refused, and nobody sees more of this answer.',
    weak_cron_secret: 'Set CRON_SECRET to at least 16 random characters.',
    no_business_api_key:
      'Set BUSINESS_API_KEY: an Anchor Platform is configured, and without a key nobody may update its transactions.',
    weak_business_api_key: 'Set BUSINESS_API_KEY to at least 16 random characters.',
  },
  lastSync: {
    failed:
      'Read the error in the answer or the log of that call. Known anchors were checked all the same if a source failed.',
    overdue:
      'See that the scheduler calls GET /api/anchors/ops?action=sync with CRON_SECRET, and that its calls end in time.',
  },
  schedule: {
    failed:
      'Read the line request_failed of that call in the log; docs/errors.md says what each code means.',
    overdue:
      'See that the scheduler calls the route with CRON_SECRET, and that its calls end in time.',
  },
  unsettled: {
    needs_a_person: 'GET /api/attention lists them with what may be decided.',
    platform_went_back:
      'Its database was restored or another program wrote over it: GET /api/attention lists the updates that were lost.',
    late: 'GET /api/attention says why each is open; see that the scheduler calls /api/transactions/settle.',
  },
  observer: {
    alarm: 'Payments of the account are not read on. End the cause, or restart the account.',
    never_observed: 'See that the scheduler calls /api/payments/observe.',
    catching_up:
      'Nothing is credited until the open transactions of the platform were all read. It ends by itself.',
    late: 'See that the scheduler calls /api/payments/observe, and whether the ledger source answers.',
    transactions_unlisted:
      'Mend the transaction at the platform, such as its asset in the configuration.',
    claimable_balances_unseen:
      'Set STELLAR_HORIZON_URL to a Horizon of the ledger that STELLAR_RPC_URL shows.',
    side_look_failed:
      'See whether Horizon answers: claimable balances and clawbacks are not seen meanwhile.',
    side_look_late:
      'See that /api/payments/observe has the time to end: claimable balances are read last.',
    reconciliation_difference:
      'Find the movement that is missing; GET /api/attention lists the difference.',
    books_late:
      'See the line books_not_kept in the log: no snapshot of the balances was taken for a day and a half.',
  },
  openMoney: {
    waits_for_a_person: 'GET /api/attention lists the payments with what may be decided.',
    open_too_long: 'A customer waits for it: decide each payment that GET /api/attention lists.',
  },
  anchors: {
    flapping: 'GET /api/attention lists them: say forget, enable or disable.',
  },
  platform: {
    unreachable:
      'See whether the Anchor Platform runs and whether this deployment reaches it. Updates wait meanwhile.',
    credential_refused: 'Set the same credential at the platform and here. Updates wait meanwhile.',
    unprotected: 'Let the platform demand a credential. Updates wait meanwhile.',
    release_unknown:
      'Set ANCHOR_PLATFORM_VERSION to the release of the platform. Updates wait meanwhile.',
    release_mismatch: 'Correct ANCHOR_PLATFORM_VERSION, or set it to auto.',
    configuration_invalid:
      'Correct the settings of the platform; the log line platform_check_failed has the error.',
  },
  webhooks: {
    failing:
      'See whether the host runs: it gets its events within 15 minutes of its return, and nothing is given up for 3 days.',
    parked: 'GET /api/events?parked=true lists them; POST /api/events/{id}/replay sends one again.',
  },
} as const

export type HealthReasonCode<C extends keyof typeof HEALTH_REASONS> =
  keyof (typeof HEALTH_REASONS)[C] & string

/** Something that is wrong, with what to do about it. */
export interface Reason {
  check: string
  code: string
  /** What was found, and what a person does. */
  message: string
  docs: string
  since?: string
}

/** @param what a sentence that says what was found */
export function reason<C extends keyof typeof HEALTH_REASONS>(
  check: C,
  code: HealthReasonCode<C>,
  what: string,
  since?: string | null,
): Reason {
  const todo = (HEALTH_REASONS[check] as Record<string, string>)[code]
  return {
    check,
    code,
    message: `${what} ${todo}`,
    docs: `docs/health.md#${headingOf(check, code)}`,
    ...(since == null ? {} : { since }),
  }
}

/** The anchor of the heading `check: code`, as GitHub makes it. */
export function headingOf(check: string, code: string): string {
  return `${check}-${code}`.toLowerCase()
}
