import { catalogParameters, readCatalogPage } from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** The catalog, page by page. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: catalogParameters,
    run: async (input, { deps }) => ({
      status: 200,
      body: null,
      json: await readCatalogPage(input, deps),
    }),
  },
})
