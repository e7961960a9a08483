import type { Range, RangeReader } from '../bytes/range.ts'
import { cut, type ReadPiece } from './coalesce.ts'

/** A file whose end has been read: only what precedes that is read of it. */
export function holdEnd(file: RangeReader, end: ReadPiece): RangeReader {
  const missing = (range: Range) => ({ start: range.start, end: Math.min(range.end, end.start) })
  return {
    byteLength: file.byteLength,
    async read(ranges) {
      const rest = ranges.filter(({ start }) => start < end.start)
      const read = rest.length > 0 ? await file.read(rest.map(missing)) : []
      let next = 0
      return ranges.map(range => {
        if (range.start >= end.start) return cut(end, range)
        const bytes = read[next++]!
        return range.end <= end.start ? bytes : Buffer.concat([bytes, cut(end, { start: end.start, end: range.end })])
      })
    },
  }
}
