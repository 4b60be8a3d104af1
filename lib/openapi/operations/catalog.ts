import * as z from 'zod'
import { changesParameters } from '../../anchors/changes.ts'
import { requestedCheckParameters } from '../../anchors/check-on-request.ts'
import { anchorDecisions, anchorParameters } from '../../anchors/decide.ts'
import {
  catalogParameters,
  countriesParameters,
  diagnosticsParameters,
  evidenceParameters,
} from '../../anchors/read-routes.ts'
import {
  catalogPage,
  changesAnswer,
  countriesAnswer,
  decidedAnchorAnswer,
  diagnosticsAnswer,
  evidenceAnswer,
  requestedCheckAnswer,
} from '../answers/catalog.ts'
import { healthAnswer } from '../answers/people.ts'
import { decisionBody } from '../decision-body.ts'
import type { Operation } from '../operation.ts'

const TAGGED = { etag: 'The tag of the answer, for If-None-Match.' }

export const catalogOperations: readonly Operation[] = [
  {
    path: '/api/anchors/catalog',
    method: 'get',
    id: 'listAnchors',
    tag: 'Catalog',
    summary: 'The catalog of anchors, page by page',
    description:
      'One row for each home domain, direction, country and currency. `operational` says whether a payment may be routed there, and `why` gives the reasons.',
    access: 'public',
    input: catalogParameters,
    answers: {
      200: {
        description: 'A page of the catalog.',
        schema: catalogPage,
        headers: TAGGED,
        csv: true,
      },
    },
  },
  {
    path: '/api/anchors/countries',
    method: 'get',
    id: 'listCountries',
    tag: 'Catalog',
    summary: 'The countries that anchors of the catalog serve',
    access: 'public',
    input: countriesParameters,
    answers: {
      200: { description: 'All countries.', schema: countriesAnswer, headers: TAGGED },
    },
  },
  {
    path: '/api/anchors/changes',
    method: 'get',
    id: 'listChanges',
    tag: 'Catalog',
    summary: 'What changed of anchors and listings, the oldest first',
    access: 'public',
    input: changesParameters,
    answers: {
      200: { description: 'A page of changes.', schema: changesAnswer, headers: TAGGED },
    },
  },
  {
    path: '/api/anchors/{domain}',
    method: 'get',
    id: 'showAnchor',
    tag: 'Catalog',
    summary: 'One home domain with its evidence',
    access: 'public',
    input: evidenceParameters,
    answers: { 200: { description: 'The evidence.', schema: evidenceAnswer, headers: TAGGED } },
    errors: ['not_found'],
  },
  {
    path: '/api/check',
    method: 'get',
    id: 'checkOnRequest',
    tag: 'Catalog',
    summary: 'A check of one home domain that anybody may ask for',
    description:
      'For developers of anchors: each finding with what to do about it. Nothing is signed, and nothing of it counts in the catalog. What was found less than a minute ago is shown again.',
    access: 'public',
    input: requestedCheckParameters,
    answers: {
      200: { description: 'What was found.', schema: requestedCheckAnswer, markdown: true },
    },
    errors: ['too_many_checks'],
  },
  {
    path: '/api/anchors/{domain}/decisions',
    method: 'post',
    id: 'decideAnchor',
    tag: 'People',
    summary: 'What a person decides about a home domain or one of its listings',
    access: 'decide',
    input: anchorParameters,
    body: {
      schema: decisionBody(anchorDecisions),
      example: { decision: 'disable', note: 'Their bank is closed' },
    },
    answers: { 200: { description: 'The stored decision.', schema: decidedAnchorAnswer } },
    errors: ['not_found', 'decision_refused'],
  },
  {
    path: '/api/anchors/diagnostics',
    method: 'post',
    id: 'checkAnchor',
    tag: 'Operation',
    summary: 'A check of one home domain now, which stores nothing',
    access: 'ops',
    input: diagnosticsParameters,
    parametersIn: 'both',
    answers: { 200: { description: 'What the check saw.', schema: diagnosticsAnswer } },
  },
  {
    path: '/api/health',
    method: 'get',
    id: 'health',
    tag: 'Service',
    summary: 'Whether this deployment can do its work',
    description: 'Reasons, figures and times are shown to operators only.',
    access: 'public-or-ops',
    input: z.object({}),
    answers: {
      200: {
        description: 'It can. `degraded`: something waits for a person.',
        schema: healthAnswer,
      },
      503: { description: 'The database cannot be used.', schema: healthAnswer },
    },
  },
  {
    path: '/api/metrics',
    method: 'get',
    id: 'metrics',
    tag: 'Service',
    summary: 'The figures of this deployment in the text format of Prometheus',
    description:
      'They are read from the database alone, each up to a bound that its HELP line names.',
    access: 'ops-or-read',
    input: z.object({}),
    answers: {
      200: { description: 'The figures.', schema: z.string(), mediaType: 'text/plain' },
    },
  },
  {
    path: '/api/docs',
    method: 'get',
    id: 'readReference',
    tag: 'Service',
    summary: 'The reference of this API as a page, also at /docs',
    access: 'public',
    input: z.object({}),
    answers: {
      200: { description: 'The page.', schema: z.string(), mediaType: 'text/html' },
    },
  },
  {
    path: '/api/docs/{file}',
    method: 'get',
    id: 'readReferenceFile',
    tag: 'Service',
    summary: 'A file that the page of the reference loads',
    access: 'public',
    input: z.object({ file: z.string() }),
    answers: {
      200: { description: 'A style sheet or a script.', schema: z.string(), mediaType: 'text/*' },
    },
    errors: ['not_found'],
  },
  {
    path: '/api/openapi',
    method: 'get',
    id: 'readOpenApi',
    tag: 'Service',
    summary: 'This document',
    access: 'public',
    input: z.object({}),
    answers: {
      200: {
        description: 'An OpenAPI 3.1 document.',
        schema: z.looseObject({ openapi: z.literal('3.1.0'), paths: z.looseObject({}) }),
        headers: TAGGED,
      },
    },
  },
]
