import { BoundedCache, getOrInsert } from '../maps.ts'
import type { Limits } from '../model/limits.ts'
import { ownersOf } from '../model/owners.ts'
import type { CodedValues, ColumnName, ColumnSet, SharedBatch, SpanBatch, SpanSource } from '../model/scan.ts'
import {
  adjustedCount,
  explicitRandomness,
  hasThreshold,
  parseThreshold,
  randomnessDigits,
  thresholdDigits,
} from './threshold.ts'

const column = 'span:traceState'

/**
 * The same spans, each of which counts as many as its own trace state says that it represents: `ot=th:…`, the threshold
 * below which its kind was left out. Where no span has one nothing is read, and no batch has weights. Spans whose
 * threshold cannot be read, or contradicts the randomness of their trace, represent themselves.
 */
export function weightedSource(source: SpanSource): SpanSource {
  const known = new KnownStates()
  return {
    joined: source.joined,
    findTraces: (traceIds, limits) => source.findTraces(traceIds, limits),
    bounds: () => source.bounds(),
    cost: request => source.cost(request),
    attributeNames: () => source.attributeNames(),
    distinctValues: async name => source.distinctValues?.(name),
    async *scan(request, limits) {
      const own = await tellingColumns(source)
      if (own.length === 0) return yield* source.scan(request, limits)
      const columns = [...new Set([...request.columns, ...own])]
      for await (const batch of source.scan({ ...request, columns }, limits)) {
        const weights = await readWeights(batch, known)
        yield weights === undefined ? batch : weightedBatch(batch, weights)
      }
    },
  }
}

/** By source that joins no others: the columns that tell how its spans were sampled, which do not change. */
const knownTelling = new WeakMap<SpanSource, readonly ColumnName[]>()

/** The columns that tell how spans were sampled: none where no trace state has a threshold. */
async function tellingColumns(source: SpanSource): Promise<readonly ColumnName[]> {
  const { joined } = source
  if (joined !== undefined) return [...new Set((await Promise.all(joined.map(tellingColumns))).flat())]
  const columns = knownTelling.get(source) ?? (await findTelling(source))
  knownTelling.set(source, columns)
  return columns
}

async function findTelling(source: SpanSource): Promise<readonly ColumnName[]> {
  const known = (await source.distinctValues?.(column)) as readonly string[] | undefined
  if (known === undefined) return [column, 'trace:id']
  const states = known.filter(hasThreshold)
  if (states.every(state => explicitRandomness(state) !== undefined)) return states.length === 0 ? [] : [column]
  return [column, 'trace:id']
}

/** Reads by span how many it represents; undefined where each represents itself. */
async function readWeights(batch: SpanBatch, known: KnownStates): Promise<Float64Array | undefined> {
  const states = await readStates(batch, known)
  if (!states.dictionary.some(({ weight }) => weight !== 1)) return undefined
  return Float64Array.from(states.codes, (code, row) => (states.isHeld(row) ? states.dictionary[code]!.weight : 1))
}

/** What a trace state says of a span's sampling. */
interface State {
  /** How many the span represents, if its threshold holds. */
  readonly weight: number
  readonly isMalformed: boolean
  /** The hex digits of the threshold, and of the randomness where it is told. */
  readonly threshold: string
  readonly randomness: string | undefined
}

/** Adaptive policies give each trace a threshold of its own: of more states than these none are kept. */
const maxKnown = 1 << 16

/** The states that have been parsed, by text. */
class KnownStates {
  readonly #states = new BoundedCache<State>(maxKnown)

  of(traceState: string): State {
    return this.#states.get(traceState, () => parseState(traceState))
  }
}

function parseState(traceState: string): State {
  const [digits, threshold] = [thresholdDigits(traceState), parseThreshold(traceState)]
  return {
    weight: threshold === undefined ? 1 : adjustedCount(threshold),
    isMalformed: digits === undefined && hasThreshold(traceState),
    threshold: digits ?? '',
    randomness: explicitRandomness(traceState),
  }
}

/** The states of a batch's spans, by code. */
interface States {
  readonly codes: Uint32Array
  readonly dictionary: readonly State[]
  /** False where the randomness of a span is below its threshold, by which it would not have been kept. */
  isHeld(row: number): boolean
}

/** Trace ids are read where a threshold needs them. */
async function readStates(batch: SpanBatch, known: KnownStates): Promise<States> {
  const columns = await batch.read([column])
  const { codes, dictionary } = textsOf(columns, column)
  const states = dictionary.map(text => known.of(text))
  const needsIds = states.some(({ threshold, randomness }) => threshold > '' && randomness === undefined)
  const ids = needsIds ? textsOf(await batch.read(['trace:id']), 'trace:id') : undefined
  const digits = ids?.dictionary.map(id => randomnessDigits(id, ''))
  const traceOf = needsIds ? ownersOf(columns.traceStarts) : undefined
  return {
    codes,
    dictionary: states,
    isHeld: row => {
      const { threshold, randomness } = states[codes[row]!]!
      return threshold === '' || (randomness ?? digits![ids!.codes[traceOf![row]!]!]!) >= threshold
    },
  }
}

/** A column of texts that has one for each of its owners. */
function textsOf(columns: ColumnSet, name: ColumnName): { codes: Uint32Array; dictionary: readonly string[] } {
  const [data] = columns.get(name)
  if (data === undefined || !('codes' in data.values)) return { codes: new Uint32Array(), dictionary: [] }
  return data.values as CodedValues & { readonly dictionary: readonly string[] }
}

/** The same batch, whose spans represent so many each. */
export function weightedBatch(batch: SpanBatch, weights: Float64Array): SpanBatch {
  return new WeightedBatch(batch, weights)
}

/** By identity of a batch that of the same with its weights, which its spans tell. */
const weightedIdentities = new WeakMap<object, object>()

class WeightedBatch implements SpanBatch {
  readonly spanCount: number
  readonly identity: object | undefined
  readonly positions: SpanBatch['positions']
  readonly weights: Float64Array
  readonly startsAfter: SpanBatch['startsAfter']
  readonly #batch: SpanBatch

  constructor(batch: SpanBatch, weights: Float64Array) {
    this.spanCount = batch.spanCount
    this.identity = batch.identity && getOrInsert(weightedIdentities, batch.identity, () => ({}))
    this.positions = batch.positions
    this.weights = weights
    this.startsAfter = batch.startsAfter?.bind(batch)
    this.#batch = batch
  }

  get startExtent(): readonly [bigint, bigint] | undefined {
    return this.#batch.startExtent
  }

  read(columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
    return this.#batch.read(columns, rows)
  }

  async share(): Promise<SharedBatch | undefined> {
    const shared = await this.#batch.share?.()
    if (shared === undefined) return undefined
    const { value, transfer } = shared.input
    return { ...shared, input: { value: { ...value, weights: this.weights }, transfer } }
  }

  release(): void {
    this.#batch.release()
  }
}

/** How the spans of a source were sampled. */
export interface Sample {
  readonly spanCount: number
  /** How many spans these stand for. */
  readonly representedCount: number
  /** Spans that count once, since their threshold cannot be read. */
  readonly malformedCount: number
  /** Spans that count once, since their randomness is below their threshold. */
  readonly contradictingCount: number
}

/** False where all spans of a source represent themselves, as it knows without a scan. */
export async function mayBeSampled(source: SpanSource): Promise<boolean> {
  return (await tellingColumns(source)).length > 0
}

/** Whether spans of a source were left out, as those that are there tell. */
export async function isSampled(source: SpanSource): Promise<boolean> {
  const sample = await sampleOf(source)
  return sample !== undefined && sample.representedCount > sample.spanCount
}

/** How the spans of a source were sampled, by their trace states and ids; undefined where none has a threshold. */
export async function sampleOf(source: SpanSource, limits?: Limits): Promise<Sample | undefined> {
  const columns = await tellingColumns(source)
  if (columns.length === 0) return undefined
  const known = new KnownStates()
  let [spanCount, representedCount, malformedCount, contradictingCount, isSampled] = [0, 0, 0, 0, false]
  for await (const batch of source.scan({ needs: [], columns }, limits)) {
    const { codes, dictionary, isHeld } = await readStates(batch, known)
    for (const [row, code] of codes.entries()) {
      const { weight, isMalformed } = dictionary[code]!
      const isCounted = isHeld(row)
      representedCount += isCounted ? weight : 1
      if (isMalformed) malformedCount++
      if (!isCounted) contradictingCount++
    }
    spanCount += batch.spanCount
    isSampled ||= dictionary.some(({ weight, isMalformed }) => weight !== 1 || isMalformed)
    batch.release()
  }
  return isSampled ? { spanCount, representedCount, malformedCount, contradictingCount } : undefined
}
