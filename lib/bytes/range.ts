/** Bytes `[start, end)` of a file. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Bytes, and the offset of the first of them in the input. */
export interface Located {
  readonly bytes: Buffer
  readonly offset: number
}

/** The bytes of all ranges together. */
export function byteLengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** Ranges in, bytes out. All ranges of one step go in one call; the store coalesces and counts. */
export interface RangeReader {
  readonly byteLength: number
  read(ranges: readonly Range[]): Promise<Uint8Array[]>
}

/** Takes bytes in order. The chunk belongs to the sink from then on: the caller must not change it. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>
}

const chunkBytes = 1 << 20

/** Bytes of a file, or all of them, from front to back, a mebibyte at a time. */
export async function* readChunks(
  file: RangeReader,
  { start: first, end }: Range = { start: 0, end: file.byteLength },
): AsyncIterable<Uint8Array> {
  for (let start = first; start < end; start += chunkBytes)
    yield* await file.read([{ start, end: Math.min(start + chunkBytes, end) }])
}
