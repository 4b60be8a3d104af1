import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { buildDocument, type OpenApiDocument } from '../../lib/openapi/document.ts'
import { OPERATIONS } from '../../lib/openapi/operations.ts'

/** Strict: a key that the published document does not name is a fault here. */
const document: OpenApiDocument = buildDocument(OPERATIONS, { open: false })
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)

type Responses = Record<string, { content: Record<string, { schema: object }> }>

const patterns = Object.keys(document.paths)
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`) }))

const validators = new Map<string, ValidateFunction | null>()

function validatorOf(path: string, method: string, status: number): ValidateFunction | null {
  const key = `${method} ${path} ${status}`
  const known = validators.get(key)
  if (known !== undefined) return known
  const responses = document.paths[path]?.[method]?.['responses'] as Responses | undefined
  const schema = responses?.[status]?.content['application/json']?.schema
  const { components } = document
  const made = schema === undefined ? null : ajv.compile({ ...schema, components })
  validators.set(key, made)
  return made
}

/**
 * Says how an answer differs from the OpenAPI document; null when it does not. A method that a URL does not serve is not in
 * the document and must be refused with 405.
 */
export function undescribed(
  { method, pathname }: { method: string; pathname: string },
  { status, body, isJson }: { status: number; body: unknown; isJson: boolean },
): string | null {
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
  const known = patterns.find(({ pattern }) => pattern.test(pathname))
  if (known === undefined || method === 'OPTIONS' || method === 'HEAD') return null
  const where = `${method} ${known.path} answered ${status}`
  const operation = document.paths[known.path]?.[asked]
  if (operation === undefined || status === 405) {
    return operation === undefined && status !== 405 ? `${where}, which is not described` : null
  }
  if (status === 304) return null
  const responses = operation['responses'] as Responses
  const content = responses[status]?.content
  if (content === undefined) return `${where}, a status that is not described`
  if (!isJson) {
    const isOther = Object.keys(content).some((type) => type !== 'application/json')
    return isOther ? null : `${where} without JSON`
  }
  const validate = validatorOf(known.path, asked, status)
  if (validate === null) return `${where} with JSON, which is not described`
  if (validate(body)) return null
  const faults = (validate.errors ?? [])
    .slice(0, 5)
    .map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  return `${where}, and its body is not as described: ${faults.join('; ')}`
}
