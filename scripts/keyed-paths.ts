import type { OpenApiDocument } from '../lib/openapi/document.ts'

/** The module of the client with the paths whose POST takes an `Idempotency-Key`, by the OpenAPI document. */
export function keyedPathsModule({ paths }: Pick<OpenApiDocument, 'paths'>): string {
  const keyed = Object.entries(paths).filter(([, { post }]) =>
    (post?.['parameters'] as { name: string }[] | undefined)?.some(
      ({ name }) => name === 'Idempotency-Key',
    ),
  )
  return [
    '/** The paths whose POST takes an `Idempotency-Key`. `npm run openapi` writes this file. */',
    'export const KEYED_PATHS: ReadonlySet<string> = new Set([',
    ...keyed.map(([path]) => `  '${path}',`),
    '])\n',
  ].join('\n')
}
