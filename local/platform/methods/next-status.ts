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
