import * as z from 'zod'
import { evidenceParameters, readEvidence, type SharedReadDeps } from '../anchors/read-routes.ts'
import type { HomeDomainEvidence } from '../anchors/store.ts'
import { AppError } from '../errors.ts'
import type { Answer } from '../http/answer.ts'
import { availabilityOf } from './availability.ts'
import { html } from './html.ts'

/** `anchor.example.org.svg` is the badge of that home domain. */
export const badgeParameters = z.object({
  file: z
    .string()
    .regex(/\.svg$/, { error: 'a home domain and .svg' })
    .transform((file) => file.slice(0, -'.svg'.length))
    .pipe(evidenceParameters.shape.domain),
})

const LABEL = 'Stellar anchor'
/** A letter of the font is about so wide. `textLength` makes the text exactly as wide as its box. */
const LETTER = 6.6
const COLOURS = { works: '#0d6b3f', partly: '#7a4f00', not: '#9a2a1c', unknown: '#54615d' } as const

/** The state of an anchor as a small picture. A home domain that is not listed has one that says so. */
export async function showBadge(
  { file: domain }: z.output<typeof badgeParameters>,
  deps: SharedReadDeps & { now: () => Date },
): Promise<Answer> {
  const evidence = await evidenceOrNull(domain, deps)
  const { text, colour } = badgeOf(evidence, deps.now())
  const left = Math.round(LABEL.length * LETTER + 12)
  const right = Math.round(text.length * LETTER + 12)
  const width = left + right
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" viewBox="0 0 ${width} 20" role="img" aria-label="${LABEL} ${domain}: ${text}">
<title>${LABEL} ${domain}: ${text}</title>
<rect width="${width}" height="20" rx="4" fill="${COLOURS[colour]}"/>
<path d="M4 0h${left - 4}v20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="#2b3331"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="6" y="14" textLength="${left - 12}" lengthAdjust="spacingAndGlyphs">${LABEL}</text>
<text x="${left + 6}" y="14" textLength="${right - 12}" lengthAdjust="spacingAndGlyphs">${text}</text>
</g>
</svg>
`
  return {
    status: 200,
    body: null,
    text: { type: 'image/svg+xml', body: svg.toString() },
    headers: {
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    },
  }
}

async function evidenceOrNull(
  domain: string,
  deps: SharedReadDeps,
): Promise<HomeDomainEvidence | null> {
  try {
    return await readEvidence({ domain }, deps)
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}

function badgeOf(
  evidence: HomeDomainEvidence | null,
  now: Date,
): { text: string; colour: keyof typeof COLOURS } {
  if (evidence === null) return { text: 'not listed', colour: 'unknown' }
  const listings = evidence.listings.filter(({ active }) => active)
  const works = listings.filter(({ operational }) => operational).length
  const { percent } = availabilityOf(evidence.days, 30, now)
  const said = percent === null ? 'not enough data' : `${percent} % in 30 days`
  if (works === 0) return { text: `does not work now, ${said}`, colour: 'not' }
  if (works === listings.length) return { text: `works, ${said}`, colour: 'works' }
  return { text: `${works} of ${listings.length} work, ${said}`, colour: 'partly' }
}
