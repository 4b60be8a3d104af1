/** A part of the code whose branches are all taken by tests, and whose mutants the tests notice. */
interface CorePart {
  files: readonly string[]
  /** The tests that run again for each mutant: those that take milliseconds. */
  mutationTests: readonly string[]
}

/** The parts of the code on which money and safety depend. */
export const CORE = {
  guard: {
    files: [
      'lib/net/address-policy.ts',
      'lib/net/bounded-body.ts',
      'lib/net/fetch-untrusted.ts',
      'lib/net/guarded-connector.ts',
    ],
    mutationTests: [
      'tests/unit/net/{fetch-untrusted,guarded-connector,ssrf}.test.ts',
      'tests/property/net-address-policy.test.ts',
    ],
  },
  access: {
    files: ['lib/http/{admit,auth,business-auth,credential,event-auth}.ts'],
    mutationTests: ['tests/unit/http/{admit,auth,event-auth}.test.ts'],
  },
  attempts: {
    files: [
      'lib/updates/{again,applied,check-ledger,context,decide,expiry,fee-form,force,head-start}.ts',
      'lib/updates/{idempotency,identity,judge-reply,look-again,pace,proof,result,send}.ts',
      'lib/updates/{send-together,settle,stored-attempt,submit,time-limit,turns,unreadable}.ts',
      'lib/updates/{unsent,warnings,went-back}.ts',
      'lib/updates/payout/*.ts',
    ],
    mutationTests: ['tests/unit/updates/**/*.test.ts'],
  },
  amounts: {
    files: ['lib/stellar/amount.ts'],
    mutationTests: ['tests/unit/stellar/amount.test.ts'],
  },
  claims: {
    files: ['lib/anchors/queue/{claims,judge-check,places}.ts'],
    mutationTests: ['tests/unit/anchors/queue/*.test.ts'],
  },
  verdict: {
    files: ['lib/payments/verdict/*.ts'],
    mutationTests: ['tests/unit/payments/verdict/*.test.ts'],
  },
} as const satisfies Readonly<Record<string, CorePart>>

/** The named part of the core; without a name all of it. */
export function coreParts(name: string | undefined): readonly CorePart[] {
  const all: readonly [string, CorePart][] = Object.entries(CORE)
  return all.filter(([one]) => name === undefined || one === name).map(([, part]) => part)
}
