import { LabError } from '../error.ts'
import { blockpack } from '../formats/blockpack/format.ts'
import type { Format } from '../formats/format.ts'
import { ndjson } from '../formats/ndjson/format.ts'
import { otlpProto } from '../formats/otlp/proto-format.ts'
import { getOrInsert } from '../maps.ts'
import type { Trace } from '../model/trace.ts'
import { parcelOf } from '../workers/message.ts'
import type { Received, WorkOf } from '../workers/task.ts'
import type { encodeTask } from './batches.ts'

/** What workers do with batches of files. Only the formats that it needs are loaded. */

const readers: readonly Format[] = [blockpack]
const writers: readonly Format[] = [ndjson, otlpProto]

/** By file and format: what encodes its batches. */
const encoders = new WeakMap<Received, Map<string, (traces: readonly Trace[]) => unknown>>()

/** Nothing is given of traces that the format cannot hold. */
export const encodeReceived: WorkOf<typeof encodeTask> = async ({ format, batch, target }, file) => {
  const traces = await named(readers, format).readBatch!(batch as never, file as never)
  const known = getOrInsert(encoders, file, () => new Map())
  const encode = getOrInsert(known, target, () => named(writers, target).parts!.encoder())
  try {
    return parcelOf(encode(traces))
  } catch (error) {
    known.delete(target)
    if (error instanceof LabError) return { value: undefined }
    throw error
  }
}

function named(formats: readonly Format[], name: string): Format {
  return formats.find(format => format.name === name)!
}
