import * as z from 'zod'
import type { CatalogRow } from '../../anchors/catalog-store.ts'
import { changesPage } from '../../anchors/changes.ts'
import { STEPS } from '../../anchors/check/capability.ts'
import { RAILS } from '../../anchors/check/row/reasons.ts'
import { SEP_NAMES } from '../../anchors/check/toml/fields.ts'
import { homeDomainEvidence } from '../../anchors/store.ts'
import { count, textOrNull, time } from '../../db/shapes.ts'
import { decision } from '../../decisions/store.ts'
import { NETWORKS } from '../../stellar/network.ts'
import { named } from '../json-schema.ts'
import { anyObject } from './shared.ts'

const step = z.enum(STEPS)
const steps = Object.fromEntries(SEP_NAMES.map((name) => [name, step])) as Record<
  (typeof SEP_NAMES)[number],
  typeof step
>

const finding = z.object({
  code: z.string(),
  sep: z.number().int(),
  field: z.string().optional(),
  expected: z.string(),
  actual: z.string().optional(),
})
named.add(finding, { id: 'Finding' })

const signedIn = z.object({
  at: time,
  outcome: z.enum(['ok', 'refused', 'failing', 'off']),
  failures: count,
})

const evidenceAge = z.object({
  seenAt: textOrNull,
  lastOkAt: textOrNull,
  protected: z.boolean(),
  kept: z.boolean(),
  silentSince: time.optional(),
  signedIn: signedIn.nullable(),
})
named.add(evidenceAge, { id: 'EvidenceAge' })

const fees = z.object({
  enabled: z.boolean(),
  authenticationRequired: z.literal(true).optional(),
  feeFixed: z.string().optional(),
  feePercent: z.string().optional(),
  feeMinimum: z.string().optional(),
  minAmount: z.string().optional(),
  maxAmount: z.string().optional(),
  fundingMethods: z.array(z.string()).optional(),
  unit: z.string(),
})
named.add(fees, { id: 'Fees' })

const stellarAsset = z.object({
  code: z.string(),
  issuer: textOrNull,
  contract: textOrNull,
  status: textOrNull,
  anchorAsset: textOrNull,
  anchorAssetType: textOrNull,
  link: textOrNull,
})
named.add(stellarAsset, { id: 'StellarAsset' })

const listing = {
  id: z.string(),
  name: z.string(),
  country: z.string(),
  currency: z.string(),
  type: z.enum(['on-ramp', 'off-ramp']),
  operational: z.boolean(),
  why: z.array(z.string()),
  rail: z.enum(RAILS).nullable(),
  asset: textOrNull,
  basis: textOrNull,
  pairing: z.enum(['given', 'multiplied']),
  stellarAsset: stellarAsset.nullable(),
  railUrl: textOrNull,
  fees: fees.nullable(),
}

const catalogRow = z.object({
  ...listing,
  domain: z.string(),
  network: z.enum(NETWORKS),
  step,
  features: z
    .object({
      accountCreation: z.boolean().optional(),
      claimableBalances: z.boolean().optional(),
    })
    .nullable(),
  signingKey: textOrNull,
  sep: z.object(steps),
  evidence: z.record(z.string(), evidenceAge),
  updatedAt: time,
  lastCheckedAt: time.nullable(),
})
named.add(catalogRow, { id: 'CatalogRow' })
// The store does not check the rows, so this holds the two descriptions of a row together.
catalogRow satisfies z.ZodType<Pick<CatalogRow, 'id' | 'domain' | 'operational' | 'why' | 'step'>>

export const catalogPage = z.object({ anchors: z.array(catalogRow), next: textOrNull })

export const countriesAnswer = z.object({
  countries: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      currencies: z.array(z.string()),
      onRampCount: count,
      offRampCount: count,
      operationalAnchors: count,
    }),
  ),
})

export const changesAnswer = changesPage

const trust = z.object({
  trusted: z.boolean(),
  unsure: z.literal(true).optional(),
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
})

const { listings, checks, ...domain } = homeDomainEvidence.shape
export const evidenceAnswer = z.object({
  ...domain,
  capability: anyObject.nullable(),
  evidence: z.record(z.string(), evidenceAge),
  trust: trust.nullable(),
  findings: z.array(finding),
  listings: z.array(listings.element.extend(listing)),
  checks: z.array(checks.element.extend({ findings: z.array(finding) })),
})

export const diagnosticsAnswer = z.object({
  network: z.enum(NETWORKS),
  domain: z.string(),
  checkedAt: time,
  durationMs: z.number(),
  outcome: z.enum(['ok', 'definite', 'policy', 'unsure']),
  error: z.string().optional(),
  capability: anyObject.nullable(),
  trust: trust.nullable(),
  operational: z.boolean().nullable(),
  findings: z.array(finding),
  listings: z
    .array(
      z.object({
        id: z.string(),
        operational: z.boolean(),
        why: z.array(z.string()),
        rail: z.enum(RAILS).nullable(),
        asset: textOrNull,
        basis: textOrNull,
        until: textOrNull,
        stale: z.string().optional(),
      }),
    )
    .nullable(),
  patienceSeconds: count,
})

export const requestedCheckAnswer = z.object({
  network: z.enum(NETWORKS),
  domain: z.string(),
  checkedAt: time,
  durationMs: z.number(),
  outcome: z.enum(['ok', 'definite', 'policy', 'unsure']),
  error: textOrNull,
  trust: z.object({ trusted: z.boolean(), reasons: z.array(z.string()) }).nullable(),
  steps: z.object(steps).nullable(),
  findings: z.array(finding.extend({ meaning: z.string(), advice: z.string() })),
  moreFindings: count,
  listings: z.array(
    z.object({ id: z.string(), operational: z.boolean(), why: z.array(z.string()) }),
  ),
})

export const decidedAnchorAnswer = z.object({ decision })
