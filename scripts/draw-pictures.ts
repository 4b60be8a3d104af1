import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { chromium, type Page } from 'playwright-core'

// Draws pictures: those that previews of links show, and those of docs/pages.md out
// of the screenshots that tests/browser leaves in .screenshots. Run the browser tests first, and look at every picture.

const ROOT = resolve(import.meta.dirname, '..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))

/** What previews of links show beside the title: Open Graph asks for 1200 by 630. */
const CARDS = [
  {
    file: 'card',
    title: 'Stellar anchors that can be believed',
    line: 'Which work now, where, and how that is known',
    colour: '#0b6b5e',
  },
  {
    file: 'card-works',
    title: 'This anchor works',
    line: 'Evidence, findings and availability of a Stellar anchor',
    colour: '#0d6b3f',
  },
  {
    file: 'card-not',
    title: 'This anchor does not work now',
    line: 'Why, since when, and what was found',
    colour: '#9a2a1c',
  },
] as const
const CARD = { width: 1_200, height: 630 }

const RUNGS = ['–', '1', '2', '3', '4']

function cardMarkup({ title, line, colour }: (typeof CARDS)[number]): string {
  const rungs = RUNGS.map(
    (rung, place) =>
      `<div style="width:90px;height:64px;border-radius:12px;display:grid;place-items:center;font-size:36px;background:rgba(255,255,255,${0.12 + place * 0.2});color:${place > 2 ? colour : '#fff'}">${rung}</div>`,
  )
  return `<body style="margin:0;box-sizing:border-box;height:${CARD.height}px;padding:80px;background:${colour};color:#fff;font:700 76px/1.15 'DejaVu Sans',sans-serif;display:flex;flex-direction:column;justify-content:space-between">
<div style="font-size:40px">Anchor Ops</div>
<div>${title}<div style="font-size:34px;font-weight:400;margin-top:28px">${line}</div></div>
<div style="display:flex;gap:18px">${rungs.join('')}</div></body>`
}

/** The parts of screenshots that docs/pages.md shows at a size that can be read, in pixels of the screenshot. */
const PARTS = [
  { file: 'pages-catalog', of: 'catalog-light', scale: 0.75, width: 1_280, top: 0, height: 860 },
  { file: 'pages-anchor', of: 'anchor-not-phone', scale: 0.9, width: 390, top: 700, height: 900 },
  { file: 'pages-ops', of: 'ops-light', scale: 0.7, width: 1_280, top: 0, height: 1_300 },
] as const

/** Each page in each look, side by side. */
const SHEETS = [
  'catalog',
  'anchor-works',
  'anchor-not',
  'check-form',
  'check',
  'ops-sign-in',
  'ops',
  'missing',
]
const LOOKS = { light: 420, dark: 420, phone: 190, print: 330 } as const
const SHEET = { width: 1_440, height: 760 }

async function dataUrl(name: string): Promise<string> {
  const bytes = await readFile(resolve(ROOT, `.screenshots/${name}.png`))
  return `data:image/png;base64,${bytes.toString('base64')}`
}

async function sheetMarkup(name: string): Promise<string> {
  const looks = await Promise.all(
    Object.entries(LOOKS).map(async ([look, width]) => {
      const url = await dataUrl(`${name}-${look}`)
      return `<img src="${url}" style="width:${width}px;border:1px solid #bbb">`
    }),
  )
  return `<body style="margin:0;height:${SHEET.height}px;overflow:hidden;background:#e8e8e8;padding:12px;box-sizing:border-box;display:flex;align-items:flex-start;justify-content:space-between">${looks.join('')}</body>`
}

async function draw(
  page: Page,
  file: string,
  markup: string,
  viewport: { width: number; height: number },
): Promise<void> {
  await page.setViewportSize(viewport)
  await page.setContent(markup, { waitUntil: 'load' })
  await page.screenshot({ path: resolve(ROOT, file) })
  console.log(file)
}

if (CHROMIUM === undefined) {
  throw new Error(
    'No Chromium was found in /usr/bin; allowed: what scripts/install-chromium.sh installs',
  )
}
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  for (const card of CARDS) {
    await draw(page, `lib/pages/files/${card.file}.png`, cardMarkup(card), CARD)
  }
  for (const { file, of, scale, width, top, height } of PARTS) {
    const markup = `<body style="margin:0;overflow:hidden"><img src="${await dataUrl(of)}" style="display:block;width:${width * scale}px;margin-top:${-top * scale}px"></body>`
    const viewport = { width: Math.round(width * scale), height: Math.round(height * scale) }
    await draw(page, `docs/${file}.png`, markup, viewport)
  }
  for (const name of SHEETS) {
    await draw(page, `docs/looks/${name}.png`, await sheetMarkup(name), SHEET)
  }
} finally {
  await browser.close()
}
