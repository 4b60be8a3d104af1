import { expect, test } from 'vitest'
import { SCOPES, type Scope } from '../../lib/caller.ts'
import { describeOnReal } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { KEY, PLATFORM_SECRET } from './service.ts'
import { amountsUpdated, deposit, stellarPayment, withdrawal } from './transactions.ts'

const KEYS = '/api/keys'
const SENT = 'notify_onchain_funds_sent'

describeOnReal('named keys on two instances', (kind) => {
  const { a, b, proxy } = useInstances(kind, { sleep: 'none' })

  const make = (body: unknown, by = a) =>
    by.call({ method: 'POST', path: KEYS, body, headers: KEY })
  const list = async () => (await a.call({ path: KEYS, headers: KEY })).body.keys
  const read = (secret: string, by = a) =>
    by.call({ path: '/api/transactions', headers: { 'x-api-key': secret } })

  test('a key is made once, works at once on the other instance, and its secret is shown once', async () => {
    const { status, body } = await make({ name: 'anna', scopes: ['read'], note: 'for her' })
    expect(status).toBe(201)
    expect(body).toEqual({
      name: 'anna',
      scopes: ['read'],
      createdBy: 'BUSINESS_API_KEY',
      createdAt: expect.any(String),
      expiresAt: null,
      revokedBy: null,
      revokedAt: null,
      state: 'usable',
      secret: expect.stringMatching(/^aok_[A-Za-z0-9_-]{43}$/),
    })
    expect((await read(body.secret, b)).status).toBe(200)
    const { secret: _, ...shown } = body
    expect(await list()).toEqual([shown])
    const again = await make({ name: 'anna', scopes: ['decide'] }, b)
    expect([again.status, again.body.code]).toEqual([409, 'decision_refused'])
  })

  test('of 20 calls that make a key of one name at once, one makes it', async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      make({ name: 'anna', scopes: ['read'] }, index % 2 === 0 ? a : b),
    )
    const made = (await Promise.all(calls)).filter(({ status }) => status === 201)
    expect(made).toHaveLength(1)
    expect((await read(made[0]?.body.secret)).status).toBe(200)
  })

  test('a revoked key is refused by every call that begins after the revocation was answered', async () => {
    const secret = await a.makeKey('anna', ['read'])
    expect((await read(secret, b)).status).toBe(200)
    const during = Array.from({ length: 20 }, () => read(secret, b))
    const [first, second] = await Promise.all([a.revokeKey('anna'), b.revokeKey('anna')])
    expect([first.status, second.status].sort()).toEqual([200, 409])
    const after = await Promise.all(
      Array.from({ length: 20 }, (_, n) => read(secret, n % 2 ? a : b)),
    )
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([401]))
    for (const { status } of await Promise.all(during)) expect([200, 401]).toContain(status)
    expect(await list()).toMatchObject([
      { name: 'anna', state: 'revoked', revokedBy: 'BUSINESS_API_KEY' },
    ])
    expect((await make({ name: 'anna', scopes: ['read'] })).status).toBe(409)
    expect((await a.revokeKey('nobody')).status).toBe(404)
  })

  test('a key expires after its days, by the clock of the database', async () => {
    const { body } = await make({ name: 'anna', scopes: 'read,decide', expiresInDays: 1 })
    expect(body.scopes).toEqual(['read', 'decide'])
    const lifeMs = Date.parse(body.expiresAt) - Date.parse(body.createdAt)
    expect(Math.abs(lifeMs - 86_400_000)).toBeLessThan(1_000)
    // The clock of an instance is wrong by days, and the key is still good.
    b.passTime(7 * 86_400_000)
    expect((await read(body.secret, b)).status).toBe(200)
  })

  test.each<[string, object, string]>([
    ['no name', { scopes: ['read'] }, 'name'],
    ['an upper-case name', { name: 'Anna', scopes: ['read'] }, 'name'],
    ['a name with a line break', { name: 'anna\r\nx: y', scopes: ['read'] }, 'name'],
    ['a name like a setting', { name: 'BUSINESS_API_KEY', scopes: ['read'] }, 'name'],
    ['a name of 65 characters', { name: 'a'.repeat(65), scopes: ['read'] }, 'name'],
    ['no scope', { name: 'anna', scopes: [] }, 'scopes'],
    ['an unknown scope', { name: 'anna', scopes: ['read', 'admin'] }, 'scopes'],
    ['the right of the full key', { name: 'anna', scopes: ['keys'] }, 'scopes'],
    ['a scope that is a number', { name: 'anna', scopes: [1] }, 'scopes'],
    ['no days', { name: 'anna', scopes: ['read'], expiresInDays: 0 }, 'expiresInDays'],
    ['a blank note', { name: 'anna', scopes: ['read'], note: ' ' }, 'note'],
    [
      'a note of 1,001 characters',
      { name: 'anna', scopes: ['read'], note: 'n'.repeat(1_001) },
      'note',
    ],
  ])(
    'a key with %s is a 400 that names the parameter, and nothing is stored',
    async (_, body, path) => {
      const reply = await make(body)
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_parameter'])
      expect(reply.body.details[0].path.split('.')[0]).toBe(path)
      expect(await list()).toEqual([])
      expect((await a.call({ path: '/api/decisions', headers: KEY })).body.decisions).toEqual([])
    },
  )

  test('a name of 1 MB is a 413', async () => {
    expect((await make({ name: 'a'.repeat(1_000_000), scopes: ['read'] })).status).toBe(413)
  })

  test('a named key makes and revokes no key, whatever its scopes are', async () => {
    const headers = { 'x-api-key': await a.makeKey('anna', [...SCOPES]) }
    const asked = [
      { path: KEYS },
      { method: 'POST', path: KEYS, body: { name: 'bert', scopes: ['read'] } },
      { method: 'POST', path: `${KEYS}/anna`, body: { decision: 'revoked' } },
    ]
    for (const call of asked) {
      const { status, body } = await a.call({ ...call, headers })
      expect([status, body.code]).toEqual([403, 'forbidden'])
      expect(body.error).toContain('only BUSINESS_API_KEY may do this')
    }
  })

  test('the name of the key stands on the attempt, on the log line and on the decision', async () => {
    const headers = { 'x-api-key': await a.makeKey('anna', ['read', 'update', 'decide']) }
    a.platformHas([withdrawal('t')])
    await a.rpc([amountsUpdated('t', 'm', '5')], headers)
    const { attempts } = (await a.call({ path: '/api/transactions/t', headers })).body
    expect(attempts).toMatchObject([{ state: 'APPLIED', keyName: 'anna' }])
    const lines = a.log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'request')
    expect(lines.filter(({ path }) => path.startsWith('/api/transactions'))).toMatchObject([
      { keyName: 'anna', status: 200 },
      { keyName: 'anna', status: 200 },
    ])
  })

  test('every line that is logged on the way of a call has its request id and the name of its key', async () => {
    a.platformHas(Array.from({ length: 20 }, (_, index) => withdrawal(`t${index}`)))
    const names = ['anna', 'bert']
    const secrets = await Promise.all(names.map((name) => a.makeKey(name, ['update'])))
    proxy.setFaults([{ call: 'record_outcome', kind: 'cut', times: 100 }])
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        a.update(
          `t${index}`,
          'notify_transaction_error',
          { message: names[index % 2] },
          {
            'x-api-key': secrets[index % 2] ?? '',
            'x-request-id': `request-${index}`,
          },
        ),
      ),
    )
    const lines = a.log
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'update_interrupted')
    expect(lines).toHaveLength(20)
    for (const { requestId, keyName, attemptId } of lines) {
      const index = Number(String(requestId).replace('request-', ''))
      expect(keyName).toBe(names[index % 2])
      const [stored] = await a.query(
        'select transaction_id, key_name from anchor_ops.attempt where id = $1',
        [attemptId],
      )
      expect(stored).toEqual({ transaction_id: `t${index}`, key_name: keyName })
    }
  })

  test('force needs its own scope, and is a decision of the person who had it', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    a.platformHas([deposit('t'), deposit('u')], { ledger_fixture })
    const key = async (name: string, scopes: Scope[]) => ({
      'x-api-key': await a.makeKey(name, scopes),
    })
    const [anna, bert] = [await key('anna', ['update']), await key('bert', ['update', 'force'])]
    const params = { stellar_transaction_id: hash, force: true, note: 'two payments' }
    expect((await a.update('t', SENT, { stellar_transaction_id: hash }, anna)).status).toBe(200)
    const refused = await a.update('u', SENT, params, anna)
    expect([refused.status, refused.body.data]).toEqual([
      403,
      { reason: 'missing_scope', scope: 'force' },
    ])
    const inBatch = await a.rpc(
      [
        { jsonrpc: '2.0', id: 1, method: SENT, params: { transaction_id: 'u', ...params } },
        amountsUpdated('t', 'm', '5'),
      ],
      anna,
    )
    expect(inBatch.status).toBe(200)
    expect(inBatch.body[0].error.data).toEqual({ reason: 'missing_scope', scope: 'force' })
    expect(await a.attempts('u')).toEqual([])
    expect((await a.update('u', SENT, params, bert)).status).toBe(200)
    const { decisions } = (
      await a.call({ path: '/api/decisions', query: 'about=attempt', headers: KEY })
    ).body
    expect(decisions).toMatchObject([
      { keyName: 'bert', decision: 'forced', transactionId: 'u', note: 'two payments' },
    ])
  })

  test('a repeat of a forced request by a key without force does not end that request with a refusal', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    a.platformHas([deposit('t')], { ledger_fixture })
    const [anna, bert] = [
      { 'x-api-key': await a.makeKey('anna', ['update']), 'idempotency-key': 'k' },
      { 'x-api-key': await a.makeKey('bert', ['update', 'force']), 'idempotency-key': 'k' },
    ]
    const params = { stellar_transaction_id: hash, force: true, note: 'seen by me' }
    // The process of the forced request dies after it has sent the update.
    proxy.setFaults([{ call: 'finish_request', kind: 'cut', times: 2 }])
    expect((await a.update('t', SENT, params, bert)).status).toBe(503)
    await a.age(200)
    const refused = await b.update('t', SENT, params, anna)
    expect([refused.status, refused.body.code]).toEqual([422, 'idempotency_conflict'])
    expect((await b.update('t', SENT, params, bert)).body.attempt.state).toBe('APPLIED')
    expect(await a.attempts('t')).toEqual([`${SENT} APPLIED`])
  })

  test.each(['', 'x', 'xx'])(
    'a named key that a caller writes in base64 behind "%s" reaches no answer, log line or row',
    async (before) => {
      const secret = await a.makeKey('anna', ['update'])
      a.platformHas([withdrawal('t')])
      const text = Buffer.from(`${before}${secret}!`)
      for (const message of [text.toString('base64'), text.toString('base64url')]) {
        const { status } = await a.rpc([amountsUpdated('t', message)])
        expect(status).toBe(200)
      }
      expect(JSON.stringify(await a.tables())).toContain('[redacted]')
    },
  )

  test('a decision is never edited and never deleted, also by the service itself', async () => {
    await a.makeKey('anna', ['read'])
    for (const change of [
      "update anchor_ops.decision set note = 'another'",
      'delete from anchor_ops.decision',
      "update anchor_ops.api_key set scopes = array['decide']",
      'delete from anchor_ops.api_key',
    ]) {
      await expect(a.query(change)).rejects.toThrow(
        /never edited or deleted|changes in nothing else/,
      )
    }
  })

  test('the platform never hears of a key of ours', async () => {
    const secret = await a.makeKey('anna', ['update'])
    a.platformHas([withdrawal('t')])
    await a.rpc([amountsUpdated('t', 'm', '5')], { 'x-api-key': secret })
    const heard = JSON.stringify(a.emulator.requests())
    expect(heard).not.toContain(secret)
    expect(PLATFORM_SECRET).not.toBe(secret)
  })
})
