import { expect, test } from 'vitest'
import { walkHorizonAssets } from '../../lib/anchors/discovery/horizon-assets.ts'
import { fetchAnswer } from '../helpers/fetch-answer.ts'
import { referenceText } from './reference.ts'

test.each([
  [
    'docs-ListAllAssets-examples-ListAllAssets.json',
    ['swisscustodys.org CNY', 'masterstellar.com CNY'],
    1,
  ],
  ['go-assetsResponse.json', [], 1],
  [
    'horizon-docs-2020-assets-all-1.json',
    ['www.stellar.org BANANA', 'www.stellar.org BTC', 'www.stellar.org USD'],
    0,
  ],
  ['java-AssetsPageDeserializerTest-1.json', ['www.stellar.org Fsdk'], 4],
])('a page of a real Horizon gives its home domains: %s', async (file, rows, skippedRecords) => {
  const asked: string[] = []
  const walk = await walkHorizonAssets(
    {
      horizonUrl: 'https://horizon.example.org',
      cursor: null,
      assetPages: 1,
      issuerLimit: 250,
      issuerConcurrency: 2,
    },
    {
      fetch: async (url) => {
        asked.push(url)
        return fetchAnswer(url, { text: referenceText(`corpus/horizon/${file}`) })
      },
      sleep: async () => {},
      isOver: () => false,
    },
  )
  expect(walk.rows.map(({ domain, currency }) => `${domain} ${currency}`)).toEqual(rows)
  expect(walk.skippedRecords).toBe(skippedRecords)
  expect(asked).toHaveLength(1)
})
