import { createHash } from 'node:crypto'
import type { ByteSink, RangeReader } from '../../lib/bytes/range.ts'
import type { Trace } from '../../lib/model/trace.ts'
import type { Options, Phase } from '../../phases/phase.ts'
import { Clock, type Seconds } from './clock.ts'

/** One encoding: how long the phase took, and what came out. */
export interface Encoded {
  seconds: Seconds
  sizeBytes: number
  sha256: string
}

/** Runs the phase's encoder on the batches. Reading them, hashing and keeping the output is not its time. */
export async function measureEncode(
  phase: Phase,
  batches: AsyncIterable<readonly Trace[]>,
  options: Options,
  keep: (chunk: Uint8Array) => Promise<void>,
): Promise<Encoded> {
  const clock = new Clock()
  const hash = createHash('sha256')
  let sizeBytes = 0
  const sink: ByteSink = {
    write: chunk =>
      clock.outside(async () => {
        sizeBytes += chunk.length
        hash.update(chunk)
        await keep(chunk)
      }),
  }
  const read = stepwise(
    () => batches,
    work => clock.outside(work),
  )
  await clock.inside(() => phase.encode(read, sink, options))
  return { seconds: clock.read(), sizeBytes, sha256: hash.digest('hex') }
}

/** A decoding under way: the batches, and the phase's own time once they have been taken. */
export interface Decoding {
  batches: AsyncIterable<readonly Trace[]>
  seconds(): Seconds
}

/** Runs the phase's decoder. Reading the file and what is done with the batches is not its time. */
export function measureDecode(phase: Phase, file: RangeReader): Decoding {
  const clock = new Clock()
  const reader: RangeReader = {
    byteLength: file.byteLength,
    read: ranges => clock.outside(() => file.read(ranges)),
  }
  const batches = stepwise(
    () => phase.decode(reader),
    work => clock.inside(work),
  )
  return { batches, seconds: () => clock.read() }
}

/** The batches, each step towards them taken by `step`. */
async function* stepwise(
  open: () => AsyncIterable<readonly Trace[]>,
  step: <T>(work: () => Promise<T>) => Promise<T>,
): AsyncIterable<readonly Trace[]> {
  const iterator = await step(async () => open()[Symbol.asyncIterator]())
  try {
    for (;;) {
      const next = await step(() => iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}

/** The most memory that this process has held, resident. */
export function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
