import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { CheckOutcome, HealthState } from '../../../lib/anchors/health/health.ts'
import type { LedgerMemo, LedgerPaymentKind } from '../../../lib/ledger/source.ts'
import { VERDICTS, type VerdictCode } from '../../../lib/payments/verdict/codes.ts'
import { NETWORKS } from '../../../lib/stellar/network.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import { GOLDEN_FILE } from '../../../scripts/dump-schema.ts'

/** The golden dump; a database test holds it equal to the migrations. */
const SCHEMA = await readFile(GOLDEN_FILE, 'utf8')

const constraint = (name: string): string =>
  SCHEMA.split('\n').find((line) => line.includes(` add constraint ${name} `)) ?? ''

const body = (name: string): string =>
  SCHEMA.split('CREATE OR REPLACE FUNCTION ').find((text) => text.startsWith(`${name}(`)) ?? ''

/** The keys are every member of a union: the compiler refuses one too many or too few. */
const every = <T extends string>(members: Record<T, true>): string[] => Object.keys(members)

test.each<[string, readonly string[]]>([
  [
    'attempt_state_known',
    every<AttemptState>({
      READY: true,
      SENDING: true,
      UNKNOWN: true,
      APPLIED: true,
      REJECTED: true,
      NOT_APPLIED: true,
      MANUAL: true,
      EXPIRED: true,
      WITHDRAWN: true,
      LOST: true,
    }),
  ],
  ['home_domain_network_known', NETWORKS],
  [
    'home_domain_outcome_known',
    every<CheckOutcome>({ ok: true, definite: true, policy: true, unsure: true }),
  ],
  [
    'home_domain_check_outcome_known',
    every<CheckOutcome>({ ok: true, definite: true, policy: true, unsure: true }),
  ],
  [
    'home_domain_auto_disabled_reason_known',
    every<NonNullable<HealthState['autoDisabledReason']>>({
      sep1_not_found: true,
      policy: true,
      flapping: true,
    }),
  ],
  [
    'payment_kind_known',
    every<LedgerPaymentKind>({
      payment: true,
      path_payment: true,
      create_account: true,
      account_merge: true,
      claimable_balance: true,
      clawback: true,
      contract_transfer: true,
      unknown: true,
    }),
  ],
  [
    'payment_memo_type_known',
    every<LedgerMemo['type']>({ none: true, text: true, id: true, hash: true, other: true }),
  ],
  ['payment_verdict_known', VERDICTS satisfies readonly VerdictCode[]],
])('%s allows what TypeScript writes', (name, members) => {
  const allowed = [...constraint(name).matchAll(/(?<!->> )'(\w+)'::text/g)].map(
    ([, member]) => member,
  )
  expect(allowed.toSorted()).toEqual([...members].toSorted())
})

test.each([
  ['updates/settle.ts', 'MOST_TRIES', constraint('attempt_tries_within_three'), 'tries <= '],
  ['updates/settle.ts', 'MOST_TRIES', body('anchor_ops.guard_attempt'), 'old.tries >= '],
  ['updates/idempotency.ts', 'MAX_KEY_LENGTH', constraint('update_request_key_length'), ') <= '],
  ['updates/identity.ts', 'MAX_KEY_LENGTH', constraint('attempt_natural_key_length'), ') <= '],
  ['updates/force.ts', 'MAX_NOTE_LENGTH', constraint('attempt_forced_length'), ') <= '],
  ['platform/transaction.ts', 'MAX_ID_LENGTH', constraint('refund_id_length'), ') <= '],
  [
    'platform/transaction.ts',
    'MAX_ID_LENGTH',
    constraint('attempt_transaction_id_length'),
    ') <= ',
  ],
  [
    'platform/envelope.ts',
    'MAX_CALLS',
    body('public.begin_updates'),
    'jsonb_array_length(p_updates) > ',
  ],
  [
    'anchors/discovery/directory.ts',
    'MAX_SOURCE_LENGTH',
    constraint('listing_source_length'),
    ') <= ',
  ],
  [
    'anchors/discovery/directory-row.ts',
    'MAX_NAME_CODE_POINTS',
    constraint('listing_name_length'),
    ') <= ',
  ],
])('%s and the schema state the same %s', async (file, name, sql, before) => {
  const source = await readFile(new URL(`../../../lib/${file}`, import.meta.url), 'utf8')
  const [, stated] = new RegExp(`const ${name} = ([\\d_]+)\\n`).exec(source) ?? []
  const number = sql.split(before)[1]?.match(/^\d+/)?.[0]
  expect(Number(number)).toBe(Number(stated?.replaceAll('_', '')))
})
