import { countriesParameters, listCountries } from '../../lib/anchors/read-routes.ts'
import { deps } from '../../lib/deps.ts'
import { defineRoute } from '../../lib/http/handler.ts'

/** The countries that anchors of the catalog serve. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    input: countriesParameters,
    run: async (input, { deps }) => ({ status: 200, body: await listCountries(input, deps) }),
  },
})
