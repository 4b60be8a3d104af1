import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
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

/**
 * The account of a seed (`S…`), or one that is made here and forgotten with the process.
 *
 * @throws RangeError for a text that is no seed. The error does not show it.
 */
export function createSignInKey(seed: string | null): SignInKey {
  const privateKey = seed === null ? generateKeyPairSync('ed25519').privateKey : keyOf(seed)
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.from(x, 'base64url')
  return {
    account: encodeStrKey(publicKey, 'account'),
    hint: publicKey.subarray(-4),
    sign: (hash) => sign(null, hash, privateKey),
  }
}

function keyOf(seed: string): KeyObject {
  const secret = decodeStrKey(seed, 'seed')
  if (secret === null)
    throw new RangeError('The key for signing in is refused: a seed (S…) is needed')
  const key = Buffer.concat([PKCS8_PREFIX, secret])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}
