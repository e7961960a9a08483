import type { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { getOrInsert } from '../../maps.ts'
import { spanField, spanWidth } from '../../shred/rows.ts'
import type { LogFiles } from '../wal/files.ts'
import { type Frame, scanFrames } from '../wal/frames.ts'
import { fileOf, segmentsAmong } from '../wal/log.ts'
import type { LivePart } from './part.ts'
import { LiveSegment } from './segment.ts'

export interface Replayed {
  /** The oldest first. */
  readonly segments: readonly LiveSegment[]
  readonly damagedCount: number
}

interface Replaying {
  readonly files: LogFiles
  readonly messages: OtlpMessages
  /** True where the tenant's spans of a segment are in a block. */
  readonly isInBlock: (segment: string, tenant: string) => boolean
  readonly warn: (message: string) => void
}

/** By segment, by tenant: the ids of the traces that a later one has taken. */
type Taken = Map<string, Map<string, Set<string>>>

/** Reads a log back: each span once, whatever a crash has left of segments, blocks and carries. */
export async function replay({ files, messages, isInBlock, warn }: Replaying): Promise<Replayed> {
  const taken: Taken = new Map()
  const segments: LiveSegment[] = []
  let damagedCount = 0
  for (const name of segmentsAmong(await files.list())) {
    const { frames, damaged } = await readSegment(files, name, warn)
    damagedCount += damaged
    const segment = new LiveSegment(name)
    for (const frame of frames) {
      if (frame.from === undefined && isInBlock(name, frame.tenant)) segment.flushed(frame.tenant)
      else replayFrame(segment, frame, messages, taken)
    }
    for (const [tenant] of segment.parts()) if (isInBlock(name, tenant)) segment.flushed(tenant)
    segments.push(segment)
  }
  for (const segment of segments)
    for (const [tenant, ids] of taken.get(segment.name) ?? []) {
      const part = segment.find(tenant)
      part?.take(Array.from(ids, id => part.rows.traceIds.find(id)).filter(trace => trace >= 0))
    }
  return { segments, damagedCount }
}

/** The frames of a segment; what is none is set aside, and a torn tail is cut. */
async function readSegment(
  files: LogFiles,
  name: string,
  warn: (message: string) => void,
): Promise<{ frames: readonly Frame[]; damaged: number }> {
  const bytes = await files.read(fileOf(name))
  const { frames, damaged, end } = scanFrames(bytes, name)
  for (const range of damaged) {
    const aside = `${name}.damaged-${range.start}`
    await files.write(aside, bytes.subarray(range.start, range.end))
    warn(`log segment ${name}: bytes ${range.start} to ${range.end} are damaged: set aside as ${aside}`)
  }
  if (end < bytes.length) {
    warn(`log segment ${name}: cut at byte ${end}, ${bytes.length - end} bytes of an unfinished append follow`)
    await files.truncate(fileOf(name), end)
  }
  return { frames, damaged: damaged.length }
}

function replayFrame(
  segment: LiveSegment,
  { tenant, timeMillis, from, payload }: Frame,
  messages: OtlpMessages,
  taken: Taken,
): void {
  const part = segment.part(tenant)
  const start = part.rows.length
  messages.read(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), part.rows)
  if (from !== undefined) {
    const ids = getOrInsert(
      getOrInsert(taken, from, () => new Map<string, Set<string>>()),
      tenant,
      () => new Set(),
    )
    for (const id of traceIdsFrom(part, start)) ids.add(id)
  }
  part.commit(part.arrived(start, timeMillis))
}

function traceIdsFrom({ rows }: LivePart, start: number): Set<string> {
  const traces = new Set<number>()
  for (let row = start; row < rows.length; row++) traces.add(rows.spans.at(row * spanWidth + spanField.trace))
  return new Set(Array.from(traces, trace => rows.traceIds.hexOf(trace)))
}
