import type { Range, RangeReader } from '../bytes/range.ts'
import { type ReadPiece, readCoalesced } from './coalesce.ts'
import { holdEnd } from './held-end.ts'
import { bounds } from './memory.ts'
import type { BlobReader } from './store.ts'

/** Of the end of an object, read to open it: most tables of contents are within it, and small objects whole. */
export const endBytes: number = 1 << 16
/** Gaps of fewer bytes are read with their surroundings: a request takes as long as some hundred kilobytes. */
const maxGap = 1 << 17

/** An object on another machine whose end has been read; each range of it is a request. */
export function openRemote(end: ReadPiece, readRange: (range: Range) => Promise<Uint8Array>): BlobReader {
  const { end: byteLength } = end
  const file: RangeReader = { byteLength, read: ranges => Promise.all(ranges.map(readRange)) }
  const held = holdEnd(file, end)
  return {
    byteLength,
    async read(ranges) {
      for (const range of ranges) bounds(range, byteLength)
      return readCoalesced(held, ranges, Number.POSITIVE_INFINITY, maxGap)
    },
    close: async () => {},
  }
}
