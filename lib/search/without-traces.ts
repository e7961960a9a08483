import type { ColumnData, ColumnName, ColumnSet, SpanBatch } from '../model/scan.ts'
import { traceIdsOf } from './shared-ids.ts'

/**
 * A batch less the traces whose id is left out: the batch itself where none is, undefined where all are, which releases
 * it. It reads `trace:id`.
 */
export async function withoutTraces(
  batch: SpanBatch,
  isLeftOut: (traceId: string) => boolean,
): Promise<SpanBatch | undefined> {
  const columns = await batch.read(['trace:id'])
  const leaves = traceIdsOf(columns).map(isLeftOut)
  if (!leaves.includes(true)) return batch
  if (leaves.includes(false)) return remaining(batch, columns.traceStarts, leaves)
  batch.release()
  return undefined
}

/** By row of the batch its row in what remains, or -1. */
type Renumbering = Int32Array

function remaining(batch: SpanBatch, starts: Uint32Array, leaves: readonly boolean[]): SpanBatch {
  const isKept = new Uint8Array(batch.spanCount)
  for (const [trace, isOut] of leaves.entries()) if (!isOut) isKept.fill(1, starts[trace]!, starts[trace + 1]!)
  const spans = renumber(isKept)
  const traces = renumber(Uint8Array.from(leaves, isOut => (isOut ? 0 : 1)))
  const rows = kept(spans)
  const traceStarts = Uint32Array.from([...kept(traces).map(trace => spans[starts[trace]!]!), rows.length])
  return {
    spanCount: rows.length,
    weights: batch.weights && Float64Array.from(rows, row => batch.weights![row]!),
    startExtent: batch.startExtent,
    async read(names, wanted) {
      const columns = await batch.read(
        names,
        wanted?.map(row => rows[row]!),
      )
      return remainingColumns(columns, { spans, traces, traceStarts })
    },
    release: () => batch.release(),
  }
}

interface Remaining {
  readonly spans: Renumbering
  readonly traces: Renumbering
  readonly traceStarts: Uint32Array
}

function remainingColumns(columns: ColumnSet, { spans, traces, traceStarts }: Remaining): ColumnSet {
  const ofOwners = (owners: Uint32Array) => renumber(Uint8Array.from(owners, row => (spans[row]! < 0 ? 0 : 1)))
  const rowsOf = (name: ColumnName): Renumbering => {
    if (name.startsWith('event')) return ofOwners(columns.eventSpans)
    if (name.startsWith('link')) return ofOwners(columns.linkSpans)
    return name.startsWith('trace:') ? traces : spans
  }
  const ownersIn = (owners: Uint32Array) => owners.map(row => spans[row]!).filter((_, i) => spans[owners[i]!]! >= 0)
  return {
    get: name => {
      const rows = rowsOf(name)
      const isRow = name === 'span:parent' || name === 'trace:root'
      return columns.get(name).flatMap(data => remainingData(data, rows, isRow ? spans : undefined) ?? [])
    },
    traceStarts,
    get eventSpans() {
      return ownersIn(columns.eventSpans)
    },
    get linkSpans() {
      return ownersIn(columns.linkSpans)
    },
  }
}

/** The values of the rows that remain; `targets` renumbers values that are rows themselves. Undefined where none is left. */
function remainingData(
  { type, rows, values }: ColumnData,
  renumbering: Renumbering,
  targets: Renumbering | undefined,
): ColumnData | undefined {
  const places = rows === undefined ? kept(renumbering) : rows.map((_, i) => i).filter(i => renumbering[rows[i]!]! >= 0)
  if (places.length === 0) return undefined
  const own = { type, rows: rows && places.map(i => renumbering[rows[i]!]!) }
  if ('codes' in values) {
    const { codes, dictionary } = values
    return { ...own, values: { codes: places.map(i => codes[i]!), dictionary } }
  }
  if ('bigints' in values) {
    const bigints = Array.from(places, i => values.bigints[i]!)
    const isSigned = values.bigints instanceof BigInt64Array
    return { ...own, values: { bigints: isSigned ? BigInt64Array.from(bigints) : BigUint64Array.from(bigints) } }
  }
  const numbers = Float64Array.from(places, i => values.numbers[i]!)
  if (targets === undefined) return { ...own, values: { base: values.base, numbers } }
  const base = Number(values.base)
  return {
    ...own,
    values: { base: 0n, numbers: numbers.map(row => (base + row < 0 ? base + row : targets[base + row]!)) },
  }
}

function renumber(isKept: Uint8Array): Renumbering {
  let next = 0
  return Int32Array.from(isKept, own => (own === 1 ? next++ : -1))
}

/** The rows that have a number. */
function kept(renumbering: Renumbering): Uint32Array {
  return Uint32Array.from(renumbering.keys()).filter(row => renumbering[row]! >= 0)
}
