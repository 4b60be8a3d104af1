import { catalogParameters, readCatalogPage } from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { JSON_TYPE } from '../../lib/http/answer.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** The catalog, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: catalogParameters,
    run: async (input, { deps }) => ({
      status: 200,
      body: null,
      text: { type: JSON_TYPE, body: await readCatalogPage(input, deps) },
    }),
  },
})
