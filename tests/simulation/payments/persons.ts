import type { Random } from '../random.ts'
import type { PaymentRow } from './model-database/tables.ts'
import type { SideForm } from './model-ledger.ts'
import type { PaymentWorld } from './world.ts'

const USER = 'GDJLBYYKMCXNVVNABOE66NYXQGIA5AC5D223Z2KF6ZEYK4UBCA7FKLTG'
const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

/** A person decides about one payment, mostly about open money or a closed payment. */
export function decideSomething(
  world: PaymentWorld,
  random: Random,
  transactionIds: readonly string[],
): void {
  const { payments, watch } = world
  const all = payments.paymentsOfAllEpochs()
  if (all.length === 0) return
  const open = all.filter(({ openSince }) => openSince !== null)
  const closed = all.filter((row) => watch.closed.has(keyOf(row)))
  const some = random.pick([open, open, open, closed, closed, all])
  const row = random.pick(some.length > 0 ? some : all)
  const decision = watch.closed.has(keyOf(row))
    ? random.pick(['reopen', 'reopen', 'ignored'])
    : random.pick(['assign', 'assign', 'refunded', 'reported', 'ignored', 'reopen'])
  const note = random.pick(['seen by the bank', 'asked the customer'])
  const process = world.start({
    death: random.chance(0.1) ? { atCall: random.whole(1, 6), when: random.pick(WHEN) } : null,
  })
  const decide = (more: object) => {
    const key = { operationId: row.operationId, epoch: row.epoch }
    void world.decide(process, key, { decision, note, ...more })
  }
  if (decision === 'assign') {
    // Without a platform nothing says what a transaction expects.
    if (!world.hasPlatform) return
    const own = row.transactionId ?? random.pick(transactionIds)
    const id = random.chance(0.6) ? own : random.pick(transactionIds)
    decide({ transaction_id: id, force: random.chance(0.6) })
  } else if (decision === 'refunded') {
    refund(world, random, row, decide)
  } else {
    decide({})
  }
}

const WHEN = ['before', 'after'] as const
const keyOf = ({ epoch, operationId }: PaymentRow) => `${epoch} ${operationId}`

/** Pays a payment back on the ledger, mostly as it must be, and closes it then. */
function refund(
  { ledger, time }: PaymentWorld,
  random: Random,
  row: PaymentRow,
  decide: (more: object) => void,
): void {
  const paid = ledger.find(row.operationId, row.transactionHash)
  if (paid === undefined || paid.stroops === null || paid.stroops === 0n) return
  const [made] = ledger.submit([
    {
      memo: null,
      successful: random.chance(0.95),
      operations: [
        {
          kind: 'payment',
          from: row.account,
          to: random.chance(0.9) ? paid.from : ISSUER,
          muxedId: null,
          asset: paid.asset,
          stroops: random.chance(0.85) ? paid.stroops : paid.stroops + 1n,
        },
      ],
    },
  ])
  time.after(random.whole(5_000, 20_000), () => {
    decide({
      stellar_transaction_id: String(made?.shown.transactionHash),
      force: random.chance(0.3),
    })
  })
}

/** Claimable balances for an account, of which anybody can make many, and clawbacks from it. */
export function somethingAside(random: Random, account: string, chanceOfMany: number): SideForm[] {
  const count = random.chance(chanceOfMany) ? random.pick([30, 60]) : random.whole(1, 3)
  return Array.from({ length: count }, (): SideForm => {
    const isClawback = count < 30 && random.chance(0.4)
    return {
      account,
      kind: isClawback ? 'clawback' : 'claimable_balance',
      other: isClawback ? ISSUER : USER,
      asset: `USDC:${ISSUER}`,
      stroops: random.pick([50_000_000n, 50_000_000n, 1n]),
    }
  })
}
