import { AppError } from '../errors.ts'
import { isJsonNumber, parseLosslessJson } from '../lossless-json.ts'
import { parseSafeJson } from '../safe-json.ts'

const invalid = (cause?: unknown) =>
  new AppError('invalid_request_body', 'Invalid request body', { cause })

async function readBytes(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // The bytes are counted while reading, because a caller may send a wrong content-length.
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maxBytes) {
      throw new AppError(
        'body_too_large',
        `The request body is larger than this route reads; allowed: at most ${maxBytes} bytes`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A body with every digit kept. */
export interface LosslessBody {
  /** The text as received, without a byte order mark; `{}` for an empty body. */
  text: string
  /** A JSON object or array with numbers as `parseLosslessJson` returns them. */
  value: object
}

/**
 * Reads a request body as a JSON object, whatever its content type; an empty body is an empty object.
 * @throws AppError `body_too_large` above `maxBytes`; `invalid_request_body` if the body ends early or is not one JSON
 * object in strict UTF-8, of at most 64 levels and without prototype keys
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  const { value } = await readJson(request, maxBytes, parseSafeJson)
  if (Array.isArray(value)) throw invalid()
  return value as Record<string, unknown>
}

/**
 * Reads a request body as `readBody` does, but also accepts an array, and keeps every digit.
 * @throws AppError `body_too_large`, `invalid_request_body`
 */
export async function readLosslessBody(request: Request, maxBytes: number): Promise<LosslessBody> {
  return readJson(request, maxBytes, parseLosslessJson)
}

async function readJson(
  request: Request,
  maxBytes: number,
  parse: (text: string) => unknown,
): Promise<LosslessBody> {
  const empty = { text: '{}', value: {} }
  if (request.body === null) return empty
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      await readBytes(request.body, maxBytes),
    )
    if (text.trim() === '') return empty
    const value = parse(text)
    if (typeof value !== 'object' || value === null || isJsonNumber(value)) throw invalid()
    return { text, value }
  } catch (error) {
    throw error instanceof AppError ? error : invalid(error)
  }
}
