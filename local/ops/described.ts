import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

type Responses = Record<string, { content?: Record<string, { schema?: object }> }>
interface Document {
  paths: Record<string, Record<string, { responses: Responses }>>
  components: object
}

/**
 * Says how an answer differs from the OpenAPI document, of which the types of the client are made; null when it does not.
 * Further keys may be there.
 */
export function undescribed(
  { method, path }: { method: string; path: string },
  status: number,
  body: unknown,
): string | null {
  const document = JSON.parse(
    readFileSync(new URL('../../lib/openapi/openapi.json', import.meta.url), 'utf8'),
  ) as Document
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses
  const schema = responses?.[status]?.content?.['application/json']?.schema
  if (schema === undefined) return `status ${status}, which is not described`
  const ajv = new Ajv2020({ strict: false, logger: false })
  addFormats.default(ajv)
  const validate = ajv.compile({ ...schema, components: document.components })
  if (validate(body)) return null
  const [error] = validate.errors ?? []
  return `${error?.instancePath || 'the answer'} ${error?.message ?? 'is not as described'}`
}
