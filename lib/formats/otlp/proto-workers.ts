import { threadId } from 'node:worker_threads'
import { bufferOf } from '../../bytes/buffer.ts'
import { byteLengthOf } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { strictUnits } from '../../model/units.ts'
import { type PackedRows, RowPacker } from '../../shred/packed-rows.ts'
import type { DocumentReport } from '../../wire/json/split.ts'
import { inOrder } from '../../workers/in-order.ts'
import { measured } from '../../workers/measured.ts'
import { type Parcel, parcelOf } from '../../workers/message.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { Received, Shared, Task, WorkOf } from '../../workers/task.ts'
import { newReadContext, type ReadContext, readResourceSpans } from './proto-read.ts'
import { type Groups, splitTraces } from './proto-split.ts'

/** Bytes of ResourceSpans that one job reads, if it is not one that is longer. */
const jobBytes = 1 << 19
/** About what a span takes on the wire. */
const bytesPerSpan = 400

/** A part of the input: unknown fields of messages that come before it, and ResourceSpans, read or not. */
export interface Part {
  readonly drops: readonly string[]
  readonly groups: readonly Groups[]
  readonly read?: ReadPart
}

/** What a worker gives. */
export interface ReadPart {
  readonly thread: number
  readonly rows: PackedRows
  readonly drops: readonly (readonly [field: string, count: number])[]
}

/** ResourceSpans that lie in the same bytes, whose ranges are pairs of start and end: as objects they would take longer to send. */
interface PackedGroups extends Omit<Groups, 'ranges' | 'bytes'> {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

type Job = readonly PackedGroups[]

const readTask: Task<Job, [Shared<null>], ReadPart> = { name: 'read OTLP protobuf' }

/** The parts of an input, in order; workers read those of a large one. An error is the first one of the input. */
export async function* readPartsOn(
  workers: WorkerPool,
  chunks: AsyncIterable<Uint8Array>,
  report: DocumentReport,
): AsyncIterable<Part> {
  const sizeOf = ({ groups }: Part) => groups.reduce((sum, { ranges }) => sum + byteLengthOf(ranges), 0)
  const { isLarge, items } = await measured(partsOf(chunks, report), sizeOf, workers.minSpans * bytesPerSpan)
  if (!isLarge) return yield* items
  const share = { content: null }
  const ahead = { width: workers.width, mayFollow: () => true }
  yield* inOrder(items, ahead, async ({ drops, groups }) => {
    const read = groups.length > 0 ? { read: await workers.run(readTask, parcelOf(groups.map(packGroups)), share) } : {}
    return { drops, groups: [], ...read }
  })
}

/** The input in parts of about `jobBytes`. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>, report: DocumentReport): AsyncIterable<Part> {
  let groups: Groups[] = []
  let drops: string[] = []
  let byteLength = 0
  const dropped: string[] = []
  const take = (): Part => {
    const part = { drops, groups }
    groups = []
    drops = dropped.splice(0)
    byteLength = 0
    return part
  }
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const one of splitTraces(chunks, { ...report, dropped: field => dropped.push(field) })) {
      if (dropped.length > 0) yield take()
      for (const piece of cut(one)) {
        if (byteLength >= jobBytes) yield take()
        groups.push(piece)
        byteLength += piece.bytes.length
      }
    }
  } catch (error) {
    // What comes before it may be bad too, and is then the first error.
    failure = { error }
  }
  yield take()
  if (drops.length > 0) yield take()
  if (failure) throw failure.error
}

/** ResourceSpans in pieces of about `jobBytes`, without what lies around them. */
function* cut({ bytes, offset, ranges }: Groups): Iterable<Groups> {
  for (let first = 0; first < ranges.length; ) {
    const { start } = ranges[first]!
    let last = first
    while (last + 1 < ranges.length && ranges[last]!.end - start < jobBytes) last++
    const { end } = ranges[last]!
    const own = ranges.slice(first, last + 1).map(range => ({ start: range.start - start, end: range.end - start }))
    yield { bytes: bytes.subarray(start, end), offset: offset + start, ranges: own }
    first = last + 1
  }
}

function packGroups({ bytes, offset, ranges }: Groups): PackedGroups {
  return { bytes, offset, ends: Uint32Array.from(ranges.flatMap(({ start, end }) => [start, end])) }
}

function unpackGroups({ bytes, offset, ends }: PackedGroups): Groups {
  const ranges = Array.from({ length: ends.length / 2 }, (_, i) => ({ start: ends[2 * i]!, end: ends[2 * i + 1]! }))
  return { bytes: bufferOf(bytes), offset, ranges }
}

interface Reading {
  readonly packer: RowPacker
  readonly context: ReadContext
  drops: Map<string, number>
}

/** By input: what the worker knows of it. */
const readings = new WeakMap<Received<null>, Reading>()

export const readGroups: WorkOf<typeof readTask> = async (job, share): Promise<Parcel<ReadPart>> => {
  const reading = readings.get(share) ?? newReading()
  readings.set(share, reading)
  reading.drops = new Map()
  for (const groups of job) readResourceSpans(unpackGroups(groups), reading.context)
  return parcelOf({ thread: threadId, rows: reading.packer.take(), drops: [...reading.drops] })
}

function newReading(): Reading {
  const packer = new RowPacker({
    resource: value => reading.context.resources.sourceOf(value as never),
    scope: value => reading.context.scopes.sourceOf(value as never),
  })
  const dropped = (field: string) => void reading.drops.set(field, (reading.drops.get(field) ?? 0) + 1)
  const wire = { strings: new StringCache(), dropped }
  const reading: Reading = { packer, context: newReadContext(wire, strictUnits, packer.rows), drops: new Map() }
  return reading
}
