/** A `numeric` of Postgres: exact, with the digits after the point with which it was written. */
export interface Decimal {
  units: bigint
  scale: number
}

export const ZERO: Decimal = { units: 0n, scale: 0 }

/** Reads the plain form that `anchor_ops.decimal` has; null for any other text. */
export function readDecimal(text: unknown): Decimal | null {
  if (typeof text !== 'string' || !/^\d{1,40}(\.\d{0,40})?$/.test(text)) return null
  const [whole = '', fraction = ''] = text.split('.')
  return { units: BigInt(whole + fraction), scale: fraction.length }
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { units: scaled(a, scale) + scaled(b, scale), scale }
}

export function isLess(a: Decimal, b: Decimal): boolean {
  const scale = Math.max(a.scale, b.scale)
  return scaled(a, scale) < scaled(b, scale)
}

export function printDecimal({ units, scale }: Decimal): string {
  if (scale === 0) return String(units)
  const digits = String(units).padStart(scale + 1, '0')
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const scaled = ({ units, scale }: Decimal, to: number): bigint => units * 10n ** BigInt(to - scale)
