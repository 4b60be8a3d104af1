import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSideLedger } from '../../../../lib/ledger/horizon/side-ledger.ts'
import type { LedgerIo } from '../../../../lib/ledger/request.ts'
import { LedgerError, type SideLedger } from '../../../../lib/ledger/source.ts'
import { fetchAnswer } from '../../../helpers/fetch-answer.ts'
import { ANCHOR, CUSTOMER, ledgerError, OPERATIONS } from '../ledger-world.ts'

const BALANCE = `00000000${'57'.repeat(32)}`
const OTHER_BALANCE = `00000000${'58'.repeat(32)}`

/** A Horizon that gives each path one answer: a body, or a status. It notes the URLs that it was asked for. */
function sideLedger(answers: Record<string, unknown>): { side: SideLedger; asked: URL[] } {
  const asked: URL[] = []
  const io: LedgerIo = {
    fetch: async (text) => {
      const url = new URL(text)
      asked.push(url)
      const body = answers[url.pathname]
      const status = typeof body === 'number' ? body : 200
      return fetchAnswer(text, { status, text: status === 200 ? JSON.stringify(body ?? null) : '' })
    },
    sleep: async () => {},
    now: () => new Date(0),
  }
  return { side: createSideLedger({ url: 'https://horizon.sim' }, io), asked }
}

const page = (...records: unknown[]) => ({ _embedded: { records } })
const balance = (id: string, ledger: number) => ({ id, paging_token: `${ledger}-${id}` })
const effect = (token: string, type = 'account_debited') => ({ paging_token: token, type })
const recordOf = (name: string) => OPERATIONS.find((one) => one.name === name)?.record ?? {}

describe('the claimable balances of Horizon', () => {
  test('come by page, the oldest first, with the cursor behind each', async () => {
    const { side, asked } = sideLedger({
      '/claimable_balances': page(balance(BALANCE, 7), balance(OTHER_BALANCE, 7)),
    })
    expect(await side.balances(ANCHOR, null, 2)).toEqual({
      found: [
        { id: BALANCE, cursor: `7-${BALANCE}` },
        { id: OTHER_BALANCE, cursor: `7-${OTHER_BALANCE}` },
      ],
      cursor: `7-${OTHER_BALANCE}`,
      isLast: false,
    })
    expect(await side.balances(ANCHOR, `6-${BALANCE}`, 3)).toMatchObject({ isLast: true })
    expect(asked.map(({ search }) => search)).toEqual([
      `?claimant=${ANCHOR}&order=asc&limit=2`,
      `?claimant=${ANCHOR}&order=asc&limit=3&cursor=6-${BALANCE}`,
    ])
  })

  test('end where there are none', async () => {
    const { side } = sideLedger({ '/claimable_balances': page() })
    const cursor = `6-${BALANCE}`
    expect(await side.balances(ANCHOR, cursor, 3)).toEqual({ found: [], cursor, isLast: true })
  })

  test.each<[string, unknown]>([
    ['without an id', page({ paging_token: `7-${BALANCE}` })],
    ['with a path in its id', page({ ...balance(BALANCE, 7), id: `../${'0'.repeat(69)}` })],
    ['under another paging token', page({ ...balance(BALANCE, 7), paging_token: '7' })],
    ['that is the one before the page', page(balance(BALANCE, 6))],
    ['beyond the limit', page(...Array.from({ length: 4 }, () => balance(BALANCE, 7)))],
  ])('%s are unreadable', async (_case, body) => {
    const { side } = sideLedger({ '/claimable_balances': body })
    expect(await ledgerError(() => side.balances(ANCHOR, `6-${BALANCE}`, 3))).toMatchObject({
      code: 'ledger_unreadable',
    })
  })

  test('are made by an operation, which is read as a payment to the account', async () => {
    const making = recordOf('a claimable balance for the account')
    const claim = recordOf('a claimed balance')
    const { side } = sideLedger({
      [`/claimable_balances/${BALANCE}/operations`]: page(making, claim),
    })
    expect(await side.making(BALANCE, ANCHOR)).toMatchObject({
      operationId: making['id'],
      transactionHash: making['transaction_hash'],
      kind: 'claimable_balance',
      from: CUSTOMER,
      to: ANCHOR,
      amount: '5.0000000',
    })
  })

  test.each<[string, unknown]>([
    ['not found', 404],
    ['gone', 410],
    ['without the making', page()],
  ])('whose operations are %s have no operation', async (_case, answer) => {
    const { side } = sideLedger({ [`/claimable_balances/${BALANCE}/operations`]: answer })
    expect(await side.making(BALANCE, ANCHOR)).toBeNull()
  })
})

describe('the debits of an account in Horizon', () => {
  const path = `/accounts/${ANCHOR}/effects`

  test('are its effects of that type, and the cursor stands behind all effects', async () => {
    const { side, asked } = sideLedger({
      [path]: page(
        effect('8589934592001-1'),
        effect('8589934592001-2', 'trade'),
        effect('8589934592002-10', 'account_credited'),
      ),
    })
    expect(await side.debits(ANCHOR, side.debitsAt('8589934592000'))).toEqual({
      found: [{ id: '8589934592001', cursor: '8589934592001-1' }],
      cursor: '8589934592002-10',
      isLast: true,
    })
    expect(asked[0]?.search).toBe('?cursor=8589934592000-0&order=asc&limit=200')
  })

  test('of an account without history are none', async () => {
    const { side } = sideLedger({ [path]: 404 })
    expect(await side.debits(ANCHOR, '1-0')).toEqual({ found: [], cursor: '1-0', isLast: true })
  })

  test.each<[string, unknown]>([
    ['without a type', page({ paging_token: '7-1' })],
    ['without a paging token', page({ type: 'account_debited' })],
    ['that repeat the page before', page(effect('6-1'))],
  ])('%s are unreadable', async (_case, body) => {
    const { side } = sideLedger({ [path]: body })
    expect(await ledgerError(() => side.debits(ANCHOR, '6-1'))).toMatchObject({
      code: 'ledger_unreadable',
    })
  })

  test('are looked up as operations, and another operation is refused', async () => {
    const clawback = recordOf('a clawback')
    const id = String(clawback['id'])
    const { side } = sideLedger({ [`/operations/${id}`]: clawback, '/operations/7': clawback })
    expect(await side.operation(id, ANCHOR)).toMatchObject({
      operationId: id,
      kind: 'clawback',
      from: ANCHOR,
      amount: '1.0000000',
    })
    expect(await ledgerError(() => side.operation('7', ANCHOR))).toMatchObject({
      code: 'ledger_unreadable',
    })
    expect(await sideLedger({ '/operations/8': 404 }).side.operation('8', ANCHOR)).toBeNull()
  })
})

test('any JSON in place of an answer ends in a value or in a LedgerError', async () => {
  const json = fc.jsonValue({ maxDepth: 4 })
  const record = fc.oneof(json, fc.record({ id: json, paging_token: json, type: json }))
  const answers = fc.oneof(
    json,
    fc.array(record, { maxLength: 3 }).map((all) => page(...all)),
  )
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      const paths = ['/claimable_balances', `/claimable_balances/${BALANCE}/operations`]
      const all = [...paths, `/accounts/${ANCHOR}/effects`, '/operations/7', '/']
      const { side } = sideLedger(Object.fromEntries(all.map((path) => [path, answer])))
      for (const read of [
        () => side.balances(ANCHOR, null, 3),
        () => side.making(BALANCE, ANCHOR),
        () => side.debits(ANCHOR, '1-0'),
        () => side.operation('7', ANCHOR),
        () => side.networkPassphrase(),
      ]) {
        const outcome = await read().catch((error: unknown) => error)
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LedgerError)
      }
    }),
    { numRuns: 500 },
  )
})
