import { csvOfBooks } from '../../lib/payments/books/csv.ts'
import { bookFilter, checkPeriod } from '../../lib/payments/books/read-routes.ts'
import { type Command, parseCommandLine, refusedBy } from '../command-line.ts'
import { DEFAULT_URL, type Deployment, readDeployment } from '../keys/deployment.ts'
import { shownText } from '../shown-text.ts'
import { readShownBooks, type ShownBook } from './client.ts'

export const RECONCILE_COMMAND = {
  name: 'npm run reconcile',
  does: 'Prints the books of the observed accounts: balances, what moved them, and the difference. It exits with code 1 if a difference is not zero, with code 2 for a command line or an environment that it cannot read, and with code 3 if the books cannot be read.',
  options: {
    account: { type: 'text', takes: 'account', means: 'One account (G…); without it, all.' },
    asset: {
      type: 'text',
      takes: 'asset',
      means: 'One asset as in SEP-38, such as stellar:native; without it, all.',
    },
    from: {
      type: 'text',
      takes: 'time',
      means: 'The books begin with the last snapshot at or before this time (ISO 8601, UTC).',
    },
    to: {
      type: 'text',
      takes: 'time',
      means: 'They end with the last one at or before this time.',
    },
    csv: {
      type: 'flag',
      means: 'Prints CSV: each movement of one account and asset, else the summaries.',
    },
    url: {
      type: 'text',
      takes: 'url',
      means: 'The deployment: an https URL, or an http URL of this machine.',
    },
  },
  environment: {
    BUSINESS_API_KEY:
      'The full key of the deployment, or a named key with the scope read. For a URL of this machine the key of `npm start` is the default.',
    ANCHOR_OPS_URL: `The deployment if --url is left out (default ${DEFAULT_URL}).`,
  },
  example: 'npm run -s reconcile -- --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z',
} as const satisfies Command

/** What a person asks for. */
export interface AskedBooks {
  deployment: Deployment
  query: Record<string, string>
  csv: boolean
}

/** Reads the command line and the environment. @throws CommandLineError */
export function readReconcileCommand(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): AskedBooks {
  const { url, csv, ...filter } = parseCommandLine(RECONCILE_COMMAND, args)
  const read = bookFilter.superRefine(checkPeriod).safeParse(filter)
  const [issue] = read.error?.issues ?? []
  if (issue !== undefined) {
    const option = String(issue.path[0])
    const value = filter[option as keyof typeof filter] ?? ''
    throw refusedBy(RECONCILE_COMMAND, `--${option} is ${JSON.stringify(value)}`, issue.message)
  }
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  const query = Object.fromEntries(given) as Record<string, string>
  return { deployment: readDeployment(url, environment), query, csv }
}

/** Prints the books. @returns whether every difference that can be told is zero @throws ReconcileError */
export async function runReconcileCommand(
  { deployment, query, csv }: AskedBooks,
  print: (text: string) => void,
): Promise<boolean> {
  const read = await readShownBooks(deployment, query)
  if (csv) print(csvOfBooks(read).trimEnd())
  else if (read.books.length === 0) print('No books are kept yet.')
  else for (const book of read.books) for (const line of describeBook(book)) print(line)
  return read.books.every(({ difference }) => difference === null || difference === '0')
}

/** The lines about a book. Its texts come from the network. */
function describeBook(book: ShownBook): string[] {
  const shown = (text: string) => shownText(text, 80)
  const at = (name: string, snapshot: ShownBook['opening']) =>
    snapshot === null
      ? `  ${name}: no snapshot`
      : `  ${name}: ${shown(snapshot.balance)} at ledger ${snapshot.ledger}, ${shown(snapshot.closedAt)}`
  const groups = [
    ...book.paymentsIn.map(({ state, kind, ...group }) => ({ ...group, kind: `${kind} ${state}` })),
    ...book.paymentsOut,
    ...book.other,
  ]
  return [
    `${shown(book.account)} ${shown(book.asset)}`,
    at('opening', book.opening),
    ...groups.map(
      ({ kind, movements, amount }) => `  ${shown(kind)}: ${shown(amount)} (${movements})`,
    ),
    at('closing', book.closing),
    `  difference: ${differenceOf(book)}`,
  ]
}

function differenceOf({ difference, snapshots, readUpTo }: ShownBook): string {
  if (difference !== null) return shownText(difference, 80)
  if (snapshots === 'missing') return 'not known: a snapshot is missing'
  return `not known: movements are read up to ledger ${readUpTo ?? 'none'}`
}
