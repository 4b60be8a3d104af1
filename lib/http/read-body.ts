import { AppError, invalidBody } from '../errors.ts'
import { malformedAt, placeInText } from '../json-place.ts'
import { isJsonNumber, parseLosslessEntries, parseLosslessJson } from '../lossless-json.ts'
import { JsonRefusedError, parseSafeJson } from '../safe-json.ts'

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
  /**
   * A JSON object or array with numbers as `parseLosslessJson` returns them. An entry of an array that is refused is a
   * `RefusedEntry`.
   */
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
  if (Array.isArray(value)) throw invalidBody('The body is an array; allowed: a JSON object.')
  return value as Record<string, unknown>
}

/**
 * Reads a request body as `readBody` does, but also accepts an array, and keeps every digit.
 * @throws AppError `body_too_large`, `invalid_request_body`
 */
export async function readLosslessBody(request: Request, maxBytes: number): Promise<LosslessBody> {
  return readJson(request, maxBytes, parseLossless)
}

/**
 * Reads the form of a page. An empty field counts as absent. One that comes twice becomes a list, which no parameter takes.
 * @throws AppError `body_too_large`; `invalid_request_body` if the body is not a form, or ends early
 */
export async function readForm(
  request: Request,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw invalidBody('The body is not a form; allowed: application/x-www-form-urlencoded.')
  }
  if (request.body === null) return {}
  const fields = new URLSearchParams(decode(await readBytesOrRefuse(request.body, maxBytes)))
  const names = [...new Set(fields.keys())]
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = fields.getAll(name).filter((value) => value !== '')
      return given.length === 0 ? [] : [[name, given.length === 1 ? given[0] : given]]
    }),
  )
}

/** Reads a request body as text, whatever it holds. @returns null if it is longer than `maxBytes`, or ends early */
export async function readBodyText({ body }: Request, maxBytes: number): Promise<string | null> {
  if (body === null) return ''
  try {
    return new TextDecoder().decode(await readBytes(body, maxBytes))
  } catch {
    return null
  }
}

async function readJson(
  request: Request,
  maxBytes: number,
  parse: (text: string) => unknown,
): Promise<LosslessBody> {
  const empty = { text: '{}', value: {} }
  if (request.body === null) return empty
  const text = decode(await readBytesOrRefuse(request.body, maxBytes))
  if (text.trim() === '') return empty
  const value = parseOrRefuse(text, parse)
  if (typeof value !== 'object' || value === null || isJsonNumber(value)) {
    throw invalidBody('The body is not a JSON object or array.')
  }
  return { text, value }
}

async function readBytesOrRefuse(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    return await readBytes(body, maxBytes)
  } catch (error) {
    throw error instanceof AppError
      ? error
      : invalidBody('The body could not be read to its end.', error)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const read = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
    const byte = read.findIndex((one, index) => one !== bytes[index])
    throw invalidBody(`The body is not UTF-8 from byte ${byte} on.`, error)
  }
}

function parseOrRefuse(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof JsonRefusedError)) throw error
    const { position, line, column } = placeInText(text, error.at ?? malformedAt(text))
    const where = `At position ${position} (line ${line}, column ${column}).`
    throw invalidBody(`${error.message} ${where}`, error)
  }
}

/** Where one entry of an array is refused, the others are still read. */
function parseLossless(text: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch (error) {
    const entries = error instanceof JsonRefusedError ? parseLosslessEntries(text) : null
    if (entries === null) throw error
    return entries
  }
}
