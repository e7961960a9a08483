import { growingCodes, growingNumbers } from '../bytes/growing.ts'
import { getOrInsert } from '../maps.ts'
import type { Limits } from '../model/limits.ts'
import type { TimeRange } from '../model/question.ts'
import type { ColumnName, ScanRequest, SpanBatch, SpanSource } from '../model/scan.ts'
import { bucketOf } from '../rollup/buckets.ts'
import { overOneBase } from '../traceql/engine/numbers.ts'
import { type BatchWork, scanResults } from '../traceql/engine/scan.ts'
import { textColumn } from '../traceql/engine/texts.ts'
import { startsIn } from '../traceql/engine/time-extent.ts'

/** In place of the number of a caller: the span has no parent in its trace. */
export const noCaller = 0xffffffff

/**
 * The calls in a batch, as data: spans that start in a range and whose parent is of another service, or missing. A row
 * per caller, service, outcome and bucket of durations.
 */
export interface Calls {
  /** Of the whole batch. */
  readonly spanCount: number
  readonly services: readonly string[]
  /** Numbers of services. */
  readonly callers: Uint32Array
  readonly callees: Uint32Array
  /** 1 where the spans have status error. */
  readonly failed: Uint32Array
  readonly buckets: Float64Array
  /** Spans, as often as each represents one. */
  readonly counts: Float64Array
}

const errorStatus = 2
const columns: readonly ColumnName[] = [
  'resource.service.name',
  'span:status',
  'span:duration',
  'span:parent',
  'span:start',
]

/** The calls of a source, batch by batch; where queriers answer for its parts, they count them. */
export function scanCalls(source: SpanSource, range: TimeRange, limits: Limits): AsyncIterable<Calls> {
  const { startNanos, endNanos } = range
  const request: ScanRequest = { needs: [], columns, startNanos, endNanos }
  const work: BatchWork<Calls> = {
    isLimited: false,
    here: batch => countCalls(batch, range),
    apart: { work: { name: 'calls', content: { startNanos, endNanos } }, received: result => result as Calls },
  }
  return scanResults(source, request, limits, work)
}

/** Counts the calls of a part of a source for who puts the parts together. */
export async function callsApart(source: SpanSource, range: TimeRange, limits: Limits): Promise<Calls[]> {
  const all: Calls[] = []
  for await (const calls of scanCalls(source, range, limits)) all.push(calls)
  return all
}

async function countCalls(batch: SpanBatch, range: TimeRange): Promise<Calls> {
  const { spanCount, weights } = batch
  const set = await batch.read(columns)
  const isIn = startsIn(set.get('span:start'), spanCount, range)
  const serviceOf = textColumn(set.get('resource.service.name'))
  const numbersOf = (name: ColumnName) => {
    const { base, numbers } = overOneBase(set.get(name), spanCount)
    return base === 0n ? numbers : numbers.map(number => number + Number(base))
  }
  const [parents, statuses] = [numbersOf('span:parent'), numbersOf('span:status')]
  const durations = numbersOf('span:duration')
  const table = new CallTable(spanCount)
  for (let row = 0; row < spanCount; row++) {
    if (isIn[row] === 0) continue
    const service = serviceOf(row) ?? ''
    const parent = parents[row]!
    const caller = parent < 0 ? undefined : (serviceOf(parent) ?? '')
    if (caller === service) continue
    table.add(caller, service, statuses[row] === errorStatus, bucketOf(durations[row]!), weights?.[row] ?? 1)
  }
  return table.finish()
}

/** Buckets of either sign are below half of it. */
const bucketReach = 2 ** 14

class CallTable {
  readonly #spanCount: number
  readonly #numbers = new Map<string, number>()
  readonly #pairs = new Map<number, number>()
  readonly #rows = new Map<number, number>()
  readonly #callers = growingCodes()
  readonly #callees = growingCodes()
  readonly #failed = growingCodes()
  readonly #buckets = growingNumbers()
  readonly #counts = growingNumbers()

  constructor(spanCount: number) {
    this.#spanCount = spanCount
  }

  add(caller: string | undefined, service: string, isFailed: boolean, bucket: number, count: number): void {
    const from = caller === undefined ? noCaller : this.#numberOf(caller)
    const to = this.#numberOf(service)
    const pair = getOrInsert(this.#pairs, from * this.#spanCount + to, () => this.#pairs.size)
    const key = (2 * pair + Number(isFailed)) * bucketReach + bucket + bucketReach / 2
    const row = getOrInsert(this.#rows, key, () => {
      this.#callers.push(from)
      this.#callees.push(to)
      this.#failed.push(Number(isFailed))
      this.#buckets.push(bucket)
      this.#counts.push(0)
      return this.#rows.size
    })
    this.#counts.set(row, this.#counts.at(row) + count)
  }

  #numberOf(service: string): number {
    return getOrInsert(this.#numbers, service, () => this.#numbers.size)
  }

  finish(): Calls {
    return {
      spanCount: this.#spanCount,
      services: [...this.#numbers.keys()],
      callers: this.#callers.view(),
      callees: this.#callees.view(),
      failed: this.#failed.view(),
      buckets: this.#buckets.view(),
      counts: this.#counts.view(),
    }
  }
}
