/**
 * The text of any value. `String` and a template throw for a value without a prototype, as every number of lossless JSON
 * is, and for one whose `toString` is no function, as a stranger may send. An object is written as JSON.
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
