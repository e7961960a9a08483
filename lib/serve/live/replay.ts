import { bufferOf } from '../../bytes/buffer.ts'
import { messageOf } from '../../error.ts'
import type { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { getOrInsert } from '../../maps.ts'
import { spanField, spanWidth } from '../../shred/rows.ts'
import type { LogFiles } from '../wal/files.ts'
import { type Frame, scanFrames } from '../wal/frames.ts'
import { fileOf, segmentsAmong } from '../wal/log.ts'
import type { LivePart } from './part.ts'
import { LiveSegment } from './segment.ts'

/** Spans that are read before other work has its turn. */
const spansAtOnce = 512

/** A segment of the log as it was found. */
export interface FoundSegment {
  readonly name: string
  readonly frames: readonly Frame[]
  /** Parts of it that were damaged and set aside. */
  readonly damagedCount: number
}

/** Reads a log, the oldest segment first. Damage is set aside, a torn tail cut off. */
export async function readLog(files: LogFiles, warn: (message: string) => void): Promise<FoundSegment[]> {
  const found: FoundSegment[] = []
  for (const name of segmentsAmong(await files.list())) found.push(await readSegment(files, name, warn))
  return found
}

async function readSegment(files: LogFiles, name: string, warn: (message: string) => void): Promise<FoundSegment> {
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
  return { name, frames, damagedCount: damaged.length }
}

interface Replaying {
  readonly messages: OtlpMessages
  /** True where the tenant's spans of a segment are in a block. */
  readonly isInBlock: (segment: string, tenant: string) => boolean
  readonly warn: (message: string) => void
}

/** By segment, by tenant: the ids of the traces that a later one has taken. */
type Taken = Map<string, Map<string, Set<string>>>

/** The spans of a log: each once, whatever a crash has left of segments, blocks and carries. */
export async function replay(found: readonly FoundSegment[], replaying: Replaying): Promise<LiveSegment[]> {
  const taken: Taken = new Map()
  const segments: LiveSegment[] = []
  for (const { name, frames } of found) {
    const segment = new LiveSegment(name)
    let spanCount = 0
    for (const frame of frames) {
      if (frame.from === undefined && replaying.isInBlock(name, frame.tenant)) continue
      spanCount += replayFrame(segment, frame, replaying, taken)
      if (spanCount < spansAtOnce) continue
      spanCount = 0
      await new Promise(setImmediate)
    }
    for (const [tenant] of segment.parts()) if (replaying.isInBlock(name, tenant)) segment.flushed(tenant)
    segments.push(segment)
  }
  for (const segment of segments)
    for (const [tenant, ids] of taken.get(segment.name) ?? []) {
      const part = segment.find(tenant)
      part?.take(Array.from(ids, id => part.rows.traceIds.find(id)).filter(trace => trace >= 0))
    }
  return segments
}

/** Adds the spans of a frame, and returns how many they are. */
function replayFrame(
  segment: LiveSegment,
  { tenant, timeMillis, from, payload }: Frame,
  { messages, warn }: Replaying,
  taken: Taken,
): number {
  const part = segment.part(tenant)
  const start = part.rows.length
  try {
    messages.read(bufferOf(payload), part.rows)
  } catch (error) {
    warn(`log segment ${segment.name}: a request of tenant ${tenant} cannot be read: ${messageOf(error)}`)
  }
  if (from !== undefined) {
    const ids = getOrInsert(
      getOrInsert(taken, from, () => new Map<string, Set<string>>()),
      tenant,
      () => new Set(),
    )
    for (const id of traceIdsFrom(part, start)) ids.add(id)
  }
  part.commit(part.arrived(start, timeMillis))
  return part.rows.length - start
}

function traceIdsFrom({ rows }: LivePart, start: number): Set<string> {
  const traces = new Set<number>()
  for (let row = start; row < rows.length; row++) traces.add(rows.spans.at(row * spanWidth + spanField.trace))
  return new Set(Array.from(traces, trace => rows.traceIds.hexOf(trace)))
}
