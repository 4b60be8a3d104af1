import { Agent, get } from 'node:http'

export interface ReadersInput {
  url: string
  readers: number
  readsEach: number
  /** The tag of the page that every reader has; null for readers who have none. */
  etag: string | null
}

export interface ReadersFigures {
  p50Ms: number
  p99Ms: number
}

// Many readers at once, each on a connection of its own, who read one page after the other.
const { url, readers, readsEach, etag } = JSON.parse(process.argv[2] ?? '') as ReadersInput
const agent = new Agent({ keepAlive: true, maxSockets: readers })
const headers = etag === null ? {} : { 'if-none-match': etag }
const expected = etag === null ? 200 : 304

async function read(): Promise<number> {
  const startedAt = performance.now()
  await new Promise<void>((resolve, reject) => {
    get(url, { agent, headers }, (answer) => {
      if (answer.statusCode !== expected) reject(new Error(`${url}: ${answer.statusCode}`))
      answer.resume().once('end', resolve)
    }).once('error', reject)
  })
  return performance.now() - startedAt
}

const times: number[] = []
await Promise.all(
  Array.from({ length: readers }, async () => {
    for (let done = 0; done < readsEach; done += 1) times.push(await read())
  }),
)
const sorted = times.toSorted((a, b) => a - b)
const share = (of: number) => sorted[Math.floor(sorted.length * of)] ?? Number.NaN
const figures: ReadersFigures = { p50Ms: share(0.5), p99Ms: share(0.99) }
process.send?.(figures, () => process.exit())
