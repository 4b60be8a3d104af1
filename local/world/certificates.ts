import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface CertificateAuthority {
  /** PEM, to be trusted by the client. */
  ca: string
  /** A key and a certificate (PEM) made out to one host name, or to `*.` and a domain. */
  leaf: (name: string) => { key: string; cert: string }
}

const DAY_MS = 24 * 60 * 60 * 1000
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'))

/**
 * A throw-away certificate authority. The few DER fields that TLS clients read (RFC 5280) are written
 * here: a certificate library costs more start-up time than the whole simulated world.
 */
export function createCertificateAuthority(): CertificateAuthority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = distinguishedName('Simulated World CA')
  const issue = (subject: Buffer, publicKey: KeyObject, extension: Buffer): string =>
    certificatePem({ issuer, subject, publicKey, extension, signingKey: authority.privateKey })
  const key = leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

  return {
    // basicConstraints, critical: cA TRUE.
    ca: issue(issuer, authority.publicKey, extension('551d13', true, sequence(boolean(true)))),
    leaf: (name) => {
      // subjectAltName: one dNSName; the common name is only for people and holds 64 characters.
      const alternativeName = extension('551d11', false, sequence(der(0x82, Buffer.from(name))))
      const subject = distinguishedName(name.slice(0, 64))
      return { key, cert: issue(subject, leaf.publicKey, alternativeName) }
    },
  }
}

function certificatePem(parts: {
  issuer: Buffer
  subject: Buffer
  publicKey: KeyObject
  extension: Buffer
  signingKey: KeyObject
}): string {
  // A positive serial number: RFC 5280 forbids a leading sign bit.
  const serial = Buffer.concat([Buffer.of(1), randomBytes(15)])
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    parts.issuer,
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + 30 * DAY_MS)),
    parts.subject,
    parts.publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(parts.extension)),
  )
  const signature = sign('sha256', toBeSigned, parts.signingKey)
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))))
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical
    ? sequence(oid(id), boolean(true), der(0x04, value))
    : sequence(oid(id), der(0x04, value))
}

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.of(value ? 0xff : 0))
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.of(0), bytes]))
}

function der(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  if (content.length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, content.length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, content.length >> 8, content.length & 0xff), content])
}
