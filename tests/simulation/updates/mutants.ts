import type { Database } from '../../../lib/db/client.ts'
import type { OwnFetch } from '../../../lib/net/fetch-own.ts'
import type { PlatformApi } from '../../../lib/platform/client.ts'
import type { PlatformTransaction } from '../../../lib/platform/transaction.ts'
import { type Args, changingArguments } from '../mutant.ts'
import type { Mutant } from './world.ts'

/** Rules of the shipped code and assumptions about the network, each broken in one way. The simulation notices all. */
export const MUTANTS: Readonly<Record<string, () => Mutant>> = {
  'an internal error (-32603) counts as not sent': () => ({
    platform: (platform) => ({
      ...platform,
      send: async (update) => {
        const reply = await platform.send(update)
        return reply.kind === 'error' && reply.code === -32603
          ? { kind: 'not_sent', code: 'unreachable', reason: reply.message }
          : reply
      },
    }),
  }),
  'a timeout counts as failed': () => ({
    platform: (platform) => ({
      ...platform,
      send: async (update) => {
        const reply = await platform.send(update)
        return reply.kind === 'unclear'
          ? { kind: 'refused', status: 500, reason: reply.reason, retryAfterMs: null }
          : reply
      },
    }),
  }),
  'an unclear answer counts as applied': () => ({
    platform: (platform) => ({
      ...platform,
      send: async (update) => {
        const reply = await platform.send(update)
        const transaction = await platform
          .getTransaction(String(update.params['transaction_id']))
          .catch(() => null)
        return reply.kind === 'unclear' && transaction !== null
          ? { kind: 'result', transaction }
          : reply
      },
    }),
  }),
  'an update is sent again at once': () => ({ platform: sendingAgain }),
  'a proxy sends a request again': () => ({ fetch: repeating }),
  'SENDING is stored after the request went out': () => ({ database: startingLate }),
  'silence is proof before 180 s': () => ({ database: impatient }),
  'custody money is sent like any update': () => ({ database: custodyBlind }),
  'a reading from before another update counts': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) => {
        if (functionName === 'begin_updates') return startingNothing(args)
        return functionName === 'start_sending' ? { ...args, transaction: null } : args
      }),
  }),
  'an event that comes while its transaction is read is forgotten': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'end_noted_events' ? endingWhateverCame(args) : args,
      ),
  }),
  'an earlier state of the platform never counts': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'start_sending' || functionName === 'store_transactions'
          ? { ...args, earlier: [] }
          : args,
      ),
  }),
  'what the platform no longer shows after it went back is not looked for': () => ({
    database: (db) => ({
      call: async <T>(functionName: string, args: Args) => {
        const answer = await db.call<Args>(functionName, args)
        const wentBack = answer['wentBack'] as Args[] | undefined
        return (wentBack?.length ? { ...answer, lookFor: [] } : answer) as T
      },
    }),
  }),
  'an idempotency key is not stored': () => ({
    database: (db) => ({
      call: async <T>(functionName: string, args: Args) => {
        if (functionName === 'finish_request')
          return { finished: true, answer: args['answer'] } as T
        const isStoring = functionName === 'begin_updates'
        return db.call<T>(functionName, isStoring ? { ...args, key: null, holder: null } : args)
      },
    }),
  }),
  'a request whose answer was lost is another request when it is asked again': () => ({
    database: (db) => {
      let calls = 0
      return changingArguments(db, (functionName, args) => {
        if (functionName !== 'begin_updates' || args['holder'] !== null) return args
        calls += 1
        // With a holder, an equal update that waits does not stand for this one.
        return { ...args, key: `${args['key']}, call ${calls}`, holder: crypto.randomUUID() }
      })
    },
  }),
  'a refusal by HTTP status counts without a reading': () => ({ platform: credulous }),
  'an applied update is not looked for again': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'record_outcome' && args['to'] === 'APPLIED'
          ? { ...args, settleInSeconds: null }
          : args,
      ),
  }),
  'the look for an update ends with the send of the next one, made or not': () => ({
    database: (db) => ({
      call: async <T>(functionName: string, args: Args) => {
        const answer = await db.call<Args>(functionName, args)
        if (functionName !== 'start_sending' || answer['started'] !== true) return answer as T
        await forgetLooks(db, answer['lookFor'] as Args[])
        return answer as T
      },
    }),
  }),
  'an operation is not claimed': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'start_sending' ? { ...args, claim: null } : args,
      ),
  }),
  'a repeat of a method that counts is taken for harmless': () => ({ database: repeatingAll }),
  'a change by somebody else counts as proof': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'record_outcome' && args['to'] === 'MANUAL'
          ? { ...args, to: 'APPLIED', settleInSeconds: null }
          : args,
      ),
  }),
  'an expired update is sent': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'begin_updates'
          ? {
              ...args,
              updates: (args['updates'] as Args[]).map((item) => ({
                ...item,
                expiresInSeconds: null,
              })),
            }
          : args,
      ),
  }),
  'a withdrawn update is sent': () => ({
    database: (db) => ({
      call: async <T>(functionName: string, args: Args) =>
        functionName === 'decide_attempt' && args['decision'] === 'withdrawn'
          ? ({ decided: true, state: 'WITHDRAWN', decision: null } as T)
          : db.call<T>(functionName, args),
    }),
  }),
  'the Stellar transaction is no natural key': () => ({
    database: (db) =>
      changingArguments(db, (functionName, args) =>
        functionName === 'begin_updates'
          ? {
              ...args,
              updates: (args['updates'] as Args[]).map((item) => ({ ...item, naturalKey: null })),
            }
          : args,
      ),
  }),
}

/** Rules that a random history seldom needs. The fault matrix has a history for each. */
export const RARE_MUTANTS = {
  'a request arrives up to 10 min late': { latestArrivalMs: 600_000 },
  'an update behind a repeat is stored without the key of its request': {
    database: (db) =>
      changingArguments(db, (functionName, args) => {
        if (functionName !== 'begin_updates') return args
        const [first, ...others] = args['updates'] as Args[]
        const isLater = others.length === 0 && first !== undefined && Number(first['index']) > 0
        return isLater ? { ...args, key: null, holder: null } : args
      }),
  },
  'the time since a send comes from the clock of the process': {
    database: (db, now) => ({
      call: async <T>(functionName: string, args: Args) => {
        const answer = await db.call<Args>(functionName, args)
        if (functionName !== 'claim_unsettled') return answer as T
        const attempts = (answer['attempts'] as Args[]).map((attempt) => {
          const sentAt = Date.parse(String(attempt['sentAt']))
          const seconds = Math.max(0, Math.floor((now().getTime() - sentAt) / 1_000))
          return { ...attempt, secondsSinceSent: Number.isNaN(seconds) ? null : seconds }
        })
        return { attempts } as T
      },
    }),
  },
} as const satisfies Readonly<Record<string, Mutant>>

/** Stores updates without an rpc id, so that none is stored as SENDING. */
function startingNothing(args: Args): Args {
  const items = (args['updates'] as Args[]).map((item) => ({ ...item, rpcId: null }))
  return { ...args, updates: items }
}

/** Ends looks as if they had been made. */
async function forgetLooks(db: Database, attempts: readonly Args[]): Promise<void> {
  for (const { attemptId, rpcId, settleAt: lookAt } of attempts) {
    const same = { from: 'APPLIED', to: 'APPLIED', outcome: null, transaction: null }
    await db.call('record_outcome', { attemptId, rpcId, ...same, settleInSeconds: null, lookAt })
  }
}

/** Sends what would be left to a person again, as if a repeat changed nothing. */
function repeatingAll(db: Database): Database {
  const repeatable = new Set<string>()
  return {
    call: async <T>(functionName: string, given: Args): Promise<T> => {
      const isLeft = functionName === 'record_outcome' && given['to'] === 'MANUAL'
      const isRepeated = isLeft && repeatable.has(String(given['attemptId']))
      const args = isRepeated ? { ...given, to: 'READY' } : given
      const answer = await db.call<Args>(functionName, args)
      if (functionName !== 'claim_unsettled') return answer as T
      for (const { attemptId, custody, tries } of answer['attempts'] as Args[]) {
        if (custody === false && Number(tries) < 3) repeatable.add(String(attemptId))
        else repeatable.delete(String(attemptId))
      }
      return answer as T
    },
  }
}

function sendingAgain(platform: PlatformApi): PlatformApi {
  return {
    ...platform,
    send: async (update) => {
      const reply = await platform.send(update)
      return reply.kind === 'unclear' ? platform.send(update) : reply
    },
  }
}

/** Shows after a refusal by HTTP status what was read before the send. */
function credulous(platform: PlatformApi): PlatformApi {
  const readBefore = new Map<string, PlatformTransaction | null>()
  const refused = new Set<string>()
  return {
    ...platform,
    send: async (update) => {
      const reply = await platform.send(update)
      if (reply.kind === 'refused') refused.add(String(update.params['transaction_id']))
      return reply
    },
    getTransaction: async (id) => {
      const before = readBefore.get(id)
      if (refused.delete(id) && before !== undefined) return before
      const transaction = await platform.getTransaction(id)
      readBefore.set(id, transaction)
      return transaction
    },
  }
}

function repeating(fetch: OwnFetch): OwnFetch {
  return async (path, request) => {
    if (request.method === 'GET') return fetch(path, request)
    try {
      const answer = await fetch(path, request)
      return answer.status >= 500 ? await fetch(path, request) : answer
    } catch {
      return fetch(path, request)
    }
  }
}

/** Answers that an attempt is SENDING, and stores that only with its outcome. */
function startingLate(db: Database): Database {
  const starts = new Map<string, Args>()
  return {
    call: async <T>(functionName: string, args: Args): Promise<T> => {
      const id = String(args['attemptId'])
      if (functionName === 'begin_updates') return db.call(functionName, startingNothing(args))
      if (functionName === 'start_sending') {
        starts.set(id, args)
        return {
          started: true,
          tries: 1,
          ledger: null,
          lookFor: [],
          earlier: [],
          wentBack: [],
        } as T
      }
      const start = starts.get(id)
      if (functionName === 'record_outcome' && args['from'] === 'SENDING' && start) {
        await db.call('start_sending', start)
      }
      return db.call(functionName, args)
    },
  }
}

function impatient(db: Database): Database {
  return {
    call: async <T>(functionName: string, args: Args): Promise<T> => {
      if (functionName === 'record_outcome' && args['to'] === 'UNKNOWN') {
        return db.call(functionName, { ...args, settleInSeconds: null })
      }
      const answer = await db.call<Args>(functionName, args)
      if (functionName !== 'claim_unsettled') return answer as T
      const attempts = (answer['attempts'] as Args[]).map((attempt) => ({
        ...attempt,
        secondsSinceSent: attempt['secondsSinceSent'] === null ? null : 1_000,
      }))
      return { attempts } as T
    },
  }
}

/** Stores every update as one that does not pay. */
function custodyBlind(db: Database): Database {
  return changingArguments(db, (functionName, args) =>
    functionName === 'begin_updates'
      ? {
          ...args,
          updates: (args['updates'] as Args[]).map((item) => ({ ...item, custody: false })),
        }
      : args,
  )
}

/** Ends each reading for any number of events that may have come. */
function endingWhateverCame(args: Args): Args {
  const counts = Array.from({ length: 20 }, (_, place) => place + 1)
  const readings = (args['readings'] as Args[]).flatMap((reading) =>
    counts.map((events) => ({ ...reading, events })),
  )
  return { ...args, readings }
}
