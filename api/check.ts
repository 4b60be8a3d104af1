import { checkOnRequest, requestedCheckParameters } from '../lib/anchors/check-on-request.ts'
import { deps } from '../lib/deps.ts'
import { callerAddress } from '../lib/http/caller-address.ts'
import { defineRoute } from '../lib/http/handler.ts'
import { checkAsMarkdown, MARKDOWN_TYPE } from '../lib/pages/check-markdown.ts'

/** The check of a home domain that anybody may ask for. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  GET: {
    access: 'public',
    effects: true,
    input: requestedCheckParameters,
    run: async ({ format, ...input }, { deps, request }) => {
      const body = await checkOnRequest(input, callerAddress(request), deps)
      if (format === 'json') return { status: 200, body }
      return { status: 200, body, text: { type: MARKDOWN_TYPE, body: checkAsMarkdown(body) } }
    },
  },
})
