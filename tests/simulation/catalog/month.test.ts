import { describe, expect, test } from 'vitest'
import { createModelCatalog } from './model-catalog.ts'
import { type Catalog, LIVES, liveThrough, MONTH, operationalAfter } from './month.ts'
import { randomMonth } from './random-month.ts'

const SEEDS = 100

/** Lets the catalog live through a month, and expects each listing in the state that was told last, window by window. */
async function liveExplained(
  lives: typeof LIVES,
  weather: typeof MONTH,
  catalog: Catalog,
): Promise<void> {
  await liveThrough(lives, weather, catalog, async (window) => {
    const told = operationalAfter(await catalog.told())
    expect(await catalog.operational(), `window ${window}`).toEqual(told)
  })
}

test('a month of outages, flapping, thieves, imports and decisions ends as it must, and every switch is told', async () => {
  const catalog = createModelCatalog()
  await liveExplained(LIVES, MONTH, catalog)
  const told = await catalog.told()
  for (const [domain, { tells, isOperational }] of Object.entries(LIVES)) {
    const kinds = told.flatMap((one) => (one.domain === domain ? [one.kind] : []))
    expect([domain, kinds]).toEqual([domain, tells])
    expect([domain, (await catalog.operational()).includes(domain)]).toEqual([
      domain,
      isOperational,
    ])
  }
})

describe(`in ${SEEDS} random months`, () => {
  const months = Array.from({ length: SEEDS }, (_, seed) => ({ seed, ...randomMonth(seed) }))

  test('every switch is told, and none twice', async () => {
    for (const { seed, lives, weather } of months) {
      const catalog = createModelCatalog()
      await liveExplained(lives, weather, catalog)
      for (const domain of Object.keys(lives)) {
        const switches = (await catalog.told()).filter(
          (one) => one.domain === domain && one.kind.startsWith('listing_'),
        )
        const kinds = switches.map(({ kind }) => kind)
        const expected = kinds.map((_, place) => (place % 2 ? 'listing_off' : 'listing_on'))
        expect([seed, domain, kinds]).toEqual([seed, domain, expected])
      }
    }
  })

  /** All but the switches, which come a little later where a later check of the window is fresher evidence. */
  const judgements = async (catalog: Catalog) =>
    (await catalog.told()).filter(({ kind }) => !kind.startsWith('listing_'))

  test('runs that nobody asked for change no health and no identity', async () => {
    for (const { seed, lives, weather } of months) {
      const [calm, forged] = [createModelCatalog(), createModelCatalog()]
      const everything = Object.fromEntries(
        Array.from({ length: weather.windows }, (_, window) => [window, 1]),
      )
      await liveThrough(lives, { ...weather, forged: everything }, calm)
      const more = Object.fromEntries(
        Array.from({ length: weather.windows }, (_, window) => [window, 1 + (window % 7)]),
      )
      await liveThrough(lives, { ...weather, forged: more }, forged)
      expect([seed, await judgements(forged)]).toEqual([seed, await judgements(calm)])
    }
  })

  test('what a person disabled stays off, and what a person enabled stays on', async () => {
    for (const { seed, lives, weather } of months) {
      const catalog = createModelCatalog()
      const decided = new Map<string, string>()
      await liveThrough(lives, weather, catalog, async (window) => {
        for (const [domain, { decisions }] of Object.entries(lives)) {
          const decision = decisions?.[window]
          if (decision && decision !== 'accept') decided.set(domain, decision)
        }
        const on = await catalog.operational()
        for (const [domain, decision] of decided) {
          if (decision === 'forget') continue
          expect([seed, window, domain, on.includes(domain)]).toEqual([
            ...[seed, window, domain],
            decision === 'enable',
          ])
        }
      })
    }
  })
})
