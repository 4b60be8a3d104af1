import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { asksForCsv, csvAnswer } from '../../lib/http/csv-answer.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { csvOfBooks } from '../../lib/payments/books/csv.ts'
import { decideBooksByPerson } from '../../lib/payments/books/decide.ts'
import {
  readReconciliation,
  reconciliationParameters,
} from '../../lib/payments/books/read-routes.ts'

/** The books of the observed accounts: balances, what moved them, and whether the two agree. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: reconciliationParameters,
    orElse: 'text/csv',
    run: async ({ format, ...input }, { deps, request, preferred }) => {
      const read = await readReconciliation(input, deps)
      const page = { name: 'reconciliation', csv: csvOfBooks(read), next: read.next }
      return asksForCsv(format, preferred) ? csvAnswer(page, request) : { status: 200, body: read }
    },
  },
  POST: {
    access: 'decide',
    body: 'lossless',
    input: z.object({}),
    run: async (_input, { deps, body, caller }) => ({
      status: 200,
      body: await decideBooksByPerson(body?.value ?? {}, caller, deps),
    }),
  },
})
