import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blockpackSource } from '../../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { Losses } from '../../../../../lib/formats/losses.ts'
import { readInputs } from '../../../../../lib/import/input.ts'
import { memorySource } from '../../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../../lib/model/scan.ts'
import type { Trace, Value } from '../../../../../lib/model/trace.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { search } from '../../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../../lib/traceql/engine/validate.ts'
import { collect } from '../../../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../../../support/corpora.ts'
import { attributes, span } from '../../../../support/nasty.ts'
import { packed } from '../blocks.ts'

const own = { droppedAttributesCount: 0, schemaUrl: '' }

async function opened(traces: readonly Trace[]): Promise<SpanSource> {
  return blockpackSource(await BlockpackReader.open(openMemory(await packed(traces))))
}

async function spanIds(source: SpanSource, query: string): Promise<string[]> {
  const { traces } = await search(source, parseQuery(query), { limit: 1e9, spss: 1e9 })
  return traces.flatMap(trace => trace.spanSets.flatMap(set => set.spans.map(({ spanID }) => spanID)))
}

const typed: readonly (readonly [string, Value, string])[] = [
  ['an int', 77n, '77'],
  ['an int beyond 2^53', 2n ** 53n + 1n, '9007199254740993'],
  ['a double', 1.5, '1.5'],
  ['a bool', true, 'true'],
  ['an array of ints', [1n, 2n], '2'],
  ['an array of several types', ['x', 7n], '7'],
  ['a string', 'x', '"x"'],
]

test.each(typed)('a resource and a scope are found by %s', async (_, value, text) => {
  const items = { ...own, attributes: attributes(['k', value]) }
  const resource = span({ resource: items })
  const scope = span({ scope: { ...items, name: 's', version: '' }, spanId: '0000000000000002' })
  const source = await opened([{ traceId: '1'.repeat(32), spans: [resource, scope] }])
  for (const relation of [`= ${text}`, `IN [${text}]`, `IN [${text}, ${text}]`]) {
    expect(await spanIds(source, `{ resource.k ${relation} }`), relation).toEqual([resource.spanId])
    expect(await spanIds(source, `{ instrumentation.k ${relation} }`), relation).toEqual([scope.spanId])
  }
  expect(await spanIds(source, '{ resource.k = 78 || resource.k = "none" || resource.k = false }')).toEqual([])
})

const child = { attributes: [], droppedAttributesCount: 0 }
const event = { ...child, timeNanos: 5n, name: 'e' }
const link = { ...child, traceId: 'ff', spanId: 'ff', traceState: '', flags: 0 }

test.each([
  ['differing numbers', [0, 1, 3]],
  ['equal numbers', [2, 2, 2]],
  ['none', [0, 0, 0]],
] as const)('spans with %s of events and links are asked for a key that occurs nowhere', async (_, counts) => {
  const spans = counts.map((count, i) =>
    span({ spanId: `0${i}`, events: Array(count).fill(event), links: Array(count).fill(link) }),
  )
  const traces = [{ traceId: '1'.repeat(32), spans }]
  const [source, oracle] = [await opened(traces), memorySource(traces)]
  for (const scope of ['event', 'link', 'span', 'resource', 'instrumentation'])
    for (const relation of ['= nil', '!= nil', '= 1', '!= 1', '=~ ".*"'])
      expect(await spanIds(source, `{ ${scope}.zz ${relation} }`)).toEqual(
        await spanIds(oracle, `{ ${scope}.zz ${relation} }`),
      )
})

test.each(['ok', 'server', '"x"', '1', 'true'])('an empty array of every scope differs from %s', async constant => {
  const items = { ...own, attributes: attributes(['k', []]) }
  const empty = span({ ...items, resource: items, scope: { ...items, name: '', version: '' } })
  const source = await opened([{ traceId: '1'.padStart(32, '0'), spans: [empty] }])
  for (const scope of ['span', 'resource', 'instrumentation'])
    for (const relation of ['!=', '='])
      expect(await spanIds(source, `{ ${scope}.k ${relation} ${constant} }`), `${scope} ${relation}`).toEqual(
        relation === '!=' ? [empty.spanId] : [],
      )
})

describeCorpora('the reports of wrong answers', () => {
  const read = async (name: string): Promise<Trace[]> =>
    (await collect(readInputs([corpusPath(`reports/${name}`)], { losses: new Losses() }).batches)).flat()

  test('152: a resource is found by what is no string', async () => {
    const source = await opened(await read('152-resource-typed.json'))
    const lines = readFileSync(corpusPath('reports/152-queries.txt'), 'utf8').trim().split('\n')
    expect(lines.length).toBeGreaterThan(15)
    for (const [query, id] of lines.map(line => line.split(' ### ')))
      expect(await spanIds(source, query!)).toEqual([id])
  })

  test('154: events and links without a key that occurs nowhere', async () => {
    const source = await opened(await read('154-counts-vary.json'))
    for (const query of ['{ event.zz = nil }', '{ link.zz = nil }'])
      expect((await search(source, parseQuery(query))).traces, query).toHaveLength(1)
  })
})
