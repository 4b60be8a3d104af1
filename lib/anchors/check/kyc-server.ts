import type { Answered } from './answers.ts'
import { ENDPOINT_FIELD, type StellarToml } from './toml/fields.ts'

/**
 * Adds the server of SEP-12: where KYC_SERVER is absent, SEP-12 is served at TRANSFER_SERVER. Nothing says that it is, so a
 * server that does not answer there lacks nothing.
 */
export function withKycServer(toml: StellarToml): StellarToml {
  const { sep6, sep12 } = toml.endpoints
  const isAbsent = sep12 === undefined && !Object.hasOwn(toml.unusable, ENDPOINT_FIELD.sep12)
  if (sep6 === undefined || !isAbsent) return toml
  return { ...toml, endpoints: { ...toml.endpoints, sep12: sep6 }, isKycAtTransferServer: true }
}

/** What the gate at TRANSFER_SERVER shows. Where no customers are served, there is no fault to tell. */
export function atTransferServer(gate: Answered): Answered {
  if (gate.step === 'declared') return { ...gate, step: 'absent', findings: [] }
  const field = ENDPOINT_FIELD.sep6
  return { ...gate, findings: gate.findings.map((found) => ({ ...found, field })) }
}
