export type RpcErrorCode = -32600 | -32601 | -32602 | -32603

/** The refusal of one item, with the platform's message. */
export class RpcError extends Error {
  readonly code: RpcErrorCode
  /** Whether the platform fails to print this error, so that the whole HTTP answer is a 500. */
  readonly breaksAnswer: boolean
  /** Whether the platform failed before it knew of which transaction the call is. */
  readonly hidesId: boolean
  /** The deadline that the call had already set on its row when it failed; undefined if it had set none. */
  readonly deadlineSet: { value: string | undefined } | undefined

  constructor(
    code: RpcErrorCode,
    message: string,
    {
      breaksAnswer = false,
      hidesId = false,
      deadlineSet,
    }: {
      breaksAnswer?: boolean
      hidesId?: boolean
      deadlineSet?: { value: string | undefined }
    } = {},
  ) {
    super(message)
    this.code = code
    this.breaksAnswer = breaksAnswer
    this.hidesId = hidesId
    this.deadlineSet = deadlineSet
  }
}

/** Refuses a wrong envelope, an unknown transaction or a wrong status. */
export const invalidRequest = (message: string): RpcError => new RpcError(-32600, message)
/** Refuses params, amounts or assets. */
export const invalidParams = (message: string): RpcError => new RpcError(-32602, message)
/** Reports a Java exception or a failed reading of the ledger. */
export const internalError = (message: string): RpcError => new RpcError(-32603, message)
