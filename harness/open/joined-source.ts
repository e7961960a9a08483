import { withSubject } from '../../lib/error.ts'
import { AttributeNames } from '../../lib/model/attribute-names.ts'
import type { AttributeName, ColumnName, ColumnSet, ScanRequest, SpanBatch, SpanSource } from '../../lib/model/scan.ts'
import type { Value } from '../../lib/model/trace.ts'

/** The spans of several sources, one source after another. */
export function joinSources(sources: readonly SpanSource[]): SpanSource {
  if (sources.length === 1) return sources[0]!
  return {
    async *scan(request: ScanRequest) {
      for (const source of sources) yield* source.scan(request)
    },
    attributeNames: async () => joinNames(await Promise.all(sources.map(source => source.attributeNames()))),
    distinctValues: async (column: ColumnName) => {
      const all = new Set<Value>()
      for (const source of sources) {
        const known = await source.distinctValues?.(column)
        if (known === undefined) return undefined
        for (const value of known) all.add(value)
      }
      return [...all]
    },
  }
}

function joinNames(lists: readonly (readonly AttributeName[])[]): AttributeName[] {
  const joined = new AttributeNames()
  for (const { scope, key, types } of lists.flat()) for (const type of types) joined.add(scope, key, type)
  return joined.list()
}

/** The same source; what is wrong with it is told with its name. */
export function namedSource(name: string, source: SpanSource): SpanSource {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw withSubject(name, error)
    }
  }
  return {
    async *scan(request: ScanRequest) {
      const batches = source.scan(request)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const next = await named(() => batches.next())
          if (next.done) return
          yield new NamedBatch(next.value, named)
        }
      } finally {
        await batches.return?.()
      }
    },
    attributeNames: () => named(() => source.attributeNames()),
    distinctValues: column => named(async () => source.distinctValues?.(column)),
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

  read(columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    return this.#named(() => this.#batch.read(columns, rows))
  }

  release(): void {
    this.#batch.release()
  }
}
