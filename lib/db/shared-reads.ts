/** Reads once for all who ask the same, as `createSharedReads` explains. */
export type ReadShared = <T>(asked: string, read: () => Promise<T>) => Promise<T>

/**
 * More at once are no faster, and they are served out of order: of 50 callers on two cores the unluckiest waited five times
 * as long as the median. In order it waits 1.4 times as long.
 */
const AT_ONCE = 8
/** The database ends a page after 5 s at the latest, and a page takes milliseconds. */
const PLACE_MS = 1_000

interface Waiting {
  promise: Promise<unknown>
  begin: () => Promise<void>
}

/**
 * Makes the queue of the readings of one process. A reading begins at once while fewer than eight are under way; else it
 * waits in order, and whoever asks for the same meanwhile shares it. So no answer is older than its question: a reading is
 * shared only before it begins. One that takes longer than a second keeps its callers and gives up its place.
 */
export function createSharedReads(atOnce = AT_ONCE, placeMs = PLACE_MS): ReadShared {
  const waiting = new Map<string, Waiting>()
  let places = atOnce
  function beginNext(): void {
    const [next] = waiting
    if (places === 0 || next === undefined) return
    const [asked, { begin }] = next
    waiting.delete(asked)
    places -= 1
    const giveUp = once(() => {
      places += 1
      beginNext()
    })
    const late = setTimeout(giveUp, placeMs)
    void begin().finally(() => {
      clearTimeout(late)
      giveUp()
    })
  }
  return async <T>(asked: string, read: () => Promise<T>): Promise<T> => {
    const known = waiting.get(asked)
    if (known !== undefined) return known.promise as Promise<T>
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const begin = async () => {
      try {
        resolve(await read())
      } catch (error) {
        reject(error)
      }
    }
    waiting.set(asked, { promise, begin })
    beginNext()
    return promise
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
