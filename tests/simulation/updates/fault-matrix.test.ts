import { describe, expect, test } from 'vitest'
import { EMULATOR_RELEASES, type EmulatorRelease } from '../../../local/platform/emulator-state.ts'
import { METHODS, type MethodName } from '../../../local/platform/methods/table.ts'
import type { StoredTransaction } from '../../../local/platform/stored-transaction.ts'
import { PAID_AT, transactionOf, USDC } from '../../unit/local/platform/fixtures.ts'
import { DATABASE_FAULTS, type DatabaseFault } from '../database-wire.ts'
import type { Death } from '../life.ts'
import { createRandom, withRandom } from '../random.ts'
import { GET_FAULTS, type GetFault, POST_FAULTS, type PostFault } from './faults.ts'
import { goodParamsOf, legalTransaction, methodNames, stateOfPlatform } from './kinds.ts'
import { RARE_MUTANTS } from './mutants.ts'
import { findViolations } from './promises.ts'
import { createWorld, type Mutant, type Update, type World } from './world.ts'

// Every fault of the platform and of the database happens at every place, for every method and both kinds. Each cell is
// a history of its own, after which no update is lost or applied twice and every status is true.

const KINDS = ['deposit', 'withdrawal'] as const
type Kind = (typeof KINDS)[number]

interface Subject {
  method: MethodName
  kind: Kind
  release: EmulatorRelease
  transaction: StoredTransaction
  custody: boolean
  /** Whether the platform takes this method for this kind in any status. */
  legal: boolean
  /** Whether the method makes a custody service pay. */
  pays: boolean
}

const SUBJECTS: Readonly<Record<EmulatorRelease, readonly Subject[]>> = {
  '2.8.4': [
    ...subjectsOf('2.8.4', [false, true]),
    // With a custody service, this method pays too.
    subjectOf('notify_trust_set', 'deposit', { release: '2.8.4', custodies: [true] }),
  ],
  // 4.3.0 has no custody service.
  '4.3.0': subjectsOf('4.3.0', [false]),
}

function subjectsOf(release: EmulatorRelease, custodies: readonly boolean[]): Subject[] {
  return methodNames(release).flatMap((method) =>
    KINDS.map((kind) => subjectOf(method, kind, { release, custodies })),
  )
}

function subjectOf(
  method: MethodName,
  kind: Kind,
  { release, custodies }: { release: EmulatorRelease; custodies: readonly boolean[] },
): Subject {
  const mayPay = ['do_stellar_payment', 'do_stellar_refund', 'notify_trust_set'].includes(method)
  for (const custody of custodies) {
    const transaction = legalTransaction(method, 't-1', { kind, custody, release })
    const pays = mayPay && custody
    if (transaction !== null) {
      return { method, kind, release, transaction, custody, legal: true, pays }
    }
  }
  const transaction = transactionOf({ sep: '24', kind }, 'pending_anchor', {
    id: 't-1',
    transfer_received_at: PAID_AT,
  })
  const custody = release === '2.8.4' && METHODS[method].custody?.enabled === true
  return { method, kind, release, transaction, custody, legal: false, pays: mayPay && custody }
}

interface Faulty {
  /** The fault of the first update that is sent. */
  post?: PostFault
  /** The fault of the n-th reading. */
  get?: { fault: GetFault; at: number }
  /** The fault of the n-th database call. */
  database?: { fault: DatabaseFault; at: number }
  death?: Death
  /** One more settler. */
  settler?: { atMs: number; clockSkewMs: number }
  mutant?: Mutant
}

interface Outcome {
  violations: string[]
  states: string[]
  effects: number
  manual: number
  answers: World['answers']
  databaseCalls: number
  processCalls: number
}

const updateOf = ({
  method,
  kind,
  release,
}: Pick<Subject, 'method' | 'kind' | 'release'>): Update => ({
  method,
  params: { ...goodParamsOf(method, kind, release), transaction_id: 't-1' },
})

/** The caller asks, and after 130 s without an answer again. Settlers run at 200 s and 400 s, and after that in calm. */
function carryOut(
  subject: Pick<Subject, 'release' | 'custody' | 'transaction'> &
    ({ updates: readonly Update[] } | Subject),
  faulty: Faulty,
): Promise<Outcome> {
  const random = createRandom(1)
  return withRandom(random, async () => {
    const { transaction, custody, release } = subject
    let posts = 0
    let gets = 0
    let databaseCalls = 0
    const world = createWorld({
      random,
      state: stateOfPlatform({ custody, release }, [transaction]),
      ...(faulty.mutant && { mutant: faulty.mutant }),
      weather: {
        post: () => {
          posts += 1
          return posts === 1 ? (faulty.post ?? null) : null
        },
        get: () => {
          gets += 1
          return gets === faulty.get?.at ? faulty.get.fault : null
        },
        database: () => {
          databaseCalls += 1
          return databaseCalls === faulty.database?.at ? faulty.database.fault : null
        },
      },
    })
    const updates = 'updates' in subject ? subject.updates : [updateOf(subject)]
    const first = world.start({ death: faulty.death ?? null })
    void world.submit(first, { updates, key: 'key', wish: 'the request' })
    world.time.after(130_000, () => {
      if (world.answers.length > 0) return
      void world.submit(world.start(), { updates, key: 'key', wish: 'the request' })
    })
    for (const atMs of [200_000, 400_000]) {
      world.time.after(atMs, () => void world.settle(world.start()))
    }
    const { settler } = faulty
    if (settler) world.time.after(settler.atMs, () => void world.settle(world.start(settler)))
    const startMs = world.time.now()
    await world.time.run(() => world.time.now() >= startMs + 600_000)
    await world.quiesce()
    return {
      violations: findViolations(world),
      states: world.database.attempts().map(({ state }) => state),
      effects: world.platform.effects.length,
      manual: world.manual.changed + world.manual.custody,
      answers: world.answers,
      databaseCalls,
      processCalls: first.calls(),
    }
  })
}

const NOTHING_HAPPENED: ReadonlySet<PostFault> = new Set([
  'status_400',
  'status_401',
  'status_403',
  'status_404',
  'status_413',
  'batch_limit',
])
const REFUSAL = /^status_4/
/** The refusals after which the platform has not begun. */
const NOT_BEGUN: ReadonlySet<PostFault> = new Set(['status_401', 'status_403'])
const NOT_SENT: ReadonlySet<PostFault> = new Set([
  'connection_refused',
  'connection_timeout',
  'dns_failed',
  'status_429',
  'lock_conflict',
])

/** The end of an update: its effects at the platform, its state, and how often a person decided. */
function expectedEnd({ legal, pays }: Subject, fault: PostFault) {
  const isInternalError = fault === 'lock_conflict' || fault === 'ledger_unavailable'
  // The custody service may have paid before the error, so a person decides.
  if (pays && isInternalError) return { states: ['NOT_APPLIED'], effects: 0, manual: 1 }
  if (fault === 'ledger_unavailable') return { states: ['REJECTED'], effects: 0, manual: 0 }
  if (REFUSAL.test(fault) && !NOT_BEGUN.has(fault)) {
    const isApplied = legal && fault.endsWith('_after')
    // A gateway may answer while the custody service pays.
    if (pays && !isApplied) return { states: ['NOT_APPLIED'], effects: 0, manual: 1 }
    if (!legal && fault.endsWith('_after')) return { states: ['REJECTED'], effects: 0, manual: 0 }
  }
  if (NOTHING_HAPPENED.has(fault)) return { states: ['REJECTED'], effects: 0, manual: 0 }
  if (NOT_SENT.has(fault)) {
    return { states: [legal ? 'APPLIED' : 'REJECTED'], effects: legal ? 1 : 0, manual: 0 }
  }
  const before = fault.endsWith('_before')
  if (pays && (before || !legal || fault.startsWith('paid_'))) {
    const paid = fault.startsWith('paid_') && legal
    const answered = !legal && ['delayed', 'internal_error_after'].includes(fault)
    if (answered) return { states: ['REJECTED'], effects: 0, manual: 0 }
    return { states: [paid ? 'APPLIED' : 'NOT_APPLIED'], effects: paid ? 1 : 0, manual: 1 }
  }
  if (!legal) return { states: ['REJECTED'], effects: 0, manual: 0 }
  if (fault === 'internal_error_before' || fault === 'paid_unsaved_error') {
    return { states: ['REJECTED'], effects: 0, manual: 0 }
  }
  return { states: ['APPLIED'], effects: 1, manual: 0 }
}

const shown = ({ method, kind, release }: Subject, fault: unknown) =>
  `${release}, ${method}, ${kind}, ${typeof fault === 'string' ? fault : JSON.stringify(fault)}`

test('the tables have 22 and 19 methods for deposit and withdrawal, and one more that pays with custody', () => {
  const { '2.8.4': first, '4.3.0': second } = SUBJECTS
  expect(first).toHaveLength(45)
  expect(first.filter(({ legal }) => legal).length).toBeGreaterThanOrEqual(26)
  expect(second).toHaveLength(38)
  expect(second.filter(({ legal }) => legal).length).toBeGreaterThanOrEqual(24)
})

describe.each(EMULATOR_RELEASES)('%s: without a fault', (release) => {
  const subjects = SUBJECTS[release]

  test.each(subjects)(
    '$method of a $kind is applied once, or rejected with the reason',
    async (subject) => {
      const { violations, effects, states, answers } = await carryOut(subject, {})
      expect(violations).toEqual([])
      const [result] = answers[0]?.results ?? []
      if (subject.legal) {
        expect({ effects, states, kind: result?.kind }).toEqual({
          effects: 1,
          states: ['APPLIED'],
          kind: 'applied',
        })
        return
      }
      expect({ effects, states }).toEqual({ effects: 0, states: ['REJECTED'] })
      expect(result).toMatchObject({
        kind: 'rejected',
        error: { code: -32600, data: { explanation: expect.stringContaining(subject.kind) } },
      })
    },
  )
})

describe.each(EMULATOR_RELEASES)('%s: a fault of the platform or the network', (release) => {
  const subjects = SUBJECTS[release]

  test.each(POST_FAULTS)('%s while the update is sent', async (fault) => {
    for (const subject of subjects) {
      const { violations, states, effects, manual } = await carryOut(subject, { post: fault })
      expect(violations, shown(subject, fault)).toEqual([])
      const end = { states, effects, manual }
      expect(end, shown(subject, fault)).toEqual(expectedEnd(subject, fault))
    }
  })

  test.each(GET_FAULTS)('%s while the transaction is read', async (fault) => {
    for (const subject of subjects) {
      // The reading before the send, the reading after an error, and the settler's reading.
      const cases: readonly Faulty[] = [
        { get: { fault, at: 1 } },
        { post: 'internal_error_after', get: { fault, at: 2 } },
        { post: 'reset_after', get: { fault, at: 2 } },
      ]
      for (const faulty of cases) {
        const { violations, effects } = await carryOut(subject, faulty)
        expect(violations, shown(subject, faulty)).toEqual([])
        expect(effects, shown(subject, faulty)).toBe(subject.legal ? 1 : 0)
      }
    }
  })
})

const DATABASE_POSTS = [undefined, 'connection_refused', 'reset_after'] as const

describe.each(EMULATOR_RELEASES)('%s: a fault of the database, at each of its calls', (release) => {
  const subjects = SUBJECTS[release]

  test.each(DATABASE_FAULTS)('%s', async (fault) => {
    for (const subject of subjects) {
      for (const post of fault === 'slow' ? [undefined] : DATABASE_POSTS) {
        const clean = await carryOut(subject, post ? { post } : {})
        for (let at = 1; at <= clean.databaseCalls; at += 1) {
          const faulty: Faulty = { database: { fault, at }, ...(post && { post }) }
          const { violations, effects, answers } = await carryOut(subject, faulty)
          expect(violations, shown(subject, faulty)).toEqual([])
          expect(answers.length, shown(subject, faulty)).toBeGreaterThan(0)
          expectOnce(subject, effects, shown(subject, faulty))
        }
      }
    }
  })
})

describe.each(EMULATOR_RELEASES)('%s: a process killed at each of its awaits', (release) => {
  const subjects = SUBJECTS[release]

  test.each(['before', 'after'] as const)('%s the call took effect', async (when) => {
    for (const subject of subjects) {
      for (const post of [undefined, 'reset_after', 'internal_error_after'] as const) {
        const clean = await carryOut(subject, post ? { post } : {})
        expect(clean.processCalls).toBeGreaterThan(3)
        for (let atCall = 1; atCall <= clean.processCalls; atCall += 1) {
          const faulty: Faulty = { death: { atCall, when }, ...(post && { post }) }
          const { violations, effects, answers } = await carryOut(subject, faulty)
          expect(violations, shown(subject, faulty)).toEqual([])
          expect(answers.length, shown(subject, faulty)).toBe(1)
          expectOnce(subject, effects, shown(subject, faulty))
        }
      }
    }
  })
})

/** An update is applied once. Custody money that may have been sent before the process died is left to a person. */
function expectOnce({ legal, pays }: Subject, effects: number, where: string): void {
  if (!legal) expect(effects, where).toBe(0)
  else if (pays) expect(effects, where).toBeLessThanOrEqual(1)
  else expect(effects, where).toBe(1)
}

describe('a rule that a random history seldom needs', () => {
  const withdrawal = (status: 'pending_user_transfer_start' | 'pending_anchor') =>
    transactionOf({ sep: '24', kind: 'withdrawal' }, status, { id: 't-1' })
  const received = updateOf({
    method: 'notify_onchain_funds_received',
    kind: 'withdrawal',
    release: '2.8.4',
  })
  const amounts = updateOf({
    method: 'notify_amounts_updated',
    kind: 'withdrawal',
    release: '2.8.4',
  })

  // A second refund of a part is legal, so the platform takes the update twice.
  const part = (amount: string) => ({ amount, asset: USDC })
  const refund = { id: 'r-1', amount: part('10'), amount_fee: part('1') }
  const refundOnly = {
    transaction: { ...withdrawal('pending_anchor'), transfer_received_at: PAID_AT },
    updates: [{ method: 'notify_refund_sent', params: { transaction_id: 't-1', refund } }],
  }

  test.each([
    {
      rule: 'a request arrives up to 10 min late',
      history: refundOnly,
      faulty: { post: 'late_apply' },
      found: 'update 1 of the request: carried out 2 times',
    },
    {
      rule: 'an update behind a repeat is stored without the key of its request',
      history: {
        transaction: withdrawal('pending_user_transfer_start'),
        updates: [received, received, amounts],
      },
      faulty: {},
      found: 'update 3 of the request: carried out 2 times',
    },
    {
      rule: 'the time since a send comes from the clock of the process',
      history: refundOnly,
      // The first process dies. A settler an hour ahead looks 70 s later, while the update is still on its way.
      faulty: { post: 'late_apply', settler: { atMs: 70_000, clockSkewMs: 3_600_000 } },
      found: 'update 1 of the request: carried out 2 times',
    },
  ] as const)(
    '$rule: a mutant is noticed, and the shipped code keeps it',
    async ({ rule, history, faulty, found }) => {
      const subject = {
        release: '2.8.4' as const,
        custody: false,
        transaction: history.transaction,
        updates: history.updates,
      }
      const { processCalls } = await carryOut(subject, faulty)
      const violations: string[] = []
      for (let atCall = 1; atCall <= processCalls; atCall += 1) {
        for (const when of ['before', 'after'] as const) {
          const death = { atCall, when }
          const shipped = await carryOut(subject, { ...faulty, death })
          expect(shipped.violations, JSON.stringify(death)).toEqual([])
          const broken = await carryOut(subject, { ...faulty, death, mutant: RARE_MUTANTS[rule] })
          violations.push(...broken.violations)
        }
      }
      expect(violations).toContain(found)
    },
  )
})
