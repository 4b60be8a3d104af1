import type { RouteInput } from './route.ts'

export interface UpdateInput extends RouteInput {
  /** At least 40, the size of a batch. */
  transactions: readonly string[]
  /** A transaction that only the bare calls update. */
  bareTransaction: string
}

/** Times are milliseconds. */
export interface UpdateFigures {
  latency: {
    updateMs: number
    /** With an Idempotency-Key. */
    keyedMs: number
    /** The same GET and POST, sent to the platform directly. */
    bareMs: number
    /** The POST alone. */
    barePostMs: number
    roundTripMs: number
    /** The part of an update spent in database calls. */
    inDatabaseMs: number
    /** Database calls of one update, and of one with an Idempotency-Key. */
    databaseCalls: number
    keyedDatabaseCalls: number
  }
  batch: { batchMs: number; updateMs: number }
  /** The highest rate: each transaction's next update starts as soon as its last one is answered. */
  greatest: Load
  /** A steady rate; each update is timed from the moment it is due. */
  offered: Load
  /** Updates sent through the route, in all. */
  updates: number
  /** Updates that the database has as APPLIED. */
  recorded: number
  /** Updates that the platform applied, without the bare calls. */
  effects: number
}

export interface HeadStartInput extends RouteInput {
  /** One for each round. The rounds with and without the head start alternate. */
  transactions: readonly string[]
  /** The delay of every call of the database. */
  databaseLatencyMs: number
}

/** Median times of an update in milliseconds, with the head start and without it. */
export interface HeadStartFigures {
  with: HeadStartTimes
  without: HeadStartTimes
}

export interface HeadStartTimes {
  /** The first update of a transaction. */
  firstMs: number
  /** An update after one of our own. */
  followingMs: number
  /** An update after another client of the platform has changed the transaction. */
  changedMs: number
}

export interface Load {
  updates: number
  perSecond: number
  medianMs: number
  p99Ms: number
  /** Updates that were not answered as applied. */
  errors: number
  /** More than 3 if updates of one transaction overlap. */
  databaseCallsEach: number
  /** CPU time of the route's process alone. */
  cpuMsEach: number
}

export interface HintInput extends RouteInput {
  transactions: readonly string[]
}

/** What events of transactions that another writer saved bring, and when. */
export interface HintFigures {
  /** From the delivery to its answer, the median. */
  answeredMs: number
  /** From the delivery to the stored reading, one by one: the median, and the slowest. */
  storedMs: number
  slowestMs: number
  /** Until all are stored, where all are delivered at once. */
  stormMs: number
}

export interface EventsInput extends RouteInput {
  /** At least 200, five batches. With 200 updates a second and more than a second for each, 500 keep turns short. */
  transactions: readonly string[]
  /** Ten transactions that only the direct batch updates. */
  bareTransactions: readonly string[]
}

/** Updates before a platform that publishes events. */
export interface EventsFigures {
  /** 40 updates of 40 transactions in one request. */
  batchMs: number
  /** Ten updates in one request to the platform itself. */
  directTenMs: number
  offered: Load
}

export interface StoredInput extends RouteInput {
  transactions: readonly string[]
  /** `store` stores an update of each transaction, `settle` is a run of the settler, `observe` stores and sends them. */
  run: 'store' | 'settle' | 'observe'
}

/** One run over stored updates. */
export interface StoredFigures {
  applied: number
  durationMs: number
  cpuMs: number
  peakAboveIdleMb: number
  databaseCalls: number
}

/** The runs over stored updates before a platform that publishes events. */
export interface StoredRuns {
  settler: StoredFigures
  /** The settler looks for the updates that were applied a minute ago. */
  looks: StoredFigures & { count: number }
  observer: StoredFigures
}

export interface EmbeddedInput {
  platformUrl: string
  apiKey: string
  transactions: readonly string[]
  bareTransaction: string
}

/** Median times on the embedded database. */
export interface EmbeddedFigures {
  updateMs: number
  barePostMs: number
}

export interface LostAnswerInput extends RouteInput {
  /** One for each round: 15. */
  transactions: readonly string[]
}

/** Median times from an update whose answer is lost until the next update of its transaction is applied. */
export interface LostAnswerFigures {
  byLossMs: Record<string, number>
}
