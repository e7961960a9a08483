import type { Range } from '../../lib/bytes/range.ts'
import { type Frame, SegmentReader } from '../../lib/serve/wal/frames.ts'
import { openMemory } from '../../lib/storage/memory.ts'
import { collect } from './chunks.ts'

/** What a segment of the log holds, and what of it is no frame. */
export interface Scanned {
  readonly frames: readonly Frame[]
  readonly damaged: readonly Range[]
  readonly end: number
}

export async function scanFrames(bytes: Uint8Array, segment: string): Promise<Scanned> {
  const reader = new SegmentReader(openMemory(bytes), segment)
  return { frames: await collect(reader.frames()), damaged: reader.damaged, end: reader.end }
}
