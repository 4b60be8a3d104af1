import type { TestDatabase } from '../helpers/database.ts'

export interface DatabaseCall {
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of any function
  args: any
}

/** Answers a call in place of the database. Undefined lets the call through, and `pass` makes it. */
export type Intercept = (
  call: DatabaseCall,
  pass: () => Promise<Response>,
) => Promise<Response | undefined>

/** A `fetch` of the database that notes each call and lets a test answer it. */
export function createDatabaseTap(database: Pick<TestDatabase, 'fetch'>) {
  const calls: DatabaseCall[] = []
  let intercept: Intercept | null = null
  const tapped: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const name = new URL(request.url).pathname.split('/').at(-1) ?? ''
    const call = { name, args: JSON.parse((await request.clone().text()) || '{}') }
    calls.push(call)
    const pass = () => database.fetch(request)
    return (await intercept?.(call, pass)) ?? pass()
  }
  return {
    calls,
    fetch: tapped,
    intercept: (next: Intercept | null) => {
      intercept = next
    },
  }
}
