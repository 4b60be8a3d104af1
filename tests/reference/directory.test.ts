import { describe, expect, test } from 'vitest'
import { loadDirectory, scrapeDirectoryHome } from '../../lib/anchors/discovery/directory.ts'
import { normaliseRows } from '../../lib/anchors/discovery/directory-row.ts'
import { fetchAnswer } from '../helpers/fetch-answer.ts'
import { referenceText } from './reference.ts'

const URL_ASKED = 'https://directory.example.org/'

function serve(file: string) {
  // The fetch of the product removes a byte order mark too.
  const text = referenceText(`corpus/directory/${file}`).replace(/^\uFEFF/, '')
  return {
    fetch: async (url: string) => fetchAnswer(url, url === URL_ASKED ? { text } : { status: 404 }),
  }
}

describe('real directories', () => {
  test.each([
    ['payonproof-anchor-seeds-example.json', 2, 2, 0],
    ['payonproof-anchor-seeds-pop.json', 6, 30, 0],
    ['payonproof-anchor-seeds-testnet.json', 3, 32, 0],
    ['payonproof-anchors-export-2026-02-23-directory.json', 34, 574, 0],
    ['payonproof-anchors-export-2026-02-23-horizon-fallback.json', 16, 16, 0],
    ['payonproof-anchors-export-2026-02-25.json', 28, 550, 0],
    ['payonproof-anchors-export-services-copy-2026-02-26.json', 22, 22, 0],
    ['payonproof-anchors-export-2026-06-29T23-05.json', 32, 534, 0],
    ['derived-anchors-export.csv', 32, 534, 0],
    ['derived-spreadsheet-style-crlf-bom.csv', 12, 534, 0],
    ['stellarterm-anchors-2019-06-14.json', 29, 92, 0],
    ['stellarterm-directory-2019-02-05.json', 28, 94, 0],
    // These rows have a name and an address, but no currency or no domain.
    ['stellarterm-destinations.json', 26, 0, 26],
    ['stellar-intel-anchor-survey-2026-09-01.json', 94, 0, 94],
  ])('%s: %i rows, %i listings', async (file, rowCount, listingCount, skipped) => {
    const { rows } = await loadDirectory(URL_ASKED, serve(file))
    const result = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(rows).toHaveLength(rowCount)
    expect(result.listings).toHaveLength(listingCount)
    expect(result.skippedSourceRows).toBe(skipped)
    expect(result.rejected).toHaveLength(skipped)
  })

  test('one directory gives the same listings as JSON and in two styles of CSV', async () => {
    const ids = async (file: string) => {
      const { rows } = await loadDirectory(URL_ASKED, serve(file))
      const { listings } = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
      return listings.map(({ id }) => id).sort()
    }
    const json = await ids('payonproof-anchors-export-2026-06-29T23-05.json')
    expect(await ids('derived-anchors-export.csv')).toEqual(json)
    expect(await ids('derived-spreadsheet-style-crlf-bom.csv')).toEqual(json)
  })

  test.each([
    ['payonproof-anchors-export-conflict-markers.json.txt', 'not valid JSON'],
    ['payonproof-anchors-raw-debug-empty.json', 'is empty'],
    ['payonproof-anchors-raw-debug-mapbox.json', 'no list of rows'],
    ['payonproof-tmp-anchors-home.html', 'no CSV with a domain'],
    ['stellarterm-directory-symlink.json.txt', 'no CSV with a domain'],
    ['stellar-intel-anchor-fleet-recheck.md', 'cannot be read as CSV'],
    ['stellar-intel-sdf-anchors.html', 'HTML'],
    ['sep-0042-asset-list-example.json', 'no list of rows'],
  ])('%s is refused', async (file, message) => {
    await expect(loadDirectory(URL_ASKED, serve(file))).rejects.toThrow(message)
  })

  test('the reduced page of the directory gives its three anchors, and two listings', async () => {
    const { source, rows } = await scrapeDirectoryHome(
      URL_ASKED,
      serve('stellar-intel-sdf-anchors.html'),
    )
    expect(source).toBe(`${URL_ASKED}#flight`)
    expect(rows.map((row) => (row as { name: string }).name)).toEqual([
      'Bitnovo',
      'APS',
      'Example Anchor',
    ])
    const { listings, rejected } = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(listings.map(({ id }) => id)).toEqual([
      'aps.money:on-ramp:ZZ:USD',
      'aps.money:off-ramp:ZZ:USD',
    ])
    expect(rejected).toHaveLength(2)
  })

  test.each(['payonproof-tmp-anchors-home.html', 'next-flight-excerpt-anchorusd-2026-06-09.html'])(
    '%s holds no anchors',
    async (file) => {
      await expect(scrapeDirectoryHome(URL_ASKED, serve(file))).rejects.toThrow('holds no anchors')
    },
  )
})
