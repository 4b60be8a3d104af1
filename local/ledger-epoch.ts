/**
 * Begins an epoch of the ledger if an earlier start observed payments. The simulated ledger begins anew at each start, as
 * testnet does after a reset, so what was observed before belongs to an earlier epoch and stays readable there.
 *
 * @returns the present epoch
 */
export async function beginLedgerEpoch(
  query: (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>,
): Promise<number> {
  await query(`
    with begun as (
      insert into anchor_ops.ledger_epoch (epoch)
      select anchor_ops.present_epoch() + 1 where exists (
        select from anchor_ops.observer where observer.cursor is not null
      )
      returning ledger_epoch.epoch
    )
    update anchor_ops.observer
    set epoch = begun.epoch, cursor = null, started_from = null, started_at = null, note = null,
      checkpoint_sequence = null, checkpoint_hash = null, complete_until = null, alarm = null,
      sweep_cursor = null, swept_at = null
    from begun`)
  const [row] = await query('select anchor_ops.present_epoch() as epoch')
  return Number(row?.['epoch'])
}
