import { domainToASCII, domainToUnicode } from 'node:url'
import { trimEnd } from '../trim-end.ts'

export type HomeDomainErrorCode =
  | 'length'
  | 'invisible_character'
  | 'forbidden_character'
  | 'lookalike_character'
  | 'invalid_punycode'
  | 'ip_address'
  | 'single_label'
  | 'label'
  | 'top_level'
  | 'reserved_suffix'
  | 'url_form'
  | 'userinfo'
  | 'port'

const ALLOWED: Record<HomeDomainErrorCode, string> = {
  length: 'a name has 1 to 253 characters and a URL at most 2048',
  invisible_character: 'every character must be visible',
  forbidden_character: 'only letters, digits, hyphens and dots are allowed',
  lookalike_character: 'the name must be written in its normal form',
  invalid_punycode: 'the name must be valid IDNA',
  ip_address: 'a name is needed, not an IP address',
  single_label: 'a name has at least two labels',
  label: 'a label has 1 to 63 letters, digits or inner hyphens',
  top_level: 'the last label consists of at least two letters',
  reserved_suffix: 'the name must be able to exist in the public DNS',
  url_form: 'an https:// URL with a host is needed',
  userinfo: 'a user name or password is not allowed',
  port: 'only the standard port is allowed',
}

/** The error for a refused host name or URL. `value` is the text, shortened, without user name and query values. */
export class HomeDomainError extends Error {
  readonly code: HomeDomainErrorCode
  readonly value: string

  constructor(code: HomeDomainErrorCode, written: string) {
    const value = written
      .slice(0, 100)
      .replace(/^((?:https?:\/\/)?)[^/?#]*@/i, '$1…@')
      .replace(/([?&][^=?&#]*=)[^&#]*/g, '$1…')
    super(`Home domain refused (${code}): ${JSON.stringify(value)}; ${ALLOWED[code]}`)
    this.name = 'HomeDomainError'
    this.code = code
    this.value = value
  }
}

/**
 * Control, format, surrogate, private-use and unassigned characters, separators, characters that Unicode asks to ignore,
 * and the blank Braille cell. UTS 46 would delete or map many of them silently, so they are refused before any mapping.
 */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u
const FORBIDDEN_ASCII = /[\u0000-\u007f]/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const TOP_LEVEL = /^(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/

/**
 * The names of RFC 6761, RFC 6762, RFC 7686 and RFC 9476, ICANN's `.internal`, and names of private networks that ICANN does
 * not delegate.
 */
const RESERVED_TOP_LEVEL: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'arpa',
  'onion',
  'test',
  'example',
  'invalid',
  'alt',
])

/**
 * The canonical form of a home domain: lower-case A-labels without port, path and trailing dot (SEP-1, RFC 5890).
 *
 * @throws HomeDomainError for a text that is not a public DNS name
 */
export function parseHomeDomain(raw: string): string {
  if (raw.length === 0 || raw.length > 254) throw new HomeDomainError('length', raw)
  if (INVISIBLE.test(raw)) throw new HomeDomainError('invisible_character', raw)
  if (FORBIDDEN_ASCII.test(raw.replace(/[a-z0-9.-]+/gi, ''))) {
    throw new HomeDomainError('forbidden_character', raw)
  }
  if (raw.normalize('NFKC') !== raw) {
    throw new HomeDomainError('lookalike_character', raw)
  }
  const written = raw.toLowerCase().replace(/\.$/, '')
  // This check runs before IDNA, which reads 127.1 and 0x7f.1 as addresses and refuses 0x7f.999 without a reason.
  if (NUMBER.test(written.slice(written.lastIndexOf('.') + 1))) {
    throw new HomeDomainError('ip_address', raw)
  }
  const host = domainToASCII(written)
  const unicode = domainToUnicode(host)
  // A label that cannot be decoded still begins with xn--.
  if (host === '' || /(?:^|\.)xn--/.test(unicode)) {
    throw new HomeDomainError('invalid_punycode', raw)
  }
  // IDNA maps more than NFKC does: the ideographic full stop becomes a dot.
  if (host !== written && unicode !== written) {
    throw new HomeDomainError('lookalike_character', raw)
  }
  checkLabels(host, raw)
  return host
}

function checkLabels(host: string, raw: string): void {
  if (host.length > 253) throw new HomeDomainError('length', raw)
  const labels = host.split('.')
  if (!labels.every((label) => LABEL.test(label))) throw new HomeDomainError('label', raw)
  const top = labels.at(-1) ?? ''
  if (RESERVED_TOP_LEVEL.has(top)) throw new HomeDomainError('reserved_suffix', raw)
  if (labels.length < 2) throw new HomeDomainError('single_label', raw)
  if (!TOP_LEVEL.test(top)) throw new HomeDomainError('top_level', raw)
}

/**
 * The home domain that an account names. Issuers also write `https://` before it, or slashes behind it.
 *
 * @throws HomeDomainError
 */
export function accountHomeDomain(written: string): string {
  return parseHomeDomain(trimEnd(written.replace(/^https?:\/\//i, ''), '/'))
}

/**
 * The home domain in a field of a directory: a bare domain, or the host of an http(s) URL, whose path and query are dropped.
 * Slashes behind a bare domain are dropped too.
 *
 * @throws HomeDomainError for a port, a user name, an address, or a bare domain with a path
 */
export function homeDomainFrom(value: string): string {
  if (value.length > 2048) throw new HomeDomainError('length', value)
  const authority = /^https?:\/\/([^/?#]*)/i.exec(value)?.[1]
  if (authority === undefined) return parseHomeDomain(trimEnd(value, '/'))
  if (INVISIBLE.test(value)) throw new HomeDomainError('invisible_character', value)
  if (authority.includes('@')) throw new HomeDomainError('userinfo', value)
  if (/:\d*$/.test(authority)) throw new HomeDomainError('port', value)
  return parseHomeDomain(authority)
}

/**
 * Reads an https URL whose host is a public DNS name. Port 443 may be written; the fragment is dropped.
 *
 * @throws HomeDomainError
 */
export function parseHttpsUrl(text: string): URL {
  if (text.length > 2048) throw new HomeDomainError('length', text)
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw new HomeDomainError('forbidden_character', text)
  const authority = /^https:\/\/([^/?#]+)/i.exec(text)?.[1]
  if (authority === undefined) throw new HomeDomainError('url_form', text)
  if (authority.includes('@')) throw new HomeDomainError('userinfo', text)
  const port = /:(\d*)$/.exec(authority)?.[1]
  if (port !== undefined && port !== '443') throw new HomeDomainError('port', text)
  // The host is checked before `new URL`, which turns 2130706433 and full-width digits into addresses.
  const host = parseHomeDomain(port === undefined ? authority : authority.slice(0, -':443'.length))
  const [path = ''] = text.slice('https://'.length + authority.length).split('#', 1)
  return new URL(`https://${host}${path}`)
}

/** The value that one of the parsers above returns for `text`, or null when it refuses the text. */
export function orNull<T>(parse: (text: string) => T, text: string): T | null {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof HomeDomainError) return null
    throw error
  }
}

/** The URL of a home domain's stellar.toml (SEP-1). @throws HomeDomainError */
export function stellarTomlUrl(homeDomain: string): string {
  return `https://${parseHomeDomain(homeDomain)}/.well-known/stellar.toml`
}

/**
 * A path below the base URL of a server (`TRANSFER_SERVER` and the like), without the base's query and fragment, which the
 * owner of a stellar.toml could choose freely.
 *
 * @throws HomeDomainError
 */
export function urlBelow(base: string, path: `/${string}`): string {
  const url = parseHttpsUrl(base)
  return `${url.origin}${trimEnd(url.pathname, '/')}${path}`
}
