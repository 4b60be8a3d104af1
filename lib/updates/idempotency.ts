import { AppError } from '../errors.ts'
import type { UpdateRequest } from './rpc-route.ts'

/** What an update route takes of its call. */
export function requestOf({
  body,
  request,
}: {
  body: UpdateRequest['body'] | null
  request: Request
}): UpdateRequest {
  if (body === null) throw new AppError('invalid_request_body', 'Invalid request body')
  return { body, idempotencyKey: request.headers.get('idempotency-key') }
}
