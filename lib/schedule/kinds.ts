/** What a scheduler starts, as often as `vercel.json` says. A test holds the two together. */
export const SCHEDULE = {
  sync: { path: '/api/anchors/ops?action=sync', everySeconds: 6 * 60 * 60 },
  check: { path: '/api/anchors/check', everySeconds: 10 * 60 },
  discover: { path: '/api/anchors/discover', everySeconds: 60 * 60 },
  settle: { path: '/api/transactions/settle', everySeconds: 60 },
  observe: { path: '/api/payments/observe', everySeconds: 60 },
  deliver: { path: '/api/events/deliver', everySeconds: 60 },
} as const

export type ScheduledKind = keyof typeof SCHEDULE

export const SCHEDULED_KINDS = Object.keys(SCHEDULE) as ScheduledKind[]

/**
 * After how many seconds without an end of a run its kind is overdue. Runs that take all of their time end a period and a run
 * apart; twice that is a call that never came, or a run that died.
 *
 * @param maxDurationSeconds how long a run may take
 */
export function overdueAfterSeconds(kind: ScheduledKind, maxDurationSeconds: number): number {
  return 2 * (SCHEDULE[kind].everySeconds + maxDurationSeconds)
}

/** Whether a kind is overdue at `now`: no run of it has ended for too long. */
export function isOverdue(
  run: { kind: ScheduledKind; endedAt: string | null; watchedSince: string },
  now: string,
  maxDurationSeconds: number,
): boolean {
  const since = Date.parse(run.endedAt ?? run.watchedSince)
  return Date.parse(now) - since > overdueAfterSeconds(run.kind, maxDurationSeconds) * 1_000
}

/**
 * The work that a scheduler must start. `settle` without a platform, `observe` without accounts and `deliver` without a webhook
 * have nothing to do.
 */
export function kindsToRun(config: {
  platform: object | null
  observer: { accounts: readonly string[] }
  webhooks: { urls: readonly string[]; alertUrl: string | null }
}): ScheduledKind[] {
  return [
    'sync',
    'check',
    'discover',
    ...(config.platform === null ? [] : (['settle'] as const)),
    ...(config.observer.accounts.length === 0 ? [] : (['observe'] as const)),
    ...(config.webhooks.urls.length === 0 && config.webhooks.alertUrl === null
      ? []
      : (['deliver'] as const)),
  ]
}
