import { decodeBlockpack } from '../formats/blockpack/read/reader.ts'
import { countTrace } from '../rollup/count-trace.ts'
import { RollupReader, RollupWriter } from '../rollup/file.ts'
import { weightOf } from '../sampling/threshold.ts'
import { MemorySink, openMemory } from '../storage/memory.ts'
import type { TiersFile } from './file.ts'

/** Rollups of all spans: that of the file, and one of the spans that it holds, made in memory, where it takes some 3 bytes a span. */
export async function allRollups({ sections, rollup }: TiersFile): Promise<RollupReader[]> {
  const sink = new MemorySink()
  const held = new RollupWriter(sink)
  for (const name of ['renamed', 'exact'] as const) {
    const section = sections.get(name)
    if (!section) continue
    for await (const batch of decodeBlockpack(section)) for (const trace of batch) countTrace(held, trace, weightOf)
    await held.write()
  }
  await held.finish()
  return [...(rollup ? [rollup] : []), await RollupReader.open(openMemory(sink.bytes()))]
}
