import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCatalogHealth } from '../../../lib/anchors/store.ts'
import { beginBooks, openBook, recordSnapshot } from '../../../lib/payments/books/store.ts'
import { beginObservation } from '../../../lib/payments/store.ts'
import { DEVELOPMENT_BUSINESS_KEY } from '../../../local/development-secrets.ts'
import type { LocalOptions } from '../../../local/options.ts'
import { DISTRIBUTION_ACCOUNT } from '../../../local/platform/emulator-state.ts'
import { type LocalService, startLocalService } from '../../../local/service.ts'
import { walkthroughCases } from '../../../local/walkthrough.ts'
import { walkthroughLines } from '../../../local/walkthrough-lines.ts'

const OBSERVE_ROUTE = resolve(import.meta.dirname, '../../../api/payments/observe.ts')
const KEY = { 'x-api-key': DEVELOPMENT_BUSINESS_KEY }
const CASES = walkthroughCases()
const UPDATES = CASES.flatMap(({ id, steps }) => steps.map((step) => ({ id, ...step })))

let dataRoot: string
beforeAll(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), 'walkthrough-'))
})
afterAll(() => rm(dataRoot, { recursive: true }))

/** The events that the services logged. */
let logged: string[] = []
const start = (
  environment: Record<string, string> = {},
  {
    root = null,
    world = 'simulated',
    port = 0,
  }: { root?: string | null; world?: 'simulated' | 'live'; port?: number } = {},
): Promise<LocalService> => {
  const options: LocalOptions = { world, port }
  const makeLog = () => (_level: string, event: string) => void logged.push(event)
  return startLocalService({ options, environment, dataRoot: root, makeLog })
}

const printed = (service: LocalService): string[] =>
  walkthroughLines(service)
    .split('\n')
    .filter((line) => line.startsWith('    curl '))

const isUpdate = (line: string): boolean => /\/(?:notify|request)_/.test(line)
const isPayment = (line: string): boolean => line.includes('/_ledger/payments')
const isAttention = (line: string): boolean => line.endsWith('/api/attention')
const isDecision = (line: string): boolean => line.includes('/attempts/')
/** The lines that need the payment observer's routes. */
const isObserver = (line: string): boolean => line.includes('/api/payments')

async function run(line: string): Promise<Record<string, unknown>> {
  const command = line.trim().replace(/^curl/, 'curl -s')
  const { stdout } = await promisify(execFile)('bash', ['-c', command])
  return JSON.parse(stdout)
}

/** The transactions of the updates in the answer that the printed line gets. */
async function waitingUpdates(service: LocalService): Promise<string[]> {
  const [attention = ''] = printed(service).filter(isAttention)
  const { waiting } = (await run(attention)) as {
    waiting: { kind: string; transactionId: string }[]
  }
  return waiting.flatMap(({ kind, transactionId }) =>
    kind === 'update_lost' ? [transactionId] : [],
  )
}

async function health({ url }: LocalService): Promise<{ status: string; unsettled: string }> {
  const { status, checks } = await (await fetch(`${url}/api/health`)).json()
  return { status, unsettled: checks.unsettled.status }
}

async function horizon({ deps }: LocalService, path: string): Promise<unknown> {
  const url = deps.config.discovery.horizonUrl + path
  return JSON.parse((await deps.fetch(url, { maxBytes: 100_000 })).text)
}

describe('the walkthrough that a first start prints', () => {
  let service: LocalService
  beforeAll(async () => {
    logged = []
    service = await start({}, { root: dataRoot })
  })
  afterAll(() => service.close())

  test('has one line for each update, payment and decision, and nine to see the results', () => {
    expect(service.walkthrough).toEqual(CASES)
    expect(logged).toEqual([])
    const lines = printed(service)
    expect(lines.filter(isUpdate)).toHaveLength(UPDATES.length)
    expect(lines.filter(isPayment)).toHaveLength(2)
    expect(lines.filter(isObserver)).toHaveLength(6)
    expect(lines.filter(isDecision)).toHaveLength(1)
    expect(lines).toHaveLength(UPDATES.length + 2 + 1 + 9)
  })

  test('reports payments that are on the ledger with the amounts of the updates', async () => {
    const seen = await Promise.all(
      CASES.flatMap(({ id, kind, steps }) => {
        const hash = steps.find(({ params }) => params['stellar_transaction_id'])?.params[
          'stellar_transaction_id'
        ]
        return hash === undefined
          ? []
          : [
              horizon(service, `/transactions/${hash}/payments`).then((page) => ({
                id,
                kind,
                page,
              })),
            ]
      }),
    )
    expect(seen.map(({ id }) => id)).toEqual(['deposit-1', 'withdrawal-1', 'recovery-1'])
    for (const { kind, page } of seen) {
      const isDeposit = kind === 'deposit'
      expect(page).toMatchObject({
        _embedded: {
          records: [
            {
              type: 'payment',
              transaction_successful: true,
              asset_type: 'native',
              amount: isDeposit ? '392.0000000' : '400.0000000',
              [isDeposit ? 'from' : 'to']: DISTRIBUTION_ACCOUNT,
            },
          ],
        },
      })
    }
  })

  test.each(UPDATES.map((update, index) => ({ ...update, index })))(
    'as printed: $id $method leads to $status',
    async ({ id, status, index }) => {
      expect(await run(printed(service).filter(isUpdate)[index] ?? '')).toMatchObject({
        transaction: { id, status },
        attempt: { state: 'APPLIED' },
      })
    },
  )

  test('as printed: an update that another program undid waits for a person, until it is decided', async () => {
    const [attention = ''] = printed(service).filter(isAttention)
    const [decision = ''] = printed(service).filter(isDecision)
    expect(await health(service)).toEqual({ status: 'degraded', unsettled: 'warning' })
    expect(await run(attention)).toMatchObject({
      waiting: [
        {
          kind: 'update_lost',
          transactionId: 'undone-1',
          detail: {
            state: 'LOST',
            method: 'notify_offchain_funds_received',
            outcome: {
              shown: { status: 'pending_anchor', external_transaction_id: 'bank-undone-1' },
              now: { status: 'pending_user_transfer_start' },
            },
          },
        },
      ],
    })
    expect(await run(decision)).toMatchObject({ attempt: { state: 'NOT_APPLIED' } })
    expect(await run(attention)).toMatchObject({ waiting: [], next: null })
    expect((await health(service)).unsettled).toBe('ok')
  })

  test('as printed makes each payment with the memo of its transaction', async () => {
    const cases = CASES.filter(({ payment }) => payment !== null)
    for (const [index, line] of printed(service).filter(isPayment).entries()) {
      const paid = await run(line)
      expect(paid).toEqual({
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        operationId: expect.stringMatching(/^\d+$/),
        ledger: expect.any(Number),
      })
      const { id, payment } = cases[index] ?? {}
      const stored = await fetch(`${service.url}/api/transactions/${id}?refresh=true`, {
        headers: KEY,
      })
      expect(await stored.json()).toMatchObject({
        transaction: { memo: payment?.memo, memo_type: 'hash', destination_account: payment?.to },
      })
      const page = `/accounts/${DISTRIBUTION_ACCOUNT}/payments?order=desc&limit=1&join=transactions`
      expect(await horizon(service, page)).toMatchObject({
        _embedded: {
          records: [
            {
              id: paid['operationId'],
              amount: '400.0000000',
              transaction: { hash: paid['hash'], memo: payment?.memo, memo_type: 'hash' },
            },
          ],
        },
      })
    }
  })

  test.runIf(existsSync(OBSERVE_ROUTE))(
    'as printed: the observer credits one payment and refuses the other by name',
    async () => {
      const [observe = '', list = ''] = printed(service).filter(isObserver)
      expect(await run(observe)).toMatchObject({
        accounts: [{ account: DISTRIBUTION_ACCOUNT, credited: 1, refused: { wrong_asset: 1 } }],
      })
      const body = JSON.stringify(await run(list))
      expect(body).toContain('"wrong_asset"')
      expect(body).toContain('"credited"')
      const answer = await fetch(`${service.url}/api/transactions/observed-1`, { headers: KEY })
      expect(await answer.json()).toMatchObject({ transaction: { status: 'pending_anchor' } })
    },
  )

  test.runIf(existsSync(OBSERVE_ROUTE))(
    'as printed: open money is listed, shown with its refund, and decided, however often the lines are pasted',
    async () => {
      const [, , open = '', show = '', decide = '', books = ''] =
        printed(service).filter(isObserver)
      const operationId = expect.stringMatching(/^\d+$/)
      const { payments } = (await run(open)) as { payments: { verdict: string }[] }
      expect(payments.map(({ verdict }) => verdict).sort()).toEqual(['no_match', 'wrong_asset'])
      expect(await run(show)).toMatchObject({
        payment: { operationId, verdict: 'no_match', state: 'open', amount: '25.0000000' },
        refund: { amount: '25', xdr: expect.any(String) },
      })
      const decided = await run(decide)
      expect(decided).toMatchObject({ payment: { state: 'closed' }, decision: {} })
      expect(await run(decide)).toEqual(decided)
      expect(await run(open)).toMatchObject({ payments: [{ verdict: 'wrong_asset' }] })
      expect(await run(show)).toMatchObject({ payment: { state: 'closed' }, refund: null })
      expect(await run(books)).toMatchObject({ books: [{ epoch: 1 }, {}] })
    },
  )

  test('ends each case with its last status, and every case can be read', async () => {
    const [list, one] = await Promise.all(printed(service).slice(-2).map(run))
    const { transactions } = list as { transactions: { id: string }[] }
    const settled = CASES.filter(({ payment }) => payment === null)
    const ids = [...CASES.map(({ id }) => id), 'undone-1']
    expect(transactions.map(({ id }) => id).sort()).toEqual(ids.sort())
    for (const { id, steps } of settled) {
      expect(transactions).toContainEqual(
        expect.objectContaining({
          id,
          transaction: expect.objectContaining({ id, status: steps.at(-1)?.status }),
        }),
      )
    }
    expect(one).toMatchObject({ id: 'deposit-1', transaction: { status: 'completed' } })
  })

  test('repeats the first outcome for the same Stellar transaction, and refuses another amount', async () => {
    const path = '/api/transactions/withdrawal-1/notify_onchain_funds_received'
    const params = UPDATES.find(({ id, method }) => path.endsWith(`${id}/${method}`))?.params
    const send = async (changes: object) => {
      const body = JSON.stringify({ ...params, ...changes })
      const answer = await fetch(service.url + path, { method: 'POST', headers: KEY, body })
      return { status: answer.status, body: await answer.json() }
    }
    expect(await send({})).toMatchObject({ status: 200, body: { attempt: { state: 'APPLIED' } } })
    expect(await send({ amount_in: { amount: '500' } })).toMatchObject({
      status: 409,
      body: { code: -32600, data: { reason: 'natural_key_used', attemptId: expect.any(String) } },
    })
  })

  test('accepts an update by URL for an id as long as the platform’s own', async () => {
    const path = `/api/transactions/${crypto.randomUUID()}/notify_interactive_flow_completed`
    const params = JSON.stringify(UPDATES[0]?.params)
    const answer = await fetch(service.url + path, { method: 'POST', headers: KEY, body: params })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ attempt: { state: 'REJECTED' } })
  })
})

test('a second start makes no new sample transactions, keeps the catalog, and its lines work as the first time', async () => {
  const service = await start({}, { root: dataRoot })
  try {
    expect(service.walkthrough).toEqual(CASES)
    const listed = async () => {
      const answer = await fetch(`${service.url}/api/transactions`, { headers: KEY })
      const { transactions } = (await answer.json()) as { transactions: { id: string }[] }
      return transactions.map(({ id }) => id).toSorted()
    }
    expect(await listed()).toEqual([...CASES.map(({ id }) => id), 'undone-1'].toSorted())
    expect((await readCatalogHealth(service.deps.db)).homeDomains).toBeGreaterThan(60)
    expect(await waitingUpdates(service)).toEqual(['undone-1'])
    for (const [index, { id, status }] of UPDATES.entries()) {
      const line = printed(service).filter(isUpdate)[index] ?? ''
      const applied = { transaction: { id, status }, attempt: { state: 'APPLIED' } }
      expect(await run(line)).toMatchObject(applied)
      // Whoever pastes a line twice gets the same answer.
      expect(await run(line)).toMatchObject(applied)
    }
    for (const line of printed(service).filter(isPayment)) await run(line)

    const [observe = '', , open = '', show = '', decide = '', books = ''] =
      printed(service).filter(isObserver)
    expect(service.epoch).toBe(1)
    expect(await run(books)).toMatchObject({ books: [] })
    const { accounts } = (await run(observe)) as { accounts: object[] }
    expect(accounts).toMatchObject([
      { credited: 1, refused: { no_match: 1 }, books: { snapshot: true } },
    ])
    expect(accounts[0]).not.toHaveProperty('alarm')
    const { payments } = (await run(open)) as { payments: object[] }
    for (const verdict of ['no_match', 'wrong_asset']) {
      expect(payments).toContainEqual(expect.objectContaining({ verdict }))
    }
    expect(await run(show)).toMatchObject({ payment: { state: 'open' } })
    expect(await run(decide)).toMatchObject({ payment: { state: 'closed' } })
    expect(await run(books)).toMatchObject({ books: [{ epoch: 1 }, { epoch: 1 }] })
    expect(await listed()).toHaveLength(CASES.length + 1)
  } finally {
    await service.close()
  }
})

test('a ledger that is not simulated keeps its epoch and its books over a start', async () => {
  const root = await mkdtemp(join(tmpdir(), 'own-ledger-'))
  const own = {
    LEDGER_SOURCE: 'horizon',
    STELLAR_HORIZON_URL: 'https://horizon.example.org',
    PAYMENT_OBSERVER_ACCOUNTS: DISTRIBUTION_ACCOUNT,
    PAYMENT_OBSERVER_START: 'now',
  }
  const observer = { account: DISTRIBUTION_ACCOUNT, source: 'horizon' as const }
  try {
    for (const begun of [false, true]) {
      const service = await start(own, { root, world: 'live' })
      try {
        const { db } = service.deps
        expect(service.epoch).toBeNull()
        const books = await beginBooks(db, observer)
        expect([books.epoch, books.book !== null, books.snapshotAt !== null]).toEqual([
          ...[1, begun, begun],
        ])
        const holder = crypto.randomUUID()
        await beginObservation(db, { ...observer, holder, leaseSeconds: 60 })
        if (begun) continue
        const at = { ...observer, epoch: 1, ledger: 7 }
        const closedAt = '2026-11-28T00:00:00.000Z'
        await recordSnapshot(db, at, { balances: [], ledger: 7, closedAt, isWhole: true })
        await openBook(db, { ...at, cursor: 'c' })
      } finally {
        await service.close()
      }
    }
  } finally {
    await rm(root, { recursive: true })
  }
})

test('a start whose port is taken closes its database, and the next one begins as ever', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  try {
    await expect(start({}, { root: dataRoot, port })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}`,
    )
  } finally {
    taken.close()
  }
  // The database is closed, so no lock of it is left.
  expect((await readdir(dataRoot)).filter((file) => file.endsWith('.lock'))).toEqual([])
  const service = await start({}, { root: dataRoot })
  try {
    expect(service.walkthrough).toEqual(CASES)
    expect(await waitingUpdates(service)).toEqual(['undone-1'])
    const [decision = ''] = printed(service).filter(isDecision)
    expect(await run(decision)).toMatchObject({ attempt: { state: 'NOT_APPLIED' } })
    expect(await waitingUpdates(service)).toEqual([])
  } finally {
    await service.close()
  }
})

describe('the public business key works with the emulator alone', () => {
  const PLATFORM = { ANCHOR_PLATFORM_URL: 'http://127.0.0.1:1' }
  test.each([
    { title: 'with a platform of their own', environment: PLATFORM, world: 'simulated' },
    { title: 'on the real network', environment: {}, world: 'live' },
    { title: 'on the real network with their own', environment: PLATFORM, world: 'live' },
  ] as const)('an operator $title has none by default', async ({ environment, world }) => {
    const service = await start(environment, { world })
    try {
      const { platform, business } = service.deps.config
      expect([service.walkthrough, service.decision]).toEqual([[], null])
      expect(platform?.url).toBe(
        'ANCHOR_PLATFORM_URL' in environment ? environment.ANCHOR_PLATFORM_URL : undefined,
      )
      expect(business.apiKey).toBeNull()
      const answer = await fetch(`${service.url}/api/transactions`, { headers: KEY })
      expect(answer.status).toBe(503)
    } finally {
      await service.close()
    }
  })
})

test("an operator's own key is used, and its variable is printed instead", async () => {
  const service = await start({ BUSINESS_API_KEY: 'Qx81vTz04LmWe93-own' })
  try {
    expect(service.deps.config.business.apiKey).toBe('Qx81vTz04LmWe93-own')
    for (const line of printed(service).filter(isUpdate))
      expect(line).toContain('"X-Api-Key: $BUSINESS_API_KEY"')
  } finally {
    await service.close()
  }
})

test('settings for another platform do not apply to the emulator', async () => {
  const service = await start({
    ANCHOR_PLATFORM_AUTH: 'jwt',
    ANCHOR_PLATFORM_AUTH_HEADER: 'X-Other',
    ANCHOR_PLATFORM_VERSION: '4.3.0',
    ANCHOR_PLATFORM_CUSTODY: 'true',
  })
  try {
    expect(await run(printed(service)[0] ?? '')).toMatchObject({ attempt: { state: 'APPLIED' } })
  } finally {
    await service.close()
  }
})
