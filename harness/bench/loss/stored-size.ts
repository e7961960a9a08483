import type { ByteSink } from '../../../lib/bytes/range.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import type { Trace } from '../../../lib/model/trace.ts'

/** The bytes of a blockpack file of the traces; none of no traces. */
export async function blockpackBytes(traces: readonly Trace[]): Promise<number> {
  return traces.length === 0 ? 0 : lengthOf(sink => encodeBlockpack(inOneBatch(traces), sink, profiles.default))
}

export async function* inOneBatch(traces: readonly Trace[]): AsyncIterable<readonly Trace[]> {
  yield traces
}

/** How much is written. */
export async function lengthOf(write: (sink: ByteSink) => Promise<void>): Promise<number> {
  let byteLength = 0
  await write({
    write: async chunk => {
      byteLength += chunk.length
    },
  })
  return byteLength
}
