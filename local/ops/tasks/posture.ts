import { originOf } from '../deployment.ts'
import { checkPosture } from '../posture/checks.ts'
import { task } from '../task.ts'

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

export const posture = task({
  does: 'Checks a deployment from outside, as a stranger: what must be refused is refused, and what must answer answers. It sends no credential of yours, and nothing that changes anything.',
  words: { url: { means: 'The deployment: an https URL, or an http URL of this machine.' } },
  options: {
    platform: {
      type: 'text',
      takes: 'url',
      means: 'Asks the Anchor Platform at this URL too, without a credential.',
      check: (text: string) => (isHttpUrl(text) ? null : 'an http or https URL'),
    },
  },
  sends: 'nothing',
  example: 'npm run ops -- posture https://ops.example.com',
  async run({ words, values: { platform } }, { says, note }) {
    const origin = originOf(words.url, '<url> is', 'on the command line')
    const checks = await checkPosture(origin, platform ?? null, says)
    const failed = checks.filter(({ result }) => result !== 'pass')
    return {
      answer: { origin, passed: failed.length === 0, checks },
      failed: failed.length > 0,
      show(out) {
        out.table(
          [
            { title: 'CHECK' },
            { title: 'RESULT', isWhole: true },
            { title: 'SEEN' },
            { title: 'WHAT TO DO' },
          ],
          checks.map(({ check, result, seen, todo }) => [
            check,
            { text: result, mark: result === 'pass' ? 'good' : 'bad' },
            seen,
            todo,
          ]),
        )
        note(`${checks.length - failed.length} of ${checks.length} checks passed at ${origin}`)
      },
    }
  },
})
