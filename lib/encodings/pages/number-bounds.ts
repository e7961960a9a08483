import { countUp, floats } from '../../bytes/arena.ts'
import { classCount, greatestOf, leastOf } from '../split.ts'
import { layouts } from './number-layouts.ts'
import { type Head, isSplit, readAfter, readHead } from './numbers-reader.ts'
import type { PageReader } from './page.ts'
import type { Contexts } from './predicted.ts'

/** Bounds of numbers by the class that each row has; of numbers that are known each is a class of its own. */
export interface NumberBounds {
  readonly classes: Uint8Array | Uint32Array
  /** By class; NaN where there is no such class. */
  readonly least: Float64Array
  readonly greatest: Float64Array
}

/** Bounds of `count` numbers: of a split page a byte per row is read, and the bits below stay where they are. */
export function readNumberBounds(reader: PageReader, count: number, contexts?: Contexts): NumberBounds {
  const code = count === 0 ? layouts.constant : reader.in.u8()
  if (isSplit(code)) return classBounds(readHead(reader, code, count), reader.bytes(count))
  const values = count === 0 ? new Float64Array(0) : readAfter(reader, code, count, contexts)
  return { classes: countUp(count), least: values, greatest: values }
}

function classBounds({ isFolded, base, unit, patches }: Head, classes: Uint8Array): NumberBounds {
  const least = floats(256).fill(Number.NaN)
  const greatest = floats(256).fill(Number.NaN)
  const remainder = patches && patches.rows.length > 0 ? unit - 1 : 0
  for (let kind = 0; kind < classCount; kind++) {
    const low = leastOf[kind]!
    const high = greatestOf(kind)
    least[kind] = (isFolded ? -Math.ceil(high / 2) : base + low) * unit
    greatest[kind] = (isFolded ? Math.floor(high / 2) : base + high) * unit + remainder
  }
  return { classes, least, greatest }
}
