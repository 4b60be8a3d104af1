-- The books of an observed account: balances at a ledger, everything that moved them, and whether the two agree.

create table anchor_ops.balance_snapshot (
  epoch integer not null references anchor_ops.ledger_epoch (epoch),
  account text collate "C" not null,
  ledger bigint not null,
  closed_at timestamptz not null,
  is_whole boolean not null,
  balances jsonb not null,
  reconciled_at timestamptz,
  taken_at timestamptz not null default clock_timestamp(),
  primary key (epoch, account, ledger),
  constraint balance_snapshot_account_form check (account ~ '^G[A-Z2-7]{55}$'),
  constraint balance_snapshot_balances_object check (jsonb_typeof(balances) = 'object')
);
comment on table anchor_ops.balance_snapshot is 'The balances of an account when a ledger had closed, because no source serves past ones. Only reconciled_at changes, and no row is deleted. Writers: record_snapshot, reconcile_books.';
comment on column anchor_ops.balance_snapshot.is_whole is 'Whether balances holds every balance; an asset that is missing had a balance of 0 then.';
comment on column anchor_ops.balance_snapshot.balances is 'Stroops as decimal text, by asset as in SEP-38.';
comment on column anchor_ops.balance_snapshot.reconciled_at is 'When the movements up to this snapshot were compared with it.';

create index balance_snapshot_by_time on anchor_ops.balance_snapshot (account, epoch, closed_at);
create index balance_snapshot_unreconciled on anchor_ops.balance_snapshot (account, epoch, ledger)
  where reconciled_at is null;

create table anchor_ops.book (
  epoch integer not null,
  account text collate "C" not null,
  from_ledger bigint not null,
  source text collate "C" not null,
  cursor text collate "C" not null,
  to_ledger bigint not null,
  read_at timestamptz not null default clock_timestamp(),
  is_complete boolean not null default false,
  primary key (epoch, account, from_ledger),
  constraint book_source_known check (source in ('horizon', 'rpc')),
  constraint book_cursor_length check (char_length(cursor) between 1 and 255),
  constraint book_ledgers_ordered check (from_ledger <= to_ledger)
);
comment on table anchor_ops.book is 'A span of ledgers of which every movement of an account is recorded: those behind from_ledger up to to_ledger. The last span of an account grows; a new one begins where the source has no history any more. No row is deleted. Writers: open_book, record_movements.';
comment on column anchor_ops.book.source is 'horizon or rpc; each has cursors of its own.';
comment on column anchor_ops.book.cursor is 'The place in the source up to which movements were read.';
comment on column anchor_ops.book.read_at is 'When movements were last read.';
comment on column anchor_ops.book.is_complete is 'Whether the last look read to the end of the ledger.';

create table anchor_ops.movement (
  epoch integer not null,
  account text collate "C" not null,
  ledger bigint not null,
  id text collate "C" not null,
  source text collate "C" not null,
  asset text collate "C" not null,
  stroops numeric(20, 0) not null,
  kind text not null,
  operation_id text collate "C",
  transaction_hash text collate "C" not null,
  closed_at timestamptz not null,
  primary key (epoch, account, ledger, id),
  constraint movement_kind_known check (kind in ('payment_in', 'payment_out', 'path_payment', 'create_account',
    'account_merge', 'fee', 'trade', 'claim', 'claimable_balance', 'clawback', 'liquidity_pool', 'contract_transfer',
    'other')),
  constraint movement_operation_id_form check (operation_id ~ '^[0-9]{1,20}$'),
  constraint movement_transaction_hash_form check (transaction_hash ~ '^[0-9a-f]{64}$')
);
comment on table anchor_ops.movement is 'Every change of a balance of an observed account. A row is deleted when its ledger is read again from another source. Writer: record_movements.';
comment on column anchor_ops.movement.id is 'The id in the source: of an effect, an event or a fee.';
comment on column anchor_ops.movement.stroops is 'What the balance gained; below 0 for what left the account.';
comment on column anchor_ops.movement.operation_id is 'Null for a fee.';

create index movement_by_asset on anchor_ops.movement (epoch, account, asset, ledger, id);

create table anchor_ops.reconciliation (
  epoch integer not null,
  account text collate "C" not null,
  asset text collate "C" not null,
  closing_ledger bigint not null,
  opening_ledger bigint not null,
  opening numeric(20, 0) not null,
  moved numeric not null,
  closing numeric(20, 0) not null,
  difference numeric not null,
  found_at timestamptz,
  explained_at timestamptz,
  reconciled_at timestamptz not null default clock_timestamp(),
  primary key (epoch, account, asset, closing_ledger),
  constraint reconciliation_difference_exact check (difference = opening + moved - closing),
  constraint reconciliation_found_of_difference check ((difference <> 0) = (found_at is not null)),
  foreign key (epoch, account, opening_ledger) references anchor_ops.balance_snapshot (epoch, account, ledger),
  foreign key (epoch, account, closing_ledger) references anchor_ops.balance_snapshot (epoch, account, ledger)
);
comment on table anchor_ops.reconciliation is 'Whether the movements of an asset between two snapshots explain its balances, in stroops. One that does not is an alarm until a later look finds the missing movement or a person explains it. No row is deleted. Writers: reconcile_books, explain_difference.';
comment on column anchor_ops.reconciliation.found_at is 'When the difference was found; null without one.';
comment on column anchor_ops.reconciliation.explained_at is 'When a person explained the difference; the decision has the note.';

create index reconciliation_different on anchor_ops.reconciliation (found_at, account, asset, closing_ledger)
  where difference <> 0 and explained_at is null;

create function anchor_ops.balance_at(p_snapshot anchor_ops.balance_snapshot, p_asset text) returns numeric
language sql immutable security invoker set search_path = ''
as $$
  select coalesce(p_snapshot.balances ->> p_asset, case when p_snapshot.is_whole then '0' end)::numeric
$$;
comment on function anchor_ops.balance_at is 'The balance of an asset in a snapshot, in stroops; null when the snapshot does not show it.';

create function public.begin_books(p_account text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_epoch integer := anchor_ops.present_epoch();
  v_book anchor_ops.book;
begin
  select * into v_book from anchor_ops.book where book.epoch = v_epoch and book.account = p_account
  order by book.from_ledger desc limit 1;
  return jsonb_build_object(
    'now', anchor_ops.iso_time(clock_timestamp()),
    'epoch', v_epoch,
    'book', case when v_book.epoch is not null then jsonb_build_object(
      'source', v_book.source, 'cursor', v_book.cursor, 'fromLedger', v_book.from_ledger, 'toLedger', v_book.to_ledger,
      'readAt', anchor_ops.iso_time(v_book.read_at), 'isComplete', v_book.is_complete
    ) end,
    'snapshotAt', (
      select anchor_ops.iso_time(max(snapshot.taken_at)) from anchor_ops.balance_snapshot as snapshot
      where snapshot.epoch = v_epoch and snapshot.account = p_account
    )
  );
end $$;
comment on function public.begin_books is
  'Up to where the movements of an account are read, and when its last snapshot was taken. book is null when none was opened.';

create function public.find_book_assets(p_account text) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  with recursive moved (asset) as (
    (
      select movement.asset from anchor_ops.movement
      where movement.epoch = anchor_ops.present_epoch() and movement.account = p_account
      order by movement.asset limit 1
    )
    union all
    select (
      select movement.asset from anchor_ops.movement
      where movement.epoch = anchor_ops.present_epoch() and movement.account = p_account
        and movement.asset > moved.asset
      order by movement.asset limit 1
    )
    from moved where moved.asset is not null
  ),
  known as (
    select moved.asset from moved
    union
    select jsonb_object_keys(last.balances) from (
      select snapshot.balances from anchor_ops.balance_snapshot as snapshot
      where snapshot.epoch = anchor_ops.present_epoch() and snapshot.account = p_account
      order by snapshot.ledger desc limit 1
    ) as last
    union
    select each.asset from anchor_ops.transaction
    cross join lateral (values (transaction.amount_in_asset), (transaction.amount_expected_asset)) as each (asset)
    where anchor_ops.awaits_payment(transaction.sep, transaction.kind, transaction.status)
      and transaction.gone_at is null
  )
  select jsonb_build_object('assets', coalesce(jsonb_agg(chosen.asset order by chosen.asset), '[]'))
  from (
    select known.asset from known where known.asset like 'stellar:%' order by known.asset limit 199
  ) as chosen
$$;
comment on function public.find_book_assets is
  'The assets of which an account may have a balance: those of its movements, of its last snapshot and of transactions that await a payment. At most 199, which one call of Stellar RPC shows.';

create function public.record_snapshot(
  p_account text,
  p_epoch integer,
  p_ledger bigint,
  p_closed_at timestamptz,
  p_is_whole boolean,
  p_balances jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  insert into anchor_ops.balance_snapshot (epoch, account, ledger, closed_at, is_whole, balances)
  values (p_epoch, p_account, p_ledger, p_closed_at, p_is_whole, p_balances)
  on conflict do nothing;
  return jsonb_build_object('recorded', found);
end $$;
comment on function public.record_snapshot is
  'Stores the balances of an account at a ledger. recorded is false when a snapshot of that ledger is stored.';

create function public.open_book(p_account text, p_epoch integer, p_source text, p_ledger bigint, p_cursor text) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
begin
  insert into anchor_ops.book (epoch, account, from_ledger, source, cursor, to_ledger, is_complete)
  values (p_epoch, p_account, p_ledger, p_source, p_cursor, p_ledger, true)
  on conflict do nothing;
  return jsonb_build_object('opened', found);
end $$;
comment on function public.open_book is
  'Begins a span of recorded movements behind the ledger of a snapshot.';

create function public.record_movements(
  p_account text,
  p_epoch integer,
  p_source text,
  p_expected_cursor text,
  p_cursor text,
  p_to_ledger bigint,
  p_is_complete boolean,
  p_movements jsonb
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_book anchor_ops.book;
  v_stored bigint;
begin
  select * into v_book from anchor_ops.book where book.epoch = p_epoch and book.account = p_account
  order by book.from_ledger desc limit 1 for update;
  if not found or v_book.cursor <> p_expected_cursor then
    return jsonb_build_object('recorded', false, 'movements', 0);
  end if;
  if v_book.source <> p_source then
    -- The other source gives other ids to the movements of the ledgers that are read again.
    delete from anchor_ops.movement where movement.epoch = p_epoch and movement.account = p_account
      and movement.ledger > v_book.to_ledger and movement.source <> p_source;
  end if;
  insert into anchor_ops.movement
    (epoch, account, ledger, id, source, asset, stroops, kind, operation_id, transaction_hash, closed_at)
  select p_epoch, p_account, row.ledger, row.id, p_source, row.asset, row.stroops::numeric, row.kind, row."operationId",
    row."transactionHash", row."closedAt"
  from jsonb_to_recordset(p_movements) as row (
    ledger bigint, id text, asset text, stroops text, kind text, "operationId" text, "transactionHash" text,
    "closedAt" timestamptz
  )
  -- The first ledgers of a page may lie before the book, which begins behind a snapshot.
  where row.ledger > v_book.from_ledger
  on conflict do nothing;
  get diagnostics v_stored = row_count;
  update anchor_ops.book
  set source = p_source, cursor = p_cursor, to_ledger = greatest(book.to_ledger, p_to_ledger),
    read_at = clock_timestamp(), is_complete = p_is_complete
  where book.epoch = p_epoch and book.account = p_account and book.from_ledger = v_book.from_ledger;
  return jsonb_build_object('recorded', true, 'movements', v_stored);
end $$;
comment on function public.record_movements is
  'Stores a page of movements and moves the cursor of the last span, all or nothing. Every movement up to p_to_ledger is stored then. recorded is false, and nothing was written, when the cursor is not the expected one. A movement that is stored already stays.';

create function anchor_ops.has_movements(p_epoch integer, p_account text, p_from bigint, p_to bigint) returns boolean
language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from anchor_ops.book
    where book.epoch = p_epoch and book.account = p_account and book.from_ledger <= p_from and book.to_ledger >= p_to
  )
$$;
comment on function anchor_ops.has_movements is
  'Whether every movement behind p_from up to p_to is recorded.';

create function anchor_ops.compare_balances(p_snapshot anchor_ops.balance_snapshot)
returns table (asset text, opening_ledger bigint, opening numeric, moved numeric, closing numeric)
language sql stable security invoker set search_path = ''
as $$
  select each.asset, before.ledger, before.balance, coalesce((
    select sum(movement.stroops) from anchor_ops.movement
    where movement.epoch = p_snapshot.epoch and movement.account = p_snapshot.account and movement.asset = each.asset
      and movement.ledger > before.ledger and movement.ledger <= p_snapshot.ledger
  ), 0), each.balance
  from (
    select known.asset, anchor_ops.balance_at(p_snapshot, known.asset) as balance
    from (
      select jsonb_object_keys(p_snapshot.balances) as asset
      union
      select jsonb_object_keys(earlier.balances) from (
        select last.balances from anchor_ops.balance_snapshot as last
        where last.epoch = p_snapshot.epoch and last.account = p_snapshot.account and last.ledger < p_snapshot.ledger
        order by last.ledger desc limit 1
      ) as earlier
    ) as known
  ) as each
  cross join lateral (
    select earlier.ledger, anchor_ops.balance_at(earlier, each.asset) as balance
    from anchor_ops.balance_snapshot as earlier
    where earlier.epoch = p_snapshot.epoch and earlier.account = p_snapshot.account
      and earlier.ledger < p_snapshot.ledger and anchor_ops.balance_at(earlier, each.asset) is not null
    order by earlier.ledger desc limit 1
  ) as before
  where each.balance is not null and anchor_ops.has_movements(p_snapshot.epoch, p_snapshot.account, before.ledger,
    p_snapshot.ledger)
$$;
comment on function anchor_ops.compare_balances is
  'For each asset of a snapshot: its balance in the last snapshot before that shows it, and what moved since. Periods of which not all movements are recorded are left out.';

create function anchor_ops.reconciliation_json(p_epoch integer, p_account text, p_asset text, p_closing_ledger bigint)
returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'epoch', result.epoch,
    'account', result.account,
    'asset', result.asset,
    'openingLedger', result.opening_ledger,
    'closingLedger', result.closing_ledger,
    'opening', result.opening::text,
    'moved', result.moved::text,
    'closing', result.closing::text,
    'difference', result.difference::text,
    'foundAt', anchor_ops.iso_time(result.found_at)
  )
  from anchor_ops.reconciliation as result
  where result.epoch = p_epoch and result.account = p_account and result.asset = p_asset
    and result.closing_ledger = p_closing_ledger
$$;
comment on function anchor_ops.reconciliation_json is 'A stored comparison in the form of the answers, in stroops.';

create function public.reconcile_books(p_account text, p_epoch integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '30s' set lock_timeout = '2s'
as $$
declare
  v_snapshot anchor_ops.balance_snapshot;
  v_found jsonb := '[]'::jsonb;
  v_count bigint := 0;
  v_result record;
begin
  perform anchor_ops.lock_names(array['books ' || p_account]);
  for v_snapshot in
    select snapshot.* from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account
      and (snapshot.reconciled_at is null or exists (
        select from anchor_ops.reconciliation as open where open.difference <> 0 and open.explained_at is null
          and open.account = p_account and open.epoch = p_epoch and open.closing_ledger = snapshot.ledger
      ))
      and snapshot.ledger <= (
        select max(book.to_ledger) from anchor_ops.book where book.epoch = p_epoch and book.account = p_account
      )
    order by snapshot.ledger
  loop
    for v_result in
      insert into anchor_ops.reconciliation as known
        (epoch, account, asset, closing_ledger, opening_ledger, opening, moved, closing, difference, found_at)
      select p_epoch, p_account, compared.asset, v_snapshot.ledger, compared.opening_ledger, compared.opening,
        compared.moved, compared.closing, compared.opening + compared.moved - compared.closing,
        case when compared.opening + compared.moved <> compared.closing then clock_timestamp() end
      from anchor_ops.compare_balances(v_snapshot) as compared
      on conflict (epoch, account, asset, closing_ledger) do update
        set moved = excluded.moved, difference = excluded.difference,
          found_at = case when excluded.difference <> 0 then coalesce(known.found_at, excluded.found_at) end,
          reconciled_at = clock_timestamp()
        where known.explained_at is null
      returning *
    loop
      v_count := v_count + 1;
      if v_result.difference <> 0 then
        v_found := v_found || anchor_ops.reconciliation_json(v_result.epoch, v_result.account, v_result.asset,
          v_result.closing_ledger);
      end if;
    end loop;
    update anchor_ops.balance_snapshot as snapshot set reconciled_at = clock_timestamp()
    where snapshot.epoch = p_epoch and snapshot.account = p_account and snapshot.ledger = v_snapshot.ledger;
  end loop;
  return jsonb_build_object('reconciled', v_count, 'differences', v_found);
end $$;
comment on function public.reconcile_books is
  'Compares the snapshots of an account that were not compared yet, or showed a difference, with the movements since the snapshot before. It stores the results and returns those that differ.';

create function public.explain_difference(
  p_account text,
  p_asset text,
  p_closing_ledger bigint,
  p_note text,
  p_key_name text
) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
declare
  v_result anchor_ops.reconciliation;
  v_subject text := p_account || ' ' || p_asset || ' ' || p_closing_ledger;
  v_explained boolean;
begin
  select * into v_result from anchor_ops.reconciliation as result
  where result.epoch = anchor_ops.present_epoch() and result.account = p_account and result.asset = p_asset
    and result.closing_ledger = p_closing_ledger for update;
  if not found then
    return null;
  end if;
  v_explained := v_result.difference <> 0 and v_result.explained_at is null;
  if v_explained then
    update anchor_ops.reconciliation as result set explained_at = clock_timestamp()
    where result.epoch = v_result.epoch and result.account = p_account and result.asset = p_asset
      and result.closing_ledger = p_closing_ledger;
    perform anchor_ops.record_decision(p_key_name, 'books', v_subject, null, 'explained', p_note,
      anchor_ops.reconciliation_json(v_result.epoch, p_account, p_asset, p_closing_ledger));
  end if;
  return jsonb_build_object('explained', v_explained, 'difference', v_result.difference::text,
    'decision', anchor_ops.last_decision('books', v_subject));
end $$;
comment on function public.explain_difference is
  'Records that a person has explained a difference of the present epoch, which ends its alarm. explained is false when there is no difference or it was explained before; the result is null for a period that was not compared.';

grant execute on function anchor_ops.balance_at, anchor_ops.compare_balances,
  anchor_ops.has_movements, anchor_ops.reconciliation_json, public.begin_books, public.find_book_assets,
  public.record_snapshot, public.open_book, public.record_movements, public.reconcile_books,
  public.explain_difference to service_role;

notify pgrst, 'reload schema';
