import { AppError } from '../errors.ts'
import { parseSafeJson } from '../safe-json.ts'

const invalid = (cause?: unknown) =>
  new AppError('invalid_request_body', 'Invalid request body', { cause })

async function readBytes(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Counted while reading: content-length is the caller's claim.
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

/**
 * Reads a request body as a JSON object, whatever the content type says; an empty body is an empty object.
 * @throws AppError `body_too_large` above `maxBytes`; `invalid_request_body` for anything but strict UTF-8 holding one
 * JSON object of at most 64 levels without prototype keys, or for a body that ends early.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  if (request.body === null) return {}
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      await readBytes(request.body, maxBytes),
    )
    if (text.trim() === '') return {}
    const value = parseSafeJson(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid()
    return value as Record<string, unknown>
  } catch (error) {
    throw error instanceof AppError ? error : invalid(error)
  }
}
