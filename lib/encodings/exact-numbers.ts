import { growingNumbers } from '../bytes/growing.ts'
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { Fail } from './counts.ts'

/** A number that is stored separately with its exact value. */
export interface Exception {
  readonly row: number
  readonly value: bigint
}

/** Numbers that are exact as doubles; where they are not, 0 and an exception. */
export interface ExactNumbers {
  readonly values: ArrayLike<number>
  /** By row, ascending. */
  readonly exceptions: readonly Exception[]
}

/** Collects numbers. */
export class Numbers implements ExactNumbers {
  readonly #values = growingNumbers()
  readonly exceptions: Exception[] = []
  readonly #limit: number

  /** Magnitudes from `limit` on are exceptions. */
  constructor(limit: bigint = exactLimit) {
    this.#limit = Number(limit)
  }

  get length(): number {
    return this.#values.length
  }

  get values(): Float64Array {
    return this.#values.view()
  }

  push(value: bigint): void {
    if (this.pushSmall(Number(value))) return
    this.exceptions.push({ row: this.#values.length, value })
    this.#values.push(0)
  }

  /** Adds a number that is no exception, whatever it is. */
  pushExact(number: number): void {
    this.#values.push(number)
  }

  /** Adds a whole number where it is no exception; false where it is one. */
  pushSmall(number: number): boolean {
    if (!(number > -this.#limit && number < this.#limit)) return false
    this.#values.push(number)
    return true
  }
}

/** Several columns, one after the other. */
export function joinNumbers(columns: readonly ReadNumbers[]): ReadNumbers {
  if (columns.length === 1) return columns[0]!
  const values = new Float64Array(columns.reduce((sum, column) => sum + column.values.length, 0))
  const exceptions: Exception[] = []
  let start = 0
  for (const column of columns) {
    values.set(column.values, start)
    for (const { row, value } of column.exceptions) exceptions.push({ row: start + row, value })
    start += column.values.length
  }
  return { values, exceptions }
}

/** Of numbers below it the differences and the zigzag are exact. */
const exactLimit: bigint = 2n ** 52n
/** Of times below it, start and duration, the differences of two ends are below `exactLimit`. */
export const timeLimit: bigint = 2n ** 50n

export interface ReadNumbers {
  readonly values: Float64Array
  readonly exceptions: readonly Exception[]
}

/** Their number, and of each the rows since the one before, the sign and the magnitude. */
export function writeExceptions(out: ByteWriter, exceptions: readonly Exception[]): void {
  out.varint(exceptions.length)
  let last = 0
  for (const { row, value } of exceptions) {
    out.varint(row - last)
    out.u8(value < 0n ? 1 : 0)
    out.u64(value < 0n ? -value : value)
    last = row
  }
}

/** The exceptions of a column of `rowCount` rows; `label` begins the message of an error. */
export function readExceptions(reader: ByteReader, rowCount: number, label = ''): Exception[] {
  let row = 0
  return Array.from({ length: reader.count(10) }, (_, i) => {
    const step = reader.varint()
    row += step
    if (row >= rowCount || (i > 0 && step === 0))
      reader.fail('corrupt', `${label}an exception at row ${row} of ${rowCount}`)
    const sign = reader.u8()
    if (sign > 1) reader.fail('corrupt', `${label}a sign of ${sign}`)
    const magnitude = reader.u64()
    return { row, value: sign === 1 ? -magnitude : magnitude }
  })
}

/** Times since the epoch: offsets added to what `originOf` gives for the row and the time before it, each checked. */
export function addOffsets(
  { values, exceptions }: ReadNumbers,
  originOf: (row: number, before: bigint) => bigint,
  fail: Fail,
): bigint[] {
  const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
  const times = new Array<bigint>(values.length)
  let before = 0n
  for (let row = 0; row < times.length; row++) {
    const offset = exact.size === 0 ? undefined : exact.get(row)
    before = checkNanos(originOf(row, before) + (offset ?? BigInt(values[row]!)), fail)
    times[row] = before
  }
  return times
}

/** A time that 64 bits hold. */
export function checkNanos(nanos: bigint, fail: Fail): bigint {
  return BigInt.asUintN(64, nanos) === nanos ? nanos : fail(`a time of ${nanos} ns`)
}
