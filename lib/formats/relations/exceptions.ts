import type { BodyReader, BodyWriter } from './body.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readRows, writeRows } from './rows.ts'

/** 64-bit values by position, for what does not fit a stream of numbers. */
export class Exceptions {
  readonly #positions: number[] = []
  readonly #values: bigint[] = []

  /** Signed or unsigned: the low 64 bits are kept. */
  add(position: number, value: bigint): void {
    this.#positions.push(position)
    this.#values.push(value)
  }

  write(body: BodyWriter, part: string): void {
    body.number(this.#positions.length)
    if (this.#positions.length === 0) return
    writeNumbers(body, part, this.#positions)
    const rows = Buffer.alloc(8 * this.#values.length)
    for (const [i, value] of this.#values.entries()) rows.writeBigUInt64BE(BigInt.asUintN(64, value), 8 * i)
    writeRows(body, part, Uint8Array.from(rows), 8)
  }
}

/** Reads exceptions for positions below `count`; the values are unsigned. */
export function readExceptions(body: BodyReader, part: string, count: number): Map<number, bigint> {
  const exceptionCount = body.number(count)
  if (exceptionCount === 0) return new Map()
  const positions = readNumbers(body, part, exceptionCount)
  const rows = readRows(body, part, exceptionCount, 8)
  return new Map(
    Array.from(positions, (position, i) =>
      position >= 0 && position < count
        ? [position, rows.readBigUInt64BE(8 * i)]
        : body.fail(`an exception at ${position} of ${count}`),
    ),
  )
}
