import type { OwnAnswer, OwnFetch } from '../../lib/net/fetch-own.ts'
import { type EmulatorRelease, readState } from '../../local/platform/emulator-state.ts'
import { nanosecondClock } from '../../local/platform/instants.ts'
import { answerRequest } from '../../local/platform/platform-endpoints.ts'

const UUID_PATH = /^\/[0-9a-f]{8}-[0-9a-f-]{27}$/
/** A request with all questions names both. */
const NAMED = ['"get_transaction"', '"request_customer_info_update"']
const isQuestion = (path: string, body = '') =>
  UUID_PATH.test(path) || (path === '/' && NAMED.every((method) => body.includes(method)))

/**
 * A fetch that answers the questions about the release by itself, as a platform without faults does. So the faults and the
 * counts of a test are those of its updates alone.
 */
export function tellRelease(release: EmulatorRelease, fetch: OwnFetch): OwnFetch {
  const state = readState({ config: { release } })
  const now = nanosecondClock()
  return async (target, request) => {
    const { method, headers = {}, body } = request
    if (!isQuestion(target, body)) return fetch(target, request)
    const url = new URL(`http://127.0.0.1${target}`)
    const asked = { method, target, url, headers, body: body ?? '' }
    const options = { now, failToPublish: () => undefined, wait: () => null }
    const answer = await answerRequest(asked, state, options)
    const told: OwnAnswer = {
      status: answer.status,
      contentType: answer.contentType ?? '',
      retryAfter: null,
      text: answer.body,
    }
    return told
  }
}
