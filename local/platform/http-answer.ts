import { printJson } from './json-body.ts'

export interface HttpAnswer {
  status: number
  contentType: string
  body: string
}

/** A JSON answer as the platform sends it. */
export function jsonAnswer(status: number, body: unknown): HttpAnswer {
  return { status, contentType: 'application/json;charset=UTF-8', body: printJson(body) }
}
