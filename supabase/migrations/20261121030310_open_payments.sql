-- What the routes show of open money.

create function anchor_ops.payment_subject(p_epoch integer, p_operation_id text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select format('%s/%s', p_epoch, p_operation_id)
$$;
comment on function anchor_ops.payment_subject is 'The subject of the decisions about a payment: its epoch and its operation id, parted by a slash.';

create function public.read_open_payments(
  p_verdict text,
  p_account text,
  p_asset text,
  p_since timestamptz,
  p_limit integer,
  p_cursor text
) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  with behind as materialized (
    select payment.* from anchor_ops.payment
    where payment.open_since is not null
      and (payment.open_since, payment.epoch, payment.operation_id) > (
        (select greatest(anchor_ops.cursor_time(p_cursor), p_since)),
        case when p_since > anchor_ops.cursor_time(p_cursor) then 0
          else coalesce(nullif(split_part(anchor_ops.cursor_id(p_cursor), '/', 1), '')::integer, 0) end,
        split_part(anchor_ops.cursor_id(p_cursor), '/', 2)
      )
    order by payment.open_since, payment.epoch, payment.operation_id
    -- A filter that few rows pass must not read every open payment for one page.
    limit 5000
  ),
  listed as (
    select behind.* from behind
    where (p_verdict is null or behind.verdict = p_verdict) and (p_account is null or behind.account = p_account)
      and (p_asset is null or behind.asset = p_asset)
    order by behind.open_since, behind.epoch, behind.operation_id
    limit greatest(p_limit, 1) + 1
  ),
  place as (
    select payment as whole, anchor_ops.cursor_of(
      listed.open_since, anchor_ops.payment_subject(listed.epoch, listed.operation_id)
    ) as cursor, row_number() over (order by listed.open_since, listed.epoch, listed.operation_id) as number
    from listed join anchor_ops.payment on (payment.epoch, payment.operation_id) = (listed.epoch, listed.operation_id)
  )
  select anchor_ops.page(
    'payments', p_limit,
    array_agg(anchor_ops.payment_json(place.whole) order by place.number),
    array_agg(place.cursor order by place.number),
    case when count(*) <= greatest(p_limit, 1) then (
      select anchor_ops.cursor_of(last.open_since, anchor_ops.payment_subject(last.epoch, last.operation_id))
      from behind as last order by last.open_since, last.epoch, last.operation_id offset 4999
    ) end
  )
  from place
$$;
comment on function public.read_open_payments is
  'A page of open money, the oldest first. p_since is compared with open_since. It reads at most 5,000 open payments: a page that has not found p_limit of them by then names the place it reached in next.';

create function public.read_payment(p_operation_id text, p_epoch integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  select jsonb_build_object(
    'payment', anchor_ops.payment_json(payment),
    'decisions', (
      select coalesce(jsonb_agg(anchor_ops.decision_json(made) order by made.seq), '[]') from anchor_ops.decision as made
      where made.about = 'payment' and made.subject = anchor_ops.payment_subject(payment.epoch, payment.operation_id)
    ),
    'refundMemo', (
      select jsonb_build_object('transactionId', transaction.id, 'memo', transaction.document ->> 'refund_memo',
        'type', transaction.document ->> 'refund_memo_type')
      from anchor_ops.transaction
      where transaction.id = payment.transaction_id and nullif(transaction.document ->> 'refund_memo', '') is not null
    )
  )
  from anchor_ops.payment
  where payment.epoch = coalesce(p_epoch, anchor_ops.present_epoch()) and payment.operation_id = p_operation_id
$$;
comment on function public.read_payment is
  'A payment with the decisions about it, the oldest first, and the memo that its transaction names for a refund. A null p_epoch is the present one. Null for an unknown payment.';

create function public.read_open_money(p_most integer, p_most_assets integer) returns jsonb
language sql stable security invoker set search_path = '' set statement_timeout = '5s' set lock_timeout = '2s'
as $$
  with open as materialized (
    -- The form is tested here, because 5,000 calls of anchor_ops.decimal take 20 ms.
    select payment.asset, payment.open_since,
      case when payment.amount ~ '^[0-9]{1,12}(\.[0-9]{1,7})?$' then payment.amount::numeric end as amount,
      row_number() over (order by payment.open_since, payment.epoch, payment.operation_id) as number
    from anchor_ops.payment where payment.open_since is not null
    order by payment.open_since, payment.epoch, payment.operation_id
    limit p_most + 1
  ),
  counted as (
    select open.asset, count(*) as payments, sum(open.amount) as amount, min(open.open_since) as oldest,
      count(*) filter (where open.open_since > clock_timestamp() - interval '1 hour') as under_an_hour,
      count(*) filter (where open.open_since <= clock_timestamp() - interval '1 day') as older
    from open where open.number <= p_most
    group by open.asset
    order by count(*) desc, open.asset
  )
  select jsonb_build_object(
    'payments', (select coalesce(sum(counted.payments), 0) from counted),
    'isWhole', (select count(*) <= p_most from open),
    'oldestSince', (select anchor_ops.iso_time(min(counted.oldest)) from counted),
    'assets', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'asset', shown.asset,
        'payments', shown.payments,
        'amount', trim_scale(shown.amount)::text,
        'underAnHour', shown.under_an_hour,
        'underADay', shown.payments - shown.under_an_hour - shown.older,
        'older', shown.older,
        'oldestSince', anchor_ops.iso_time(shown.oldest)
      ) order by shown.payments desc, shown.asset), '[]')
      from (select counted.* from counted limit p_most_assets) as shown
    ),
    'otherAssets', (select greatest(count(*) - p_most_assets, 0) from counted)
  )
$$;
comment on function public.read_open_money is
  'Open money by asset and age. Anybody can send payments, in any number of assets: it counts the oldest p_most payments (isWhole says that these are all) and shows p_most_assets assets, those with the most payments first; otherAssets is how many more there are. amount is the sum of what the ledger shows, null when it shows no amount.';

grant execute on function anchor_ops.payment_subject, public.read_open_payments, public.read_payment, public.read_open_money
  to service_role;

notify pgrst, 'reload schema';
