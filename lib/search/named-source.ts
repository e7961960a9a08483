import { naming } from '../error.ts'
import type { ColumnName, ColumnSet, SharedBatch, SpanBatch, SpanSource, TraceIds } from '../model/scan.ts'

/** The same source; what is wrong with it is told with its name. */
export function namedSource(name: string, source: SpanSource): SpanSource {
  const named: Named = work => naming(name, work)
  return {
    async *scan(request, limits) {
      for await (const batch of eachNamed(source.scan(request, limits), named)) yield namedBatch(batch, name)
    },
    findTraces: (traceIds, limits) => eachNamed(source.findTraces(traceIds, limits), named),
    bounds: () => source.bounds(),
    cost: request => source.cost(request),
    attributeNames: () => named(() => source.attributeNames()),
    distinctValues: column => named(async () => source.distinctValues?.(column)),
    parts: source.parts,
    asHeld: source.asHeld,
    traceIds: source.traceIds && (limits => named(async () => namedIds(await source.traceIds!(limits), named))),
  }
}

/** The same batch; what is wrong with it is told with the name of its source. */
export function namedBatch(batch: SpanBatch, name: string): SpanBatch {
  return new NamedBatch(batch, name)
}

function namedIds(ids: TraceIds, named: Named): TraceIds {
  return { ...ids, at: (positions, limits) => named(async () => ids.at(positions, limits)) }
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
  readonly identity: SpanBatch['identity']
  readonly positions: SpanBatch['positions']
  readonly startsAfter: SpanBatch['startsAfter']
  readonly #batch: SpanBatch
  readonly #name: string
  readonly #named: Named

  constructor(batch: SpanBatch, name: string) {
    this.spanCount = batch.spanCount
    this.identity = batch.identity
    this.positions = batch.positions
    this.#batch = batch
    this.#name = name
    this.#named = work => naming(name, work)
    const startsAfter = batch.startsAfter?.bind(batch)
    this.startsAfter = startsAfter && ((times, rows) => this.#named(() => startsAfter(times, rows)))
  }

  get weights(): Float64Array | undefined {
    return this.#batch.weights
  }

  get startExtent(): readonly [bigint, bigint] | undefined {
    return this.#batch.startExtent
  }

  read(columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    return this.#named(() => this.#batch.read(columns, rows))
  }

  async share(): Promise<SharedBatch | undefined> {
    const shared = await this.#named(async () => this.#batch.share?.())
    if (shared === undefined) return undefined
    const { value, transfer } = shared.input
    return { ...shared, input: { value: { ...value, subject: this.#name }, transfer } }
  }

  release(): void {
    this.#batch.release()
  }
}
