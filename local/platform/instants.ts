/** The pieces of an ISO-8601 instant in order; the first that does not match is where Java stops. */
const PIECES = [
  /\d{4}/y,
  /-/y,
  /\d\d/y,
  /-/y,
  /\d\d/y,
  /T/iy,
  /\d\d/y,
  /:/y,
  /\d\d/y,
  /:/y,
  /\d\d/y,
  /(?:\.\d{0,9})?/y,
  /Z|[+-]\d\d:\d\d/iy,
]

/**
 * Reads an ISO-8601 instant with seconds and zone and gives it in UTC with 0, 3, 6 or 9 fraction digits.
 * Throws an Error with the message of Java's DateTimeFormatter.
 */
export function parseInstant(text: string): string {
  const found: string[] = []
  let index = 0
  for (const piece of PIECES) {
    piece.lastIndex = index
    const match = piece.exec(text)
    if (match === null) throw new Error(`Text '${text}' could not be parsed at index ${index}`)
    found.push(match[0])
    index = piece.lastIndex
  }
  if (index < text.length) {
    throw new Error(`Text '${text}' could not be parsed, unparsed text found at index ${index}`)
  }
  const [year, , month, , day, , hour, , minute, , second, fraction = '', zone = ''] = found
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const atUtc = Date.parse(`${local}Z`)
  if (Number.isNaN(atUtc) || new Date(atUtc).toISOString().slice(0, 19) !== local) {
    throw new Error(`Text '${text}' could not be parsed at index 0`)
  }
  const seconds = new Date(atUtc - offsetMs(zone)).toISOString().slice(0, 19)
  return `${seconds}${inGroupsOfThree(fraction.slice(1))}Z`
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = zone.slice(1).split(':').map(Number) as [number, number]
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

function inGroupsOfThree(digits: string): string {
  const needed = digits.replace(/0+$/, '')
  if (needed === '') return ''
  return `.${needed.padEnd(Math.ceil(needed.length / 3) * 3, '0')}`
}

/** A date as the platform prints it: no fraction when it falls on a whole second. */
export function formatInstant(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}
