/**
 * Asks the service of this machine for its health: code 0 if it serves, 1 if not. The health check of a container.
 */
const { PORT = '3000' } = process.env
try {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/health`)
  if (!answer.ok) throw new Error(`health answered ${answer.status}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
