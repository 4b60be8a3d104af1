import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../helpers/database.ts'
import { KEY, useService } from './service.ts'
import { anchor, row } from './sites.ts'

const DOMAIN = 'good.example.org'
const PATH = `/api/anchors/${DOMAIN}/decisions`
const ON = `${DOMAIN}:on-ramp:ZZ:USDC`
const OFF = `${DOMAIN}:off-ramp:ZZ:USDC`

describe('a person stands above the rules of the catalog', () => {
  const service = useService({ database: useDatabase(), sleep: 'none' })
  const decide = (body: object, headers: Record<string, string> = KEY, query = {}) =>
    service.call({ method: 'POST', path: PATH, body, headers, query })
  const operational = async () => {
    const { body } = await service.call({ path: '/api/anchors/catalog' })
    return Object.fromEntries(
      body.anchors.map((shown: { id: string; operational: boolean; why: string[] }) => [
        shown.id,
        [shown.operational, ...shown.why],
      ]),
    )
  }

  beforeEach(async () => {
    service.sites.set(DOMAIN, anchor(DOMAIN))
    await service.ops({ action: 'import_directory', anchors: [row(DOMAIN)], dryRun: false })
    await service.ops({ action: 'refresh_capabilities' })
  })

  test('who enables or disables all listings or one, until it is forgotten', async () => {
    expect(await operational()).toEqual({ [ON]: [true], [OFF]: [true] })
    const { status, body } = await decide({ decision: 'disable', note: 'their bank is closed' })
    expect([status, body.decision]).toMatchObject([
      200,
      {
        about: 'anchor',
        subject: `mainnet:${DOMAIN}`,
        decision: 'disable',
        keyName: 'BUSINESS_API_KEY',
      },
    ])
    await decide({ decision: 'enable', listing: OFF, note: 'paying out works' })
    expect(await operational()).toEqual({
      [ON]: [false, 'disabled_by_person'],
      [OFF]: [true, 'enabled_by_person'],
    })
    await service.ops({ action: 'refresh_capabilities' })
    expect(await operational()).toEqual({
      [ON]: [false, 'disabled_by_person'],
      [OFF]: [true, 'enabled_by_person'],
    })
    await decide({ decision: 'forget', note: 'open again' })
    await decide({ decision: 'forget', listing: OFF, note: 'as the rules say' })
    expect(await operational()).toEqual({ [ON]: [true], [OFF]: [true] })

    const shown = await service.call({ path: `/api/anchors/${DOMAIN}` })
    expect(shown.body.decisions.map((made: { note: string }) => made.note)).toEqual([
      'as the rules say',
      'open again',
      'paying out works',
      'their bank is closed',
    ])
    const listed = await service.call({
      path: '/api/decisions',
      headers: KEY,
      query: { about: 'listing', subject: OFF },
    })
    expect(listed.body.decisions).toHaveLength(2)
  })

  test('whose word the answer for the home domain keeps to, as its listings do', async () => {
    const shown = async () => {
      const { body } = await service.call({ path: `/api/anchors/${DOMAIN}` })
      return [body.operational, body.personSays]
    }
    expect(await shown()).toEqual([true, null])
    await decide({ decision: 'disable', note: 'their bank is closed' })
    expect(await shown()).toEqual([false, 'disable'])
    await decide({ decision: 'enable', listing: OFF, note: 'paying out works' })
    expect(await shown()).toEqual([true, 'disable'])
  })

  test.each<[object, number, string]>([
    [{ decision: 'enable' }, 400, 'note'],
    [{ decision: 'delete', note: 'x' }, 400, 'enable, disable, forget'],
    [{ decision: 'enable', note: 'x', listing: '' }, 400, 'the id of a listing'],
    [
      { decision: 'enable', note: 'x', listing: 'other.example.org:on-ramp:ZZ:USDC' },
      404,
      'is not one of',
    ],
  ])('the body %j is refused and decides nothing', async (body, status, message) => {
    const reply = await decide(body)
    expect(reply.status).toBe(status)
    expect(reply.body.error).toContain(message)
    expect((await service.call({ path: `/api/anchors/${DOMAIN}` })).body.decisions).toEqual([])
  })

  test('accept is refused where no new identity is held, and stores nothing', async () => {
    const { status, body } = await decide({ decision: 'accept', note: 'x' })
    expect([status, body.code, body.details[0].path]).toEqual([409, 'decision_refused', 'decision'])
    expect(body.error).toContain('no new identity of')
    expect((await service.call({ path: `/api/anchors/${DOMAIN}` })).body.decisions).toEqual([])
  })

  test('an unknown home domain or network is not decided', async () => {
    const body = { decision: 'enable', note: 'x' }
    const path = '/api/anchors/strange.example.org/decisions'
    expect((await service.call({ method: 'POST', path, body, headers: KEY })).status).toBe(404)
    expect((await decide(body, KEY, { network: 'testnet' })).status).toBe(404)
  })

  test('and needs the scope decide', async () => {
    const secret = await service.makeKey('reader', ['read', 'update'])
    const { status } = await decide({ decision: 'enable', note: 'x' }, { 'x-api-key': secret })
    expect(status).toBe(403)
  })
})
