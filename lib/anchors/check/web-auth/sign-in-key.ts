import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { decodeStrKey, encodeStrKey } from '../../../stellar/strkey.ts'

/** The account that signs in. It holds nothing, and nobody is asked to know it. */
export interface SignInKey {
  /** `G…` */
  account: string
  /** The last four bytes of the key. */
  hint: Buffer
  sign(hash: Uint8Array): Buffer
}

/** What stands before the 32 bytes of an Ed25519 secret in PKCS #8 (RFC 8410 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The account of a seed (`S…`), or one that is made here and forgotten with the process. */
export function createSignInKey(seed: string | null): SignInKey {
  const secret = seed === null ? null : decodeStrKey(seed, 'seed')
  const privateKey =
    secret === null
      ? generateKeyPairSync('ed25519').privateKey
      : createPrivateKey({
          key: Buffer.concat([PKCS8_PREFIX, secret]),
          format: 'der',
          type: 'pkcs8',
        })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.from(x, 'base64url')
  return {
    account: encodeStrKey(publicKey, 'account'),
    hint: publicKey.subarray(-4),
    sign: (hash) => sign(null, hash, privateKey),
  }
}
