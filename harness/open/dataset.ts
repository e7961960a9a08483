import { join } from 'node:path'
import type { ByteSink } from '../../lib/bytes/range.ts'
import { decodeCborFile, encodeCborFile } from '../../lib/formats/cbor/file.ts'
import { DatasetDigest } from '../../lib/model/digest.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { openLocal } from '../../lib/storage/local.ts'
import { writeNamed } from '../../lib/storage/local-write.ts'

const blockBytes = 1 << 20

/** What was written into a dataset file. */
export interface DatasetCounts {
  traceCount: number
  spanCount: number
  /** Of the traces as they went in; a reader of the file must find the same. */
  digest: string
}

/**
 * Writes whole traces to a dataset file, in the lab's CBOR (lib/formats/cbor/FORMAT.md), and counts them. The digest stands in
 * the file's name, so that runs at the same time do not take each other's data.
 */
export async function writeDataset(
  folder: string,
  name: string,
  traces: AsyncIterable<readonly Trace[]>,
  onTrace: (trace: Trace) => void,
): Promise<DatasetCounts & { path: string }> {
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
  const pathOf = (counts: DatasetCounts) => join(folder, `${name}-${counts.digest.slice(0, 12)}.cbor`)
  const write = async (sink: ByteSink): Promise<DatasetCounts> => {
    await encodeCborFile(counted(), sink, { codec: 'none', blockBytes })
    return { traceCount, spanCount, digest: digest.finish() }
  }
  const counts = await writeNamed(folder, write, pathOf)
  return { ...counts, path: pathOf(counts) }
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
