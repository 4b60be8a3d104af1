import {
  catalogParameters,
  readCatalogCsv,
  readCatalogPage,
} from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { JSON_TYPE } from '../../lib/http/answer.ts'
import { asksForCsv, csvAnswer } from '../../lib/http/csv-answer.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** The catalog, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: catalogParameters,
    orElse: 'text/csv',
    run: async ({ format, ...input }, { deps, request, preferred }) => {
      if (asksForCsv(format, preferred)) {
        return csvAnswer(await readCatalogCsv(input, deps), request)
      }
      const body = await readCatalogPage(input, deps)
      return { status: 200, body: null, text: { type: JSON_TYPE, body } }
    },
  },
})
