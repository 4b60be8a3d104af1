import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { Answer } from '../http/answer.ts'

// Vercel's builder carries a file that it sees named in this form.
const STYLE = readFileSync(new URL('./files/style.css', import.meta.url))
const ICON = new URL('./files/icon.svg', import.meta.url)
const CARD = new URL('./files/card.png', import.meta.url)
const CARD_WORKS = new URL('./files/card-works.png', import.meta.url)
const CARD_NOT = new URL('./files/card-not.png', import.meta.url)

type Bytes = Uint8Array<ArrayBuffer>

/** What the pages load. No file comes from another host. */
const FILES: Readonly<Record<string, { type: string; read: () => Promise<Bytes> }>> = {
  'style.css': { type: 'text/css; charset=utf-8', read: async () => STYLE },
  'icon.svg': { type: 'image/svg+xml', read: () => readFile(ICON) },
  'card.png': { type: 'image/png', read: () => readFile(CARD) },
  'card-works.png': { type: 'image/png', read: () => readFile(CARD_WORKS) },
  'card-not.png': { type: 'image/png', read: () => readFile(CARD_NOT) },
}

const YEAR_S = 31_536_000
const DAY_S = 86_400

const version = createHash('sha256').update(STYLE).digest('base64url').slice(0, 10)

/** The URL of the stylesheet, which a browser keeps until the file changes. */
export const STYLE_URL = `/assets/style.css?v=${version}`

export const assetParameters = z.object({ file: z.string(), v: z.string().optional() })

/** A file that the pages load. @throws AppError `not_found` */
export async function readAsset({ file, v }: z.output<typeof assetParameters>): Promise<Answer> {
  const asset = Object.hasOwn(FILES, file) ? FILES[file] : undefined
  if (asset === undefined) {
    throw new AppError('not_found', [
      {
        path: 'file',
        what: `The file "${file.slice(0, 80)}"`,
        place: 'path',
        problem: 'is not a file of the pages',
        allowed: Object.keys(FILES).join(', '),
      },
    ])
  }
  const kept = v === version ? `max-age=${YEAR_S}, immutable` : `max-age=${DAY_S}`
  return {
    status: 200,
    body: null,
    text: { type: asset.type, body: await asset.read() },
    headers: {
      'cache-control': `public, ${kept}`,
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      // Programs that show previews of links load the pictures from other sites.
      'cross-origin-resource-policy': 'cross-origin',
    },
  }
}
