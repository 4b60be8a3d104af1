import { beforeEach, expect, test } from 'vitest'
import { BEARER, KEY, useService } from './service.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'
import { createReceiver, type Receiver, WEBHOOK_SECRET } from './webhook-receiver.ts'

const URL = 'https://hooks.example.org/anchor-ops?key=canary-hook-Rt57wQz1'
const service = useService({ environment: { WEBHOOK_URLS: URL, WEBHOOK_SECRET } })
let receiver: Receiver
beforeEach(() => {
  receiver = createReceiver()
  service.sites.set('hooks.example.org', receiver.site)
  service.canaries.push('canary-hook-Rt57wQz1', WEBHOOK_SECRET.slice(6))
})

const deliver = () => service.call({ path: '/api/events/deliver', headers: BEARER })

test('an update tells of the transaction and of its attempt, in order, at once after the answer', async () => {
  service.platformHas([withdrawal('t1')])
  await deliver()
  await service.background()
  expect(receiver.got).toEqual([])
  await service.rpc([amountsUpdated('t1', 'm')])
  await service.background()
  expect(receiver.taken.map(({ type, subject }) => `${subject} ${type}`)).toEqual([
    'transaction/t1 transaction.status',
    'transaction/t1 attempt.settled',
  ])
  const { body } = await service.call({ path: '/api/events', headers: KEY })
  expect(
    body.events.map((one: { deliveries: { state: string }[] }) => one.deliveries[0]?.state),
  ).toEqual(['delivered', 'delivered'])
})
