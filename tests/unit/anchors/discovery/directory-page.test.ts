import { describe, expect, test } from 'vitest'
import {
  findAnchorRecords,
  readDirectoryPage,
} from '../../../../lib/anchors/discovery/directory-page.ts'

describe('links are found as a browser would', () => {
  test.each([
    ['<a href="/a.json">', ['/a.json']],
    ["<A HREF='/a.json'>", ['/a.json']],
    ['<a class=x href=/a.json>', ['/a.json']],
    ['<a href="/a?x=1&amp;y=2">', ['/a?x=1&y=2']],
    ['<a href="/first" href="/second">', ['/first']],
    ['<link rel="alternate" href="/a.csv"/>', ['/a.csv']],
    ['<a\nhref = "/a.json"', []],
    ['<!-- <a href="/a.json"> -->', []],
    ['<script>"<a href=/a.json>"</script>', []],
    ['<img href="/a.json"><a name="x">', []],
  ])('%j', async (html, links) => {
    expect((await readDirectoryPage(html)).links).toEqual(links)
  })

  test('but at most 2,000 of them', async () => {
    expect((await readDirectoryPage('<a href=x>'.repeat(5_000))).links).toHaveLength(2_000)
  })
})

describe('scripts', () => {
  test.each([
    ['<script id="__NEXT_DATA__" type="application/json">{"a":"<b>"}</script>', '{"a":"<b>"}'],
    ['<SCRIPT TYPE="application/json" ID=__NEXT_DATA__>1</SCRIPT>', '1'],
    ['<script id="__NEXT_DATA__">1</script><script id="__NEXT_DATA__">2</script>', '1'],
    ['<script id="__NEXT_DATA__">1', '1'],
    ['<div id="__NEXT_DATA__">1</div>', ''],
  ])('__NEXT_DATA__ of %j', async (html, nextData) => {
    expect((await readDirectoryPage(html)).nextData).toBe(nextData)
  })

  test.each([
    ['self.__next_f.push([1,"a"])', 'a'],
    ['self.__next_f.push([1, "a\\"\\u003c\\n"]);self.__next_f.push([1,"b"])', 'a"<\nb'],
    ['(self.__next_f=self.__next_f||[]).push([0]);self.__next_f.push([2,null])', ''],
    ['self.__next_f.push([1,"open', ''],
    ['self.__next_f.push([1,"\\x41"]);self.__next_f.push([1,"b"])', 'b'],
    ["self.__next_f.push([1,'a'])", ''],
  ])('flight data of %j', async (script, flight) => {
    expect((await readDirectoryPage(`<script>${script}</script>`)).flight).toBe(flight)
  })
})

describe('records', () => {
  const record = { name: 'A', website: 'https://a.example.org' }
  const json = JSON.stringify(record)

  test.each([
    ['in an array', `[${json}]`],
    ['deep in flight data', `7:["$","p",null,{"x":[{"y":${json}}]}]\n`],
    ['after prose with quotes and braces', `3:T9,He said "no } {\n4:${json}`],
    ['after an open brace and an odd quote', `{{{"\n${json}`],
    ['once each', `${json}${json}`],
    ['indented', JSON.stringify([record], null, 2)],
    ['beside ones with forbidden keys', `[{"name":"x","url":"y","__proto__":{}},${json}]`],
    ['beside ones without name or domain', `[{"name":"x"},{"url":"y"},${json}]`],
    ['beside broken ones', `[{"name":"x","url":y},${json}]`],
  ])('are found %s', (_, text) => {
    expect(findAnchorRecords(text, 10)).toEqual([record])
  })

  test.each(['toml_file', 'home_domain', 'homeDomain', 'domain', 'website', 'url'])(
    'have a name and "%s"',
    (key) => {
      expect(findAnchorRecords(JSON.stringify({ name: 'A', [key]: null }), 10)).toHaveLength(1)
    },
  )

  test('are found among values with a quote, a brace or the name of a key', () => {
    const text = JSON.stringify({ name: '}{"url":', note: 'url', list: ['domain', 'website'] })
    expect(findAnchorRecords(text, 10)).toEqual([])
  })

  test('are at most as many as the limit, and each has at most 64 KB', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ ...record, name: String(at) }))
    expect(findAnchorRecords(JSON.stringify(many), 7)).toHaveLength(7)
    expect(findAnchorRecords(JSON.stringify({ ...record, x: 'x'.repeat(70_000) }), 7)).toEqual([])
  })
})

describe('elements inside each other', () => {
  test.each([
    ['nested', '<div>'],
    ['closed in the wrong order', '<div></a>'],
    ['of many names', '<b><i><div>'],
    ['that only seem so', '<script '],
  ])('%s, are refused above 10,000', async (_, unit) => {
    await expect(readDirectoryPage(unit.repeat(100_000))).rejects.toMatchObject({
      code: 'source_unusable',
      message: /HTML has more than 10000 elements inside each other; at most 10000 are read/,
    })
  })

  test.each([
    ['one behind the other', '<div><br><img src="x"><a href="/x">x</a></div>'],
    ['hidden in comments', '<div><!--</div>-->'],
  ])('%s, are read', async (_, unit) => {
    const html = `${unit.repeat(20_000)}<a href="/last.json">x</a>`
    expect((await readDirectoryPage(html)).links.length).toBeGreaterThan(0)
  })
})

// A parser that backtracks takes minutes for some of these pages.
describe('hostile pages of 1 MB are read to their end', () => {
  const repeated = (unit: string) => unit.repeat(Math.floor(1_000_000 / unit.length))
  const pages: [string, string][] = [
    ['unclosed tags', repeated('<')],
    ['a tag of spaces', `<script id="__NEXT_DATA__"${repeated(' ')}`],
    ['attributes', `<a ${repeated('a=b ')}>`],
    ['entities', `<a href="${repeated('&amp;')}">`],
    ['comments', repeated('<!--')],
    ['nearly closed scripts', `<script>${repeated('</scrip')}`],
    ['open flight calls', `<script>${repeated('self.__next_f.push([1,"')}</script>`],
    ['flight scripts', repeated('<script>self.__next_f.push([1,"{\\"name\\":"])</script>')],
    ...[
      ...['[', '{', '{"', '{"{"', '{"name":"a","url":{"name":', '"', '"a\n', '\\', '\\"', '\n\\"'],
      ...['"\\"\n', '"name" ', ' ', '}'],
    ].map((unit): [string, string] => [
      `data of ${JSON.stringify(unit)}`,
      `<script id="__NEXT_DATA__">{"x":"y"},${repeated(unit)}</script>`,
    ]),
  ]

  test.each(pages)('%s', async (_, html) => {
    const page = await readDirectoryPage(html)
    const texts = [page.nextData, page.flight, ...page.jsonScripts]
    expect(texts.join('').length).toBeLessThanOrEqual(html.length)
    expect(page.links.length).toBeLessThanOrEqual(2_000)
    expect(texts.flatMap((text) => findAnchorRecords(text, 5_001))).toEqual([])
  })

  test('records inside records are parsed a bounded number of times', () => {
    const depth = 20_000
    const text = `${'{"name":"a","url":'.repeat(depth)}1${'}'.repeat(depth)}`
    const records = findAnchorRecords(text, depth)
    // JSON deeper than 64 levels is refused, so only the innermost objects are records.
    expect(records.length).toBe(64)
  })
})
