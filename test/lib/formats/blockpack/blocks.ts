import { FloorMeter } from '../../../../generator/floor-meter.ts'
import { findWorkload } from '../../../../generator/workload.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../lib/formats/blockpack/write/writer.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'

/** Traces as a blockpack file. */
export async function packed(traces: readonly Trace[], config: BlockpackConfig = profiles.default): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, config)
  return sink.bytes()
}

/** Generated traces, the same for a seed. */
export function generated(traceCount: number, seed = 7): Trace[] {
  const request = { traceCount, seed, faults: [], onFaults: () => {} }
  return [...findWorkload('otel').generate(request, new FloorMeter())]
}
