/** Filters have any number of values, and the first pages of few of them are what many ask for. */
const MOST = 32

/** Gives what was rendered for a key from the same source, else renders it. */
export type RenderOnce = (
  key: string,
  source: string,
  render: () => Promise<string>,
) => Promise<string>

/**
 * Keeps the last rendered pages of a function instance: rendering the catalog takes 1.2 ms, which a thousand readers at once
 * would wait for one after the other.
 */
export function createLastRenders(): RenderOnce {
  const known = new Map<string, { source: string; text: Promise<string> }>()
  return async (key, source, render) => {
    const last = known.get(key)
    if (last?.source === source) return last.text
    known.delete(key)
    const text = render()
    known.set(key, { source, text })
    const [oldest] = known.keys()
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    // What could not be rendered is tried again by who asks next.
    text.catch(() => known.delete(key))
    return text
  }
}
