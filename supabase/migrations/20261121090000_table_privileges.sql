-- Only service_role reads and writes the tables. It may delete old runs, old checks, also those that somebody asked for, old changes, counts, places in lists,
-- names whose payments are marked, transactions that events name, payments that are archived, movements that are read again, and
-- old events with what is known of their delivery, and no other rows.

do $$
declare
  v_table regclass;
begin
  for v_table in
    select oid from pg_class where relnamespace = 'anchor_ops'::regnamespace and relkind = 'r' order by relname
  loop
    execute format('alter table %s enable row level security', v_table);
    execute format('alter table %s force row level security', v_table);
    execute format('create policy service_role_only on %s to service_role using (true) with check (true)', v_table);
  end loop;
end $$;

grant select on anchor_ops.judged_listing to service_role;
grant select, update on anchor_ops.lease, anchor_ops.scheduled_run to service_role;
grant usage on sequence anchor_ops.lease_fence to service_role;
grant select, insert, update on anchor_ops.event_arrival, anchor_ops.check_window, anchor_ops.home_domain_day, anchor_ops.directory, anchor_ops.discovery_cursor, anchor_ops.home_domain, anchor_ops.listing, anchor_ops.issuer_account, anchor_ops.transaction,
  anchor_ops.platform_release, anchor_ops.update_request, anchor_ops.attempt, anchor_ops.refund, anchor_ops.operation_claim, anchor_ops.ledger_epoch, anchor_ops.observer,
  anchor_ops.payment, anchor_ops.side_look, anchor_ops.open_list, anchor_ops.balance_snapshot, anchor_ops.book, anchor_ops.reconciliation,
  anchor_ops.api_key to service_role;
grant select, insert on anchor_ops.attempt_move, anchor_ops.transaction_status, anchor_ops.observer_jump,
  anchor_ops.archived_payment, anchor_ops.decision to service_role;
grant select, insert, delete on anchor_ops.catalog_change, anchor_ops.country_summary, anchor_ops.home_domain_check, anchor_ops.payment_verdict, anchor_ops.due_name,
  anchor_ops.movement to service_role;
grant delete on anchor_ops.payment to service_role;
grant select, insert, update, delete on anchor_ops.due_check, anchor_ops.run,
  anchor_ops.unlisted, anchor_ops.dust_limit, anchor_ops.query_secret_use, anchor_ops.noted_event,
  anchor_ops.outbox, anchor_ops.webhook_endpoint, anchor_ops.webhook_lane, anchor_ops.parked_event to service_role;
grant select, insert, update, delete on anchor_ops.requested_check to service_role;

notify pgrst, 'reload schema';
