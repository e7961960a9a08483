import { addOffsets, checkNanos, type ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { limit } from '../../../encodings/pages/number-layouts.ts'
import { parentBasis } from '../layout/bases.ts'
import { columnId } from '../layout/columns.ts'
import { lazy } from '../layout/lazy.ts'
import { addParents, parentRowsOf } from '../layout/parent-starts.ts'
import type { PageGroupColumns } from './page-group-columns.ts'

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
    const offsets = new Float64Array(values.length)
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

  #afterParents({ values, exceptions }: ReadNumbers): ReadNumbers {
    const parents = parentRowsOf(this.#columns.parentKinds(), this.#columns.parentDistances())
    const starts = Float64Array.from(values)
    for (const { row } of exceptions) {
      starts[row] = 0
      parents[row] = -1
    }
    if (!addParents(starts, parents)) this.#fail('spans that are their own ancestors')
    for (let row = 0; row < starts.length; row++)
      if (!(Math.abs(starts[row]!) < limit)) this.#fail(`${starts[row]} ns after the trace at row ${row}`)
    return { values: starts, exceptions }
  }

  readonly durations = lazy(() => this.#columns.pages.numbers(columnId('span.duration'), this.#columns.spanCount))

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
    const offsets = this.#columns.pages.numbers(columnId('event.time'), spans.length)
    return this.#addNanos(offsets, row => starts[spans[row]!]!)
  })

  #addNanos(numbers: ReadNumbers, originOf: (row: number, before: bigint) => bigint): bigint[] {
    return addOffsets(numbers, originOf, this.#fail)
  }

  readonly #fail = (message: string): never => this.#columns.pages.fail('times', message)
}
