import type { ColumnData, ColumnName, ColumnSet, SharedBatch, SpanBatch } from '../model/scan.ts'

/** A batch less the traces at some places: the batch itself where none is, undefined where all are, which releases it. */
export async function withoutTraces(batch: SpanBatch, places: readonly number[]): Promise<SpanBatch | undefined> {
  if (places.length === 0) return batch
  const starts = (await batch.read([])).traceStarts
  const leaves: boolean[] = new Array(starts.length - 1).fill(false)
  for (const place of places) leaves[place] = true
  if (leaves.includes(false)) return remaining(batch, starts, { places, leaves })
  batch.release()
  return undefined
}

/** By row of the batch its row in what remains, or -1. */
type Renumbering = Int32Array

interface LeftOut {
  readonly places: readonly number[]
  /** By trace: whether it is. */
  readonly leaves: readonly boolean[]
}

function remaining(batch: SpanBatch, starts: Uint32Array, { places, leaves }: LeftOut): SpanBatch {
  const isKept = new Uint8Array(batch.spanCount)
  for (const [trace, isOut] of leaves.entries()) if (!isOut) isKept.fill(1, starts[trace]!, starts[trace + 1]!)
  const spans = renumber(isKept)
  const traces = renumber(Uint8Array.from(leaves, isOut => (isOut ? 0 : 1)))
  const rows = kept(spans)
  const traceStarts = Uint32Array.from([...kept(traces).map(trace => spans[starts[trace]!]!), rows.length])
  const weights = batch.weights && Float64Array.from(rows, row => batch.weights![row]!)
  return {
    spanCount: rows.length,
    weights,
    startExtent: batch.startExtent,
    startsAfter:
      batch.startsAfter &&
      (async (times, wanted) => {
        const own = wanted?.map(row => rows[row]!)
        const after = await batch.startsAfter!(times, own)
        return Int32Array.from(rows, row => after[row]!)
      }),
    async read(names, wanted) {
      const columns = await batch.read(
        names,
        wanted?.map(row => rows[row]!),
      )
      return remainingColumns(columns, { spans, traces, traceStarts })
    },
    share: () => sharedWithout(batch, places, weights),
    release: () => batch.release(),
  }
}

/** The batch as a worker opens it, which leaves the traces out there. */
function sharedWithout(
  batch: SpanBatch,
  leftOut: readonly number[],
  weights: Float64Array | undefined,
): SharedBatch | undefined {
  const shared = batch.share?.()
  if (shared === undefined) return undefined
  const { value, transfer } = shared.input
  return { ...shared, input: { value: { ...value, leftOut, weights }, transfer } }
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
  const numbers = new Int32Array(isKept.length)
  let next = 0
  for (let row = 0; row < numbers.length; row++) numbers[row] = isKept[row] === 1 ? next++ : -1
  return numbers
}

/** The rows that have a number. */
function kept(renumbering: Renumbering): Uint32Array {
  const rows = new Uint32Array(renumbering.length)
  let count = 0
  for (let row = 0; row < rows.length; row++) if (renumbering[row]! >= 0) rows[count++] = row
  return rows.subarray(0, count)
}
