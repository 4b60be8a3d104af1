import type { Param, ParamCheck } from '../params.ts'
import type { Kind, Sep, TransactionStatus } from '../status.ts'

/** A call on a transaction in a status of `from` leads to a status of `to`, if all conditions hold. */
export interface StatusRule {
  sep: Sep
  kinds: readonly Kind[]
  from: readonly TransactionStatus[]
  to: readonly TransactionStatus[]
  /** true: the customer's funds must have arrived. false: they must not have arrived. Absent: both are allowed. */
  fundsReceived?: boolean
  /** true: custody must be configured. false: it must not be. The platform checks this after the status. */
  custody?: boolean
  /** The value that the parameter `success` must have. */
  success?: boolean
}

/** Everything that is known of one RPC method. */
export interface MethodRow {
  params: Readonly<Record<string, Param>>
  /** Empty for a method that only reads. */
  rules: readonly StatusRule[]
  /** The checks of this method's params, beside those that every method has. */
  checks?: readonly ParamCheck[]
  /**
   * What a second call does after one that was applied. `harmless`: it changes nothing. `illegal`: the status rules refuse
   * it. `counts`: it may pay or count twice. Absent for a method that only reads.
   */
  repeat?: 'harmless' | 'illegal' | 'counts'
  /** The param that names the reported payment or refund. A transaction may report each value only once. */
  onceBy?: 'stellar_transaction_id' | 'refund.id'
  /** The statuses from which the update may be meant again, although it was applied with the same value of `onceBy`. */
  againFrom?: readonly TransactionStatus[]
  /** The refund counts towards the recorded refunds of the transaction, which never exceed `amount_in`. */
  countsRefund?: boolean
  /** The platform adds the refund to its list, even if the list has it already. */
  appendsRefund?: boolean
  /** When the custody service pays at once: on every call, or with custody and `success` true. */
  paysByCustody?: 'always' | 'on_success'
  /**
   * What the ledger has of the update. `payout` and `receipt`: the payment that it reports, which counts for one
   * transaction. `trustline`: only the trustline, as for a payout, which is shown and refuses nothing.
   */
  ledger?: 'payout' | 'receipt' | 'trustline'
  /** A person may override the ledger check, and the claim of another transaction on the payment. */
  forcible?: boolean
}
