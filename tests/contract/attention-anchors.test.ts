import { beforeEach, describe, expect, test } from 'vitest'
import { bodyAnswer } from '../../local/world/answer.ts'
import { useDatabase } from '../helpers/database.ts'
import { KEY, useService } from './service.ts'
import { anchor, row, TOML_PATH, tomlOf } from './sites.ts'

const DOMAIN = 'good.example.org'
const MOVED = 'moved.example.org'
const THIEF = 'thief.example.com'

describe('an anchor that waits for a person', () => {
  const service = useService({ database: useDatabase(), sleep: 'none' })
  const waiting = async () => {
    const { body } = await service.call({ path: '/api/attention', headers: KEY })
    return body.waiting.filter(({ kind }: { kind: string }) => kind.startsWith('anchor_'))
  }
  const take = ({ method, url, body }: { method: string; url: string; body: object }) => {
    const { pathname: path, search } = new URL(url)
    const query = Object.fromEntries(new URLSearchParams(search))
    return service.call({ method, path, query, body, headers: KEY })
  }

  beforeEach(async () => {
    service.sites.set(DOMAIN, anchor(DOMAIN))
    await service.ops({ action: 'import_directory', anchors: [row(DOMAIN)], dryRun: false })
    await service.ops({ action: 'refresh_capabilities' })
  })

  /** Lets the stellar.toml name another host for SEP-24, which serves it as well as the first. */
  const move = async () => {
    const toml = tomlOf(DOMAIN).replace(`${DOMAIN}/sep24`, `${MOVED}/sep24`)
    const site = anchor(DOMAIN)
    service.sites.set(DOMAIN, {
      answer: (url) =>
        url.pathname === TOML_PATH ? bodyAnswer('text/plain', toml) : site.answer(url),
    })
    service.sites.set(MOVED, anchor(MOVED))
    return service.ops({ action: 'refresh_capabilities' })
  }
  const shown = async () => {
    const { body } = await service.call({ path: '/api/anchors/catalog' })
    return body.anchors.map(({ operational, why }: { operational: boolean; why: string[] }) => [
      operational,
      ...why,
    ])
  }

  test('because its host changed is held, listed and logged until a person accepts it', async () => {
    await move()
    expect(await shown()).toEqual([
      [false, 'identity_changed'],
      [false, 'identity_changed'],
    ])
    const [held] = await waiting()
    expect(held).toMatchObject({
      kind: 'anchor_held',
      id: `mainnet:${DOMAIN}`,
      detail: {
        domain: DOMAIN,
        before: { 'host of TRANSFER_SERVER_SEP0024': DOMAIN },
        after: { 'host of TRANSFER_SERVER_SEP0024': MOVED },
      },
    })
    expect(held.reason).toContain('host of TRANSFER_SERVER_SEP0024')
    expect(service.log.filter((line) => line.includes('anchor_held'))).toHaveLength(1)
    expect(held.actions.map(({ action }: { action: string }) => action)).toEqual([
      'accept',
      'disable',
    ])
    expect((await take(held.actions[0])).status).toBe(200)
    expect(await waiting()).toEqual([])
    expect(await shown()).toEqual([[true], [true]])
    await service.ops({ action: 'refresh_capabilities' })
    expect(await shown()).toEqual([[true], [true]])
    const { body } = await service.call({
      path: '/api/anchors/changes',
      query: { kind: 'accepted' },
    })
    expect(body.changes).toMatchObject([
      { domain: DOMAIN, after: { 'host of TRANSFER_SERVER_SEP0024': MOVED, by: 'person' } },
    ])
  })

  test('is not accepted by who looked at an earlier change, or names none', async () => {
    await move()
    const [first] = await waiting()
    const { decision, note } = first.actions[0].body
    service.sites.set(DOMAIN, {
      answer: (url) =>
        url.pathname === TOML_PATH
          ? bodyAnswer('text/plain', tomlOf(DOMAIN).replaceAll(`${DOMAIN}/sep24`, `${THIEF}/sep24`))
          : anchor(DOMAIN).answer(url),
    })
    service.sites.set(THIEF, anchor(THIEF))
    service.passTime(60_000)
    await service.ops({ action: 'refresh_capabilities' })
    const [second] = await waiting()
    expect(second.since).not.toBe(first.since)
    for (const body of [first.actions[0].body, { decision, note }]) {
      const refused = await take({ ...first.actions[0], body })
      expect([refused.status, refused.body.code]).toEqual([409, 'decision_refused'])
      expect(refused.body.details[0]).toMatchObject({ path: 'since' })
      expect(refused.body.error).toContain(second.since)
    }
    expect(await shown()).toMatchObject([
      [false, 'identity_changed'],
      [false, 'identity_changed'],
    ])
    expect((await take(second.actions[0])).status).toBe(200)
  })

  test('because it was switched too often returns by "forget" alone', async () => {
    await service.query(
      `update anchor_ops.home_domain set auto_disabled_at = now(), 
        health = health || '{"autoDisabledReason": "flapping"}',
        window_health = window_health || '{"autoDisabledReason": "flapping"}'`,
    )
    await service.ops({ action: 'refresh_capabilities' })
    const [flapping] = await waiting()
    expect(flapping).toMatchObject({ kind: 'anchor_flapping', detail: { outcome: 'ok' } })
    expect(flapping.actions.map(({ action }: { action: string }) => action)).toEqual([
      'forget',
      'enable',
      'disable',
    ])
    expect(await shown()).toMatchObject([
      [false, 'domain_disabled'],
      [false, 'domain_disabled'],
    ])
    await take(flapping.actions[0])
    expect(await waiting()).toEqual([])
    expect(await shown()).toEqual([[true], [true]])
  })

  test('does not wait when only Horizon names it, or a person disabled it', async () => {
    await move()
    await service.query(`update anchor_ops.listing set source = 'horizon:https://h.example'`)
    expect(await waiting()).toEqual([])
    await service.query(`update anchor_ops.listing set source = 's'`)
    expect(await waiting()).toHaveLength(1)
    const path = `/api/anchors/${DOMAIN}/decisions`
    await service.call({
      method: 'POST',
      path,
      headers: KEY,
      body: { decision: 'disable', note: 'a thief' },
    })
    expect(await waiting()).toEqual([])
  })

  test('is accepted for all of its home domain, not for one listing', async () => {
    const { status, body } = await service.call({
      method: 'POST',
      path: `/api/anchors/${DOMAIN}/decisions`,
      headers: KEY,
      body: { decision: 'accept', note: 'x', listing: `${DOMAIN}:on-ramp:ZZ:USDC` },
    })
    expect(status).toBe(400)
    expect(body.error).toContain('is not a key of the decision "accept"')
  })
})
