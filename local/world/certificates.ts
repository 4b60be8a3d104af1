import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  /** PEM, the leaf alone. */
  cert: string
  /** PEM, PKCS #8. */
  key: string
}

/** A certificate authority that lives in memory: its own certificate, and leaves for DNS names. */
export interface CertificateAuthority {
  /** PEM. */
  ca: string
  /** The certificate of one DNS name, made at its first use. */
  leaf(hostname: string): Certificate
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Makes a certificate authority (EC P-256) valid for 30 days; a wrong clock by a day does no harm. */
export function createCertificateAuthority(name = 'Simulated world CA'): CertificateAuthority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // One key for every leaf: making a key costs more than signing a certificate.
  const host = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leafKey = host.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const issue = (subject: string, publicKey: KeyObject, extensions: Buffer[]) =>
    certificatePem({ issuer: name, subject, publicKey, extensions, signWith: authority.privateKey })

  const issued = new Map<string, Certificate>()
  return {
    ca: issue(name, authority.publicKey, [BASIC_CONSTRAINTS_CA, KEY_USAGE_CA]),
    leaf(hostname) {
      const known = issued.get(hostname)
      if (known !== undefined) return known
      const cert = issue(hostname, host.publicKey, [subjectAlternativeName(hostname), SERVER_AUTH])
      const made = { cert, key: leafKey }
      issued.set(hostname, made)
      return made
    },
  }
}

function certificatePem(parts: {
  issuer: string
  subject: string
  publicKey: KeyObject
  extensions: Buffer[]
  signWith: KeyObject
}): string {
  const now = Date.now()
  // The TBSCertificate of RFC 5280, version 3.
  const content = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    commonName(parts.issuer),
    sequence(utcTime(now - DAY_MS), utcTime(now + 30 * DAY_MS)),
    commonName(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...parts.extensions)),
  )
  const signature = sign('sha256', content, parts.signWith)
  const base64 = sequence(content, ECDSA_WITH_SHA256, bitString(signature)).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?!$)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents)
const integer = (bytes: Buffer) => der(0x02, bytes)
const octetString = (content: Buffer) => der(0x04, content)
const bitString = (content: Buffer) => der(0x03, Buffer.from([0]), content)
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const commonName = (name: string) =>
  sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name.slice(0, 64))))))
const extension = (id: string, content: Buffer) => sequence(objectId(id), octetString(content))
const subjectAlternativeName = (hostname: string) =>
  extension('551d11', sequence(der(0x82, Buffer.from(hostname))))

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}

const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'))
const TRUE = der(0x01, Buffer.from([0xff]))
const BASIC_CONSTRAINTS_CA = extension('551d13', sequence(TRUE))
const KEY_USAGE_CA = extension('551d0f', der(0x03, Buffer.from([1, 0x06])))
const SERVER_AUTH = extension('551d25', sequence(objectId('2b06010505070301')))
