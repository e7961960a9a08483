import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { span } from '../../support/nasty.ts'
import { spanIdOf, traceIdOf } from '../../support/store-spans.ts'

/** A source that counts the traces that are read of it by their ids. */
function counted(traces: readonly Trace[]): SpanSource & { found: number } {
  const source = memorySource(traces)
  const own = {
    ...source,
    found: 0,
    findTraces: (...[traceIds, limits]: Parameters<SpanSource['findTraces']>) => {
      own.found += traceIds.length
      return source.findTraces(traceIds, limits)
    },
  }
  return own
}

/** Two sources that share traces of a thousand spans each. */
function sharingSources(traceCount: number): ReturnType<typeof counted>[] {
  return [0, 1].map(source =>
    counted(
      Array.from({ length: traceCount }, (_, trace) => ({
        traceId: traceIdOf(trace + 1),
        spans: Array.from({ length: 1_000 }, (_, i) => span({ spanId: spanIdOf(1 + 2 * i + source) })),
      })),
    ),
  )
}

async function read(sources: readonly ReturnType<typeof counted>[]): Promise<{ spans: number; found: number }> {
  const before = sources.reduce((sum, { found }) => sum + found, 0)
  let spans = 0
  for await (const batch of joinSources(sources).scan({ needs: [], columns: [] })) {
    spans += batch.spanCount
    batch.release()
  }
  return { spans, found: sources.reduce((sum, { found }) => sum + found, 0) - before }
}

test('shared traces that were just asked for are not read again, however many others were before', async () => {
  for (let store = 0; store < 40; store++) {
    const sources = sharingSources(3)
    expect(await read(sources)).toEqual({ spans: 6_000, found: 6 })
    expect(await read(sources), `store ${store}`).toEqual({ spans: 6_000, found: 0 })
  }
})

test('shared traces that are asked for again and again stay, and others are forgotten', async () => {
  const first = sharingSources(3)
  const asked = sharingSources(3)
  await read(first)
  await read(asked)
  for (let other = 0; other < 20; other++) {
    await read(sharingSources(3))
    expect(await read(asked), `after ${other}`).toEqual({ spans: 6_000, found: 0 })
  }
  expect(await read(first)).toEqual({ spans: 6_000, found: 6 })
})
