import { describe, expect, test } from 'vitest'
import { blockpackSource } from '../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { encodeTraces, OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { LivePart } from '../../../../lib/serve/live/part.ts'
import { LiveSource } from '../../../../lib/serve/live/source.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { drawsOf } from '../../../support/draws.ts'
import { span } from '../../../support/nasty.ts'
import { packed } from '../../formats/blockpack/blocks.ts'

/** So many that a block has several page groups, and recent spans several batches. */
const traceCount = 9_000
const draws = drawsOf(17)
const below = (end: number) => Math.floor(draws() * end)
const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('')

/** What the ids of spans look like in one of so many traces; those of the others are random. */
const specialEvery = 1_500
const shapes: Readonly<Record<string, (traceId: string) => string[]>> = {
  'random ids': () => [hex(16), hex(16)],
  'ids that end those of their traces': traceId => [traceId.slice(16), hex(16)],
  'ids that all end those of their traces': traceId => [traceId.slice(16)],
  'ids that repeat': () => Array(2).fill(hex(16)),
  'ids of other lengths': () => [hex(2 * below(9)), `00${hex(14)}`, '0'.repeat(16)],
}

const tracesOf = (idsOf: (traceId: string) => string[]): Trace[] =>
  Array.from({ length: traceCount }, (_, number) => {
    const traceId = hex(32)
    const ids = number % specialEvery === 0 ? idsOf(traceId) : [hex(16), hex(16)]
    return { traceId, spans: ids.map(spanId => span({ spanId })) }
  })

async function live(traces: readonly Trace[]): Promise<SpanSource> {
  const part = new LivePart()
  new OtlpMessages(new SpanRows(), () => {}).read(encodeTraces(traces), part.rows)
  part.commit(part.arrived(0, 0))
  return LiveSource.open(await part.view())
}

const block = async (traces: readonly Trace[]) =>
  blockpackSource(await BlockpackReader.open(openMemory(await packed(traces))))

async function batchCount(source: SpanSource, column: 'span:id' | 'trace:id', id: string): Promise<number> {
  let count = 0
  const needs = [[[{ column, relation: '=' as const, operands: [id] }]]]
  for await (const batch of source.scan({ needs, columns: [column] })) {
    count++
    batch.release()
  }
  return count
}

describe.each(Object.entries(shapes))('spans are searched by one id, of %s (seed 17)', (_, idsOf) => {
  const traces = tracesOf(idsOf)
  const some = traces.filter((_, number) => number % specialEvery === 0)
  const oracle = memorySource(some)
  test.each(Object.entries({ live, block }))('%s', async (_, open) => {
    const source = await open(traces)
    const queries = [...some.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)), hex(16), 'no id', '']
      .flatMap(id => [id, id.replace(/^0+/, '')])
      .flatMap(id => [`{ span:id = "${id}" }`, `{ span:id = "${id}" || span:id = "${hex(16)}" }`])
    const ofTraces = some.map(({ traceId }) => `{ trace:id = "${traceId}" && span:id != "${hex(16)}" }`)
    for (const query of [...queries, ...ofTraces]) {
      const [found, expected] = await Promise.all(
        [source, oracle].map(one => search(one, parseQuery(query), { limit: 50 })),
      )
      expect(found!.traces, query).toEqual(expected!.traces)
    }
  })
})

test('of recent spans and of a block no batch is searched that has not the id', async () => {
  const traces = tracesOf(shapes['ids that end those of their traces']!)
  for (const open of [live, block]) {
    const source = await open(traces)
    const { spans, traceId } = traces[3 * specialEvery]!
    for (const { spanId } of spans) expect(await batchCount(source, 'span:id', spanId)).toBe(1)
    expect(await batchCount(source, 'span:id', hex(16))).toBe(0)
    if (open === live) expect(await batchCount(source, 'trace:id', traceId)).toBe(1)
  }
})
