import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { createHorizonEndpoint } from '../ledger/horizon/endpoint.ts'
import type { SimulatedLedger } from '../ledger/simulated-ledger.ts'
import { STELLAR_TOML_PATH } from './anchor-site.ts'
import { type Answer, bodyAnswer, jsonAnswer, statusAnswer } from './answer.ts'
import { type Site, startWorldServer, type World } from './world-server.ts'

const DIRECTORY_HOST = 'directory.sim'
const DIRECTORY_PATH = '/anchors.json'
const HORIZON_HOST = 'horizon.sim'
const HORIZON_URL = `https://${HORIZON_HOST}`
const TOP_LEVEL = '.sim'
const MAX_DOMAIN_LENGTH = 253
const MAX_LABEL_LENGTH = 63
const MAX_FILE_BYTES = 5 * 1024 * 1024
const OTHER_FILES = new Set(['.json', '.md'])
const HOME_PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Anchors of a folder</title></head>
<body><h1>Anchors of a folder</h1><p><a href="${DIRECTORY_PATH}">Anchors as JSON</a></p></body></html>
`

export interface FolderWorld extends World {
  directoryUrl: string
  /** The domain that serves each file. */
  served: { file: string; domain: string }[]
  /** The files that are not served, each with the reason. */
  skipped: { file: string; reason: string }[]
}

/**
 * Serves every file of a folder, byte for byte, as the stellar.toml of a domain made from its name. With a ledger it serves
 * a Horizon too.
 *
 * @throws Error when the folder cannot be read or has no file to serve
 */
export async function startFolderWorld(
  folder: string,
  ledger?: SimulatedLedger,
): Promise<FolderWorld> {
  const skipped: FolderWorld['skipped'] = []
  const served: FolderWorld['served'] = []
  const sites = new Map<string, Site>()
  const rows: object[] = []
  const taken = new Set([DIRECTORY_HOST, HORIZON_HOST])

  for (const file of await filesIn(folder, skipped)) {
    const read = await readRegularFile(join(folder, file))
    if (typeof read === 'string') {
      skipped.push({ file, reason: read })
      continue
    }
    const domain = uniqueDomain(domainOfFile(file), taken)
    taken.add(domain)
    sites.set(domain, fileSite(read))
    served.push({ file, domain })
    rows.push({ name: file, home_domain: domain, country: 'ZZ', currencies: codesIn(read) })
  }
  if (served.length === 0) throw nothingToServe(folder, skipped)

  sites.set(DIRECTORY_HOST, folderDirectorySite(rows))
  if (ledger !== undefined) sites.set(HORIZON_HOST, createHorizonEndpoint(ledger, HORIZON_URL))
  const server = await startWorldServer(sites)
  const directoryHome = `https://${DIRECTORY_HOST}/`
  return {
    ...server,
    directoryHome,
    directoryUrl: `https://${DIRECTORY_HOST}${DIRECTORY_PATH}`,
    horizonUrl: HORIZON_URL,
    served,
    skipped,
  }
}

/**
 * The domain under `.sim` for a file name, always a valid host name. The extension is dropped, `--` becomes a dot, and
 * every other run of characters outside `a-z0-9` becomes one hyphen.
 */
export function domainOfFile(name: string): string {
  const base = name.slice(0, name.length - extname(name).length)
  let domain = ''
  for (const part of base.toLowerCase().split('--')) {
    const label = trimLabel(part.replace(/[^a-z0-9]+/g, '-'))
    const longer = domain === '' ? label : `${domain}.${label}`
    if (label !== '' && longer.length + TOP_LEVEL.length <= MAX_DOMAIN_LENGTH) domain = longer
  }
  return `${domain === '' ? 'unnamed' : domain}${TOP_LEVEL}`
}

function trimLabel(text: string): string {
  return text.replace(/^-/, '').slice(0, MAX_LABEL_LENGTH).replace(/-$/, '')
}

// The suffix is added to the first label, which is shortened if the domain would become too long.
function uniqueDomain(domain: string, taken: ReadonlySet<string>): string {
  const dot = domain.indexOf('.')
  const rest = domain.slice(dot)
  for (let count = 2, candidate = domain; ; count += 1) {
    if (!taken.has(candidate)) return candidate
    const suffix = `-${count}`
    const room = Math.min(MAX_LABEL_LENGTH, MAX_DOMAIN_LENGTH - rest.length) - suffix.length
    candidate = `${domain.slice(0, Math.min(dot, room)).replace(/-$/, '')}${suffix}${rest}`
  }
}

async function filesIn(folder: string, skipped: FolderWorld['skipped']): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new Error(
      `Folder of the world not read: ${folder} (${systemCode(error)}); it must be a folder of stellar.toml files that this user can read`,
      { cause: error },
    )
  })
  const files: string[] = []
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const reason = reasonToSkip(entry)
    if (reason === null) files.push(entry.name)
    else skipped.push({ file: entry.name, reason })
  }
  return files
}

function reasonToSkip(entry: {
  name: string
  isSymbolicLink: () => boolean
  isFile: () => boolean
}): string | null {
  if (entry.isSymbolicLink()) return 'a symbolic link; only regular files are served'
  if (!entry.isFile()) return 'not a regular file'
  if (entry.name.startsWith('.')) return 'a hidden file'
  const extension = extname(entry.name).toLowerCase()
  return OTHER_FILES.has(extension) ? `a ${extension} file, not a stellar.toml` : null
}

// Returns the bytes, or the reason why the file is not served. The entry may have changed since the folder was listed, so
// a link is refused, opening a pipe does not block, and the size is measured again.
async function readRegularFile(path: string): Promise<Buffer | string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  try {
    await using handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const stat = await handle.stat()
    if (!stat.isFile()) return 'not a regular file'
    if (stat.size > MAX_FILE_BYTES) {
      return `${stat.size} bytes; at most ${MAX_FILE_BYTES} are served`
    }
    return await handle.readFile()
  } catch (error) {
    return `not readable (${systemCode(error)})`
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function nothingToServe(folder: string, skipped: FolderWorld['skipped']): Error {
  const reasons = skipped.map(({ file, reason }) => `${file}: ${reason}`).join('; ')
  const found = reasons === '' ? 'it is empty' : reasons
  return new Error(
    `Folder of the world has no file to serve: ${folder} (${found}); put at least one stellar.toml file into it, such as anchor--example.toml`,
  )
}

function fileSite(bytes: Buffer): Site {
  const headers = { 'content-type': 'text/plain', 'access-control-allow-origin': '*' }
  const file: Answer = { kind: 'body', status: 200, headers, body: bytes }
  return {
    answer: (url): Answer => (url.pathname === STELLAR_TOML_PATH ? file : statusAnswer(404)),
  }
}

function folderDirectorySite(rows: readonly object[]): Site {
  const answers = new Map([
    ['/', bodyAnswer('text/html; charset=utf-8', HOME_PAGE)],
    [DIRECTORY_PATH, jsonAnswer({ anchors: rows })],
  ])
  return { answer: (url) => answers.get(url.pathname) ?? statusAnswer(404) }
}

// This scan is lenient, so that a file that no parser accepts is listed with its currencies.
function codesIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1')
  const codes = text.matchAll(/^[ \t]*code[ \t]*=[ \t]*["']([A-Za-z0-9]{1,12})["']/gm)
  const unique = new Set([...codes].flatMap(([, code]) => code ?? []))
  return unique.size === 0 ? ['USD'] : [...unique]
}
