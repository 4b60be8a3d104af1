import { printJson } from './json-body.ts'

export interface HttpAnswer {
  status: number
  /** Null: the answer has no body, and names no type. */
  contentType: string | null
  body: string
}

/** A JSON answer as the platform sends it. */
export function jsonAnswer(status: number, body: unknown): HttpAnswer {
  return { status, contentType: 'application/json;charset=UTF-8', body: printJson(body) }
}
