import type { ColumnData, ColumnName, ColumnSet, SharedBatch, SpanBatch } from '../model/scan.ts'

/** A batch less the traces at some places: the batch itself where none is, undefined where all are, which releases it. */
export async function withoutTraces(batch: SpanBatch, places: readonly number[]): Promise<SpanBatch | undefined> {
  if (places.length === 0) return batch
  const known = batch.identity && remainders.get(batch.identity)
  if (known !== undefined && isSame(known.places, places)) return new RemainingBatch(batch, known)
  const left = await leftOf(batch, places)
  if (left.rows.length === 0) {
    batch.release()
    return undefined
  }
  const remainder = { places, spanCount: left.rows.length, identity: {} }
  if (batch.identity !== undefined) remainders.set(batch.identity, remainder)
  return new RemainingBatch(batch, remainder, left)
}

/** What is known of a batch less some traces once it has been read. */
interface Remainder {
  readonly places: readonly number[]
  readonly spanCount: number
  readonly identity: object
}

/** By identity of a batch: its last remainder. A store asks with the same shared traces again and again. */
const remainders = new WeakMap<object, Remainder>()

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((place, i) => place === b[i])
}

/** By row of the batch its row in what remains, or -1. */
type Renumbering = Int32Array

interface Left {
  readonly spans: Renumbering
  readonly traces: Renumbering
  /** The rows that remain. */
  readonly rows: Uint32Array
  readonly traceStarts: Uint32Array
}

async function leftOf(batch: SpanBatch, places: readonly number[]): Promise<Left> {
  const starts = (await batch.read([])).traceStarts
  const areKept = new Uint8Array(starts.length - 1).fill(1)
  for (const place of places) areKept[place] = 0
  const isKept = new Uint8Array(batch.spanCount)
  for (const [trace, isIn] of areKept.entries()) if (isIn === 1) isKept.fill(1, starts[trace]!, starts[trace + 1]!)
  const [spans, traces] = [renumber(isKept), renumber(areKept)]
  const rows = kept(spans)
  const traceStarts = Uint32Array.from([...kept(traces).map(trace => spans[starts[trace]!]!), rows.length])
  return { spans, traces, rows, traceStarts }
}

class RemainingBatch implements SpanBatch {
  readonly spanCount: number
  readonly identity: object | undefined
  readonly weights: Float64Array | undefined
  readonly startExtent: SpanBatch['startExtent']
  readonly startsAfter: SpanBatch['startsAfter']
  readonly #batch: SpanBatch
  readonly #places: readonly number[]
  #left: Left | undefined

  constructor(batch: SpanBatch, { places, spanCount, identity }: Remainder, left?: Left) {
    this.spanCount = spanCount
    this.identity = batch.identity && identity
    this.weights = batch.weights && left && pick(batch.weights, left.rows)
    this.startExtent = batch.startExtent
    this.startsAfter = batch.startsAfter && ((times, rows) => this.#startsAfter(times, rows))
    this.#batch = batch
    this.#places = places
    this.#left = left
  }

  async #leftOnce(): Promise<Left> {
    this.#left ??= await leftOf(this.#batch, this.#places)
    return this.#left
  }

  async #startsAfter(times: readonly bigint[], rows?: Uint32Array): Promise<Int32Array> {
    const left = await this.#leftOnce()
    const after = await this.#batch.startsAfter!(times, rows && pick(left.rows, rows))
    // A row only moves to the front: what is overwritten has moved before.
    for (let i = 0; i < left.rows.length; i++) after[i] = after[left.rows[i]!]!
    return after.subarray(0, left.rows.length)
  }

  async read(names: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    const left = await this.#leftOnce()
    return remainingColumns(await this.#batch.read(names, rows && pick(left.rows, rows)), left)
  }

  /** The batch as a worker opens it, which leaves the traces out there. */
  async share(): Promise<SharedBatch | undefined> {
    const shared = await this.#batch.share?.()
    if (shared === undefined) return undefined
    const { value, transfer } = shared.input
    return { ...shared, input: { value: { ...value, leftOut: this.#places, weights: this.weights }, transfer } }
  }

  release(): void {
    this.#left = undefined
    this.#batch.release()
  }
}

/** The values of some rows. */
function pick<T extends Float64Array | Uint32Array>(values: T, rows: Uint32Array): T {
  const picked = values.slice(0, rows.length) as T
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i]!]!
  return picked
}

function remainingColumns(columns: ColumnSet, { spans, traces, traceStarts }: Left): ColumnSet {
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
  const places = rows === undefined ? kept(renumbering) : placesOfKept(rows, renumbering)
  if (places.length === 0) return undefined
  const own = { type, rows: rows && places.map(i => renumbering[rows[i]!]!) }
  if ('codes' in values) {
    const { codes, dictionary } = values
    return { ...own, values: { codes: pick(codes, places), dictionary } }
  }
  if ('bigints' in values) {
    const bigints = Array.from(places, i => values.bigints[i]!)
    const isSigned = values.bigints instanceof BigInt64Array
    return { ...own, values: { bigints: isSigned ? BigInt64Array.from(bigints) : BigUint64Array.from(bigints) } }
  }
  const numbers = pick(values.numbers, places)
  if (targets === undefined) return { ...own, values: { base: values.base, numbers } }
  const base = Number(values.base)
  return {
    ...own,
    values: { base: 0n, numbers: numbers.map(row => (base + row < 0 ? base + row : targets[base + row]!)) },
  }
}

/** Where in some rows those are that remain. */
function placesOfKept(rows: Uint32Array, renumbering: Renumbering): Uint32Array {
  const places = new Uint32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) if (renumbering[rows[i]!]! >= 0) places[count++] = i
  return places.subarray(0, count)
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
