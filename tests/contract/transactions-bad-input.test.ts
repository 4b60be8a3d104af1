import { describe, expect, test } from 'vitest'
import {
  NOT_ACCOUNTS,
  NOT_AMOUNTS,
  NOT_ASSETS,
  NOT_HASHES,
  NOT_INSTANTS,
  NOT_LEDGER_AMOUNTS,
  NOT_MEMOS,
} from '../helpers/hostile-values.ts'
import { useService } from './service.ts'
import {
  ANCHOR,
  amountsUpdated,
  DEPOSIT_AMOUNTS,
  deposit,
  type Item,
  incomplete,
  item,
  refundOf,
  stellarPayment,
  USD,
  USDC,
  WITHDRAWAL_AMOUNTS,
  withdrawal,
  XLM,
} from './transactions.ts'

const service = useService()
const failed = (id: string, message = 'broken') =>
  item('notify_transaction_error', { transaction_id: id, message })
const codes = (body: { error?: { code: number } }[]) => body.map(({ error }) => error?.code ?? 'ok')

const refunded = (...refund: Parameters<typeof refundOf>) =>
  item('notify_refund_sent', { transaction_id: 't', ...refundOf(...refund) })

async function nothingHappened(): Promise<void> {
  expect(service.sent()).toEqual([])
  expect(await service.query('select 1 from anchor_ops.attempt')).toEqual([])
}

describe('bodies', () => {
  test('an empty batch is answered with an empty one', async () => {
    expect((await service.rpc([])).text).toBe('[]')
    await nothingHappened()
  })

  test('a batch of 40 calls is applied; 41 and 400 calls get one error without an id and have no effect', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `t-${index}`)
    service.platformHas(ids.map((id) => deposit(id)))
    for (const count of [41, 400]) {
      const { status, body } = await service.rpc(
        Array.from({ length: count }, (_, index) => failed(ids[index % 40] ?? '')),
      )
      expect(status).toBe(200)
      expect(body).toEqual([
        { jsonrpc: '2.0', error: { code: -32600, message: 'RPC batch size limit[40] exceeded' } },
      ])
    }
    await nothingHappened()
    const { body } = await service.rpc(ids.map((id) => failed(id)))
    expect(codes(body)).toEqual(Array(40).fill('ok'))
  })

  test('a call that is not an object is refused, and the others are applied', async () => {
    service.platformHas([deposit('t')])
    const { status, body } = await service.rpc([null, [], [failed('t')], 1, 'x', {}, failed('t')])
    expect(status).toBe(200)
    const refusal = {
      code: -32600,
      message:
        "Unsupported JSON-RPC protocol version[null];Method name can't be NULL or empty;Id can't be NULL",
    }
    expect(body.slice(0, 6)).toEqual(Array(6).fill({ jsonrpc: '2.0', error: refusal }))
    expect(body[6].result.status).toBe('error')
    expect(service.sent()).toEqual(['t notify_transaction_error'])
  })

  test.each([
    ['a key twice', 'duplicate_key', '"message":"m","message":"n"', '"message":"n"'],
    ['an escaped key twice', 'duplicate_key', '"a":1,"\\u0061":2', '"\\u0061"'],
    ['NUL', 'forbidden_text', '"message":"\\u0000"', '"\\u0000"'],
    ['half a surrogate pair', 'forbidden_text', '"message":"\\ud800"', '"\\ud800"'],
    ['a key __proto__', 'forbidden_key', '"__proto__":{}', '"__proto__"'],
    ['65 levels', 'too_deep', `"a":${'['.repeat(65)}${']'.repeat(65)}`, null],
  ])(
    'an item with %s is refused by its place, and the others are applied, also under a key',
    async (_case, reason, field, culprit) => {
      service.platformHas([deposit('t'), deposit('u')])
      const bad = `{"jsonrpc":"2.0","id":"bad","method":"notify_transaction_error","params":{"transaction_id":"t",${field}}}`
      const body = `[ ${JSON.stringify(failed('u'))},\n${bad}]`
      const first = await service.rpc(body, { 'idempotency-key': 'k' })
      expect([first.status, codes(first.body)]).toEqual([200, ['ok', -32600]])
      const { error, id } = first.body[1]
      expect(error.data.reason).toBe(reason)
      expect(error.message).toContain(`at position ${error.data.position} of the body`)
      if (culprit !== null) expect(error.data.position).toBe(body.indexOf(culprit))
      if (reason !== 'too_deep') expect(id).toBe('bad')
      expect(service.sent()).toEqual(['u notify_transaction_error'])
      expect((await service.rpc(body, { 'idempotency-key': 'k' })).text).toBe(first.text)
    },
  )

  test('an id that cannot be answered is left out of the refusal', async () => {
    const { status, body } = await service.rpc('[{"id":"\\ud800"},{"id":1,"id":2}]')
    expect(status).toBe(200)
    expect(body.map(({ id }: { id?: unknown }) => id)).toEqual([undefined, 2])
  })

  test.each([
    ['[{"id":1},]', 'At position 10 (line 1, column 11).'],
    ['[{"id":1}\n {"id":2}]', 'At position 11 (line 2, column 2).'],
    ['[{"id":"\\u0000"},{"id":01}]', 'At position 24 (line 1, column 25).'],
    ['[{"id":1,"id":2}', 'At position 16 (line 1, column 17).'],
  ])('the malformed body %s is refused by its place', async (raw, where) => {
    const { status, body } = await service.rpc(raw)
    expect([status, body.error]).toEqual([400, 'Invalid request body'])
    expect(body.details[0].message).toContain(where)
  })

  test('a single object is answered with one', async () => {
    service.platformHas([deposit('t')])
    const { status, body } = await service.rpc(failed('t'))
    expect(status).toBe(200)
    expect(body).toMatchObject({ jsonrpc: '2.0', result: { id: 't', status: 'error' } })
  })

  test('{} and an empty body are refused as one call without fields', async () => {
    for (const raw of ['{}', '']) {
      const { status, body } = await service.rpc(raw)
      expect(status).toBe(200)
      expect(body.error.message).toContain("Id can't be NULL")
    }
  })

  test('ids are echoed with their JSON type, repeated ids too', async () => {
    service.platformHas([withdrawal('t')])
    const raw = (id: string) =>
      `{"jsonrpc":"2.0","method":"notify_amounts_updated","id":${id},"params":${JSON.stringify(amountsUpdated('t', 'm').params)}}`
    const ids = ['1', '1.0', '"1"', '""', '1', '1e0', '12345678901234567890']
    const { text } = await service.rpc(`[${ids.map(raw).join(',')}]`)
    expect([...text.matchAll(/"id":([^,{}]+)\}(?=[,\]])/g)].map(([, id]) => id)).toEqual(ids)
    expect(service.applied()).toBe(ids.length)
  })

  test('an id that is an object is refused and echoed', async () => {
    const id = {}
    service.platformHas([deposit('t')])
    const { body } = await service.rpc([
      item('notify_transaction_error', { transaction_id: 't' }, id),
    ])
    expect(body).toEqual([
      {
        jsonrpc: '2.0',
        error: {
          id: 't',
          code: -32600,
          message: 'An identifier MUST contain a String or a Number',
        },
        id,
      },
    ])
    await nothingHappened()
  })
})

describe('envelopes and names', () => {
  test.each<[object, number, string]>([
    [{ id: 1, method: 'request_trust' }, -32600, 'Unsupported JSON-RPC protocol version[null]'],
    [
      { jsonrpc: '2.0', id: 1, method: 'Request_Trust' },
      -32601,
      'No matching RPC method[Request_Trust]',
    ],
    [{ jsonrpc: '2.0', id: 1, method: 'toString' }, -32601, 'No matching RPC method[toString]'],
  ])('%j is refused with %i', async (request, code, message) => {
    const { status, body } = await service.rpc([request])
    expect([status, body[0].error]).toEqual([200, expect.objectContaining({ code, message })])
    await nothingHappened()
  })

  test.each<[string, unknown, number, RegExp]>([
    ['no params', undefined, -32603, /^params /],
    ['null params', null, -32603, /^params /],
    ['params that are a list', [], -32603, /^params /],
    ['params that are a text', 'x', -32603, /^params /],
    ['no transaction', {}, -32603, /^transactionId is marked non-null but is null$/],
    [
      'a transaction that is null',
      { transaction_id: null },
      -32603,
      /transactionId is marked non-null/,
    ],
    [
      'a transaction that is empty',
      { transaction_id: '', message: 'm' },
      -32600,
      /^Transaction with id\[\] is not found$/,
    ],
    [
      'a transaction nobody knows',
      { transaction_id: 'nobody', message: 'm' },
      -32600,
      /^Transaction with id\[nobody\] is not found$/,
    ],
    [
      'a transaction that is a path',
      { transaction_id: '../health', message: 'm' },
      -32600,
      /^Transaction with id\[..\/health\] is not found$/,
    ],
    [
      'a transaction that is ..',
      { transaction_id: '..', message: 'm' },
      -32600,
      /^Transaction with id\[\.\.\] is not found$/,
    ],
    ['no message', { transaction_id: 't' }, -32602, /^message is required$/],
    ['a message that is an object', { transaction_id: 't', message: {} }, -32603, /./],
  ])(
    '%s is refused in the words of the platform and not sent',
    async (_case, params, code, message) => {
      service.platformHas([deposit('t')])
      const { body } = await service.rpc([item('notify_transaction_error', params)])
      expect(body[0].error.code).toBe(code)
      expect(body[0].error.message).toMatch(message)
      expect(service.sent()).toEqual([])
      expect(service.emulator.requests().map(({ path }) => path)).not.toContain('/health')
    },
  )
})

describe('params', () => {
  const offchain = (change: object) =>
    item('request_offchain_funds', { transaction_id: 't', ...DEPOSIT_AMOUNTS, ...change })
  const onchain = (change: object) =>
    item('request_onchain_funds', {
      transaction_id: 't',
      ...WITHDRAWAL_AMOUNTS,
      destination_account: ANCHOR,
      ...change,
    })

  const KINDS: [kind: string, code: number, values: unknown[], of: (value: never) => unknown][] = [
    [
      'amount',
      -32602,
      NOT_AMOUNTS,
      (amount: string) => offchain({ amount_in: { amount, asset: USD } }),
    ],
    [
      'amount of the ledger',
      -32602,
      NOT_LEDGER_AMOUNTS,
      (amount: string) => offchain({ amount_out: { amount, asset: XLM } }),
    ],
    [
      'asset',
      -32602,
      NOT_ASSETS,
      (asset: string) => offchain({ amount_in: { amount: '100', asset } }),
    ],
    ['memo', -32602, NOT_MEMOS, ([memo, memo_type]: string[]) => onchain({ memo, memo_type })],
    [
      'account',
      -32602,
      NOT_ACCOUNTS,
      (destination_account: string) => onchain({ destination_account, memo: '1', memo_type: 'id' }),
    ],
    [
      'Stellar transaction',
      -32602,
      NOT_HASHES,
      (stellar_transaction_id: string) =>
        item('notify_onchain_funds_sent', { transaction_id: 't', stellar_transaction_id }),
    ],
    [
      'deadline',
      -32603,
      NOT_INSTANTS,
      (user_action_required_by: unknown) => offchain({ user_action_required_by }),
    ],
    [
      'deadline of the future',
      -32602,
      ['2020-01-01T00:00:00Z'],
      (user_action_required_by: unknown) => offchain({ user_action_required_by }),
    ],
  ]
  const CASES = KINDS.flatMap(([kind, code, values, of]) =>
    values.map((value) => ({ kind, code, value, update: of(value as never) as Item })),
  )

  test.each(CASES)('the $kind $value is refused with $code and not sent', async (one) => {
    const { kind, code, update } = one
    const held = {
      Stellar: deposit('t', { status: 'pending_stellar' }),
      memo: withdrawal('t', incomplete),
      account: withdrawal('t', incomplete),
    }[kind.split(' ')[0] ?? '']
    service.platformHas([held ?? deposit('t', incomplete)], {
      config: { sep24_deposit_info_generator_type: 'none' },
    })
    const { body } = await service.rpc([update])
    expect(body[0].error.code).toBe(code)
    if (kind === 'amount') expect(body[0].error.message).toContain('amount_in')
    expect(service.sent()).toEqual([])
    expect(service.statusAtPlatform('t')).toBe(held?.status ?? 'incomplete')
  })

  test('an asset in another letter case is sent as it is, and the platform refuses it', async () => {
    service.platformHas([deposit('t', incomplete)])
    const asset = USDC.replace('USDC', 'usdc')
    const { body } = await service.rpc([offchain({ amount_out: { amount: '95', asset } })])
    expect(body[0].error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('stellar:usdc:'),
    })
    expect(service.applied()).toBe(0)
  })

  test('a deadline with an offset is sent as the same instant', async () => {
    service.platformHas([deposit('t')])
    const { body } = await service.rpc([
      item('request_trust', {
        transaction_id: 't',
        user_action_required_by: '2040-07-04T14:34:56+02:00',
      }),
    ])
    expect(body[0].result.user_action_required_by).toBe('2040-07-04T12:34:56Z')
  })

  test('a refund that exceeds the rest by one stroop is refused', async () => {
    service.platformHas([
      withdrawal('t', { amount_in: '1.0000001', amount_in_asset: XLM, amount_fee_asset: XLM }),
    ])
    const first = await service.rpc([refunded('r1', '0.5000001', XLM)])
    expect(first.body[0].result.status).toBe('pending_anchor')
    const over = await service.rpc([refunded('r2', '0.5000001', XLM)])
    expect(over.body[0].error).toMatchObject({
      code: -32602,
      message: 'Refund amount exceeds amount_in',
    })
    expect(service.applied()).toBe(1)
    const rest = await service.rpc([refunded('r3', '0.5', XLM)])
    // The platform rounds before it compares, so the transaction is not refunded.
    expect(rest.body[0].result.status).toBe('pending_anchor')
    expect(service.applied()).toBe(2)
  })

  test('a refund is judged by what was paid in now, not by what was stored earlier', async () => {
    const paid = (amount_in: string, updated_at: string) =>
      service.platformHas([
        withdrawal('t', { amount_in, amount_in_asset: XLM, amount_fee_asset: XLM, updated_at }),
      ])
    paid('1', '2026-01-02T00:00:00Z')
    await service.show('t', { refresh: 'true' })
    paid('5', '2026-01-03T00:00:00Z')
    const { body } = await service.rpc([refunded('r1', '4', XLM)])
    expect(body[0].result.status).toBe('pending_anchor')
    expect(service.applied()).toBe(1)
  })

  test('a refund in the wrong asset is called that, however large it is', async () => {
    service.platformHas([withdrawal('t')])
    // Stored, so that the database could compare the amounts.
    await service.show('t', { refresh: 'true' })
    const { body } = await service.rpc([refunded('r', '5000', USD)])
    expect(body[0].error).toMatchObject({
      code: -32602,
      message: 'refund.amount.asset does not match transaction amount_in_asset',
    })
    expect(service.applied()).toBe(0)
  })

  test('a repeated refund is counted once', async () => {
    service.platformHas([withdrawal('t')])
    const refund = () => refunded('r', '50')
    await service.rpc([refund()])
    await service.rpc([refund()])
    await service.rpc([refund(), refund()])
    expect(service.applied()).toBe(1)
    expect(service.statusAtPlatform('t')).toBe('pending_anchor')
  })

  test('a refund that a withdrawal announced, which the platform ignores, is not counted when it is sent', async () => {
    service.platformHas([withdrawal('t', { status: 'pending_external' })])
    const { params } = refunded('r', '95') as { params: object }
    await service.rpc([item('notify_refund_pending', params)])
    expect(codes((await service.rpc([refunded('r', '95')])).body)).toEqual(['ok'])
    expect(service.statusAtPlatform('t')).toBe('pending_anchor')
    expect(service.applied()).toBe(2)
  })

  test('a refund with negative parts is refused, and the other updates are applied', async () => {
    service.platformHas([withdrawal('t'), withdrawal('u')])
    const { status, body } = await service.rpc([
      refunded('r', '1', USDC, '-1'),
      refunded('r', '-1'),
      amountsUpdated('u', 'm'),
    ])
    expect(status).toBe(200)
    expect(codes(body)).toEqual([-32602, -32602, 'ok'])
  })

  test('a Stellar transaction that is reported twice is sent once, and both reports get one answer', async () => {
    const { hash, ledger_fixture } = stellarPayment()
    service.platformHas([deposit('t')], { ledger_fixture })
    const sent = () =>
      item('notify_onchain_funds_sent', { transaction_id: 't', stellar_transaction_id: hash })
    const { body } = await service.rpc([sent(), sent()])
    expect(codes(body)).toEqual(['ok', 'ok'])
    expect(body[1].result).toEqual(body[0].result)
    const later = await service.rpc([sent()])
    expect(later.body[0].result.status).toBe('completed')
    expect(service.sent()).toHaveLength(1)
  })
})

describe('names that are mistyped', () => {
  const params = {
    transaction_id: 't',
    mesage: 'm',
    amount_out: { amount: '95', Amount: '95' },
    fee_details: { total: '5', asset: USDC, details: [{ name: 'f', amount: '5', ammount: '5' }] },
    'naïve\n': 1,
    expires_in_second: 60,
    nothing: null,
  }
  const warnings = [
    ['mesage', 'message'],
    ['naïve\n', null],
    ['expires_in_second', 'expires_in_seconds'],
    ['amount_out.Amount', 'amount_out.amount'],
    ['fee_details.details[0].ammount', 'fee_details.details[0].amount'],
  ].map(([param, nearest]) => ({ param, nearest, message: expect.stringContaining('not a param') }))

  test('an unknown param is named with the nearest known one, and the update is still sent', async () => {
    service.platformHas([withdrawal('t'), withdrawal('u')])
    const { body } = await service.update('t', 'notify_amounts_updated', params)
    expect(body.attempt.warnings).toEqual(warnings)
    expect((await service.show('t')).body.attempts[0].warnings).toEqual(warnings)
    const { headers } = await service.rpc([
      item('notify_amounts_updated', { ...params, transaction_id: 'u' }),
    ])
    expect(headers.get('x-anchor-ops-warning')).toContain(
      'item 0: mesage is not a param of this method; the nearest known param is message, item 0: na?ve? is',
    )
    expect(service.sent()).toHaveLength(2)
  })

  test('a request without unknown params has no warning', async () => {
    service.platformHas([withdrawal('t')])
    const own = { transaction_id: 't', message: 'm', expires_in_seconds: 60 }
    const { headers } = await service.rpc([item('notify_amounts_updated', own)])
    expect(headers.has('x-anchor-ops-warning')).toBe(false)
    expect((await service.show('t')).body.attempts[0]).not.toHaveProperty('warnings')
  })

  test('an unknown method keeps the text of the platform, and names the methods that may be meant', async () => {
    const { body } = await service.rpc([item('notify_amount_updated', { transaction_id: 't' })])
    expect(body[0].error).toMatchObject({
      code: -32601,
      message: 'No matching RPC method[notify_amount_updated]',
      data: { suggestions: ['notify_amounts_updated'] },
    })
    const byUrl = await service.update('t', 'notifyAmountsUpdated')
    expect([byUrl.status, byUrl.body.data.suggestions[0]]).toEqual([404, 'notify_amounts_updated'])
  })

  test.each([
    ['get_transaction', 'GET /api/transactions/{id}'],
    ['get_transactions', 'GET /api/transactions.'],
    ['get_quote', 'no route for quotes'],
  ])('a %s before a release that lacks it says what to do instead', async (method, instead) => {
    const { body } = await service.rpc([item(method, { transaction_id: 't' })])
    expect(body[0].error).toMatchObject({
      code: -32601,
      message: `No matching RPC method[${method}]`,
      data: { instead: expect.stringContaining(instead) },
    })
    expect(service.sent()).toEqual([])
  })
})

describe('an update that cannot be stored is refused, and the next update is applied', () => {
  const good = amountsUpdated('u', 'm')

  test.each<[string, unknown]>([
    ['a refund id of 256 characters', refunded('r'.repeat(256), '1')],
    ['a refund id of 600 characters', refunded('r'.repeat(600), '1')],
    ['an empty refund id', refunded('', '1')],
    [
      'an empty refund id that is ignored',
      item('notify_refund_pending', { transaction_id: 't', ...refundOf('', '1') }),
    ],
    ['a refund id of quotes', refunded('"'.repeat(255), '1')],
    [
      'a transaction id of quotes',
      item('notify_onchain_funds_sent', {
        transaction_id: '"'.repeat(255),
        stellar_transaction_id: 'a'.repeat(64),
      }),
    ],
    [
      'a transaction id of 256 characters',
      item('notify_transaction_error', { transaction_id: 'i'.repeat(256), message: 'm' }),
    ],
    [
      'params that are longer as the database writes them',
      item('notify_transaction_error', {
        transaction_id: 't',
        message: 'm',
        unknown: Array(100_000).fill(1),
      }),
    ],
  ])('%s', async (_case, bad) => {
    service.platformHas([withdrawal('t'), withdrawal('u')])
    const { status, body } = await service.rpc([bad, good])
    expect(status).toBe(200)
    expect(body[1].result).toMatchObject({ id: 'u', message: 'm' })
  })
})

describe('several updates', () => {
  test('updates of one transaction are applied in order, and a failing update stops no other', async () => {
    service.platformHas([withdrawal('t'), withdrawal('u')])
    const { body } = await service.rpc([
      amountsUpdated('t', 'first'),
      item('notify_transaction_error', { transaction_id: 't' }),
      item('no_such_method', { transaction_id: 't' }),
      item('request_trust', { transaction_id: 't' }),
      amountsUpdated('t', 'second'),
      amountsUpdated('nobody', 'm'),
      amountsUpdated('u', 'other'),
      item('notify_transaction_error', { transaction_id: 't', message: 'third' }),
    ])
    expect(codes(body)).toEqual(['ok', -32602, -32601, -32600, 'ok', -32600, 'ok', 'ok'])
    expect(body[3].error.message).toBe(
      'RPC method[request_trust] is not supported. Status[pending_anchor], kind[withdrawal], protocol[24], funds received[true]',
    )
    expect(body[3].error.data.legalMethods).toContain('notify_amounts_updated')
    expect(service.statusAtPlatform('t')).toBe('error')
    const ofT = service.sent().filter((one) => one.startsWith('t '))
    expect(ofT.at(0)).toBe('t notify_amounts_updated')
    expect(ofT.at(-1)).toBe('t notify_transaction_error')
  })

  test('a transaction without an answer does not hold up the others', async () => {
    service.deploy({}, { platformTimeoutMs: 1_500 })
    service.platformHas([withdrawal('slow'), withdrawal('quick')])
    service.emulator.setFaults([
      { kind: 'no_answer', applied: false, match: { transactionId: 'slow', path: '/' } },
    ])
    let answered = false
    const reply = service
      .rpc([amountsUpdated('slow', 'm'), amountsUpdated('slow', 'n'), amountsUpdated('quick', 'm')])
      .finally(() => {
        answered = true
      })
    await expect.poll(() => service.sent().length).toBe(2)
    expect(service.sent()).toContain('quick notify_amounts_updated')
    expect(answered).toBe(false)
    const { body } = await reply
    expect(codes(body)).toEqual([-32603, -32603, 'ok'])
    expect(body[0].error.data.state).toBe('unknown')
    expect(body[1].error.data.state).toBe('queued')
    expect(await service.attempts('slow')).toEqual([
      'notify_amounts_updated UNKNOWN',
      'notify_amounts_updated READY',
    ])
  })
})
