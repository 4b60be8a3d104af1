import { expect, test } from 'vitest'
import { storeEvent } from '../../lib/events/store.ts'
import { describeMeetings } from '../helpers/database.ts'

describeMeetings('an event that is being stored', ({ database, other }) => {
  test('lets the events of other transactions pass, and those that name none', async () => {
    const { db } = database
    await storeEvent(db, { transactionId: 'one' })
    await other('begin')
    await other("select public.note_event('one')")
    expect(await storeEvent(db, { transactionId: 'two' })).toEqual({ noted: true })
    expect(await storeEvent(db, { transactionId: null })).toEqual({ noted: false })
    await other('commit')
  })
})
