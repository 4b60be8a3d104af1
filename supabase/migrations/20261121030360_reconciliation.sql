-- The route that shows the books of a period calls these functions. Books run between two snapshots.

create function anchor_ops.payment_state(p_payment anchor_ops.payment, p_attempt_state text) returns text
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_why text := anchor_ops.why_not_open(p_payment);
begin
  return case
    when v_why is null then 'open'
    when v_why = 'closed' then (
      select made.decision from anchor_ops.decision as made where made.id = p_payment.closed_by
    )
    when v_why = 'credited' and p_attempt_state is distinct from 'APPLIED' then 'being_credited'
    when v_why = 'credited' and p_payment.assigned_by is not null then 'assigned'
    else v_why end;
end $$;
comment on function anchor_ops.payment_state is
  'What became of a payment: open, credited, being_credited, assigned, reported_by_hand, dust, own, or the decision by which a person closed it.';

create function anchor_ops.archived_state(p_archived anchor_ops.archived_payment) returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return case
    -- A payment is closed by the last decision about it.
    when p_archived.state = 'closed' then (
      select made.decision from anchor_ops.decision as made
      where made.about = 'payment'
        and made.subject = anchor_ops.payment_subject(p_archived.epoch, p_archived.operation_id)
      order by made.seq desc limit 1
    )
    when p_archived.state = 'credited' and exists (
      select from anchor_ops.decision as made
      where made.about = 'payment' and made.decision = 'assign'
        and made.subject = anchor_ops.payment_subject(p_archived.epoch, p_archived.operation_id)
    ) then 'assigned'
    else p_archived.state end;
end $$;
comment on function anchor_ops.archived_state is
  'What payment_state said of an archived payment; null without one. The books of an old period are the same before and after archiving.';

create type anchor_ops.book_period as (
  epoch integer,
  account text,
  asset text,
  opening anchor_ops.balance_snapshot,
  closing anchor_ops.balance_snapshot,
  since timestamptz,
  until timestamptz
);
comment on type anchor_ops.book_period is
  'A period of the books of one asset. With both snapshots it holds the ledgers behind the first up to the second, else what closed from since on before until.';

create function anchor_ops.book_period_of(
  p_epoch integer,
  p_account text,
  p_asset text,
  p_from timestamptz,
  p_to timestamptz
) returns anchor_ops.book_period
language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_period anchor_ops.book_period;
begin
  v_period.epoch := p_epoch;
  v_period.account := p_account;
  v_period.asset := p_asset;
  v_period.since := p_from;
  v_period.until := p_to;
  v_period.opening := case when p_from is null then (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account
      and anchor_ops.balance_at(snapshot, p_asset) is not null
    order by snapshot.ledger limit 1
  ) else (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account and snapshot.closed_at <= p_from
      and anchor_ops.balance_at(snapshot, p_asset) is not null
    order by snapshot.ledger desc limit 1
  ) end;
  v_period.closing := (
    select snapshot from anchor_ops.balance_snapshot as snapshot
    where snapshot.epoch = p_epoch and snapshot.account = p_account and (p_to is null or snapshot.closed_at <= p_to)
      and anchor_ops.balance_at(snapshot, p_asset) is not null
      and snapshot.ledger > coalesce((v_period.opening).ledger, 0)
    order by snapshot.ledger desc limit 1
  );
  return v_period;
end $$;
comment on function anchor_ops.book_period_of is
  'The period between the last snapshot at or before p_from and the last one at or before p_to, so that two periods in a row share a snapshot. Without p_from it begins with the first snapshot, without p_to it ends with the last one.';

create function anchor_ops.snapshot_json(p_snapshot anchor_ops.balance_snapshot, p_asset text) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select case when p_snapshot.ledger is not null then jsonb_build_object(
    'ledger', p_snapshot.ledger,
    'closedAt', anchor_ops.iso_time(p_snapshot.closed_at),
    'stroops', anchor_ops.balance_at(p_snapshot, p_asset)::text
  ) end
$$;
comment on function anchor_ops.snapshot_json is 'The balance of an asset in a snapshot; null without a snapshot.';

-- A view, because a query on it is planned as a whole: a page reads its own rows alone, and a sum of a million movements
-- joins them at once instead of one by one.
create view anchor_ops.shown_movement with (security_invoker = true) as
select movement.epoch, movement.account, movement.asset, movement.ledger, movement.id, named.kind,
  case
    when movement.stroops < 0 or named.kind in ('fee', 'trade', 'liquidity_pool', 'other') then null
    when payment.operation_id is null then coalesce(anchor_ops.archived_state(archived), 'not_observed')
    -- Most payments. payment_state says the same, and takes ten times as long.
    when payment.verdict = 'credited' and payment.successful and payment.closed_by is null
      and (own.state = 'APPLIED' or not coalesce(anchor_ops.ended_without_effect(own.state), false))
      then case when own.state is distinct from 'APPLIED' then 'being_credited'
        when payment.assigned_by is null then 'credited' else 'assigned' end
    else anchor_ops.payment_state(payment, (
      select attempt.state from anchor_ops.attempt where attempt.id = anchor_ops.last_replay(payment.attempt_id)
    )) end as state,
  movement.stroops >= 0 as incoming, movement.stroops, movement.operation_id, movement.transaction_hash,
  movement.closed_at, coalesce(payment.verdict, archived.verdict) as verdict,
  coalesce(payment.transaction_id, archived.transaction_id) as transaction_id, payment.attempt_id
from anchor_ops.movement
left join anchor_ops.payment
  on payment.epoch = movement.epoch and payment.operation_id = movement.operation_id
left join anchor_ops.archived_payment as archived
  on archived.epoch = movement.epoch and archived.operation_id = movement.operation_id
left join anchor_ops.attempt as own on own.id = payment.attempt_id
cross join lateral (
  select case
    when movement.kind in ('payment_in', 'payment_out') and coalesce(payment.kind, archived.kind)
      in ('path_payment', 'create_account', 'account_merge', 'clawback', 'contract_transfer')
      then coalesce(payment.kind, archived.kind)
    when movement.kind = 'trade' and payment.kind = 'path_payment' and payment.from_account = movement.account
      then payment.kind
    -- The archive does not have the payer. An outgoing payment was paid by its account, and our own by another one of ours.
    when movement.kind = 'trade' and archived.kind = 'path_payment'
      and (archived.state = 'outgoing') = (archived.account = movement.account) and archived.state in ('outgoing', 'own')
      then archived.kind
    else movement.kind end as kind
) as named;
comment on view anchor_ops.shown_movement is
  'Each movement with the observed payment of its operation, and what became of it. Effects and events do not show every kind of operation, and the observed payment of the same operation does.';

create function anchor_ops.book_json(p_period anchor_ops.book_period) returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'epoch', (p_period).epoch,
    'account', (p_period).account,
    'asset', (p_period).asset,
    'opening', anchor_ops.snapshot_json((p_period).opening, (p_period).asset),
    'closing', anchor_ops.snapshot_json((p_period).closing, (p_period).asset),
    'isRead', anchor_ops.has_movements((p_period).epoch, (p_period).account, (p_period).opening.ledger,
      (p_period).closing.ledger),
    'readUpTo', (
      select max(book.to_ledger) from anchor_ops.book
      where book.epoch = (p_period).epoch and book.account = (p_period).account
    ),
    'groups', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kind', grouped.kind, 'state', grouped.state, 'incoming', grouped.incoming, 'movements', grouped.movements,
        'stroops', grouped.stroops::text
      ) order by grouped.kind, grouped.state nulls first, grouped.incoming desc), '[]')
      from (
        select shown.kind, shown.state, shown.incoming, count(*) as movements, sum(shown.stroops) as stroops
        from anchor_ops.shown_movement as shown
        where shown.epoch = (p_period).epoch and shown.account = (p_period).account and shown.asset = (p_period).asset
          and shown.ledger > coalesce((p_period).opening.ledger, -1)
          and shown.ledger <= coalesce((p_period).closing.ledger, 9223372036854775807)
          and ((p_period).opening.ledger is not null or (p_period).since is null or shown.closed_at >= (p_period).since)
          and ((p_period).closing.ledger is not null or (p_period).until is null or shown.closed_at < (p_period).until)
        group by shown.kind, shown.state, shown.incoming
      ) as grouped
    )
  )
$$;
comment on function anchor_ops.book_json is
  'The books of a period in stroops: opening and closing balance, and what moved in groups of one kind, state and direction. isRead says whether every movement between the snapshots is recorded.';

create function public.read_books(
  p_account text,
  p_asset text,
  p_epoch integer,
  p_from timestamptz,
  p_to timestamptz
) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '30s' set lock_timeout = '2s'
as $$
  with pair as (
    select distinct snapshot.account, each.asset
    from anchor_ops.balance_snapshot as snapshot cross join lateral jsonb_object_keys(snapshot.balances) as each (asset)
    where snapshot.epoch = coalesce(p_epoch, anchor_ops.present_epoch())
      and (p_account is null or snapshot.account = p_account) and (p_asset is null or each.asset = p_asset)
    union
    select p_account, p_asset where p_account is not null and p_asset is not null
  )
  select jsonb_build_object('presentEpoch', anchor_ops.present_epoch(), 'books', coalesce(jsonb_agg(
    anchor_ops.book_json(
      anchor_ops.book_period_of(coalesce(p_epoch, anchor_ops.present_epoch()), pair.account, pair.asset, p_from, p_to)
    ) order by pair.account, pair.asset
  ), '[]'))
  from pair
$$;
comment on function public.read_books is
  'The books of a period, one for each account and asset that a snapshot shows, or for the given ones. p_epoch null is the present epoch.';

create function public.read_book_lines(
  p_account text,
  p_asset text,
  p_epoch integer,
  p_from timestamptz,
  p_to timestamptz,
  p_limit integer,
  p_cursor text
) returns jsonb
language plpgsql stable security invoker set search_path = '' set statement_timeout = '30s' set lock_timeout = '2s'
as $$
declare
  v_period anchor_ops.book_period := anchor_ops.book_period_of(
    coalesce(p_epoch, anchor_ops.present_epoch()), p_account, p_asset, p_from, p_to
  );
  -- A page begins behind a place that its index finds, whatever came before.
  v_after bigint := coalesce(split_part(p_cursor, '.', 1)::bigint, (v_period.opening).ledger + 1, 0);
  v_after_id text := coalesce(anchor_ops.cursor_id(p_cursor), '');
begin
  return (
    select anchor_ops.page(
      'lines', p_limit,
      array_agg(jsonb_build_object(
        'ledger', line.ledger,
        'closedAt', anchor_ops.iso_time(line.closed_at),
        'kind', line.kind,
        'state', line.state,
        'stroops', line.stroops::text,
        'operationId', line.operation_id,
        'transactionHash', line.transaction_hash,
        'verdict', line.verdict,
        'transactionId', coalesce(line.transaction_id, claimed.transaction_id),
        'status', transaction.status,
        'externalTransactionId', transaction.external_transaction_id,
        'attemptId', attempt.id,
        'attemptState', attempt.state
      ) order by line.ledger, line.id),
      array_agg(line.ledger || '.' || line.id order by line.ledger, line.id)
    )
    from (
      select shown.* from anchor_ops.shown_movement as shown
      where shown.epoch = v_period.epoch and shown.account = p_account and shown.asset = p_asset
        and (shown.ledger, shown.id) > (v_after, v_after_id)
        and shown.ledger > coalesce((v_period.opening).ledger, -1)
        and shown.ledger <= coalesce((v_period.closing).ledger, 9223372036854775807)
        and ((v_period.opening).ledger is not null or p_from is null or shown.closed_at >= p_from)
        and ((v_period.closing).ledger is not null or p_to is null or shown.closed_at < p_to)
      order by shown.ledger, shown.id
      limit greatest(p_limit, 1) + 1
    ) as line
    left join lateral (
      select claim.transaction_id, claim.attempt_id from anchor_ops.operation_claim as claim
      where claim.stellar_transaction = line.transaction_hash and claim.operation_id in (line.operation_id, '')
        and claim.released_at is null
      order by claim.operation_id desc, claim.seq limit 1
    ) as claimed on true
    left join anchor_ops.attempt
      on attempt.id = coalesce(anchor_ops.last_replay(line.attempt_id), claimed.attempt_id)
    left join anchor_ops.transaction on transaction.id = coalesce(line.transaction_id, claimed.transaction_id)
  );
end $$;
comment on function public.read_book_lines is
  'A page of the movements of a period, the oldest first. next is the p_cursor of the following page.';

create function public.read_book_health(p_accounts text[]) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'differences', (
      select count(*) from anchor_ops.reconciliation as result
      where result.difference <> 0 and result.explained_at is null and result.epoch = anchor_ops.present_epoch()
        and result.account = any (p_accounts)
    ),
    'accounts', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'account', last.account,
        'source', last.source,
        'readUpTo', last.to_ledger,
        'readAt', anchor_ops.iso_time(last.read_at),
        'isComplete', last.is_complete,
        'snapshotAt', (
          select anchor_ops.iso_time(max(snapshot.taken_at)) from anchor_ops.balance_snapshot as snapshot
          where snapshot.epoch = last.epoch and snapshot.account = last.account
        )
      ) order by last.account), '[]')
      from (
        select distinct on (book.account) book.* from anchor_ops.book
        where book.epoch = anchor_ops.present_epoch() and book.account = any (p_accounts)
        order by book.account, book.from_ledger desc
      ) as last
    )
  )
$$;
comment on function public.read_book_health is
  'How many differences of the present epoch nobody has explained, and up to where the books of each of the accounts are kept.';

grant select on anchor_ops.shown_movement to service_role;
grant execute on function anchor_ops.payment_state, anchor_ops.archived_state, anchor_ops.book_period_of, anchor_ops.snapshot_json, anchor_ops.book_json,
  public.read_books, public.read_book_lines, public.read_book_health to service_role;

notify pgrst, 'reload schema';
