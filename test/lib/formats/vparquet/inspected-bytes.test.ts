import { expect, test } from 'vitest'
import type { RangeReader } from '../../../../lib/bytes/range.ts'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { readTraceSummaries } from '../../../../lib/formats/vparquet/read-block.ts'
import { vparquetSource } from '../../../../lib/formats/vparquet/source.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import { RowGroupColumns } from '../../../../lib/parquet/read/row-group-columns.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { span } from '../../../support/nasty.ts'
import { describeReference, readLines } from '../../traceql/references.ts'
import { readBlockFiles } from './blocks.ts'

const whole = { limit: Number.POSITIVE_INFINITY, spss: Number.POSITIVE_INFINITY }

const answersFile = 'tempo-blocks/demo-blob/answers-search-vParquet4.ndjson.gz'

describeReference('what is read of demo-blob', [answersFile], () => {
  interface Answer {
    q: string
    inspectedBytes: number
  }

  test('for four of five queries at most what Tempo inspects, which counts the footer too', async () => {
    const { data, meta } = readBlockFiles('demo-blob', 'vParquet4')
    const answers = readLines(answersFile) as Answer[]
    const more: string[] = []
    for (const { q, inspectedBytes } of answers) {
      const file = countReads(openMemory(data))
      const source = vparquetSource(await openVparquet(file, meta))
      const { footerSize } = JSON.parse(meta) as { footerSize: number }
      file.reset()
      await search(source, parseQuery(q), whole)
      // What Tempo answers without reading has no footer.
      const { bytes } = file.reads
      if (bytes > 0 && bytes + footerSize > inspectedBytes) more.push(`${q}: ${bytes + footerSize - inspectedBytes}`)
    }
    expect(answers.length).toBe(150)
    expect(more.length, more.join('\n')).toBeLessThanOrEqual(30)
  })

  test('summaries of traces take at most 15 % of the file', async () => {
    const { data, meta } = readBlockFiles('demo-blob', 'vParquet4')
    const file = countReads(openMemory(data))
    const block = await openVparquet(file, meta)
    file.reset()
    await collect(readTraceSummaries(block))
    expect(file.reads.bytes).toBeLessThanOrEqual(0.15 * data.length)
  })
})

async function blockOf(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([traces])), sink, {})
  return sink.bytes()
}

test('a column that two ask for at once is read once', async () => {
  const data = await blockOf([{ traceId: '01', spans: [span({ name: 'a' })] }])
  const file = countReads(openMemory(data))
  const columns = new RowGroupColumns(await openVparquet(file), 0)
  file.reset()
  const names = ['rs.ss.Spans.Name', 'rs.ss.Spans.SpanID']
  await Promise.all([columns.load(names), columns.load(names.slice(1)), columns.load(names.slice(0, 1))])
  const { start, end } = columns.chunk(names[0]!)
  const other = columns.chunk(names[1]!)
  expect(file.reads.bytes).toBe(end - start + other.end - other.start)
  expect(columns.get(names[0]!).texts).toEqual(['a'])
})

test('a column that could not be read is asked for again', async () => {
  const data = await blockOf([{ traceId: '01', spans: [span({ name: 'a' })] }])
  const memory = openMemory(data)
  const block = await openVparquet(memory)
  let isBroken = true
  const file: RangeReader = {
    byteLength: memory.byteLength,
    read: ranges => (isBroken ? Promise.reject(new Error('gone')) : memory.read(ranges)),
  }
  const columns = new RowGroupColumns({ ...block, file }, 0)
  await expect(columns.load(['rs.ss.Spans.Name'])).rejects.toThrow('gone')
  isBroken = false
  await columns.load(['rs.ss.Spans.Name'])
  expect(columns.get('rs.ss.Spans.Name').texts).toEqual(['a'])
})

const seed = Number(process.env.SEED ?? 20261128)

/** Traces with several roots, none, spans that lie on a cycle, and ids that occur twice and thrice. */
function drawnTraces(): Trace[] {
  const draw = drawsOf(seed)
  const below = (limit: number) => Math.floor(draw() * limit)
  const id = () => `000000000000000${1 + below(6)}`
  const spanOf = (): Span => span({ spanId: id(), parentSpanId: below(4) === 0 ? '' : id(), name: `n${below(9)}` })
  return Array.from({ length: 300 }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spans: Array.from({ length: 1 + below(8) }, spanOf),
  }))
}

test.each(['vParquet4', 'vParquet5'] as const)(
  `%s: roots by the bounds of nested sets are those by ids (${seed})`,
  async version => {
    for (const traces of [
      drawnTraces(),
      drawnTraces().filter(({ spans }) => spans.some(one => one.parentSpanId === '')),
    ]) {
      const sink = new MemorySink()
      await encodeVparquet(joinById(streamOf([traces])), sink, { version })
      const query = parseQuery('{ } | select(rootName)')
      const ofBlock = await search(vparquetSource(await openVparquet(openMemory(sink.bytes()))), query, whole)
      const ofMemory = await search(memorySource(traces), query, whole)
      const roots = ({ traces }: typeof ofBlock) => traces.map(({ traceID, rootTraceName }) => [traceID, rootTraceName])
      expect(roots(ofBlock).sort()).toEqual(roots(ofMemory).sort())
    }
  },
)
