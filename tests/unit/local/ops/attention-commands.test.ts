import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { actionsOf } from '../../../../lib/attention/actions.ts'
import { WAITING_KINDS, type Waiting } from '../../../../lib/attention/store.ts'
import { lineOfAction } from '../../../../local/ops/actions.ts'
import { runOpsCommand } from '../../../helpers/ops-command.ts'

const ACCOUNT = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const ATTEMPT = 'dd998e16-c6e3-4fa9-a944-2cdebfd24f4e'
const SINCE = '2026-11-28T10:00:00.000Z'
const PAYMENT = {
  ...{ operationId: '123350872330604545', epoch: 2, isPresentEpoch: true, state: 'open' },
  ...{ verdict: 'update_refused', transactionId: 'withdrawal-1', evidence: {}, direction: 'in' },
  latestAttempt: { id: ATTEMPT, state: 'REJECTED' },
}
const DIFFERENCE = { account: ACCOUNT, asset: 'stellar:native', closingLedger: 4_294_967_295 }
const ANCHOR = { network: 'testnet', domain: 'anchor.example.org' }

/** Of each kind, what it may look like as far as its actions depend on it. A kind without an example does not compile. */
const EXAMPLES: Readonly<Record<(typeof WAITING_KINDS)[number], readonly object[]>> = {
  update_manual: [{ method: 'do_stellar_payment', state: 'MANUAL' }],
  update_lost: [{ method: 'do_stellar_payment', state: 'LOST' }],
  update_late: [
    { method: 'm', state: 'READY', outcome: null, secondsSinceSent: null },
    { method: 'm', state: 'UNKNOWN', outcome: null, secondsSinceSent: 7_200 },
    { method: 'm', state: 'UNKNOWN', outcome: null, secondsSinceSent: 7 },
  ],
  payment: [PAYMENT, { ...PAYMENT, isPresentEpoch: false, latestAttempt: null }],
  observer_alarm: [{ account: ACCOUNT, code: 'ledger_changed', message: 'm' }],
  difference: [DIFFERENCE],
  anchor_held: [{ ...ANCHOR, before: {}, after: {} }],
  anchor_flapping: [{ ...ANCHOR, flips: [], outcome: null, error: null }],
  unlisted: [{ message: 'm' }],
  // Nothing is stored of it and no call clears it: `attention` asks the platform each time.
  platform: [],
}
const NOTHING_LISTENS = { ANCHOR_OPS_URL: 'http://127.0.0.1:1' }

const linesOf = (kind: string, detail: object): string[] => {
  const waiting = { kind, id: ATTEMPT, since: SINCE, transactionId: 'withdrawal-1', detail }
  return actionsOf(waiting as unknown as Waiting, 'https://ops.example.com').map(lineOfAction)
}
/** The words of a line, as a shell reads them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
/** `attempts decide` of its line. */
const commandOf = (line: string): string =>
  /^npm run ops -- ([a-z]+(?: [a-z]+)?)/.exec(line)?.[1] ?? line

const ALL = Object.entries(EXAMPLES).flatMap(([kind, details]) =>
  details.flatMap((detail) => linesOf(kind, detail).map((line) => ({ kind, line }))),
)

test.each(ALL)('$kind is cleared by a command that can be read: $line', async ({ line }) => {
  const words = wordsOf(line.replace('the hash of the refund', '0a'.repeat(32)))
  expect(words.slice(0, 4)).toEqual(['npm', 'run', 'ops', '--'])
  // Code 2 would say that the command line cannot be read; 3 says that nothing answers.
  const { code, stderr } = await runOpsCommand(words.slice(4), NOTHING_LISTENS)
  expect([code, stderr]).toEqual([3, expect.stringContaining('ECONNREFUSED')])
})

test('each kind of thing that waits has a command, and docs/operations.md names it in the row of the kind', () => {
  const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')
  expect(Object.keys(EXAMPLES).toSorted()).toEqual([...WAITING_KINDS].toSorted())
  for (const kind of WAITING_KINDS) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`)) ?? ''
    const commands = ALL.filter((one) => one.kind === kind).map(({ line }) => commandOf(line))
    expect(row, kind).toMatch(/npm run ops -- \w/)
    for (const command of commands) {
      const [group = '', last = ''] = command.split(' ')
      expect(row, kind).toContain(`npm run ops -- ${group}`)
      expect(row, kind).toMatch(new RegExp(`\\b${last}\\b`))
    }
    expect(commands.length > 0, kind).toBe(kind !== 'platform')
  }
})
