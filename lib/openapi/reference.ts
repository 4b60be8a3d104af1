import { readFile } from 'node:fs/promises'
import { AppError } from '../errors.ts'

// Vercel's builder carries a file that it sees named in this form.
const STYLE = new URL('../../node_modules/swagger-ui-dist/swagger-ui.css', import.meta.url)
const SCRIPT = new URL('../../node_modules/swagger-ui-dist/swagger-ui-bundle.js', import.meta.url)

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Anchor Ops API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <noscript>This page needs JavaScript. The document itself is at <a href="/api/openapi">/api/openapi</a>.</noscript>
    <main id="reference"></main>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

const START = `SwaggerUIBundle({ url: '/api/openapi', dom_id: '#reference', deepLinking: true, validatorUrl: null })
`

/** The script of the package writes styles into the elements, so the policy allows those. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

const CSS = 'text/css; charset=utf-8'
const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** What the page loads. No file comes from another host. */
const FILES: Readonly<Record<string, { type: string; read: () => Promise<string> }>> = {
  'start.js': { type: JAVASCRIPT, read: async () => START },
  'swagger-ui.css': { type: CSS, read: () => readFile(STYLE, 'utf8') },
  'swagger-ui-bundle.js': { type: JAVASCRIPT, read: () => readFile(SCRIPT, 'utf8') },
}

interface TextAnswer {
  status: 200
  body: null
  text: { type: string; body: string }
  headers: Record<string, string>
}

/** The page with the reference of this API, made by the npm package swagger-ui-dist from the OpenAPI document. */
export function referencePage(): TextAnswer {
  return textAnswer('text/html; charset=utf-8', PAGE)
}

/** A file that the page loads. @throws AppError `not_found` */
export async function referenceFile(name: string): Promise<TextAnswer> {
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined
  if (file !== undefined) return textAnswer(file.type, await file.read())
  throw new AppError('not_found', [
    {
      path: 'file',
      what: `The file "${name.slice(0, 80)}"`,
      place: 'path',
      problem: 'is not a file of the reference',
      allowed: Object.keys(FILES).join(', '),
    },
  ])
}

function textAnswer(type: string, body: string): TextAnswer {
  return {
    status: 200,
    body: null,
    text: { type, body },
    headers: { 'content-security-policy': POLICY },
  }
}
