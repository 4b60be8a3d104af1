import fc from 'fast-check'
import type { JsonSchema } from '../../lib/openapi/json-schema.ts'

const TEXT = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('deposit-1', 'one.example.org', 'null', '__proto__', "';--", '<script>', '🏦'),
)

/** Makes values of a JSON schema, and now and then one that is not quite of it. */
export function arbitraryOf(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): fc.Arbitrary<unknown> {
  const strict = strictArbitraryOf(schema, components, depth)
  return fc.oneof(
    { weight: 12, arbitrary: strict },
    { weight: 1, arbitrary: depth > 3 ? TEXT : fc.jsonValue({ maxDepth: 2 }) },
  )
}

function strictArbitraryOf(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  depth: number,
): fc.Arbitrary<unknown> {
  const inside = (one: JsonSchema) => arbitraryOf(one, components, depth + 1)
  const { $ref: ref, anyOf, oneOf, enum: choices, const: only } = schema
  if (typeof ref === 'string') return inside(components[ref.split('/').at(-1) ?? ''] ?? {})
  const ways = anyOf ?? oneOf
  if (Array.isArray(ways)) return fc.oneof(...ways.map(inside))
  if (Array.isArray(choices)) return fc.constantFrom(...choices)
  if (only !== undefined) return fc.constant(only)
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return fc.integer({
        min: Number(schema['minimum'] ?? -10),
        max: Math.min(Number(schema['maximum'] ?? 1_000_000), 2_147_483_647),
      })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(inside((schema['items'] ?? {}) as JsonSchema), { maxLength: 4 })
    case 'object':
      return objectOf(schema, inside)
    case 'string':
      return textOf(schema)
    default:
      return depth > 3 ? TEXT : fc.jsonValue({ maxDepth: 2 })
  }
}

function objectOf(
  schema: JsonSchema,
  inside: (one: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  const required = (schema['required'] ?? []) as string[]
  const values = Object.entries(properties).map(([name, one]) => [name, inside(one)] as const)
  return fc.record(Object.fromEntries(values), { requiredKeys: required })
}

function textOf({ pattern, format, maxLength, minLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString())
  }
  if (format === 'uuid') return fc.uuid()
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern))
  const most = typeof maxLength === 'number' ? maxLength : 80
  const least = typeof minLength === 'number' ? minLength : 0
  return TEXT.filter((text) => text.length >= least && text.length <= most)
}
