import type { ColumnData, NumberValues } from '../../model/scan.ts'

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

/**
 * Ints over one base, which as a rule they have already. Else a usual value is the base: only what lies further from it
 * than 2^53 is rounded.
 */
export function overOneBase(columns: readonly ColumnData[], rowCount: number): NumberValues {
  const [data] = columns
  if (columns.length === 1 && data!.rows === undefined && 'numbers' in data!.values) return data!.values
  const base = areWide(columns) ? usualOf(columns) : leastBase(columns)
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

/** Whether ints of the columns may differ by what is not exact as a double. */
export function areWide(columns: readonly ColumnData[]): boolean {
  return columns.some(({ values }) => 'bigints' in values)
}

/** The ints of the columns by row, 0 where there is none. Slow: for what no double holds. */
export function bigintsOf(columns: readonly ColumnData[], rowCount: number): bigint[] {
  const ints = new Array<bigint>(rowCount).fill(0n)
  for (const { rows, values } of columns) {
    const count = valueCount({ rows, values })
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if ('numbers' in values) ints[row] = values.base + BigInt(values.numbers[i]!)
      else if ('bigints' in values) ints[row] = values.bigints[i]!
    }
  }
  return ints
}

function leastBase(columns: readonly ColumnData[]): bigint {
  let least: bigint | undefined
  for (const { values } of columns)
    if ('base' in values && (least === undefined || values.base < least)) least = values.base
  return least ?? 0n
}

/** The median of some of the values. */
function usualOf(columns: readonly ColumnData[]): bigint {
  const some: bigint[] = []
  for (const { values } of columns)
    if ('bigints' in values) {
      const step = Math.max(1, Math.floor(values.bigints.length / 31))
      for (let i = 0; i < values.bigints.length; i += step) some.push(values.bigints[i]!)
    } else if ('base' in values) some.push(values.base)
  some.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return some[some.length >> 1] ?? 0n
}

/** Writes the int of each row in decimal, exactly; `values` are those of the columns over one base. */
export function intTexts(columns: readonly ColumnData[], { base, numbers }: NumberValues): (row: number) => string {
  const text = nanosText(base)
  const rounded = new Map<number, bigint>()
  for (const { rows, values } of columns)
    if ('bigints' in values)
      for (let i = 0; i < values.bigints.length; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (!Number.isSafeInteger(numbers[row]!)) rounded.set(row, values.bigints[i]!)
      }
  if (rounded.size === 0) return row => text(numbers[row]!)
  return row => String(rounded.get(row) ?? text(numbers[row]!))
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
