import { expect, test } from 'vitest'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'

describeOnReal('two instances, and a database whose answers get lost', (kind) => {
  const { a, b, proxy } = useInstances(kind)

  test('an outcome that was recorded without an answer is shown by the other instance', async () => {
    a.platformHas([withdrawal('t')])
    proxy.setFaults([{ call: 'record_outcome', kind: 'lose_answer' }])
    const { body } = await a.rpc([amountsUpdated('t', 'first')])
    expect(body[0].error.data.state).toBe('unknown')
    const { body: shown } = await b.show('t')
    expect(shown.attempts).toMatchObject([{ state: 'APPLIED' }])
    expect(a.applied()).toBe(1)
  })
})
