import * as z from 'zod'

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 uses it. */
export type JsonSchema = Record<string, unknown>

/** The schemas that the document names, so that generated types have names. */
export const named = z.registry<{ id: string }>()

interface SchemaOptions {
  io: 'input' | 'output'
  /**
   * Whether an object may have keys that its schema does not name. The published document allows them, because a later
   * release may add keys; a test that compares answers with it does not.
   */
  open: boolean
}

/**
 * Turns a zod schema into JSON Schema. Named schemas become references to `components`, into which they are written.
 *
 * @param components receives the named schemas
 */
export function jsonSchemaOf(
  schema: z.ZodType,
  { io, open }: SchemaOptions,
  components: Record<string, JsonSchema>,
): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...json
  } = z.toJSONSchema(schema, {
    io,
    metadata: named,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => describe(zodSchema, jsonSchema, open),
  }) as JsonSchema & { $defs?: Record<string, JsonSchema> }
  for (const [id, definition] of Object.entries($defs ?? {})) components[id] ??= pointed(definition)
  return pointed(json)
}

function describe(schema: z.core.$ZodTypes, json: JsonSchema, open: boolean): void {
  const said = z.globalRegistry.get(schema)
  if (said !== undefined) {
    // The forms that a value may be written in are read by unions and transforms; the document shows the plain one.
    if ('type' in said) delete json['anyOf']
    Object.assign(json, said)
  }
  json['description'] ??= allowedBy(schema)
  if (json['description'] === undefined) delete json['description']
  // A pattern of zod repeats what the format says, in hundreds of characters.
  if (json['format'] !== undefined) delete json['pattern']
  if (open && json['additionalProperties'] === false) delete json['additionalProperties']
  if (json['id'] !== undefined) delete json['id']
}

/** What is allowed, in the words in which the error of a parameter says it. */
function allowedBy(schema: z.core.$ZodTypes): string | undefined {
  const { error } = schema._zod.def
  const said = error?.({ code: 'custom', input: undefined, path: [] } as never)
  return typeof said === 'string' ? said : undefined
}

/** References of a schema on its own, as they are in a document. */
function pointed(json: JsonSchema): JsonSchema {
  const text = JSON.stringify(json)
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema
}
