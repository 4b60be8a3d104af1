import {
  RPC_INTERNAL_ERROR,
  RPC_INVALID_PARAMS,
  type RpcError,
  type RpcErrorCode,
} from './envelope.ts'

/** One thing wrong with the params of an update. */
export interface ParamProblem {
  code: RpcErrorCode
  field: string
  /** The value as it was sent, shortened to 120 characters; `missing` when there is none. */
  value: string
  rule: string
  /** The platform's own text, where it has one that is not an accident of its runtime. */
  platformMessage?: string
  /**
   * When the problem alone decides. `always`: before the platform is asked. `status_allows`: only once the status rules
   * let the method through, because the platform judges the status first and its answer would be another.
   */
  decides: 'always' | 'status_allows'
}

/**
 * The answer to params with problems: the first decides code and message, as it does at the platform, which stops
 * there; `data.problems` names field, value and rule of every one.
 */
export function refusalOf(problems: readonly [ParamProblem, ...ParamProblem[]]): RpcError {
  const [{ code, field, value, rule, platformMessage }] = problems
  return {
    code,
    message: platformMessage ?? `${field} refused: ${value}; allowed: ${rule}.`,
    data: {
      problems: problems.map((one) => ({ field: one.field, value: one.value, rule: one.rule })),
    },
  }
}

/** A problem that the platform words itself, error -32602. */
export function refused(
  field: string,
  value: unknown,
  rule: string,
  platformMessage?: string,
): ParamProblem {
  return {
    code: RPC_INVALID_PARAMS,
    field,
    value: shown(value),
    rule,
    ...(platformMessage === undefined ? {} : { platformMessage }),
    decides: 'status_allows',
  }
}

/** A value that the platform cannot read at all, error -32603, whatever the status. */
export function unreadableParam(
  field: string,
  value: unknown,
  rule: string,
  platformMessage?: string,
): ParamProblem {
  return {
    ...refused(field, value, rule, platformMessage),
    code: RPC_INTERNAL_ERROR,
    decides: 'always',
  }
}

/** A value that this service does not send although the platform might take it, error -32602. */
export function notSent(
  field: string,
  value: unknown,
  rule: string,
  platformMessage?: string,
): ParamProblem {
  return { ...refused(field, value, rule, platformMessage), decides: 'always' }
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'missing'
  const text = JSON.stringify(value)
  return text.length <= 120 ? text : `${text.slice(0, 120).toWellFormed()}…`
}
