// @peculiar/x509 needs this polyfill to be loaded before it.
import 'reflect-metadata'
import { createSecureContext, type SecureContext } from 'node:tls'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate authority in memory, which issues certificates for DNS names. */
export interface CertificateAuthority {
  /** The certificate of the authority, as PEM. */
  ca: string
  /** The certificate and key of a DNS name, made at their first use. */
  secureContext(hostname: string): Promise<SecureContext>
}

const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60 * 1000

/** Makes a certificate authority (EC P-256), valid from yesterday for 31 days. */
export async function createCertificateAuthority(
  name = 'Simulated world CA',
): Promise<CertificateAuthority> {
  const makeKeys = () => crypto.subtle.generateKey(EC_P256, true, ['sign', 'verify'])
  // All certificates share one key, because making a key takes longer than signing a certificate.
  const [keys, leafKeys] = await Promise.all([makeKeys(), makeKeys()])
  const key = PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', leafKeys.privateKey),
    'PRIVATE KEY',
  )
  const validity = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    signingAlgorithm: EC_P256,
  }
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=${name}`,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })

  const issue = async (hostname: string): Promise<SecureContext> => {
    const certificate = await X509CertificateGenerator.create({
      ...validity,
      // Only the extension holds the name, because a common name has at most 64 characters.
      subject: 'CN=leaf',
      issuer: authority.subject,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: 'dns', value: hostname }]),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ],
    })
    return createSecureContext({ cert: certificate.toString('pem'), key })
  }
  const issued = new Map<string, Promise<SecureContext>>()
  return {
    ca: authority.toString('pem'),
    secureContext: (hostname) => {
      const made = issued.get(hostname) ?? issue(hostname)
      issued.set(hostname, made)
      return made
    },
  }
}
