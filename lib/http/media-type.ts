import type Negotiator from 'negotiator'

/** The forms of an answer. Every route answers JSON; some answer one other form to whoever asks for it. */
export type MediaType = 'application/json' | 'text/csv' | 'text/event-stream'

/**
 * The form that the header Accept prefers, by its q-values; JSON if it prefers neither. The negotiator takes 5 ms to load,
 * so that only a header that may name the other form loads it.
 */
export async function preferredType(
  accept: string | null,
  other: MediaType | undefined,
): Promise<MediaType> {
  if (accept === null || other === undefined || !/text\//i.test(accept)) return 'application/json'
  const { default: Reader } = (await import('negotiator')) as { default: typeof Negotiator }
  const found = new Reader({ headers: { accept } }).mediaType(['application/json', other])
  return found === other ? other : 'application/json'
}
