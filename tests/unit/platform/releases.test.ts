import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PlatformApi } from '../../../lib/platform/client.ts'
import { rpcMethods } from '../../../lib/platform/methods.ts'
import {
  FAMILIES,
  KNOWN_VERSIONS,
  RELEASES,
  type Release,
  type ReleaseFamily,
  releaseOfVersion,
} from '../../../lib/platform/releases/families.ts'
import { guardRelease } from '../../../lib/platform/releases/guard.ts'
import {
  isTooManyQuestions,
  judgeSigns,
  QUESTIONS,
  questionBodies,
  readAnswers,
  readNotFound,
  type Signs,
} from '../../../lib/platform/releases/signs.ts'
import { createReleaseWatch, type ReleaseFinding } from '../../../lib/platform/releases/watch.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'

/** What a platform of a family answers to the questions. */
function signsOf(release: Release): Signs {
  const family: ReleaseFamily | undefined = FAMILIES.find(({ name }) => name === release)
  const methods = rpcMethods(release)
  const answers = QUESTIONS.map(({ method, param }) => {
    const known = methods.get(method)
    return param === undefined ? known !== undefined : param in (known?.params ?? {})
  })
  return { answers, notFound: family?.notFound ?? null }
}

describe('a version', () => {
  test.each([
    ['2.8.4', '2.8'],
    ['2.8', '2.8'],
    ['2.12.0', '2.9'],
    ['3.1.4', '3.0'],
    ['4.1.8', '4.0'],
    ['4.3.0', '4.2'],
    ['4.8', '4.4'],
  ])('%s belongs to the family %s', (version, release) => {
    expect(releaseOfVersion(version)).toBe(release)
  })

  test.each(['2.7.0', '4.9', '5.0', '2', '4.3.0-rc', 'v4.3', '', '2.8.4.1'])(
    '%j belongs to none',
    (version) => {
      expect(releaseOfVersion(version)).toBeNull()
    },
  )

  test('is named with all families in messages', () => {
    expect(KNOWN_VERSIONS).toBe('2.8, 2.9 to 2.12, 3.0 to 3.1, 4.0 to 4.1, 4.2 to 4.3, 4.4 to 4.8')
  })
})

test('docs/transactions.md has a row for each family, with its releases, how it is known and its lock', () => {
  const page = new URL('../../../docs/transactions.md', import.meta.url)
  const knownFrom = {
    run: /^its server was run \(\d+\.\d+\.\d+\)$/,
    read: /^its source was read$/,
    reported: /^reports in its repository$/,
  }
  const rows = readFileSync(page, 'utf8').match(/^\| \d+\.\d+ \| .*$/gm) ?? []
  expect(rows.map((row) => row.split('|').map((cell) => cell.trim()))).toEqual(
    FAMILIES.map(({ name, until, knownBy, hasLock }) => {
      const releases = name === until ? name : `${name} to ${until}`
      const known = expect.stringMatching(knownFrom[knownBy])
      return ['', name, releases, known, hasLock ? 'yes' : 'no', expect.any(String), '']
    }),
  )
})

describe('the difference of a family', () => {
  test.each(
    RELEASES.slice(1).map((release, index) => [release, RELEASES[index] as Release] as const),
  )('of %s changes nothing of %s that it does not name', (release, before) => {
    const family: ReleaseFamily | undefined = FAMILIES.find(({ name }) => name === release)
    const { removed = {}, added = {}, withoutParams = [], changed = {} } = family ?? {}
    const [old, now] = [rpcMethods(before), rpcMethods(release)]
    const gone = [...old.keys()].filter((name) => !now.has(name))
    expect(gone.sort()).toEqual(Object.keys(removed).sort())
    const news = [...now.keys()].filter((name) => !old.has(name))
    expect(news.sort()).toEqual(Object.keys(added).sort())
    for (const [name, method] of now) {
      if (name in changed || name in added) continue
      const kept = Object.entries(old.get(name)?.params ?? {}).filter(
        ([param]) => !withoutParams.includes(param),
      )
      expect(method, name).toEqual({ ...old.get(name), params: Object.fromEntries(kept) })
    }
  })
})

describe('the signs of a platform', () => {
  test.each(RELEASES)('of %s tell its family, or one that is alike', (release) => {
    const judged = judgeSigns(signsOf(release))
    expect(judged.kind).toBe('found')
    if (judged.kind !== 'found') return
    expect([judged.release, ...judged.alike]).toContain(release)
    // A family that nobody ran looks like the one before it, which was run.
    if (release === '4.4') expect(judged.release).toBe('4.2')
  })

  test.each([
    ['2.8', 'no_static_resource'],
    ['4.2', 'error_document'],
  ] as const)('of %s beside the 404 of another release tell nothing', (release, notFound) => {
    expect(judgeSigns({ ...signsOf(release), notFound })).toMatchObject({
      kind: 'unclear',
      reason: expect.stringContaining('404'),
    })
  })

  test('that no release shows tell nothing', () => {
    const mixed = QUESTIONS.map(() => false)
    expect(judgeSigns({ answers: mixed, notFound: null }).kind).toBe('unclear')
  })

  test('that leave several releases open tell nothing, and none of them is guessed', () => {
    const some = signsOf('2.8').answers.map((answer, index) => (index === 0 ? null : answer))
    expect(judgeSigns({ answers: some, notFound: null })).toMatchObject({
      kind: 'unclear',
      reason: expect.stringContaining('2.8, 2.9'),
    })
  })

  test('are read by the ids of the answers, whatever their order', () => {
    const unknown = (id: string, code = -32601) => ({ jsonrpc: '2.0', id, error: { code } })
    const text = JSON.stringify(QUESTIONS.map((_, index) => unknown(String(index))).reverse())
    const byMethod = QUESTIONS.map(({ param }) => (param === undefined ? false : null))
    expect(readAnswers([text])).toEqual(byMethod)
    expect(
      readAnswers(QUESTIONS.map((_, index) => JSON.stringify([unknown(String(index))]))),
    ).toEqual(byMethod)
    expect(readAnswers(['<html>'])).toEqual(QUESTIONS.map(() => null))
    expect(readAnswers(['[]'])).toEqual(QUESTIONS.map(() => null))
  })

  test.each([
    ['together', 1],
    ['one_by_one', QUESTIONS.length],
  ] as const)(
    'are asked %s about transactions that do not exist, each its own',
    (how, requests) => {
      let made = 0
      const bodies = questionBodies(() => {
        made += 1
        return `id-${made}`
      }, how)
      expect(bodies).toHaveLength(requests)
      const ids = bodies
        .flatMap((body) => JSON.parse(body))
        .map(({ params }: { params: { transaction_id: string } }) => params.transaction_id)
      expect(new Set(ids).size).toBe(QUESTIONS.length)
    },
  )

  test('are too many for one request where the platform says so', () => {
    const limit = { code: -32600, message: 'RPC batch size limit[4] exceeded' }
    expect(isTooManyQuestions(JSON.stringify([{ jsonrpc: '2.0', error: limit }]))).toBe(true)
    expect(isTooManyQuestions(JSON.stringify([{ jsonrpc: '2.0', id: '0', error: limit }]))).toBe(
      false,
    )
    expect(isTooManyQuestions('<html>')).toBe(false)
  })

  test.each([
    [404, '{"timestamp":"t","status":404,"error":"Not Found","path":"/x"}', 'error_document'],
    [404, '{"error":"No static resource x."}', 'no_static_resource'],
    [404, '<html>not found</html>', null],
    [200, '{"error":"No static resource x."}', null],
    [404, '{"error":"no route"}', null],
  ])('a %i with %s is read as %s', (status, text, form) => {
    expect(readNotFound(status, text)).toBe(form)
  })
})

describe('the watch', () => {
  function watched(signs: (() => Promise<Signs>)[]) {
    let [at, asked] = [0, 0]
    const lines: string[] = []
    const watch = createReleaseWatch(
      () => {
        asked += 1
        return (signs.shift() ?? (async () => signsOf('2.8')))()
      },
      { now: () => new Date(at), log: (_level, event) => void lines.push(event) },
    )
    const pass = (ms: number) => {
      at += ms
    }
    return { watch, lines, asked: () => asked, pass }
  }

  test('asks once for many callers, and again after five minutes', async () => {
    const { watch, asked, pass } = watched([])
    await Promise.all([watch.find(), watch.find(), watch.find()])
    expect(asked()).toBe(1)
    pass(299_000)
    await watch.find()
    expect(asked()).toBe(1)
    pass(2_000)
    await watch.find()
    expect(asked()).toBe(2)
  })

  test('notices another platform, and asks at once when an answer did not fit', async () => {
    const { watch, lines, pass } = watched([async () => signsOf('2.8'), async () => signsOf('4.2')])
    expect(await watch.find()).toMatchObject({ release: '2.8' })
    watch.doubt('it has a lock')
    expect(await watch.find()).toMatchObject({ release: '4.2' })
    expect(lines).toEqual(['platform_release', 'platform_release_doubted', 'platform_release'])
    pass(1)
  })

  test('answers a caller whose question is doubted meanwhile, and asks anew for the next', async () => {
    const first = Promise.withResolvers<Signs>()
    const { watch, asked } = watched([() => first.promise, async () => signsOf('4.2')])
    const waiting = watch.find()
    watch.doubt('it has a lock')
    first.resolve(signsOf('2.8'))
    expect(await waiting).toMatchObject({ release: '2.8' })
    expect(await watch.find()).toMatchObject({ release: '4.2' })
    expect(asked()).toBe(2)
  })

  test('asks anew once the platform was away, and not while a question is under way', async () => {
    const first = Promise.withResolvers<Signs>()
    const { watch, asked } = watched([() => first.promise, async () => signsOf('4.2')])
    const waiting = watch.find()
    watch.noteAway()
    first.resolve(signsOf('2.8'))
    expect([await waiting, await watch.find()]).toMatchObject([
      { release: '2.8' },
      { release: '2.8' },
    ])
    watch.noteAway()
    expect(await watch.find()).toMatchObject({ release: '4.2' })
    expect(asked()).toBe(2)
  })

  test('asks an unreachable platform again after ten seconds, and never throws', async () => {
    const silent = { answers: QUESTIONS.map(() => null), notFound: null }
    const { watch, pass } = watched([() => Promise.reject(new Error('away')), async () => silent])
    expect(await watch.find()).toEqual({ kind: 'unreachable', reason: 'away' })
    pass(11_000)
    expect(await watch.find()).toMatchObject({ kind: 'unreachable' })
    pass(11_000)
    expect(await watch.find()).toMatchObject({ release: '2.8' })
  })
})

describe('the guard', () => {
  const FEE = { transaction_id: 't', amount_fee: { amount: '1', asset: 'iso4217:USD' } }
  const update = (method: string, params: Record<string, unknown> = { transaction_id: 't' }) => ({
    rpcId: 'r',
    method,
    params,
  })
  const unclear: ReleaseFinding = { kind: 'unclear', reason: 'why' }
  const unreachable: ReleaseFinding = { kind: 'unreachable', reason: 'away' }
  const found = (release: Release): ReleaseFinding => ({ kind: 'found', release, alike: [] })
  const missing: PlatformReply = { kind: 'error', code: -32601, message: 'No matching RPC method' }
  const refused: PlatformReply = { kind: 'error', code: -32602, message: 'fee_details must be set' }

  /** A platform that shows these findings one after another, the last one from then on. */
  function guarded(
    { release, isSet = false }: { release: Release; isSet?: boolean },
    findings: ReleaseFinding[],
    reply = missing,
  ) {
    const sent: string[] = []
    const doubts: string[] = []
    const api = {
      send: async ({ method }: { method: string }) => {
        sent.push(method)
        return reply
      },
      findRelease: async () => findings[Math.min(doubts.length, findings.length - 1)],
      doubtRelease: (why: string) => void doubts.push(why),
    } as unknown as PlatformApi
    return { api: guardRelease(api, { release, isSet }), sent, doubts }
  }
  const differs = 'notify_amounts_updated'
  const alike = 'notify_transaction_error'

  test('sends nothing that another release would misread, and the rest', async () => {
    const { api, sent } = guarded({ release: '2.8', isSet: true }, [found('4.2')])
    expect(await api.send(update(differs, FEE))).toMatchObject({
      kind: 'not_sent',
      code: 'release_mismatch',
      reason: expect.stringContaining(`release 4.2, and updates are made for 2.8; ${differs}`),
    })
    expect(await api.send(update('do_stellar_payment'))).toMatchObject({ kind: 'not_sent' })
    await api.send(update(alike))
    await api.send(update(differs))
    expect(sent).toEqual([alike, differs])
  })

  test('sends nothing to a platform that cannot be told, unless a person set the release', async () => {
    const unset = guarded({ release: '2.8' }, [unclear])
    expect(await unset.api.send(update(alike))).toMatchObject({ code: 'release_unknown' })
    expect(unset.sent).toEqual([])
    const set = guarded({ release: '2.8', isSet: true }, [unclear])
    await set.api.send(update(alike))
    expect(set.sent).toEqual([alike])
  })

  test('sends a platform that cannot be asked only what every release reads alike', async () => {
    const unset = guarded({ release: '2.8' }, [unreachable])
    expect(await unset.api.send(update(differs, FEE))).toMatchObject({ code: 'release_unknown' })
    await unset.api.send(update(alike))
    expect(unset.sent).toEqual([alike])
    const set = guarded({ release: '2.8', isSet: true }, [unreachable])
    await set.api.send(update(differs, FEE))
    expect(set.sent).toEqual([differs])
  })

  test('waits at most 2 s for the release: a later send would count as dead', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { api, sent } = guarded({ release: '2.8' }, [])
    const silent = { ...api, findRelease: () => new Promise<never>(() => {}) }
    const slow = guardRelease(silent, { release: '2.8', isSet: false })
    const sending = slow.send(update(differs, FEE))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await sending).toMatchObject({ kind: 'not_sent', code: 'release_unknown' })
    expect(sent).toEqual([])
  })

  test.each<[string, string, Record<string, unknown> | undefined, PlatformReply, string]>([
    ['lacks its method', alike, undefined, missing, `it does not have ${alike}`],
    ['refuses its params', differs, FEE, refused, `it refused the params of ${differs}`],
  ])(
    'asks again where the platform %s, and an update that another release refused was not sent',
    async (_, method, params, reply, doubt) => {
      const same = guarded({ release: '2.8' }, [found('2.8')], reply)
      expect(await same.api.send(update(method, params))).toEqual(reply)
      expect(same.doubts).toEqual([doubt])
      const other = guarded({ release: '2.8' }, [found('2.8'), unclear], reply)
      expect(await other.api.send(update(method, params))).toMatchObject({ kind: 'not_sent' })
    },
  )

  test('does not ask again where params are refused that all releases read alike', async () => {
    const { api, doubts } = guarded({ release: '2.8' }, [found('2.8')], refused)
    expect(await api.send(update(alike))).toEqual(refused)
    expect(doubts).toEqual([])
  })

  test.each([
    ['2.8', ['it has a lock']],
    ['4.2', []],
  ] as const)('after a conflict doubts %s only if it has no lock', async (release, expected) => {
    const conflict: PlatformReply = { kind: 'conflict', message: 'm' }
    const { api, doubts } = guarded({ release }, [found(release)], conflict)
    await api.send(update(alike))
    expect(doubts).toEqual(expected)
  })
})
