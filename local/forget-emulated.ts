/**
 * Forgets what is stored about the emulated platform and the simulated ledger of an earlier start. Both begin anew with each
 * start, so the sample transactions do too. The catalog, keys and decisions are kept.
 */
export async function forgetEmulated(
  query: (sql: string) => Promise<Record<string, unknown>[]>,
): Promise<void> {
  // Triggers refuse to change what was recorded. This database is a sample, and only its owner may switch them off.
  await query(`do $$ begin
    set local session_replication_role = replica;
    truncate anchor_ops.transaction, anchor_ops.attempt, anchor_ops.update_request, anchor_ops.platform_release,
      anchor_ops.noted_event, anchor_ops.event_arrival, anchor_ops.ledger_epoch, anchor_ops.observer,
      anchor_ops.payment, anchor_ops.archived_payment, anchor_ops.unlisted, anchor_ops.open_list,
      anchor_ops.due_name, anchor_ops.balance_snapshot, anchor_ops.book, anchor_ops.movement,
      anchor_ops.reconciliation cascade;
  end $$`)
}
