import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter } from '../bytes/writer.ts'
import { TraceReader, TraceWriter } from '../formats/cbor/trace.ts'
import { type Trace, traceIdDigits } from '../model/trace.ts'
import { writeAll } from '../storage/in-place.ts'
import { makeWorkFolder, removeWorkFolder } from '../storage/work-folder.ts'

export interface SortOptions {
  /** Spans held in memory, above which they go to disk. */
  maxSpans: number
  /** Where they go: a folder of its own is made in it and removed at the end. */
  directory?: string
}

const flushBytes = 1 << 18
const lengthBytes = 4

/**
 * The traces in the order of their ids, as numbers of 128 bits. Above `maxSpans` they go to disk, sorted so far, and the parts are
 * merged: memory is bounded by that and a buffer a part.
 */
export async function* sortByTraceId(
  batches: AsyncIterable<readonly Trace[]>,
  { maxSpans, directory }: SortOptions,
): AsyncIterable<readonly Trace[]> {
  const runs: Run[] = []
  let held: Trace[] = []
  let spanCount = 0
  let folder: string | undefined
  try {
    for await (const batch of batches)
      for (const trace of batch) {
        held.push(trace)
        spanCount += trace.spans.length
        if (spanCount < maxSpans) continue
        folder ??= makeWorkFolder(directory)
        runs.push(await Run.write(join(folder, `run-${runs.length}`), sorted(held)))
        held = []
        spanCount = 0
      }
    if (runs.length === 0) return yield sorted(held)
    yield* merge(runs, sorted(held))
  } finally {
    for (const run of runs) await run.close()
    if (folder) await removeWorkFolder(folder)
  }
}

function sorted(traces: Trace[]): Trace[] {
  return traces.sort((a, b) => (precedes(a, b) ? -1 : precedes(b, a) ? 1 : 0))
}

/** True where the id is less as a number of 128 bits, or as a text for the same number. */
function precedes(a: Trace, b: Trace): boolean {
  const [one, other] = [a, b].map(({ traceId }) => traceId.padStart(traceIdDigits, '0')) as [string, string]
  return one === other ? a.traceId < b.traceId : one < other
}

/** What is left of sorted parts, the least id first. */
async function* merge(runs: readonly Run[], held: readonly Trace[]): AsyncIterable<readonly Trace[]> {
  const heads: { trace: Trace | undefined; next: () => Promise<Trace | undefined> }[] = []
  let at = 0
  for (const next of [...runs.map(run => () => run.next()), async () => held[at++]])
    heads.push({ trace: await next(), next })
  for (;;) {
    const left = heads.filter(({ trace }) => trace !== undefined)
    if (left.length === 0) return
    const first = left.reduce((best, head) => (precedes(head.trace!, best.trace!) ? head : best))
    yield [first.trace!]
    first.trace = await first.next()
  }
}

/** Sorted traces on disk, read in turn. */
class Run {
  readonly #handle: FileHandle
  readonly #byteLength: number
  readonly #reader = new TraceReader()
  #buffer: Buffer = Buffer.alloc(0)
  #position = 0

  private constructor(handle: FileHandle, byteLength: number) {
    this.#handle = handle
    this.#byteLength = byteLength
  }

  static async write(path: string, traces: readonly Trace[]): Promise<Run> {
    const handle = await open(path, 'w+')
    const [bytes, writer] = [new ByteWriter(flushBytes), new TraceWriter()]
    let byteLength = 0
    const flush = async () => {
      const chunk = bytes.take()
      await writeAll(path, handle.fd, chunk)
      byteLength += chunk.length
    }
    for (const trace of traces) {
      const start = bytes.reserve(lengthBytes)
      writer.write(bytes, trace)
      bytes.view().writeUInt32LE(bytes.length - start - lengthBytes, start)
      if (bytes.length > flushBytes) await flush()
    }
    await flush()
    return new Run(handle, byteLength)
  }

  /** The next trace, or undefined at the end. */
  async next(): Promise<Trace | undefined> {
    if (this.#position === this.#byteLength && this.#buffer.length === 0) return undefined
    const byteLength = (await this.#take(lengthBytes)).readUInt32LE(0)
    return this.#reader.read(await this.#take(byteLength), 'sorted traces', 0)[0]
  }

  async #take(byteLength: number): Promise<Buffer> {
    if (this.#buffer.length < byteLength) {
      const wanted = Math.min(Math.max(byteLength, flushBytes), this.#byteLength - this.#position)
      const more = Buffer.alloc(wanted)
      const { bytesRead } = await this.#handle.read(more, 0, wanted, this.#position)
      if (bytesRead !== wanted) throw new Error(`sorted traces: ${bytesRead} bytes read of ${wanted}`)
      this.#position += wanted
      this.#buffer = Buffer.concat([this.#buffer, more])
    }
    const taken = this.#buffer.subarray(0, byteLength)
    this.#buffer = this.#buffer.subarray(byteLength)
    return taken
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
