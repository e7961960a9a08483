import { type Growing, growingCodes } from '../../bytes/growing.ts'
import { getOrInsert } from '../../maps.ts'
import { AttributeNames } from '../../model/attribute-names.ts'
import { type Extent, isInTime } from '../../model/extent.ts'
import { checkLimits, type Limits } from '../../model/limits.ts'
import type {
  AttributeName,
  AttributeScope,
  ColumnName,
  Condition,
  ScanRequest,
  SpanBatch,
  SpanNeed,
  SpanSource,
  TraceIds,
} from '../../model/scan.ts'
import { type Attribute, type Trace, type Value, valueType } from '../../model/trace.ts'
import { sortHashes } from '../../model/trace-hashes.ts'
import { spellingsOf, traceWordsHash } from '../../model/trace-id.ts'
import { wantedIds } from '../../model/wanted-ids.ts'
import { joinHalves } from '../../shred/columns.ts'
import { type IdTable, idWidth } from '../../shred/id-table.ts'
import { RowBatch } from '../../shred/row-batch.ts'
import { rowTraces, type TraceGroups } from '../../shred/row-traces.ts'
import { eventField, eventWidth, linkField, linkWidth, type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { nextTurn } from '../../turns.ts'
import type { PartView } from './part.ts'

/** About 10 ms of a search. */
const batchSpanCount = 1_024

/** Batches that are made before other work has its turn. */
const slicesAtOnce = 16

/** Traces of a view that are read together. */
interface Slice extends TraceGroups {
  readonly extent: Extent
}

/** Recent spans as a source. Between batches other work has its turn. */
export class LiveSource implements SpanSource {
  readonly #view: PartView
  readonly #slices: readonly Slice[]
  /** By trace: its place and 1, or 0. */
  #places: Int32Array | undefined

  private constructor(view: PartView, slices: readonly Slice[]) {
    this.#view = view
    this.#slices = slices
  }

  static async open(view: PartView): Promise<LiveSource> {
    return new LiveSource(view, await slicesOf(view))
  }

  async *scan(request: ScanRequest, limits?: Limits): AsyncIterable<SpanBatch> {
    const { rows } = this.#view
    if (!request.needs.every(need => mayMeet(rows, need))) return
    const isWanted = wantedSlices(rows, request)
    for (const slice of this.#slices) {
      if (!isInTime(slice.extent, request) || !isWanted(slice)) continue
      await nextTurn()
      checkLimits(limits)
      yield new RowBatch(rows, slice)
    }
  }

  async *findTraces(traceIds: readonly string[], limits?: Limits): AsyncIterable<Trace> {
    const { rows, groups } = this.#view
    let spanCount = 0
    for (const traceId of traceIds.flatMap(spellingsOf)) {
      const code = rows.traceIds.find(traceId)
      const place = code < 0 ? -1 : this.#placeOf(code)
      if (place < 0) continue
      for (const trace of rowTraces(rows, groupsAt(groups, place, place + 1))) {
        spanCount += trace.spanCount
        yield trace.object()
      }
      if (spanCount < batchSpanCount) continue
      spanCount = 0
      await nextTurn()
      checkLimits(limits)
    }
  }

  /** The place of a trace among the groups, or -1. */
  #placeOf(code: number): number {
    if (this.#places === undefined) {
      this.#places = new Int32Array(this.#view.rows.traceIds.size)
      for (const [place, trace] of this.#view.groups.traces.entries()) this.#places[trace] = place + 1
    }
    return (this.#places[code] ?? 0) - 1
  }

  bounds(): Extent | undefined {
    const extents = this.#slices.map(({ extent }) => extent)
    if (extents.length === 0) return undefined
    return extents.reduce((a, b) => [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]] as const)
  }

  cost(request: ScanRequest): { byteLength: number; spanCount: number } {
    const slices = this.#slices.filter(({ extent }) => isInTime(extent, request))
    return { byteLength: 0, spanCount: slices.reduce((sum, { order }) => sum + order.length, 0) }
  }

  async attributeNames(): Promise<readonly AttributeName[]> {
    return attributeNames(this.#view)
  }

  /** Of trace states: they tell whether spans were sampled. */
  async distinctValues(column: ColumnName): Promise<readonly Value[] | undefined> {
    if (column !== 'span:traceState') return undefined
    const { values } = this.#view.rows.tables.texts
    return Array.from(traceStatesOf(this.#view), code => values[code]!)
  }

  readonly traceIds = async (): Promise<TraceIds> => {
    const { rows, groups } = this.#view
    const hashes = hashesOf(rows.traceIds)
    return {
      ...sortHashes(Uint32Array.from(groups.traces, trace => hashes.at(trace))),
      at: async positions => Array.from(positions, position => rows.traceIds.hexOf(groups.traces[position]!)),
    }
  }
}

/** By rows: the codes of the trace states of so many. Views of the same rows have most of them in common. */
const knownStates = new WeakMap<SpanRows, { length: number; readonly codes: Set<number> }>()

function traceStatesOf({ rows, range: { start, end } }: PartView): ReadonlySet<number> {
  const none = () => ({ length: start, codes: new Set<number>() })
  const known = start === 0 ? getOrInsert(knownStates, rows, none) : none()
  const { array } = rows.spans
  for (; known.length < end; known.length++) known.codes.add(array[known.length * spanWidth + spanField.traceState]!)
  return known.codes
}

/** By table, by code: the hashes of ids. Views of the same rows have most of them in common. */
const knownHashes = new WeakMap<IdTable, Growing<Uint32Array>>()

function hashesOf(ids: IdTable): Growing<Uint32Array> {
  const hashes = getOrInsert(knownHashes, ids, growingCodes)
  const words = ids.words()
  while (hashes.length < ids.size) hashes.push(traceWordsHash(words, hashes.length * idWidth))
  return hashes
}

function groupsAt({ traces, starts, order }: TraceGroups, first: number, end: number): TraceGroups {
  const base = starts[first]!
  return {
    traces: traces.slice(first, end),
    starts: starts.subarray(first, end + 1).map(start => start - base),
    order: order.subarray(base, starts[end]),
  }
}

async function slicesOf({ rows, groups }: PartView): Promise<Slice[]> {
  const { traces, starts } = groups
  const slices: Slice[] = []
  for (let first = 0; first < traces.length; ) {
    let end = first + 1
    while (end < traces.length && starts[end + 1]! - starts[first]! <= batchSpanCount) end++
    const slice = groupsAt(groups, first, end)
    slices.push({ ...slice, extent: extentOf(rows, slice.order) })
    first = end
    if (slices.length % slicesAtOnce === 0) await nextTurn()
  }
  return slices
}

function extentOf({ spans: { array } }: SpanRows, order: Uint32Array): Extent {
  let [first, last] = [order[0]!, order[0]!]
  const startOf = (row: number) => {
    const at = row * spanWidth
    return array[at + spanField.startHigh]! * 2 ** 32 + array[at + spanField.startLow]!
  }
  // As doubles they are rounded: what is less by more than that is less.
  let [least, greatest] = [startOf(first), startOf(last)]
  for (const row of order) {
    const start = startOf(row)
    if (start < least) [least, first] = [start, row]
    if (start > greatest) [greatest, last] = [start, row]
  }
  const exact = (row: number) =>
    joinHalves(array[row * spanWidth + spanField.startHigh]!, array[row * spanWidth + spanField.startLow]!)
  return [exact(first) - roundedNanos, exact(last) + roundedNanos]
}

/** By how much two times may differ that are equal as doubles. */
const roundedNanos = 4_096n

/** Which slices may have the spans and traces that a request names by their ids. */
function wantedSlices(rows: SpanRows, request: ScanRequest): (slice: Slice) => boolean {
  const spans = wantedIds(request, 'span:id').map(ids => ids.map(lowWordOf))
  const traces = wantedIds(request, 'trace:id').map(
    ids => new Set(ids.flatMap(spellingsOf).map(id => rows.traceIds.find(id))),
  )
  return ({ order, traces: own }) =>
    traces.every(wanted => own.some(trace => wanted.has(trace))) &&
    spans.every(wanted => hasLowWord(rows, order, wanted))
}

/** The last 4 bytes of a span's id: few others have the same. */
function lowWordOf(id: string): number {
  return Number.parseInt(id.padStart(8, '0').slice(-8), 16)
}

function hasLowWord({ spans: { array } }: SpanRows, order: Uint32Array, wanted: readonly number[]): boolean {
  for (let i = 0; i < order.length; i++)
    if (wanted.includes(array[order[i]! * spanWidth + spanField.idLow]!)) return true
  return false
}

/** False where no span can meet the need, as no attribute has such a key, or such a text. */
function mayMeet(rows: SpanRows, need: SpanNeed): boolean {
  return need.some(conditions => conditions.every(condition => mayMeetOne(rows, condition)))
}

function mayMeetOne({ tables }: SpanRows, { column, relation, operands }: Condition): boolean {
  const isOwn = column.startsWith('span.')
  if (!isOwn && !column.startsWith('resource.')) return true
  const key = column.slice(column.indexOf('.') + 1)
  const isText = relation === '=' && operands.every(operand => typeof operand === 'string')
  const fits = (attribute: Attribute) =>
    attribute.key === key && !(isText && typeof attribute.value === 'string' && !operands.includes(attribute.value))
  if (isOwn) return tables.attributes.values.some(fits)
  return tables.resources.values.some(resource => resource?.attributes.some(fits))
}

function attributeNames({ rows, groups }: PartView): AttributeName[] {
  const names = new AttributeNames()
  const { spans, events, links, attributes, tables } = rows
  const add = (scope: AttributeScope, list: readonly Attribute[]) => {
    for (const { key, value } of list) names.add(scope, key, valueType(value))
  }
  const codes = { span: new Set<number>(), event: new Set<number>(), link: new Set<number>() }
  const addCodes = (own: Set<number>, first: number, count: number) => {
    for (let i = first; i < first + count; i++) own.add(attributes.at(i))
  }
  const shared = { resources: new Set<number>(), scopes: new Set<number>() }
  for (const row of groups.order) {
    const at = row * spanWidth
    shared.resources.add(spans.at(at + spanField.resource))
    shared.scopes.add(spans.at(at + spanField.scope))
    addCodes(codes.span, spans.at(at + spanField.attributes), spans.at(at + spanField.attributeCount))
    const [event, eventCount] = [spans.at(at + spanField.events), spans.at(at + spanField.eventCount)]
    for (let i = event * eventWidth; i < (event + eventCount) * eventWidth; i += eventWidth)
      addCodes(codes.event, events.at(i + eventField.attributes), events.at(i + eventField.attributeCount))
    const [link, linkCount] = [spans.at(at + spanField.links), spans.at(at + spanField.linkCount)]
    for (let i = link * linkWidth; i < (link + linkCount) * linkWidth; i += linkWidth)
      addCodes(codes.link, links.at(i + linkField.attributes), links.at(i + linkField.attributeCount))
  }
  for (const [scope, own] of Object.entries(codes))
    add(
      scope as AttributeScope,
      Array.from(own, code => tables.attributes.values[code]!),
    )
  for (const code of shared.resources) add('resource', tables.resources.values[code]?.attributes ?? [])
  for (const code of shared.scopes) add('instrumentation', tables.scopes.values[code]?.attributes ?? [])
  return names.list()
}
