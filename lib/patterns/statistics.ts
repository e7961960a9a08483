import { growingNumbers } from '../bytes/growing.ts'
import { getOrInsert } from '../maps.ts'
import type { Trace } from '../model/trace.ts'
import { parentRows, rootRow } from '../model/tree.ts'
import { type Template, TemplateTable } from './template.ts'

/** What the traces of one template are like. */
export interface Pattern {
  readonly template: Template
  /** Traces that were read. */
  readonly readCount: number
  /** Traces that they represent: the same where nothing was sampled. */
  readonly traceCount: number
  readonly spanCount: number
  readonly byteLength: number
  /** Traces with a span of status error. */
  readonly errorCount: number
  /** Durations of the roots in nanoseconds, ascending, of the traces that were read; their weights beside them. */
  readonly durations: Float64Array
  readonly weights: Float64Array
  /** The id of one of the traces: the least. */
  readonly example: string
}

interface Gathered {
  readCount: number
  traceCount: number
  spanCount: number
  byteLength: number
  errorCount: number
  readonly durations: ReturnType<typeof growingNumbers>
  readonly weights: ReturnType<typeof growingNumbers>
  example: string
}

/**
 * Statistics of traces by template. Statuses tell no templates apart, so that a template has an error rate. Memory: that
 * of a TemplateTable, and 16 bytes a trace.
 */
export class PatternStatistics {
  readonly #table = new TemplateTable({ hasStatus: false })
  readonly #gathered = new Map<number, Gathered>()

  /** `weight` is how many traces this one represents. */
  add(trace: Trace, byteLength: number, weight = 1): void {
    const number = this.#table.of(trace)
    const found = getOrInsert(this.#gathered, number, () => newGathered(trace))
    found.readCount++
    found.traceCount += weight
    found.spanCount += weight * trace.spans.length
    found.byteLength += weight * byteLength
    if (trace.spans.some(({ status }) => status?.code === 2)) found.errorCount += weight
    found.durations.push(Number(rootDuration(trace)))
    found.weights.push(weight)
    if (trace.traceId < found.example) found.example = trace.traceId
  }

  /** The commonest first. */
  patterns(): Pattern[] {
    const patterns = Array.from(this.#gathered, ([number, found]): Pattern => {
      const [durations, weights] = [found.durations.view(), found.weights.view()]
      const order = durations.map((_, i) => i).sort((a, b) => durations[a]! - durations[b]!)
      return {
        ...found,
        template: this.#table.template(number),
        durations: order.map(i => durations[i]!),
        weights: order.map(i => weights[i]!),
      }
    })
    return patterns.sort((a, b) => b.traceCount - a.traceCount || (a.template.key < b.template.key ? -1 : 1))
  }
}

function newGathered({ traceId }: Trace): Gathered {
  const counts = { readCount: 0, traceCount: 0, spanCount: 0, byteLength: 0, errorCount: 0 }
  return { ...counts, durations: growingNumbers(), weights: growingNumbers(), example: traceId }
}

/** Of the root; of a trace without one, from the first start to the last end. */
function rootDuration({ traceId, spans }: Trace): bigint {
  const root = spans[rootRow(traceId, spans, parentRows(spans))]
  if (root !== undefined) return root.endNanos - root.startNanos
  let [first, last] = [spans[0]!.startNanos, spans[0]!.endNanos]
  for (const { startNanos, endNanos } of spans) {
    if (startNanos < first) first = startNanos
    if (endNanos > last) last = endNanos
  }
  return last - first
}

/** The duration at a quantile: that of rank `ceil(quantile * count)`, where each counts as many as it represents. */
export function quantileOf({ durations, weights, traceCount }: Pattern, quantile: number): number {
  let left = quantile * traceCount
  for (let i = 0; i < durations.length; i++) {
    left -= weights[i]!
    if (left <= 1e-9) return durations[i]!
  }
  return durations[durations.length - 1]!
}
