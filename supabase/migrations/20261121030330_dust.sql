-- Payments that were recorded under other dust limits follow the present ones, a batch at a time.

create table anchor_ops.dust_limit (
  asset text collate "C" primary key,
  amount numeric not null,
  constraint dust_limit_positive check (amount > 0)
);
comment on table anchor_ops.dust_limit is 'The dust limits that all stored payments follow. Writer: apply_dust.';

-- A payment leaves its index when it becomes dust, or ceases to be, so that no batch reads what an earlier one has changed.
create index payment_open_by_asset on anchor_ops.payment (asset) where open_since is not null;
create index payment_dust_by_asset on anchor_ops.payment (asset) where is_dust;

create function public.apply_dust(p_limits jsonb, p_most integer) returns jsonb
language plpgsql volatile security invoker set search_path = '' set statement_timeout = '15s' set lock_timeout = '2s'
as $$
declare
  v_asset text;
  v_amount numeric;
  v_changed integer := 0;
  v_payment record;
begin
  perform anchor_ops.lock_names(array['payments']);
  select coalesce(wanted.asset, known.asset), wanted.amount into v_asset, v_amount
  from jsonb_to_recordset(p_limits) as wanted (asset text, amount numeric)
  full join anchor_ops.dust_limit as known on known.asset = wanted.asset
  where wanted.amount is distinct from known.amount
  order by 1 limit 1;
  if not found then
    return jsonb_build_object('changed', 0, 'isDone', true);
  end if;

  -- Payments are locked in the order of their operations, as everywhere.
  for v_payment in
    select open.epoch, open.operation_id from (
      select row.epoch, row.operation_id from anchor_ops.payment as row
      where row.asset = v_asset and row.open_since is not null and not row.is_dust
        and anchor_ops.decimal(row.amount) < v_amount
      limit p_most
    ) as open
    union all
    select dust.epoch, dust.operation_id from (
      select row.epoch, row.operation_id from anchor_ops.payment as row
      where row.asset = v_asset and row.is_dust and (anchor_ops.decimal(row.amount) < v_amount) is not true
      limit p_most
    ) as dust
    order by operation_id, epoch
  loop
    update anchor_ops.payment set is_dust = not payment.is_dust
    where payment.epoch = v_payment.epoch and payment.operation_id = v_payment.operation_id;
    v_changed := v_changed + 1;
  end loop;
  if v_changed < p_most then
    delete from anchor_ops.dust_limit where dust_limit.asset = v_asset;
    insert into anchor_ops.dust_limit (asset, amount) select v_asset, v_amount where v_amount is not null;
  end if;
  return jsonb_build_object('changed', v_changed, 'isDone', false);
end $$;
comment on function public.apply_dust is
  'Lets stored payments of one asset whose limit has changed follow p_limits: open money below the limit becomes dust, and dust that is not below it is open money again. It changes at most p_most of each. isDone is false until the payments of every asset follow.';

grant execute on function public.apply_dust to service_role;

notify pgrst, 'reload schema';
