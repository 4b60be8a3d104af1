import { beforeEach, expect, test } from 'vitest'
import { useDatabase } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub } from '../helpers/ledger-stub.ts'
import { fixtureOf, hashIn, paymentIn } from './observed-payment.ts'
import { BEARER, KEY, useService } from './service.ts'
import { ANCHOR, amountsUpdated, USDC, withdrawal } from './transactions.ts'

// The database of this service is restored from a backup, while the platform and the ledger went on. What docs/operations.md
// lets an operator do then is done here.

const database = useDatabase()
const service = useService({
  database,
  environment: { PAYMENT_OBSERVER_ACCOUNTS: ANCHOR, PAYMENT_OBSERVER_START: '1' },
})
let ledger: LedgerStub
beforeEach(() => {
  ledger = createLedgerStub()
  service.deploy({}, { ledger: ledger.source })
})

/** Every table of the service. Sequences go on, so that no number is given twice. */
const TABLES = `select coalesce(string_agg(format('%I', tablename), ',' order by tablename), '') as names
  from pg_tables where schemaname = 'anchor_ops'`

async function tableNames(): Promise<string[]> {
  const [row] = await service.query(TABLES)
  return String(row?.['names']).split(',')
}

async function backUp(): Promise<void> {
  await service.query('drop schema if exists backup cascade')
  await service.query('create schema backup')
  for (const name of await tableNames()) {
    await service.query(`create table backup.${name} as table anchor_ops.${name}`)
  }
}

/** Puts back the rows of the backup as they were, as a restore does: no trigger sees them. */
async function restore(): Promise<void> {
  const names = await tableNames()
  const columns = await service.query(
    `select table_name, string_agg(format('%I', column_name), ',') as list from information_schema.columns
     where table_schema = 'anchor_ops' and is_generated = 'NEVER' group by table_name`,
  )
  const listOf = (name: string) => columns.find((one) => one['table_name'] === name)?.['list']
  const copies = names.map(
    (name) =>
      `insert into anchor_ops.${name} (${listOf(name)}) overriding system value select ${listOf(name)} from backup.${name};`,
  )
  await service.query(`do $$ begin
    set local session_replication_role = replica;
    truncate ${names.map((name) => `anchor_ops.${name}`).join(', ')};
    ${copies.join('\n')}
  end $$`)
  await service.query('drop schema backup cascade')
}

const observe = () =>
  service.call({ method: 'POST', path: '/api/payments/observe', headers: BEARER })

/** Lets the crons run for 8 minutes. */
async function letPassMinutes(): Promise<void> {
  for (let minute = 0; minute < 8; minute += 1) {
    await observe()
    await service.settle()
    await service.age(60)
  }
}

const awaits = (memo: string) =>
  withdrawal(`w${memo}`, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    memo,
    memo_type: 'id',
  })

const refund = {
  refund: {
    id: 'r-1',
    amount: { amount: '40', asset: USDC },
    amount_fee: { amount: '1', asset: USDC },
  },
}

test('a restored database repeats nothing that moved money since the backup, and forgets nothing that was open', async () => {
  ledger.payments = [paymentIn(ledger, 7)]
  const all = [paymentIn(ledger, 7), paymentIn(ledger, 8)]
  const held = ['queued', 'lost', 'refunded', 'told'].map((id) => withdrawal(id))
  service.platformHas([awaits('7'), awaits('8'), ...held], fixtureOf(all))

  await observe()
  service.emulator.setFaults([
    { kind: 'status_before', status: 500, times: 9, match: { path: '/transactions/queued' } },
    { kind: 'reset_after', match: { path: '/' } },
  ])
  await service.rpc([amountsUpdated('lost', 'the answer is lost')])
  await service.rpc([amountsUpdated('queued', 'not sent yet')])
  service.emulator.setFaults([])
  expect(await service.attempts('w7')).toEqual(['notify_onchain_funds_received APPLIED'])
  expect(await service.attempts('queued')).toEqual(['notify_amounts_updated READY'])
  await backUp()

  ledger.payments = all
  await letPassMinutes()
  const { params: told } = amountsUpdated('told', 'told')
  const { transaction_id: _, ...amounts } = told as Record<string, unknown>
  const ask = () => [
    service.update('told', 'notify_amounts_updated', amounts, { 'idempotency-key': 'k-1' }),
    service.update('refunded', 'notify_refund_sent', refund, { 'idempotency-key': 'k-2' }),
  ]
  expect((await Promise.all(ask())).map(({ status }) => status)).toEqual([200, 200])
  const before = service.emulator.state().transactions
  expect(before.find(({ id }) => id === 'w8')).toMatchObject({
    status: 'pending_anchor',
    stellar_transaction_id: hashIn(8),
  })
  const sentBefore = service.sent().length

  await restore()
  service.deploy({}, { ledger: ledger.source })
  await letPassMinutes()
  const [again, refundAgain] = await Promise.all(ask())
  await letPassMinutes()

  // A repeat of these amounts changes nothing, so the answer may be had again.
  expect(again?.status).toBe(200)
  expect(refundAgain?.body).toMatchObject({ error: 'A refund with this id was reported before.' })
  expect(new Set(service.sent().slice(sentBefore))).toEqual(
    new Set(['queued notify_amounts_updated', 'told notify_amounts_updated']),
  )
  const columns = ({ updated_at: _, ...rest }: (typeof before)[number]) => rest
  expect(service.emulator.state().transactions.map(columns)).toEqual(before.map(columns))
  for (const id of ['w7', 'queued', 'lost']) {
    expect((await service.attempts(id)).at(-1)).toMatch(/ APPLIED$/)
  }

  // What was credited since the backup is open money that a person closes.
  const waiting = async () =>
    (await service.call({ path: '/api/attention', headers: KEY })).body.waiting
  const [open, ...others] = await waiting()
  expect(others).toEqual([])
  expect(open).toMatchObject({ kind: 'payment', transactionId: 'w8' })
  const { url } = open.actions.find(({ action }: { action: string }) => action === 'reported')
  const body = { decision: 'reported', note: 'credited before the restore' }
  const { pathname, searchParams } = new URL(url)
  const query = Object.fromEntries(searchParams)
  await service.call({ method: 'POST', path: pathname, query, body, headers: KEY })
  expect(await waiting()).toEqual([])
})
