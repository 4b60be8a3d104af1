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

/** Decodes text as UTF-16 where a BOM or its zero bytes say so, and else as UTF-8 with U+FFFD for what is not. A leading BOM is dropped. */
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

function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return utf16WithoutBom(bytes)
}

/**
 * UTF-16 writes each ASCII character with a zero byte, and a stellar.toml is mostly ASCII. No UTF-8 text has a zero byte at
 * most places of one kind and at none of the other.
 */
function utf16WithoutBom(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  let even = 0
  let odd = 0
  const length = Math.min(bytes.length - (bytes.length % 2), UTF16_SAMPLE_BYTES)
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even += 1
    if (bytes[at + 1] === 0) odd += 1
  }
  const most = length / 4
  if (odd > most && even === 0) return 'utf-16le'
  return even > most && odd === 0 ? 'utf-16be' : null
}

/** The beginning of a text, which tells its encoding. */
const UTF16_SAMPLE_BYTES = 1_024
