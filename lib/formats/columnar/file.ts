import { checksum } from '../../bytes/checksum.ts'
import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { LabError } from '../../error.ts'
import { spanCountOf, type Trace } from '../../model/trace.ts'
import { addTrace } from '../../shred/add-trace.ts'
import { Segment } from '../../shred/shred.ts'
import { checkEnd, checkRest, checkSum, checkVersion, placeOf, readWindow } from '../../wire/framing.ts'
import { maxSegmentItems, type Parts } from './columns.ts'
import { checkLinkList, DerivedIds, LinkTargets, readLinkList } from './derived-ids.ts'
import {
  type DecodedIds,
  type DecodedSegment,
  decodeSegment,
  type EncodedIds,
  encodeSegment,
  type Layout,
} from './segment.ts'

export const magic = 0x4c4f4354
const versions = { plain: 1, templates: 2 } as const
/** Of version 2: whether span ids are in the file. */
const idPolicies = { kept: 0, derived: 1 } as const

/** Without options, version 1. */
export interface ColumnarOptions {
  /** Predicts by the template of a trace, and takes texts apart. */
  readonly hasTemplates?: boolean
  /** With templates: leaves span ids out; a reader gives new ones, which links follow. */
  readonly derivesIds?: boolean
  readonly limits?: SegmentLimits
}

/** A segment ends before it has more spans, and after the trace that brings more of the others. */
export interface SegmentLimits {
  readonly spanCount: number
  /** Traces, spans, events, links and values together. */
  readonly itemCount: number
  /** Characters of strings. */
  readonly textLength: number
}

/**
 * Half of the items that a reader takes: the trace at hand may bring as many again. Characters of up to three bytes: with
 * 16 MiB of one more trace they are what a reader takes. Pools repeat across segments: agent-chat takes 244 B/span in
 * segments of 2^26 characters, 234 in one.
 */
const defaultLimits: SegmentLimits = { spanCount: 131_072, itemCount: maxSegmentItems / 2, textLength: 5 * 2 ** 24 }
const maxHeadBytes = 32

/** What precedes each segment; a segment of 0 bytes ends the file. */
interface SegmentHead {
  byteLength: number
  checksum: number
  traceCount: number
  /** Where the segment's bytes begin. */
  end: number
}

/** Writes traces as segments of columns (FORMAT.md). */
export async function encodeColumnarFile(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  level: number,
  { hasTemplates = false, derivesIds = false, limits = defaultLimits }: ColumnarOptions = {},
): Promise<void> {
  let segment = new Segment()
  let traceCount = 0
  let layout: Layout<EncodedIds> | undefined
  /** The layout of the file, which begins with it: the salt of ids is the checksum of those of the first segment. */
  const begin = async () => {
    const salt = derivesIds ? checksum(Buffer.from(segment.span.ids.texts().join())) : undefined
    layout = {
      hasTemplates,
      ids: salt === undefined ? undefined : { derived: new DerivedIds(salt), targets: new LinkTargets(salt) },
    }
    await sink.write(write(writer => writeFront(writer, hasTemplates, salt)))
    return layout
  }
  const flush = async () => {
    if (segment.itemCount > maxSegmentItems)
      throw new LabError(
        'unsupported',
        `trace ${segment.trace.ids.at(-1)}: ${segment.itemCount} spans, events, links and values in one trace`,
      )
    const bytes = encodeSegment(segment, level, layout ?? (await begin()))
    await sink.write(write(writer => writeHead(writer, bytes, segment.trace.ids.length, hasTemplates)))
    await sink.write(bytes)
    traceCount += segment.trace.ids.length
    segment = new Segment()
  }
  for await (const batch of batches)
    for (const trace of batch) {
      if (segment.spanCount > 0 && segment.spanCount + spanCountOf(trace) > limits.spanCount) await flush()
      addTrace(segment, trace)
      if (segment.itemCount > limits.itemCount || segment.textLength > limits.textLength) await flush()
    }
  if (segment.spanCount > 0) await flush()
  const { ids } = layout ?? (await begin())
  await sink.write(write(writer => writeHead(writer, Buffer.alloc(0), traceCount, hasTemplates)))
  if (ids) await sink.write(ids.targets.finish())
}

/** Reads the traces back: a batch a segment. */
export async function* decodeColumnarFile(file: RangeReader): AsyncIterable<readonly Trace[]> {
  for await (const { traces } of decodeSegments(file)) yield traces
}

/** Bytes by column and encoding; they sum to the file's size. */
export async function columnarParts(file: RangeReader): Promise<Parts> {
  const sums: Parts = {}
  let segmentBytes = 0
  for await (const { parts } of decodeSegments(file))
    for (const [part, byteLength] of Object.entries(parts)) {
      sums[part] = (sums[part] ?? 0) + byteLength
      segmentBytes += byteLength
    }
  return { ...sums, framing: file.byteLength - segmentBytes }
}

/** The segments of a file, in turn. */
export async function* decodeSegments(file: RangeReader): AsyncIterable<DecodedSegment> {
  const { layout, start, end } = await readFront(file)
  let at = start
  let traceCount = 0
  for (let index = 0; ; index++) {
    const subject = `columnar segment ${index}`
    const head = await readHead(file, at, end, subject)
    if (head.byteLength === 0) {
      checkSum(new Uint8Array(), head.checksum, 'columnar end', head.end, sumStart(layout.hasTemplates))
      if (layout.ids) checkLinkList(layout.ids.links, layout.ids.linkCount, end)
      return checkEnd({ byteLength: end }, 'columnar end', head.end, { traces: head.traceCount }, [traceCount])
    }
    const [bytes] = await file.read([{ start: head.end, end: head.end + head.byteLength }])
    checkSum(bytes!, head.checksum, subject, head.end, sumStart(layout.hasTemplates))
    const segment = decodeSegment(bytes!, subject, head.end, layout)
    if (segment.traces.length !== head.traceCount)
      placeOf(subject, head.end).fail('corrupt', `says ${head.traceCount} traces, holds ${segment.traces.length}`)
    traceCount += head.traceCount
    at = head.end + head.byteLength
    yield segment
  }
}

/** What checksums begin with: segments of one version are none of the other. */
function sumStart(hasTemplates: boolean): number {
  return hasTemplates ? versions.templates : 0
}

function writeFront(writer: ByteWriter, hasTemplates: boolean, salt: number | undefined): void {
  writer.u32(magic)
  writer.u8(hasTemplates ? versions.templates : versions.plain)
  if (!hasTemplates) return
  writer.u8(salt === undefined ? idPolicies.kept : idPolicies.derived)
  if (salt !== undefined) writer.u32(salt)
}

/** What a file begins and, where ids are derived, ends with; its segments are from `start` to `end`. */
async function readFront(file: RangeReader): Promise<{ layout: Layout<DecodedIds>; start: number; end: number }> {
  const front = await readWindow(file, 0, maxHeadBytes, 'columnar header')
  if (front.u32() !== magic) front.fail('corrupt', 'not a columnar file')
  const version = front.u8()
  checkVersion(front, version, versions.templates, versions.plain)
  const hasTemplates = version === versions.templates
  const policy = hasTemplates ? front.u8() : idPolicies.kept
  if (policy > idPolicies.derived) front.fail('unsupported', `ids of policy ${policy}`)
  if (policy === idPolicies.kept) return { layout: { hasTemplates }, start: front.position, end: file.byteLength }
  const salt = front.u32()
  const derived = new DerivedIds(salt)
  const { links, start: end } = await readLinkList(file, salt)
  return { layout: { hasTemplates, ids: { derived, links, linkCount: 0 } }, start: front.position, end }
}

function writeHead(writer: ByteWriter, bytes: Buffer, traceCount: number, hasTemplates: boolean): void {
  writer.varint(bytes.length)
  writer.u32(checksum(bytes, sumStart(hasTemplates)))
  writer.varint(traceCount)
}

async function readHead(file: RangeReader, at: number, last: number, subject: string): Promise<SegmentHead> {
  const reader = await readWindow(file, at, Math.min(last, at + maxHeadBytes), subject)
  const [byteLength, sum, traceCount] = [reader.varint(), reader.u32(), reader.varint()]
  const end = at + reader.position
  checkRest({ byteLength: last }, reader, end, byteLength)
  return { byteLength, checksum: sum, traceCount, end }
}

function write(fill: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(maxHeadBytes)
  fill(writer)
  return writer.take()
}
