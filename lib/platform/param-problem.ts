import {
  RPC_INTERNAL_ERROR,
  RPC_INVALID_PARAMS,
  type RpcError,
  type RpcErrorCode,
} from './envelope.ts'

/** One problem in the params of an update. */
export interface ParamProblem {
  code: RpcErrorCode
  field: string
  /** The sent value, cut to 120 characters; `missing` when there is none. */
  value: string
  rule: string
  /** The platform's own text. Without it, the message names the field, the value and the rule. */
  platformMessage?: string
  /**
   * When the problem refuses the update. `always`: before the platform is read. `status_allows`: only if the status rules
   * allow the method, because the platform checks the status first and would answer otherwise.
   */
  decides: 'always' | 'status_allows'
}

/**
 * Makes the refusal of params. The first problem gives code and message, because the platform stops at it.
 * `data.problems` lists all problems.
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

/** A value that the platform refuses with error -32602. */
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

/** A value that the platform cannot read: error -32603 in every status. */
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

/** A value on which the platform fails (-32603) once the status rules allow the method. */
export function failing(
  field: string,
  value: unknown,
  rule: string,
  platformMessage?: string,
): ParamProblem {
  return { ...unreadableParam(field, value, rule, platformMessage), decides: 'status_allows' }
}

/** A value that this service does not send, though the platform may accept it: error -32602. */
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
