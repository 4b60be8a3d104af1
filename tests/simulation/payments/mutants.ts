import type { Database } from '../../../lib/db/client.ts'
import type { LedgerPayment, LedgerSource } from '../../../lib/ledger/source.ts'
import type { PaymentMutant } from './world.ts'

type Args = Record<string, unknown>

/** Rules of the observer, of the judge and of the database, each broken in one way: each has to be noticed. */
export const PAYMENT_MUTANTS: Readonly<Record<string, () => PaymentMutant>> = {
  'the cursor moves before its page is recorded': () => ({ database: movingFirst }),
  'the judge ignores the issuer': () => ({
    ledger: showing(({ asset }) => ({
      asset:
        asset?.kind === 'issued'
          ? { ...asset, issuer: 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5' }
          : asset,
    })),
  }),
  'the judge ignores the type of a memo': () => ({
    ledger: showing(({ memo }) => ({
      memo: memo.type === 'text' && /^\d+$/.test(memo.value) ? { ...memo, type: 'id' } : memo,
    })),
  }),
  'the judge ignores that a transaction failed': () => ({
    ledger: showing(() => ({ successful: true })),
  }),
  'the judge ignores the id within a muxed account': () => ({
    ledger: showing(() => ({ toMuxedId: null })),
  }),
  'the judge takes any operation for a payment': () => ({
    ledger: showing(() => ({ kind: 'payment' })),
  }),
  'amounts are numbers': () => ({
    ledger: showing(({ amount }) => ({
      amount: amount === null ? null : Number(amount).toFixed(7),
    })),
  }),
  'less than was expected will do': () => ({ database: expectingLess }),
  'an operation that is stored is credited again': () => ({ rules: { skipsStored: false } }),
  'a transaction is credited by every payment for it': () => ({ rules: { creditsOnce: false } }),
  'the operation is no natural key': () => ({ rules: { keepsNaturalKey: false } }),
  'who was taken for dead goes on': () => ({ rules: { comparesAndSets: false } }),
  'no_match is final': () => ({ rules: { rejudges: false } }),
  'a repeated page counts again': () => ({ database: countingRepeats }),
  'the sweep skips what it finds': () => ({
    database: changingArguments((name, args) =>
      name === 'record_payments' && args['expectedCursor'] === args['cursor']
        ? { ...args, payments: [] }
        : args,
    ),
  }),
  'a page leads on to the next ledger': () => ({
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
  'nobody asks where the history begins': () => ({
    ledger: (source) => ({
      ...source,
      head: async () => ({ ...(await source.head()), oldestSequence: 1 }),
      ledger: async (sequence) =>
        (await source.ledger(sequence)) ?? source.ledger((await source.head()).oldestSequence),
    }),
  }),
  'nobody remembers a hash of the ledger': () => ({
    database: changingArguments((name, args) =>
      name === 'record_payments' ? { ...args, checkpoint: null } : args,
    ),
  }),
}

function showing(change: (payment: LedgerPayment) => Partial<LedgerPayment>) {
  return (source: LedgerSource): LedgerSource => ({
    ...source,
    payments: async (account, cursor) => {
      const page = await source.payments(account, cursor)
      return { ...page, payments: page.payments.map((one) => ({ ...one, ...change(one) })) }
    },
  })
}

function changingArguments(change: (name: string, args: Args) => Args) {
  return (db: Database): Database => ({ call: (name, args) => db.call(name, change(name, args)) })
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

function expectingLess(db: Database): Database {
  return {
    call: async <T>(name: string, args: Args): Promise<T> => {
      const answer = await db.call<Args>(name, args)
      if (name !== 'find_candidates') return answer as T
      const transactions = (answer['transactions'] as Args[]).map((one) => ({
        ...one,
        ...(one['amountExpected'] !== null && { amountExpected: '0.0000001' }),
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
  return changingArguments((name, args) =>
    name === 'record_payments'
      ? { ...args, payments: (args['payments'] as Args[]).map(counted) }
      : args,
  )(db)
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
