import { join } from 'node:path'
import { TraceReader, TraceWriter } from '../formats/cbor/trace.ts'
import { getOrInsert } from '../maps.ts'
import type { Span, Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { objectOf } from '../shred/row-traces.ts'
import { merge, RecordFile, type StoredRecord } from './records.ts'

const partitionCount = 64

/**
 * Pieces of traces on disk, in partitions by hash of the trace id. When all are written, each partition is read, its
 * pieces are joined by trace and sorted by the ordinal of their first, and the partitions are merged in that order.
 */
export class Spill {
  readonly #partitions: RecordFile[]
  readonly #writer = new TraceWriter()
  #ordinal = 0

  constructor(folder: string) {
    this.#partitions = Array.from({ length: partitionCount }, (_, i) => new RecordFile(join(folder, `part-${i}`)))
  }

  async write(traces: Iterable<Trace>): Promise<void> {
    for (const trace of traces) {
      const partition = this.#partitions[hash(traceKey(trace.traceId)) % partitionCount]!
      await partition.add(this.#ordinal++, writer => this.#writer.write(writer, objectOf(trace)))
    }
  }

  /** All traces, whole, in the order of first sight. */
  async *traces(): AsyncIterable<readonly Trace[]> {
    for (const partition of this.#partitions) await joinPieces(partition)
    const reader = new TraceReader()
    const parts = this.#partitions.map(partition => partition.records())
    for await (const { body } of merge(parts, (a, b) => a.ordinal < b.ordinal))
      yield wholeTraces(reader.read(body, 'spilled traces', 0))
  }

  async close(): Promise<void> {
    for (const partition of this.#partitions) await partition.close()
  }
}

/** Joins the pieces of each trace and puts the traces in order. The partition must fit in memory. */
async function joinPieces(partition: RecordFile): Promise<void> {
  await partition.flush()
  const byTrace = new Map<string, StoredRecord[]>()
  for await (const piece of partition.records()) getOrInsert(byTrace, keyOf(piece.body), () => []).push(piece)
  partition.clear()
  for (const group of byTrace.values())
    await partition.add(group[0]!.ordinal, writer => {
      for (const { body } of group) writer.raw(body)
    })
  await partition.flush()
}

/** One trace of its pieces, by spelling of its id. */
function wholeTraces(pieces: readonly Trace[]): Trace[] {
  const spans = new Map<string, Span[]>()
  for (const piece of pieces) {
    const own = getOrInsert(spans, piece.traceId, () => [])
    for (const span of piece.spans) own.push(span)
  }
  return Array.from(spans, ([traceId, own]) => ({ traceId, spans: own }))
}

/** The key of the id, whose item of fewer than 24 bytes is the second of a trace's item. */
function keyOf(body: Buffer): string {
  return traceKey(body.toString('hex', 2, 2 + (body[1]! & 0x1f)))
}

/** FNV-1a over the digits. */
function hash(traceId: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < traceId.length; i++) value = Math.imul(value ^ traceId.charCodeAt(i), 0x01000193)
  return value >>> 0
}
