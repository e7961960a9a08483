import { expect, test } from 'vitest'
import { readsOf } from '../../../../harness/bench/cluster/plan-compactions.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../lib/formats/blockpack/write/writer.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { compactBlocks } from '../../../../lib/serve/blocks/maintain.ts'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { writeData } from '../../../../lib/serve/blocks/write.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { endBytes, openRemote } from '../../../../lib/storage/remote.ts'
import type { BlobStore } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { pieceOf, traceIdOf } from '../../../support/store-spans.ts'

const config = { ...profiles['high-throughput'], compressionCodec: 'none' } as const
const time = '2026-01-01T00:00:00.000Z'
const seed = 3

/** A store whose objects are read as those of S3 are, and the requests for that. */
function remoteStore(): { store: BlobStore; requests: { count: number } } {
  const store = memoryStore()
  const requests = { count: 0 }
  const open = async (key: string) => {
    const file = await store.open(key)
    const range = { start: Math.max(0, file.byteLength - endBytes), end: file.byteLength }
    const read = async (own: typeof range) => {
      requests.count++
      const [bytes] = await file.read([own])
      return bytes!
    }
    return openRemote({ ...range, bytes: await read(range) }, read)
  }
  return { store: { ...store, open }, requests }
}

/** Of traces of one span with 4 kB that nothing makes shorter. */
async function putBlock(store: BlobStore, number: number, traceCount: number, draw: () => number): Promise<BlockMeta> {
  const bytesOf = () => new Uint8Array(Uint32Array.from({ length: 1_000 }, () => draw() * 2 ** 32).buffer)
  const traceOf = (i: number): Trace => {
    const id = number * 1e6 + i
    return {
      ...pieceOf(id, id, { attributes: [{ key: 'bytes', value: bytesOf() }] }),
      traceId: traceIdOf(Math.floor(draw() * 2 ** 52)),
    }
  }
  async function* batches() {
    for (let i = 0; i < traceCount; i++) yield [traceOf(i)]
  }
  const place = { tenantID: 't', blockID: String(number) }
  const size = await writeData(store, place, sink => encodeBlockpack(batches(), sink, config))
  return {
    ...{ ...place, size, format: 'blockpack', startTime: time, endTime: time, receivedTime: time },
    ...{ totalObjects: traceCount, totalSpans: traceCount, compactionLevel: 0, replaces: [] },
  }
}

test.each([3, 80, 2_300])(
  'blocks of %i traces of 4 kB are read as the plan says',
  async traceCount => {
    const draw = drawsOf(seed)
    const { store, requests } = remoteStore()
    const metas = [await putBlock(store, 0, traceCount, draw), await putBlock(store, 1, traceCount, draw)]
    requests.count = 0
    await compactBlocks(store, metas, { config }, new AbortController().signal)
    const planned = readsOf([traceCount, traceCount], metas[0]!.size / traceCount)
    const message = `seed ${seed}: ${metas[0]!.size} bytes each, ${requests.count} requests, ${planned} planned`
    expect(Math.abs(requests.count - planned), message).toBeLessThanOrEqual(0.2 * planned)
  },
  60_000,
)
