import { firstWhere } from '../bytes/search.ts'
import { getOrInsert } from '../maps.ts'
import { checkLimits, type Limits } from '../model/limits.ts'
import { type HeldPiece, mergeHeld } from '../model/merge.ts'
import type { ScanRequest, SpanBatch, SpanSource } from '../model/scan.ts'
import type { Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { wantedIds } from '../model/wanted-ids.ts'
import { nextTurn } from '../turns.ts'
import { placesIn, type SharedIds, type SharedTrace } from './shared-ids.ts'

/** Traces that are looked up together, so that a page group that has several of them is read once. */
const tracesAtOnce = 128
/** Spans of traces that are given together. */
const spansAtOnce = 2_000

/** A request whose batches show which of their traces are shared. */
export function withIds(
  request: ScanRequest,
  source: SpanSource,
  { traces }: { readonly traces: readonly unknown[] },
): ScanRequest {
  if (source.traceIds !== undefined || traces.length === 0) return request
  return { ...request, columns: [...new Set([...request.columns, 'trace:id' as const])] }
}

/** The shared traces that may be wanted: their spans may meet needs and start in time in different sources. */
async function meeting(
  sources: readonly SpanSource[],
  shared: SharedIds,
  { needs, startNanos, endNanos }: ScanRequest,
  limits: Limits | undefined,
): Promise<readonly SharedTrace[]> {
  const asked: ScanRequest[] = needs.map(need => ({ needs: [need], columns: [] }))
  if (startNanos !== undefined || endNanos !== undefined)
    asked.unshift({ needs: [], startNanos, endNanos, columns: [] })
  let { traces } = shared
  for (const request of asked) {
    const found = new Set<SharedTrace>()
    for (const source of sources) await addMeeting(source, { ...shared, traces }, request, found, limits)
    traces = traces.filter(trace => found.has(trace))
  }
  return traces
}

/** Adds those that a source has and that may meet a request there. */
async function addMeeting(
  source: SpanSource,
  shared: SharedIds,
  request: ScanRequest,
  found: Set<SharedTrace>,
  limits: Limits | undefined,
): Promise<void> {
  const open = shared.traces.filter(trace => !found.has(trace))
  const positions = Uint32Array.from(placesIn(source, open), ([position]) => position)
  if (positions.length === 0) return
  const own = source.traceIds === undefined ? withIds(request, source, shared) : { ...request, positions }
  const spanIds = wantedIds(request, 'span:id')
  for await (const batch of source.scan(own, limits)) {
    const members = await shared.among(batch, source)
    const wanted = members.length === 0 || spanIds.length === 0 ? undefined : await placesWith(batch, spanIds)
    for (const [place, trace] of members) if (wanted?.has(place) !== false) found.add(trace)
    batch.release()
  }
}

/** Where in a batch the traces are that have a span of each list of ids: whoever asks for a span reads no other trace. */
async function placesWith(batch: SpanBatch, spanIds: readonly (readonly string[])[]): Promise<ReadonlySet<number>> {
  const columns = await batch.read(['span:id'])
  const { traceStarts } = columns
  const [data] = columns.get('span:id')
  if (data === undefined || !('codes' in data.values)) return new Set()
  const { codes, dictionary } = data.values
  const placesOf = (ids: readonly string[]) => {
    const wanted = new Set(dictionary.flatMap((id, code) => (ids.includes(id as string) ? [code] : [])))
    const rows = Array.from(codes.keys()).filter(i => wanted.has(codes[i]!))
    const placeOf = (row: number) => firstWhere(traceStarts.length, trace => traceStarts[trace]! > row) - 1
    return new Set(rows.map(i => placeOf(data.rows?.[i] ?? i)))
  }
  const [first, ...others] = spanIds.map(placesOf)
  return new Set([...first!].filter(place => others.every(other => other.has(place))))
}

/** Shared traces that are searched apart from others: batches do not reach beyond them, whoever searches them. */
export const sharedTracesApart = 4_096

/** Those traces that may be wanted, with their spans of all sources, some at a time. */
export async function* meetingTraces(
  sources: readonly SpanSource[],
  shared: SharedIds,
  request: ScanRequest,
  limits: Limits | undefined,
): AsyncIterable<readonly Trace[]> {
  const wanted = new Set(await meeting(sources, shared, request, limits))
  for (let start = 0; start < shared.traces.length; start += sharedTracesApart) {
    const apart = shared.traces.slice(start, start + sharedTracesApart)
    yield* wholeTraces(
      apart.filter(trace => wanted.has(trace)),
      limits,
    )
  }
}

/** The traces with their spans of all sources, some at a time, between which other work has its turn. */
async function* wholeTraces(
  shared: readonly SharedTrace[],
  limits: Limits | undefined,
): AsyncIterable<readonly Trace[]> {
  let traces: Trace[] = []
  let spanCount = 0
  for (let start = 0; start < shared.length; start += tracesAtOnce)
    for (const pieces of await piecesOf(shared.slice(start, start + tracesAtOnce), limits)) {
      const own = merged(pieces)
      traces.push(...own)
      for (const { spans } of own) spanCount += spans.length
      if (spanCount < spansAtOnce) continue
      yield traces
      traces = []
      spanCount = 0
      await nextTurn()
      checkLimits(limits)
    }
  if (traces.length > 0) yield traces
}

/** Spans of pieces that are held from one question to the next: about 30 MB, and as many of those before them. */
const maxHeldSpans = 1 << 15

/** By source, by key. */
type Pieces = WeakMap<SpanSource, Map<string, readonly HeldPiece[]>>

/**
 * Pieces that were asked for of late, and those before them; once the former have too many spans, the latter are
 * forgotten. So what is asked for again and again stays, whatever else is asked meanwhile.
 */
let held: { late: Pieces; before: Pieces; lateSpans: number } = {
  late: new WeakMap(),
  before: new WeakMap(),
  lateSpans: 0,
}

/** By trace its pieces, in the order of the sources. */
async function piecesOf(traces: readonly SharedTrace[], limits: Limits | undefined): Promise<HeldPiece[][]> {
  const bySource = new Map<SpanSource, string[]>()
  for (const { traceId, places } of traces)
    for (const source of places.keys()) getOrInsert(bySource, source, () => []).push(traceId)
  if (held.lateSpans > maxHeldSpans) held = { late: new WeakMap(), before: held.late, lateSpans: 0 }
  const found = new Map<SpanSource, Map<string, readonly HeldPiece[]>>()
  for (const [source, ids] of bySource) found.set(source, await readPieces(source, ids, limits))
  return traces.map(({ traceId, places }) =>
    [...places.keys()].flatMap(source => found.get(source)!.get(traceKey(traceId)) ?? []),
  )
}

async function readPieces(
  source: SpanSource,
  traceIds: readonly string[],
  limits: Limits | undefined,
): Promise<Map<string, readonly HeldPiece[]>> {
  const current = held
  const { late, before } = current
  const known = getOrInsert(late, source, () => new Map<string, readonly HeldPiece[]>())
  const own = new Map<string, readonly HeldPiece[]>()
  const hold = (key: string, pieces: readonly HeldPiece[]) => {
    own.set(key, pieces)
    if (known.has(key)) return
    known.set(key, pieces)
    for (const { trace } of pieces) current.lateSpans += trace.spans.length
  }
  const missing: string[] = []
  for (const traceId of traceIds) {
    const key = traceKey(traceId)
    const pieces = known.get(key) ?? before.get(source)?.get(key)
    if (pieces === undefined) missing.push(traceId)
    else hold(key, pieces)
  }
  const { asHeld } = source
  const read = new Map<string, HeldPiece[]>()
  if (missing.length > 0)
    for await (const trace of source.findTraces(missing, limits))
      getOrInsert(read, traceKey(trace.traceId), () => []).push({ trace, asHeld })
  for (const [key, pieces] of read) hold(key, pieces)
  return own
}

/** By their first piece: what pieces became. */
const mergedPieces = new WeakMap<
  HeldPiece,
  { readonly pieces: readonly HeldPiece[]; readonly traces: readonly Trace[] }
>()

/** A trace of its pieces, by spelling of its id. */
function merged(pieces: readonly HeldPiece[]): readonly Trace[] {
  const last = mergedPieces.get(pieces[0]!)
  if (last?.pieces.length === pieces.length && last.pieces.every((piece, i) => piece === pieces[i])) return last.traces
  const traces = mergeHeld(pieces)
  mergedPieces.set(pieces[0]!, { pieces, traces })
  return traces
}
