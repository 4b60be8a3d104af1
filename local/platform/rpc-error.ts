export type RpcErrorCode = -32600 | -32601 | -32602 | -32603

/** A refusal of one item, with the message the platform gives. */
export class RpcError extends Error {
  readonly code: RpcErrorCode
  /** The platform cannot write this error: the whole HTTP answer becomes a 500. */
  readonly breaksAnswer: boolean

  constructor(code: RpcErrorCode, message: string, { breaksAnswer = false } = {}) {
    super(message)
    this.code = code
    this.breaksAnswer = breaksAnswer
  }
}

/** Code -32600: envelope, unknown transaction, status not allowed. */
export const invalidRequest = (message: string): RpcError => new RpcError(-32600, message)
/** Code -32602: params, amounts and assets. */
export const invalidParams = (message: string): RpcError => new RpcError(-32602, message)
/** Code -32603: what the platform did not foresee, the ledger included. */
export const internalError = (message: string): RpcError => new RpcError(-32603, message)
