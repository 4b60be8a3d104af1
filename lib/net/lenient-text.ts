/** What was wrong with a text that was read all the same. */
export interface TextRepairs {
  /** `broken_utf8`: each byte that is not UTF-8 stands as U+FFFD in the text. */
  encoding?: 'utf-16le' | 'utf-16be' | 'broken_utf8'
  /** A Content-Encoding with a word that names no coding, as sent. */
  contentEncoding?: string
}

/**
 * What servers write into Content-Encoding though it codes nothing: a character set, a MIME encoding, and the framing that
 * some object stores take off a body and leave in its header.
 */
const NO_CODING: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'none', 'binary', 'aws-chunked'])

/** Takes the words out of a Content-Encoding that name no coding. What is left may still be no coding that can be read. */
export function withoutFalseCodings(contentEncoding: string): {
  coding: string
  repairs: TextRepairs
} {
  const words = contentEncoding.split(',').map((word) => word.trim())
  const codings = words.filter((word) => word !== '' && !NO_CODING.has(word.toLowerCase()))
  const isFalse = words.some((word) => NO_CODING.has(word.toLowerCase()))
  return isFalse
    ? { coding: codings.join(', '), repairs: { contentEncoding: contentEncoding.slice(0, 60) } }
    : { coding: contentEncoding, repairs: {} }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const lenientUtf8 = new TextDecoder('utf-8')

/** Decodes text as UTF-16 where a BOM says so, and else as UTF-8 with U+FFFD for what is not. A leading BOM is dropped. */
export function decodeLeniently(bytes: Uint8Array): { text: string; repairs: TextRepairs } {
  const encoding = utf16Of(bytes)
  if (encoding !== null) {
    return { text: new TextDecoder(encoding).decode(bytes), repairs: { encoding } }
  }
  try {
    return { text: strictUtf8.decode(bytes), repairs: {} }
  } catch {
    return { text: lenientUtf8.decode(bytes), repairs: { encoding: 'broken_utf8' } }
  }
}

function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}
