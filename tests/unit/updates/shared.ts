import { existsSync, readFileSync } from 'node:fs'

/** A file of the reference data that stands next to a checkout, or null where there is none. */
export function sharedJson<T>(name: string): T | null {
  const url = new URL(`../../../../shared/anchor-platform/${name}`, import.meta.url)
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T) : null
}
