import type { Database } from '../../../lib/db/client.ts'
import type { LedgerPayment, LedgerSource } from '../../../lib/ledger/source.ts'
import { type Args, changingArguments } from '../mutant.ts'
import type { PaymentMutant } from './world.ts'

/** Rules of the observer, of the verdict and of the database, each broken in one way. The simulation notices all. */
export const PAYMENT_MUTANTS: Readonly<Record<string, () => PaymentMutant>> = {
  'the cursor moves before its page is recorded': () => ({ database: movingFirst }),
  'the verdict ignores the issuer': () => ({
    ledger: showing(({ asset }) => ({
      asset:
        asset?.kind === 'issued'
          ? { ...asset, issuer: 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5' }
          : asset,
    })),
  }),
  'the verdict ignores the type of a memo': () => ({
    ledger: showing(({ memo }) => ({
      memo: memo.type === 'text' && /^\d+$/.test(memo.value) ? { ...memo, type: 'id' } : memo,
    })),
  }),
  'the verdict ignores that a transaction failed': () => ({
    ledger: showing(() => ({ successful: true })),
  }),
  'the verdict ignores the id within a muxed account': () => ({
    ledger: showing(() => ({ toMuxedId: null })),
  }),
  'any operation counts as a payment': () => ({
    ledger: showing(() => ({ kind: 'payment' })),
  }),
  'amounts are numbers': () => ({
    ledger: showing(({ amount }) => ({
      amount: amount === null ? null : Number(amount).toFixed(7),
    })),
  }),
  'the verdict ignores when a transaction began': () => ({ database: beganLongAgo }),
  'the verdict ignores when a transaction ended': () => ({ database: neverEnded }),
  'a transaction that stopped waiting at the platform waits here for ever': () => ({
    database: (db) => ({
      call: async <T>(name: string, args: Args): Promise<T> =>
        name === 'record_open_list'
          ? ({ ...(await db.call<Args>(name, args)), vanished: [] } as T)
          : db.call(name, args),
    }),
  }),
  'a verdict is final before the open transactions are all known': () => ({
    database: (db) => ({
      call: async <T>(name: string, args: Args): Promise<T> => {
        const answer = await db.call<Args>(name, args)
        const at = '2026-01-01T00:00:00.000Z'
        if (name === 'record_open_list') return { ...answer, wholeAt: at } as T
        if (name !== 'read_open_lists') return answer as T
        const lists = [
          ['24', 'pending_user_transfer_start'],
          ['6', 'pending_user_transfer_start'],
          ['31', 'pending_sender'],
        ].map(([sep, status]) => ({ sep, status, nextPage: 0, beganAt: null, wholeAt: at }))
        return { ...answer, lists } as T
      },
    }),
  }),
  'a payment that came too early is not judged again': () => ({
    database: (db) => ({
      call: async <T>(name: string, args: Args): Promise<T> => {
        const answer = await db.call<Args>(name, args)
        return name === 'find_due' ? ({ ...answer, payments: [] } as T) : (answer as T)
      },
    }),
  }),
  'a smaller amount than expected is credited': () => ({ database: expectingLess }),
  'a stored operation is credited again': () => ({ rules: { skipsStored: false } }),
  'a transaction is credited by every payment for it': () => ({ rules: { creditsOnce: false } }),
  'the operation is not a natural key': () => ({ rules: { keepsNaturalKey: false } }),
  'a holder whose lease ended still writes': () => ({ rules: { comparesAndSets: false } }),
  'no_match is final': () => ({ rules: { rejudges: false } }),
  'a repeated page counts again': () => ({ database: countingRepeats }),
  'the sweep records nothing that it finds': () => ({
    database: (db) =>
      changingArguments(db, (name, args) =>
        name === 'record_payments' && args['expectedCursor'] === args['cursor']
          ? { ...args, payments: [] }
          : args,
      ),
  }),
  'the cursor of a page skips the rest of its ledger': () => ({
    ledger: (source) => ({
      ...source,
      payments: async (account, cursor) => {
        const page = await source.payments(account, cursor)
        const next = source.cursorAt(source.ledgerOf(page.cursor) + 1)
        return page.payments.length > 0 ? { ...page, cursor: next } : page
      },
    }),
  }),
  'a page of another account is believed': () => ({
    ledger: (source) => ({
      ...source,
      payments: async (account, cursor) => {
        const page = await source.payments(account, cursor)
        const payments = page.payments.map((one) =>
          one.from === account || one.to === account ? one : { ...one, kind: 'unknown' as const },
        )
        return { ...page, payments }
      },
    }),
  }),
  'the cursor jumps on an alarm': () => ({ database: jumpingOnAlarm }),
  'the beginning of the history is not read': () => ({
    ledger: (source) => ({
      ...source,
      head: async () => ({ ...(await source.head()), oldestSequence: 1 }),
      ledger: async (sequence) =>
        (await source.ledger(sequence)) ?? source.ledger((await source.head()).oldestSequence),
    }),
  }),
  'no hash of the ledger is recorded': () => ({
    database: (db) =>
      changingArguments(db, (name, args) =>
        name === 'record_payments'
          ? { ...args, checkpoint: null }
          : name === 'set_observer_cursor'
            ? { ...args, seen: { ...Object(args['seen']), sequence: 0 } }
            : args,
      ),
  }),
}

/** Shows every payment of the ledger with some parts changed. */
export function showing(change: (payment: LedgerPayment) => Partial<LedgerPayment>) {
  return (source: LedgerSource): LedgerSource => ({
    ...source,
    payments: async (account, cursor) => {
      const page = await source.payments(account, cursor)
      return { ...page, payments: page.payments.map((one) => ({ ...one, ...change(one) })) }
    },
  })
}

function movingFirst(db: Database): Database {
  return {
    call: async <T>(name: string, args: Args): Promise<T> => {
      if (name !== 'record_payments') return db.call(name, args)
      const moved = await db.call<{ recorded: boolean }>(name, { ...args, payments: [] })
      if (!moved.recorded) return moved as T
      return db.call(name, { ...args, expectedCursor: args['cursor'] })
    },
  }
}

const expectingLess = (db: Database) =>
  changingCandidates(db, ({ amountExpected }) =>
    amountExpected === null ? {} : { amountExpected: '0.0000001' },
  )

const beganLongAgo = (db: Database) => changingCandidates(db, () => ({ startedAt: null }))
const neverEnded = (db: Database) => changingCandidates(db, () => ({ endedAt: null }))

function changingCandidates(db: Database, change: (candidate: Args) => Args): Database {
  return {
    call: async <T>(name: string, args: Args): Promise<T> => {
      const answer = await db.call<Args>(name, args)
      if (name !== 'find_candidates') return answer as T
      const transactions = (answer['transactions'] as Args[]).map((one) => ({
        ...one,
        ...change(one),
      }))
      return { transactions } as T
    },
  }
}

function countingRepeats(db: Database): Database {
  const seen = new Set<string>()
  const counted = (one: Args): Args => {
    const id = String(one['operationId'])
    if (!seen.has(id) || one['code'] === 'credited') {
      seen.add(id)
      return one
    }
    return { ...one, operationId: `${id}0` }
  }
  return changingArguments(db, (name, args) =>
    name === 'record_payments'
      ? { ...args, payments: (args['payments'] as Args[]).map(counted) }
      : args,
  )
}

function jumpingOnAlarm(db: Database): Database {
  return {
    call: async <T>(name: string, args: Args): Promise<T> => {
      if (name === 'end_observation' && args['alarm'] !== null) {
        await db.call('set_observer_cursor', {
          ...args,
          cursor: String(3_000n << 32n),
          startedFrom: 'now',
          note: null,
        })
      }
      return db.call(name, args)
    },
  }
}
