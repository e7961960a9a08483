import type { ColumnData, NumberValues } from '../model/scan.ts'

/** The values of an int or double column as doubles, base included; what is not exact is rounded. */
export function numbersOf(data: ColumnData): Float64Array {
  if ('numbers' in data.values) {
    const { base, numbers } = data.values
    if (base === 0n) return numbers
    const offset = Number(base)
    return numbers.map(number => number + offset)
  }
  if ('bigints' in data.values) return Float64Array.from(data.values.bigints as BigInt64Array, Number)
  throw new Error(`numbers of a column of ${data.type}`)
}

/** Ints over one base, which as a rule they have already. */
export function overOneBase(columns: readonly ColumnData[], rowCount: number): NumberValues {
  const [data] = columns
  if (columns.length === 1 && data!.rows === undefined && 'numbers' in data!.values) return data!.values
  const base = leastOf(columns)
  const numbers = new Float64Array(rowCount)
  for (const { rows, values } of columns) {
    const count = valueCount({ rows, values })
    const shift = 'base' in values ? Number(values.base - base) : 0
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if ('numbers' in values) numbers[row] = values.numbers[i]! + shift
      else if ('bigints' in values) numbers[row] = Number(values.bigints[i]! - base)
    }
  }
  return { base, numbers }
}

function valueCount({ rows, values }: Pick<ColumnData, 'rows' | 'values'>): number {
  if (rows !== undefined) return rows.length
  return 'codes' in values ? values.codes.length : 'numbers' in values ? values.numbers.length : values.bigints.length
}

function leastOf(columns: readonly ColumnData[]): bigint {
  let least: bigint | undefined
  for (const { values } of columns) {
    if ('base' in values && (least === undefined || values.base < least)) least = values.base
    if ('bigints' in values) for (const value of values.bigints) if (least === undefined || value < least) least = value
  }
  return least ?? 0n
}

/** Writes sums of a base and whole numbers in decimal, without a bigint where neither is negative. */
export function nanosText(base: bigint): (offset: number) => string {
  if (base < 0n) return offset => String(base + BigInt(offset))
  const baseSeconds = Number(base / 1_000_000_000n)
  const baseRest = Number(base % 1_000_000_000n)
  return offset => {
    if (offset < 0) return String(base + BigInt(offset))
    const rest = baseRest + offset
    const seconds = Math.floor(rest / 1e9)
    const whole = baseSeconds + seconds
    const nanos = String(rest - seconds * 1e9)
    return whole === 0 ? nanos : `${whole}${nanos.padStart(9, '0')}`
  }
}
