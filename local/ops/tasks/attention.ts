import type { paths } from '../../../client/src/client.ts'
import { lineOfAction } from '../actions.ts'
import { answered } from '../decision.ts'
import type { Output } from '../output.ts'
import { LIMIT_OPTION } from '../shared-options.ts'
import { task } from '../task.ts'

type Answer = paths['/api/attention']['get']['responses'][200]['content']['application/json']
type OpenMoney = NonNullable<Answer['openMoney']>

const PAGE = 200

export const attention = task({
  does: 'Lists what waits for a person, the newest first, with the line that does each thing that may be done.',
  words: {},
  options: { limit: LIMIT_OPTION },
  sends: 'key',
  example: 'npm run ops -- attention',
  async run({ values: { limit = Infinity } }, { ops, origin, note, says }) {
    const read = async (cursor: string | null) => {
      const query = { limit: Math.min(PAGE, limit), ...(cursor === null ? {} : { cursor }) }
      return answered(await ops.api.GET('/api/attention', { params: { query } }))
    }
    const first = await read(null)
    let { waiting, next } = first
    while (next !== null && waiting.length < limit) {
      says(`read ${waiting.length} rows`)
      const following = await read(next)
      waiting = [...waiting, ...following.waiting]
      next = following.next
    }
    const answer: Answer = { ...first, waiting: waiting.slice(0, limit), next }
    return {
      answer,
      show(out) {
        const more = next === null ? '' : ', and more'
        note(`What waits for a person at ${origin}: ${answer.waiting.length}${more}`)
        for (const one of answer.waiting) showWaiting(one, out)
        if (answer.openMoney !== null) showOpenMoney(answer.openMoney, out)
      },
    }
  },
})

function showWaiting(one: Answer['waiting'][number], out: Output): void {
  const { kind, id, since, transactionId, reason, actions } = one
  const about = transactionId === null ? id : `${id} of the transaction ${transactionId}`
  out.line(`${kind} ${about}, since ${since}`)
  out.line(`  ${reason}`)
  for (const { action, means, needs, ...call } of actions) {
    out.line(`  ${action}: ${means} (needs ${needs.join(', ')})`)
    out.line(`    ${lineOfAction(call)}`)
  }
  out.line('')
}

function showOpenMoney({ payments, isWhole, assets, otherAssets }: OpenMoney, out: Output): void {
  if (payments === 0) return
  const count = payments === 1 ? '1 payment' : `${payments} payments`
  out.line(`Open money: ${count}${isWhole ? '' : ' and more'}`)
  out.table(
    [
      { title: 'ASSET' },
      { title: 'AMOUNT', isWhole: true },
      { title: 'PAYMENTS' },
      { title: 'OLDEST' },
    ],
    assets.map((one) => [
      one.asset ?? 'unknown',
      one.amount ?? 'unknown',
      `${one.payments}`,
      one.oldestSince,
    ]),
  )
  if (otherAssets > 0) out.line(`and ${otherAssets} other assets`)
}
