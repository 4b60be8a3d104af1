import { readFileSync } from 'node:fs'

/** The folder of recorded files and answers of real systems. It is beside the project and not part of it. */
export const REFERENCE = new URL('../../../shared/', import.meta.url)

/** The bytes of one reference file, decoded as UTF-8. @param path below `../shared`, such as `corpus/horizon/index.json` */
export function referenceText(path: string): string {
  return readFileSync(new URL(path, REFERENCE), 'utf8')
}

/** One reference file as JSON. */
export function referenceJson<T>(path: string): T {
  return JSON.parse(referenceText(path))
}
