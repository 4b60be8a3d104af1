import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts'

/** A proxy before the platform that lets updates through once a test opens it. */
export interface Gate {
  url: string
  /** How many updates it has held since it was closed. */
  held(): number
  /** `request`: the platform does not see an update before the gate opens. `answer`: the service does not see its answer. */
  shut(holds: 'request' | 'answer'): void
  open(): void
  close: LoopbackServer['close']
}

/** @param target the URL of the platform */
export async function startGate(target: string): Promise<Gate> {
  let holds: 'request' | 'answer' | null = null
  let held = 0
  let opening = Promise.withResolvers<void>()
  const server = await startLoopbackServer(async ({ method, path, headers, body }, response) => {
    // One request may have several updates.
    const updates = body.match(/"method":"notify_/g)?.length ?? 0
    const isHeld = (what: typeof holds) => holds === what && updates > 0
    const wait = async () => {
      held += updates
      await opening.promise
    }
    if (isHeld('request')) await wait()
    // Whoever asked may be dead by now.
    if (response.destroyed) return
    const { 'content-type': type = '', 'x-api-key': key = '' } = headers
    const answer = await fetch(target + path, {
      method,
      headers: { 'content-type': type, 'x-api-key': String(key) },
      ...(method === 'POST' && { body }),
    })
    const text = await answer.text()
    if (isHeld('answer')) await wait()
    if (response.destroyed) return
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
  return {
    url: server.origin,
    held: () => held,
    shut: (what) => {
      holds = what
      held = 0
      opening = Promise.withResolvers()
    },
    open: () => {
      holds = null
      opening.resolve()
    },
    close: () => {
      opening.resolve()
      return server.close()
    },
  }
}
