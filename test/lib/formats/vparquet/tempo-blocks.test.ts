import { expect, test } from 'vitest'
import type { Attributes, Value } from '../../../../lib/model/trace.ts'
import { describeReference, readTraces, referencePath } from '../../traceql/references.ts'
import { differences } from './as-held.ts'
import { decode, readBlockFiles } from './blocks.ts'

const cases = [
  ['search', 'vParquet4', 'traces.otlp.jsonl.gz'],
  ['search', 'vParquet5', 'traces.otlp.jsonl.gz'],
  ['demo-blob', 'vParquet4', 'traces.otlp.jsonl.gz'],
  ['fullypopulated', 'vParquet4', 'traces-vParquet4.otlp.jsonl'],
  ['fullypopulated', 'vParquet5', 'traces-vParquet5.otlp.jsonl'],
] as const

/** Values that no meta.json names: the trace was made with more dedicated columns than the block. */
const nameless: Record<string, Record<string, number>> = {
  'fullypopulated vParquet4': { 'rs.ss.Spans.DedicatedAttributes.String05': 1 },
}

for (const [set, version, input] of cases) {
  const path = `tempo-blocks/${set}/${input}`
  describeReference(`${set}, ${version}`, [path, `tempo-blocks/${set}/blocks-${version}`], () => {
    test('gives the traces that Tempo was given', async () => {
      const { data, meta } = readBlockFiles(set, version)
      const expected = await readTraces(referencePath(path))
      const { traces, dropped } = await decode(data, meta)
      expect(traces.length).toBe(expected.length)
      expect(differences(expected, traces)).toEqual([])
      expect(dropped).toEqual(nameless[`${set} ${version}`] ?? {})
    })
  })
}

describeReference("the block of Tempo's own tests, of an early vParquet4", ['tempo-blocks/preview'], () => {
  test('reads whole, with its dedicated columns', async () => {
    const { data, meta } = readBlockFiles('preview', 'vParquet4')
    const { traces, dropped } = await decode(data, meta)
    const spans = traces.flatMap(trace => trace.spans)
    expect([traces.length, spans.length, dropped]).toEqual([134, 570, {}])
    const services = new Set(spans.map(span => attributeOf(span.resource!, 'service.name')))
    const names = new Set(spans.map(span => span.name))
    expect([services.size, names.size]).toEqual([10, 17])
    expect(spans.every(span => typeof attributeOf(span.resource!, 'ip') === 'string')).toBe(true)
    expect(spans.filter(span => attributeOf(span, 'http.method') !== undefined)).toHaveLength(570)
    expect(spans.filter(span => typeof attributeOf(span, 'http.status_code') === 'bigint')).toHaveLength(3)
    expect(spans.filter(span => span.status?.code === 2)).toHaveLength(3)
  })
})

function attributeOf({ attributes }: { attributes: Attributes }, key: string): Value | undefined {
  return attributes.find(attribute => attribute.key === key)?.value
}
