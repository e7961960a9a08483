import { join } from 'node:path'
import { decodeCborFile, encodeCborFile } from '../formats/cbor/file.ts'
import type { Trace } from '../model/trace.ts'
import { openLocal } from '../storage/local.ts'
import { writeLocal } from '../storage/local-write.ts'
import { makeWorkFolder, removeWorkFolder } from '../storage/work-folder.ts'

const blockBytes = 1 << 20

/**
 * What `again` gives after all traces have passed through `first`: it gets the same traces, which wait in a temporary file
 * meanwhile, so that memory does not depend on their number.
 */
export async function* inTwoPasses<T>(
  batches: AsyncIterable<readonly Trace[]>,
  first: (batches: AsyncIterable<readonly Trace[]>) => AsyncIterable<readonly Trace[]>,
  again: (batches: AsyncIterable<readonly Trace[]>) => AsyncIterable<T>,
): AsyncIterable<T> {
  const folder = makeWorkFolder()
  const path = join(folder, 'traces')
  try {
    await writeLocal(path, sink => encodeCborFile(first(batches), sink, { codec: 'none', blockBytes }))
    const file = await openLocal(path)
    try {
      yield* again(decodeCborFile(file))
    } finally {
      await file.close()
    }
  } finally {
    await removeWorkFolder(folder)
  }
}
