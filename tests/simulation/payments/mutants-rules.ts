import type { LedgerSource } from '../../../lib/ledger/source.ts'
import { type Args, changingArguments } from '../mutant.ts'
import { showing } from './mutants.ts'
import type { PaymentMutant } from './world.ts'

const changing = (change: (name: string, args: Args) => Args) => (): PaymentMutant => ({
  database: (db) => changingArguments(db, change),
})

/** Answers a function of the database in another way than it does. */
const answering = (name: string, answer: (args: Args) => unknown) => (): PaymentMutant => ({
  database: (db) => ({
    call: async <T>(called: string, args: Args): Promise<T> =>
      called === name ? (answer(args) as T) : db.call<T>(called, args),
  }),
})

/** Rules about whole lists, about what came late, and about claims and epochs, each broken in one way. */
export const RULE_MUTANTS: Readonly<Record<string, () => PaymentMutant>> = {
  // The credit of an observed payment is sent without a ledger check.
  'a credit ignores that its operation was reported for another transaction': changing(
    (name, args) =>
      name === 'start_sending' && args['ledger'] === null ? { ...args, claim: null } : args,
  ),
  'a report ignores that its operation was credited to another transaction': changing(
    (name, args) =>
      name === 'start_sending' && args['ledger'] !== null ? { ...args, claim: null } : args,
  ),
  'a list ends with its first page': () => ({
    platform: (api) => ({
      ...api,
      listTransactions: async (query) =>
        (query.pageNumber ?? 0) > 0 ? [] : await api.listTransactions(query),
    }),
  }),
  'a payment is not judged again when its transaction changes': answering('find_due', () => ({
    before: '2026-01-01T00:00:00.000Z',
    payments: [],
  })),
  'a transaction that the platform no longer has waits on': answering('record_gone', () => ({
    gone: 0,
  })),
  'a reset begins no epoch': changing((name, args) =>
    name === 'set_observer_cursor' ? { ...args, isNewEpoch: false } : args,
  ),
  'a ledger that a lagging server does not have is a reset': () => ({ ledger: findingEvery }),
  'a payment that a person closed is judged again': () => ({ rules: { closingHolds: false } }),
  'a payment that is opened again is not open money': () => ({ rules: { reopenOpens: false } }),
  'a credit that was refused is no open money': () => ({ rules: { opensRefused: false } }),
  'a second report of an operation has no claim of its own': () => ({
    rules: { claimsBeside: false },
  }),
  'a side look forgets its place': changing((name, args) =>
    name === 'record_side_movements' ? { ...args, balanceCursor: null } : args,
  ),
  'a side look records nothing': changing((name, args) =>
    name === 'record_side_movements' ? { ...args, payments: [] } : args,
  ),
  'every balance is alarmed at each look': () => ({
    database: (db) => ({
      call: async <T>(name: string, args: Args): Promise<T> =>
        name === 'find_unrecorded'
          ? ({ operationIds: args['operationIds'] } as T)
          : db.call<T>(
              name,
              name === 'record_side_movements' ? { ...args, balanceCursor: null } : args,
            ),
    }),
  }),
  'side looks come once in two hours': changing((name, args) =>
    name === 'end_side_look' && Number(args['nextSeconds']) > 600
      ? { ...args, nextSeconds: 7_200 }
      : args,
  ),
  'dust is open money': changing((name, args) =>
    name === 'record_payments'
      ? {
          ...args,
          payments: (args['payments'] as Args[]).map((one) => ({ ...one, isDust: false })),
        }
      : args,
  ),
  'the amount of a payment loses its last stroop': () => ({
    ledger: showing(({ amount }) => ({
      amount: amount === null ? null : `${amount.slice(0, -1)}0`,
    })),
  }),
  'a path payment is reported for SEP-31': () => ({
    ledger: showing(({ kind }) => ({ kind: kind === 'path_payment' ? 'payment' : kind })),
  }),
  'a memo is looked up by its text': () => ({
    database: (db) => ({
      call: async <T>(name: string, args: Args): Promise<T> => {
        const answer = await db.call<Args>(name, args)
        if (name !== 'find_candidates') return answer as T
        const memos = (args['memos'] as { value: string }[]).map(({ value }) => value)
        const transactions = (answer['transactions'] as Args[]).filter(({ memo }) =>
          memos.includes(String(memo)),
        )
        return { transactions } as T
      },
    }),
  }),
}

function findingEvery(source: LedgerSource): LedgerSource {
  return {
    ...source,
    ledger: async (sequence) => {
      const found = await source.ledger(sequence)
      return found ?? { sequence, closedAt: '2026-01-01T00:00:00.000Z', hash: '0'.repeat(64) }
    },
  }
}
