import type { Answer, ErrorBody } from '../http/answer.ts'
import { STYLE_URL } from './assets.ts'
import { type Html, html } from './html.ts'

/** Pages name their own URLs by the host that a proxy tells of, so a shared cache keeps them apart by these headers. */
export const VARY_BY_ORIGIN = 'x-forwarded-host, x-forwarded-proto'

const HTML_TYPE = 'text/html; charset=utf-8'

/**
 * Pages load a stylesheet and pictures of this service and nothing else: no script, no frame, no style in an attribute. The
 * origin of a form is only sent with `same-origin`, and the forms of operators are refused without it.
 */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  vary: VARY_BY_ORIGIN,
} as const

/** A page without its frame. */
export interface Page {
  title: string
  /** One sentence for search engines and previews of links. */
  description: string
  /** The path with its query that other pages link to. */
  path: string
  /** Shown instead of the common picture in previews of links. */
  card?: 'works' | 'not'
  /** Where readers of feeds find what changes. */
  feed?: string
  /** Pages of a signed-in operator are kept out of search engines. */
  hidden?: true
  main: Html
}

const LINKS = [
  { path: '/', text: 'Catalog' },
  { path: '/check', text: 'Check an anchor' },
  { path: '/feed.xml', text: 'Feed' },
  { path: '/docs', text: 'API' },
  { path: '/ops', text: 'Operators' },
] as const

/** @param origin the origin of the absolute URLs that previews of links need */
export function document(page: Page, origin: string): string {
  const { title, description, path, card, feed = '/feed.xml', hidden, main } = page
  const picture = `${origin}/assets/card${card === undefined ? '' : `-${card}`}.png`
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<meta name="description" content="${description}">
${hidden && html`<meta name="robots" content="noindex">`}
<meta property="og:site_name" content="Anchor Ops">
<meta property="og:type" content="website">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${origin}${path}">
<meta property="og:image" content="${picture}">
<meta property="og:image:width" content="1200">
<meta property="og:image:height" content="630">
<meta property="og:image:alt" content="Anchor Ops: a catalog of Stellar anchors that can be believed">
<meta name="twitter:card" content="summary_large_image">
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
<link rel="stylesheet" href="${STYLE_URL}">
<link rel="alternate" type="application/atom+xml" title="What changed" href="${feed}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">Anchor Ops</a>
<nav aria-label="Pages"><ul>${LINKS.map(
    (link) =>
      html`<li><a href="${link.path}"${isAt(path, link.path) && html` aria-current="page"`}>${link.text}</a></li>`,
  )}</ul></nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>
<p>Anchor Ops checks what the home domain of each Stellar anchor really offers. A check is no promise: what an anchor does with your money is between you and it.</p>
</footer>
</body>
</html>
`
  return markup.toString()
}

function isAt(path: string, link: string): boolean {
  const [here] = path.split('?')
  return here === link
}

/** The answer of a page. */
export function pageAnswer(page: Page, origin: string, status = 200): Answer {
  return htmlAnswer(document(page, origin), status)
}

/** The answer of a page that is written already. */
export function htmlAnswer(body: string, status = 200): Answer {
  return { status, body: null, text: { type: HTML_TYPE, body }, headers: PAGE_HEADERS }
}

/** Sends the browser on, so that loading the page again does not send the form again. */
export function seeOther(location: string, cookie?: string): Answer {
  return {
    status: 303,
    body: null,
    text: { type: 'text/plain; charset=utf-8', body: '' },
    headers: { location, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) },
  }
}

const HEADINGS: Record<number, string> = {
  400: 'That cannot be read',
  401: 'Please sign in',
  403: 'Your key may not do that',
  404: 'Nothing is here',
  409: 'That was refused',
  413: 'That is too much',
  429: 'Too many checks',
}

interface ShownError {
  status: number
  body: ErrorBody
}

/** An error of a page for everybody. */
export function errorPage(error: ShownError) {
  return errorAsPage(error, html`<a href="/">To the catalog</a>`)
}

/** An error of a page or form of operators. */
export function opsErrorPage(error: ShownError) {
  return errorAsPage(error, html`<a href="/ops">To the page of operators</a>`)
}

/** An error as a page: what failed, the value, where, and what is allowed stand in its sentences. */
function errorAsPage({ status, body }: ShownError, onward: Html) {
  const heading = HEADINGS[status] ?? 'This does not work now'
  const messages = body.details?.map(({ message }) => message).filter((text) => text !== '') ?? []
  const main = html`<h1>${heading}</h1>
${(messages.length > 0 ? messages : [body.error]).map((message) => html`<p>${message}</p>`)}
<p>${onward}</p>
<p class="faint">Request <code>${body.requestId}</code>, error <code>${body.code}</code>.</p>`
  const page = { title: `${heading} · Anchor Ops`, description: heading, path: '', main }
  return {
    text: { type: HTML_TYPE, body: document({ ...page, hidden: true }, '') },
    headers: { ...PAGE_HEADERS },
  }
}
