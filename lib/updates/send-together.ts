import type { Database } from '../db/client.ts'
import { isAnswerLost } from '../db/errors.ts'

type Args = Record<string, unknown>

/** A call that waits for its answer. */
interface Waiting {
  args: Args
  resolve: (answer: unknown) => void
  reject: (error: unknown) => void
}

/** Locking the names of 50 attempts holds up a caller with an update of one of them for about 50 ms. */
const MOST = 50

/**
 * A database that begins and ends many sends in one step. A call goes out at once; what comes while it is under way goes out
 * together after it. So nothing waits while there is little to do. 1,000 credits take 100 calls instead of 2,000, each
 * send is still SENDING before its request leaves, and each outcome is stored before its caller goes on.
 *
 * A call that PostgreSQL has undone is repeated for each of its sends alone, so one that fails holds up no other. If the
 * answer is lost, every one of its sends hears of it, as it does of the lost answer to a call of its own.
 */
export function sendingTogether(db: Database): Database {
  const start = gather(db, {
    single: 'start_sending',
    many: 'start_sendings',
    argsOf: (all) => ({
      sends: all.map(({ liveSeconds: _, ...send }) => send),
      liveSeconds: all[0]?.['liveSeconds'],
    }),
    answersOf: ({ started }) => started,
  })
  const end = gather(db, {
    single: 'record_outcome',
    many: 'record_outcomes',
    argsOf: (outcomes) => ({ outcomes }),
    answersOf: ({ recorded }) => recorded,
  })
  return {
    call: <T>(name: string, args: Args): Promise<T> => {
      if (name === 'start_sending' && args['transaction'] !== null) return start(args) as Promise<T>
      if (name === 'record_outcome' && isApplied(args)) return end(args) as Promise<T>
      return db.call<T>(name, args)
    },
  }
}

const isApplied = ({ from, to, transaction }: Args) =>
  from === 'SENDING' && to === 'APPLIED' && transaction !== null

interface Together {
  single: string
  many: string
  argsOf: (all: readonly Args[]) => Args
  answersOf: (answer: Args) => unknown
}

function gather(db: Database, { single, many, argsOf, answersOf }: Together) {
  let waiting: Waiting[] = []
  let isBusy = false

  async function alone({ args, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await db.call(single, args))
    } catch (error) {
      reject(error)
    }
  }

  async function together(calls: readonly Waiting[]): Promise<void> {
    let answers: unknown
    try {
      answers = answersOf(await db.call<Args>(many, argsOf(calls.map(({ args }) => args))))
    } catch (error) {
      if (isAnswerLost(error)) for (const { reject } of calls) reject(error)
      else await Promise.all(calls.map(alone))
      return
    }
    // Null stands for a send that the database leaves to a call of its own.
    const left = calls.filter((call, place) => {
      const answer = Array.isArray(answers) ? answers[place] : undefined
      if (answer !== null) call.resolve(answer)
      return answer === null
    })
    await Promise.all(left.map(alone))
  }

  async function work(): Promise<void> {
    isBusy = true
    while (waiting.length > 0) {
      const calls = waiting.slice(0, MOST)
      waiting = waiting.slice(MOST)
      const [only] = calls
      if (calls.length === 1 && only !== undefined) await alone(only)
      else await together(calls)
    }
    isBusy = false
  }

  return (args: Args): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ args, resolve, reject })
      if (!isBusy) void work()
    })
}
