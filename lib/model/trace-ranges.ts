import type { TraceRange } from './scan.ts'

/** Traces that are stored together, in so many bytes. */
export interface SizedRange extends TraceRange {
  readonly byteLength: number
}

/** Ranges that follow one another, together as long as they have so many bytes at most. */
export function joinRanges(ranges: Iterable<SizedRange>, maxBytes: number): TraceRange[] {
  const parts: TraceRange[] = []
  let partBytes = 0
  for (const { start, end, byteLength } of ranges) {
    const last = parts.at(-1)
    const isNew = last === undefined || partBytes + byteLength > maxBytes
    if (isNew) parts.push({ start, end })
    else parts[parts.length - 1] = { start: last.start, end }
    partBytes = (isNew ? 0 : partBytes) + byteLength
  }
  return parts
}
