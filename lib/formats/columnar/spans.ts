import { ownersOf, startsOf } from '../../model/owners.ts'
import { mix, mixColumns } from './contexts.ts'
import { endOrigin, type Forest, startOrigin } from './forest.ts'
import { type ContextPlan, type Known, Prediction } from './prediction.ts'
import { wholeHistory } from './ranked.ts'

/** What later columns of spans are predicted from, by row: filled in as the columns are written or read. */
export class SpanContexts {
  readonly rowCount: number
  /** The position of the span's trace. */
  readonly traceOf: Uint32Array
  /** Spans in the span's trace. */
  readonly sizeOf: Uint32Array
  /** The position of the span in its trace. */
  readonly positionOf: Uint32Array
  readonly nothing: Uint32Array
  names: Uint32Array
  namesAndResources: Uint32Array
  namesAndStatuses: Uint32Array
  /** By trace: a hash of what is known of its template. Undefined in files without templates. */
  readonly #shapes: Uint32Array | undefined
  /** By row: that, and its position in the trace. */
  #places: Uint32Array

  constructor(spanCounts: ArrayLike<number>, hasTemplates: boolean) {
    this.#shapes = hasTemplates ? Uint32Array.from(spanCounts) : undefined
    const starts = startsOf(spanCounts)
    this.traceOf = ownersOf(starts)
    this.positionOf = this.traceOf.map((trace, row) => row - starts[trace]!)
    this.sizeOf = this.traceOf.map(trace => spanCounts[trace]!)
    this.rowCount = this.traceOf.length
    this.nothing = new Uint32Array(this.rowCount)
    this.names = this.nothing
    this.namesAndResources = this.nothing
    this.namesAndStatuses = this.nothing
    this.#places = this.nothing
  }

  /** Adds a column to what templates are told apart by. */
  addShape(codes: ArrayLike<number>): void {
    const shapes = this.#shapes
    if (!shapes) return
    for (let row = 0; row < this.rowCount; row++) {
      const trace = this.traceOf[row]!
      shapes[trace] = mix(shapes[trace]!, codes[row]!)
    }
    this.#places = this.traceOf.map((trace, row) => mix(shapes[trace]!, this.positionOf[row]!))
  }

  /** By row the position of its trace, where there are templates. */
  get traces(): Uint32Array | undefined {
    return this.#shapes && this.traceOf
  }

  /** The place in the template as a context, where there are templates. */
  get #byPlace(): readonly Known[] {
    return this.#shapes ? [this.#places] : []
  }

  setNames(codes: Uint32Array): void {
    this.names = mixColumns(this.rowCount, [codes])
    this.addShape(codes)
  }

  setResources(codes: Uint32Array): void {
    this.namesAndResources = mixColumns(this.rowCount, [this.names, codes])
  }

  setStatuses(codes: Uint32Array): void {
    this.namesAndStatuses = mixColumns(this.rowCount, [this.names, codes])
  }

  /** Names: from the names before them in the trace, and its size. */
  forNames(): Prediction {
    const whole = this.#shapes ? [{ known: this.sizeOf, history: wholeHistory, isChecked: true }] : []
    return new Prediction({
      chains: [
        [...whole, at(this.sizeOf, 3), at(this.nothing, 2), at(this.nothing, 1)],
        [at(this.sizeOf, 2), at(this.nothing, 1)],
      ],
      known: [this.nothing],
      groups: this.traceOf,
    })
  }

  /** A column of spans, from the span's name and what else is known. */
  forSpans(): Prediction {
    const places = this.#byPlace.map(known => ({ known, history: 0, isChecked: true }))
    return new Prediction({
      chains: [
        [...places, at(this.namesAndResources, 1), at(this.namesAndResources, 0), at(this.names, 0)],
        [...places, at(this.namesAndResources, 0), at(this.names, 0)],
        [at(this.nothing, 2), at(this.nothing, 1)],
      ],
      known: [this.nothing, this.names, this.namesAndResources, this.namesAndStatuses, ...this.#byPlace],
      groups: this.traceOf,
      traces: this.traces,
    })
  }

  /** Starts: from the names of the span and of the one it is encoded relative to. */
  forStarts({ parents, siblings }: Forest, origin: number): Prediction {
    const pairs = new Uint32Array(this.rowCount)
    for (let row = 0; row < this.rowCount; row++) {
      const isSibling = origin === startOrigin.sibling && siblings[row]! >= 0
      const other = isSibling ? siblings[row]! : parents[row]!
      pairs[row] = mix(this.names[row]!, other < 0 ? 0 : mix(this.names[other]!, isSibling ? 1 : 0))
    }
    return new Prediction({
      chains: [[at(pairs, 0), at(this.names, 0)]],
      known: [this.nothing, this.names, pairs, this.namesAndResources, ...this.#byPlace],
    })
  }

  /** Ends: as all columns of spans, or from the names of the span and of its last child. */
  forEnds({ lastChildren }: Forest, origin: number): Prediction {
    if (origin === endOrigin.start) return this.forSpans()
    const pairs = new Uint32Array(this.rowCount)
    for (let row = 0; row < this.rowCount; row++) {
      const child = lastChildren[row]!
      pairs[row] = mix(this.namesAndStatuses[row]!, child < 0 ? 0 : this.names[child]!)
    }
    const chains = [[at(pairs, 0), at(this.names, 0)]]
    return new Prediction({
      chains,
      known: [this.nothing, this.names, this.namesAndResources, this.namesAndStatuses, pairs, ...this.#byPlace],
      groups: this.traceOf,
    })
  }

  /** Parents: from the names of the span and of the one before it. */
  forParents(): Prediction {
    const pairs = new Uint32Array(this.rowCount)
    for (let row = 0; row < this.rowCount; row++) {
      const isFirst = row === 0 || this.traceOf[row] !== this.traceOf[row - 1]
      pairs[row] = mix(this.names[row]!, isFirst ? 1 : this.names[row - 1]!)
    }
    const sized = mixColumns(this.rowCount, [pairs, this.sizeOf])
    const places = this.#byPlace.map(known => ({ known, history: 0, isChecked: true }))
    return new Prediction({
      chains: [
        [...places, at(sized, 1), at(pairs, 1), at(this.names, 0)],
        [...places, at(pairs, 2), at(pairs, 0), at(this.names, 0)],
      ],
      known: [this.nothing, this.names, pairs, ...this.#byPlace],
      groups: this.traceOf,
    })
  }
}

function at(known: Known, history: number): ContextPlan {
  return { known, history }
}
