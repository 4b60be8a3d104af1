import { expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { KEY } from './service.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'

describeOnReal('an update that has been open for more than an hour', (kind) => {
  const { a, b } = useInstances(kind, { sleep: 'none' })

  async function isLate() {
    await a.query('alter table anchor_ops.attempt disable trigger user')
    await a.query(
      "update anchor_ops.attempt set created_at = created_at - interval '2 hours' where transaction_id = 't'",
    )
    await a.query('alter table anchor_ops.attempt enable trigger user')
  }
  const offered = async (): Promise<{ action: string; url: string; body: object }[]> => {
    const { body } = await a.call({ path: '/api/attention', headers: KEY })
    expect(body.waiting).toMatchObject([{ kind: 'update_late', transactionId: 't' }])
    return body.waiting[0].actions
  }
  const namesOf = (actions: { action: string }[]) => actions.map(({ action }) => action)
  /** Does the first thing that is offered, on the other instance. */
  async function doFirst() {
    const [first] = await offered()
    const { pathname: path } = new URL(first?.url ?? '')
    const { status, body } = await b.call({
      method: 'POST',
      path,
      body: first?.body,
      headers: KEY,
    })
    expect([status, body.attempt?.state]).toEqual([200, 'APPLIED'])
    expect((await a.call({ path: '/api/attention', headers: KEY })).body.waiting).toEqual([])
  }

  test('offers no outcome while its last send may still arrive', async () => {
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    await a.rpc([amountsUpdated('t', 'm')])
    await isLate()
    expect(await a.attempts('t')).toEqual(['notify_amounts_updated UNKNOWN'])
    expect(namesOf(await offered())).toEqual(['settle'])
    await a.age(181)
    expect(namesOf(await offered())).toEqual(['applied', 'rejected', 'not_applied', 'settle'])
    await doFirst()
  })

  test('is decided if a send may have been applied and its transaction, the only one, cannot be read', async () => {
    a.platformHas([withdrawal('t')])
    a.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    await a.rpc([amountsUpdated('t', 'm')])
    a.platformHas([{ ...withdrawal('t'), message: 'theirs', updated_at: '2030-01-01T00:00:00Z' }])
    await a.age(181)
    // The asset leaves the platform's configuration after the settler has read the transaction.
    a.interceptDatabase(async ({ name }) => {
      if (name === 'record_outcome') {
        a.platformHas([withdrawal('t', { request_asset_code: 'GONE' })])
      }
      return undefined
    })
    await a.settle()
    a.interceptDatabase(null)
    for (const one of [a, b]) {
      await a.age(901)
      await one.settle()
    }
    await isLate()
    expect((await a.show('t')).body.attempts).toMatchObject([
      { state: 'READY', tries: 1, outcome: { mayBeApplied: true } },
    ])
    expect(namesOf(await offered())).toEqual(['applied', 'rejected', 'not_applied', 'settle'])
    await doFirst()
    const { decisions } = (await a.call({ path: '/api/decisions', headers: KEY })).body
    expect(decisions).toMatchObject([{ decision: 'applied', reading: { state: 'READY' } }])
  })
})
