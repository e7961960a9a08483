import { naming } from '../error.ts'
import type { ColumnName, ColumnSet, SpanBatch, SpanSource, StartBounds } from '../model/scan.ts'

/** The same source; what is wrong with it is told with its name. */
export function namedSource(name: string, source: SpanSource): SpanSource {
  const named: Named = work => naming(name, work)
  return {
    async *scan(request, limits) {
      for await (const batch of eachNamed(source.scan(request, limits), named)) yield new NamedBatch(batch, named)
    },
    findTraces: (traceIds, limits) => eachNamed(source.findTraces(traceIds, limits), named),
    bounds: () => source.bounds(),
    cost: request => source.cost(request),
    attributeNames: () => named(() => source.attributeNames()),
    distinctValues: column => named(async () => source.distinctValues?.(column)),
  }
}

async function* eachNamed<T>(items: AsyncIterable<T>, named: Named): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await named(() => iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}

type Named = <T>(work: () => Promise<T>) => Promise<T>

class NamedBatch implements SpanBatch {
  readonly spanCount: number
  readonly #batch: SpanBatch
  readonly #named: Named

  constructor(batch: SpanBatch, named: Named) {
    this.spanCount = batch.spanCount
    this.#batch = batch
    this.#named = named
  }

  get weights(): Float64Array | undefined {
    return this.#batch.weights
  }

  get startExtent(): readonly [bigint, bigint] | undefined {
    return this.#batch.startExtent
  }

  startBounds(): Promise<StartBounds | undefined> {
    return this.#named(async () => this.#batch.startBounds?.())
  }

  read(columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    return this.#named(() => this.#batch.read(columns, rows))
  }

  release(): void {
    this.#batch.release()
  }
}
