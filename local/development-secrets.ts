/** This secret is public, because it is in this file. It is used on loopback only. */
export const DEVELOPMENT_SECRET = 'local-development-secret'
/** This key is public too. It is used with the emulated platform only. */
export const DEVELOPMENT_BUSINESS_KEY = 'local-business-key'
