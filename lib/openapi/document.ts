import * as z from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../errors.ts'
import { isForBusiness, type RouteAccess } from '../http/admit.ts'
import { pathNames } from '../http/path-parameters.ts'
import { EVENT_TYPE_NAMES, EVENT_TYPES } from '../outbox/event-types.ts'
import { webhookBodyOf } from './answers/events.ts'
import { errorBody } from './answers/shared.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import type { DescribedAnswer, Operation } from './operation.ts'

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: '3.1.0'
  info: JsonSchema
  servers: JsonSchema[]
  tags: JsonSchema[]
  paths: Record<string, Record<string, JsonSchema>>
  /** What we send to the webhooks of the configuration. */
  webhooks: Record<string, { post: JsonSchema }>
  components: { schemas: Record<string, JsonSchema>; securitySchemes: JsonSchema }
}

const TAGS: Readonly<Record<Operation['tag'], string>> = {
  Catalog: 'The catalog of anchors. These routes are public.',
  Operation: 'What the scheduler calls, and an operator by hand.',
  Transactions: 'Transactions of the Anchor Platform and their updates.',
  Payments: 'The observed payments and the books.',
  People: 'What waits for a person, what people decide, and their keys.',
  Events: 'What changed, as it is told to the webhooks.',
  Service: 'The state of the service.',
}

const SECURITY_SCHEMES = {
  operatorBearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'CRON_SECRET, as the scheduler of Vercel sends it.',
  },
  operatorHeader: { type: 'apiKey', in: 'header', name: 'x-cron-secret' },
  businessKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'BUSINESS_API_KEY, or the secret of a named key with the scope of the route.',
  },
  businessBearer: { type: 'http', scheme: 'bearer' },
  eventKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'ANCHOR_PLATFORM_EVENT_SECRET, if ANCHOR_PLATFORM_EVENT_AUTH is api_key.',
  },
  eventToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A token signed with ANCHOR_PLATFORM_EVENT_SECRET (HS256), if ANCHOR_PLATFORM_EVENT_AUTH is jwt.',
  },
}

/** @param open as in `jsonSchemaOf` */
export function buildDocument(
  operations: readonly Operation[],
  { open }: { open: boolean },
): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {}
  const inside: Inside = { open, schemas }
  const paths: OpenApiDocument['paths'] = {}
  const error = jsonSchemaOf(errorBody, { io: 'output', open }, schemas)
  for (const operation of operations) {
    paths[operation.path] ??= {}
    const methods = paths[operation.path] ?? {}
    methods[operation.method] = describeOperation(operation, error, inside)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Anchor Ops',
      version: '1',
      description:
        'A catalog of Stellar anchors that can be believed, and transaction updates to the Stellar Anchor Platform that are applied once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: describeWebhooks(inside),
    components: { schemas: sorted(schemas), securitySchemes: SECURITY_SCHEMES },
  }
}

function describeWebhooks(inside: Inside): OpenApiDocument['webhooks'] {
  const webhooks = EVENT_TYPE_NAMES.map((type) => {
    const schema = jsonSchemaOf(
      webhookBodyOf(type),
      { io: 'output', open: inside.open },
      inside.schemas,
    )
    const post = {
      operationId: `on_${type.replace('.', '_')}`,
      tags: ['Events'],
      summary: EVENT_TYPES[type].meaning,
      parameters: WEBHOOK_HEADERS,
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: { '2XX': { description: 'The event was taken.' } },
    }
    return [type, { post }]
  })
  return Object.fromEntries(webhooks)
}

const WEBHOOK_HEADERS = Object.entries({
  'webhook-id': 'The id of the event.',
  'webhook-timestamp': 'When it was sent, in seconds since 1970.',
  'webhook-signature': 'One `v1,…` for each secret, parted by spaces (Standard Webhooks).',
}).map(([name, description]) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
}))

interface Inside {
  open: boolean
  schemas: Record<string, JsonSchema>
}

function describeOperation(operation: Operation, error: JsonSchema, inside: Inside): JsonSchema {
  const { id, tag, summary, description, access } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(access),
    ...parametersAndBody(operation, inside),
    responses: responsesOf(operation, error, inside),
  }
}

function securityOf(access: RouteAccess): JsonSchema[] {
  if (access === 'public') return [{}]
  const operator = [{ operatorBearer: [] }, { operatorHeader: [] }]
  if (access === 'public-or-ops') return [{}, ...operator]
  const business = [{ businessKey: [] }, { businessBearer: [] }]
  if (access === 'ops-or-read') return [...operator, ...business]
  if (access === 'event') return [{ eventKey: [] }, { eventToken: [] }]
  return isForBusiness(access) ? business : operator
}

function parametersAndBody(operation: Operation, { open, schemas }: Inside): JsonSchema {
  const { path, input, parametersIn = 'query', body, idempotent } = operation
  const ofPath = pathNames(path)
  const { properties = {}, required = [] } = jsonSchemaOf(
    input,
    { io: 'input', open },
    schemas,
  ) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  const defaults = defaultsOf(input)
  const given = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    description,
    schema: name in defaults ? { ...schema, default: defaults[name] } : schema,
  }))
  const parameters = [
    ...given
      .filter(({ name }) => ofPath.includes(name) || parametersIn !== 'body')
      .map(({ name, description, schema }) => ({
        name,
        in: ofPath.includes(name) ? 'path' : 'query',
        required: ofPath.includes(name) || (parametersIn === 'query' && required.includes(name)),
        ...(description === undefined ? {} : { description }),
        schema,
      })),
    ...(idempotent ? [IDEMPOTENCY_KEY] : []),
  ]
  const keys = given.filter(({ name }) => !ofPath.includes(name))
  const schema =
    body === undefined
      ? bodyOf(keys, parametersIn === 'body' ? required : [])
      : jsonSchemaOf(body.schema, { io: 'input', open }, schemas)
  const hasBody = body !== undefined || parametersIn !== 'query'
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(hasBody
      ? {
          requestBody: {
            required: body !== undefined || (parametersIn === 'body' && required.length > 0),
            content: {
              'application/json': {
                schema,
                ...(body === undefined ? {} : { example: body.example }),
              },
            },
          },
        }
      : {}),
  }
}

interface Given {
  name: string
  description: unknown
  schema: JsonSchema
}

function bodyOf(keys: readonly Given[], required: readonly string[]): JsonSchema {
  const properties = keys.map(({ name, description, schema }) => [
    name,
    description === undefined ? schema : { ...schema, description },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A repeat with the same key and body gets the stored answer; with another body it is refused.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/** The values of parameters that a call leaves out. */
function defaultsOf(schema: z.ZodType): Record<string, unknown> {
  if (schema instanceof z.ZodPipe) return defaultsOf(schema.in as z.ZodType)
  if (!(schema instanceof z.ZodObject)) return {}
  const values = Object.entries(schema.shape).flatMap(([name, one]) =>
    one instanceof z.ZodDefault ? [[name, one.def.defaultValue] as const] : [],
  )
  return Object.fromEntries(values)
}

/** The errors that every call of a kind may have. */
function commonErrors({ access, method, body }: Operation): ErrorCode[] {
  const reads = body !== undefined || method === 'post'
  return [
    'invalid_parameter',
    ...(reads ? (['invalid_request_body', 'body_too_large'] as const) : []),
    ...(access === 'public' || access === 'public-or-ops' ? [] : (['unauthorized'] as const)),
    ...(isForBusiness(access) || access === 'ops-or-read' ? (['forbidden'] as const) : []),
    'internal_error',
    'configuration_invalid',
    'database_unavailable',
  ]
}

function responsesOf(operation: Operation, error: JsonSchema, inside: Inside): JsonSchema {
  const codes = [...new Set([...commonErrors(operation), ...(operation.errors ?? [])])]
  const byStatus = Map.groupBy(codes, (code): number => ERROR_STATUS[code])
  const statuses = [...new Set([...Object.keys(operation.answers).map(Number), ...byStatus.keys()])]
  const responses = statuses
    .sort((a, b) => a - b)
    .map((status) => {
      const answer = operation.answers[status]
      return [status, responseOf(answer, byStatus.get(status) ?? [], error, inside)]
    })
  return Object.fromEntries(responses)
}

function responseOf(
  answer: DescribedAnswer | undefined,
  codes: readonly ErrorCode[],
  error: JsonSchema,
  { open, schemas }: Inside,
): JsonSchema {
  const said = codes.length === 0 ? [] : [`An error with the code ${codes.join(', ')}.`]
  const own = answer && jsonSchemaOf(answer.schema, { io: 'output', open }, schemas)
  const headers = Object.entries({ ...answer?.headers, ...(answer?.csv ? CSV_HEADERS : {}) }).map(
    ([name, description]) => [name, { description, schema: { type: 'string' } }],
  )
  return {
    description: [...(answer ? [answer.description] : []), ...said].join(' '),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    content: contentOf(
      own && { schema: own, mediaType: answer?.mediaType ?? 'application/json' },
      codes.length === 0 ? null : error,
      {
        ...(answer?.csv ? CSV_CONTENT : {}),
        ...(answer?.markdown ? MARKDOWN_CONTENT : {}),
        ...(answer?.events ? eventContent(answer.events, { open, schemas }) : {}),
      },
    ),
  }
}

const CSV_CONTENT = { 'text/csv': { schema: { type: 'string' } } }
const MARKDOWN_CONTENT = { 'text/markdown': { schema: { type: 'string' } } }
const CSV_HEADERS = {
  'content-disposition': 'Of a CSV: the name of the file.',
  link: 'Of a CSV with a next page: its URL, with rel="next".',
  'x-next-cursor': 'Of a CSV with a next page: its cursor.',
}

/** OpenAPI 3.1 describes a stream as one text. What an event holds is a schema beside it. */
function eventContent(event: z.ZodType, { open, schemas }: Inside): JsonSchema {
  const contentSchema = jsonSchemaOf(event, { io: 'output', open }, schemas)
  const description =
    'Events `checked`, each with JSON as its data. The last event has the JSON answer as its data: `answer` with the status 200, `failed` with any other status, which `code` tells.'
  const text = { type: 'string', contentMediaType: 'application/json', contentSchema }
  return { 'text/event-stream': { schema: { ...text, description } } }
}

/** What an answer of one status may hold: its own schema, an error, or either. */
function contentOf(
  own: { schema: JsonSchema; mediaType: string } | undefined,
  error: JsonSchema | null,
  others: JsonSchema,
): JsonSchema {
  if (own === undefined) return error === null ? {} : { 'application/json': { schema: error } }
  const { schema, mediaType } = own
  if (error === null) return { [mediaType]: { schema }, ...others }
  return mediaType === 'application/json'
    ? { [mediaType]: { schema: { anyOf: [schema, error] } }, ...others }
    : { [mediaType]: { schema }, 'application/json': { schema: error } }
}

function sorted<T>(byName: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(byName).sort(([a], [b]) => (a < b ? -1 : 1)))
}
