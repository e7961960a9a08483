import { decodeCborFile, encodeCborFile } from '../lib/cbor/file.ts'
import { DatasetDigest } from '../lib/dataset/digest.ts'
import type { Trace } from '../lib/model/trace.ts'
import { openLocal, writeLocal } from '../lib/storage/local.ts'

const blockBytes = 1 << 20

/** What was written into a dataset file. */
export interface DatasetCounts {
  traceCount: number
  spanCount: number
  /** Of the traces as they went in; a reader of the file must find the same. */
  digest: string
}

/** Writes whole traces to a dataset file, in the lab's CBOR (lib/cbor/FORMAT.md), and counts them. */
export async function writeDataset(
  path: string,
  traces: AsyncIterable<readonly Trace[]>,
  onTrace: (trace: Trace) => void,
): Promise<DatasetCounts> {
  const digest = new DatasetDigest()
  let [traceCount, spanCount] = [0, 0]
  async function* counted() {
    for await (const batch of traces) {
      for (const trace of batch) {
        digest.add(trace)
        onTrace(trace)
        spanCount += trace.spans.length
      }
      traceCount += batch.length
      yield batch
    }
  }
  await writeLocal(path, sink => encodeCborFile(counted(), sink, { codec: 'none', blockBytes }))
  return { traceCount, spanCount, digest: digest.finish() }
}

/** The traces of a dataset file, a batch a block of about a mebibyte. */
export async function* readDataset(path: string): AsyncIterable<readonly Trace[]> {
  const file = await openLocal(path)
  try {
    yield* decodeCborFile(file)
  } finally {
    await file.close()
  }
}
