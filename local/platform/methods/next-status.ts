import { isCustodyEnabled } from '../emulator-state.ts'
import { internalError } from '../rpc-error.ts'
import type { Status } from '../stored-transaction.ts'
import type { MethodCall } from './call.ts'
import { hasTrustline } from './ledger.ts'
import { statusByRefundTotal } from './refunds.ts'
import type { Rule } from './table.ts'

/** The status to which a rule leads. @throws RpcError if it cannot be computed */
export function nextStatus(call: MethodCall, { to }: Rule): Status {
  switch (to) {
    case 'by_refund_total':
      return statusByRefundTotal(call)
    case 'by_trustline':
      return statusByTrustline(call)
    case 'by_trust_set':
      return isCustodyEnabled(call.state.config) && call.params.success === true
        ? 'pending_stellar'
        : 'pending_anchor'
    case 'by_customer':
      return statusByCustomer(call)
    default:
      return to
  }
}

function statusByTrustline({ transaction, state }: MethodCall): Status {
  const { amount_out_asset: asset } = transaction
  if (asset === undefined) {
    throw internalError('Cannot invoke "String.split(String)" because "asset" is null')
  }
  return hasTrustline(state, asset) ? 'pending_stellar' : 'pending_trust'
}

/** The business is asked for the status of the customer, if the call names one. */
function statusByCustomer({ params, transaction, state }: MethodCall): Status {
  const going = transaction.sep === '31' ? 'pending_receiver' : 'pending_anchor'
  const id = params.customer_id
  if (id === undefined) return going
  const status = state.config.customer_callback[`GET /customer?id=${id}`] ?? 'ACCEPTED'
  switch (status) {
    case 'ACCEPTED':
    case 'PROCESSING':
      return going
    case 'NEEDS_INFO':
      return 'pending_customer_info_update'
    case 'REJECTED':
      return 'error'
    case 'missing':
      throw internalError('customer not found')
    case 'boom':
      throw internalError('internal server error')
    default:
      throw internalError(`No enum constant org.stellar.anchor.api.sep.sep12.Sep12Status.${status}`)
  }
}
