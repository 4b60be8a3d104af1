import { readCompact } from './compact.ts'
import type { RecordedVersion } from './versions.ts'

/** A method is allowed when one rule names the transaction's SEP, kind and status and both demands hold. */
export interface Rule {
  sep: string[]
  kind: string[]
  from: string[]
  /** The statuses it can lead to; the first is that of a full refund, a trustline or a success. */
  to: string[]
  requires_funds_received: boolean | null
  requires_custody: 'enabled' | 'disabled' | null
}

export type Refusal = [code: number, message: string]

export interface Method {
  params: Record<string, { type: string; required: boolean | 'conditional' }>
  rules: Rule[]
  /** In the order in which the platform checks; `{x}` stands for a value. */
  refusals: Refusal[]
  writes: string[]
}

export interface Transitions {
  statuses: { name: string; seps: string[]; final: boolean; error: boolean }[]
  methods: Record<RecordedVersion, Record<string, Method>>
  /** Those of every method of both releases, by the stage at which they are made. */
  common: [stage: string, ...Refusal][]
  /** Methods of 2.8.4 that 4.3.0 does not have. */
  removed: Record<string, Refusal>
  /** Refusals of 4.3.0 alone. */
  newer: Refusal[]
}

interface CompactMethod extends Pick<Method, 'refusals' | 'writes'> {
  params: Record<string, string>
  rules: [sep: string, kind: string, from: string, to: string, demands?: string][]
}

interface CompactTransitions {
  statuses: [name: string, seps: string, marks?: string][]
  releases: Record<RecordedVersion, Record<string, CompactMethod>>
  refusals: Transitions['common']
  removed: Transitions['removed']
  refusals_4_3_0: Transitions['newer']
}

export function readTransitions(): Transitions {
  const compact = readCompact<CompactTransitions>('transitions.json')
  return {
    statuses: compact.statuses.map(([name, seps, marks = '']) => ({
      name,
      seps: seps.split(' '),
      final: marks === 'final',
      error: marks === 'error',
    })),
    methods: {
      '2.8.4': mapValues(compact.releases['2.8.4'], methodOf),
      '4.3.0': mapValues(compact.releases['4.3.0'], methodOf),
    },
    common: compact.refusals,
    removed: compact.removed,
    newer: compact.refusals_4_3_0,
  }
}

function methodOf({ params, rules, ...rest }: CompactMethod): Method {
  return { params: mapValues(params, paramOf), rules: rules.map(ruleOf), ...rest }
}

function paramOf(text: string): Method['params'][string] {
  const [need, type = ''] = text.split(' ')
  return { type, required: need === 'conditional' ? need : need === 'needed' }
}

function ruleOf([sep, kind, from, to, demands = '']: CompactMethod['rules'][number]): Rule {
  const demanded = demands.split(' ')
  const either = <T>(yes: string, no: string, values: [T, T]) =>
    demanded.includes(yes) ? values[0] : demanded.includes(no) ? values[1] : null
  return {
    sep: sep.split(' '),
    kind: kind.split(' '),
    from: from.split(' '),
    to: to.split(' '),
    requires_funds_received: either('received', 'not-received', [true, false]),
    requires_custody: either('custody-enabled', 'custody-disabled', ['enabled', 'disabled']),
  }
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
