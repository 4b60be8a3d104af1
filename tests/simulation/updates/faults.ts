/** The faults of one update on its way. `before` and `after` tell whether the platform carried it out by then. */
export const POST_FAULTS = [
  'connection_refused',
  'connection_timeout',
  'dns_failed',
  'reset_before',
  'reset_after',
  'silent_before',
  'silent_after',
  /** The request arrives 1 to 20 s late and is then answered. */
  'delayed',
  /** The request arrives 46 s or more after it was sent, when the client has given up. */
  'late_apply',
  /** The update is saved at once. The answer comes after 46 to 120 s, when the client has given up. */
  'stalled_after',
  'status_500_before',
  'status_502_before',
  'status_503_before',
  'status_504_before',
  'status_500_after',
  'status_502_after',
  'status_503_after',
  'status_504_after',
  'redirect_before',
  'status_400',
  'status_401',
  'status_403',
  'status_404',
  'status_413',
  'status_429',
  /** A gateway refuses a request that the platform applied. */
  'status_400_after',
  'status_404_after',
  'status_429_after',
  'batch_limit',
  'html_before',
  'html_after',
  'empty_after',
  'truncated_after',
  'too_large_after',
  'not_utf8_after',
  'wrong_type_after',
  'wrong_id_after',
  'missing_id_after',
  'number_id_after',
  'missing_item_after',
  'second_item_after',
  'bare_object_after',
  'other_transaction_after',
  /** The answer is -32603 with our id; the update was not saved, or saved. */
  'internal_error_before',
  'internal_error_after',
  /** -32603 from the lock of 4.2: another request saved first. */
  'lock_conflict',
  /** -32603 because the platform's ledger failed, within 30 s. */
  'ledger_unavailable',
  /** The custody service paid, then the platform failed with -32603 or with HTTP 500. */
  'paid_unsaved_error',
  'paid_unsaved_status',
] as const
export type PostFault = (typeof POST_FAULTS)[number]

/** The faults of a reading. */
export const GET_FAULTS = [
  'connection_refused',
  'reset',
  'silent',
  'delayed',
  'status_500',
  'status_503',
  'status_429',
  'status_403',
  'status_404',
  'html',
  'truncated',
] as const
export type GetFault = (typeof GET_FAULTS)[number]

export interface Weather {
  post(): PostFault | null
  get(): GetFault | null
  /** When the latest request arrives, 150 s by default. The service takes 180 s of silence as proof. */
  latestArrivalMs?: number | undefined
}

/** The faults in which no byte of the update leaves. */
export const NOT_SENT: ReadonlySet<PostFault | null> = new Set([
  'connection_refused',
  'connection_timeout',
  'dns_failed',
] as const)
