import { STELLAR_TOML_PATH } from './anchor-site.ts'
import type { SimulatedAnchor } from './anchors.ts'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from './answer.ts'
import type { Site } from './world-server.ts'

// Real pages stream their data in pieces that may end inside a record.
const FLIGHT_PIECE_CHARACTERS = 3_000

/** Bad rows, which show how rejected rows are reported. */
const BAD_ROWS: readonly object[] = [
  row({ name: 'Port Side', home_domain: 'portside.sim:8443', locations: ['Norway'] }),
  row({ name: 'Bare Address', home_domain: '203.0.113.7', locations: ['Sweden'] }),
  row({ name: 'Zero Width', home_domain: 'zero\u200bwidth.sim', locations: ['Denmark'] }),
  row({ name: 'Lost City', home_domain: 'lostcity.sim', locations: ['Atlantis'] }),
]

/** A directory of anchors: a page in the style of a Next.js App Router site, JSON and CSV exports. */
export function directorySite(anchors: readonly SimulatedAnchor[]): Site {
  const rows = [...anchors.map(directoryRow), ...BAD_ROWS]
  const answers = new Map<string, Answer>([
    ['/', bodyAnswer('text/html; charset=utf-8', directoryPage(rows))],
    ['/export/anchors.json', jsonAnswer({ anchors: rows })],
    ['/export/anchors.csv', bodyAnswer('text/csv; charset=utf-8', directoryCsv(anchors))],
  ])
  return { answer: (url) => answers.get(url.pathname) ?? statusAnswer(404) }
}

function directoryRow(anchor: SimulatedAnchor): object {
  const currencies = [anchor.currencies].flat().flatMap((text) => text.split(/[;,|]\s*/))
  return {
    name: anchor.name,
    website: anchor.website === undefined ? `https://${anchor.domain}/` : anchor.website,
    toml_file: `https://${anchor.domain}${STELLAR_TOML_PATH}`,
    home_domain: anchor.domain,
    locations: anchor.locations,
    fiat_assets: currencies.map((code) => ({ code, website: null })),
    currencies: anchor.currencies,
    ...(anchor.direction === undefined ? {} : { direction: anchor.direction }),
  }
}

function row(facts: { name: string; home_domain: string; locations: string[] }): object {
  return {
    ...facts,
    website: null,
    toml_file: null,
    fiat_assets: [{ code: 'EUR', website: null }],
    currencies: ['EUR'],
  }
}

function directoryPage(rows: readonly object[]): string {
  const tree = ['$', '$L7', null, { title: 'Anchors', anchors: rows }]
  const stream = [
    '1:"$Sreact.fragment"\n',
    '7:I[40912,["/_next/static/chunks/directory.js"],"AnchorDirectory"]\n',
    `0:${JSON.stringify({ b: 'simulated', p: '', c: ['', ''], f: [[['', {}], tree]] })}\n`,
  ].join('')
  const pieces = Array.from(
    { length: Math.ceil(stream.length / FLIGHT_PIECE_CHARACTERS) },
    (_, place) => stream.slice(place * FLIGHT_PIECE_CHARACTERS).slice(0, FLIGHT_PIECE_CHARACTERS),
  )
  const pushes = pieces.map(
    (piece) => `<script>self.__next_f.push([1,${scriptText(piece)}])</script>`,
  )
  return [
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/>',
    '<title>Simulated anchor directory</title>',
    '<link rel="stylesheet" href="/_next/static/css/directory.css"/></head><body>',
    '<main><h1>Anchors</h1><p>Find an anchor by country or currency.</p>',
    '<a href="/about">About</a><a href="https://www.pesolink.sim/">PesoLink</a></main>',
    '<script>(self.__next_f=self.__next_f||[]).push([0])</script>',
    ...pushes,
    '</body></html>\n',
  ].join('')
}

// The framework escapes `<` like this, so that a text does not end the script element.
function scriptText(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c')
}

function directoryCsv(anchors: readonly SimulatedAnchor[]): string {
  const records = anchors.map((anchor) => [
    anchor.name,
    anchor.domain,
    [anchor.locations].flat().join('; '),
    [anchor.currencies].flat().join('; '),
    anchor.direction ?? 'both',
  ])
  return [['name', 'home_domain', 'countries', 'currencies', 'type'], ...records]
    .map((fields) => `${fields.map(csvField).join(',')}\r\n`)
    .join('')
}

function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
