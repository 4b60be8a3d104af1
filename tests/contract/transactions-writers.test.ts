import { beforeEach, describe, expect, test } from 'vitest'
import { EMULATOR_RELEASES, type EmulatorRelease } from '../../local/platform/emulator-state.ts'
import type { FaultForm } from '../../local/platform/faults.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { PLATFORM_SECRET, useService } from './service.ts'
import { stellarPayment, USDC, withdrawal } from './transactions.ts'

const service = useService()
const REFUND = 'notify_refund_sent'
const RECEIVED = 'notify_onchain_funds_received'

/** Puts a release behind the service, and tells the service which one it is. */
function platformIs(release: EmulatorRelease, row: StoredTransaction, rest: object = {}): void {
  service.platformHas([row], { ...rest, config: { release, platform_api_auth_type: 'api_key' } })
  service.deploy({ ANCHOR_PLATFORM_VERSION: release })
}

const refund = (id: string) => ({
  refund: { id, amount: { amount: '10', asset: USDC }, amount_fee: { amount: '1', asset: USDC } },
})
const ours = (method = REFUND, params: object = refund('ours')) =>
  service.update('t', method, params)

/** A back office that calls the platform itself. */
async function theirs(method = REFUND, params: object = refund('theirs')) {
  const response = await fetch(service.emulator.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': PLATFORM_SECRET },
    body: JSON.stringify([
      { jsonrpc: '2.0', id: '1', method, params: { transaction_id: 't', ...params } },
    ]),
  })
  const [answer] = (await response.json()) as { result?: object; error?: { message: string } }[]
  return answer?.error?.message ?? 'saved'
}

/** Runs one writer after the other has read the row, and before it saves it. */
async function between<Slow, Quick>(
  slow: () => Promise<Slow>,
  quick: () => Promise<Quick>,
  more: FaultForm[] = [],
): Promise<[Slow, Quick]> {
  const held = { kind: 'slow_save', delayMs: 600_000, match: { path: '/' } } as const
  service.emulator.setFaults([held, ...more])
  const first = slow()
  await expect.poll(() => service.emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
  const second = await quick()
  service.emulator.endDelays()
  return [await first, second]
}

const row = () => service.emulator.state().transactions[0]
const refundsInRow = () => row()?.refunds?.payments.map(({ id }) => id) ?? []
const attempt = async () => (await service.show('t', { refresh: 'true' })).body.attempts[0]
const settleLater = async (seconds: number) => {
  await service.age(seconds)
  await service.settle()
}

describe('beside another writer, on 2.8.4, which saves whole rows without a lock', () => {
  beforeEach(() => platformIs('2.8.4', withdrawal('t')))

  /** His traces, and his alone, although he began before our update. */
  const seesHis = ({ state, outcome }: { state: string; outcome: Record<string, unknown> }) => {
    expect(state).toBe('LOST')
    expect(outcome['theirs']).toEqual({
      updated_at: row()?.updated_at,
      refunds: expect.objectContaining({ payments: [expect.objectContaining({ id: 'theirs' })] }),
    })
    expect(outcome['shown']).toMatchObject({ refunds: { payments: [{ id: 'ours' }] } })
  }

  test('an update that he overwrites is LOST at the next reading, which names what he left', async () => {
    // Our save has the earlier stamp, as from a server whose clock is a second late.
    const late = { kind: 'clock_behind', delayMs: 1_000, match: { path: '/' } } as const
    const [his, answer] = await between(theirs, ours, [late])
    expect([his, answer.status]).toEqual(['saved', 200])
    seesHis(await attempt())
    await settleLater(500)
    expect(service.sent()).toHaveLength(2)
    expect(refundsInRow()).toEqual(['theirs'])
  })

  test('an update that he overwrites with an earlier stamp is LOST a minute later, with the same traces', async () => {
    const [his, answer] = await between(theirs, ours)
    expect([his, answer.status]).toEqual(['saved', 200])
    expect((await attempt()).state).toBe('APPLIED')
    await settleLater(61)
    seesHis(await attempt())
    await settleLater(500)
    expect(service.sent()).toHaveLength(2)
  })

  test('an update that overwrites his is APPLIED, and his is gone without a sign', async () => {
    const [answer, his] = await between(ours, theirs)
    expect([answer.status, his]).toEqual([200, 'saved'])
    expect(refundsInRow()).toEqual(['ours'])
    await settleLater(61)
    expect(await service.attempts('t')).toEqual([`${REFUND} APPLIED`])
  })

  test('an update whose answer is lost and that he overwrites waits for a person', async () => {
    service.deploy({}, { platformTimeoutMs: 500 })
    const lost = { kind: 'no_answer', match: { path: '/' } } as const
    const held = { kind: 'slow_save', delayMs: 600_000, match: { path: '/' } } as const
    service.emulator.setFaults([held, lost])
    const his = theirs()
    await expect.poll(() => service.emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
    const answer = ours()
    // He saves before our service gives the answer up and reads.
    await expect.poll(refundsInRow, { interval: 5 }).toEqual(['ours'])
    service.emulator.endDelays()
    expect([await his, (await answer).status]).toEqual(['saved', 202])
    expect(refundsInRow()).toEqual(['theirs'])
    await settleLater(181)
    expect(await service.attempts('t')).toEqual([`${REFUND} MANUAL`])
    expect(service.sent()).toHaveLength(2)
  })
})

describe('beside another writer, on 4.3.0, whose lock refuses the second save', () => {
  beforeEach(() => platformIs('4.3.0', withdrawal('t')))

  test('an update that is saved first is APPLIED, and he is told', async () => {
    const [his, answer] = await between(theirs, ours)
    expect(his).toMatch(/^Transaction was modified by another request\./)
    expect(answer.status).toBe(200)
    expect(refundsInRow()).toEqual(['ours'])
    await settleLater(61)
    expect(await service.attempts('t')).toEqual([`${REFUND} APPLIED`])
  })

  test('an update that meets the lock is judged by the new row and sent again: nothing is lost', async () => {
    const [answer, his] = await between(ours, theirs)
    expect([answer.status, his]).toEqual([200, 'saved'])
    expect(refundsInRow()).toEqual(['theirs', 'ours'])
    expect(await service.attempts('t')).toEqual([`${REFUND} APPLIED`])
  })

  test('an update that meets the lock is rejected where his update makes it illegal', async () => {
    const [answer, his] = await between(ours, () =>
      theirs('notify_transaction_error', { message: 'theirs' }),
    )
    expect([answer.status, his]).toEqual([409, 'saved'])
    expect(refundsInRow()).toEqual([])
    expect(await service.attempts('t')).toEqual([`${REFUND} REJECTED`])
    expect(answer.body.data.legalMethods).toEqual(['notify_transaction_recovery'])
  })
})

describe.each(EMULATOR_RELEASES)('beside another writer, on %s', (release) => {
  test('an update whose answer is lost is APPLIED when he writes after it: his row has its trace', async () => {
    platformIs(release, withdrawal('t'))
    service.emulator.setFaults([{ kind: 'reset_after', match: { path: '/' } }])
    const answer = ours()
    await expect.poll(refundsInRow, { interval: 5 }).toEqual(['ours'])
    expect(await theirs()).toBe('saved')
    expect((await answer).status).toBe(200)
    expect(refundsInRow()).toEqual(['ours', 'theirs'])
    expect(await service.attempts('t')).toEqual([`${REFUND} APPLIED`])
  })

  test('an update that never arrived is not taken for his', async () => {
    platformIs(release, withdrawal('t'))
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const answer = ours()
    await expect.poll(() => service.emulator.faults()[0]?.hits, { interval: 5 }).toBe(1)
    await theirs()
    expect((await answer).status).toBe(202)
    await settleLater(181)
    expect(await service.attempts('t')).toEqual([`${REFUND} MANUAL`])
    expect(refundsInRow()).toEqual(['theirs'])
  })

  test('a payment that the platform\u2019s own observer reports too stands in the row once', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    const awaiting = { status: 'pending_user_transfer_start' } as const
    const before = withdrawal('t', { ...awaiting, transfer_received_at: undefined })
    platformIs(release, before, { ledger_fixture })
    const params = { stellar_transaction_id: hash }
    const [answer, his] = await between(
      () => ours(RECEIVED, params),
      () => theirs(RECEIVED, params),
    )
    expect(his).toBe('saved')
    expect(answer.status).toBe(release === '2.8.4' ? 200 : 409)
    expect(row()?.stellar_transactions?.map(({ id }) => id)).toEqual([hash])
    expect(row()?.status).toBe('pending_anchor')
  })
})
