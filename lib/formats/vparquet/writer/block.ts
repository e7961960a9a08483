import { randomUUID } from 'node:crypto'
import { ByteWriter } from '../../../bytes/writer.ts'
import { type Trace, traceIdDigits } from '../../../model/trace.ts'
import { blockData } from '../../../storage/files.ts'
import { type BlobStore, putBytes } from '../../../storage/store.ts'
import { writeBlooms } from '../blooms.ts'
import { type NewMeta, printMeta } from '../meta.ts'
import { type BlockOptions, encodeVparquet } from './writer.ts'

const idBytes = traceIdDigits / 2

/** Where a block goes, and what it is called. */
export interface BlockPlace {
  readonly store: Pick<BlobStore, 'put' | 'delete'>
  readonly tenantId: string
  /** A UUID; a random one where absent. */
  readonly blockId?: string
}

/**
 * Writes traces, which come in the order of their ids, as a block that Tempo opens:
 * `<tenant>/<block id>/{data.parquet, bloom-N, index, meta.json}`. `meta.json` comes last: without it there is no block.
 * What fails leaves nothing behind. Trace ids are padded to 16 bytes, as Tempo has them. Returns the key of the block.
 */
export async function writeBlock(
  batches: AsyncIterable<readonly Trace[]>,
  place: BlockPlace,
  options: BlockOptions = {},
): Promise<string> {
  return withParts(batches, place, options, async (meta, put) => {
    await put('meta.json', Buffer.from(printMeta(meta)))
    return `${meta.tenantId}/${meta.blockId}`
  })
}

/** The same without `meta.json`: gives what that says, and how many spans there are. */
export async function writeParts(
  batches: AsyncIterable<readonly Trace[]>,
  place: BlockPlace,
  options: BlockOptions = {},
): Promise<WrittenMeta> {
  return withParts(batches, place, options, async meta => meta)
}

type Put = (name: string, bytes: Uint8Array) => Promise<void>

/** What is known of a block whose parts are written. */
export interface WrittenMeta extends NewMeta {
  readonly spanCount: number
}

async function withParts<T>(
  batches: AsyncIterable<readonly Trace[]>,
  { store, tenantId, blockId = randomUUID() }: BlockPlace,
  options: BlockOptions,
  use: (meta: WrittenMeta, put: Put) => Promise<T>,
): Promise<T> {
  const key = `${tenantId}/${blockId}`
  const written: string[] = []
  const put: Put = async (name, bytes) => {
    written.push(name)
    await putBytes(store, `${key}/${name}`, bytes)
  }
  const seen = new Seen()
  try {
    let data: Awaited<ReturnType<typeof encodeVparquet>> | undefined
    written.push(blockData)
    await store.put(`${key}/${blockData}`, async sink => {
      data = await encodeVparquet(seen.through(batches), sink, options)
    })
    const blooms = writeBlooms(seen.ids())
    for (const [i, bloom] of blooms.entries()) await put(`bloom-${i}`, bloom)
    await put('index', printIndex(data!.lastTraceIds))
    return await use({ ...seen, ...data!, ...options, tenantId, blockId, bloomShardCount: blooms.length }, put)
  } catch (error) {
    for (const name of written) await store.delete(`${key}/${name}`)
    throw error
  }
}

/** What `meta.json` and the filters must know of the traces that went by. */
class Seen {
  traceCount = 0
  spanCount = 0
  startNanos = 2n ** 64n
  endNanos = 0n
  readonly #ids = new ByteWriter(1 << 16)

  /** The traces with padded ids; those that are of one id then, as the empty one and zero, are one. */
  async *through(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
    let last: Trace | undefined
    for await (const batch of batches) {
      const whole: Trace[] = []
      for (const { traceId: id, spans } of batch) {
        const traceId = id.padStart(traceIdDigits, '0')
        if (last?.traceId === traceId) last = { traceId, spans: [...last.spans, ...spans] }
        else {
          if (last) whole.push(this.#add(last))
          last = { traceId, spans }
        }
      }
      yield whole
    }
    if (last) yield [this.#add(last)]
  }

  #add(trace: Trace): Trace {
    const { traceId, spans } = trace
    this.traceCount++
    this.spanCount += spans.length
    this.#ids.hex(traceId)
    for (const { startNanos, endNanos } of spans) {
      if (startNanos < this.startNanos) this.startNanos = startNanos
      if (endNanos > this.endNanos) this.endNanos = endNanos
    }
    return trace
  }

  ids(): Uint8Array[] {
    const bytes = this.#ids.view()
    return Array.from({ length: this.traceCount }, (_, i) => bytes.subarray(i * idBytes, (i + 1) * idBytes))
  }
}

/** The last trace id of each row group. */
function printIndex(lastTraceIds: readonly string[]): Buffer {
  const rowGroups = lastTraceIds.map(traceId => Buffer.from(traceId, 'hex').toString('base64'))
  return Buffer.from(JSON.stringify({ rowGroups }))
}
