import { type Growing, growingCodes, growingNumbers } from '../bytes/growing.ts'
import { getOrInsert } from '../maps.ts'
import { serviceOf } from '../model/service.ts'
import type { Trace } from '../model/trace.ts'
import { TemplateTable } from '../patterns/template.ts'
import { estimateOtlpBytes } from './byte-length.ts'
import { derivedRandomness, isShortId, RandomnessTest } from './randomness.ts'
import { thresholdEnd } from './threshold.ts'
import { type StateFault, TraceStateReader } from './trace-states.ts'

const errorStatus = 2
/** The W3C flag that says that the trace id is random. */
const randomFlag = 2

/** Numbers of 56 bits in a list that grows. */
class GrowingBits {
  readonly #halves = growingCodes()

  push(bits: bigint): void {
    this.#halves.push(Number(bits & 0xffffffffn))
    this.#halves.push(Number(bits >> 32n))
  }

  at(index: number): bigint {
    return (BigInt(this.#halves.at(2 * index + 1)) << 32n) | BigInt(this.#halves.at(2 * index))
  }
}

/** What policies decide by, of each trace. */
export interface DecidedTraces {
  readonly count: number
  /** As OTLP protobuf. */
  readonly byteLengths: Growing<Float64Array>
  readonly spanCounts: Growing<Uint32Array>
  /** 1 for traces with a span of status error. */
  readonly errors: Growing<Uint32Array>
  /** From the first start to the last end, ns. */
  readonly durations: Growing<Float64Array>
  /** By service and name of the root. */
  readonly operations: Growing<Uint32Array>
  readonly operationCount: number
  readonly templates: Growing<Uint32Array>
  readonly templateCount: number
  /** From the first start of a trace to the last. */
  readonly seconds: number
  /** 56 bits, not below the threshold at which the trace was kept before. */
  randomness(row: number): bigint
  /** The threshold at which a trace was kept before, 0 where it was not sampled. */
  threshold(row: number): bigint
}

/** Summaries of traces, taken as they pass: 60 bytes per trace, and the templates and root operations. */
export class TraceSummaries implements DecidedTraces {
  readonly byteLengths = growingNumbers()
  readonly spanCounts = growingCodes()
  readonly errors = growingCodes()
  readonly durations = growingNumbers()
  readonly operations = growingCodes()
  readonly templates = growingCodes()
  seconds = 0
  readonly #operationNumbers = new Map<string, number>()
  readonly #table = new TemplateTable()
  readonly #states = new TraceStateReader()
  readonly #test = new RandomnessTest()
  readonly #given = new GrowingBits()
  readonly #derived = new GrowingBits()
  readonly #thresholds = new GrowingBits()
  /** 1 where the trace tells its randomness or was sampled by it, 2 where its id is too short to. */
  readonly #kinds = growingCodes()
  #first: bigint | undefined
  #last = 0n

  get count(): number {
    return this.spanCounts.length
  }

  /** True where ids of full length are not random. */
  get hasOrderedIds(): boolean {
    return !this.#test.isRandom
  }

  get templateCount(): number {
    return this.#table.size
  }

  get operationCount(): number {
    return this.#operationNumbers.size
  }

  /** What was wrong with trace states. */
  faults(): StateFault[] {
    return this.#states.faults()
  }

  /** The same traces, of which the summaries are taken as they pass. */
  async *watch(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
    for await (const batch of batches) {
      for (const trace of batch) this.add(trace)
      yield batch
    }
  }

  add(trace: Trace): void {
    const { traceId, spans } = trace
    const { randomness, isExplicit, threshold, maxThreshold } = this.#states.read(trace)
    const isTold = isExplicit || maxThreshold > 0n || spans.some(({ flags }) => (flags & randomFlag) !== 0)
    if (!isTold && !isShortId(traceId)) this.#test.add(randomness)
    this.#kinds.push(isTold ? 1 : isShortId(traceId) ? 2 : 0)
    this.#given.push(randomness)
    this.#derived.push(maxThreshold + ((derivedRandomness(traceId) * (thresholdEnd - maxThreshold)) >> 56n))
    this.#thresholds.push(threshold)
    this.byteLengths.push(estimateOtlpBytes(trace))
    this.spanCounts.push(spans.length)
    this.errors.push(spans.some(({ status }) => status?.code === errorStatus) ? 1 : 0)
    this.templates.push(this.#table.of(trace))
    this.#addTimes(trace)
  }

  /** True where the randomness of a trace is derived from its id, and must be written to it. */
  isDerived(row: number): boolean {
    const kind = this.#kinds.at(row)
    return kind === 2 || (kind === 0 && this.hasOrderedIds)
  }

  get derivedCount(): number {
    let count = 0
    for (let row = 0; row < this.count; row++) if (this.isDerived(row)) count++
    return count
  }

  randomness(row: number): bigint {
    return this.isDerived(row) ? this.#derived.at(row) : this.#given.at(row)
  }

  /** The randomness that the trace came with, by which thresholds of its spans hold. */
  givenRandomness(row: number): bigint {
    return this.#given.at(row)
  }

  threshold(row: number): bigint {
    return this.#thresholds.at(row)
  }

  #addTimes({ spans }: Trace): void {
    const root = spans.find(({ parentSpanId }) => parentSpanId === '') ?? spans[0]!
    let [start, end] = [spans[0]!.startNanos, spans[0]!.endNanos]
    for (const { startNanos, endNanos } of spans) {
      if (startNanos < start) start = startNanos
      if (endNanos > end) end = endNanos
    }
    this.durations.push(Number(end - start))
    const operation = `${serviceOf(root.resource)}\0${root.name}`
    this.operations.push(getOrInsert(this.#operationNumbers, operation, () => this.#operationNumbers.size))
    if (this.#first === undefined || start < this.#first) this.#first = start
    if (start > this.#last) this.#last = start
    this.seconds = Number(this.#last - this.#first) / 1e9
  }
}

/** The same traces with other random numbers: what another run of a policy would have to decide by. */
export function withOtherRandomness(traces: DecidedTraces, randomness: (row: number) => bigint): DecidedTraces {
  const { count, byteLengths, spanCounts, errors, durations, operations, templates, seconds } = traces
  const { operationCount, templateCount } = traces
  return {
    ...{ count, byteLengths, spanCounts, errors, durations, operations, templates, seconds },
    ...{ operationCount, templateCount, randomness, threshold: row => traces.threshold(row) },
  }
}
