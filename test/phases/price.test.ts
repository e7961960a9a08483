import { describe, expect, test } from 'vitest'
import { asVariant, discoverPhases, variantsOf } from '../../harness/lab/discover.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import { SourceAsker } from '../../lib/questions/ask-source.ts'
import { type Asked, askTruths, priceOf } from '../../lib/questions/price.ts'
import { questionSet } from '../../lib/questions/questions.ts'
import { MemorySink, openMemory } from '../../lib/storage/memory.ts'
import type { Options, Phase } from '../../phases/phase.ts'
import { collect, streamOf } from '../support/chunks.ts'
import { generatedTraces } from '../support/generated.ts'

const traces = generatedTraces('otel', 120)
const exactPhases = (await discoverPhases()).flatMap(({ slug, phase }) =>
  phase === undefined
    ? []
    : variantsOf(phase)
        .filter(([variant]) => asVariant(phase, variant).fidelity.lossy.length === 0)
        .map(([variant, options]) => [slug, variant, phase, options] as const),
)

async function kept(phase: Phase, options: Options): Promise<SpanSource> {
  const sink = new MemorySink()
  await phase.encode(streamOf([traces]), sink, { ...options, zstdLevel: 1 })
  const file = openMemory(sink.bytes())
  if (phase.open) return phase.open(file)
  return memorySource((await collect(phase.decode(file))).flat())
}

describe('an exact phase costs nothing in answers', () => {
  let asked: Asked[] | undefined
  test.each(exactPhases)('%s, %s', async (_, __, phase, options) => {
    if (asked === undefined) {
      const asker = new SourceAsker(memorySource(traces))
      asked = await askTruths(await questionSet(asker), question => asker.ask(question))
    }
    const asker = new SourceAsker(await kept(phase, options))
    for (const price of await priceOf(asked, question => asker.ask(question)))
      expect(price).toMatchObject({ medianError: 0, worstError: 0, unanswerable: 0, missing: 0, invented: 0 })
  })
})
