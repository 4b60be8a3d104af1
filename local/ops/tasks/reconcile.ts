import type { paths } from '../../../client/src/client.ts'
import { instant } from '../../../lib/http/parameters.ts'
import { csvOfBooks } from '../../../lib/payments/books/csv.ts'
import { bookedAccount, bookedAsset } from '../../../lib/payments/books/read-routes.ts'
import { refusedBy } from '../../../serve/command-line.ts'
import { answered } from '../decision.ts'
import type { Output } from '../output.ts'
import { allowedBy, given } from '../shared-options.ts'
import { task } from '../task.ts'

type Books =
  paths['/api/payments/reconciliation']['get']['responses'][200]['content']['application/json']
type Book = Books['books'][number]

/** Of one request. The command reads on until the end. */
const PAGE_LINES = 1000

export const reconcile = task({
  does: 'Prints the books of the observed accounts: balances, what moved them, and the difference. A difference that is not zero is a check that failed (code 1); one that is not known is told by code 5.',
  words: {},
  options: {
    account: {
      type: 'text',
      takes: 'account',
      means: 'One account (G…); without it, all.',
      check: allowedBy(bookedAccount),
    },
    asset: {
      type: 'text',
      takes: 'asset',
      means: 'One asset as in SEP-38, such as stellar:native; without it, all.',
      check: allowedBy(bookedAsset),
    },
    from: {
      type: 'text',
      takes: 'time',
      means: 'The books begin with the last snapshot at or before this time (ISO 8601, UTC).',
      check: allowedBy(instant()),
    },
    to: {
      type: 'text',
      takes: 'time',
      means: 'They end with the last one at or before this time.',
      check: allowedBy(instant()),
    },
    csv: {
      type: 'flag',
      means: 'Prints CSV: each movement of one account and asset, else the summaries.',
    },
  },
  sends: 'key',
  example: 'npm run -s ops -- reconcile --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z',
  async run({ values: { csv, account, asset, from, to } }, { ops, says, note, origin }) {
    if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
      const allowed = `a time before --to, which is "${to}"`
      throw refusedBy({ name: 'npm run ops -- reconcile' }, `--from is "${from}"`, allowed)
    }
    const isPaged = account !== undefined && asset !== undefined
    const read = async (cursor: string | null) => {
      const page = isPaged ? { limit: PAGE_LINES, ...(cursor === null ? {} : { cursor }) } : {}
      const query = { ...given({ account, asset, from, to }), ...page }
      const asked = await ops.api.GET('/api/payments/reconciliation', { params: { query } })
      // Without `format` the answer is never CSV.
      return answered(asked) as Books
    }
    const first = await read(null)
    let { lines, next } = first
    while (lines !== null && next !== null) {
      says(`read ${lines.length} movements`)
      const following = await read(next)
      lines = [...lines, ...(following.lines ?? [])]
      next = following.next
    }
    const answer: Books = { books: first.books, lines, next: null }
    return {
      answer,
      failed: answer.books.some(({ difference }) => difference !== null && difference !== '0'),
      unknown:
        answer.books.length === 0 || answer.books.some(({ difference }) => difference === null),
      show(out) {
        if (csv) return out.csv(csvOfBooks(answer as Parameters<typeof csvOfBooks>[0]))
        if (answer.books.length === 0) note(`No books are kept at ${origin} yet.`)
        for (const book of answer.books) showBook(book, out)
      },
    }
  },
})

function showBook(book: Book, out: Output): void {
  const at = (name: string, snapshot: Book['opening']) =>
    snapshot === null
      ? [name, 'no snapshot', '']
      : [name, snapshot.balance, `ledger ${snapshot.ledger}, ${snapshot.closedAt}`]
  const groups = [
    ...book.paymentsIn.map(({ state, kind, ...group }) => ({ ...group, kind: `${kind} ${state}` })),
    ...book.paymentsOut,
    ...book.other,
  ]
  out.line(`${book.account} ${book.asset}`)
  const { difference } = book
  const shown = differenceOf(book)
  out.table(
    [{ title: '' }, { title: 'AMOUNT', isWhole: true }, { title: 'OF' }],
    [
      at('opening', book.opening),
      ...groups.map(({ kind, movements, amount }) => [
        kind,
        amount,
        movements === 1 ? '1 movement' : `${movements} movements`,
      ]),
      at('closing', book.closing),
      [
        'difference',
        difference === null ? shown : { text: shown, mark: difference === '0' ? 'good' : 'bad' },
        '',
      ],
    ],
  )
  out.line('')
}

function differenceOf({ difference, snapshots, readUpTo }: Book): string {
  if (difference !== null) return difference
  if (snapshots === 'missing') return 'not known: a snapshot is missing'
  return `not known: movements are read up to ledger ${readUpTo ?? 'none'}`
}
