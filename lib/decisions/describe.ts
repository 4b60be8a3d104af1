import type { Decision } from './store.ts'

/** Says who decided what, and when, for the answer to a person who came second. */
export function describeDecision(decision: Decision | null): string {
  if (decision === null) return ''
  const { keyName, decision: what, at, note } = decision
  return `; "${keyName}" decided ${what} at ${at}${note === null ? '' : `: ${note}`}`
}
