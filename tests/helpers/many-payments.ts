import type pg from 'pg'

export const PAYMENTS = 1_000_000
/** The newest credits have their transactions and attempts stored. */
const TRANSACTIONS = 100_000
export const OBSERVED = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'

/** The tables with many rows. */
export const FILLED = [
  ...['payment', 'transaction', 'attempt', 'operation_claim', 'transaction_status', 'movement'],
]
/** The movements in the books of the newest payments. */
const MOVEMENTS = 200_000

/**
 * Nine of ten payments are credited. The others are outgoing, or match no transaction and are open money; one in a hundred of all is still
 * open. Payment n is judged n seconds after the year began. The transactions of the newest payments are stored, 10,000
 * wait for a payment, 10,000 payments are due, and of their updates 5,000 wait for a person and 5,000 wait to be sent. The updates of the oldest
 * payments, which are archived first, are stored too.
 */
const FILL = [
  'insert into anchor_ops.ledger_epoch (epoch) values (1)',
  `insert into anchor_ops.payment (epoch, operation_id, account, source, cursor, ledger, closed_at, transaction_hash, successful,
    kind, from_account, to_account, asset, amount, memo_type, memo, verdict, sentence, evidence, transaction_id,
    attempt_id, recorded_at, judged_at, open_since, due_at)
  select 1, (1000000000000 + n)::text, '${OBSERVED}', 'horizon', n::text, n / 20, at, lpad(to_hex(n), 64, '0'), true,
    'payment', 'G' || n, '${OBSERVED}', 'stellar:native', '10', 'id', n::text, verdict, 's', '{}',
    case when verdict = 'credited' then 't-' || n end,
    case when verdict = 'credited' then ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid end, at, at,
    case when verdict in ('amount_short', 'no_match') then at end, case when n % 100 = 0 then at end
  from generate_series(1, ${PAYMENTS}) as n,
    lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at, case
      when n in (1000, 500000, 999999) then 'amount_short'
      when n % 10 > 0 then 'credited' when n % 20 = 0 then 'no_match' else 'outgoing' end as verdict) as judged`,
  `insert into anchor_ops.transaction (id, document, started_at, platform_updated_at)
  select 't-' || n, jsonb_build_object('id', 't-' || n, 'sep', '24', 'kind', 'withdrawal',
    'status', case when n % 10 = 0 then 'pending_user_transfer_start' else 'completed' end,
    'memo', n::text, 'memo_type', 'id', 'withdraw_anchor_account', '${OBSERVED}'), at, at
  from generate_series(${PAYMENTS - TRANSACTIONS} + 1, ${PAYMENTS}) as n,
    lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at) as started`,
  `insert into anchor_ops.transaction_status (transaction_id, status, platform_updated_at)
  select id, status, platform_updated_at from anchor_ops.transaction`,
  `insert into anchor_ops.attempt (id, transaction_id, method, params, natural_key, custody, origin, update_index, state,
    created_at, updated_at, settle_at, sent_at)
  select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 't-' || n, 'notify_onchain_funds_received',
    jsonb_build_object('stellar_transaction_id', lpad(to_hex(n), 64, '0')), format('operation %s of epoch 1', 1000000000000 + n), false,
    'payment_observer', 0, case n % 20 when 7 then 'MANUAL' when 8 then 'READY' else 'APPLIED' end, at, at,
    case when n % 100 = 3 then at end, at
  from generate_series(1, ${PAYMENTS}) as n,
    lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at) as made
  where n % 10 > 0 and (n <= 1000 or n > ${PAYMENTS - TRANSACTIONS})`,
  `insert into anchor_ops.movement (epoch, account, ledger, id, source, asset, stroops, kind, operation_id, transaction_hash,
    closed_at)
  select 1, '${OBSERVED}', n / 20, n || '.1', 'horizon', 'stellar:native', 100000000, 'payment_in',
    (1000000000000 + n)::text, lpad(to_hex(n), 64, '0'), timestamptz '2026-01-01' + n * interval '1 second'
  from generate_series(${PAYMENTS - MOVEMENTS} + 1, ${PAYMENTS}) as n`,
  `insert into anchor_ops.operation_claim (stellar_transaction, operation_id, transaction_id, attempt_id)
  select params ->> 'stellar_transaction_id', split_part(natural_key, ' ', 2), transaction_id, id from anchor_ops.attempt`,
]

/**
 * Stores 1,000,000 payments in 10 s. With triggers, checks and every index in place it would take 30 s: they are off while
 * the rows are stored, so it is for a database that nothing else uses.
 */
export async function storeManyPayments(client: pg.Client): Promise<void> {
  const tables = FILLED.map((table) => `'anchor_ops.${table}'::regclass`).join(', ')
  const { rows: checks } = await client.query<{ drop: string; create: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
      format('alter table %s add constraint %I %s not valid', conrelid::regclass, conname, pg_get_constraintdef(oid))
        as create
    from pg_constraint where contype = 'c' and conrelid in (${tables})`,
  )
  const { rows: indexes } = await client.query<{ drop: string; create: string }>(
    `select format('drop index %s', indexrelid::regclass) as drop, pg_get_indexdef(indexrelid) as create
    from pg_index where indrelid in (${tables})
      and not exists (select from pg_constraint where conindid = indexrelid)`,
  )
  for (const { drop } of [...checks, ...indexes]) await client.query(drop)
  await client.query('set session_replication_role = replica')
  for (const sql of FILL) await client.query(sql)
  await client.query('set session_replication_role = origin')
  await client.query(`set maintenance_work_mem = '128MB'`)
  for (const { create } of [...indexes, ...checks]) await client.query(create)
}
