import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { decideBooksByPerson } from '../../lib/payments/books/decide.ts'
import {
  answerReconciliation,
  reconciliationParameters,
} from '../../lib/payments/books/read-routes.ts'

/** The books of the observed accounts: balances, what moved them, and whether the two agree. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'read',
    input: reconciliationParameters,
    run: (input, { deps, request }) => answerReconciliation(input, request, deps),
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
