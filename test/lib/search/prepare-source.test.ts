import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import { hashIds } from '../../../lib/model/trace-hashes.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { prepareLookups } from '../../../lib/search/prepare-source.ts'
import { span } from '../../support/nasty.ts'
import { traceIdOf } from '../../support/store-spans.ts'

/** A source of some traces with an index, and what was looked up in it. */
function watched(ids: readonly string[]): { source: SpanSource; asked: string[] } {
  const asked: string[] = []
  const memory = memorySource(ids.map(traceId => ({ traceId, spans: [span({})] })))
  const source: SpanSource = {
    ...memory,
    findTraces: (traceIds, limits) => {
      asked.push(...traceIds)
      return memory.findTraces(traceIds, limits)
    },
    traceIds: async () => ({ ...hashIds(ids), at: async positions => Array.from(positions, at => ids[at]!) }),
  }
  return { source, asked }
}

test('traces all over each of the joined sources are looked up, 64 in all; what has no index is left alone', async () => {
  const [many, few, none] = [1_000, 3, 0].map(count =>
    watched(Array.from({ length: count }, (_, i) => traceIdOf(i + 1))),
  )
  const other = memorySource([{ traceId: traceIdOf(5_000), spans: [span({})] }])
  await prepareLookups(joinSources([many!.source, few!.source, none!.source, other]), {})
  expect(many!.asked).toEqual(Array.from({ length: 16 }, (_, i) => traceIdOf(63 * i + 1)))
  expect(few!.asked).toEqual([1, 2, 3].map(traceIdOf))
  expect(none!.asked).toEqual([])
})
