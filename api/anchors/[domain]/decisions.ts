import { anchorParameters, decideAnchorByPerson } from '../../../lib/anchors/decide.ts'
import { deps } from '../../../lib/deps.ts'
import { defineRoute } from '../../../lib/http/handler.ts'

/** What a person says of a home domain, or of one of its listings. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  path: '/api/anchors/{domain}/decisions',
  POST: {
    access: 'decide',
    body: 'lossless',
    input: anchorParameters,
    run: async (input, { deps, body, caller }) => ({
      status: 200,
      body: await decideAnchorByPerson(input, body?.value ?? {}, caller, deps),
    }),
  },
})
