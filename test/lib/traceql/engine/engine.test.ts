import { expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawQuery, drawTraces } from '../queries.ts'
import { strictSource } from './hints.ts'
import { naiveSearch } from './naive.ts'

const seed = Number(process.env.SEED ?? 20261127)
const whole = { limit: Number.POSITIVE_INFINITY, spss: Number.POSITIVE_INFINITY }

function naively(traces: readonly Trace[], text: string): string[] {
  const query = parseQuery(text)
  if (query.kind !== 'search') throw new Error('no search')
  return naiveSearch(traces, query.pipeline)
    .flatMap((spans, i) => [...spans].map(span => `${traces[i]!.traceId.replace(/^0+/, '')} ${span.spanId}`))
    .sort()
}

async function found(source: SpanSource, text: string): Promise<string[]> {
  const { traces } = await search(source, parseQuery(text), whole)
  return traces
    .flatMap(({ traceID, spanSets }) => spanSets.flatMap(set => set.spans.map(({ spanID }) => `${traceID} ${spanID}`)))
    .sort()
}

function isValid(text: string): boolean {
  try {
    parseQuery(text)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    return false
  }
}

test(`drawn searches find what a naive search finds, whatever the source makes of hints (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  let validCount = 0
  let foundCount = 0
  let prunedCount = 0
  for (let run = 0; run < 800; run++) {
    const traces = drawTraces(draw, 12)
    const text = drawQuery(draw)
    if (!isValid(text)) continue
    validCount++
    const expected = naively(traces, text)
    if (expected.length > 0) foundCount++
    expect(await found(memorySource(traces), text), text).toEqual(expected)
    expect(await found(memorySource(traces, { batchSpanCount: 9 }), text), text).toEqual(expected)
    const strict = strictSource(traces)
    expect(await found(strict, text), `${text} with hints`).toEqual(expected)
    if (strict.tracesGiven < traces.length) prunedCount++
  }
  // A test that finds nothing shows nothing.
  expect(validCount).toBeGreaterThan(500)
  expect(foundCount).toBeGreaterThan(150)
  expect(prunedCount).toBeGreaterThan(150)
})
