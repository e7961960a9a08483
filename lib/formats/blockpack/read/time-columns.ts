import { floats, words } from '../../../bytes/arena.ts'
import { addOffsets, checkNanos, type ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { limit } from '../../../encodings/pages/number-layouts.ts'
import { parentBasis } from '../layout/bases.ts'
import { columnId } from '../layout/columns.ts'
import { lazy } from '../layout/lazy.ts'
import { addParents, parentRowsOf } from '../layout/parent-starts.ts'
import type { PageGroupColumns } from './page-group-columns.ts'

/** By trace: between which times its spans start, ns after its own start. */
export interface TraceExtents {
  readonly first: Float64Array
  readonly last: Float64Array
}

/** Times of the traces, spans and events of a page group. */
export class TimeColumns {
  readonly #columns: PageGroupColumns

  constructor(columns: PageGroupColumns) {
    this.#columns = columns
  }

  /** By trace: ns after the start of the one before; of the first after the base. */
  readonly #traceGaps = lazy(() => this.#columns.pages.numbers(columnId('trace.start'), this.#columns.traceCount))

  /** By trace: ns after the start of the first; undefined where they are not exact as doubles. */
  readonly traceOffsets = lazy((): Float64Array | undefined => {
    const { values, exceptions } = this.#traceGaps()
    if (exceptions.length > 0) return undefined
    const offsets = floats(values.length)
    offsets[0] = 0
    for (let trace = 1; trace < offsets.length; trace++) {
      offsets[trace] = offsets[trace - 1]! + values[trace]!
      if (Math.abs(offsets[trace]!) >= 2 ** 52) return undefined
    }
    return offsets
  })

  /** The start of the first trace, ns. */
  firstStart(): bigint {
    const { values, exceptions } = this.#traceGaps()
    const gap = exceptions[0]?.row === 0 ? exceptions[0].value : BigInt(values[0]!)
    return checkNanos(this.#columns.context.base + gap, this.#fail)
  }

  /** By trace: the start of its first root, ns. */
  readonly traceStarts = lazy(() =>
    this.#addNanos(this.#traceGaps(), (trace, before) => (trace === 0 ? this.#columns.context.base : before)),
  )

  /** The start of a trace less that of the one before, or less the base. */
  traceGap(trace: number): bigint {
    const starts = this.traceStarts()
    return starts[trace]! - (trace > 0 ? starts[trace - 1]! : this.#columns.context.base)
  }

  /** By span: ns after the start of its trace. */
  readonly startOffsets = lazy((): ReadNumbers => {
    const { pages, spanCount } = this.#columns
    const column = columnId('span.start')
    const numbers = pages.numbers(column, spanCount)
    return pages.entry(column)?.basis === parentBasis ? this.#afterParents(numbers) : numbers
  })

  /**
   * By trace: no span starts before the first or after the second, ns after the start of the trace. Undefined where that
   * takes decoding starts: only those that need their parents are worth it.
   */
  traceExtents(): TraceExtents | undefined {
    const { pages, spanCount, traceCount, traceStarts } = this.#columns
    const column = columnId('span.start')
    const bounds = pages.entry(column)?.basis === parentBasis ? pages.bounds(column, spanCount) : undefined
    if (bounds === undefined) return undefined
    const { classes, least, largest } = bounds
    // A start is a sum of some of its trace's numbers.
    for (let kind = 0; kind < least.length; kind++) {
      least[kind] = Math.min(0, least[kind]!)
      largest[kind] = Math.max(0, largest[kind]!)
    }
    const extents = { first: floats(traceCount), last: floats(traceCount) }
    for (let trace = 0, row = 0, starts = traceStarts(); trace < traceCount; trace++) {
      let [first, last] = [0, 0]
      for (const end = starts[trace + 1]!; row < end; row++) {
        first += least[classes[row]!]!
        last += largest[classes[row]!]!
      }
      extents.first[trace] = first
      extents.last[trace] = last
    }
    return extents
  }

  /** As `startOffsets`, where no row has an exception; else undefined. */
  allStartOffsets(): Float64Array | undefined {
    const { values, exceptions } = this.startOffsets()
    return exceptions.length > 0 ? undefined : values
  }

  /** As `startOffsets`, for some rows alone: all others are 0. Undefined where a row has an exception. */
  startOffsetsAt(rows: Uint32Array): Float64Array | undefined {
    if (this.#columns.pages.entry(columnId('span.start'))!.basis !== parentBasis)
      return this.#numbersAt('span.start', rows)
    const own = this.#traceRows(rows)
    const numbers = this.#numbersAt('span.start', own)
    return numbers && this.#sumsAt(rows, numbers, this.#parents())
  }

  /** By row of some, its number and those of all its ancestors. */
  #sumsAt(rows: Uint32Array, numbers: Float64Array, parents: Int32Array): Float64Array {
    const sums = floats(numbers.length).fill(0)
    for (let i = 0; i < rows.length; i++) {
      let sum = 0
      let depth = 0
      for (let row = rows[i]!; row >= 0; row = parents[row]!) {
        sum += numbers[row]!
        if (depth++ === numbers.length) this.#fail('spans that are their own ancestors')
      }
      if (!(Math.abs(sum) < limit)) this.#fail(`${sum} ns after the trace at row ${rows[i]}`)
      sums[rows[i]!] = sum
    }
    return sums
  }

  /** All rows of the traces of some, ascending. */
  #traceRows(rows: Uint32Array): Uint32Array {
    const [starts, traceOf] = [this.#columns.traceStarts(), this.#columns.traceOf()]
    const all = words(this.#columns.spanCount)
    let count = 0
    for (let i = 0; i < rows.length; ) {
      const trace = traceOf[rows[i]!]!
      const end = starts[trace + 1]!
      for (let row = starts[trace]!; row < end; row++) all[count++] = row
      while (i < rows.length && rows[i]! < end) i++
    }
    return all.subarray(0, count)
  }

  /** By span: the row of its parent, or -1. */
  readonly #parents = lazy(() => parentRowsOf(this.#columns.parentKinds(), this.#columns.parentDistances()))

  #afterParents({ values, exceptions }: ReadNumbers): ReadNumbers {
    const parents = this.#parents()
    for (const { row } of exceptions) {
      values[row] = 0
      parents[row] = -1
    }
    if (!addParents(values, parents)) this.#fail('spans that are their own ancestors')
    for (let row = 0; row < values.length; row++)
      if (!(Math.abs(values[row]!) < limit)) this.#fail(`${values[row]} ns after the trace at row ${row}`)
    return { values, exceptions }
  }

  readonly durations = lazy(() => this.#columns.pages.numbers(columnId('span.duration'), this.#columns.spanCount))

  /** The durations of some rows, which ascend; 0 for all others. Undefined where a row has an exception. */
  durationsAt(rows: Uint32Array): Float64Array | undefined {
    return this.#numbersAt('span.duration', rows)
  }

  #numbersAt(name: 'span.start' | 'span.duration', rows: Uint32Array): Float64Array | undefined {
    const { pages, spanCount } = this.#columns
    const { values, exceptions } = pages.numbersAt(columnId(name), spanCount, rows)
    if (exceptions.length > 0) return undefined
    const numbers = floats(spanCount).fill(0)
    for (let i = 0; i < rows.length; i++) numbers[rows[i]!] = values[i]!
    return numbers
  }

  /** By span: ns since the epoch. */
  readonly starts = lazy(() => {
    const [bases, traceOf] = [this.traceStarts(), this.#columns.traceOf()]
    return this.#addNanos(this.startOffsets(), row => bases[traceOf[row]!]!)
  })

  ends(): bigint[] {
    const starts = this.starts()
    return this.#addNanos(this.durations(), row => starts[row]!)
  }

  /** By event: ns since the epoch. */
  readonly eventTimes = lazy(() => {
    const [starts, spans] = [this.starts(), this.#columns.eventSpans()]
    return this.#addNanos(this.eventOffsets(), row => starts[spans[row]!]!)
  })

  /** By event: ns after the start of its span. */
  eventOffsets(): ReadNumbers {
    return this.#columns.pages.numbers(columnId('event.time'), this.#columns.ownerCount('event'))
  }

  #addNanos(numbers: ReadNumbers, originOf: (row: number, before: bigint) => bigint): bigint[] {
    return addOffsets(numbers, originOf, this.#fail)
  }

  readonly #fail = (message: string): never => this.#columns.pages.fail('times', message)
}
