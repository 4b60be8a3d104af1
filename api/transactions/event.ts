import * as z from 'zod'
import { deps } from '../../lib/deps.ts'
import { noteEvent } from '../../lib/events/note.ts'
import { readAndJudge } from '../../lib/events/read-noted.ts'
import { defineRoute } from '../../lib/http/handler.ts'
import { readBodyText } from '../../lib/http/read-body.ts'

/** A recorded event takes at most 3 KB. */
const MAX_BYTES = 256 * 1024

/**
 * Takes the events of the Anchor Platform. Each is stored before it is answered, and read after the answer. Whatever it
 * holds, the answer is `{}`: release 2.8.4 repeats an event for ever that is answered otherwise, and all others wait behind it.
 */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = defineRoute(deps, {
  POST: {
    access: 'event',
    input: z.object({}),
    run: async (_input, { deps, caller, request }) => {
      const noted = await noteEvent(await readBodyText(request, MAX_BYTES), deps)
      if (noted) {
        deps.later('events', async () => {
          await readAndJudge(caller, deps)
          deps.afterChange()
        })
      }
      return { status: 200, body: {} }
    },
  },
})
