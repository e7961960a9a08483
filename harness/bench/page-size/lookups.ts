import { createHash } from 'node:crypto'
import type { Range, RangeReader } from '../../../lib/bytes/range.ts'
import { LabError } from '../../../lib/error.ts'
import type { Block } from '../../../lib/formats/blockpack/read/block.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { firstDifference } from '../../../lib/model/difference.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { countReads } from '../../../lib/storage/counting.ts'

/** What one lookup by trace id reads on average, of a file that is open and of which nothing else is known. */
export interface LookupCost {
  readonly roundTrips: number
  readonly ranges: number
  readonly bytes: number
  /** The bytes by part of the file. */
  readonly parts: Readonly<Record<string, number>>
}

export interface Lookups {
  readonly openRanges: number
  readonly openBytes: number
  readonly present: LookupCost
  readonly absent: LookupCost
}

/** Looks up traces of the file, each of which must come back as it was, and as many ids that it does not have. */
export async function measureLookups(file: RangeReader, samples: readonly Trace[]): Promise<Lookups> {
  const opened = countReads(file)
  const { block } = await BlockpackReader.open(opened)
  const open = { openRanges: opened.reads.ranges, openBytes: opened.reads.bytes }
  const present = await measure(file, block, samples, trace => trace.traceId, checkSame)
  const absent = await measure(file, block, samples, absentId, (_, found) => {
    if (found) throw new LabError('invalid', `trace ${found.traceId} was found under an id that is in no trace`)
  })
  return { ...open, present, absent }
}

async function measure(
  file: RangeReader,
  block: Block,
  samples: readonly Trace[],
  idOf: (trace: Trace) => string,
  check: (expected: Trace, found: Trace | undefined) => void,
): Promise<LookupCost> {
  const sum = { roundTrips: 0, ranges: 0, bytes: 0, parts: new Map<string, number>() }
  for (const trace of samples) {
    const ranges: Range[] = []
    const counted = countReads(recorded(file, ranges))
    const reader = await BlockpackReader.open(counted)
    counted.reset()
    ranges.length = 0
    check(trace, await reader.findTrace(idOf(trace)))
    sum.roundTrips += counted.roundTrips
    sum.ranges += counted.reads.ranges
    sum.bytes += counted.reads.bytes
    for (const range of ranges)
      for (const [name, byteLength] of partsOfRange(range, block))
        sum.parts.set(name, (sum.parts.get(name) ?? 0) + byteLength)
  }
  const mean = (total: number) => total / samples.length
  return {
    roundTrips: mean(sum.roundTrips),
    ranges: mean(sum.ranges),
    bytes: mean(sum.bytes),
    parts: Object.fromEntries([...sum.parts].map(([name, total]) => [name, mean(total)])),
  }
}

function checkSame(expected: Trace, found: Trace | undefined): void {
  if (!found || firstDifference(expected, found))
    throw new LabError('invalid', `trace ${expected.traceId} ${found ? 'came back changed' : 'was not found'}`)
}

/** An id that no trace has but by a chance of 2^-128. */
function absentId({ traceId }: Trace): string {
  return createHash('sha256').update(traceId).digest('hex').slice(0, 32)
}

function recorded(file: RangeReader, ranges: Range[]): RangeReader {
  return {
    byteLength: file.byteLength,
    read: wanted => {
      ranges.push(...wanted)
      return file.read(wanted)
    },
  }
}

/** The bytes of a range by part of the file. */
function partsOfRange(range: Range, { toc }: Block): Map<string, number> {
  const parts = new Map<string, number>()
  const add = (name: string, byteLength: number) => {
    if (byteLength > 0) parts.set(name, (parts.get(name) ?? 0) + byteLength)
  }
  for (const [name, section] of Object.entries(toc.sections)) {
    if (name !== 'data') {
      add(name, overlap(range, section))
      continue
    }
    const directory = toc.directories.reduce((sum, directory) => sum + overlap(range, directory), 0)
    const blooms = toc.bloomRanges.flat().reduce((sum, bloom) => sum + overlap(range, bloom), 0)
    add('directory', directory)
    add('Bloom filters', blooms)
    add('columns', overlap(range, section) - directory - blooms)
  }
  return parts
}

function overlap(a: Range, b: Range): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start))
}
