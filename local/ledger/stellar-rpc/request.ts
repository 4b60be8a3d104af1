import { z } from 'zod'

/** The error of a JSON-RPC answer. */
export class RequestRefusal extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const params = z.object({
  startLedger: z.int().optional(),
  endLedger: z.int().optional(),
  filters: z
    .array(
      z.object({
        type: z.string().optional(),
        contractIds: z.array(z.string()).max(5).optional(),
        topics: z.array(z.array(z.string()).min(1).max(5)).max(5).optional(),
      }),
    )
    .max(5)
    .optional(),
  pagination: z
    .object({ cursor: z.string().optional(), limit: z.int().min(1).max(10_000).optional() })
    .optional(),
  xdrFormat: z.enum(['base64', 'json']).optional(),
  hash: z.string().optional(),
  keys: z.array(z.string()).max(200).optional(),
})
export type RequestParams = z.infer<typeof params>

const request = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]),
  method: z.string(),
  params: params.default({}),
})

/** Reads a JSON-RPC request. @returns the request, or why the server refuses it */
export function readRequest(body: string): z.infer<typeof request> | RequestRefusal {
  try {
    const parsed = request.safeParse(JSON.parse(body))
    return parsed.data ?? new RequestRefusal(-32602, z.prettifyError(parsed.error as z.ZodError))
  } catch (error) {
    return new RequestRefusal(-32700, (error as Error).message)
  }
}
