import { beforeAll, describe, expect, test } from 'vitest'
import { readOtlpJson } from '../../../../lib/formats/otlp/json.ts'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { joinPieces } from '../../../support/traces.ts'
import { describeReference, digests, readJson, readLines, readTraces, referencePath } from '../references.ts'

interface Answer {
  q: string
  nTraces: number
  nSpans: number
  tracesSha256: string
  spansSha256: string
}

const whole = { limit: Number.POSITIVE_INFINITY, spss: Number.POSITIVE_INFINITY }

const orphans = 'Tempo leaves spans out of structure whose chain of parents reaches no root: 23 of 4,434'
const crossed = 'Tempo finds no int by a float and no float by an int, though it says that they compare'
const childCounts = 'Tempo has no span:childCount in vParquet4'
const zeros = 'Tempo takes the 8 zero bytes of no parent for an id that the trace lacks'
const anyElement = 'Tempo answers != on an array where any item differs, not where none is equal'

type Defects = Readonly<Record<string, readonly [traces: number, spans: number, reason: string]>>

/** By query what Tempo gets wrong (number of traces and spans), and what is true. */
const demoDefects: Defects = {
  '{ resource.service.name != `loki-querier` } >> { resource.service.name = `loki-gateway` && status = error }': [
    17,
    18,
    orphans,
  ],
  '{ true } > { true }': [291, 4111, orphans],
  '{ true } !> { true }': [300, 323, orphans],
  '{ true } !~ { true }': [300, 1452, orphans],
  '{ true } !>> { true }': [300, 323, orphans],
  '{ true } !<< { true }': [300, 2231, orphans],
  '{ true } &> { true }': [291, 4412, orphans],
  '{ resource.service.name = "checkout" } &>> { status = error }': [29, 94, orphans],
  '{ status = error } &<< { resource.service.name = "checkout" }': [29, 94, orphans],
  '{ span.db.cost > 600 }': [54, 61, crossed],
  '{ span.http.status_code = 500.0 }': [216, 512, crossed],
  '{ span.http.status_code > 404.5 && kind = server }': [90, 111, crossed],
  '{ span:childCount > 5 }': [33, 34, childCounts],
  '{ span:childCount = 0 && status = error }': [82, 104, childCounts],
  '{ span.tags != "a" }': [0, 0, anyElement],
}

const tempoDefects: Readonly<Record<string, Defects>> = {
  'demo-blob': demoDefects,
  search: { '{ nestedSetParent = -1 } | select(name)': [25, 521, zeros] },
}

describe.each([
  ['search', 'vParquet4'],
  ['search', 'vParquet5'],
  ['demo-blob', 'vParquet4'],
])('what Tempo found in %s, %s', (folder, version) => {
  const input = `tempo-blocks/${folder}/traces.otlp.jsonl.gz`
  const answersFile = `tempo-blocks/${folder}/answers-search-${version}.ndjson.gz`
  describeReference('every query', [input, answersFile], () => {
    let source: SpanSource
    beforeAll(async () => {
      source = keptSource(await readTraces(referencePath(input)), { batchSpanCount: 1000 })
    })

    test.each(readLines(answersFile) as Answer[])('$q', async answer => {
      const found = await search(source, parseQuery(answer.q), whole)
      const { tracesSha256, spansSha256, spanCount } = digests(found)
      const defect = tempoDefects[folder]?.[answer.q]
      if (defect === undefined) {
        expect([found.traces.length, spanCount]).toEqual([answer.nTraces, answer.nSpans])
        expect([tracesSha256, spansSha256]).toEqual([answer.tracesSha256, answer.spansSha256])
      } else {
        expect(spansSha256, 'no longer a defect').not.toBe(answer.spansSha256)
        expect([found.traces.length, spanCount, defect[2]]).toEqual(defect)
      }
    })
  })
})

describeReference('the well-known search trace', ['traceql/search-cases.json'], () => {
  interface Cases {
    trace: unknown
    cases: { query: string; group: string; expectMatch: boolean | null }[]
  }
  const { trace, cases } = readJson('traceql/search-cases.json') as Cases
  // Of some the file does not say; of a `{ }` that is not to match, it lacks the time range by which it did not.
  const told = cases.filter(
    ({ query, expectMatch }) => expectMatch !== null && (expectMatch || query.replaceAll(' ', '') !== '{}'),
  )

  test('all but ten cases are told', () => {
    expect(cases.length - told.length).toBe(10)
  })

  test.each(told)('$query: $expectMatch', async ({ query, expectMatch }) => {
    const chunks = streamOf([Buffer.from(JSON.stringify(trace))])
    const traces = joinPieces((await collect(readOtlpJson(chunks))).flat())
    const found = await search(memorySource(traces), parseQuery(query))
    expect(found.traces.length).toBe(expectMatch ? 1 : 0)
    if (expectMatch)
      expect(found.traces[0]).toMatchObject({
        traceID: '102030405060708090a0b0c0d0e0f10',
        rootServiceName: 'RootService',
        rootTraceName: 'RootSpan',
        startTimeUnixNano: '1000000000000',
        durationMs: 2000,
      })
  })
})

describe.each(['vParquet4', 'vParquet5'])('the trace of every type, %s', version => {
  const input = `tempo-blocks/fullypopulated/traces-${version}.otlp.jsonl`
  const answersFile = `tempo-blocks/fullypopulated/answers-${version}.ndjson`
  describeReference('every query', [input, answersFile], () => {
    let source: SpanSource
    beforeAll(async () => {
      source = keptSource(await readTraces(referencePath(input)), { batchSpanCount: 30 })
    })

    test.each(readLines(answersFile) as { q: string; engine: Record<string, string[]> }[])('$q', async answer => {
      const { traces } = await search(source, parseQuery(answer.q), whole)
      const spans = traces.map(({ traceID, spanSets }) => [
        traceID,
        [...new Set(spanSets.flatMap(set => set.spans.map(span => span.spanID)))].sort(),
      ])
      const expected = Object.entries(answer.engine).map(([id, ids]) => [id, [...ids].sort()])
      expect(spans.sort()).toEqual(expected.sort())
    })
  })
})
