import type { ByteSink, Range, RangeReader } from '../bytes/range.ts'

/** What was asked of a file: calls, the ranges in them, and the bytes of these. */
export interface Reads {
  calls: number
  ranges: number
  bytes: number
}

/** A file that counts what is read of it. */
export interface CountingReader extends RangeReader {
  /** Since the file was wrapped, or since `reset`. */
  readonly reads: Reads
  /** How many calls waited for others: those that are on their way together count as one. */
  readonly roundTrips: number
  reset(): void
}

/** Wraps a file. A call while none is on its way begins a round trip; others join it. */
export function countReads(file: RangeReader): CountingReader {
  const reads: Reads = { calls: 0, ranges: 0, bytes: 0 }
  let [roundTrips, pending] = [0, 0]
  return {
    byteLength: file.byteLength,
    reads,
    get roundTrips() {
      return roundTrips
    },
    reset() {
      Object.assign(reads, { calls: 0, ranges: 0, bytes: 0 })
      roundTrips = 0
    },
    async read(ranges: readonly Range[]) {
      reads.calls++
      reads.ranges += ranges.length
      for (const { start, end } of ranges) reads.bytes += end - start
      if (pending++ === 0) roundTrips++
      try {
        return await file.read(ranges)
      } finally {
        pending--
      }
    },
  }
}

/** A sink that counts what is written through it. */
export interface CountingSink extends ByteSink {
  readonly byteLength: number
}

/** Wraps a sink. */
export function countWrites(sink: ByteSink): CountingSink {
  let byteLength = 0
  return {
    get byteLength() {
      return byteLength
    },
    write(chunk) {
      byteLength += chunk.length
      return sink.write(chunk)
    },
  }
}
